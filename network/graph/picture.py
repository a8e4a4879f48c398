"""The figures behind a map of one report: by area and need, by partner, and between areas. No Django.

What counts people is hidden here already where it is below eleven, so that nothing smaller is ever stored with a report.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .access import access_scores, weighted_median, weights_of
from .gaps import Basis, Gap, Kind, RefType, Settings
from .privacy import HIDDEN, hide, suppressed, with_totals
from .reach import rows_in
from .snapshot import Floats, Ints, Mode, Snapshot

if TYPE_CHECKING:
    from .shortages import Lacking

POINT = 1
MOST_TIES = 2_000  # between areas, the heaviest


def pictures(snapshot: Snapshot, settings: Settings, lacking: Lacking | None, org_area: Ints) -> dict[str, Any]:
    """Columns for the layers of the map; `org_area` is the number of the area of each organisation, -1 for none."""
    return {"areas": area_columns(snapshot, settings, lacking), "ties": between_areas(snapshot, settings, org_area)}


def area_columns(snapshot: Snapshot, settings: Settings, lacking: Lacking | None) -> dict[str, list[Any]]:
    """One row for each area and need: need, unmet demand, access, and who asked."""
    known = np.flatnonzero(snapshot.zone_area >= 0)
    pairs, row = np.unique(np.stack([snapshot.zone_area[known], snapshot.zone_need[known]], 1), axis=0, return_inverse=True)
    row = row.ravel()
    need = np.stack([np.bincount(row, snapshot.zone_people[known, setting], len(pairs)).astype("float64") for setting in range(3)], 1)
    unmet = _unmet(pairs, lacking)
    score, usual = _access(snapshot, known, row, pairs, settings)
    asked = _hidden(pairs, np.bincount(row, snapshot.zone_asked[known], len(pairs)).astype("int64"), settings)
    without = snapshot.zone_rejected + snapshot.zone_expired + snapshot.zone_unmatched
    recorded = _hidden(pairs, np.bincount(row, without[known], len(pairs)).astype("int64"), settings)
    counted = np.bincount(row, snapshot.zone_basis[known] == Basis.COUNTED, len(pairs)) > 0
    # A need that is only what was asked for is a count of people in other words.
    blind = counted & (asked == HIDDEN)
    return {
        "area": pairs[:, 0].tolist(), "need": pairs[:, 1].tolist(),
        "people": _rounded(need, blind), "unmet": _rounded(unmet, blind),
        # Beside the places of a service, places a person say how many people there are.
        "access": [None if np.isnan(value) or hidden else round(float(value), 4) for value, hidden in zip(score, blind, strict=True)],
        "usual": [None if np.isnan(value) else round(float(value), 4) for value in usual],
        "asked": asked.tolist(), "recorded": recorded.tolist(),
    }  # fmt: skip


def _rounded(values: Floats, blind: NDArray[np.bool_]) -> list[list[float] | None]:
    return [None if hidden else [round(float(value), 1) for value in row] for row, hidden in zip(values, blind, strict=True)]


def _unmet(pairs: Ints, lacking: Lacking | None) -> Floats:
    """Low, point and high of those who cannot be placed, by area and need."""
    found = np.zeros((len(pairs), 3))
    if lacking is not None:
        # Both are sorted by area, then need; areas without a number come first and are not drawn.
        found[:] = lacking.people[lacking.area >= 0]
    return found


def _access(snapshot: Snapshot, known: Ints, row: Ints, pairs: Ints, settings: Settings) -> tuple[Floats, Floats]:
    """Places a person within the point catchment, and the usual number for the same need; NaN where nobody needs it."""
    within = (snapshot.link_mode == Mode.NO_TRAVEL) | (snapshot.link_minutes <= settings.minutes[POINT])
    weights = weights_of(snapshot.link_minutes[within], settings.minutes[POINT], snapshot.link_mode[within])
    links = np.stack([snapshot.link_zone[within], snapshot.link_service[within]], 1)
    zones = access_scores(snapshot.zone_people[:, POINT], snapshot.service_places[:, POINT], links, weights)[known]
    people = np.bincount(row, snapshot.zone_people[known, POINT], len(pairs))
    held = np.bincount(row, snapshot.zone_people[known, POINT] * zones, len(pairs))
    score = np.divide(held, people, out=np.full(len(pairs), np.nan), where=people > 0)
    usual = np.full(len(pairs), np.nan)
    for need in np.unique(pairs[:, 1]).tolist():
        mine = np.flatnonzero((pairs[:, 1] == need) & (people > 0))
        usual[mine] = weighted_median(score[mine], people[mine]) if mine.size else np.nan
    return score, usual


class Shield:
    """What the rows of a report must not say, so that nothing hidden in the tables of areas and needs can be found by subtraction."""

    def __init__(self, snapshot: Snapshot, settings: Settings) -> None:
        known = np.flatnonzero(snapshot.zone_area >= 0)
        self.snapshot, self.settings = snapshot, settings
        pairs, row = np.unique(np.stack([snapshot.zone_area[known], snapshot.zone_need[known]], 1), axis=0, return_inverse=True)
        row = row.ravel()
        self.at = {(int(area), int(need)): place for place, (area, need) in enumerate(pairs.tolist())}
        self.counts: dict[str, Ints] = {}
        self.hidden: dict[str, NDArray[np.bool_]] = {}
        without = snapshot.zone_rejected + snapshot.zone_expired + snapshot.zone_unmatched
        for what, column in (
            ("need", snapshot.zone_asked), ("recorded", without), ("rejected", snapshot.zone_rejected), ("given-up", snapshot.zone_expired),
            ("unmatched", snapshot.zone_unmatched),
        ):  # fmt: skip
            self.counts[what] = np.bincount(row, column[known], len(pairs)).astype("int64")
            self.hidden[what] = _hidden(pairs, self.counts[what], settings) == HIDDEN
        counted = snapshot.zone_basis[known] == Basis.COUNTED
        self.hidden["need"] &= np.bincount(row, counted, len(pairs)) > 0

    def over(self, gap: Gap) -> Gap:
        """The row as it may be kept. One that joins or divides cells of the tables says only what leaves no small remainder."""
        named = [[ref.number for ref in gap.subject if ref.type is kind] for kind in (RefType.AREA, RefType.NEED, RefType.GROUP)]
        areas, needs, groups = named
        if not areas or not needs:
            return gap
        cells = [self.at[area, need] for area in areas for need in needs if (area, need) in self.at]
        if gap.kind is not Kind.BOTTLENECK and len(cells) == 1:
            hides = {what: bool(hidden[cells[0]]) for what, hidden in self.hidden.items()}
        else:
            hides = self._remainders(cells, areas, needs, groups)
        evidence = tuple(
            replace(entry, count=None, low=None, high=None, counts_people=True)
            if hides.get(entry.what) and (entry.what != "need" or entry.basis is Basis.COUNTED) else entry
            for entry in gap.evidence
        )  # fmt: skip
        return replace(gap, evidence=evidence, recorded=None if hides["recorded"] else gap.recorded)

    def _remainders(self, cells: list[int], areas: list[int], needs: list[int], groups: list[int]) -> dict[str, bool]:
        """Whether what a row leaves of its cells, or of its needs in all areas, is one to ten people."""
        snapshot = self.snapshot
        of_need = np.isin(snapshot.zone_need, needs)
        inside = of_need & np.isin(snapshot.zone_area, areas) & (np.isin(snapshot.zone_group, groups) if groups else True)
        without = snapshot.zone_rejected + snapshot.zone_expired + snapshot.zone_unmatched
        columns = {
            "need": snapshot.zone_asked, "recorded": without, "rejected": snapshot.zone_rejected, "given-up": snapshot.zone_expired,
            "unmatched": snapshot.zone_unmatched,
        }  # fmt: skip
        found = {}
        for what, column in columns.items():
            mine = int(column[inside].sum())
            left = (int(self.counts[what][cells].sum()) - mine, int(column[of_need].sum()) - mine)
            found[what] = any(suppressed(count, self.settings.cell) for count in (mine, *left))
        return found


def _hidden(pairs: Ints, counts: Ints, settings: Settings) -> Ints:
    """Counts of people with small ones hidden, and others with them where they could be found by subtraction."""
    areas, row = np.unique(pairs[:, 0], return_inverse=True)
    needs, column = np.unique(pairs[:, 1], return_inverse=True)
    table = np.zeros((len(areas), len(needs)), "int64")
    table[row.ravel(), column.ravel()] = counts
    shown = hide(with_totals(table), cell=settings.cell).counts
    return np.asarray(shown[row.ravel(), column.ravel()], "int64")


def between_areas(snapshot: Snapshot, settings: Settings, org_area: Ints) -> dict[str, list[int]]:
    """Referrals from area to area, the heaviest first: sent and accepted, hidden below eleven."""
    start, end = org_area[snapshot.tie_from], org_area[snapshot.tie_to]
    kept = np.flatnonzero((start >= 0) & (end >= 0) & (start != end))
    pairs, row = np.unique(np.stack([start[kept], end[kept]], 1), axis=0, return_inverse=True)
    sent, accepted = (
        np.bincount(row.ravel(), column[kept], len(pairs)).astype("int64") for column in (snapshot.tie_sent, snapshot.tie_accepted)
    )
    order = np.argsort(-sent, kind="stable")[:MOST_TIES]
    order = order[sent[order] > 0]

    def shown(column: Ints) -> list[int]:
        found: list[int] = np.where((column[order] > 0) & (column[order] < settings.cell), HIDDEN, column[order]).tolist()
        return found

    return {"from": pairs[order, 0].tolist(), "to": pairs[order, 1].tolist(), "sent": shown(sent), "accepted": shown(accepted)}


def area_of_organizations(numbers: Ints, listed: Ints, areas: Ints) -> Ints:
    """The area of each organisation of a snapshot, from the columns that `load` gives."""
    order = np.argsort(listed)
    at = rows_in(listed[order], numbers)
    return np.where(at >= 0, np.append(areas[order], -1)[at], -1)
