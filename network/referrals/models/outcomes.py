"""What a person hoped for, what came of each hope, and how they were weeks after."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from network.core.actor import Actor
from network.core.constraints import iff, one_of

from .case import Outcome
from .referrals import Referral

MOST_DESIRED = 5


class OutcomeCodeQuerySet(models.QuerySet["OutcomeCode"]):
    """Reads of codes."""

    def choosable(self, at: datetime) -> Self:
        """Codes that may be chosen on that day; an old one stays readable."""
        day = at.date()
        return self.filter(Q(effective_to__isnull=True) | Q(effective_to__gte=day), effective_from__lte=day)

    def for_domain(self, domain: str) -> Self:
        """Those of a domain of needs, then those of every need."""
        return self.filter(domain__in=[domain, ""]).order_by(F("domain").desc(), "position")


class OutcomeCode(models.Model):
    """Something that a person may hope for, valid from a day until a day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.SlugField(max_length=60, unique=True)
    label = models.CharField(max_length=200)
    domain = models.CharField(max_length=80, blank=True, help_text="Domain of needs it belongs to; empty: it fits every need.")
    position = models.PositiveSmallIntegerField(default=0)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True, blank=True)

    objects = OutcomeCodeQuerySet.as_manager()

    class Meta:
        constraints = [
            CheckConstraint(
                name="outcome_code_valid_in_order",
                condition=Q(effective_to__isnull=True) | Q(effective_to__gte=F("effective_from")),
            ),
        ]

    def __str__(self) -> str:
        return self.label


class DesiredOutcome(models.Model):
    """One hope of a referral, chosen before it was sent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="desired_outcomes")
    code = models.ForeignKey(OutcomeCode, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["referral", "code"], name="desired_once"),
            # Places 0 to 4, each taken once: five at most.
            UniqueConstraint(fields=["referral", "position"], name="desired_place_once"),
            CheckConstraint(name="desired_five_at_most", condition=Q(position__lt=MOST_DESIRED)),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Reached(models.TextChoices):
    """What came of one hope."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"
    NOT_KNOWN = "not-known"


class ReachedOutcome(models.Model):
    """What came of one hope, said with an outcome; a reopened referral keeps the old answers with the old outcome."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    outcome = models.ForeignKey(Outcome, on_delete=models.CASCADE, related_name="reached")
    code = models.ForeignKey(OutcomeCode, on_delete=models.PROTECT, related_name="+")
    answer = models.CharField(max_length=10, choices=Reached.choices)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["outcome", "code"], name="reached_once"),
            CheckConstraint(name="reached_answer_known", condition=one_of("answer", Reached)),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Wellbeing(models.TextChoices):
    """What a person said when they were asked how it is going."""

    STILL_HELPED = "still-helped"
    PARTLY = "partly"
    NO = "no"
    NOT_REACHED = "not-reached"
    DOES_NOT_WANT = "does-not-want"


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    """Reads of follow-ups."""

    def visible_to(self, actor: Actor) -> Self:
        """Those that the actor's organisations have to ask, and those of referrals that they sent."""
        return self.filter(Q(organization__in=actor.casework) | Q(referral__sender__in=actor.casework))

    def unanswered(self) -> Self:
        """Neither answered nor over. By columns of the row alone, so that of two writes at once the second finds it done."""
        return self.filter(answered_at__isnull=True, ended_at__isnull=True)

    def waiting(self) -> Self:
        """Unanswered, of people whose record was not erased."""
        return self.unanswered().filter(referral__person__erased_at__isnull=True)

    def lapsed(self, before: datetime) -> Self:
        """Due for so long that an answer would be about another time."""
        return self.unanswered().filter(due_at__lte=before)


class FollowUp(models.Model):
    """One question that is due, so many days after an outcome: how is it going?"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    outcome = models.ForeignKey(Outcome, on_delete=models.CASCADE, related_name="follow_ups")
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="follow_ups")
    organization = models.ForeignKey("partners.Organization", on_delete=models.PROTECT, related_name="+", help_text="Who asks.")
    days = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    answer = models.CharField(max_length=15, choices=Wellbeing.choices, blank=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="Over without an answer: too late, reopened, or no longer agreed to.")

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["outcome", "days"], name="follow_up_once"),
            CheckConstraint(name="follow_up_at_30_or_90_days", condition=Q(days__in=[30, 90])),
            CheckConstraint(name="follow_up_answer_known", condition=Q(answer="") | one_of("answer", Wellbeing)),
            CheckConstraint(name="follow_up_answered_iff_answer", condition=iff(~Q(answer=""), Q(answered_at__isnull=False))),
            CheckConstraint(name="follow_up_answered_or_over", condition=Q(answered_at__isnull=True) | Q(ended_at__isnull=True)),
        ]
        indexes = [
            # "Ask how it is going": what an organisation has to ask, the oldest first; and what is over by now.
            Index(
                name="follow_up_waiting",
                fields=["organization", "due_at", "id"],
                condition=Q(answered_at__isnull=True, ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
