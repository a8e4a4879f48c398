"""What each verb does besides its two places: clocks, case members, grants, words, outcomes, recorded gaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from network.core.actor import Actor, ActorKind
from network.core.crypto import Keyring
from network.core.errors import Complaint, SayMore, WrongState
from network.partners.hours import hours_of
from network.partners.models import Service
from network.people.actions import end_consent, end_grants, open_grant

from .. import deadlines
from ..lifecycle import Move, Side, Status
from ..models import Audience, CaseMember, Message, Offer, Outcome, ReasonCode, RecordedGap
from .case import Standing, is_member
from .said import Said


@dataclass(frozen=True, slots=True)
class Told:
    """A move with everything that was said of it."""

    rule: Move
    standing: Standing
    side: Side
    by: Actor
    said: Said
    reason: ReasonCode | None
    offer: Offer | None

    @property
    def verb(self) -> str:
        return self.rule.verb

    def the_offer(self) -> Offer:
        if self.offer is None:
            raise AssertionError("this verb lies on an offer")
        return self.offer


Effect = Callable[[Told], None]


def before(told: Told) -> None:
    """Effects that the new places rest on."""
    BEFORE.get(told.verb, _nothing)(told)


def during(told: Told) -> None:
    """Columns of the rows in hand."""
    if told.reason is not None and told.verb != "note":
        if told.offer is not None and told.offer.status not in {Status.REQUESTED, Status.ACCEPTED}:
            told.standing.set_offer(told.offer, told.verb, reason_id=told.reason.pk)
        if told.verb in {"fail", "hold", "give-up", "cancel", "correct"}:
            told.standing.referral.reason_id = told.reason.pk
    DURING.get(told.verb, _nothing)(told)


def after(told: Told) -> None:
    """Rows of other tables, once the two places are written."""
    # Whoever's offer ended sees nothing more, a waiting list that lost included.
    ended = [row.organization_id for row in told.standing.offers if row.pk in told.standing.touched and row.ended_at]
    end_grants(told.standing.referral.pk, at=told.standing.now, organizations=ended)
    AFTER.get(told.verb, _nothing)(told)
    _keep_words(told)
    _plan_clocks(told)


def _nothing(told: Told) -> None:
    """Most verbs have no effect but their places."""


# -- before ----------------------------------------------------------------------------------------------------------------


def ask_another(told: Told) -> None:
    """Add candidates: each must be able to be asked, and is asked once at a time."""
    standing = told.standing
    for service in askable(standing, told.said.services):
        offer = Offer(
            referral=standing.referral, organization_id=service.organization_id, service=service, created_at=standing.now,
            position=1 + max((row.position for row in standing.offers), default=-1),
        )  # fmt: skip
        offer.save(force_insert=True)
        standing.offers.append(offer)
        standing.ask(offer)


def askable(standing: Standing, wanted: tuple[UUID, ...]) -> list[Service]:
    """The services in the order named, or SayMore about the first that cannot be asked now."""
    sender, on = standing.referral.sender_id, standing.now.date()
    can = {service.pk: service for service in Service.objects.can_be_asked_by(sender, on).filter(pk__in=wanted)}
    asked = {offer.organization_id for offer in standing.open_offers()}
    for number, pk in enumerate(wanted):
        if pk not in can:
            raise _complain(
                number,
                "cannot_be_asked",
                "This service cannot be asked: it is closed, not on the network, or needs an agreement.",
            )
        if can[pk].organization_id in asked:
            raise _complain(number, "asked_already", "This organisation is being asked already.")
        asked.add(can[pk].organization_id)
    return [can[pk] for pk in wanted]


def _complain(number: int, code: str, words: str) -> SayMore:
    return SayMore(errors=(Complaint(f"/services/{number}", code, words),))


# -- during ------------------------------------------------------------------------------------------------------------------


def seen(told: Told) -> None:
    told.standing.set_offer(told.the_offer(), "see", seen_at=told.standing.now)


def claimed(told: Told) -> None:
    told.standing.set_offer(told.the_offer(), "claim", claimed_by_id=_person(told), claimed_at=told.standing.now)


def unclaimed(told: Told) -> None:
    told.standing.set_offer(told.the_offer(), "unclaim", claimed_by_id=None, claimed_at=None)


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
    standing.referral.expected_on = told.said.on


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


# -- after -------------------------------------------------------------------------------------------------------------------


def opens_grant(told: Told) -> None:
    row = told.standing.referral
    open_grant(row.person_id, told.the_offer().organization_id, row.pk, row.consent, at=told.standing.now)


def acceptance_kept(told: Told) -> None:
    opens_grant(told)
    joins_case(told)


def joins_case(told: Told) -> None:
    """Whoever claims or accepts is on the case."""
    if (user := _person(told)) is not None and told.by.organization is not None:
        put_on_case(told.standing, user, told.by.organization)


def assigned(told: Told) -> None:
    """Each side assigns its own people."""
    if not is_member(told.said.assignee, told.by.organization):
        raise SayMore(verb="assign", errors=(Complaint("/assignee", "unknown", "Choose a colleague of your own organisation."),))
    if told.said.assignee is not None and told.by.organization is not None:
        put_on_case(told.standing, told.said.assignee, told.by.organization)


def put_on_case(standing: Standing, user: UUID, organization: UUID) -> None:
    present = CaseMember.objects.filter(referral=standing.referral, organization=organization, user=user, until__isnull=True)
    if not present.exists():
        CaseMember.objects.create(referral=standing.referral, organization_id=organization, user_id=user, since=standing.now)


def outcome_kept(told: Told) -> None:
    offer = told.the_offer()
    Outcome.objects.create(
        referral=told.standing.referral,
        offer=offer,
        organization_id=offer.organization_id,
        help=told.said.outcome or "",
        at=told.standing.now,
    )


def outcome_superseded(told: Told) -> None:
    Outcome.objects.filter(referral=told.standing.referral, superseded_at__isnull=True).update(superseded_at=told.standing.now)
    opens_grant(told)


def gap_recorded(told: Told) -> None:
    """Nobody could be found: the gap analysis counts it as unmet need."""
    row = told.standing.referral
    reason = told.reason or ReasonCode.objects.get(verb="give-up", code="no-answer-in-time")
    RecordedGap.objects.get_or_create(
        referral=row,
        defaults={
            "organization_id": row.sender_id,
            "need_id": row.need_id,
            "place_id": row.place_id,
            "reason": reason,
            "at": told.standing.now,
        },
    )


def consent_ended(told: Told) -> None:
    """The person's no reaches everybody it was given to, or the one that was named."""
    row = told.standing.referral
    if row.consent is None or row.consent.withdrawn_at is not None:
        return
    to = told.said.recipient
    if to is None or row.consent.recipients.filter(organization=to, withdrawn_at__isnull=True).exists():
        end_consent(row.consent, at=told.standing.now, recipient=to)


