"""What each verb does besides its two places: clocks, case members, grants, words, outcomes, recorded gaps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from network.core.actor import Actor, ActorKind
from network.core.crypto import Keyring
from network.core.errors import Complaint, NotYours, SayMore, WrongState
from network.core.events import Fact
from network.partners.hours import hours_of
from network.partners.models import Service
from network.people.actions import end_consent, end_grants, open_grant
from network.people.models import FieldGroup, Grant

from .. import deadlines
from ..calls import takeable, takers
from ..lifecycle import CLOSED, MOVES, At, Business, Move, Side, Status
from ..models import (
    Audience,
    CaseMember,
    DesiredOutcome,
    FollowUp,
    Message,
    Offer,
    Outcome,
    Reached,
    ReachedOutcome,
    ReasonCode,
    RecordedGap,
    Referral,
)
from ..strategies import BROADCAST, CASCADE, DIRECT, MOST_HOPS, OPEN, asked_at_once, hops, in_order
from .case import Standing, is_member, present
from .follow_ups import end_follow_ups
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
    more: list[Fact] = field(default_factory=list)  # what the move tells besides itself

    @property
    def verb(self) -> str:
        return self.rule.verb

    def the_offer(self) -> Offer:
        if self.offer is None:
            raise AssertionError("this verb lies on an offer")
        return self.offer


Effect = Callable[[Told], None]
STRATEGIES = (DIRECT, CASCADE, BROADCAST, OPEN)


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


def after(told: Told) -> None:
    """Rows of other tables, once the two places are written."""
    # Whoever's offer ended sees nothing more, a waiting list that lost included.
    ended = [row.organization_id for row in told.standing.offers if row.pk in told.standing.touched and row.ended_at]
    # A closed referral leaves nobody a grant: a sender who was handed the person has none beyond it either.
    is_closed = told.standing.referral.status in CLOSED
    end_grants(told.standing.referral.pk, at=told.standing.now, organizations=None if is_closed else ended)
    for organization, user in told.standing.released:
        on_case = CaseMember.objects.filter(referral=told.standing.referral, organization=organization, user=user, until__isnull=True)
        on_case.update(until=told.standing.now)
    AFTER.get(told.verb, _nothing)(told)
    _keep_words(told)
    _plan_clocks(told)


def _nothing(told: Told) -> None:
    """Most verbs have no effect but their places."""


# -- before ----------------------------------------------------------------------------------------------------------------


def ask_others(told: Told) -> Told:
    """Add candidates at once or in line, or open the call to everybody eligible."""
    standing = told.standing
    strategy = told.said.strategy or (DIRECT if len(told.said.services) == 1 else BROADCAST)
    check_strategy(told.verb, strategy, told.said.services)
    if strategy == OPEN:
        call_everybody(standing)
    else:
        line_up(standing, askable(standing, told.said.services), strategy)
    return told


def check_strategy(verb: str, strategy: str, services: tuple[UUID, ...]) -> None:
    """One for direct, none for an open call; SayMore names what does not fit."""
    if strategy not in STRATEGIES:
        raise SayMore(verb=verb, errors=(Complaint("/strategy", "unknown", f"Choose from: {', '.join(STRATEGIES)}."),))
    if strategy == OPEN and services:
        raise SayMore(verb=verb, errors=(Complaint("/services", "not_for_open", "Anybody eligible may take it: name no service."),))
    if strategy == DIRECT and len(services) != 1:
        words = "Say how several are asked: cascade, one after the other, or broadcast, all at once."
        raise SayMore(verb=verb, errors=(Complaint("/strategy", "several", words),))


def line_up(standing: Standing, services: list[Service], strategy: str) -> None:
    """New candidates in the order named; how many of them are asked now, the strategy says."""
    asked = any(offer.status == Status.REQUESTED for offer in standing.offers)
    now_asked = asked_at_once(strategy, len(services), somebody_is_asked=asked)
    for number, service in enumerate(services):
        offer = standing.add(service.organization_id, service.pk)
        if number < now_asked:
            standing.ask(offer)
    if not standing.referral.is_open_to_take:
        standing.referral.strategy = strategy


def call_everybody(standing: Standing) -> None:
    """An open call, where nobody has said yes and somebody can answer."""
    row = standing.referral
    if row.status not in {Status.DRAFT, Status.REQUESTED} or row.is_open_to_take:
        raise SayMore(errors=(Complaint("/strategy", "not_now", "A call is open already, or somebody has said yes."),))
    if not takers(row, standing.now):
        raise SayMore(errors=(Complaint("/strategy", "nobody_eligible", "No partner on the network could take this. Choose who to ask."),))
    standing.open_call()


def reached_said(told: Told) -> Told:
    """Each hope is answered: what came of it. Nothing else is."""
    hoped = [row.code for row in desired_of(told.standing.referral)]
    wrong = [
        Complaint(f"/reached/{code.code}", "required", f"Say what came of it: {code.label}.")
        for code in hoped
        if told.said.reached.get(code.code) not in Reached.values
    ]
    known = {code.code for code in hoped}
    wrong += [Complaint(f"/reached/{code}", "unknown", "This was not hoped for.") for code in sorted(set(told.said.reached) - known)]
    if wrong:
        raise SayMore(verb="complete", errors=tuple(wrong))
    return told


def desired_of(referral: Referral) -> list[DesiredOutcome]:
    return list(DesiredOutcome.objects.filter(referral=referral).select_related("code").order_by("position"))


def keep_desired(referral: Referral, codes: Iterable[UUID]) -> None:
    DesiredOutcome.objects.bulk_create(
        DesiredOutcome(referral=referral, code_id=code, position=position) for position, code in enumerate(codes)
    )


def taken(told: Told) -> Told:
    """The offer by which an eligible organisation takes an open call, for the service that it names."""
    standing, own = told.standing, told.by.organization
    if own is None or any(offer.organization_id == own for offer in standing.open_offers()):
        raise SayMore(verb="take", errors=(Complaint("/services", "asked_already", "You are asked already: accept that request."),))
    able = {service.pk: service for service in takeable([standing.referral], own, standing.now).get(standing.referral.pk, ())}
    wanted = told.said.services
    if len(wanted) != 1 or wanted[0] not in able:
        raise SayMore(verb="take", errors=(Complaint("/services/0", "cannot_take", "Name one service of yours that fits this need."),))
    return replace(told, offer=standing.add(own, wanted[0]))


def passed_on(told: Told) -> Told:
    """Ask another service in our place, if sender, person and table allow it; else decline, with the suggestion."""
    standing, offer = told.standing, told.the_offer()
    if len(told.said.services) != 1:
        raise SayMore(verb="forward", errors=(Complaint("/services", "one", "Name one service to pass it on to."),))
    service = Service.objects.visible_to(told.by).filter(pk=told.said.services[0], status="active").first()
    if service is None or service.organization_id in {offer.organization_id, standing.referral.sender_id}:
        raise SayMore(verb="forward", errors=(Complaint("/services/0", "unknown", "Name a service of another organisation."),))
    if _may_be_passed_to(service, standing, offer):
        standing.ask(standing.add(service.organization_id, service.pk, forwarded_from=offer))
        return told
    standing.set_offer(offer, "reject", suggested_id=service.pk)
    reason = ReasonCode.objects.filter(verb="reject", code="wrong-service").first()
    return replace(told, rule=MOVES["reject"], reason=reason)


def claimer(told: Told) -> Told:
    """A colleague has it, whom others can ask; a partner system is none."""
    if _person(told) is None:
        raise NotYours(verb="claim")
    return told


def colleague_chosen(told: Told) -> Told:
    """Each side assigns its own people; for a colleague who is away it is whoever covers."""
    wanted, own = told.said.assignee, told.by.organization
    if wanted is None or own is None or not is_member(wanted, own):
        raise SayMore(verb="assign", errors=(Complaint("/assignee", "unknown", "Choose a colleague of your own organisation."),))
    # Who takes it on themselves while they are away knows what they do.
    here = wanted if wanted == _person(told) else present(wanted, own, told.standing.now)
    if here is None:
        words = "This colleague is away, and nobody covers. Choose somebody else."
        raise SayMore(verb="assign", errors=(Complaint("/assignee", "away", words),))
    return replace(told, said=replace(told.said, assignee=here))


def _may_be_passed_to(service: Service, standing: Standing, offer: Offer) -> bool:
    """Nobody is asked twice, at most three hops, and agreement and consent cover it."""
    row = standing.referral
    chain = {each.pk: each.forwarded_from_id for each in standing.offers}
    if any(each.organization_id == service.organization_id for each in standing.offers) or hops(offer.pk, chain) >= MOST_HOPS:
        return False
    if not Service.objects.can_be_asked_by(row.sender_id, standing.now.date()).filter(pk=service.pk).exists():
        return False
    if row.consent is None:
        return True  # nothing of the person is shared
    named = row.consent.recipients.filter(organization=service.organization_id, withdrawn_at__isnull=True)
    return row.consent.withdrawn_at is None and row.consent.until > standing.now and named.exists()


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
    told.standing.claim(told.the_offer(), _person(told), "claim")


def unclaimed(told: Told) -> None:
    """Back to the team, by a colleague or by the clock."""
    told.standing.claim(told.the_offer(), None, told.verb)


def covered(told: Told) -> None:
    """Whoever had it went away: it is their cover's, or the team's."""
    offer = told.the_offer()
    had = offer.claimed_by_id
    told.standing.claim(offer, present(had, offer.organization_id, told.standing.now) if had else None, "cover")


def handed_over(told: Told) -> None:
    """While an offer waits for an answer one colleague has it: assigning it hands it over. After that a case may have several."""
    offer = told.standing.waiting_offer(told.by.organization) if told.side is Side.RECEIVER else None
    if offer is not None:
        told.standing.claim(offer, told.said.assignee, "assign")


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
    if offer.claimed_by_id is not None and (user := _person(told)) is not None:
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
    if told.said.assignee is not None and told.by.organization is not None:
        put_on_case(told.standing, told.said.assignee, told.by.organization)


def cover_joins(told: Told) -> None:
    offer = told.the_offer()
    if offer.claimed_by_id is not None:
        put_on_case(told.standing, offer.claimed_by_id, offer.organization_id)


def put_on_case(standing: Standing, user: UUID, organization: UUID) -> None:
    present = CaseMember.objects.filter(referral=standing.referral, organization=organization, user=user, until__isnull=True)
    if not present.exists():
        CaseMember.objects.create(referral=standing.referral, organization_id=organization, user_id=user, since=standing.now)


def outcome_kept(told: Told) -> None:
    """How it ended, what came of each hope, and whether the person wants to be asked again."""
    offer, said = told.the_offer(), told.said
    outcome = Outcome.objects.create(
        referral=told.standing.referral, offer=offer, organization_id=offer.organization_id, help=said.outcome or "", at=told.standing.now,
        may_ask_again=said.may_ask_again,
    )  # fmt: skip
    codes = {row.code.code: row.code_id for row in desired_of(told.standing.referral)}
    ReachedOutcome.objects.bulk_create(
        ReachedOutcome(outcome=outcome, code_id=codes[code], answer=answer) for code, answer in said.reached.items()
    )


def outcome_superseded(told: Told) -> None:
    """The old outcome stays with what was said with it; nobody is asked about it any more."""
    row = told.standing.referral
    Outcome.objects.filter(referral=row, superseded_at__isnull=True).update(superseded_at=told.standing.now)
    FollowUp.objects.unanswered().filter(referral=row).update(ended_at=told.standing.now)
    opens_grant(told)
    # Who was handed the person sees them again too.
    earlier = Grant.objects.filter(referral=row, organization=row.sender_id).order_by("-opened_at").first()
    if earlier is not None:
        open_grant(row.person_id, row.sender_id, row.pk, earlier.consent, at=told.standing.now, fields=earlier.fields)


def handed_on(told: Told) -> None:
    """A new draft of the receiver's own about the same need, and a grant of the same fields for as long as it lasts."""
    row, offer, at = told.standing.referral, told.the_offer(), told.standing.now
    fields = sorted(row.consent.fields) if row.consent else []
    draft = copy_of(row, sender=offer.organization_id, at=at, based_on=row, with_note=FieldGroup.NOTE in fields)
    draft.save(force_insert=True)
    keep_desired(draft, [each.code_id for each in desired_of(row)])
    open_grant(row.person_id, offer.organization_id, draft.pk, row.consent, at=at, fields=fields)
    if (user := _person(told)) is not None:
        CaseMember.objects.create(referral=draft, organization_id=offer.organization_id, user_id=user, since=at)
    told.more.append(Fact("referral.draft", f"referral/{draft.pk}", frozenset({offer.organization_id})))


