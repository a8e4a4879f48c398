"""Import areas: their shapes from GeoJSON or TopoJSON, their people, need and supply from a CSV. A second run changes nothing."""

from __future__ import annotations

import re
import time
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from network.partners.imports.areas import AreaRun, import_areas
from network.partners.imports.found import Unreadable
from network.partners.imports.needs import COLUMNS

SHOWN = 50
NAMED = 8


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("geo", type=Path, help="a GeoJSON FeatureCollection, or TopoJSON; longitude and latitude, WGS 84")
        parser.add_argument("--needs", type=Path, required=True, help="a CSV with one area a row, found by the code of its shape")
        parser.add_argument("--object", default="", help="of TopoJSON with several objects, the one to read, as counties")
        parser.add_argument("--columns", type=Path, default=COLUMNS, help="a table of headings in place of the network's own")
        parser.add_argument("--source", default="areas", help="name of the feed")
        parser.add_argument("--dry-run", action="store_true", help="read, check and compare both files, and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if not re.fullmatch(r"[\w .-]{1,80}", options["source"]):
            raise CommandError("--source is a name of at most 80 letters, digits, blanks, dots and dashes.")
        for name in ("geo", "needs", "columns"):
            if not options[name].is_file():
                raise CommandError(f"There is no file for {name} at this path.")
        begun = time.monotonic()
        try:
            done = import_areas(
                source=options["source"], geo=options["geo"], needs=options["needs"], object_name=options["object"],
                columns=options["columns"], is_rehearsal=options["dry_run"],
            )  # fmt: skip
        except Unreadable as reason:
            raise CommandError(str(reason)) from None
        self._tell(done)
        counts = done.counts
        self.stdout.write(
            f"{counts.rows} read, {counts.inserted} inserted, {counts.updated} updated, {counts.unchanged} unchanged, "
            f"{counts.failed} failed in {time.monotonic() - begun:.1f} s{'; nothing was written' if options['dry_run'] else ''}"
        )

    def _tell(self, done: AreaRun) -> None:
        """What went wrong first; then what is missing on either side, in one line each."""
        single = [found for found in done.problems if not found.is_hint or "mended" in found.reason or "left out" in found.reason]
        for found in islice(sorted(single, key=lambda found: found.is_hint), SHOWN):
            self.stdout.write(f"  {found.file} line {found.line}: {'hint: ' if found.is_hint else ''}{found.reason}")
        if len(single) > SHOWN:
            self.stdout.write("  … the rest is in the table of import problems")
        for codes, words in ((done.without_row, "shapes have no row and are kept out"), (done.without_shape, "rows have no shape")):
            if codes:
                named = ", ".join(codes[:NAMED]) + (" …" if len(codes) > NAMED else "")
                self.stdout.write(f"  hint: {len(codes)} {words}: {named}")
