"""The coded reasons a verb can be given, and the needs that nobody could be found for."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from .referrals import Referral


class ReasonCodeQuerySet(models.QuerySet["ReasonCode"]):
    """Reads of reasons."""

    def choosable(self, verb: str, at: datetime) -> Self:
        """Reasons for `verb` that may be chosen on that day; an old code stays readable."""
        day = at.date()
        return self.filter(Q(effective_to__isnull=True) | Q(effective_to__gte=day), verb=verb, effective_from__lte=day)


class ReasonCode(models.Model):
    """A coded reason for a verb, valid from a day until a day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.SlugField(max_length=60)
    verb = models.CharField(max_length=20)
    label = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField(default=0)
    comment_required = models.BooleanField(default=False)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True, blank=True)

    objects = ReasonCodeQuerySet.as_manager()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["verb", "code"], name="reason_once_a_verb"),
            CheckConstraint(
                name="reason_valid_in_order",
                condition=Q(effective_to__isnull=True) | Q(effective_to__gte=F("effective_from")),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class RecordedGap(models.Model):
    """A need that nobody could be found for, kept for the gap analysis."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.OneToOneField(Referral, null=True, on_delete=models.SET_NULL, related_name="gap")
    organization = models.ForeignKey("partners.Organization", on_delete=models.PROTECT, related_name="+")
    need = models.ForeignKey("partners.TaxonomyTerm", on_delete=models.PROTECT, related_name="+")
    place = models.ForeignKey("partners.Place", null=True, on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(
        "partners.TaxonomyTerm", null=True, on_delete=models.PROTECT, to_field="number", related_name="+", db_index=False,
        help_text="Of a search without result: the language searched for, else `und`.",
    )  # fmt: skip
    reason = models.ForeignKey(ReasonCode, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [Index(name="recorded_gap_by_need", fields=["need", "place"])]

    def __str__(self) -> str:
        return str(self.pk)
