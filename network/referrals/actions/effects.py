"""What each verb does besides its two places: clocks, case members, grants, words, outcomes, recorded gaps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from uuid import UUID

from network.core.crypto import Keyring
from network.core.errors import WrongState
from network.partners.hours import hours_of
from network.partners.rules import OpeningHours
from network.people.actions import end_grants

from .. import deadlines, tasks
from ..lifecycle import CLOSED, At, Business, Status
from ..models import (
    Audience,
    CaseMember,
    Message,
    Offer,
)
from ..strategies import OPEN, in_order
from ..tasks import Planned
from .asking import ask_others, passed_on, taken
from .case import Standing
from .endings import acceptance_kept, consent_ended, gap_recorded, handed_on, opened_again, outcome_kept, outcome_superseded, reached_said
from .handling import assigned, claimed, claimer, colleague_chosen, cover_joins, covered, handed_over, joins_case, unclaimed
from .told import Effect, Told, person_of


def before(told: Told) -> Told:
    """Effects that the new places rest on; the move as it is made then."""
    effect = BEFORE.get(told.verb)
    return effect(told) if effect else told


def during(told: Told) -> None:
    """Columns of the rows in hand."""
    if told.reason is not None and told.verb != "note":
        if told.offer is not None and told.offer.status not in {Status.REQUESTED, Status.ACCEPTED}:
            told.standing.set_offer(told.offer, told.verb, reason_id=told.reason.pk)
        if told.verb in {"fail", "hold", "give-up", "cancel", "correct"}:
            told.standing.referral.reason_id = told.reason.pk
    DURING.get(told.verb, _nothing)(told)


def who_sees_no_more(standing: Standing) -> set[UUID] | None:
    """Organisations whose grant ends by a move; None: everybody's."""
    # A closed referral leaves nobody a grant: a sender who was handed the person has none beyond it either.
    if standing.referral.status in CLOSED:
        return None
    # Whoever's offer ended sees nothing more, a waiting list that lost included.
    return {row.organization_id for row in standing.offers if row.pk in standing.touched and row.ended_at}


def after(told: Told) -> None:
    """Rows of other tables, once the two places are written."""
    end_grants({told.standing.referral.pk: who_sees_no_more(told.standing)}, at=told.standing.now)
    for organization, user in told.standing.released:
        on_case = CaseMember.objects.filter(referral=told.standing.referral, organization=organization, user=user, until__isnull=True)
        on_case.update(until=told.standing.now)
    AFTER.get(told.verb, _nothing)(told)
    _keep_words(told)
    _plan_clocks(told)


def _nothing(told: Told) -> None:
    """Most verbs have no effect but their places."""


def seen(told: Told) -> None:
    told.standing.set_offer(told.the_offer(), "see", seen_at=told.standing.now)


def asked_back(told: Told) -> None:
    """A question stops the clock, for five working days at most."""
    offer, at = told.the_offer(), told.standing.now
    until = deadlines.question_until(at, hours_of([offer.organization_id])[offer.organization_id])
    told.standing.set_offer(offer, "ask", question_at=at, question_until=until)


def answered(told: Told) -> None:
    """The clock runs on from where it stood."""
    offer = told.the_offer()
    _, business = told.standing.were[offer.pk]
    stopped = Offer.objects.values_list("question_at", flat=True).get(pk=offer.pk)
    if business and stopped and offer.respond_by:
        due = deadlines.resumed(offer.respond_by, stopped, told.standing.now)
        told.standing.set_offer(offer, "answer", respond_by=due)


def accepted(told: Told) -> None:
    standing, offer = told.standing, told.the_offer()
    standing.set_offer(offer, "accept", accepted_at=standing.now, expected_on=told.said.on, seen_at=offer.seen_at or standing.now)
    if offer.claimed_by_id is not None and (user := person_of(told)) is not None:
        standing.claim(offer, user, "accept")  # taken over from a colleague in the same press
    standing.referral.expected_on = told.said.on


def call_answered(told: Told) -> None:
    """A taker is asked and says yes in one; the clock of the call stays with its offer."""
    standing, offer = told.standing, told.the_offer()
    standing.set_offer(offer, "take", asked_at=standing.now, respond_by=standing.referral.respond_by)
    accepted(told)


def lapsed(told: Told) -> None:
    """An open call that nobody took in time is over."""
    if told.offer is None:
        told.standing.referral.is_open_to_take = False


def escalated(told: Told) -> None:
    """The next in line is asked as well; whoever was asked stays asked."""
    standing = told.standing
    if told.offer is not None:
        standing.set_offer(told.offer, "escalate", escalated_at=standing.now)
    if queued := in_order(standing.candidates()):
        standing.ask(next(offer for offer in standing.offers if offer.pk == queued[0].id))


