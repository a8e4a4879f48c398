"""People who asked for help: an identity that only keys open, how it is safe to reach them, and who may know what."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from network.core.actor import Actor
from network.core.constraints import iff, one_of
from network.core.fields import SealedField


class PersonQuerySet(models.QuerySet["Person"]):
    """Reads of people."""

    def visible_to(self, actor: Actor) -> Self:
        """People whom the actor's organisations keep, or were granted sight of by an acceptance that still stands."""
        granted = Grant.objects.standing().filter(organization__in=actor.casework)
        return self.filter(Q(organization__in=actor.casework) | Q(pk__in=granted.values("person")))

    def kept_by(self, actor: Actor) -> Self:
        """People of the organisation that the actor acts for."""
        return self.filter(organization=actor.organization, organization__in=actor.casework)


class Person(models.Model):
    """Somebody one organisation keeps a record of; identity is sealed, or absent where only a code name is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("partners.Organization", on_delete=models.PROTECT, related_name="people")
    code_name = models.CharField(max_length=40, help_text="What colleagues call the record: initials or an invented name.")
    code_only = models.BooleanField(default=False, help_text="No identity is kept, and the database refuses one.")
    name = SealedField(help_text="Name to use.")
    birth_date = SealedField()
    address = SealedField()
    name_index = models.BinaryField(
        max_length=16, null=True, editable=False, help_text="Blind index of the name, within the keeping organisation."
    )
    languages = models.JSONField(default=list, blank=True, help_text="BCP 47 codes, first preferred.")
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects = PersonQuerySet.as_manager()

    class Meta:
        constraints = [
            CheckConstraint(
                name="person_code_only_has_no_identity",
                condition=Q(code_only=False) | Q(name__isnull=True, birth_date__isnull=True, address__isnull=True, name_index__isnull=True),
            ),
            CheckConstraint(name="person_has_a_code_name", condition=~Q(code_name="")),
            UniqueConstraint(fields=["organization", "code_name"], condition=Q(erased_at__isnull=True), name="person_code_name_once"),
        ]
        # Finding a person by exact name, and the list of people by code name.
        indexes = [Index(name="person_by_name", fields=["organization", "name_index"])]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def sealed_by(self) -> uuid.UUID:
        """The person whose key seals this row."""
        return self.pk


class PersonKey(models.Model):
    """A person's data key, wrapped by their organisation's; destroying it makes the person unreadable."""

    person = models.OneToOneField(Person, primary_key=True, on_delete=models.CASCADE, related_name="key")
    generation = models.PositiveIntegerField(default=1)
    wrapped = models.BinaryField(max_length=100)

    def __str__(self) -> str:
        return str(self.pk)


class SafeContact(models.Model):
    """How and when it is safe to reach a person; nothing here has a default, and what is not said is a no."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="safe_contact")
    through_keeper = models.BooleanField(help_text="Only through the organisation that keeps the record.")
    opens_at = models.TimeField(null=True, blank=True, help_text="With `closes_at`: only between these hours.")
    closes_at = models.TimeField(null=True, blank=True)
    weekdays = models.CharField(max_length=30, blank=True, help_text="MO,TU,…; empty: any day.")
    time_zone = models.CharField(max_length=64, default="UTC")
    language = models.CharField(max_length=12, blank=True)
    safe_name = SealedField(help_text="Who to say is calling.")
    note = SealedField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            CheckConstraint(
                name="safe_contact_hours_both_or_none",
                condition=iff(Q(opens_at__isnull=True), Q(closes_at__isnull=True)),
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def sealed_by(self) -> uuid.UUID:
        return self.person_id


class Channel(models.TextChoices):
    """Ways to reach somebody."""

    PHONE = "phone"
    TEXT = "text"
    EMAIL = "email"
    POST = "post"
    VISIT = "visit"


class Rule(models.TextChoices):
    """Whether a channel may be used; never beats everything else, consent and urgency too."""

    ALLOWED = "allowed"
    NEVER = "never"


class SafeChannel(models.Model):
    """One channel of a safe contact: allowed or never; a channel without a row is not known to be safe, so it is a no."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    safe_contact = models.ForeignKey(SafeContact, on_delete=models.CASCADE, related_name="channels")
    person = models.ForeignKey(
        Person, on_delete=models.CASCADE, related_name="+", help_text="The same as the safe contact's; names the key."
    )
    channel = models.CharField(max_length=10, choices=Channel.choices)
    rule = models.CharField(max_length=10, choices=Rule.choices)
    may_leave_message = models.BooleanField(null=True, blank=True)
    address = SealedField(help_text="Number or address.")

    class Meta:
        constraints = [
            UniqueConstraint(fields=["safe_contact", "channel"], name="safe_channel_once"),
            CheckConstraint(name="safe_channel_known", condition=one_of("channel", Channel)),
            CheckConstraint(name="safe_channel_rule_known", condition=one_of("rule", Rule)),
            CheckConstraint(
                name="safe_channel_phone_says_whether_to_leave_a_message",
                condition=~Q(channel="phone", rule="allowed") | Q(may_leave_message__isnull=False),
            ),
            CheckConstraint(name="safe_channel_never_keeps_no_address", condition=~Q(rule="never") | Q(address__isnull=True)),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def sealed_by(self) -> uuid.UUID:
        return self.person_id


class FieldGroup(models.TextChoices):
    """Parts of a person's record that a consent can open."""

    IDENTITY = "identity"
    CONTACT = "contact"
    LANGUAGES = "languages"
    NOTE = "note"
    MESSAGES = "messages"


class Giver(models.TextChoices):
    """Who gave a consent."""

    PERSON = "person"
    GUARDIAN = "guardian"


class ConsentQuerySet(models.QuerySet["Consent"]):
    """Reads of consents."""

    def visible_to(self, actor: Actor) -> Self:
        """Those of people whom the actor's organisations keep, and those that name one of them as recipient."""
        return self.filter(
            Q(person__organization__in=actor.casework)
            | Q(pk__in=ConsentRecipient.objects.filter(organization__in=actor.casework).values("consent"))
        )

    def standing(self, at: datetime) -> Self:
        return self.filter(withdrawn_at__isnull=True, until__gt=at)


class Consent(models.Model):
    """What a person agreed to: who may know which parts, what for, until when (42 CFR 2.31 has the elements)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="consents")
    given_by = models.CharField(max_length=10, choices=Giver.choices)
    purpose = models.CharField(max_length=40, help_text="A code: referral, care-coordination …")
    fields = models.JSONField(help_text="Field groups that recipients may see.")
    before_acceptance = models.BooleanField(default=False, help_text="Explicitly agreed that a candidate sees them before it accepts.")
    given_at = models.DateTimeField()
    until = models.DateTimeField()
    how = models.CharField(max_length=20, help_text="How it was recorded: in-person, by-phone, in-writing.")
    recorded_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        constraints = [
            CheckConstraint(name="consent_giver_known", condition=one_of("given_by", Giver)),
            CheckConstraint(name="consent_ends_after_it_was_given", condition=Q(until__gt=F("given_at"))),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ConsentRecipient(models.Model):
    """An organisation that a consent names."""

    consent = models.ForeignKey(Consent, on_delete=models.CASCADE, related_name="recipients")
    organization = models.ForeignKey("partners.Organization", on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, help_text="Ended for this recipient alone.")

    class Meta:
        constraints = [UniqueConstraint(fields=["consent", "organization"], name="consent_recipient_once")]

    def __str__(self) -> str:
        return str(self.pk)


class GrantQuerySet(models.QuerySet["Grant"]):
    """Reads of grants."""

    def standing(self) -> Self:
        """Not ended, and resting on a consent that is not withdrawn; expiry is the consent's and is checked at each read."""
        return self.filter(ended_at__isnull=True, consent__withdrawn_at__isnull=True)


class Grant(models.Model):
    """What an acceptance opened: one organisation may see parts of one person's record for one referral."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="grants")
    organization = models.ForeignKey("partners.Organization", on_delete=models.PROTECT, related_name="grants")
    consent = models.ForeignKey(Consent, null=True, on_delete=models.PROTECT, related_name="grants")
    referral = models.ForeignKey("referrals.Referral", on_delete=models.CASCADE, related_name="grants")
    fields = models.JSONField(help_text="Field groups, as the consent had them.")
    opened_at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["referral", "organization"], condition=Q(ended_at__isnull=True), name="grant_stands_once"),
        ]
        # Which people an organisation may see at all.
        indexes = [Index(name="grant_standing", fields=["organization", "person"], condition=Q(ended_at__isnull=True))]

    def __str__(self) -> str:
        return str(self.pk)
