"""The nearest services of an area that is far from all, and what would bring one nearer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from .corners import POINT
from .gaps import Action, Evidence, Kind, RefType
from .rows import Rows
from .snapshot import Mode

NEAREST = 3


class Nearest:
    """The nearest services of the foremost rows of low access."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.snapshot, self.places = rows.snapshot, rows.places
        self._near = self._found()

    def evidence(self, row: int) -> Iterator[Evidence]:
        """The three nearest services within the widest catchment, with minutes and places."""
        for minutes, service in self._near.get(row, ()):
            yield Evidence("minutes", self.places.ref(service), count=minutes)
            yield self.places.evidence(service)

    def _found(self) -> dict[int, list[tuple[float, int]]]:
        """Minutes and service of the nearest three, by row; a confidential service is near nobody."""
        snapshot = self.snapshot
        wanted = np.zeros(len(self.rows.subjects), "bool")
        wanted[self.rows.foremost(Kind.LOW_ACCESS)] = True
        links = np.flatnonzero(wanted[self.rows.label[snapshot.link_zone]] & ~self.places.hidden[snapshot.link_service])
        service, minutes = snapshot.link_service[links], np.where(snapshot.link_mode == Mode.NO_TRAVEL, 0, snapshot.link_minutes)[links]
        row = self.rows.label[snapshot.link_zone[links]]
        order = np.lexsort((snapshot.service_id[service], minutes, row))
        row, service, minutes = row[order], service[order], minutes[order]
        once = np.sort(np.unique(row * len(snapshot.service_id) + service, return_index=True)[1])  # each service where it is nearest
        row, service, minutes = row[once], service[once], minutes[once]
        third = np.arange(len(row)) - np.searchsorted(row, row) < NEAREST
        near: dict[int, list[tuple[float, int]]] = defaultdict(list)
        for at, away, which in zip(row[third].tolist(), minutes[third].tolist(), service[third].tolist(), strict=True):
            near[at].append((round(away, 1), which))
        return near

    def reach_out(self, row: int, people: float) -> Action:
        """Go where the people are: from the nearest service if it is in reach, by a branch if it is far, by phone if there is none.

        What stands in the area already need not go there: it needs more places.
        """
        near = self._near.get(row)
        place = tuple(ref for ref in self.rows.subjects[row] if ref.type is RefType.AREA)
        if not near:
            return Action("telehealth", place, gain=people)
        areas = {ref.number for ref in place}
        away = [(minutes, service) for minutes, service in near if int(self.snapshot.service_area[service]) not in areas]
        if not away:
            return Action("add-places", self.places.refs(near[0][1]), gain=people, bound=people)
        minutes, service = away[0]
        verb = "outreach" if minutes <= self.rows.settings.minutes[POINT] else "satellite"
        # Who goes before where to: listed clinicians are named by their area.
        return Action(verb, (*self.places.refs(service), *place), gain=people)
