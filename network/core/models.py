"""The append-only log and its heads, the keys of organisations, answers kept for repeats, and signs of life."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

NOTHING = bytes(32)


def random_epoch() -> str:
    """Names one unbroken history; a restore begins another."""
    return uuid.uuid4().hex


class Head(models.Model):
    """The last row of an organisation's sequence; inserted with the organisation, without it no event can be."""

    organization = models.OneToOneField("partners.Organization", primary_key=True, on_delete=models.PROTECT, related_name="head")
    epoch = models.CharField(max_length=32, default=random_epoch)
    seq = models.PositiveBigIntegerField(default=0)
    digest = models.BinaryField(max_length=32, default=NOTHING)
    floor = models.PositiveBigIntegerField(default=0, help_text="The last archived row.")
    floor_digest = models.BinaryField(max_length=32, default=NOTHING)

    class Meta:
        constraints = [CheckConstraint(name="head_floor_not_above_seq", condition=Q(floor__lte=F("seq")))]

    def __str__(self) -> str:
        return f"{self.pk} at {self.seq}"


class Event(models.Model):
    """One fact in one organisation's sequence: ids and a kind, nothing about a person."""

    # No index of its own: its number's begins with it, and a planner without statistics takes the worse of two.
    organization = models.ForeignKey("partners.Organization", on_delete=models.PROTECT, related_name="+", db_index=False)
    seq = models.PositiveBigIntegerField()
    fact = models.UUIDField(help_text="The occurrence; the same in every organisation's row.")
    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=80, help_text="`type/<uuid>`: the object whose visibility decides.")
    actor = models.CharField(max_length=60, help_text="As this organisation may know them.")
    at = models.DateTimeField()
    previous = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["organization", "seq"], name="event_numbered_once"),
            UniqueConstraint(fields=["organization", "fact"], name="event_fact_once"),
            CheckConstraint(name="event_numbers_begin_at_one", condition=Q(seq__gt=0)),
        ]
        # The timeline of one subject, as one organisation heard it.
        indexes = [Index(name="event_of_subject", fields=["subject", "organization", "seq"])]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.seq}"


class OrganizationKey(models.Model):
    """An organisation's key and its index key, each wrapped by a root key."""

    organization = models.OneToOneField("partners.Organization", primary_key=True, on_delete=models.PROTECT, related_name="key")
    generation = models.PositiveIntegerField(default=1)
    wrapped = models.BinaryField(max_length=100)
    index_wrapped = models.BinaryField(max_length=100)

    def __str__(self) -> str:
        return str(self.pk)


class IdempotencyKey(models.Model):
    """A request that took effect, and its answer for whoever repeats it."""

    organization = models.ForeignKey("partners.Organization", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32, help_text="HMAC of method, path and body.")
    person = models.UUIDField(null=True, help_text="Whose key seals the answer; empty: the organisation's.")
    answer = models.BinaryField(null=True, help_text="Sealed status, headers and body.")
    at = models.DateTimeField()

    class Meta:
        constraints = [UniqueConstraint(fields=["organization", "key"], name="idempotency_key_once")]
        # Pruning after seven days.
        indexes = [Index(name="idempotency_by_age", fields=["at"])]

    def __str__(self) -> str:
        return str(self.pk)


class Beat(models.Model):
    """When a named process last gave a sign of life."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at}"
