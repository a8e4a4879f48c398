"""The taxonomy: needs, kinds of service, languages, populations and access terms."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import UniqueConstraint

from .origin import random_number


class TaxonomyTerm(models.Model):
    """One term of one scheme; a term is retired, never reused."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.BigIntegerField(unique=True, default=random_number, editable=False)
    scheme = models.SlugField(max_length=40, help_text="need, language, population, access, payment …")
    code = models.SlugField(max_length=80)
    label = models.CharField(max_length=200)
    domain = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=10, blank=True, help_text="need, service or both, for the scheme `need`.")
    attributes = models.JSONField(
        default=dict, blank=True, help_text="Codes of other systems: hl7_service_type, gravity_category, icd10cm."
    )
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [UniqueConstraint(fields=["scheme", "code"], name="term_once_in_its_scheme")]

    def __str__(self) -> str:
        return self.label
