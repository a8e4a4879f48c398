"""Rows of a CSV file, one at a time, each with its line; a line that cannot be read is named and the rest is read on."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from .found import Bad

TOO_MANY = "_too_many"


def rows_of(path: Path) -> Iterator[tuple[int, dict[str, str]] | Bad]:
    """Each row with its line number, or what is wrong with the line."""
    with path.open(encoding="utf-8-sig", newline="", errors="strict") as lines:
        reader = csv.DictReader(lines, restkey=TOO_MANY, strict=True)
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Bad(reader.line_num + 1, f"The line cannot be read: {type(error).__name__}.", path.name)
                continue
            except UnicodeDecodeError as error:
                yield Bad(reader.line_num + 1, f"The line cannot be read: {type(error).__name__}. Nor can what follows.", path.name)
                return
            if TOO_MANY in row or None in row.values():
                yield Bad(reader.line_num, "The line has another number of columns than the first.", path.name)
            else:
                yield reader.line_num, row
