"""Who answers a crisis in an organisation, and the alarms that rang: an alarm ends with the referral's answer, never by silence."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, Exists, F, Index, OuterRef, Q, UniqueConstraint

from network.accounts.models import Membership
from network.core.actor import CASEWORK, Actor
from network.core.constraints import all_or_none, iff

from ..alarming import DRILL_LASTS, STEP_MINUTES
from .offers import Offer
from .referrals import Referral


class CrisisPlan(models.Model):
    """How an organisation answers a crisis; one without a row has the defaults, and nobody named."""

    organization = models.OneToOneField("partners.Organization", primary_key=True, on_delete=models.CASCADE, related_name="+")
    step_minutes = models.PositiveSmallIntegerField(
        default=STEP_MINUTES, help_text="How long each responder has to acknowledge before the next is alerted."
    )
    protocol = models.TextField(blank=True, max_length=4000, help_text="What staff do first; shown where a crisis is chosen.")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [CheckConstraint(name="crisis_plan_steps_in_minutes", condition=Q(step_minutes__gte=1, step_minutes__lte=60))]

    def __str__(self) -> str:
        return str(self.pk)


class Responder(models.Model):
    """A member named to answer a crisis, and their place in the chain."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("partners.Organization", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            UniqueConstraint(name="responder_named_once", fields=["organization", "user"]),
            UniqueConstraint(name="responder_place_once", fields=["organization", "position"]),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class WatchQuerySet(models.QuerySet["Watch"]):
    """Reads of the rota."""

    def visible_to(self, actor: Actor) -> Self:
        """The rota of one's own organisations."""
        return self.filter(organization__in=actor.casework)

    def at(self, moment: datetime) -> Self:
        """Those on call at a moment, the one who began last first: a later entry is meant to stand in for an earlier one."""
        return self.filter(begins_at__lte=moment, ends_at__gt=moment).order_by("-begins_at", "id")


