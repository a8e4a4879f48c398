"""Asking weeks later how it is going: when it comes due, what was answered, and when it is over."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from network.core.actor import CLOCK, Actor
from network.core.clock import now
from network.core.errors import Complaint, NotYours, SayMore, WrongState
from network.core.events import Fact, record
from network.people.models import Consent

from .. import deadlines
from ..models import FollowUp, Outcome, Wellbeing


@transaction.atomic
def fall_due(outcome: Outcome, days: int) -> FollowUp | None:
    """The clock's: so many days have passed, and whoever held it has somebody to ask. None where that was done, or is over."""
    at = now()
    # The outcome is locked, and only then looked at: of two clocks one makes the row, and a reopening comes before or after it.
    Outcome.objects.filter(pk=outcome.pk).update(may_ask_again=F("may_ask_again"))
    if not Outcome.objects.to_ask_again(days, at).filter(pk=outcome.pk).exists():
        return None
    row = FollowUp.objects.create(
        outcome=outcome, referral_id=outcome.referral_id, organization_id=outcome.organization_id, days=days, due_at=at
    )
    record(Fact("offer.follow-up-due", f"offer/{outcome.offer_id}", frozenset({outcome.organization_id})), by=CLOCK, at=at)
    return row


@transaction.atomic
def answer_follow_up(row: FollowUp, answer: str, *, by: Actor) -> FollowUp:
    """Keep what the person said, or that they were not reached. Whoever does not want to be asked is not asked again."""
    if row.organization_id != by.organization or by.organization not in by.casework:
        raise NotYours(verb="follow-up")
    if answer not in Wellbeing.values:
        words = f"Say what the person answered: {', '.join(Wellbeing.values)}."
        raise SayMore(verb="follow-up", errors=(Complaint("/answer", "required", words),))
    at = now()
    is_erased = row.referral.person.erased_at is not None
    if is_erased or not FollowUp.objects.unanswered().filter(pk=row.pk).update(answer=answer, answered_at=at):
        raise WrongState(verb="follow-up", state="over")
    if answer == Wellbeing.DOES_NOT_WANT:
        Outcome.objects.filter(pk=row.outcome_id).update(may_ask_again=False)
    to = frozenset({row.referral.sender_id, row.organization_id})
    record(Fact("referral.follow-up", f"referral/{row.referral_id}", to), by=by, at=at)
    return FollowUp.objects.select_related("referral", "outcome").get(pk=row.pk)


@transaction.atomic
def let_lapse(row: FollowUp) -> None:
    """The clock's: an answer now would be about another time."""
    at = now()
    if FollowUp.objects.lapsed(at - deadlines.FOLLOW_UP_WAITS).filter(pk=row.pk).update(ended_at=at):
        record(Fact("offer.follow-up-ended", f"offer/{row.outcome.offer_id}", frozenset({row.organization_id})), by=CLOCK, at=at)


def end_follow_ups(consent: Consent, *, at: datetime, recipient: UUID | None = None) -> None:
    """Whoever takes a consent back is not asked again, by the one that was named or by all. Part of the withdrawal, which records it."""
    outcomes = Outcome.objects.filter(referral__consent=consent, superseded_at__isnull=True)
    waiting = FollowUp.objects.unanswered().filter(referral__consent=consent)
    if recipient is not None:
        outcomes, waiting = outcomes.filter(organization=recipient), waiting.filter(organization=recipient)
    outcomes.exclude(may_ask_again=None).update(may_ask_again=False)
    # By their ids: a join would be read before a row is locked, and an answer that came first would not be seen.
    FollowUp.objects.unanswered().filter(pk__in=list(waiting.values_list("pk", flat=True))).update(ended_at=at)
