"""Begin a network: the convening organisation, its coordinator's invitation, and the crisis lines of its region."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from network.core.errors import Refusal
from network.partners.joining import start_network


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True, help="name of the convening organisation")
        parser.add_argument("--coordinator", required=True, help="e-mail of the first coordinator")
        parser.add_argument("--crisis-lines", type=Path, required=True, help="JSON list of lines, with region, name, phone, hours …")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.FIELD_KEYS:
            raise CommandError("There is no key yet: start once by `manage.py run --no-demo`, or set FIELD_KEYS as docs/deploy.md says.")
        try:
            lines = json.loads(options["crisis_lines"].read_text())
        except (OSError, ValueError) as error:
            raise CommandError(f"The crisis lines cannot be read: {type(error).__name__}") from None
        if not isinstance(lines, list) or not {line.get("region") for line in lines if isinstance(line, dict)} & set(settings.REGIONS):
            raise CommandError(f"Give at least one crisis line for one of REGIONS: {', '.join(settings.REGIONS)}")
        try:
            started = start_network(name=options["name"], email=options["coordinator"], crisis_lines=lines)
        except Refusal as refusal:
            words = "; ".join(f"{e.pointer}: {e.detail}" for e in refusal.errors) or refusal.detail
            raise CommandError(words) from None
        self.stdout.write(f"{started.organization.name} is ready. This link lets its coordinator in, once:\n{started.link}")