class Watch(models.Model):
    """A stretch of the rota in which one member is on call."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("partners.Organization", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    objects = WatchQuerySet.as_manager()

    class Meta:
        constraints = [
            CheckConstraint(name="watch_ends_after_it_begins", condition=Q(ends_at__gt=F("begins_at"))),
            UniqueConstraint(name="watch_once", fields=["organization", "user", "begins_at"]),
        ]
        # Who is on call now, and what lies ahead.
        indexes = [Index(name="watch_by_end", fields=["organization", "ends_at"])]

    def __str__(self) -> str:
        return str(self.pk)


class AlarmQuerySet(models.QuerySet["Alarm"]):
    """Reads of alarms."""

    def visible_to(self, actor: Actor) -> Self:
        """Alarms of the organisations whose referrals the actor works on."""
        return self.filter(organization__in=actor.casework)

    def open(self) -> Self:
        """Those whose referral still waits for an answer, acknowledged or not, and drills that run."""
        return self.filter(ended_at__isnull=True)

    def ringing(self) -> Self:
        """Those that nobody has acknowledged."""
        return self.filter(step_at__isnull=False)

    def due(self, at: datetime) -> Self:
        """Those whose present responder had their time."""
        return self.filter(step_at__lte=at)

    def left_alone(self) -> Self:
        """Those whose responsible member works there no more."""
        roles = [role.value for role in CASEWORK]
        there = Membership.objects.active().filter(user=OuterRef("responsible"), organization=OuterRef("organization"), role__in=roles)
        return self.open().filter(Q(responsible__isnull=False) & ~Exists(there))

    def drills_over(self, at: datetime) -> Self:
        return self.open().filter(is_drill=True, raised_at__lte=at - DRILL_LASTS)

    def unanswered(self) -> Self:
        """For coordinators: crises whose whole chain was alerted and did not answer, or that have nobody to alert. Never a drill."""
        return self.ringing().filter(Q(round__gt=1) | Q(alerted__isnull=True), is_drill=False)


class Alarm(models.Model):
    """An organisation is told to answer a crisis now: its responders one after the other, until somebody acknowledges.

    An acknowledgement stops the ringing, not the referral. A drill goes the same way without a referral.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("partners.Organization", on_delete=models.PROTECT, related_name="+")
    referral = models.ForeignKey(Referral, null=True, on_delete=models.CASCADE, related_name="alarms")
    offer = models.ForeignKey(
        Offer, null=True, on_delete=models.CASCADE, related_name="alarms", help_text="The late one; empty: alarmed as its sender."
    )
    is_drill = models.BooleanField(default=False)
    raised_at = models.DateTimeField()
    round = models.PositiveIntegerField(default=1, help_text="How often the chain was begun.")
    alerted = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.PROTECT, related_name="+", help_text="Who was alerted last; empty: nobody is there."
    )
    step_at = models.DateTimeField(null=True, help_text="When the next is alerted; empty once it rings no more.")
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    responsible = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    responsible_since = models.DateTimeField(null=True)
    handing_to = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.PROTECT, related_name="+", help_text="Asked to take over and has not confirmed."
    )
    handing_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects = AlarmQuerySet.as_manager()

    class Meta:
        constraints = [
            CheckConstraint(name="alarm_of_a_referral_or_a_drill", condition=iff(Q(is_drill=True), Q(referral__isnull=True))),
            CheckConstraint(name="alarm_of_an_offer_has_its_referral", condition=Q(offer__isnull=True) | Q(referral__isnull=False)),
            CheckConstraint(name="alarm_acknowledged_all_or_none", condition=all_or_none("acknowledged_at", "acknowledged_by")),
            CheckConstraint(
                name="alarm_has_somebody_responsible_iff_acknowledged",
                condition=all_or_none("acknowledged_at", "responsible", "responsible_since"),
            ),
            CheckConstraint(
                name="alarm_handed_over_by_somebody_to_somebody_else",
                condition=all_or_none("handing_to", "handing_at")
                & (
                    Q(handing_to__isnull=True) | (Q(acknowledged_at__isnull=False, ended_at__isnull=True) & ~Q(handing_to=F("responsible")))
                ),
            ),
            CheckConstraint(
                name="alarm_rings_until_acknowledged_or_ended",
                condition=iff(Q(step_at__isnull=False), Q(acknowledged_at__isnull=True, ended_at__isnull=True)),
            ),
            CheckConstraint(name="alarm_round_counted", condition=Q(round__gte=1)),
            CheckConstraint(name="alarm_ends_after_it_was_raised", condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("raised_at"))),
            UniqueConstraint(name="alarm_of_an_offer_once", fields=["offer"], condition=Q(ended_at__isnull=True, offer__isnull=False)),
            UniqueConstraint(
                name="alarm_of_a_sender_once",
                fields=["referral"],
                condition=Q(ended_at__isnull=True, offer__isnull=True, referral__isnull=False),
            ),
            UniqueConstraint(name="alarm_drill_one_at_a_time", fields=["organization"], condition=Q(ended_at__isnull=True, is_drill=True)),
        ]
        indexes = [
            # The clock of the chain.
            Index(name="alarm_due", fields=["step_at"], condition=Q(step_at__isnull=False)),
            # The crisis lane, and the bar of every page.
            Index(name="alarm_open", fields=["organization", "raised_at"], condition=Q(ended_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_ringing(self) -> bool:
        return self.step_at is not None


class Alert(models.Model):
    """A responder who was alerted by an alarm, in one round of its chain."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    alarm = models.ForeignKey(Alarm, on_delete=models.CASCADE, related_name="alerts")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    round = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [UniqueConstraint(name="alert_once_a_round", fields=["alarm", "round", "user"])]
        # Whom an alarm calls by the bar of every page.
        indexes = [Index(name="alert_of_user", fields=["user", "alarm"])]

    def __str__(self) -> str:
        return str(self.pk)