def _person(told: Told) -> UUID | None:
    return told.by.id if told.by.kind is ActorKind.PERSON else None


def _keep_words(told: Told) -> None:
    """What was said with the move: its code and day in plain, its words sealed under the person's key."""
    said, row = told.said, told.standing.referral
    if not (told.reason or said.text or said.on):
        return
    offer = told.offer
    message = Message(
        referral=row, offer=offer, person_id=row.person_id, organization_id=told.by.organization, author_id=_person(told), verb=told.verb,
        reason=told.reason, on=said.on, at=told.standing.now,
        audience=Audience.OWN if told.verb == "note" and not told.reason else Audience.BOTH,
    )  # fmt: skip
    if said.text:
        Keyring.for_people([row.person_id]).write(message, "text", said.text)
    message.save(force_insert=True)


def _plan_clocks(told: Told) -> None:
    """Enqueue what must happen later, in this transaction; the sweep finds what a lost task would have done."""
    from .. import tasks

    for offer in told.standing.offers:
        if told.standing.touched.get(offer.pk) in {"asked", "answer"}:
            tasks.plan_offer(offer)
    if told.standing.referral.unplaced_at == told.standing.now:
        tasks.plan_giving_up(told.standing.referral)


BEFORE: dict[str, Effect] = {"offer": ask_another}
DURING: dict[str, Effect] = {
    "see": seen, "claim": claimed, "unclaim": unclaimed, "ask": asked_back, "answer": answered, "accept": accepted, "waitlist": waits,
    "start": started, "hold": paused, "reopen": reopened,
}  # fmt: skip
AFTER: dict[str, Effect] = {
    "accept": acceptance_kept, "claim": joins_case, "assign": assigned, "complete": outcome_kept,
    "reopen": outcome_superseded, "give-up": gap_recorded, "withdraw": consent_ended,
}  # fmt: skip
