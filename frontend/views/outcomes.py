"""Did it help, whom less, and is it getting better: a sentence first, then tables, each with its picture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from frontend import plots
from frontend.asking import acting, staff
from network.core.errors import Malformed, NotYours
from network.graph.outcome_counts import By, Named, Picture, Whose, dimensions, may_read, picture
from network.graph.outcome_views import chosen, file_of
from network.graph.outcomes import FIGURES, HELP, IN_TIME, LOOP, REACHED, REROUTED, STILL_30, STILL_90, UNREACHED, Line, Share

WHOSE = {
    Whose.NETWORK: gettext_lazy("The whole network"), Whose.ORGANISATION: gettext_lazy("Our organisation"),
    Whose.OWN: gettext_lazy("What I work on"),
}  # fmt: skip
BY = {
    By.ORGANISATION: gettext_lazy("Organisation"), By.NEED: gettext_lazy("Need"), By.AREA: gettext_lazy("Area"),
    By.LANGUAGE: gettext_lazy("Language"), By.MONTH: gettext_lazy("Month"),
}  # fmt: skip
# Each figure: its name, and what is divided by what.
WORDS = {
    HELP.name: (gettext_lazy("Got help"), gettext_lazy(
        "Closed with help or partly, of all that ended; those without a recorded outcome and those nobody took count as not helped.")),
    LOOP.name: (gettext_lazy("Loop closed"), gettext_lazy("Outcome recorded, of those that somebody said yes to and that have ended.")),
    UNREACHED.name: (gettext_lazy("Not reached"), gettext_lazy("Closed because the person could not be reached, of the same.")),
    IN_TIME.name: (gettext_lazy("Answered in time"), gettext_lazy("Requests answered by the time named, of those answered or run out.")),
    REROUTED.name: (gettext_lazy("Placed after a no"), gettext_lazy(
        "Somebody said yes in the end, of those declined or not answered first.")),
    REACHED.name: (
        gettext_lazy("Hopes reached"),
        gettext_lazy("Reached or partly, of all hopes of those that ended with help; where nobody knows, not reached."),
    ),
    STILL_30.name: (gettext_lazy("Still helped after 30 days"), gettext_lazy("Still helped or partly, of those who wanted to be asked.")),
    STILL_90.name: (gettext_lazy("Still helped after 90 days"), gettext_lazy("Still helped or partly, of those who wanted to be asked.")),
}  # fmt: skip
BY_HEADINGS = {
    By.ORGANISATION: gettext_lazy("By organisation"), By.NEED: gettext_lazy("By need"), By.AREA: gettext_lazy("By area"),
    By.LANGUAGE: gettext_lazy("By language"),
}  # fmt: skip
LONGEST_PLOT = 30
SETTLED_AFTER = timedelta(days=90)  # by then the clock has closed what nobody closed
DRAWN_AFTER = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure of a row in words."""

    name: str
    words: str
    counts: str = ""
    is_few: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A row of a table."""

    name: str
    sent: str
    hours: str
    cells: list[Cell]
    apart: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to look at the figures."""

    value: str
    name: str
    is_chosen: bool


@staff
@require_GET
def outcomes(request: HttpRequest) -> HttpResponse:
    """The page."""
    found = _found(request)
    allowed = may_read(acting(request))
    by_month = [(_month(row.id), _ranged(row.line, row.name) if _age(row, found) >= DRAWN_AFTER else None) for row in found.months]
    rows = [] if found.by is By.MONTH else found.rows
    compared = [ranged for row in rows[:LONGEST_PLOT] if row.id and (ranged := _ranged(row.line, row.name))]
    reference = None if found.by is By.ORGANISATION else found.total.shares[HELP.name].share
    context: dict[str, Any] = {
        "found": found,
        "sentences": sentences(found),
        "whose": [Choice(each.value, str(WHOSE[each]), each is found.whose) for each in allowed],
        "by": [Choice(each.value, str(BY[each]), each is found.by) for each in dimensions(found.whose) if each is not By.MONTH],
        "by_name": BY[found.by],
        "by_heading": BY_HEADINGS.get(found.by, ""),
        "since": found.since.date(),
        "total": _shown(Named(found.total, None, _("All"))),
        "words": [(*WORDS[figure.name], _cell(figure.name, found.total.shares[figure.name])) for figure in FIGURES if figure.name in WORDS],
        "hours": hours(found.total),
        "rows": [_shown(row) for row in rows],
        "months": [_shown(Named(row.line, row.id, _month_named(row, found))) for row in found.months],
        "headings": [WORDS[figure.name][0] for figure in FIGURES],
        "funnel": plots.funnel(_steps(found.total)) if _steps(found.total) else None,
        "intervals": plots.intervals(compared, reference) if found.by is not By.MONTH and len(compared) > 1 else None,
        "trend": plots.trend(by_month) if sum(ranged is not None for _name, ranged in by_month) > 1 else None,
        "query": f"whose={found.whose}&by={found.by}",
    }
    return render(request, "frontend/outcomes/page.html", context)


@staff
@require_GET
def outcomes_file(request: HttpRequest) -> HttpResponse:
    """The tables as a file."""
    return file_of(_found(request))


