"""Whom a referral asks, in what order, and what it does next: the asking strategies and NEXT of the table. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID

from . import deadlines
from .lifecycle import CLOSED, At, Business, Status

MOST_HOPS = 3
DIRECT, CASCADE, BROADCAST, OPEN = "direct", "cascade", "broadcast", "open"
# The ages that an age band covers, the first and the last of them.
AGES: dict[str, tuple[int, int]] = {"under-12": (0, 11), "12-17": (12, 17), "18-24": (18, 24), "25-64": (25, 64), "65-over": (65, 150)}


@dataclass(frozen=True, slots=True)
class Candidate:
    """An offer as this rule sees it."""

    id: UUID
    status: str
    business: str
    position: int
    holds: bool
    organization: UUID | None = None
    respond_by: datetime | None = None
    question_until: datetime | None = None
    decline_at: datetime | None = None
    is_late: bool = False  # a crisis that was escalated over it


@dataclass(frozen=True, slots=True)
class Next:
    """Where the referral stands now (None: as it was), and the queued offer to ask."""

    referral: At | None
    ask: UUID | None = None


def following(offers: Sequence[Candidate], urgency: str, standing: At, *, is_open_to_take: bool = False) -> Next:
    """The next place of a referral that stood at `standing`, given its offers after the move."""
    asked = [offer for offer in offers if offer.status == Status.REQUESTED]
    queued = in_order(offers)
    if any(offer.status == Status.ACCEPTED for offer in offers):
        # On a waiting list the search goes on beside it, in its order.
        waits = not asked and not any(offer.holds for offer in offers)
        return Next(None, queued[0].id if waits and queued else None)
    if asked:
        return Next(_asked(asked, urgency, standing))
    if queued:
        return Next(At(Status.REQUESTED, _escalated_or(Business.OFFERED, urgency, standing)), queued[0].id)
    if is_open_to_take:
        return Next(At(Status.REQUESTED, _escalated_or(Business.OFFERED, urgency, standing)))
    return Next(At(Status.REQUESTED, Business.ESCALATED if urgency == "crisis" else Business.UNPLACED))


def in_order(offers: Sequence[Candidate]) -> list[Candidate]:
    """Those that wait to be asked, the next one first."""
    return sorted((offer for offer in offers if offer.status == Status.DRAFT), key=lambda offer: (offer.position, offer.id))


def _asked(asked: Sequence[Candidate], urgency: str, standing: At) -> At:
    question = any(offer.business == Business.INFO_REQUESTED for offer in asked)
    return At(Status.REQUESTED, _escalated_or(Business.INFO_REQUESTED if question else Business.OFFERED, urgency, standing))


def _escalated_or(business: Business, urgency: str, standing: At) -> Business:
    """A crisis that escalated stays so until somebody accepts."""
    stays = urgency == "crisis" and standing.business is Business.ESCALATED
    return Business.ESCALATED if stays else business


def asked_at_once(strategy: str, count: int, *, somebody_is_asked: bool) -> int:
    """How many of `count` new candidates are asked now; the others wait in line."""
    if strategy == CASCADE:
        return 0 if somebody_is_asked else min(count, 1)
    return count


def ages_fit(age_band: str, youngest: int | None, oldest: int | None) -> bool:
    """Whether a service for ages from `youngest` to `oldest` takes somebody of the band; what nobody said excludes nobody."""
    if age_band not in AGES:
        return True
    first, last = AGES[age_band]
    return (youngest is None or youngest <= last) and (oldest is None or oldest >= first)


def hops(offer: UUID, forwarded_from: Mapping[UUID, UUID | None]) -> int:
    """How often the request was forwarded until it came to this offer."""
    count, at = 0, forwarded_from.get(offer)
    while at is not None:
        count, at = count + 1, forwarded_from.get(at)
    return count


@dataclass(frozen=True, slots=True)
class Ahead:
    """What the referral looks like to `next_step`, besides its offers."""

    status: str
    business: str
    urgency: str
    sender: UUID
    moved_at: datetime
    is_open_to_take: bool = False
    respond_by: datetime | None = None
    give_up_at: datetime | None = None
    expected_on: date | None = None
    review_on: date | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What happens next: who is waited for, until when, and who is asked then. No `who`: anybody eligible."""

    verb: str
    at: datetime | None
    who: tuple[UUID, ...] = ()
    then: UUID | None = None


def next_step(row: Ahead, offers: Sequence[Candidate]) -> Step | None:
    """The next thing that happens to an open referral by itself or by somebody's hand; None before sending and once closed."""
    if row.status in CLOSED or row.status == Status.DRAFT:
        return None
    if row.status == Status.REQUESTED:
        return _before_a_yes(row, offers)
    accepted = tuple(offer.organization for offer in offers if offer.status == Status.ACCEPTED and offer.organization)
    if row.status == Status.ON_HOLD:
        named = row.review_on if row.business == Business.PAUSED else row.expected_on
        return Step("start", _morning(named) if named else row.moved_at + deadlines.SILENT_AFTER, accepted)
    if row.status == Status.ACCEPTED:
        return Step("start", _morning(row.expected_on) if row.expected_on else row.moved_at + deadlines.SILENT_AFTER, accepted)
    return Step("complete", row.moved_at + deadlines.SILENT_AFTER, accepted)


def _before_a_yes(row: Ahead, offers: Sequence[Candidate]) -> Step:
    asked = [offer for offer in offers if offer.status == Status.REQUESTED]
    waiting = [offer for offer in asked if offer.business != Business.INFO_REQUESTED]
    queued = in_order(offers)
    then = queued[0].organization if queued else None
    if questions := [offer.question_until for offer in asked if offer.business == Business.INFO_REQUESTED and offer.question_until]:
        return Step("answer", min(questions), (row.sender,), then)
    if due := [offer.respond_by for offer in waiting if offer.respond_by and not offer.is_late]:
        # In a crisis the first that is late lets the next be asked, else only the last one does.
        return Step("reply", min(due) if row.urgency == "crisis" or not then else max(due), _organizations(waiting), then)
    if row.is_open_to_take and row.business != Business.ESCALATED:
        return Step("take", row.respond_by)
    if row.business == Business.ESCALATED:
        # Nothing runs out any more: somebody has to act, now.
        return Step("offer", row.moved_at, (row.sender,), then)
    return Step("offer", row.give_up_at, (row.sender,), then)


def _organizations(offers: Sequence[Candidate]) -> tuple[UUID, ...]:
    return tuple(offer.organization for offer in offers if offer.organization)


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
