"""What would help those of a row who cannot be placed."""

from __future__ import annotations

import numpy as np

from .corners import POINT
from .gaps import Action, Basis, Ref, RefType
from .labels import refs_of
from .rerouting import Bools
from .rows import Rows
from .snapshot import Ints, Snapshot

MOSTLY = 0.5


class Repairs:
    """The actions for rows of one kind."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.snapshot, self.places, self.sizes = rows.snapshot, rows.places, rows.sizes

    def of(self, row: int) -> Action:
        """Confirm what might not be lacking at all; else more places where they are used; else a link or a service where there is none."""
        services, people = self.rows.services(row), float(self.sizes.people[row])
        stranded = self.stranded(row)
        if len(services) == 0:
            return self.first_service(row, people, stranded)
        if self.sizes.low[row] <= 0 and self.rows.weak[row] >= MOSTLY * self.rows.room[POINT][row]:
            unsure = np.diff(self.snapshot.service_places[services], axis=1)[:, 1] * (
                self.snapshot.service_basis[services] >= Basis.INFERRED
            )
            asked = int(services[np.lexsort((self.snapshot.service_id[services], -unsure))[0]])
            moved = float(self.sizes.high[row]) if people <= 0 else people
            return Action("confirm-capacity", self.places.refs(asked), bound=min(moved, float(self.rows.unsure[row])))
        named = services[~self.places.hidden[services]]
        tight = named[self.places.corners.point.s[1][named]]
        if len(tight) == 0:
            tight = named
        if len(tight) == 0:
            return Action("add-places", (), bound=people)
        # Of those that most people could use, the one that turned most away; else the first by its number.
        most = tight[self.places.wanted[tight] == self.places.wanted[tight].max()]
        refused = self.places.refused(most, np.unique(self.snapshot.zone_need[self.rows.zones(row)]))
        best = int(most[np.lexsort((self.snapshot.service_id[most], -refused))[0]])
        gain = self.places.gain(best, self.rows.work) if self.sizes.exact[row] else None
        unheard = float(self.snapshot.zone_people[stranded, POINT].sum())
        if gain is not None and unheard > gain:
            return self.first_service(row, unheard, stranded)
        return Action("add-places", self.places.refs(best), gain, bound=gain if gain is not None else people)

    def stranded(self, row: int) -> Ints:
        """Zones of the row that no service is open to."""
        zones = self.rows.zones(row)
        return zones[~self.places.linked[zones]]

    def first_service(self, row: int, people: float, stranded: Ints) -> Action:
        """Their language where others of the same area are served; a partner with room for the same need; else a service of their own."""
        if (spoken := self._unspoken(stranded)) is not None:
            return Action("add-language", spoken, bound=people)
        best = self.places.roomiest(tuple(np.unique(self.snapshot.zone_need[self.rows.zones(row)]).tolist()))
        if best is not None:
            return Action("open-link", self.places.refs(best), bound=min(people, float(self.snapshot.service_places[best, POINT])))
        where = tuple(ref for ref in self.rows.subjects[row] if ref.type is not RefType.GROUP)
        if not any(ref.type is RefType.AREA for ref in where) and len(stranded):
            most = int(stranded[np.argmax(self.snapshot.zone_people[stranded, POINT])])
            where = tuple(sorted({*where, *refs_of(area=int(self.snapshot.zone_area[most]), need=-1, group=-1)}))
        return Action("open-service", where, gain=people)

    def _unspoken(self, stranded: Ints) -> tuple[Ref, ...] | None:
        """Areas, needs and language, where most of the stranded are of one group whose neighbours with the same need have a service."""
        snapshot = self.snapshot
        people = snapshot.zone_people[stranded, POINT]
        groups, at = np.unique(snapshot.zone_group[stranded], return_inverse=True)
        of_group = np.bincount(at.ravel(), people, len(groups))
        if not len(groups) or of_group.max() < MOSTLY * people.sum():
            return None
        mine = stranded[snapshot.zone_group[stranded] == groups[int(of_group.argmax())]]
        keys = zip(snapshot.zone_area[mine].tolist(), snapshot.zone_need[mine].tolist(), snapshot.zone_group[mine].tolist(), strict=True)
        heard = {key for key in keys if key[:2] in self.places.served and min(key) >= 0}
        if float(people[np.isin(stranded, mine)].sum()) <= 0 or len(heard) < MOSTLY * len(mine):
            return None
        worst = max(heard, key=lambda key: (sum(people[_is(snapshot, stranded, key)].tolist()), key))
        return refs_of(area=worst[0], need=worst[1], group=worst[2])


def _is(snapshot: Snapshot, zones: Ints, key: tuple[int, int, int]) -> Bools:
    """Which of these zones are this area, need and group."""
    columns = zip((snapshot.zone_area, snapshot.zone_need, snapshot.zone_group), key, strict=True)
    return np.asarray(np.logical_and.reduce([column[zones] == value for column, value in columns]), "bool")
