"""What an offer and a referral count as. Pure: rows' facts in, counters out; `ties` keeps them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from .lifecycle import At, Business, Status

WINDOW = 365  # days of offers in a tie's totals
RECENT = 90  # days of offers in its `recent`
SILENT_AFTER = timedelta(days=60)
ONCE_IN = timedelta(days=30)  # repeats of one person and need

# What a place adds to an offer that was asked, beside `sent`: by where it stands and not by verb, so a new verb needs no line here.
COUNTS: dict[At, str] = {
    At(Status.REJECTED, Business.DECLINED): "declined",
    At(Status.REJECTED, Business.FORWARDED): "declined",
    At(Status.REJECTED, Business.NO_RESPONSE): "expired",
    At(Status.COMPLETED, Business.CLOSED): "completed",
}
# Whole days until an answer: 0, 1, 2, 3-4, 5-7, 8-14, 15-30, more. Sums cannot give a median; a histogram adds up and can.
DAYS = tuple(f"days_{number}" for number in range(8))
BELOW = (1, 2, 3, 5, 8, 15, 31)
OFFERED = ("sent", "accepted", "declined", "expired", "completed", "silent", *DAYS)
ASKED, PLACED, REJECTED, EXPIRED, NOT_COUNTED = "asked", "placed", "rejected", "expired", ""
ANSWERS = frozenset({PLACED, REJECTED, EXPIRED})
NOT_DONE = (Status.FAILED, Business.CLOSED)
UNHEARD = (Status.FAILED, Business.NO_OUTCOME_RECORDED)


@dataclass(frozen=True, slots=True)
class Asking:
    """An offer as counted: when it was made, and what became of it."""

    status: str
    business: str
    asked_at: datetime | None
    accepted_at: datetime | None
    ended_at: datetime | None
    position: int = 0

    @property
    def was_accepted(self) -> bool:
        """Said yes to, and not taken back."""
        return self.accepted_at is not None and self.business != Business.UNACCEPTED

    @property
    def day(self) -> date | None:
        """The day the offer was made, also for what happens to it later: rates of one day stay of one day."""
        return self.asked_at.date() if self.asked_at else None


def counters_of(offer: Asking) -> Counter[str]:
    """What one offer adds to its tie, but for `silent`, which time decides. One that was never asked adds nothing."""
    found: Counter[str] = Counter()
    if offer.asked_at is None:
        return found
    found["sent"] = 1
    if offer.was_accepted:
        found["accepted"] = 1
    became = COUNTS.get(At(Status(offer.status), Business(offer.business)))
    if became is not None:
        found[became] = 1
    answered_at = offer.accepted_at or (offer.ended_at if became == "declined" else None)
    if answered_at is not None:
        found[bucket(answered_at - offer.asked_at)] = 1
    return found


def bucket(took: timedelta) -> str:
    """The column of the histogram for an answer that took so long."""
    return DAYS[sum(took >= timedelta(days=days) for days in BELOW)]


def ends_silent(offer: Asking, referral: At) -> bool:
    """Closed by the clock because nobody said how it went; silence while it is open is the clock's to see."""
    return (offer.status, offer.business) == NOT_DONE and (referral.status, referral.business) == UNHEARD


def counts_as(status: str, offers: Iterable[Asking]) -> str:
    """What a referral says of its person: asked, placed, ended without help, or nothing."""
    asked = [offer for offer in offers if offer.asked_at]
    if status in {Status.DRAFT, Status.ENTERED_IN_ERROR}:
        return NOT_COUNTED
    if any(offer.was_accepted for offer in asked):
        return PLACED
    if status == Status.CANCELLED:
        return NOT_COUNTED
    if status != Status.REJECTED:
        return ASKED
    ends = [(offer.ended_at, offer.position, offer.business) for offer in asked if offer.ended_at]
    return EXPIRED if ends and max(ends)[2] == Business.NO_RESPONSE else REJECTED


@dataclass(frozen=True, slots=True)
class Request:
    """One counted referral of a person and a need: when it was sent, where it counts, and as what."""

    at: datetime
    id: UUID
    counts_as: str
    where: tuple[Any, ...]


def demand_of(requests: Sequence[Request]) -> Counter[tuple[tuple[Any, ...], date, str]]:
    """Requests of one person and need as people: those within 30 days of the first count once, where and when it was sent.

    Such a group was placed if one of it was; it ended without help once all have ended, as the last of them did.
    """
    found: Counter[tuple[tuple[Any, ...], date, str]] = Counter()
    group: list[Request] = []
    for request in sorted(requests, key=lambda each: (each.at, each.id)):
        if group and request.at - group[0].at > ONCE_IN:
            _count_once(group, found)
            group = []
        group.append(request)
    if group:
        _count_once(group, found)
    return found


def _count_once(group: Sequence[Request], found: Counter[tuple[tuple[Any, ...], date, str]]) -> None:
    head, ends = group[0], [request.counts_as for request in group]
    found[head.where, head.at.date(), ASKED] += 1
    if PLACED in ends:
        found[head.where, head.at.date(), PLACED] += 1
    elif ASKED not in ends:
        found[head.where, head.at.date(), ends[-1]] += 1
