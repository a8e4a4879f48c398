"""People as a caller may see them: all of it to their keeper, what a standing grant covers to a receiver."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from network.core.actor import Actor, ActorKind, Role
from network.core.clock import now
from network.core.crypto import Keyring

from .consent import REFERRAL, Agreed, shared_fields
from .models import Consent, ConsentRecipient, FieldGroup, Grant, Person, SafeContact

EVERYTHING = frozenset(FieldGroup.values)
TRIAGE = frozenset({FieldGroup.NOTE.value, FieldGroup.LANGUAGES.value})


def is_kept(person: Person, actor: Actor) -> bool:
    return person.organization_id in actor.casework


def fields_of(person: Person, actor: Actor, at: datetime | None = None) -> frozenset[str]:
    """The parts of the record that the caller may see now: by role where it is their own, by grant and consent where it is not."""
    if actor.kind is ActorKind.APPLICATION and "identity.read" not in actor.scopes:
        return frozenset()
    if is_kept(person, actor):
        return EVERYTHING if (person.organization_id, Role.CASEWORKER) in actor.roles else frozenset({FieldGroup.LANGUAGES.value})
    grants = list(Grant.objects.standing().filter(person=person, organization__in=actor.casework).select_related("consent"))
    agreed = agreements([grant.consent for grant in grants if grant.consent])
    in_full = _in_full(grants, actor)
    found: frozenset[str] = frozenset()
    for grant in grants:
        consent = agreed.get(grant.consent_id) if grant.consent_id else None
        shared = shared_fields(consent, grant.organization_id, REFERRAL, at or now()) & frozenset(grant.fields)
        found |= shared if grant.pk in in_full else shared & TRIAGE
    return found


def _in_full(grants: Sequence[Grant], actor: Actor) -> set[UUID]:
    """Grants that open all they cover: to a caseworker and to whoever is on the case; an admin off it reads what triage needs."""
    if actor.kind is ActorKind.APPLICATION:
        return {grant.pk for grant in grants}
    full = {grant.pk for grant in grants if (grant.organization_id, Role.CASEWORKER) in actor.roles}
    rest = [grant.pk for grant in grants if grant.pk not in full]
    on_case = Q(
        referral__case_members__user=actor.id, referral__case_members__until__isnull=True,
        referral__case_members__organization=F("organization"),
    )  # fmt: skip
    return full | set(Grant.objects.filter(on_case, pk__in=rest).values_list("pk", flat=True)) if rest else full


def person_body(person: Person, actor: Actor, fields: frozenset[str], ring: Keyring, *, detail: bool) -> dict[str, Any]:
    """The person as JSON; in a list the name at most."""
    kept = is_kept(person, actor)
    body: dict[str, Any] = {
        "id": person.pk, "organization": person.organization_id, "code_name": person.code_name if kept else None,
        "code_only": person.code_only, "created_at": person.created_at, "version": person.version,
    }  # fmt: skip
    if FieldGroup.IDENTITY in fields:
        body["name"] = ring.read(person, "name")
        if detail:
            body |= {name: ring.read(person, name) for name in ("birth_date", "address")}
    if FieldGroup.LANGUAGES in fields:
        body["languages"] = person.languages
    if kept:
        body["has_safe_contact"] = hasattr(person, "safe_contact")
    return body


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
