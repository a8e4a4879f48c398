"""A referral before it is sent: begun, changed, discarded; and the sending itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from network.core.actor import Actor, ActorKind
from network.core.clock import now
from network.core.crypto import Keyring
from network.core.errors import Complaint, NotFound, NotYours, SayMore, Stale, WrongState, complain
from network.core.events import Fact, record
from network.partners.models import Organization, Place, TaxonomyTerm
from network.people.actions import Terms, write_consent
from network.people.consent import REFERRAL
from network.people.models import Consent, FieldGroup, Grant, Person, SafeContact

from .. import deadlines, tasks, ties
from ..calls import takers
from ..lifecycle import MOVES, At, Business, Status
from ..models import MOST_DESIRED, CaseMember, DesiredOutcome, Message, OutcomeCode, Referral, Urgency
from ..strategies import AGES, DIRECT, OPEN
from .asking import askable, call_everybody, check_strategy, line_up
from .case import Standing
from .endings import keep_desired
from .facts import facts_of, facts_of_call, standing_as_seen_by
from .said import Said, reason_for

AGE_BANDS = ("", *AGES)
LONGEST_HOPES = 500


@dataclass(frozen=True, slots=True)
class Draft:
    """What a sender says about a need; only the person and the need must be there from the start."""

    person: UUID
    need: str
    urgency: str = ""
    place: UUID | None = None
    languages: Sequence[str] = ()
    age_band: str = ""
    constraints: Sequence[str] = ()
    note: str = ""
    desired_outcomes: Sequence[str] | None = None  # codes; None: as they are
    hopes: str | None = None  # in the person's own words; None: as they are
    contact_through_sender: bool = False
    bundle: UUID | None = None


@transaction.atomic
def create_draft(draft: Draft, *, by: Actor) -> Referral:
    """Begin a referral; its author is on the case."""
    if by.organization is None or by.organization not in by.casework:
        raise NotYours
    at = now()
    referral = Referral(sender_id=by.organization, created_at=at, moved_at=at)
    for name, value in _columns(draft, by).items():
        setattr(referral, name, value)
    _seal_words(referral, draft)
    referral.save(force_insert=True)
    _keep_desired(referral, draft.desired_outcomes)
    if by.kind is ActorKind.PERSON and by.id is not None:
        CaseMember.objects.create(referral=referral, organization_id=by.organization, user_id=by.id, since=at)
    record(Fact("referral.draft", f"referral/{referral.pk}", frozenset({by.organization})), by=by)
    return referral


@transaction.atomic
def edit_draft(referral: Referral, draft: Draft, *, by: Actor, version: int) -> Referral:
    """Change a draft, if it is still the one that was read."""
    if referral.sender_id != by.organization or by.organization not in by.casework:
        raise NotYours
    columns = _columns(draft, by, referral)
    referral.person_id = columns["person_id"]  # type: ignore[assignment]
    _seal_words(referral, draft)
    rows = Referral.objects.filter(pk=referral.pk, status=Status.DRAFT)
    words = {"note": referral.note, "hopes": referral.hopes}
    if not rows.filter(version=version).update(version=F("version") + 1, moved_at=now(), **words, **columns):
        if rows.exists():
            raise Stale
        raise WrongState(verb="edit", **standing_as_seen_by(by, referral.pk))
    _keep_desired(referral, draft.desired_outcomes)
    record(Fact("referral.draft", f"referral/{referral.pk}", frozenset({referral.sender_id})), by=by)
    return Referral.objects.get(pk=referral.pk)


def _columns(draft: Draft, by: Actor, present: Referral | None = None) -> dict[str, object]:
    """The draft as columns, each checked; BadInput names the field. A draft that was handed on stays with its person."""
    is_handed_on = present is not None and present.based_on_id is not None and present.person_id == draft.person
    if not is_handed_on and not Person.objects.kept_by(by).filter(pk=draft.person, erased_at__isnull=True).exists():
        raise complain("/person", "unknown", "Choose a person of your own organisation.")
    need = TaxonomyTerm.objects.filter(scheme="need", code=draft.need, retired_at__isnull=True).first()
    if need is None:
        raise complain("/need", "unknown", "Choose one of the listed needs.")
    if draft.urgency and draft.urgency not in Urgency.values:
        raise complain("/urgency", "unknown", f"Choose from: {', '.join(Urgency.values)}.")
    if draft.place is not None and not Place.objects.filter(pk=draft.place).exists():
        raise complain("/place", "unknown", "Choose a place of the directory.")
    if draft.age_band not in AGE_BANDS:
        raise complain("/age_band", "unknown", f"Choose from: {', '.join(AGE_BANDS[1:])}.")
    known = set(TaxonomyTerm.objects.filter(scheme="access").values_list("code", flat=True))
    if not set(draft.constraints) <= known:
        raise complain("/constraints", "unknown", f"Choose from: {', '.join(sorted(known))}.")
    return {
        "person_id": draft.person, "need_id": need.pk, "urgency": draft.urgency, "place_id": draft.place,
        "languages": list(draft.languages), "age_band": draft.age_band, "constraints": list(draft.constraints),
        "contact_through_sender": draft.contact_through_sender,
        "bundle": draft.bundle,
    }  # fmt: skip


def _seal_words(referral: Referral, draft: Draft) -> None:
    """The note and the hopes, sealed under the person's key."""
    ring = Keyring.for_people([referral.person_id])
    for column, text, longest in (("note", draft.note, 2000), ("hopes", draft.hopes, LONGEST_HOPES)):
        if text is not None and len(text) > longest:
            raise complain(f"/{column}", "too_long", f"This is {len(text) - longest} characters too long.")
        if text is not None:
            ring.write(referral, column, text)


