"""Unmet demand, bottlenecks and low access as rows of the report: sizes with ranges, what they rest on, what would help.

Every size is worked out at three settings. Mild: low need, high capacity, the wide catchment; point; harsh: high need, low capacity,
the narrow catchment. What a row rests on is named by these codes:

=====================  ==================================================================================================
need, places, placed   people and places a month of the row's zones, at the three settings where they are given
inferred-share         share of those places that nobody stated
exact, outer           whether the range was solved, or is an outer limit
service, more-services the largest services of a bottleneck, and the places of those that are not listed
declined, expired      offers for these needs in the window, at the services of a bottleneck
rejected, given-up,    people in the window who ended without help, whose last offer expired, and searches without result
unmatched
access, usual          places a person, here and at the need-weighted median of all areas
catchment              minutes
minutes                minutes to one of the three nearest services, followed by its `service`
=====================  ==================================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .access import merged, spread, weighted_median, weights_of
from .corners import HARSH, MILD, POINT, Corners
from .gaps import Evidence, Gap, Kind, Settings, ranked
from .labels import AreaNeeds, by_area_and_need, by_piece
from .nearest import Nearest
from .places import Places
from .repair import Repairs
from .rerouting import Work
from .rows import Rows
from .sizes import Sizes
from .snapshot import Floats, Ints, Snapshot


@dataclass(frozen=True, slots=True)
class Lacking:
    """Those who cannot be placed in every area, the cut rows too: a map without them would say that everybody has a place there."""

    area: Ints  # number
    need: Ints
    people: Floats  # (k, 3), a month: low, point, high


def shortage_rows(snapshot: Snapshot, settings: Settings | None = None, corners: Corners | None = None) -> list[Gap]:
    """Rows of measures 1, 2 and 3, ranked; of each the foremost `Settings.most_rows`."""
    rules = settings or Settings()
    solved = corners or Corners.of(snapshot, rules)
    rows = unmet_demand_gaps(snapshot, rules, solved) + bottleneck_gaps(snapshot, rules, solved) + low_access_gaps(snapshot, rules, solved)
    return ranked(rows)


def unmet_demand_gaps(snapshot: Snapshot, settings: Settings | None = None, corners: Corners | None = None) -> list[Gap]:
    """A row for each need, and one for each area and need, where somebody cannot be placed at some setting: the foremost of them.

    Only the total is unique, not who gets a place. An area's size is its need times the share that goes short in its bottleneck, kept
    between the least and the most that can go short there; those limits are solved for the largest rows, and outer limits elsewhere.

    Parameters
    ----------
    snapshot : Snapshot
    settings : Settings, optional
    corners : Corners, optional
        The three flows, if they are solved already.

    Returns
    -------
    list of Gap
        People a month, ranked. Empty without zones.

    Raises
    ------
    ValueError
        For amounts that are none, or too large to be counted.

    Notes
    -----
    Three flows, and up to four searches of a residual graph for each of `Settings.top_exact` rows, which together look at no
    more than `Settings.exact_arcs` arcs. Rows are ranked as columns; only the foremost are built.

    Examples
    --------
    >>> from network.graph import Snapshot, unmet_demand_gaps
    >>> rows = unmet_demand_gaps(Snapshot.of([60, 40, 30], [50, 45], [(0, 0), (1, 0), (1, 1)]))
    >>> [(*map(str, row.subject), row.people) for row in rows]
    [(40.0,), ('area/2', 30.0), ('area/0', 10.0)]
    """
    rules = settings or Settings()
    return unmet_demand_rows(snapshot, rules, corners or Corners.of(snapshot, rules))[0] if len(snapshot.zone_area) else []


def unmet_demand_rows(snapshot: Snapshot, rules: Settings, corners: Corners) -> tuple[list[Gap], Lacking]:
    """The same, and the sizes of all areas as columns; there is a zone."""
    places = Places(snapshot, corners)
    needs, of_need = np.unique(snapshot.zone_need, return_inverse=True)
    work = Work(rules.exact_arcs)
    totals = Rows(places, of_need, AreaNeeds(np.full(len(needs), -1), needs), rules, work)
    label, subjects = by_area_and_need(snapshot)
    areas = Rows(places, label, subjects, rules, work)
    rows = ranked([*_gaps(totals, Kind.UNMET_DEMAND), *_gaps(areas, Kind.UNMET_DEMAND)])[: rules.most_rows]
    sizes = np.stack([np.minimum(areas.sizes.low, areas.sizes.people), areas.sizes.people, areas.sizes.high], 1)
    return rows, Lacking(subjects.area, subjects.need, sizes)


def bottleneck_gaps(snapshot: Snapshot, settings: Settings | None = None, corners: Corners | None = None) -> list[Gap]:
    """A row for each set of areas whose services, all taken together, are too few; at the point setting they add up to unmet demand.

    Low is the least that these zones lack at the mild setting, high the most at the harsh one. Pieces with the same areas, needs and
    groups are one row. A piece that shows at the harsh setting only is a row of size 0.

    Parameters
    ----------
    snapshot, settings, corners
        As in `unmet_demand_gaps`.

    Returns
    -------
    list of Gap
        People a month, ranked.

    Raises
    ------
    ValueError
        As in `unmet_demand_gaps`.

    Notes
    -----
    As in `unmet_demand_gaps`.

    Examples
    --------
    >>> from network.graph import Snapshot, bottleneck_gaps
    >>> rows = bottleneck_gaps(Snapshot.of([60, 40, 30], [50, 45], [(0, 0), (1, 0), (1, 1)]))
    >>> [(*map(str, row.subject), row.people, row.action.verb) for row in rows]
    [('area/2', 30.0, 'open-link'), ('area/0', 10.0, 'add-places')]
    """
    rules = settings or Settings()
    if len(snapshot.zone_area) == 0:
        return []
    solved = corners or Corners.of(snapshot, rules)
    work = Work(rules.exact_arcs)
    return ranked(_gaps(Rows(Places(snapshot, solved), *by_piece(snapshot, solved), rules, work), Kind.BOTTLENECK))


def low_access_gaps(snapshot: Snapshot, settings: Settings | None = None, corners: Corners | None = None) -> list[Gap]:
    """A row for each area and need with less than half the usual places a person, and no more than one for each.

    Size: places a month that lift the area to the need-weighted median of all areas, or to one place a person. Mild and harsh are
    run at all three catchments, since a wider one lets others in as well; low and high are the extremes. Where the median is 0 there is
    no row: unmet demand speaks. Areas midway between services and at the edge of the region look worse than they are.

    Parameters
    ----------
    snapshot, settings, corners
        As in `unmet_demand_gaps`.

    Returns
    -------
    list of Gap
        People a month who lack a place, ranked.

    Raises
    ------
    ValueError
        As in `unmet_demand_gaps`.

    Notes
    -----
    Seven times two sums over the links.

    Examples
    --------
    >>> from network.graph import Snapshot, low_access_gaps
    >>> [(*map(str, row.subject), row.people) for row in low_access_gaps(Snapshot.of([50, 50, 10], [40, 40], [(0, 0), (1, 1)]))]
    [('area/2', 8.0)]
    """
    rules = settings or Settings()
    if len(snapshot.zone_area) == 0:
        return []
    places = Places(snapshot, corners or Corners.of(snapshot, rules))
    label, subjects = by_area_and_need(snapshot)
    catchments = [_Catchment.of(snapshot, minutes) for minutes in rules.minutes]
    point = catchments[POINT].access(snapshot, label, subjects.need, POINT)
    runs = [point, *(each.access(snapshot, label, subjects.need, setting) for setting in (MILD, HARSH) for each in catchments)]
    sizes, scores = np.stack([run.size for run in runs]), np.stack([run.score for run in runs])
    exact = np.ones(len(subjects), "bool")
    rows = Rows(places, label, subjects, rules, sizes=Sizes(point.size, sizes.min(0), sizes.max(0), exact))
    near = Nearest(rows)
    return ranked(
        rows.gap(
            Kind.LOW_ACCESS,
            row,
            (
                Evidence("access", count=float(point.score[row]), low=float(scores[:, row].min()), high=float(scores[:, row].max())),
                Evidence("usual", count=float(point.usual[row])),
                Evidence("catchment", count=rules.minutes[POINT], low=min(rules.minutes), high=max(rules.minutes)),
                *near.evidence(row),
            ),
            near.reach_out(row, float(point.size[row])),
        )
        for row in rows.foremost(Kind.LOW_ACCESS)
    )


def _gaps(rows: Rows, kind: Kind) -> Iterator[Gap]:
    """The leading rows, in the order of their subjects."""
    repairs = Repairs(rows)
    for row in rows.foremost(kind):
        extra = tuple(rows.listed(row)) if kind is Kind.BOTTLENECK else ()
        yield rows.gap(kind, row, extra, repairs.of(row))


class _Run(NamedTuple):
    size: Floats
    score: Floats
    usual: Floats


class _Catchment(NamedTuple):
    """Links within so many minutes, each once, with their nearness."""

    zone: Ints
    service: Ints
    near: Floats

    @classmethod
    def of(cls, snapshot: Snapshot, minutes: float) -> _Catchment:
        weights = weights_of(snapshot.link_minutes, minutes, snapshot.link_mode)
        near = weights > 0
        ends = snapshot.link_zone[near].astype("int64"), snapshot.link_service[near].astype("int64")
        zone, service, weight = merged(*ends, weights[near], len(snapshot.service_id))
        return cls(zone.astype("int64"), service.astype("int64"), weight)

    def access(self, snapshot: Snapshot, label: Ints, need_of: Ints, setting: int) -> _Run:
        """Access by area and need at one setting."""
        need, room = snapshot.zone_people[:, setting], snapshot.service_places[:, 2 - setting]
        scores = spread(need, room, *self)
        people = np.bincount(label, need, len(need_of))
        score = np.divide(np.bincount(label, need * scores, len(need_of)), people, out=np.zeros(len(need_of)), where=people > 0)
        usual = np.zeros(len(need_of))
        for number in np.unique(need_of).tolist():
            mine = need_of == number
            usual[mine] = np.nan_to_num(weighted_median(score[mine], people[mine]))
        lacking = (usual > 0) & (people > 0) & (score < np.minimum(1.0, usual / 2))
        return _Run(np.where(lacking, people * (np.minimum(1.0, usual) - score), 0.0), score, usual)
