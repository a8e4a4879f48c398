"""Import a directory: HSDS JSON, an HSDS CSV data package, or a facility list. A second run changes nothing."""

from __future__ import annotations

import csv
import re
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from network.partners.imports.facilities import read_facilities
from network.partners.imports.found import Bad, Found
from network.partners.imports.hsds import read_json, read_package
from network.partners.imports.writer import import_rows, problems_of

LARGEST = 1 << 30  # bytes that a zip may hold unpacked
SHOWN = 50


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="a .json, .ndjson or .csv file, a folder or a .zip of tables")
        parser.add_argument("--source", required=True, help="name of the feed; a later run under the same name finds its rows again")
        parser.add_argument("--state", default="", help="of a facility list, only this state")

    def handle(self, *args: Any, **options: Any) -> None:
        path, source = options["path"], options["source"]
        if not re.fullmatch(r"[\w .-]{1,80}", source):
            raise CommandError("--source is a name of at most 80 letters, digits, blanks, dots and dashes.")
        if not path.exists():
            raise CommandError("There is nothing at this path.")
        begun = time.monotonic()
        kind = kind_of(path)
        row = import_rows(source, kind, feed_of(path, kind, options["state"]))
        for number, problem in enumerate(problems_of(row)):
            if number == SHOWN:
                self.stdout.write("  … the rest is in the table of import problems")
                break
            self.stdout.write(f"  {problem.file} line {problem.line}: {'hint: ' if problem.is_hint else ''}{problem.reason}")
        self.stdout.write(
            f"{row.rows} read, {row.inserted} inserted, {row.updated} updated, {row.unchanged} unchanged, {row.failed} failed"
            f" in {time.monotonic() - begun:.1f} s"
        )


def kind_of(path: Path) -> str:
    """What the path holds, by its name and its first line."""
    if path.is_dir() or path.suffix == ".zip":
        return "hsds-csv"
    if path.suffix in {".json", ".ndjson"}:
        return "hsds-json"
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as lines:
            if "name1" in next(csv.reader(lines), []):
                return "facilities"
    raise CommandError("This is no format that can be read: HSDS JSON, a folder or zip of HSDS tables, or a facility list.")


def feed_of(path: Path, kind: str, state: str) -> Iterator[list[Found] | Bad]:
    if kind == "facilities":
        yield from read_facilities(path, state)
    elif kind == "hsds-json":
        yield from read_json(path)
    elif path.is_dir():
        yield from read_package(path)
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield from read_package(unpack(path, Path(folder)))


def unpack(path: Path, folder: Path) -> Path:
    """The tables of a zip, by their plain names: nothing is written outside the folder, and no bomb is opened."""
    with zipfile.ZipFile(path) as archive:
        tables = [info for info in archive.infolist() if info.filename.endswith(".csv") and not info.is_dir()]
        if sum(info.file_size for info in tables) > LARGEST:
            raise CommandError("The tables are larger than 1 GB unpacked.")
        for info in tables:
            (folder / Path(info.filename).name).write_bytes(archive.read(info))
    return folder
