"""What is news, for which side, and when it may be told: pure, the time passed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class Topic(StrEnum):
    """Kinds of news, as people choose about them."""

    ASKED = "asked"
    ANSWERED = "answered"
    MESSAGES = "messages"
    CHANGES = "changes"


class When(StrEnum):
    """How news of a topic reaches somebody."""

    NOW = "now"
    DIGEST = "digest"
    NEVER = "never"


class Side(StrEnum):
    """Whose news it is: the sender's, a candidate's or holder's, or that of both."""

    SENDER = "sender"
    RECEIVER = "receiver"
    BOTH = "both"


DEFAULTS = {Topic.ASKED: When.NOW, Topic.ANSWERED: When.NOW, Topic.MESSAGES: When.NOW, Topic.CHANGES: When.DIGEST}
ASKED = dict.fromkeys(("offer.asked", "offer.reminder", "offer.escalate", "offer.lapse", "offer.cover"), (Topic.ASKED, Side.RECEIVER))
ANSWERED = dict.fromkeys(
    (f"referral.{verb}" for verb in ("accept", "take", "reject", "expire", "escalate", "forward", "unaccept", "waitlist")),
    (Topic.ANSWERED, Side.SENDER),
)
MESSAGES = {
    "message.sent": (Topic.MESSAGES, Side.BOTH),
    "referral.ask": (Topic.MESSAGES, Side.SENDER),
    "offer.answer": (Topic.MESSAGES, Side.RECEIVER),
}
CHANGES = dict.fromkeys(
    (
        f"referral.{verb}"
        for verb in (
            "start", "hold", "complete", "fail", "close-silent", "reopen", "hand-on", "give-up", "cancel", "withdraw", "correct",
            "follow-up",
        )
    ),
    (Topic.CHANGES, Side.BOTH),
) | dict.fromkeys(
    (f"offer.{verb}" for verb in ("retract", "cancel", "withdraw", "correct", "ended", "nudge", "wait-passed", "follow-up-due")),
    (Topic.CHANGES, Side.RECEIVER),
) | {"referral.wait-passed": (Topic.CHANGES, Side.SENDER)}  # fmt: skip
NEWS: dict[str, tuple[Topic, Side]] = {**ASKED, **ANSWERED, **MESSAGES, **CHANGES}
ASSIGNED = "referral.assign"  # to the colleague alone who was put on the case
# What an earlier one makes as if it had not been, while nobody was told of it.
UNDOES = {
    "referral.unaccept": "referral.accept",
    **dict.fromkeys(("offer.retract", "offer.cancel", "offer.withdraw", "offer.correct", "offer.ended"), "offer.asked"),
}
DIGEST_AT = time(8)


@dataclass(frozen=True, slots=True)
class Habits:
    """When somebody wants to hear of things."""

    zone: str = "UTC"
    quiet_from: time | None = None
    quiet_until: time | None = None

    @property
    def tz(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo("UTC")


def after_quiet(habits: Habits, at: datetime) -> datetime:
    """`at`, or the end of the quiet hours it falls into; hours that pass midnight are meant."""
    begins, ends = habits.quiet_from, habits.quiet_until
    if begins is None or ends is None or begins == ends:
        return at
    here = at.astimezone(habits.tz)
    clock = here.time().replace(tzinfo=None)
    inside = begins <= clock < ends if begins < ends else (clock >= begins or clock < ends)
    if not inside:
        return at
    day = here.date() + timedelta(days=1) if begins > ends and clock >= begins else here.date()
    return datetime.combine(day, ends, habits.tz).astimezone(at.tzinfo)


def next_digest(habits: Habits, at: datetime) -> datetime:
    """The next eight o'clock of the organisation's own zone."""
    here = at.astimezone(habits.tz)
    day = here.date() if here.time().replace(tzinfo=None) < DIGEST_AT else here.date() + timedelta(days=1)
    return datetime.combine(day, DIGEST_AT, habits.tz).astimezone(at.tzinfo)


def due(when: When, habits: Habits, at: datetime, undo: timedelta, *, is_crisis: bool = False) -> datetime | None:
    """When news of `at` may leave the house; None for never. A crisis waits for the undo time and for nothing else."""
    if is_crisis:
        return at + undo
    if when is When.NEVER:
        return None
    if when is When.DIGEST:
        return after_quiet(habits, next_digest(habits, at + undo))
    return after_quiet(habits, at + undo)