def _found(request: HttpRequest) -> Picture:
    actor = acting(request)
    allowed = may_read(actor)
    if not allowed:
        raise NotYours
    try:
        whose, by = chosen(request.GET)
    except Malformed:
        raise Http404 from None
    whose = whose or allowed[0]
    if by not in dimensions(whose):
        by = By.NEED
    return picture(actor, whose, by)


# -- words -------------------------------------------------------------------------------------------------------------------


def sentences(found: Picture) -> list[str]:
    """What the page says before anything else: how it went, and who gets help less often."""
    help_ = found.total.shares[HELP.name]
    if help_.is_hidden:
        return [_("Fewer than 11 people are counted here. Nothing can be said about them.") if found.total.sent is None
                else _("Too few have ended for a figure that gives nobody away.")]  # fmt: skip
    if help_.of == 0:
        return [_("Nothing has ended yet.")]
    if help_.share is None:
        return [_("%(yes)s of %(of)s that ended brought help. Under 30 there are counts only: a share would say little.")
                % {"yes": help_.yes, "of": help_.of}]  # fmt: skip
    said = [_("%(ten)s of 10 referrals ended with help%(range)s.") % {"ten": _ten(help_.share), "range": _range(help_)}]
    # Of people, not of partners: no organisation is held up.
    named = () if found.by is By.ORGANISATION else found.rows
    less = [row for row in named if row.id and row.line.apart and row.line.apart.high < 0]
    for row in sorted(less, key=lambda row: row.line.apart.points if row.line.apart else 0)[:2]:
        share = row.line.shares[HELP.name]
        said.append(
            _("Less often: %(name)s, %(ten)s of 10%(range)s.") % {"name": row.name, "ten": _ten(share.share or 0), "range": _range(share)}
        )
    loop = found.total.shares[LOOP.name]
    if loop.of and loop.yes is not None:
        words = {"of": loop.of, "missing": loop.of - loop.yes}
        said.append(_("Of %(of)s that somebody said yes to, %(missing)s ended without a recorded outcome.") % words)
    return said


def _ten(share: float) -> int:
    return round(share * 10)


def _range(share: Share) -> str:
    low, high = _ten(share.low or 0), _ten(share.high or 0)
    return "" if low == high else " " + _("(%(low)s to %(high)s)") % {"low": low, "high": high}


def _cell(name: str, share: Share) -> Cell:
    heading = str(WORDS[name][0])
    if share.is_hidden:
        return Cell(heading, _("hidden"), is_few=True)
    if share.of == 0:
        return Cell(heading, "–")
    counts = _("%(yes)s of %(of)s") % {"yes": share.yes, "of": share.of}
    if share.share is None or share.low is None or share.high is None:
        return Cell(heading, counts)
    words = {"share": round(share.share * 100), "low": round(share.low * 100), "high": round(share.high * 100)}
    return Cell(heading, _("%(share)s (%(low)s to %(high)s)") % words, counts)


def hours(line: Line) -> str:
    wait = line.wait
    if wait.median is None:
        return "–"
    return _("%(median)s (%(low)s to %(high)s)") % {"median": wait.median, "low": wait.low, "high": wait.high}


def _shown(row: Named) -> Shown:
    line = row.line
    apart = line.apart
    words = "–"
    if apart is not None:
        points = {"points": _signed(apart.points), "low": _signed(apart.low), "high": _signed(apart.high)}
        words = _("%(points)s (%(low)s to %(high)s)") % points
    sent = _("hidden") if line.sent is None else str(line.sent)
    return Shown(row.name, sent, hours(line), [_cell(figure.name, line.shares[figure.name]) for figure in FIGURES], words)


def _signed(points: float) -> str:
    """Of a hundred, with its sign: −4, 0, +3."""
    whole = round(points * 100)
    return f"+{whole}" if whole > 0 else f"−{-whole}" if whole else "0"


def _month(text: str | None) -> str:
    year, month = (text or "2000-01").split("-")
    return date_format(date(int(year), int(month), 1), "M Y")


def _age(row: Named, found: Picture) -> timedelta:
    """How long ago the month ended."""
    year, month = (int(part) for part in (row.id or "2000-01").split("-"))
    return found.as_of.date() - date(year + month // 12, month % 12 + 1, 1)


def _month_named(row: Named, found: Picture) -> str:
    name = _month(row.id)
    return name if _age(row, found) >= SETTLED_AFTER else _("%(month)s, under way") % {"month": name}


def _ranged(line: Line, name: str) -> plots.Ranged | None:
    share = line.shares[HELP.name]
    if share.share is None or share.low is None or share.high is None:
        return None
    return plots.Ranged(name, share.share, share.low, share.high)


def _steps(line: Line) -> list[tuple[str, int]]:
    """From sent to helped, where each may be shown."""
    help_, loop = line.shares[HELP.name], line.shares[LOOP.name]
    if line.sent is None or loop.of is None or loop.yes is None or help_.yes is None:
        return []
    return [
        (_("Sent"), line.sent), (_("Said yes, and ended"), loop.of), (_("Outcome recorded"), loop.yes), (_("Got help"), help_.yes),
    ]  # fmt: skip