def opened_again(told: Told) -> None:
    """A sending that was undone opens its form again: a new draft with the same content."""
    row = told.standing.referral
    if told.said.again is None:
        return
    draft = copy_of(row, sender=row.sender_id, at=told.standing.now, based_on=row.based_on, pk=told.said.again)
    draft.save(force_insert=True)
    keep_desired(draft, [each.code_id for each in desired_of(row)])
    if row.based_on_id is not None:
        earlier = Grant.objects.filter(referral=row, organization=row.sender_id).order_by("-opened_at").first()
        if earlier is not None:
            open_grant(row.person_id, row.sender_id, draft.pk, earlier.consent, at=told.standing.now, fields=earlier.fields)
    if (user := _person(told)) is not None:
        CaseMember.objects.create(referral=draft, organization_id=row.sender_id, user_id=user, since=told.standing.now)
    told.more.append(Fact("referral.draft", f"referral/{draft.pk}", frozenset({row.sender_id})))


COPIED = ("person_id", "need_id", "urgency", "place_id", "languages", "age_band", "constraints", "contact_through_sender", "bundle")


def copy_of(
    row: Referral, *, sender: UUID, at: datetime, based_on: Referral | None, pk: UUID | None = None, with_note: bool = True
) -> Referral:
    """A draft about the same need of the same person; the note is sealed anew, for its own place."""
    draft = Referral(sender_id=sender, based_on=based_on, created_at=at, moved_at=at, **{name: getattr(row, name) for name in COPIED})
    draft.pk = pk or draft.pk
    if with_note and (row.note is not None or row.hopes is not None):
        ring = Keyring.for_people([row.person_id])
        for column in ("note", "hopes"):
            ring.write(draft, column, ring.read(row, column))
    return draft


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
        end_follow_ups(row.consent, at=told.standing.now, recipient=to)


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

    standing = told.standing
    for offer in standing.offers:
        if standing.touched.get(offer.pk) in {"asked", "answer"}:
            tasks.plan_offer(offer, standing.referral.urgency)
        if standing.touched.get(offer.pk) in {"claim", "assign", "cover", "answer", "asked"}:
            tasks.plan_claim(offer)
    if standing.referral.is_open_to_take and not standing.was_open_to_take:
        tasks.plan_call(standing.referral)
    if told.verb == "waitlist" and told.offer is not None:
        tasks.plan_waiting(told.offer)
    if told.verb == "complete" and told.said.may_ask_again:
        tasks.plan_follow_ups(standing.referral.pk, standing.now)
    if standing.referral.unplaced_at == standing.now:
        tasks.plan_giving_up(standing.referral)


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
