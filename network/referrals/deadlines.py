"""By when an answer is due, and when it is asked for again. Pure; times in UTC, days and hours the receiver's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from network.partners.rules import OpeningHours

GIVE_UP_AFTER = 5  # working days without a next step
QUESTION_STOPS_FOR = 5  # working days, at most
SILENT_AFTER = timedelta(days=90)
NUDGES = (timedelta(days=14), timedelta(days=28), timedelta(days=60))
FOLLOW_UPS = (30, 90)  # days after an outcome
FOLLOW_UP_WAITS = timedelta(days=30)
DRAFT_KEPT = timedelta(days=30)
CLAIM_LAPSES_AFTER = timedelta(hours=4)  # of open time
UNACCEPT_WITHIN = timedelta(hours=24)
REOPEN_WITHIN = timedelta(days=30)
ADMIN_REOPENS_WITHIN = timedelta(days=365)
REMINDERS = (0.5, 0.8)
UNDO_CHOICES = (10, 30, 120)  # seconds
UNDO_TRAVELS = timedelta(seconds=5)  # a press that was made in time may arrive a little later
UNDO_AT_MOST = timedelta(seconds=max(UNDO_CHOICES)) + UNDO_TRAVELS


@dataclass(frozen=True, slots=True)
class AnswerWithin:
    """How long a receiver has: `amount` in working days, open hours or minutes."""

    amount: int
    pace: str


NETWORK = {
    "routine": AnswerWithin(5, "working-days"),
    "soon": AnswerWithin(2, "working-days"),
    "urgent": AnswerWithin(4, "open-hours"),
    "crisis": AnswerWithin(15, "minutes"),
}


def respond_by(urgency: str, asked_at: datetime, hours: OpeningHours, own: AnswerWithin | None = None) -> datetime:
    """When the answer is due; a crisis is counted around the clock, whatever the organisation has set."""
    within = own or NETWORK[urgency]
    if within.pace == "minutes" or urgency == "crisis":
        return asked_at + timedelta(minutes=within.amount)
    if within.pace == "open-hours":
        return hours.add_open_time(asked_at, timedelta(hours=within.amount))
    return hours.add_working_days(asked_at, within.amount)


def claim_until(urgency: str, claimed_at: datetime, hours: OpeningHours) -> datetime:
    """When a claim without an answer goes back to the team: after four open hours; for a crisis, in the time it is to be answered in."""
    if urgency == "crisis":
        return claimed_at + timedelta(minutes=NETWORK["crisis"].amount)
    return hours.add_open_time(claimed_at, CLAIM_LAPSES_AFTER)


def last_reminder_at(asked_at: datetime, due: datetime) -> datetime:
    """Up to when an unanswered request may be put aside."""
    return asked_at + (due - asked_at) * REMINDERS[-1]


MORNING = time(8)
LATER = timedelta(hours=3)


def morning(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, MORNING, zone).astimezone(UTC)


def put_aside_until(when: str, at: datetime, zone: tzinfo) -> datetime:
    """`later` today, but not past midnight; the `morning` after; the next `monday`. In the organisation's own zone."""
    today = at.astimezone(zone).date()
    if when == "monday":
        return morning(today + timedelta(days=7 - today.weekday()), zone)
    tomorrow = today + timedelta(days=1)
    return min(at + LATER, datetime.combine(tomorrow, time(), zone).astimezone(UTC)) if when == "later" else morning(tomorrow, zone)


def reminder_at(asked_at: datetime, due: datetime, given: int) -> datetime | None:
    """When the next reminder is due after `given` of them; None when both were given."""
    return asked_at + (due - asked_at) * REMINDERS[given] if given < len(REMINDERS) else None


def question_until(asked_back_at: datetime, hours: OpeningHours) -> datetime:
    """How long a question may stop the clock."""
    return hours.add_working_days(asked_back_at, QUESTION_STOPS_FOR)


def resumed(due: datetime, stopped_at: datetime, at: datetime) -> datetime:
    """The deadline after the clock stood still from `stopped_at` until `at`."""
    return due + max(at - stopped_at, timedelta())


def is_undoable(done_at: datetime, seconds: int, at: datetime) -> bool:
    """Whether what was done at `done_at` can still be taken back by somebody whose undo time is `seconds`."""
    return at - done_at <= timedelta(seconds=seconds) + UNDO_TRAVELS


def taken_up_again(due: datetime, stopped_at: datetime, at: datetime) -> datetime:
    """The old deadline; where it passed while an acceptance by mistake stood, what was left of it then."""
    return due if due > at else resumed(due, stopped_at, at)


def is_past(expected_on: date, hours: OpeningHours, at: datetime) -> bool:
    """Whether a day is over where the organisation is."""
    return at >= day_after(expected_on, hours)


def day_after(expected_on: date, hours: OpeningHours) -> datetime:
    """The first moment after a day, in UTC."""
    return datetime.combine(expected_on + timedelta(days=1), time(), ZoneInfo(hours.time_zone)).astimezone(UTC)


def give_up_at(unplaced_at: datetime, hours: OpeningHours) -> datetime:
    return hours.add_working_days(unplaced_at, GIVE_UP_AFTER)
