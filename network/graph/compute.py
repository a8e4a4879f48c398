"""One report from the database to the body that is kept: read, build, measure, draw."""

from __future__ import annotations

from typing import Any

from .gaps import Settings
from .load import load
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
    return raw.revision, {"report": found.as_dict(), "map": pictures(snapshot, settings, found.shortages, areas)}
