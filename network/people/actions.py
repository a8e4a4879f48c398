"""Every write about a person: the record, how it is safe to reach them, what they agreed to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from network.core import crypto
from network.core.actor import Actor, ActorKind
from network.core.clock import now
from network.core.errors import NotFound, NotYours, Stale, WrongState, complain
from network.core.events import Fact, record
from network.partners.models import Organization

from .models import (
    Channel,
    Consent,
    ConsentRecipient,
    FieldGroup,
    Giver,
    Grant,
    Person,
    PersonKey,
    Rule,
    SafeChannel,
    SafeContact,
)

IDENTITY = ("name", "birth_date", "address")
VICTIM_SERVICE_CONSENT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Identity:
    """What is sealed about a person; None leaves a field as it is, an empty text removes it."""

    name: str | None = None
    birth_date: str | None = None
    address: str | None = None

    def said(self) -> dict[str, str]:
        return {name: value for name in IDENTITY if (value := getattr(self, name)) is not None}


@dataclass(frozen=True, slots=True)
class SafeWay:
    """One channel of a safe contact, as said."""

    channel: str
    rule: str
    may_leave_message: bool | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Safety:
    """How it is safe to reach a person, as said; nothing has a default but silence, which is a no."""

    through_keeper: bool
    ways: Sequence[SafeWay] = ()
    opens_at: time | None = None
    closes_at: time | None = None
    weekdays: str = ""
    time_zone: str = "UTC"
    language: str = ""
    safe_name: str | None = None
    note: str | None = None


def require_keeper(person: Person, by: Actor) -> None:
    """Only the organisation that keeps the record may change it."""
    if by.organization != person.organization_id or by.organization not in by.casework:
        raise NotYours


def told(person: Person, kind: str, *others: UUID) -> Fact:
    return Fact(kind, f"person/{person.pk}", frozenset({person.organization_id, *others}))


@transaction.atomic
def create_person(
    *,
    by: Actor,
    code_name: str,
    identity: Identity = Identity(),
    code_only: bool = False,
    languages: Sequence[str] = (),
) -> Person:
    """Begin a record. Victim services keep code names only: an identity is refused, by the database too."""
    if by.organization is None or by.organization not in by.casework:
        raise NotYours
    keeper = Organization.objects.get(pk=by.organization)
    if keeper.is_victim_service and (identity.said() or not code_only):
        raise complain(
            "/code_only",
            "code_name_only",
            "Your organisation keeps code names only. Leave name, date and address empty.",
        )
    if code_only and any(identity.said().values()):
        raise complain("/name", "code_name_only", "This record is a code name only. Leave name, date and address empty.")
    person = Person(
        organization_id=by.organization,
        code_name=code_name,
        code_only=code_only,
        languages=list(languages),
        created_at=now(),
    )
    key = crypto.new_key()
    wrapped = crypto.wrap_person_key(crypto.organization_keys([keeper.pk])[keeper.pk], person.pk, key)
    seal_identity(person, crypto.Keyring({person.pk: key}), identity)
    _save_new(person)
    PersonKey.objects.create(person=person, wrapped=wrapped)
    record(told(person, "person.created"), by=by)
    return person


def _save_new(person: Person) -> None:
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError:
        raise complain("/code_name", "taken", "Another record has this code name. Choose a different one.") from None


def seal_identity(person: Person, ring: crypto.Keyring, identity: Identity, index_key: bytes | None = None) -> None:
    """Put what was said under the person's key; the name's blind index follows it."""
    for column, value in identity.said().items():
        ring.write(person, column, value)
    if identity.name is not None:
        found = crypto.blind_index(person.organization_id, "name", identity.name, index_key) if identity.name else None
        person.name_index = found


@transaction.atomic
def edit_person(person: Person, *, by: Actor, identity: Identity, languages: Sequence[str] | None = None, version: int) -> Person:
    """Change the record, if it is still the one that was read."""
    require_keeper(person, by)
    if person.code_only and any(identity.said().values()):
        raise complain("/name", "code_name_only", "This record is a code name only. Leave name, date and address empty.")
    seal_identity(person, crypto.Keyring.for_people([person.pk]), identity)
    values = {column: getattr(person, column) for column in (*IDENTITY, "name_index")}
    if languages is not None:
        values["languages"] = list(languages)
    if not Person.objects.filter(pk=person.pk, version=version, erased_at__isnull=True).update(version=F("version") + 1, **values):
        raise Stale
    record(told(person, "person.changed"), by=by)
    return Person.objects.get(pk=person.pk)


@transaction.atomic
def set_safe_contact(person: Person, *, by: Actor, safety: Safety, version: int | None = None) -> SafeContact:
    """Say how it is safe to reach the person; those who may see them hear of it at once."""
    require_keeper(person, by)
    ring = crypto.Keyring.for_people([person.pk])
    existing = SafeContact.objects.filter(person=person).first()
    if (
        existing is not None
        and version is not None
        and not SafeContact.objects.filter(pk=existing.pk, version=version).update(version=version)
    ):
        raise Stale
    contact = existing or SafeContact(person=person)
    for name in ("through_keeper", "opens_at", "closes_at", "weekdays", "time_zone", "language"):
        setattr(contact, name, getattr(safety, name))
    for column in ("safe_name", "note"):
        ring.write(contact, column, getattr(safety, column))
    contact.version += 1 if existing else 0
    contact.save()
    if existing:
        contact.channels.all().delete()
    SafeChannel.objects.bulk_create(_channel(person, contact, way, ring) for way in safety.ways)
    readers = Grant.objects.standing().filter(person=person).values_list("organization", flat=True)
    record(told(person, "safe_contact.changed", *readers), by=by)
    return contact


def _channel(person: Person, contact: SafeContact, way: SafeWay, ring: crypto.Keyring) -> SafeChannel:
    if way.channel == Channel.PHONE and way.rule == Rule.ALLOWED and way.may_leave_message is None:
        raise complain("/channels", "say_whether_a_message_may_be_left", "Say whether a message may be left on the telephone.")
    if person.code_only and way.address:
        raise complain("/channels", "code_name_only", "This record is a code name only. Leave addresses and numbers empty.")
    row = SafeChannel(safe_contact=contact, person=person, channel=way.channel, rule=way.rule, may_leave_message=way.may_leave_message)
    ring.write(row, "address", way.address if way.rule == Rule.ALLOWED else None)
    return row


@dataclass(frozen=True, slots=True)
class Terms:
    """What a person agrees to."""

    recipients: frozenset[UUID]
    fields: frozenset[str]
    until: datetime
    how: str
    given_by: str = Giver.PERSON
    purpose: str = "referral"
    before_acceptance: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def give_consent(person: Person, *, by: Actor, terms: Terms) -> Consent:
    """Record what the person agreed to."""
    consent = write_consent(person, by=by, terms=terms)
    record(told(person, "consent.given"), by=by)
    return consent


def write_consent(person: Person, *, by: Actor, terms: Terms, within: frozenset[str] | None = None) -> Consent:
    """The rows of a consent, for an action that records more in the same transaction.

    `within`: the parts that an organisation which does not keep the record was granted; it can pass on no more than these.
    """
    if within is None:
        require_keeper(person, by)
    elif not terms.fields <= within:
        raise complain("/fields", "not_granted", f"You can pass on what you were given: {', '.join(sorted(within)) or 'nothing'}.")
    _check(person, terms)
    consent = Consent.objects.create(
        person=person, given_by=terms.given_by, purpose=terms.purpose, fields=sorted(terms.fields),
        before_acceptance=terms.before_acceptance, given_at=now(), until=terms.until, how=terms.how,
        recorded_by_id=by.id if by.kind is ActorKind.PERSON else None,
    )  # fmt: skip
    ConsentRecipient.objects.bulk_create(ConsentRecipient(consent=consent, organization_id=pk) for pk in sorted(terms.recipients))
    return consent


def _check(person: Person, terms: Terms) -> None:
    if not terms.recipients or Organization.objects.filter(pk__in=terms.recipients).count() != len(terms.recipients):
        raise complain("/recipients", "unknown", "Name at least one organisation of the directory.")
    if not terms.fields or not terms.fields <= set(FieldGroup.values):
        raise complain("/fields", "unknown", f"Choose from: {', '.join(FieldGroup.values)}.")
    if terms.until <= now():
        raise complain("/until", "past", "The consent must end in the future.")
    keeper = person.organization
    if keeper.is_victim_service and (len(terms.recipients) != 1 or terms.until > now() + VICTIM_SERVICE_CONSENT):
        raise complain("/until", "victim_service", "One recipient for each release, and at most 30 days.")


@transaction.atomic
def end_consent(consent: Consent, *, at: datetime, recipient: UUID | None = None) -> None:
    """End a consent, or its part for one recipient. Part of `referrals.actions.withdraw`, which records it."""
    if recipient is not None:
        changed = ConsentRecipient.objects.filter(consent=consent, organization=recipient, withdrawn_at__isnull=True).update(
            withdrawn_at=at
        )
    else:
        changed = Consent.objects.filter(pk=consent.pk, withdrawn_at__isnull=True).update(withdrawn_at=at, version=F("version") + 1)
    if not changed:
        raise WrongState(state="withdrawn")


def open_grant(
    person: UUID, organization: UUID, referral: UUID, consent: Consent | None, *, at: datetime, fields: Sequence[str] | None = None
) -> Grant:
    """Let `organization` see what the consent covers, for one referral. Part of an acceptance, which records it.

    `fields` where an earlier grant says what it may see.
    """
    if fields is None:
        fields = sorted(consent.fields) if consent else []
    return Grant.objects.create(
        person_id=person, organization_id=organization, referral_id=referral, consent=consent,
        fields=list(fields), opened_at=at, until=consent.until if consent else None,
    )  # fmt: skip


def end_grants(ended: Mapping[UUID, Collection[UUID] | None], *, at: datetime) -> None:
    """End what acceptance opened: of each referral for the named organisations, for all with None. One query, one more if there is any."""
    opened = Grant.objects.filter(referral__in=ended, ended_at__isnull=True).values_list("pk", "referral", "organization")
    over = [pk for pk, referral, whose in opened if (named := ended[referral]) is None or whose in named]
    if over:
        Grant.objects.filter(pk__in=over, ended_at__isnull=True).update(ended_at=at)


def disclosed(person: UUID, to: Actor) -> None:
    """Record, before the answer leaves, that an organisation other than the keeper read a person's record."""
    keeper = Person.objects.values_list("organization", flat=True).filter(pk=person).first()
    if keeper is None or to.organization is None:
        raise NotFound
    with transaction.atomic():
        record(Fact("person.disclosed", f"person/{person}", frozenset({keeper, to.organization})), by=to)
