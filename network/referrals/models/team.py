"""What colleagues of a team see of each other at work, and what each puts aside for a while; no other organisation hears of it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Index, UniqueConstraint

from network.core.actor import Actor

from ..lifecycle import Status
from .offers import Offer
from .referrals import Referral

FORGOTTEN_AFTER = timedelta(seconds=45)


class SnoozeQuerySet(models.QuerySet["Snooze"]):
    """Reads of what was put aside."""

    def asleep(self, actor: Actor, at: datetime) -> Self:
        """The actor's own that still hide their row: its time has not come, and nothing has happened on it."""
        rows = self.filter(user=actor.id, offer__organization__in=actor.casework)
        return rows.filter(until__gt=at, offer__status=Status.REQUESTED, offer__version=F("version"))


class Snooze(models.Model):
    """A row that somebody hides from their own inbox for a while."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField(help_text="Never later than the last reminder of the offer.")
    version = models.PositiveIntegerField(help_text="Of the offer then: whatever happens on it brings it back.")

    objects = SnoozeQuerySet.as_manager()

    class Meta:
        constraints = [UniqueConstraint(fields=["user", "offer"], name="snooze_once")]
        # Those whose time has come, to be forgotten.
        indexes = [Index(name="snooze_until", fields=["until"])]

    def __str__(self) -> str:
        return str(self.pk)


class LookingQuerySet(models.QuerySet["Looking"]):
    """Reads of who is looking."""

    def now(self, at: datetime) -> Self:
        return self.filter(at__gt=at - FORGOTTEN_AFTER)


class Looking(models.Model):
    """Somebody has a referral open. Said again every 20 seconds by the page, forgotten after 45; no event.

    A table and not a cache: without Redis, two web processes share nothing else, and each reads it once a second.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey("partners.Organization", on_delete=models.CASCADE, related_name="+")
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    objects = LookingQuerySet.as_manager()

    class Meta:
        constraints = [UniqueConstraint(fields=["user", "organization", "referral"], name="looking_once")]
        # Who of an organisation looks at what, once a second.
        indexes = [Index(name="looking_now", fields=["at", "organization"])]

    def __str__(self) -> str:
        return str(self.pk)
