"""Which row of the report a zone belongs to, and what that row is about."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from .corners import Corners
from .gaps import Ref, RefType
from .snapshot import Ints, Snapshot

Subject = tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class AreaNeeds:
    """Subjects of area × need by row, made when one is asked for; -1 names nothing."""

    area: Ints
    need: Ints

    def __len__(self) -> int:
        return len(self.need)

    def __getitem__(self, row: int) -> Subject:
        named = (RefType.AREA, int(self.area[row])), (RefType.NEED, int(self.need[row]))
        return tuple(Ref(kind, number) for kind, number in named if number >= 0)


def by_area_and_need(snapshot: Snapshot) -> tuple[Ints, AreaNeeds]:
    """The row of each zone, and the subjects of area × need in the order of their numbers."""
    both = np.stack([snapshot.zone_area, snapshot.zone_need], 1)
    order = np.lexsort((both[:, 1], both[:, 0]))
    new = np.concatenate([[True], (np.diff(both[order], axis=0) != 0).any(1)])
    label = np.empty(len(both), "int64")
    label[order] = np.cumsum(new) - 1
    return label, AreaNeeds(*both[order][new].T)


def by_piece(snapshot: Snapshot, corners: Corners) -> tuple[Ints, list[Subject]]:
    """The row of each zone, -1 for none, and the subjects of the bottlenecks, sorted.

    Pieces at the point setting, and those at the harsh one that share no zone with any of them.
    """
    piece, harsh = corners.point.pieces[0].copy(), corners.harsh.pieces[0]
    count = len(corners.point.pieces[2])
    touched = np.unique(harsh[(piece >= 0) & (harsh >= 0)])
    apart = (harsh >= 0) & ~np.isin(harsh, touched)
    piece[apart] = harsh[apart] + count
    named: dict[Subject, list[int]] = defaultdict(list)
    kinds = (RefType.AREA, snapshot.zone_area), (RefType.NEED, snapshot.zone_need), (RefType.GROUP, snapshot.zone_group)
    for zones in _members(piece):
        refs = {Ref(kind, number) for kind, column in kinds for number in np.unique(column[zones]).tolist() if number >= 0}
        named[tuple(sorted(refs))].extend(zones.tolist())
    label = np.full(len(piece), -1, "int64")
    for row, subject in enumerate(sorted(named)):
        label[named[subject]] = row
    return label, sorted(named)


def _members(label: Ints) -> list[Ints]:
    """Rows by label, for each label that occurs; -1 is none."""
    order = np.argsort(label, kind="stable")
    order = order[label[order] >= 0]
    if len(order) == 0:
        return []
    return np.split(order, np.flatnonzero(np.diff(label[order])) + 1)


def refs_of(*, area: int, need: int, group: int) -> tuple[Ref, ...]:
    named = ((RefType.AREA, area), (RefType.NEED, need), (RefType.GROUP, group))
    return tuple(sorted(Ref(kind, number) for kind, number in named if number >= 0))
