"""What a CSV says of areas: people, need and supply. Headings become figures by a table, which names the source and years of each."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from network.partners.models.areas import LARGEST

from .found import Bad, Unreadable
from .tables import rows_of

COLUMNS = Path(__file__).with_name("area_columns.csv")
TEXTS = {"code": 40, "name": 200, "region": 80}  # and the longest of each
CENTRE = {"latitude": 90.0, "longitude": 180.0}
PARTS = ("value", "low", "high")
MOST_PEOPLE = 2_147_483_647
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Column:
    """What a heading becomes: a column of Area, or a part of a figure."""

    becomes: str
    part: str
    label: str
    unit: str
    source: str
    years: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its range, if it has one."""

    value: float
    low: float | None
    high: float | None
    source: str
    years: str


@dataclass(slots=True)
class Said:
    """One row: an area as the CSV describes it."""

    line: int
    code: str
    name: str
    region: str
    latitude: float | None = None
    longitude: float | None = None
    population: int | None = None
    figures: dict[str, Figure] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)


@cache
def figures_known() -> dict[str, Column]:
    """Every figure that an area can have, by its code: its words and its unit."""
    return {column.becomes: column for column in _read(COLUMNS).values() if column.part == "value"}


def columns_of(path: Path = COLUMNS) -> dict[str, Column]:
    """The table of headings. Another source brings its own; its figures are those that are known here. Raises Unreadable."""
    try:
        columns = _read(path)
    except (KeyError, TypeError, UnicodeDecodeError, csv.Error):
        raise Unreadable("The table of columns needs the headings heading, becomes, part, source and years.") from None
    for heading, column in columns.items():
        if column.becomes not in {*TEXTS, *CENTRE, *figures_known()}:
            raise Unreadable(f"{heading!r} becomes {column.becomes!r}, which is no figure. Known: {', '.join(sorted(figures_known()))}.")
        if column.part not in {"", *PARTS} or (column.part == "") != (column.becomes in {*TEXTS, *CENTRE}):
            raise Unreadable(f"{heading!r} must be the value, low or high of a figure.")
        if column.part == "value" and not (column.source and column.years):
            raise Unreadable(f"{heading!r} needs its source and years.")
    return columns


def _read(path: Path) -> dict[str, Column]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return {
            row["heading"].strip(): Column(
                row["becomes"].strip(), row["part"].strip(), (row.get("label") or "").strip(), (row.get("unit") or "").strip(),
                row["source"].strip(), row["years"].strip(),
            )
            for row in csv.DictReader(lines)
        }  # fmt: skip


class _Wrong(ValueError):  # noqa: N818 - as a refusal
    """A row that does not fit; its text says why."""


def read_needs(path: Path, columns: dict[str, Column]) -> Iterator[Said | Bad]:
    """Rows of the file, one at a time, each as what it says of its area or what is wrong with it. Raises Unreadable."""
    _check_headings(path, columns)
    for found in rows_of(path):
        if isinstance(found, Bad):
            yield found
            continue
        line, row = found
        try:
            yield _said(line, row, columns)
        except _Wrong as wrong:
            yield Bad(line, str(wrong), path.name, subject=_code(row, columns))


def _check_headings(path: Path, columns: dict[str, Column]) -> None:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            headings = next(csv.reader(lines), [])
    except (UnicodeDecodeError, csv.Error):
        raise Unreadable("The first line of the needs is no line of a CSV in UTF-8.", 1, about_shapes=False) from None
    twice = [heading for heading, count in Counter(headings).items() if count > 1]
    if twice:
        raise Unreadable(f"Two columns of the needs are headed {twice[0]!r}.", 1, about_shapes=False)
    there = {columns[heading].becomes for heading in headings if heading in columns}
    if not {"code", "population"} <= there:
        known = [heading for heading, column in columns.items() if column.becomes in {"code", "population"}]
        raise Unreadable(f"This is no table of areas: it needs the columns {' and '.join(known)}.", 1, about_shapes=False)


def _code(row: dict[str, str], columns: dict[str, Column]) -> str:
    return next((row[heading].strip() for heading in row if heading in columns and columns[heading].becomes == "code"), "")


def _said(line: int, row: dict[str, str], columns: dict[str, Column]) -> Said:
    texts = dict.fromkeys(TEXTS, "")
    centre: dict[str, float | None] = dict.fromkeys(CENTRE)
    parts: dict[str, dict[str, float | None]] = {}
    extra: dict[str, str] = {}
    for heading, given in row.items():
        text, column = given.strip(), columns.get(heading)
        if "\x00" in given:
            raise _Wrong(f"{heading} holds a byte that is no text.")
        if column is None:
            if text:
                extra[heading] = given
        elif column.becomes in TEXTS:
            texts[column.becomes] = _text(heading, text, TEXTS[column.becomes])
        elif column.becomes in CENTRE:
            centre[column.becomes] = _angle(heading, text, CENTRE[column.becomes])
        else:
            parts.setdefault(column.becomes, {})[column.part] = _amount(heading, text, figures_known()[column.becomes].unit)
    if not texts["code"]:
        raise _Wrong("It has no code, so no shape can be found for it.")
    if (centre["latitude"] is None) != (centre["longitude"] is None):
        raise _Wrong("It has half a centre: latitude and longitude belong together.")
    figures = _figures(parts, columns)
    return Said(line, **texts, **centre, population=_people(figures), figures=figures, extra=extra)  # type: ignore[arg-type]


def _text(heading: str, text: str, longest: int) -> str:
    if len(text) > longest or not text.isprintable():
        raise _Wrong(f"{heading} has at most {longest} printable characters.")
    return text


def _number(heading: str, text: str) -> float | None:
    """None where nothing was said, which is never zero."""
    if not text:
        return None
    if not NUMBER.fullmatch(text):
        raise _Wrong(f"{heading} is no number: {text[:40]!r}.")
    return float(text)


def _angle(heading: str, text: str, most: float) -> float | None:
    number = _number(heading, text)
    if number is not None and abs(number) > most:
        raise _Wrong(f"{heading} is not on Earth: {text[:40]}.")
    return number


def _amount(heading: str, text: str, unit: str) -> float | None:
    number = _number(heading, text)
    if number is None:
        return None
    if number < 0:
        raise _Wrong(f"{heading} is negative: {text[:40]}. Leave a figure that is not known empty.")
    if number > (100 if unit.startswith("percent") else LARGEST):
        raise _Wrong(f"{heading} is too large{' for a percentage' if unit.startswith('percent') else ''}: {text[:40]}.")
    return number


def _figures(parts: dict[str, dict[str, float | None]], columns: dict[str, Column]) -> dict[str, Figure]:
    sources = {column.becomes: column for column in columns.values() if column.part == "value"}
    figures = {}
    for code, given in parts.items():
        value, low, high = (given.get(part) for part in PARTS)
        if value is None and low is None and high is None:
            continue
        if value is None or (low is None) != (high is None):
            raise _Wrong(f"{code} lacks its value or one end of its range.")
        if low is not None and high is not None and not low <= value <= high:
            raise _Wrong(f"{code} {value:g} is not within its own range, {low:g} to {high:g}.")
        figures[code] = Figure(value, low, high, sources[code].source, sources[code].years)
    return figures


def _people(figures: dict[str, Figure]) -> int | None:
    found = figures.get("population")
    if found is None:
        return None
    if found.value != int(found.value) or found.value > MOST_PEOPLE:
        raise _Wrong(f"population is no number of people: {found.value:g}.")
    return int(found.value)
