"""One report from the database to the body that is kept: read, build, measure, draw."""

from __future__ import annotations

from typing import Any

from . import actions
from .classes import scales
from .columns import Raw
from .gaps import Settings
from .load import load
from .models import GapReport, State
from .picture import area_of_organizations, pictures
from .reporting import report
from .world import build


def body_of(settings: Settings) -> tuple[int, dict[str, Any]]:
    """The revision and what is kept of it. Raises ValueError for amounts that are none, MemoryError past the process's limit."""
    raw = load(settings)
    snapshot = build(raw, settings)
    found = report(snapshot, settings)
    table = raw["organizations"]
    areas = area_of_organizations(snapshot.org_id, table.ints("number"), table.ints("area"))
    areas[snapshot.org_confidential] = -1
    drawn = pictures(snapshot, settings, found.all_unmet, areas)
    drawn["scale"] = scales(drawn["areas"], _inhabitants(raw), _scale_before())
    return raw.revision, {"report": found.as_dict(), "map": drawn}


def _inhabitants(raw: Raw) -> dict[int, float]:
    table = raw["areas"]
    return dict(zip(table.ints("number").tolist(), table.floats("population").tolist(), strict=True))


def _scale_before() -> dict[str, Any]:
    """The limits of the report before this one, whatever its assumptions: one scale for all that is compared."""
    before = GapReport.objects.filter(settings_key=actions.STANDARD, state=State.READY).order_by("-ready_at")
    return before.values_list("body__map__scale", flat=True).first() or {}
