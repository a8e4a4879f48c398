"""Referrals and offers as a caller may see them: summary before acceptance, full while a grant and its consent last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from network.core.actor import Actor, ActorKind
from network.core.clock import now
from network.core.crypto import Keyring
from network.people.consent import REFERRAL, Agreed, shared_fields
from network.people.models import Consent, ConsentRecipient, FieldGroup, Grant, Person, SafeContact

from .available import Available, Possibilities
from .lifecycle import Status
from .models import CaseMember, Offer, Referral

EVERYTHING = frozenset(FieldGroup.values)


class Reader:
    """A page of referrals for one actor; every look-up is for the whole page, so a page of 50 costs what one of 1 does."""

    def __init__(self, referrals: Iterable[Referral], actor: Actor) -> None:
        self.referrals, self.actor, self.now = list(referrals), actor, now()
        self.ids = [row.pk for row in self.referrals]
        rows = Offer.objects.filter(referral__in=self.ids).select_related("service", "organization", "reason", "claimed_by")
        self.offers: dict[UUID, list[Offer]] = {pk: [] for pk in self.ids}
        for offer in rows.order_by("position", "pk"):
            self.offers[offer.referral_id].append(offer)
        everything = [offer for offers in self.offers.values() for offer in offers]
        self.possible = Possibilities(self.referrals, everything, actor, self.now)
        self.fields = self._fields()

    def _fields(self) -> dict[UUID, frozenset[str]]:
        """The parts of the person that the actor may see through each referral, judged by the consent as it stands now."""
        own = {row.pk: EVERYTHING for row in self.referrals if row.sender_id in self.actor.casework}
        granted = Grant.objects.standing().filter(referral__in=self.ids, organization__in=self.actor.casework).select_related("consent")
        grants = {grant.referral_id: grant for grant in granted}
        early = [row for row in self.referrals if row.pk not in own and row.pk not in grants and row.consent_id]
        consents = {row.consent_id: row.consent for row in early if row.consent is not None and row.consent.before_acceptance}
        agreed = agreements([g.consent for g in grants.values() if g.consent] + [c for c in consents.values() if c])
        found: dict[UUID, frozenset[str]] = dict(own)
        for pk, grant in grants.items():
            if pk not in own:
                shared = shared_fields(agreed.get(grant.consent_id), grant.organization_id, REFERRAL, self.now)  # type: ignore[arg-type]
                found[pk] = shared & frozenset(grant.fields)
        for row in early:
            if row.consent_id in consents and (mine := self._asked(row)):
                found[row.pk] = shared_fields(agreed.get(row.consent_id), mine.organization_id, REFERRAL, self.now)  # type: ignore[arg-type]
        return found

    def _asked(self, row: Referral) -> Offer | None:
        live = {Status.REQUESTED, Status.ACCEPTED}
        return next((o for o in self.offers[row.pk] if o.organization_id in self.actor.casework and o.status in live), None)

    def is_sender(self, row: Referral) -> bool:
        return row.sender_id in self.actor.casework

    def may_read(self, row: Referral) -> frozenset[str]:
        """Field groups; an application needs `identity.read` besides."""
        if self.actor.kind is ActorKind.APPLICATION and "identity.read" not in self.actor.scopes:
            return frozenset()
        return self.fields.get(row.pk, frozenset())

    def offers_of(self, row: Referral) -> list[Offer]:
        """All that were made, for the sender; the actor's own, for a candidate."""
        rows = self.offers[row.pk]
        if self.is_sender(row):
            return rows
        return [offer for offer in rows if offer.organization_id in self.actor.casework and offer.asked_at is not None]

    def actions(self, row: Referral) -> list[Available]:
        found = self.possible.on_referral(row.pk)
        return found + [verb for offer in self.offers_of(row) for verb in self.possible.on_offer(offer)]

    def case_members(self) -> dict[UUID, list[CaseMember]]:
        """Colleagues on each case, of the actor's own organisations alone."""
        rows = CaseMember.objects.filter(referral__in=self.ids, organization__in=self.actor.casework, until__isnull=True).select_related(
            "user"
        )
        found: dict[UUID, list[CaseMember]] = {pk: [] for pk in self.ids}
        for member in rows:
            found[member.referral_id].append(member)
        return found

    def people(self) -> dict[UUID, dict[str, Any]]:
        """What may be shown of each person, by referral: one key look-up for the page."""
        shown = [row for row in self.referrals if self.may_read(row)]
        ring = Keyring.for_people({row.person_id for row in shown}) if shown else Keyring({})
        persons = Person.objects.in_bulk({row.person_id for row in shown})
        contacts = safe_contacts(persons.values(), ring)
        return {row.pk: self._person(row, persons[row.person_id], ring, contacts) for row in shown}

    def _person(self, row: Referral, person: Person, ring: Keyring, contacts: dict[UUID, dict[str, Any]]) -> dict[str, Any]:
        parts = self.may_read(row)
        shown: dict[str, Any] = {"id": str(person.pk), "code_name": person.code_name if self.is_sender(row) else None}
        if FieldGroup.IDENTITY in parts:
            shown |= {name: ring.read(person, name) for name in ("name", "birth_date", "address")}
        if FieldGroup.LANGUAGES in parts:
            shown["languages"] = person.languages
        if FieldGroup.CONTACT in parts:
            through = row.contact_through_sender and not self.is_sender(row)
            shown["safe_contact"] = {"through_keeper": True} if through else contacts.get(person.pk)
        if FieldGroup.NOTE in parts:
            shown["note"] = ring.read(row, "note")
        return shown


def agreements(consents: Sequence[Consent]) -> dict[UUID, Agreed]:
    """Consents as the pure rule takes them, by one query for their recipients."""
    recipients: dict[UUID, dict[UUID, bool]] = {consent.pk: {} for consent in consents}
    rows = ConsentRecipient.objects.filter(consent__in=recipients).values_list("consent", "organization", "withdrawn_at")
    for consent, organization, withdrawn_at in rows if recipients else ():
        recipients[consent][organization] = withdrawn_at is not None
    return {c.pk: Agreed(recipients[c.pk], frozenset(c.fields), c.purpose, c.until, c.withdrawn_at is not None) for c in consents}


def safe_contacts(persons: Iterable[Person], ring: Keyring) -> dict[UUID, dict[str, Any]]:
    """How it is safe to reach each person, opened."""
    rows = SafeContact.objects.filter(person__in=list(persons)).prefetch_related("channels")
    return {row.person_id: contact_as_read(row, ring) for row in rows}


def contact_as_read(row: SafeContact, ring: Keyring) -> dict[str, Any]:
    return {
        "through_keeper": row.through_keeper,
        "opens_at": row.opens_at, "closes_at": row.closes_at, "weekdays": row.weekdays, "time_zone": row.time_zone,
        "language": row.language,
        "safe_name": ring.read(row, "safe_name"), "note": ring.read(row, "note"),
        "channels": [
            {"channel": way.channel, "rule": way.rule, "may_leave_message": way.may_leave_message, "address": ring.read(way, "address")}
            for way in row.channels.all()
        ],
    }  # fmt: skip


def overdue(at: datetime) -> Any:
    """Open offers past their time, crises included: references and organisations, nothing of a person. For coordinators."""
    late = Offer.objects.filter(status=Status.REQUESTED, respond_by__lte=at).select_related("organization", "referral__sender")
    return late.order_by("respond_by", "pk")