def _keep_desired(referral: Referral, codes: Sequence[str] | None) -> None:
    """What is hoped for, in the order chosen; a code that the draft has already may have been closed since."""
    if codes is None:
        return
    wanted = list(dict.fromkeys(codes))
    if len(wanted) > MOST_DESIRED:
        raise complain("/desired_outcomes", "too_many", f"Choose {MOST_DESIRED} at most.")
    known = {row.code: row.pk for row in OutcomeCode.objects.choosable(now()).filter(code__in=wanted)}
    present = DesiredOutcome.objects.filter(referral=referral)
    known |= dict(present.filter(code__code__in=wanted).values_list("code__code", "code"))
    if unknown := [code for code in wanted if code not in known]:
        raise complain("/desired_outcomes", "unknown", f"Choose from the listed outcomes; {unknown[0]} is none of them.")
    present.delete()
    keep_desired(referral, [known[code] for code in wanted])


@transaction.atomic
def discard(referral: Referral, *, by: Actor, fresh: bool = True) -> None:
    """Remove a draft: the sender's move, or the clock's after 30 days."""
    is_clock = by.kind is ActorKind.CLOCK
    if not is_clock and (referral.sender_id != by.organization or by.organization not in by.casework):
        raise NotYours(verb="discard")
    if is_clock and now() - referral.created_at < deadlines.DRAFT_KEPT:
        raise WrongState(verb="discard", state=referral.status)
    # Taken by a conditional update first: a send at the same moment wins or loses whole.
    if not Referral.objects.filter(pk=referral.pk, status=Status.DRAFT).update(version=F("version") + 1):
        raise WrongState(verb="discard", **standing_as_seen_by(by, referral.pk))
    if not fresh:
        raise Stale
    Referral.objects.filter(pk=referral.pk).delete()
    record(Fact("referral.discard", f"referral/{referral.pk}", frozenset({referral.sender_id})), by=by)


def open_alike(person: UUID, need: UUID, *, besides: UUID | None = None) -> list[Referral]:
    """Open referrals for the same person and need, newest first."""
    rows = Referral.objects.open().filter(person=person, need=need)
    if besides is not None:
        rows = rows.exclude(pk=besides)
    return list(rows.select_related("need").order_by("-created_at")[:10])


@dataclass(frozen=True, slots=True)
class Decision:
    """What the person decided about sharing: a consent that stands, or the terms of a new one; None where only a code name goes."""

    consent: UUID | None = None
    terms: Terms | None = None


def send(referral: Referral, *, by: Actor, said: Said, decision: Decision = Decision(), fresh: bool = True) -> Referral:
    """Ask the first candidate, all of them, or whoever is eligible. Needs a consent decision and a safe way to reach the person."""
    rule = MOVES["send"]
    if referral.sender_id != by.organization or by.organization not in by.casework:
        raise NotYours(verb="send")
    with transaction.atomic():
        if not Referral.objects.filter(pk=referral.pk).standing_at(rule.referral_from).update(version=F("version") + 1):
            raise WrongState(verb="send", **standing_as_seen_by(by, referral.pk))
        if not fresh:
            raise Stale
        standing = Standing.load(referral.pk, now())
        row = standing.referral
        _check_ready(row, said, decision)
        strategy = said.strategy or DIRECT
        check_strategy("send", strategy, said.services)
        services = askable(standing, said.services)
        _check_duplicate(standing, said)
        row.consent_id = _consent_for(row, {service.organization_id for service in services}, by, decision)
        if strategy == OPEN:
            call_everybody(standing)
        else:
            line_up(standing, services, strategy)
        standing.place_referral(At(Status.REQUESTED, Business.OFFERED))
        row.sent_at = row.moved_at = standing.now
        standing.save()
        _keep_duplicate_words(standing, said, by)
        _plan_clocks(standing)
        listeners = takers(row, standing.now) if row.is_open_to_take else set()
        facts = [*facts_of(rule, standing, by, None), *_told_keeper(row, decision), *facts_of_call(standing, listeners)]
        ties.count(standing)
        record(*facts, by=by, at=standing.now)
    return Referral.objects.get(pk=referral.pk)


