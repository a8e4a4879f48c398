"""Compute a report that was asked for, within a limit of memory. The worker starts this in a process of its own."""

from __future__ import annotations

import resource
import sys
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from network.graph import actions
from network.graph.compute import body_of
from network.graph.models import GapReport, State
from network.graph.tasks import OUT_OF_MEMORY


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("report", nargs="?", help="a report that is running; without one, a new one is made here and now")

    def handle(self, *args: Any, **options: Any) -> None:
        # Before the limit: a database that cannot be opened for want of memory calls that an error of the disk.
        report = self._report(options["report"])
        if settings.GRAPH_MEMORY_MB:
            limit = settings.GRAPH_MEMORY_MB * 1024 * 1024
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        try:
            revision, body = body_of(actions.settings_of(report.settings))
            actions.finish(report, body=body, revision=revision)
        except MemoryError:
            sys.exit(OUT_OF_MEMORY)

    def _report(self, text: str | None) -> GapReport:
        if text is None:
            wanted = actions.want(actions.settings_of({}))
            found = actions.begin(wanted.pk)
        else:
            found = GapReport.objects.filter(pk=UUID(text), state=State.RUNNING).first()
        if found is None:
            raise CommandError("This report is not to be computed, or one is being computed now.")
        return found
