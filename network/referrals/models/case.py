"""Who works on a case, what was said on it and how it ended."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, Exists, Index, OuterRef, Q, UniqueConstraint

from network.core.actor import Actor
from network.core.constraints import one_of
from network.core.fields import SealedField

from ..deadlines import FOLLOW_UP_WAITS
from ..lifecycle import Status
from .offers import Offer
from .referrals import Referral


class CaseMember(models.Model):
    """Somebody who works on a case, for one side of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="case_members")
    organization = models.ForeignKey("partners.Organization", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="cases")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["referral", "organization", "user"], condition=Q(until__isnull=True), name="case_member_once")
        ]
        indexes = [Index(name="case_member_of_user", fields=["user", "referral"], condition=Q(until__isnull=True))]

    def __str__(self) -> str:
        return str(self.pk)


class Audience(models.TextChoices):
    """Who may read what was said."""

    BOTH = "both"
    OWN = "own"


class MessageQuerySet(models.QuerySet["Message"]):
    """Reads of what was said."""

    def visible_to(self, actor: Actor) -> Self:
        """One's own side's words, and those for both sides on an offer of one's own or a referral one sent."""
        mine = Q(organization__in=actor.casework)
        to_me = Q(audience=Audience.BOTH) & (
            Q(referral__sender__in=actor.casework)
            | Q(offer__organization__in=actor.casework)
            | Q(offer__isnull=True, referral__in=Referral.objects.worked_on_by(actor).values("pk"))
        )
        return self.filter(mine | to_me)


class Message(models.Model):
    """What was said with a move, or between the sides: its words are sealed, its code and day are not."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="messages")
    offer = models.ForeignKey(Offer, null=True, blank=True, on_delete=models.CASCADE, related_name="messages")
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+", help_text="The referral's; names the key.")
    organization = models.ForeignKey("partners.Organization", null=True, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey("accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    verb = models.CharField(max_length=20, help_text="The move it came with.")
    reason = models.ForeignKey("referrals.ReasonCode", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    on = models.DateField(null=True, blank=True, help_text="A date said with the move: expected, review, appointment.")
    text = SealedField()
    audience = models.CharField(max_length=5, choices=Audience.choices, default=Audience.BOTH)
    at = models.DateTimeField()

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [CheckConstraint(name="message_audience_known", condition=one_of("audience", Audience))]
        # The timeline, in order.
        indexes = [Index(name="message_of_referral", fields=["referral", "at"])]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def sealed_by(self) -> uuid.UUID:
        return self.person_id


class Help(models.TextChoices):
    """Whether the person got what was asked for."""

    GOT_HELP = "got-help"
    PARTLY = "partly"


class OutcomeQuerySet(models.QuerySet["Outcome"]):
    """Reads of outcomes."""

    def to_ask_again(self, days: int, at: datetime) -> Self:
        """Outcomes of so many days ago, of people who want to be asked and still agree, that nobody was told to ask about.

        What a clock that stood still for a month has missed is missed.
        """
        from .outcomes import FollowUp

        begins = at - timedelta(days=days)
        agreed = Q(referral__consent__isnull=True) | Q(referral__consent__withdrawn_at__isnull=True, referral__consent__until__gt=at)
        rows = self.filter(may_ask_again=True, superseded_at__isnull=True, at__lte=begins, at__gt=begins - FOLLOW_UP_WAITS)
        rows = rows.filter(agreed, referral__status=Status.COMPLETED, referral__person__erased_at__isnull=True)
        return rows.filter(~Exists(FollowUp.objects.filter(outcome=OuterRef("pk"), days=days)))


class Outcome(models.Model):
    """How a completed referral ended; a reopened one gets a new row and keeps the old."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="outcomes")
    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="outcomes")
    organization = models.ForeignKey("partners.Organization", on_delete=models.PROTECT, related_name="+")
    help = models.CharField(max_length=10, choices=Help.choices)
    at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)
    may_ask_again = models.BooleanField(null=True, help_text="Whether the person wants to be asked how it is going; empty: nobody said.")

    objects = OutcomeQuerySet.as_manager()

    class Meta:
        constraints = [
            CheckConstraint(name="outcome_help_known", condition=one_of("help", Help)),
            UniqueConstraint(fields=["referral"], condition=Q(superseded_at__isnull=True), name="outcome_one_stands"),
        ]
        # Follow-ups that are still to come.
        indexes = [Index(name="outcome_to_ask_again", fields=["at"], condition=Q(may_ask_again=True, superseded_at__isnull=True))]

    def __str__(self) -> str:
        return str(self.pk)
