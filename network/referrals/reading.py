"""Referrals and offers as a caller may see them: summary before acceptance, full while a grant and its consent last."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Model, OuterRef, Q, QuerySet, Subquery

from network.accounts.models import User
from network.core.actor import Actor, ActorKind, Role
from network.core.clock import now
from network.core.crypto import Keyring
from network.partners.hours import hours_of
from network.partners.models import Organization, Service
from network.partners.rules import OpeningHours
from network.people.consent import REFERRAL, Agreed, shared_fields
from network.people.models import FieldGroup, Grant, Person
from network.people.reading import EVERYTHING, TRIAGE, agreements, safe_contacts

from . import deadlines
from .actions.case import candidate_of
from .available import Available, Possibilities
from .lifecycle import OPEN, Business, Status
from .models import (
    Alarm,
    Audience,
    CaseMember,
    DesiredOutcome,
    Looking,
    Message,
    Offer,
    Outcome,
    OutcomeCode,
    ReachedOutcome,
    ReadMark,
    Referral,
    Snooze,
)
from .strategies import Ahead, Step, next_step

TALK = ("message", "ask", "answer")  # verbs of messages that are said to the other side


def all_but_names(**relations: type[Model]) -> list[str]:
    """What a page of referrals does not show of the rows it names: fifty descriptions would be read for nothing."""
    columns = ((relation, field.name) for relation, model in relations.items() for field in model._meta.concrete_fields)  # noqa: SLF001
    return [f"{relation}__{name}" for relation, name in columns if name not in {"id", "name"}]


class Reader:
    """A page of referrals for one actor; every look-up is for the whole page, so a page of 50 costs what one of 1 does."""

    def __init__(self, referrals: Iterable[Referral], actor: Actor) -> None:
        self.referrals, self.actor, self.now = list(referrals), actor, now()
        self.casework = actor.casework
        self.ids = [row.pk for row in self.referrals]
        known = {row.pk: row for row in self.referrals}
        rows = Offer.objects.filter(referral__in=self.ids).select_related("service", "organization", "reason", "claimed_by", "suggested")
        rows = rows.defer(*all_but_names(service=Service, organization=Organization))
        self.offers: dict[UUID, list[Offer]] = {pk: [] for pk in self.ids}
        for offer in rows.order_by("position", "pk"):
            offer.referral = known[offer.referral_id]
            self.offers[offer.referral_id].append(offer)
        everything = [offer for offers in self.offers.values() for offer in offers]
        self.possible = Possibilities(self.referrals, everything, actor, self.now)
        self.case_members = self._case_members()
        self.granted: dict[UUID, UUID] = {}  # referral to the organisation of ours that an acceptance let see it
        self.fields = self._fields()

    def _case_members(self) -> dict[UUID, list[CaseMember]]:
        """Colleagues on each case, of the actor's own organisations alone."""
        rows = CaseMember.objects.filter(referral__in=self.ids, organization__in=self.casework, until__isnull=True)
        found: dict[UUID, list[CaseMember]] = {pk: [] for pk in self.ids}
        for member in rows.select_related("user").order_by("since", "pk"):
            found[member.referral_id].append(member)
        return found

    def _fields(self) -> dict[UUID, frozenset[str]]:
        """The parts of the person that the actor may see through each referral, judged by the consent as it stands now."""
        # Who was handed a person and sends them on sees what they were granted, like a receiver.
        kept = [row for row in self.referrals if self.is_sender(row) and row.person.organization_id == row.sender_id]
        found = {row.pk: self._within_role(row, row.sender_id, EVERYTHING) for row in kept}
        granted = Grant.objects.standing().filter(referral__in=self.ids, organization__in=self.casework).select_related("consent")
        grants = {grant.referral_id: grant for grant in granted if grant.referral_id not in found}
        early = [row for row in self.referrals if row.pk not in found and row.pk not in grants and self._agreed_early(row)]
        agreed = agreements([grant.consent for grant in grants.values() if grant.consent] + [row.consent for row in early if row.consent])
        for row in self.referrals:
            if grant := grants.get(row.pk):
                shared = self._shared(agreed, grant.consent_id, grant.organization_id) & frozenset(grant.fields)
                if shared or grant.consent_id is None:
                    self.granted[row.pk] = grant.organization_id
                found[row.pk] = self._within_role(row, grant.organization_id, shared)
        for row in early:
            if mine := self._asked(row):
                shared = self._shared(agreed, row.consent_id, mine.organization_id)
                found[row.pk] = self._within_role(row, mine.organization_id, shared)
        return found

    def _agreed_early(self, row: Referral) -> bool:
        """Whether the person explicitly agreed to be known before an acceptance."""
        return row.consent is not None and row.consent.before_acceptance

    def _shared(self, agreed: dict[UUID, Agreed], consent: UUID | None, organization: UUID) -> frozenset[str]:
        return shared_fields(agreed.get(consent) if consent else None, organization, REFERRAL, self.now)

    def _within_role(self, row: Referral, organization: UUID, fields: frozenset[str]) -> frozenset[str]:
        """An admin off the case reads what triage needs; a caseworker, and whoever is on the case, all that is shared."""
        if self.actor.kind is ActorKind.APPLICATION:
            # Who the person is needs a scope of its own.
            return fields if "identity.read" in self.actor.scopes else frozenset()
        is_caseworker = (organization, Role.CASEWORKER) in self.actor.roles
        on_case = any(member.user_id == self.actor.id for member in self.case_members[row.pk])
        return fields if is_caseworker or on_case else fields & TRIAGE

    def _asked(self, row: Referral) -> Offer | None:
        live = {Status.REQUESTED, Status.ACCEPTED}
        return next((o for o in self.offers[row.pk] if o.organization_id in self.casework and o.status in live), None)

    def is_sender(self, row: Referral) -> bool:
        return row.sender_id in self.casework

    def is_full(self, row: Referral) -> bool:
        """Whether the caller may know who the person is."""
        return FieldGroup.IDENTITY in self.may_read(row) or FieldGroup.CONTACT in self.may_read(row)

    def may_read(self, row: Referral) -> frozenset[str]:
        """Field groups that the caller may see of the person now."""
        return self.fields.get(row.pk, frozenset())

    def may_talk(self, row: Referral) -> bool:
        """Whether the caller reads what sender and holder say to each other: both sides, as long as the holder may see the person.

        By the code-name route nothing of the person is shared, and yet there is much to say.
        """
        own = row.sender_id if self.is_sender(row) else self.granted.get(row.pk)
        return own is not None and not self._within_role(row, own, EVERYTHING) <= TRIAGE

    @cached_property
    def unread(self) -> dict[UUID, int]:
        """Words of the other side that this user has not read, on open referrals; one query for the page."""
        if self.actor.kind is not ActorKind.PERSON:
            return {}
        rows = [row for row in self.referrals if row.status in OPEN and self.is_live(row)]
        mark = ReadMark.objects.filter(user=self.actor.id, referral=OuterRef("referral")).values("at")[:1]
        said = Message.objects.visible_to(self.actor).filter(referral__in=rows, verb__in=TALK, audience=Audience.BOTH)
        said = said.exclude(organization__in=self.actor.casework).annotate(read_to=Subquery(mark))
        said = said.filter(Q(read_to__isnull=True) | Q(at__gt=F("read_to")))
        open_to_us = {row.pk for row in rows if self.may_talk(row)}
        found: dict[UUID, int] = {}
        for pk, verb, count in said.values_list("referral", "verb").annotate(Count("pk")).order_by():
            if verb != "message" or pk in open_to_us:
                found[pk] = found.get(pk, 0) + count
        return found

    @cached_property
    def looking(self) -> dict[UUID, list[User]]:
        """Colleagues of the actor's own organisations who have a referral open now; one query for the page."""
        rows = Looking.objects.now(self.now).filter(referral__in=self.ids, organization__in=self.casework).exclude(user=self.actor.id)
        found: dict[UUID, list[User]] = {}
        for row in rows.select_related("user").order_by("user__name", "user"):
            if row.user not in found.setdefault(row.referral_id, []):
                found[row.referral_id].append(row.user)
        return found

    @cached_property
    def snoozed(self) -> dict[UUID, datetime]:
        """Offers that the actor has put aside, and until when; one query for the page."""
        if self.actor.kind is not ActorKind.PERSON:
            return {}
        rows = Snooze.objects.asleep(self.actor, self.now).filter(offer__referral__in=self.ids)
        return dict(rows.values_list("offer", "until"))

    def is_live(self, row: Referral) -> bool:
        """Whether the caller still works on it: the sender, or a candidate whose offer has not ended."""
        return self.is_sender(row) or self._asked(row) is not None

    def offers_of(self, row: Referral) -> list[Offer]:
        """All that were made, for the sender; the actor's own, for a candidate."""
        rows = self.offers[row.pk]
        if self.is_sender(row):
            return rows
        return [offer for offer in rows if offer.organization_id in self.casework and offer.asked_at is not None]

    def asked(self, row: Referral) -> list[Offer]:
        """For the sender: everybody who was asked, in that order, then who is next in line."""
        if not self.is_sender(row):
            return []
        return sorted(self.offers[row.pk], key=lambda offer: (offer.asked_at is None, offer.asked_at or offer.created_at, offer.position))

    def next_step(self, row: Referral) -> Step | None:
        """For the sender: what happens next, and when."""
        if not self.is_sender(row):
            return None
        gives_up = None
        if row.unplaced_at is not None:
            gives_up = deadlines.give_up_at(row.unplaced_at, self._senders_hours[row.sender_id])
        ahead = Ahead(
            row.status, row.business_status, row.urgency, row.sender_id, row.moved_at, row.is_open_to_take, row.respond_by, gives_up,
            row.expected_on, row.review_on,
        )  # fmt: skip
        return next_step(ahead, [candidate_of(offer) for offer in self.offers[row.pk]])

    @cached_property
    def _senders_hours(self) -> dict[UUID, OpeningHours]:
        return hours_of({row.sender_id for row in self.referrals if row.unplaced_at is not None})

    def handed_on(self, row: Referral) -> list[UUID]:
        """The caller's own referrals that go on from this one."""
        return self._handed_on.get(row.pk, [])

    @cached_property
    def _handed_on(self) -> dict[UUID, list[UUID]]:
        ids = [row.pk for row in self.referrals if row.business_status == Business.REFERRED_ON]
        found: dict[UUID, list[UUID]] = {}
        rows = Referral.objects.filter(based_on__in=ids, sender__in=self.actor.casework).order_by("created_at", "pk") if ids else ()
        for each in rows:
            if each.based_on_id is not None:
                found.setdefault(each.based_on_id, []).append(each.pk)
        return found

    def is_call(self, row: Referral) -> bool:
        """Whether the caller sees it only because anybody eligible may take it."""
        return row.is_open_to_take and not self.is_sender(row) and self.own_offer(row) is None

    def own_offer(self, row: Referral) -> Offer | None:
        """The offer by which a candidate sees the referral; None for its sender."""
        if self.is_sender(row):
            return None
        mine = [offer for offer in self.offers_of(row) if offer.is_standing]
        return max(mine, key=lambda offer: (offer.holds, offer.ended_at is None, offer.position)) if mine else None

    def leads_on(self, offer: Offer) -> bool:
        """Whether the offer still leads to its referral; a stub does not."""
        return offer.referral.sender_id in self.casework or offer.is_standing

    def actions(self, row: Referral) -> list[Available]:
        found = self.possible.on_referral(row.pk)
        return found + [verb for offer in self.offers_of(row) for verb in self.possible.on_offer(offer)]

    @cached_property
    def _ring(self) -> Keyring:
        shown = {row.person_id for row in self.referrals if self.may_read(row)}
        return Keyring.for_people(shown) if shown else Keyring({})

    @cached_property
    def _persons(self) -> dict[UUID, Person]:
        shown = [row for row in self.referrals if self.may_read(row)]
        known = {row.person_id: row.person for row in shown if Referral.person.is_cached(row)}
        missing = {row.person_id for row in shown} - set(known)
        return known | (Person.objects.in_bulk(missing) if missing else {})

    @cached_property
    def _contacts(self) -> dict[UUID, dict[str, Any]]:
        return safe_contacts(self._persons.values(), self._ring)

    @cached_property
    def _outcomes(self) -> dict[UUID, Outcome]:
        rows = Outcome.objects.filter(referral__in=self.ids, superseded_at__isnull=True)
        return {row.referral_id: row for row in rows}

    @cached_property
    def _reached(self) -> dict[UUID, list[ReachedOutcome]]:
        found: dict[UUID, list[ReachedOutcome]] = {}
        rows = ReachedOutcome.objects.filter(outcome__in=[row.pk for row in self._outcomes.values()]).select_related("code")
        for row in rows if self._outcomes else ():
            found.setdefault(row.outcome_id, []).append(row)
        return found

    @cached_property
    def _desired(self) -> dict[UUID, list[OutcomeCode]]:
        found: dict[UUID, list[OutcomeCode]] = {}
        for row in DesiredOutcome.objects.filter(referral__in=self.ids).select_related("code").order_by("position"):
            found.setdefault(row.referral_id, []).append(row.code)
        return found

    def desired(self, row: Referral) -> list[OutcomeCode]:
        """What was hoped for: for the sender, and for whoever said yes."""
        own = self.own_offer(row)
        return self._desired.get(row.pk, []) if self.is_sender(row) or (own is not None and own.accepted_at is not None) else []

    def help_of(self, row: Referral) -> str | None:
        """How it ended in one word, for a list."""
        found = self._outcomes.get(row.pk)
        return found.help if found else None

    def outcome(self, row: Referral) -> dict[str, Any] | None:
        """How it ended, with what came of each hope; whether the person may be asked again, for whoever asks."""
        found = self._outcomes.get(row.pk)
        if found is None:
            return None
        answers = {each.code_id: each.answer for each in self._reached.get(found.pk, ())}
        reached = [{"code": code.code, "label": code.label, "answer": answers.get(code.pk)} for code in self.desired(row)]
        return {"help": found.help, "at": found.at, "reached": reached, "may_ask_again": found.may_ask_again}

    def person(self, row: Referral, *, detail: bool) -> dict[str, Any] | None:
        """What may be shown of the person: in a list the name at most, in detail all that is shared."""
        parts = self.may_read(row)
        if not parts:
            return None
        person = self._persons[row.person_id]
        is_kept = person.organization_id in self.actor.casework
        shown: dict[str, Any] = {"id": person.pk, "code_name": person.code_name if is_kept and self.is_sender(row) else None}
        if FieldGroup.IDENTITY in parts:
            shown["name"] = self._ring.read(person, "name")
        if detail:
            shown |= self._details(row, person, parts)
        return shown

    def _details(self, row: Referral, person: Person, parts: frozenset[str]) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        if FieldGroup.IDENTITY in parts:
            shown |= {name: self._ring.read(person, name) for name in ("birth_date", "address")}
        if FieldGroup.LANGUAGES in parts:
            shown["languages"] = person.languages
        if FieldGroup.CONTACT in parts:
            through = row.contact_through_sender and not self.is_sender(row)
            shown["safe_contact"] = {"through_keeper": True} if through else self._contacts.get(person.pk)
        if FieldGroup.NOTE in parts:
            shown |= {"note": self._ring.read(row, "note"), "hopes": self._ring.read(row, "hopes")}
        return shown


def overdue(at: datetime) -> QuerySet[Offer]:
    """Open offers past their time, crises included: references and organisations, nothing of a person. For coordinators."""
    late = Offer.objects.filter(status=Status.REQUESTED, respond_by__lte=at).select_related("organization", "referral__sender")
    alarm = Alarm.objects.open().filter(offer=OuterRef("pk"))
    rings = {"alarm_round": Subquery(alarm.values("round")[:1]), "alarm_acknowledged_at": Subquery(alarm.values("acknowledged_at")[:1])}
    return late.annotate(**rings).order_by("respond_by", "pk")