def given_back(told: Told) -> None:
    """An acceptance by mistake, taken back at once, leaves everybody where it found them, with the old clocks."""
    standing, offer = told.standing, told.the_offer()
    by_mistake = told.reason is not None and told.reason.code == "accepted-by-mistake"
    at = offer.accepted_at
    if not by_mistake or at is None or standing.now - at > deadlines.UNDO_AT_MOST:
        return
    row = standing.referral
    before_it = [o for o in standing.offers if o.business_status == Business.PLACED_ELSEWHERE and o.ended_at == at]
    was_taken = offer.created_at == at
    asked_meanwhile = {o.organization_id for o in standing.open_offers()}
    before_it = [o for o in before_it if o.organization_id not in asked_meanwhile]
    for ended in [*before_it, *([] if was_taken else [offer])]:
        _put_back(standing, ended, at)
    if was_taken or (row.strategy == OPEN and row.respond_by and (row.respond_by > at or row.urgency == "crisis")):
        standing.open_call(row.respond_by)
    if row.urgency == "crisis" and any(o.escalated_at for o in standing.made):
        standing.before = At(Status.REQUESTED, Business.ESCALATED)


def _put_back(standing: Standing, ended: Offer, at: datetime) -> None:
    kept = {name: getattr(ended, name) for name in ("seen_at", "escalated_at", "forwarded_from_id", "claimed_by_id", "claimed_at")}
    again = standing.add(ended.organization_id, ended.service_id, position=ended.position, **kept)
    if ended.asked_at is not None:
        due = deadlines.taken_up_again(ended.respond_by, at, standing.now) if ended.respond_by else None
        standing.ask(again, due if due and due > standing.now else None)
        again.reminders = ended.reminders


def waits(told: Told) -> None:
    told.standing.set_offer(told.the_offer(), "waitlist", expected_on=told.said.on)
    told.standing.referral.expected_on = told.said.on


def started(told: Told) -> None:
    offer = told.the_offer()
    told.standing.set_offer(offer, "start", started_at=offer.started_at or told.standing.now)


def paused(told: Told) -> None:
    told.standing.referral.review_on = told.said.on


def reopened(told: Told) -> None:
    """The promise stands again; what was ended opens again if the consent still holds."""
    consent = told.standing.referral.consent
    if consent is not None and (consent.withdrawn_at is not None or consent.until <= told.standing.now):
        raise WrongState(verb="reopen", state=told.standing.before.status, detail="The consent has ended. Ask for a new one first.")
    told.standing.set_offer(told.the_offer(), "reopen", ended_at=None)
    told.standing.referral.closed_at = None


def _keep_words(told: Told) -> None:
    """What was said with the move: its code and day in plain, its words sealed under the person's key."""
    said, row = told.said, told.standing.referral
    if not (told.reason or said.text or said.on):
        return
    offer = told.offer
    message = Message(
        referral=row, offer=offer, person_id=row.person_id, organization_id=told.by.organization, author_id=person_of(told), verb=told.verb,
        reason=told.reason, on=said.on, at=told.standing.now,
        audience=Audience.OWN if told.verb == "note" and not told.reason else Audience.BOTH,
    )  # fmt: skip
    if said.text:
        Keyring.for_people([row.person_id]).write(message, "text", said.text)
    message.save(force_insert=True)


def _plan_clocks(told: Told) -> None:
    """Enqueue what must happen later, in this transaction; the sweep finds what a lost task would have done."""
    standing = told.standing
    tasks.enqueue(clocks_of(standing))
    if standing.referral.is_open_to_take and not standing.was_open_to_take:
        tasks.plan_call(standing.referral)
    if told.verb == "waitlist" and told.offer is not None:
        tasks.plan_waiting(told.offer)
    if told.verb == "complete" and told.said.may_ask_again:
        tasks.plan_follow_ups(standing.referral.pk, standing.now)


def clocks_of(standing: Standing, hours: Mapping[UUID, OpeningHours] | None = None) -> Iterator[Planned]:
    """The clocks that a move of any verb begins; `hours` of the senders where they are read already."""
    for offer in standing.offers:
        if standing.touched.get(offer.pk) in {"asked", "answer"}:
            yield from tasks.clocks_of_offer(offer, standing.referral.urgency)
        if standing.touched.get(offer.pk) in {"claim", "assign", "cover", "answer", "asked"}:
            yield from tasks.clock_of_claim(offer)
    if standing.referral.unplaced_at == standing.now:
        sender = standing.referral.sender_id
        yield tasks.clock_of_giving_up(standing.referral, (hours or hours_of([sender]))[sender])


BEFORE: dict[str, Callable[[Told], Told]] = {
    "offer": ask_others,
    "take": taken,
    "forward": passed_on,
    "claim": claimer,
    "assign": colleague_chosen,
    "complete": reached_said,
}
DURING: dict[str, Effect] = {
    "see": seen, "claim": claimed, "unclaim": unclaimed, "lapse": unclaimed, "cover": covered, "assign": handed_over,
    "ask": asked_back, "answer": answered, "accept": accepted, "waitlist": waits,
    "start": started, "hold": paused, "reopen": reopened, "take": call_answered, "expire": lapsed, "escalate": escalated,
    "unaccept": given_back,
}  # fmt: skip
AFTER: dict[str, Effect] = {
    "accept": acceptance_kept, "take": acceptance_kept, "hand-on": handed_on, "cancel": opened_again,
    "claim": joins_case, "assign": assigned, "cover": cover_joins, "complete": outcome_kept,
    "reopen": outcome_superseded, "give-up": gap_recorded, "withdraw": consent_ended,
}  # fmt: skip
