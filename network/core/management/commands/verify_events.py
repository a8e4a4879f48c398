"""Check every sequence: numbers, links, digests, heads, and heads that were published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from network.core.events import verify
from network.core.models import Event


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", type=UUID, help="only this organisation's sequence")
        parser.add_argument("--heads", type=Path, help="a file that publish_heads wrote")

    def handle(self, *args: Any, **options: Any) -> None:
        heads = options["heads"]
        kept = [json.loads(line) for line in heads.read_text().splitlines() if line] if heads else []
        flaws = verify([options["organization"]] if options["organization"] else None, kept)
        for flaw in flaws:
            self.stdout.write(f"organization {flaw.organization} number {flaw.seq}: {flaw.what}")
        if flaws:
            raise CommandError("The log does not hold.")
        self.stdout.write(f"The log holds: {Event.objects.count()} events.")
