"""Write a backup: the data, and apart from it the keys without which nobody can be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from network.core.backups import CannotBackUp, backup


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="an empty folder")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            paths = backup(options["folder"])
        except CannotBackUp as reason:
            raise CommandError(str(reason)) from None
        for path in paths:
            self.stdout.write(f"{path.name}: {path.stat().st_size} bytes")
        self.stdout.write("Keep the keys apart from the data, and no longer than 30 days.")
