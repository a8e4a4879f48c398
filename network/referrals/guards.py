"""The conditions of the table that look at more than the two places. Pure: facts of the case in, yes or no out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from . import deadlines
from .lifecycle import Business, Guard, Side, Status


@dataclass(frozen=True, slots=True)
class Case:
    """What a guard may look at: the rows' facts and who asks, at `now`."""

    side: Side
    now: datetime
    urgency: str
    status: str
    business: str
    created_at: datetime
    moved_at: datetime
    review_on: date | None = None
    expected_on: date | None = None
    closed_at: datetime | None = None
    give_up_at: datetime | None = None
    is_admin: bool = False
    is_author: bool = False
    accepted: bool = False
    offer_holds: bool = False
    offer_waitlisted: bool = False
    offer_due: datetime | None = None
    offer_accepted_at: datetime | None = None
    offer_started: bool = False
    somebody_else_holds: bool = False
    is_open_to_take: bool = False
    is_escalated: bool = False
    consent_until: datetime | None = None  # None: nothing is shared, so nothing can run out
    consent_withdrawn: bool = False
    claim_until: datetime | None = None
    claimer_away: bool = False


def is_due(case: Case) -> bool:
    """`offer_due` is empty while the clock of this offer stands: for a question, or for a decline that can still be undone."""
    return case.offer_due is not None and case.offer_due <= case.now


def within_24h_or_waitlisted(case: Case) -> bool:
    fresh = case.offer_accepted_at is not None and case.now - case.offer_accepted_at <= deadlines.UNACCEPT_WITHIN
    return case.offer_waitlisted or (fresh and not case.offer_started)


def within_reopening(case: Case) -> bool:
    span = deadlines.ADMIN_REOPENS_WITHIN if case.is_admin else deadlines.REOPEN_WITHIN
    return case.closed_at is not None and case.now - case.closed_at <= span


def silent(case: Case) -> bool:
    """Nothing for 90 days; a pause or a wait counts from the day it names."""
    since = case.moved_at
    named = case.review_on if case.business == Business.PAUSED else case.expected_on
    if case.status == Status.ON_HOLD and named is not None:
        since = max(since, datetime.combine(named, datetime.min.time(), case.now.tzinfo))
    return case.now - since >= deadlines.SILENT_AFTER


def given_up(case: Case) -> bool:
    return case.side is not Side.CLOCK or (case.give_up_at is not None and case.give_up_at <= case.now)


def abandoned(case: Case) -> bool:
    return case.side is not Side.CLOCK or case.now - case.created_at >= deadlines.DRAFT_KEPT


def consent_in_force(case: Case) -> bool:
    return not case.consent_withdrawn and (case.consent_until is None or case.consent_until > case.now)


def claim_over(case: Case) -> bool:
    """`claim_until` is empty where nobody has it, while a question waits, and for a decline that can still be undone."""
    return case.claim_until is not None and case.claim_until <= case.now


def corrector(case: Case) -> bool:
    """The author or the sender's admin; after an acceptance an admin of either side."""
    if case.accepted:
        return case.is_admin
    return case.side is Side.SENDER and (case.is_admin or case.is_author)


GUARDS: dict[Guard, Callable[[Case], bool]] = {
    Guard.NOT_CRISIS: lambda case: case.urgency != "crisis",
    Guard.DUE: is_due,
    Guard.WITHIN_24H_OR_WAITLISTED: within_24h_or_waitlisted,
    Guard.WITHIN_REOPENING: within_reopening,
    Guard.UNPLACED_5_DAYS_IF_CLOCK: given_up,
    Guard.SILENT_90_DAYS: silent,
    Guard.DRAFT_30_DAYS_IF_CLOCK: abandoned,
    Guard.CORRECTOR: corrector,
    Guard.CRISIS: lambda case: case.urgency == "crisis",
    Guard.NOT_ESCALATED: lambda case: not case.is_escalated,
    Guard.OPEN_TO_TAKE: lambda case: case.is_open_to_take,
    Guard.CONSENT_IN_FORCE: consent_in_force,
    Guard.CLAIM_OVER: claim_over,
    Guard.CLAIMER_AWAY: lambda case: case.claimer_away,
    Guard.NOT_PLACED_ELSEWHERE: lambda case: not case.somebody_else_holds,
}
# Guards about who may: failing them is 403. The others are about when: 409.
ABOUT_WHO = frozenset({Guard.CORRECTOR})
