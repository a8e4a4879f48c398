"""One report from the database to the body that is kept: read, build, measure, draw."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from network.partners.imports.needs import figures_known
from network.partners.models import AreaFigure

from . import actions
from .classes import scales
from .columns import Raw
from .figures import INPUTS
from .gaps import Settings
from .load import load
from .models import GapReport, State
from .picture import Shield, area_of_organizations, pictures
from .reporting import report
from .world import build


def body_of(settings: Settings) -> tuple[int, dict[str, Any]]:
    """The revision and what is kept of it. Raises ValueError for amounts that are none, MemoryError past the process's limit."""
    raw = load(settings)
    snapshot = build(raw, settings).checked()
    found = report(snapshot, settings)
    table = raw["organizations"]
    areas = area_of_organizations(snapshot.org_id, table.ints("number"), table.ints("area"))
    areas[snapshot.org_confidential] = -1
    drawn = pictures(snapshot, settings, found.all_unmet, areas)
    drawn["scale"] = scales(drawn["areas"], _inhabitants(raw), _scale_before())
    shield = Shield(snapshot, settings)
    found = replace(found, shortages=tuple(map(shield.over, found.shortages)))
    return raw.revision, {"report": found.as_dict(), "map": drawn, "sources": sources()}


def _inhabitants(raw: Raw) -> dict[int, float]:
    table = raw["areas"]
    return dict(zip(table.ints("number").tolist(), table.floats("population").tolist(), strict=True))


def _scale_before() -> dict[str, Any]:
    """The limits of the report before this one, whatever its assumptions: one scale for all that is compared."""
    before = GapReport.objects.filter(settings_key=actions.STANDARD, state=State.READY).order_by("-ready_at")
    return before.values_list("body__map__scale", flat=True).first() or {}


def sources() -> list[dict[str, str]]:
    """Where the figures of areas come from that the model reads, and of which years; each once."""
    rows = AreaFigure.objects.filter(figure__in=INPUTS).order_by("figure", "source", "years")
    said = list(rows.values_list("figure", "source", "years").distinct())
    known = figures_known()
    said.sort(key=lambda row: INPUTS.index(row[0]))
    return [
        {"figure": figure, "label": known[figure].label if figure in known else figure, "source": source, "years": years}
        for figure, source, years in said
    ]


def first_report() -> bool:
    """Compute the first report here and now; False if one is being computed already."""
    report_row = actions.begin(actions.want(Settings()).pk)
    if report_row is None:
        return False
    revision, body = body_of(Settings())
    actions.finish(report_row, body=body, revision=revision)
    return True
