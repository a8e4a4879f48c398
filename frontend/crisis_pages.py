"""The crisis page as files, one for each region and language: written ahead, served without database, session or sign-in.

A page is kept in pieces with the hours of its lines beside them, so that serving it can put open lines first and say when a closed
one opens. Beside it lies the same page whole, for a proxy whose application is down.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from threading import get_ident
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.translation import gettext as _

from frontend.words import when
from network.core.clock import now
from network.partners.models import CrisisLine
from network.partners.rules import OpeningHours, weekly_of


@dataclass(frozen=True, slots=True)
class Line:
    """One line as HTML without its end, and when it is open; no hours: around the clock, or not known."""

    html: str
    weekly: list[dict[str, str]]
    time_zone: str

    def hours(self) -> OpeningHours | None:
        return OpeningHours(self.time_zone, weekly_of(self.weekly)) if self.weekly else None


@dataclass(frozen=True, slots=True)
class Page:
    """The pieces of a page, in the order in which they stand."""

    region: str
    language: str
    before: str
    choice: str  # of regions: above the lines while nobody has chosen, else below
    lines: list[Line]
    after: str
    staff: str  # for whoever may be signed in
    end: str


def folder() -> Path:
    return Path(settings.VAR_DIR) / "crisis"


def write(region: str, lines: Sequence[CrisisLine]) -> None:
    """Write the page of a region in every language; what has not changed is left alone."""
    folder().mkdir(parents=True, exist_ok=True)
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            page = drawn(region, language, lines, now())
        _replace(path_of(region, language), json.dumps(asdict(page), ensure_ascii=False))
        _replace(path_of(region, language, "html"), whole(page))


def drawn(region: str, language: str, lines: Sequence[CrisisLine], at: datetime) -> Page:
    """The pieces in the language that is active."""
    context = {"region": region, "lines": lines, "names": names_of(), "on": timezone.localtime(at).date()}

    def piece(name: str, **more: Any) -> str:
        return render_to_string(f"frontend/crisis/{name}.html", context | more).strip()

    shown = [Line(piece("_line", line=line), *_hours_of(line)) for line in lines]
    choice = piece("_choice") if len(settings.REGIONS) > 1 else ""
    return Page(region, language, piece("_before"), choice, shown, piece("_after"), piece("_staff"), piece("_end"))


def _hours_of(line: CrisisLine) -> tuple[list[dict[str, str]], str]:
    """Its hours, unless they cannot be read: a number is shown all the same."""
    try:
        line.clean()
    except ValidationError:
        return [], "UTC"
    return line.weekly, line.time_zone


def names_of() -> list[tuple[str, str]]:
    """Regions with the names that people know them by."""
    return [(code, settings.REGION_NAMES.get(code) or code) for code in settings.REGIONS]


def path_of(region: str, language: str, kind: str = "json") -> Path:
    return folder() / f"{region}.{language}.{kind}"


def _replace(path: Path, text: str) -> None:
    """Whole or not at all: a reader never finds half a page."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    beside = path.with_suffix(f".{os.getpid()}.{get_ident()}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def read(region: str, language: str) -> Page | None:
    """The page as it was written last; in the installation's language where this one is missing; None where neither is there."""
    for found in (language, settings.LANGUAGE_CODE):
        try:
            kept = json.loads(path_of(region, found).read_text(encoding="utf-8"))
            return Page(**{**kept, "lines": [Line(**line) for line in kept["lines"]]})
        except (OSError, ValueError, TypeError, KeyError):
            continue
    return None


def whole(page: Page, at: datetime | None = None, *, is_chosen: bool = True, for_staff: bool = False) -> str:
    """The page in one piece; with a moment, open lines come first and closed ones say when they open."""
    shown = [(line, line.hours()) for line in page.lines]
    if at is not None:
        moment = at
        shown.sort(key=lambda pair: _place(pair[1], moment))
    lines = "".join(f"{line.html}{_state(hours, at)}</li>" for line, hours in shown)
    listed = f'<ul class="row_list">{lines}</ul>' if lines else ""
    above, below = ("", page.choice) if is_chosen else (page.choice, "")
    return "".join([page.before, above, listed, below, page.after, page.staff if for_staff else "", page.end])


def _place(hours: OpeningHours | None, at: datetime) -> tuple[int, datetime]:
    """Open lines first, in the order given; then those that open soonest."""
    if not _is_closed(hours, at):
        return 0, at
    opens = _opens(hours, at)
    return (1, opens) if opens else (2, at)


def _is_closed(hours: OpeningHours | None, at: datetime) -> bool:
    return hours is not None and not hours.is_open(at)


def _opens(hours: OpeningHours | None, at: datetime) -> datetime | None:
    return hours.opens_after(at) if hours is not None else None


def _state(hours: OpeningHours | None, at: datetime | None) -> str:
    """`Open now`, or when it opens, in the time of the line."""
    if hours is None or at is None:
        return ""
    if not _is_closed(hours, at):
        return format_html("<p><strong>{}</strong></p>", _("Open now"))
    with timezone.override(ZoneInfo(hours.time_zone)):
        opens = _opens(hours, at)
        words = _("Closed now. Opens %(at)s.") % {"at": when(opens, at)} if opens else _("Closed now.")
    return format_html("<p><strong>{}</strong></p>", words)
