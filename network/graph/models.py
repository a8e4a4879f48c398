"""Reports that were computed: derived, can be dropped and made again."""

from __future__ import annotations

import uuid
from typing import Any, Self

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint

from network.core.actor import Actor
from network.core.constraints import iff, one_of


class State(models.TextChoices):
    """How far a report has come."""

    WANTED = "wanted"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


class GapReportQuerySet(models.QuerySet["GapReport"]):
    """Reads of reports."""

    def visible_to(self, actor: Actor) -> Self:
        """Coordinators; others read the public part of the newest one through `reading.py`."""
        return self.all() if actor.coordinates else self.none()

    def newest(self, settings: str) -> GapReport | None:
        """The last one that is complete, for these settings."""
        return self.filter(settings_key=settings, state=State.READY).order_by("-ready_at").first()


class GapReport(models.Model):
    """The gaps of one revision under one set of settings."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    settings_key = models.CharField(max_length=32, help_text="Digest of the settings; the standard ones have a fixed name.")
    settings = models.JSONField(default=dict, help_text="What differs from the standard settings.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WANTED)
    revision = models.BigIntegerField(null=True, help_text="Of the facts it was computed from.")
    wanted_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=40, blank=True, help_text="deadline, memory or error: never words of an exception.")
    body = models.JSONField(null=True, help_text="Rows, figures by area, totals and indicators; ids only, no names.")

    objects = GapReportQuerySet.as_manager()

    class Meta:
        constraints = [
            CheckConstraint(name="gap_report_state_known", condition=one_of("state", State)),
            CheckConstraint(
                name="gap_report_ready_is_whole",
                condition=iff(Q(state=State.READY), Q(ready_at__isnull=False))
                & (~Q(state=State.READY) | Q(body__isnull=False, revision__isnull=False)),
            ),
            # At most one runs and one waits: a change that comes meanwhile is in the one that waits.
            UniqueConstraint(fields=["settings_key"], condition=Q(state=State.WANTED), name="gap_report_one_waits"),
            UniqueConstraint(fields=["settings_key"], condition=Q(state=State.RUNNING), name="gap_report_one_runs"),
        ]
        # The newest complete one.
        indexes = [Index(name="gap_report_newest", fields=["settings_key", "state", "-ready_at"])]

    def __str__(self) -> str:
        return f"{self.state} {self.revision}"

    @property
    def content(self) -> dict[str, Any]:
        """The body of a report that is ready."""
        if self.body is None:
            raise AssertionError("a report that is ready has its body")
        return dict(self.body)
