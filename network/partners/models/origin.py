"""Where a directory row came from, so that a second import finds it again and changes only what changed."""

from __future__ import annotations

import secrets
import uuid

from django.db import models
from django.db.models import Q, UniqueConstraint


def random_number() -> int:
    """A 52-bit integer for arrays and counters: it fits a float64 exactly and tells nothing of order or count."""
    return secrets.randbits(52)


class Sourced(models.Model):
    """A row of the directory: its id, its origin, what it said that we have no column for."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.CharField(max_length=80, blank=True, help_text="Name of the feed; empty for rows made here.")
    external_id = models.CharField(max_length=200, blank=True)
    fingerprint = models.BinaryField(max_length=16, null=True, help_text="Digest of the imported row: equal means nothing to write.")
    extra = models.JSONField(default=dict, blank=True, help_text="Fields of the source that have no column here, given back on export.")

    class Meta:
        abstract = True
        constraints = [
            UniqueConstraint(fields=["source", "external_id"], condition=~Q(source=""), name="%(class)s_once_per_source"),
        ]
