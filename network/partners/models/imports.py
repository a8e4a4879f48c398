"""What an import did: counts for the run, a line and a reason for each row that did not land."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Index


class ImportRun(models.Model):
    """One run of a directory import."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.CharField(max_length=80)
    format = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(default=0)
    inserted = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.source} {self.started_at}"


class ImportProblem(models.Model):
    """A row that did not land, or a hint about one that did."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="problems")
    file = models.CharField(max_length=200, blank=True)
    line = models.PositiveIntegerField()
    reason = models.CharField(max_length=500)
    is_hint = models.BooleanField(default=False, help_text="The row landed; the reader may want to look.")

    class Meta:
        indexes = [Index(name="import_problem_by_line", fields=["run", "line"])]

    def __str__(self) -> str:
        return f"{self.line}: {self.reason}"
