"""How many go short in each row, between the least and the most that can: solved for the largest rows, outer limits elsewhere."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .corners import Corners
from .flow import Solved
from .rerouting import TOGETHER, Bools, Work
from .snapshot import Floats, Ints, once


class Sizes(NamedTuple):
    people: Floats
    low: Floats
    high: Floats
    exact: Bools


class _Limits(NamedTuple):
    """What the zones of each row lack: at least, at most, and their even share of each bottleneck."""

    least: Floats
    most: Floats
    share: Floats


def _outer(flow: Solved, label: Ints, count: int) -> _Limits:
    """Limits without a further flow, from need and places in each bottleneck; exact for a row of one zone at the lower end."""
    of_zone, of_service, lacking = flow.pieces
    inside = np.flatnonzero((of_zone >= 0) & (label >= 0))
    keys, pair = np.unique(label[inside] * max(len(lacking), 1) + of_zone[inside], return_inverse=True)
    row, piece = np.divmod(keys, max(len(lacking), 1))
    need = np.bincount(pair, flow.need[inside], len(keys))
    whole = np.bincount(of_zone[of_zone >= 0], flow.need[of_zone >= 0], len(lacking))
    links = np.flatnonzero((of_zone[flow.zone] >= 0) & (label[flow.zone] >= 0)) if len(flow.zone) else np.zeros(0, "int64")
    reach = once(label[flow.zone[links]] * max(len(flow.places), 1) + flow.service[links])
    owner, service = np.divmod(reach, max(len(flow.places), 1))
    at = np.searchsorted(keys, owner * max(len(lacking), 1) + of_service[service])
    places = np.bincount(at, flow.places[service], len(keys))
    least = np.maximum(np.maximum(0, lacking[piece] - (whole[piece] - need)), need - places)
    most = np.minimum(need, lacking[piece])
    share = need * lacking[piece] / whole[piece]
    return _Limits(*(np.bincount(row, column, count) / 100 for column in (least, most, share)))


def sizes_of(corners: Corners, label: Ints, count: int, exact_rows: int, work: Work) -> Sizes:
    """Sizes of all rows; the limits of the largest are solved, as far as the work that they may cost goes."""
    mild, point, harsh = (_outer(flow, label, count) for flow in (corners.mild, corners.point, corners.harsh))
    people, low, high = np.clip(point.share, point.least, point.most), mild.least.copy(), harsh.most.copy()
    largest = [row for row in np.lexsort((-high, -people))[:exact_rows].tolist() if high[row] > 0 or people[row] > 0]
    exact = np.zeros(count, "bool")
    order = np.argsort(label, kind="stable")
    ends = np.searchsorted(label[order], np.arange(count + 1))
    for start in range(0, len(largest), TOGETHER):
        rows = largest[start : start + TOGETHER]
        zones = [order[ends[row] : ends[row + 1]] for row in rows]
        solved = (
            _least(corners.point, zones, point, rows, work), _most(corners.point, zones, point, rows, work),
            _least(corners.mild, zones, mild, rows, work), _most(corners.harsh, zones, harsh, rows, work),
        )  # fmt: skip
        for row, least, most, least_mild, most_harsh in zip(rows, *solved, strict=True):
            if least is None or most is None or least_mild is None or most_harsh is None:
                continue
            exact[row], low[row], high[row] = True, least_mild, most_harsh
            if people[row] > 0:
                people[row] = np.clip(point.share[row], least, most)
    return Sizes(people, np.minimum(low, people), np.maximum(high, people), exact)


def _least(flow: Solved, zones: list[Ints], limits: _Limits, rows: list[int], work: Work) -> list[float | None]:
    """What the zones of each row lack when they come first; one zone, or a whole bottleneck, needs no search."""
    known = [len(mine) == 1 or bool(limits.least[row] >= limits.most[row]) for mine, row in zip(zones, rows, strict=True)]
    placed = iter(flow.most_placed_each([mine for mine, is_known in zip(zones, known, strict=True) if not is_known], work))
    return [
        float(limits.least[row]) if is_known else _lacking(flow, mine, next(placed))
        for mine, row, is_known in zip(zones, rows, known, strict=True)
    ]


def _most(flow: Solved, zones: list[Ints], limits: _Limits, rows: list[int], work: Work) -> list[float | None]:
    """What the zones of each row lack when everybody else comes first."""
    known = [bool(limits.least[row] >= limits.most[row]) for row in rows]
    placed = iter(flow.least_placed_each([mine for mine, is_known in zip(zones, known, strict=True) if not is_known], work))
    return [
        float(limits.most[row]) if is_known else _lacking(flow, mine, next(placed))
        for mine, row, is_known in zip(zones, rows, known, strict=True)
    ]


def _lacking(flow: Solved, zones: Ints, placed: float | None) -> float | None:
    return None if placed is None else int(flow.need[zones].sum()) / 100 - placed