def _plan_clocks(standing: Standing) -> None:
    asked = [offer for offer in standing.offers if offer.asked_at is not None]
    tasks.enqueue(clock for offer in asked for clock in tasks.clocks_of_offer(offer, standing.referral.urgency))
    if standing.referral.is_open_to_take:
        tasks.plan_call(standing.referral)


def _told_keeper(row: Referral, decision: Decision) -> list[Fact]:
    """Who keeps the record hears of a consent that somebody else was given, because the person was handed on to them."""
    keeper = row.person.organization_id
    if decision.terms is None or keeper == row.sender_id:
        return []
    return [Fact("consent.given", f"person/{row.person_id}", frozenset({keeper}))]


def _check_ready(row: Referral, said: Said, decision: Decision) -> None:
    """Everything that a sending needs, each missing part named at once."""
    missing = list(said.wrong)
    if not row.urgency:
        missing.append(Complaint("/urgency", "required", "Choose how soon an answer is needed."))
    if not said.services and said.strategy != OPEN:
        missing.append(Complaint("/services", "required", "Choose who to ask."))
    if not row.contact_through_sender and not _can_be_reached(row):
        missing.append(Complaint("/safe_contact", "required", "Choose how it is safe to reach the person."))
    if decision.consent is None and decision.terms is None and not row.contact_through_sender:
        missing.append(Complaint("/consent", "required", "Say what the person agreed to, or send by code name through you."))
    if missing:
        raise SayMore(verb="send", errors=tuple(missing))


def _can_be_reached(row: Referral) -> bool:
    return SafeContact.objects.filter(person=row.person_id).filter(channels__rule="allowed").exists()


def _check_duplicate(standing: Standing, said: Said) -> None:
    """Sending again for the same person and need is allowed, with a reason."""
    row = standing.referral
    alike = open_alike(row.person_id, row.need_id, besides=row.pk)
    if not alike:
        return
    reason = reason_for("send", said)
    if reason is None:
        words = f"Open already: {', '.join(other.reference for other in alike)}. Say why you send another."
        raise SayMore(verb="send", errors=(Complaint("/reason", "open_already", words),), open=[str(other.pk) for other in alike])
    row.duplicate_reason_id = reason.pk


def _keep_duplicate_words(standing: Standing, said: Said, by: Actor) -> None:
    row = standing.referral
    if row.duplicate_reason_id is None:
        return
    message = Message(
        referral=row, person_id=row.person_id, organization_id=by.organization, verb="send", reason_id=row.duplicate_reason_id,
        audience="own", at=standing.now,
    )  # fmt: skip
    Keyring.for_people([row.person_id]).write(message, "text", said.text)
    message.save(force_insert=True)


def _consent_for(row: Referral, recipients: set[UUID], by: Actor, decision: Decision) -> UUID | None:
    """The consent that covers every candidate, given already or now; None by the code-name route."""
    if decision.terms is not None:
        terms = decision.terms
        if not recipients <= terms.recipients:
            raise SayMore(
                verb="send",
                errors=(Complaint("/consent/recipients", "not_covered", "The consent must name who is asked."),),
            )
        return write_consent(row.person, by=by, terms=terms, within=_granted(row)).pk
    if decision.consent is None:
        return None
    consent = Consent.objects.filter(pk=decision.consent, person=row.person_id, purpose=REFERRAL).first()
    if consent is None:
        raise NotFound
    covered = set(consent.recipients.filter(withdrawn_at__isnull=True).values_list("organization", flat=True))
    if consent.withdrawn_at is not None or consent.until <= now() or not recipients <= covered:
        raise SayMore(
            verb="send",
            errors=(Complaint("/consent", "not_covered", "This consent has ended, or does not name who is asked."),),
        )
    return consent.pk


def _granted(row: Referral) -> frozenset[str] | None:
    """What a sender who was handed the person may pass on; None for the keeper, who may pass on what the person agrees to."""
    if row.person.organization_id == row.sender_id:
        return None
    grant = Grant.objects.standing().filter(referral=row, organization=row.sender_id).first()
    return frozenset(grant.fields) if grant else frozenset()


def usual_terms(recipients: set[UUID], *, how: str, days: int = 180) -> Terms:
    """What the form proposes: identity, contact, languages and note, for half a year; a victim service's release is shorter."""
    victim = Organization.objects.filter(pk__in=recipients, is_victim_service=True).exists()
    fields = frozenset({FieldGroup.IDENTITY, FieldGroup.CONTACT, FieldGroup.LANGUAGES, FieldGroup.NOTE})
    until = now() + timedelta(days=30 if victim else days)
    return Terms(recipients=frozenset(recipients), fields=frozenset(str(part) for part in fields), until=until, how=how)


__all__ = [
    "AGE_BANDS",
    "Decision",
    "Draft",
    "create_draft",
    "discard",
    "edit_draft",
    "open_alike",
    "send",
    "usual_terms",
]
