"""What partners have agreed: who may refer to whom, how fast an answer comes, and which crisis lines are shown."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from network.core.actor import Actor
from network.core.constraints import one_of

from ..rules import OpeningHours, weekly_of
from .organizations import Organization
from .services import Service


class AgreementQuerySet(models.QuerySet["Agreement"]):
    """Reads of agreements."""

    def visible_to(self, actor: Actor) -> Self:
        """Those of the actor's own organisations; all of them to coordinators."""
        if actor.coordinates:
            return self
        return self.filter(Q(from_organization__in=actor.organizations) | Q(to_organization__in=actor.organizations))

    def in_force(self, on: date) -> Self:
        return self.filter(Q(until__isnull=True) | Q(until__gte=on), since__lte=on)


class Agreement(models.Model):
    """One organisation may refer to another, to one service or to all of them, from a day until a day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    from_organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="agreements_out")
    to_organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="agreements_in")
    service = models.ForeignKey(
        Service,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="agreements",
        help_text="Empty: all services.",
    )
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    conditions = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        constraints = [
            CheckConstraint(name="agreement_between_two", condition=~Q(from_organization=F("to_organization"))),
            CheckConstraint(name="agreement_ends_after_it_began", condition=Q(until__isnull=True) | Q(until__gte=F("since"))),
            UniqueConstraint(
                fields=["from_organization", "to_organization", "service"], condition=Q(until__isnull=True, service__isnull=False),
                name="agreement_open_once_a_service",
            ),
            UniqueConstraint(
                fields=["from_organization", "to_organization"], condition=Q(until__isnull=True, service__isnull=True),
                name="agreement_open_once_for_all_services",
            ),
        ]  # fmt: skip
        indexes = [Index(name="agreement_by_pair", fields=["from_organization", "to_organization"])]

    def __str__(self) -> str:
        return str(self.pk)


class Pace(models.TextChoices):
    """How a time to answer is counted."""

    WORKING_DAYS = "working-days"
    OPEN_HOURS = "open-hours"
    MINUTES = "minutes"


class AnswerTime(models.Model):
    """An organisation's own time to answer for one urgency, in place of the network's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="answer_times")
    urgency = models.CharField(max_length=10)
    amount = models.PositiveSmallIntegerField()
    pace = models.CharField(max_length=15, choices=Pace.choices)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["organization", "urgency"], name="answer_time_once"),
            CheckConstraint(name="answer_time_positive", condition=Q(amount__gte=1)),
            CheckConstraint(name="answer_time_pace_known", condition=one_of("pace", Pace)),
            CheckConstraint(name="answer_time_urgency_known", condition=Q(urgency__in=["routine", "soon", "urgent", "crisis"])),
        ]

    def __str__(self) -> str:
        return f"{self.urgency}: {self.amount} {self.pace}"


class CrisisLine(models.Model):
    """A number that works now; data, never code."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    region = models.CharField(max_length=20, help_text="ISO 3166 code of the country or its part.")
    name = models.CharField(max_length=200)
    phone = models.CharField(max_length=40, blank=True)
    text_number = models.CharField(max_length=40, blank=True)
    text_keyword = models.CharField(max_length=40, blank=True)
    chat_url = models.URLField(max_length=500, blank=True)
    hours = models.CharField(max_length=120, help_text="In words: around the clock, daily 9 to 21.")
    weekly = models.JSONField(
        default=list,
        blank=True,
        help_text='The same for the page, which says when a closed line opens: [{"byday": "MO,TU", "opens_at": "09:00", '
        '"closes_at": "21:00"}]. Empty: around the clock, or not known.',
    )
    time_zone = models.CharField(max_length=64, default="UTC", help_text="IANA name; the hours are meant in it.")
    languages = models.JSONField(default=list, blank=True)
    about = models.CharField(max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["region", "name"], name="crisis_line_once"),
            CheckConstraint(name="crisis_line_can_be_reached", condition=~Q(phone="", text_number="", chat_url="")),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Hours that the page could not read would hide a number from somebody."""
        try:
            OpeningHours(self.time_zone, weekly_of(self.weekly)).is_open(datetime.now(UTC))
        except (ValueError, TypeError, KeyError, OSError) as error:
            raise ValidationError(f"These hours cannot be read: {error}.") from None
