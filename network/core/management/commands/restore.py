"""Restore a backup into an empty database, check its log, and begin a new epoch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from network.core.backups import CannotBackUp, restore
from network.core.models import Event, Head


class Command(BaseCommand):
    help = __doc__ or ""
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="what `backup` wrote")
        parser.add_argument("--heads", type=Path, help="heads that publish_heads kept: tells what the backup does not hold yet")

    def handle(self, *args: Any, **options: Any) -> None:
        heads = options["heads"]
        kept = [json.loads(line) for line in heads.read_text().splitlines() if line] if heads else []
        try:
            flaws = restore(options["folder"], kept)
        except CannotBackUp as reason:
            raise CommandError(str(reason)) from None
        for flaw in flaws:
            self.stdout.write(f"organization {flaw.organization} number {flaw.seq}: {flaw.what}")
        self.stdout.write(f"{Head.objects.count()} organisations, {Event.objects.count()} events. Cursors from before lead nowhere now.")
        if flaws:
            raise CommandError("The log does not hold, or events are missing since the backup. Look before you open.")
