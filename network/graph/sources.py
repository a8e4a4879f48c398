"""Where the figures that a report is modelled from come from, and from which years."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from network.partners.imports.needs import figures_known
from network.partners.models import AreaFigure

from .figures import DISTRESS, FIGURES, PROVIDERS

POPULATION = "population"
YEARS = re.compile(r"(?:19|20)[0-9]{2}(?:[–-][0-9]{2,4})?")


@dataclass(frozen=True, slots=True)
class Source:
    """One figure of areas that the model reads."""

    figure: str
    label: str
    source: str
    years: str


def sources() -> list[Source]:
    """Every figure that the model reads and that any area has, with each source it came from."""
    rows = AreaFigure.objects.filter(figure__in=[POPULATION, *FIGURES]).order_by("figure", "source", "years")
    found = rows.values_list("figure", "source", "years").distinct()
    known = figures_known()
    return [Source(figure, known[figure].label if figure in known else figure, source, years) for figure, source, years in found]


def years_of(known: Iterable[Source], evidence: str) -> str:
    """The years of what a modelled figure of a row rests on most; empty where nobody said."""
    figure = {"need": FIGURES[DISTRESS], "clinicians": FIGURES[PROVIDERS]}[evidence]
    return ", ".join(sorted({source.years for source in known if source.figure == figure and YEARS.fullmatch(source.years)}))


def all_years(known: Iterable[Source]) -> str:
    """From the first to the last year of all sources: what the title of a map of several years says."""
    found: list[int] = []
    for source in known:
        if YEARS.fullmatch(source.years):
            first, *rest = map(int, re.findall(r"[0-9]+", source.years))
            found += [first, *(last if last > 99 else first // 100 * 100 + last for last in rest)]
    return "" if not found else f"{min(found)}" if min(found) == max(found) else f"{min(found)}–{max(found)}"
