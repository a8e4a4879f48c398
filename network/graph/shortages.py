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

import heapq
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from .access import merged, spread, weighted_median, weights_of
from .flow import Solved, distinct, hundredths
from .gaps import Action, Basis, Evidence, Gap, Kind, Ref, RefType, Settings, Unit, gap_id, ranked
from .partnerships import foremost
from .rerouting import TOGETHER, Bools, OutOfWork, Work
from .snapshot import Floats, Ints, Mode, Snapshot, once

MILD, POINT, HARSH = 0, 1, 2
LISTED = 20  # services that a bottleneck names
MOSTLY = 0.5
NEAREST = 3
SOLVES_A_PLACE = 3  # exact losses that are worked out for each place among the largest


Subject = tuple[Ref, ...]


class Loss(NamedTuple):
    """How many fewer people could be placed without one organisation."""

    row: int  # of the organisation
    low: float  # people a month: at least
    high: float  # at most, given the routing that was found
    exact: float | None  # None where it was not solved


@dataclass(frozen=True, slots=True)
class Lacking:
    """Those who cannot be placed in every area, the cut rows too: a map without them would say that everybody has a place there."""

    area: Ints  # number
    need: Ints
    people: Floats  # (k, 3), a month: low, point, high


@dataclass(frozen=True, slots=True)
class Corners:
    """One solved flow for each setting."""

    mild: Solved
    point: Solved
    harsh: Solved

    @classmethod
    def of(cls, snapshot: Snapshot, settings: Settings) -> Corners:
        """Solve three times; ValueError for amounts that are none, or too large to be counted."""
        return cls(*(_solved(snapshot, settings, setting) for setting in (MILD, POINT, HARSH)))


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
    places = _Places(snapshot, corners)
    needs, of_need = np.unique(snapshot.zone_need, return_inverse=True)
    work = Work(rules.exact_arcs)
    totals = _Rows(places, of_need, _AreaNeeds(np.full(len(needs), -1), needs), rules, work)
    label, subjects = _by_area_and_need(snapshot)
    areas = _Rows(places, label, subjects, rules, work)
    rows = ranked([*totals.gaps(Kind.UNMET_DEMAND), *areas.gaps(Kind.UNMET_DEMAND)])[: rules.most_rows]
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
    return ranked(_Rows(_Places(snapshot, solved), *_by_piece(snapshot, solved), rules, work).gaps(Kind.BOTTLENECK))


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
    places = _Places(snapshot, corners or Corners.of(snapshot, rules))
    label, subjects = _by_area_and_need(snapshot)
    catchments = [_Catchment.of(snapshot, minutes) for minutes in rules.minutes]
    point = catchments[POINT].access(snapshot, label, subjects.need, POINT)
    runs = [point, *(each.access(snapshot, label, subjects.need, setting) for setting in (MILD, HARSH) for each in catchments)]
    sizes, scores = np.stack([run.size for run in runs]), np.stack([run.score for run in runs])
    exact = np.ones(len(subjects), "bool")
    rows = _Rows(places, label, subjects, rules, sizes=_Sizes(point.size, sizes.min(0), sizes.max(0), exact))
    return ranked(
        rows.gap(
            Kind.LOW_ACCESS,
            row,
            (
                Evidence("access", count=float(point.score[row]), low=float(scores[:, row].min()), high=float(scores[:, row].max())),
                Evidence("usual", count=float(point.usual[row])),
                Evidence("catchment", count=rules.minutes[POINT], low=min(rules.minutes), high=max(rules.minutes)),
                *rows.nearest(row),
            ),
            rows.reach_out(row, float(point.size[row])),
        )
        for row in rows.foremost(Kind.LOW_ACCESS)
    )


def organization_losses(snapshot: Snapshot, settings: Settings | None = None, top: int = 20, solved: Solved | None = None) -> list[Loss]:
    """How many people a month could not be placed any more if one organisation closed, with its services and its agreements.

    Bounds for all from the one flow that is solved; then exact values from the largest upper bound on, until no other organisation
    can be among the `top` largest. Organisations that carry nobody are left out: they cost nothing.

    Parameters
    ----------
    snapshot : Snapshot
    settings : Settings, optional
    top : int
        How many of the largest are wanted exactly.
    solved : Solved, optional
        The flow at the point setting, if it is there already.

    Returns
    -------
    list of Loss
        Exact ones first, largest first; then by upper bound.

    Raises
    ------
    ValueError
        For amounts that are none, or too large to be counted.

    Notes
    -----
    One flow, O(E), and one search of its residual graph for each exact value, at most three for each of the `top`.

    Examples
    --------
    >>> import networkx as nx
    >>> from network.graph import Snapshot, organization_losses
    >>> partners = nx.DiGraph([("Quayside", "Harbour")])
    >>> zones = {"need": [60, 40], "places": [50, 45], "links": [(0, 0), (1, 0), (1, 1)]}
    >>> organization_losses(Snapshot.from_networkx(partners, **zones, owners=["Quayside", "Harbour"]))
    [Loss(row=0, low=50.0, high=50.0, exact=50.0), Loss(row=1, low=0.0, high=40.0, exact=40.0)]
    """
    rules = settings or Settings()
    flow = solved or _solved(snapshot, rules, POINT)
    count, owner = len(snapshot.org_id), snapshot.service_org
    owned, cuts = owner >= 0, _Cuts.of(snapshot, rules, flow)
    stuck = np.where(flow.t[1], 0, flow.places)
    elsewhere = owner[flow.service[cuts.link]] != cuts.organization
    carried = np.bincount(cuts.organization[elsewhere], flow.flow[cuts.link[elsewhere]], count)
    low = np.bincount(owner[owned], stuck[owned], count) / 100
    high = (np.bincount(owner[owned], flow.used[owned], count) + carried) / 100
    rows = np.flatnonzero(high > 0)
    rows = rows[np.argsort(-high[rows], kind="stable")]
    services = np.argsort(owner, kind="stable")
    first, last = (np.searchsorted(owner[services], rows, side).tolist() for side in ("left", "right"))
    done: list[Loss] = []
    rest: list[Loss] = []
    leading: list[float] = []  # a heap of the largest exact values, `top` of them
    solves, work = SOLVES_A_PLACE * top, Work(rules.exact_arcs)
    for at, (row, least, most) in enumerate(zip(rows.tolist(), low[rows].tolist(), high[rows].tolist(), strict=True)):
        exact = least if least == most else None
        if exact is None and solves > 0 and (len(leading) < top or most >= leading[0]):
            solves -= 1
            try:
                exact = flow.loss(services[first[at] : last[at]], cuts.mask(row, len(flow.zone)), work)
            except OutOfWork:
                solves = 0
        (rest if exact is None else done).append(Loss(row, least, most, exact))
        if exact is not None and top > 0:
            (heapq.heappush if len(leading) < top else heapq.heappushpop)(leading, exact)
    return [*sorted(done, key=lambda loss: (-(loss.exact or 0.0), loss.row)), *rest]


def _open(snapshot: Snapshot, settings: Settings, setting: int) -> Bools:
    """Links within the catchment of a setting."""
    return np.asarray((snapshot.link_mode == Mode.NO_TRAVEL) | (snapshot.link_minutes <= settings.minutes[setting]), "bool")


def _solved(snapshot: Snapshot, settings: Settings, setting: int) -> Solved:
    need = hundredths(snapshot.zone_people[:, setting], "zone_people")
    places = hundredths(snapshot.service_places[:, 2 - setting], "service_places")
    within = _open(snapshot, settings, setting)
    return Solved.on(need, places, distinct(snapshot.link_zone[within], snapshot.link_service[within], len(places)))


class _Cuts(NamedTuple):
    """Links of the flow that close with an organisation, as every agreement that opens them is one of its own; sorted by organisation."""

    organization: Ints
    link: Ints

    @classmethod
    def of(cls, snapshot: Snapshot, settings: Settings, flow: Solved) -> _Cuts:
        none = np.zeros(0, "int64")
        if len(snapshot.link_agreements) == 0:
            return cls(none, none)
        within = np.flatnonzero(_open(snapshot, settings, POINT))
        # Rows of one pair of zone and service are one link of the flow, which is sorted by this key.
        keys = flow.zone * len(flow.places) + flow.service
        link = np.searchsorted(keys, snapshot.link_zone[within].astype("int64") * len(flow.places) + snapshot.link_service[within])
        counts = np.diff(snapshot.link_agreements_at)[within].astype("int64")
        free = np.zeros(len(keys), "bool")
        free[link[counts == 0]] = True  # one row is open to everyone
        rows = np.arange(int(counts.sum())) + np.repeat(snapshot.link_agreements_at[within] - (np.cumsum(counts) - counts), counts)
        link, agreement = np.repeat(link, counts), snapshot.link_agreements[rows].astype("int64")
        pairs = np.unique(np.stack([link, agreement], 1)[~free[link]], axis=0)
        link, agreement = pairs[:, 0], pairs[:, 1]
        opened = np.bincount(link, minlength=len(keys))
        ends = np.stack([snapshot.agreement_from[agreement], snapshot.agreement_to[agreement]], 1).astype("int64")
        # An organisation closes a link if it has a part in as many of the link's agreements as there are.
        parts = np.concatenate([np.stack([ends[:, 0], link], 1), np.stack([ends[:, 1], link], 1)[ends[:, 0] != ends[:, 1]]])
        found, part_of = np.unique(parts, axis=0, return_counts=True)
        found = found[part_of == opened[found[:, 1]]]
        return cls(found[:, 0], found[:, 1])

    def mask(self, organization: int, links: int) -> Bools | None:
        """The links that close with one organisation; None for none."""
        first, last = np.searchsorted(self.organization, [organization, organization + 1])
        if first == last:
            return None
        mask = np.zeros(links, "bool")
        mask[self.link[first:last]] = True
        return mask


@dataclass(frozen=True, slots=True)
class _AreaNeeds:
    """Subjects of area × need by row, made when one is asked for; -1 names nothing."""

    area: Ints
    need: Ints

    def __len__(self) -> int:
        return len(self.need)

    def __getitem__(self, row: int) -> Subject:
        named = (RefType.AREA, int(self.area[row])), (RefType.NEED, int(self.need[row]))
        return tuple(Ref(kind, number) for kind, number in named if number >= 0)


def _by_area_and_need(snapshot: Snapshot) -> tuple[Ints, _AreaNeeds]:
    """The row of each zone, and the subjects of area × need in the order of their numbers."""
    both = np.stack([snapshot.zone_area, snapshot.zone_need], 1)
    order = np.lexsort((both[:, 1], both[:, 0]))
    new = np.concatenate([[True], (np.diff(both[order], axis=0) != 0).any(1)])
    label = np.empty(len(both), "int64")
    label[order] = np.cumsum(new) - 1
    return label, _AreaNeeds(*both[order][new].T)


def _by_piece(snapshot: Snapshot, corners: Corners) -> tuple[Ints, list[Subject]]:
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


class _Sizes(NamedTuple):
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


def _sizes(corners: Corners, label: Ints, count: int, exact_rows: int, work: Work) -> _Sizes:
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
    return _Sizes(people, np.minimum(low, people), np.maximum(high, people), exact)


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


def _refs(*, area: int, need: int, group: int) -> tuple[Ref, ...]:
    named = ((RefType.AREA, area), (RefType.NEED, need), (RefType.GROUP, group))
    return tuple(sorted(Ref(kind, number) for kind, number in named if number >= 0))


class _Places:
    """What is known of the services of a snapshot, for evidence and actions."""

    def __init__(self, snapshot: Snapshot, corners: Corners) -> None:
        self.snapshot = snapshot
        self.corners = corners
        flow = corners.point
        hidden = np.zeros(len(snapshot.service_id), "bool")
        owned = snapshot.service_org >= 0
        hidden[owned] = snapshot.org_confidential[snapshot.service_org[owned]]
        self.hidden = hidden
        short = flow.s[0][flow.zone]
        self.wanted = np.bincount(flow.service[short], flow.need[flow.zone[short]], len(snapshot.service_id))
        self.spare = flow.t[1] & (snapshot.service_places[:, POINT] > 0) & ~hidden
        self.linked = (
            np.bincount(flow.zone, minlength=len(snapshot.zone_area)) > 0 if len(flow.zone) else np.zeros(len(snapshot.zone_area), "bool")
        )
        self._gains: dict[int, float] = {}
        self._roomiest: dict[tuple[int, ...], int | None] = {}

    def ref(self, service: int) -> Ref | None:
        """A service by its number, listed clinicians by their area; nothing that could locate a confidential one."""
        if self.hidden[service]:
            return None
        if self.snapshot.service_id[service] >= 0:
            return Ref(RefType.SERVICE, int(self.snapshot.service_id[service]))
        area = int(self.snapshot.service_area[service])
        return Ref(RefType.AREA, area) if area >= 0 else None

    def refs(self, service: int) -> tuple[Ref, ...]:
        ref = self.ref(service)
        return () if ref is None else (ref,)

    @cached_property
    def served(self) -> set[tuple[int, int]]:
        """Areas and needs of the zones that some service is open to."""
        snapshot = self.snapshot
        return set(zip(snapshot.zone_area[self.linked].tolist(), snapshot.zone_need[self.linked].tolist(), strict=True))

    def refused(self, services: Ints, needs: Ints) -> Ints:
        """How often the partner of each of these services turned somebody with these needs away."""
        return np.array([sum(self.answers(np.array([service]), needs)) for service in services.tolist()], "int64")

    def gain(self, service: int, work: Work) -> float | None:
        """How many more could be placed with room for everybody there; each is solved once. None where that is too much work."""
        if service not in self._gains:
            with suppress(OutOfWork):
                self._gains[service] = self.corners.point.gain(service, work)
        return self._gains.get(service)

    def answers(self, services: Ints, needs: Ints) -> tuple[int, int]:
        """Offers for these needs that were declined, and that expired, at the owners of these services."""
        snapshot = self.snapshot
        owners = once(snapshot.service_org[services].astype("int64"))
        ties = self._ties_to(owners[owners >= 0])
        ties = ties[np.isin(snapshot.tie_need[ties], needs)]
        return int(snapshot.tie_declined[ties].sum()), int(snapshot.tie_expired[ties].sum())

    def _ties_to(self, receivers: Ints) -> Ints:
        order, pointers = self._by_receiver
        counts = pointers[receivers + 1] - pointers[receivers]
        rows = np.arange(int(counts.sum())) + np.repeat(pointers[receivers] - (np.cumsum(counts) - counts), counts)
        return np.asarray(order[rows], "int64")

    @cached_property
    def _by_receiver(self) -> tuple[Ints, Ints]:
        """Ties in the order of their receivers, and where each begins."""
        order = np.argsort(self.snapshot.tie_to, kind="stable")
        return order, np.searchsorted(self.snapshot.tie_to[order], np.arange(len(self.snapshot.org_id) + 1))

    def roomiest(self, needs: tuple[int, ...]) -> int | None:
        """The largest service of a partner that others use for these needs and that leads to free places; None if there is none."""
        if needs not in self._roomiest:
            snapshot, flow = self.snapshot, self.corners.point
            near = once(flow.service[np.isin(snapshot.zone_need[flow.zone], needs)]) if len(flow.zone) else np.zeros(0, "int64")
            # Clinicians who are only listed for an area cannot be agreed with.
            near = near[self.spare[near] & (snapshot.service_id[near] >= 0)]
            order = np.lexsort((snapshot.service_id[near], -snapshot.service_places[near, POINT]))
            self._roomiest[needs] = int(near[order[0]]) if len(near) else None
        return self._roomiest[needs]

    def evidence(self, service: int) -> Evidence:
        low, point, high = self.snapshot.service_places[service].tolist()
        return Evidence("service", self.ref(service), point, low, high, Basis(int(self.snapshot.service_basis[service])))


def _is(snapshot: Snapshot, zones: Ints, key: tuple[int, int, int]) -> Bools:
    """Which of these zones are this area, need and group."""
    columns = zip((snapshot.zone_area, snapshot.zone_need, snapshot.zone_group), key, strict=True)
    return np.asarray(np.logical_and.reduce([column[zones] == value for column, value in columns]), "bool")


class _Rows:
    """Rows of one kind: zones by label, each with a subject."""

    def __init__(
        self,
        places: _Places,
        label: Ints,
        subjects: _AreaNeeds | list[Subject],
        settings: Settings,
        work: Work | None = None,
        sizes: _Sizes | None = None,
    ) -> None:
        snapshot, flow, count = places.snapshot, places.corners.point, len(subjects)
        self.places, self.snapshot, self.settings, self.subjects, self.label = places, snapshot, settings, subjects, label
        self.work = work or Work(0)
        self.sizes = sizes or _sizes(places.corners, label, count, settings.top_exact, self.work)
        inside = label >= 0
        mine = label[inside]
        self.need = [np.bincount(mine, snapshot.zone_people[inside, k], count) for k in (MILD, POINT, HARSH)]
        self.rejected, self.expired, self.unmatched = (
            np.bincount(mine, column[inside], count).astype("int64")
            for column in (snapshot.zone_rejected, snapshot.zone_expired, snapshot.zone_unmatched)
        )
        self._zones = np.argsort(label, kind="stable")
        self._zones_at = np.searchsorted(label[self._zones], np.arange(count + 1))
        links = np.flatnonzero(label[flow.zone] >= 0) if len(flow.zone) else np.zeros(0, "int64")
        width = max(len(flow.places), 1)
        row, service = np.divmod(once(label[flow.zone[links]] * width + flow.service[links]), width)
        self.room = [np.bincount(row, snapshot.service_places[service, k], count) for k in (MILD, POINT, HARSH)]
        weak = snapshot.service_basis[service] >= Basis.INFERRED
        self.weak = np.bincount(row[weak], snapshot.service_places[service[weak], POINT], count)
        self.unsure = np.bincount(row[weak], np.diff(snapshot.service_places[service[weak]], axis=1)[:, 1], count)
        basis = np.zeros(count, "int64")
        np.maximum.at(basis, mine, snapshot.zone_basis[inside])
        np.maximum.at(basis, row, snapshot.service_basis[service])
        self.basis = basis
        self._services, self._services_at = service, np.searchsorted(row, np.arange(count + 1))

    def zones(self, row: int) -> Ints:
        return self._zones[self._zones_at[row] : self._zones_at[row + 1]]

    def services(self, row: int) -> Ints:
        return self._services[self._services_at[row] : self._services_at[row + 1]]

    def foremost(self, kind: Kind) -> list[int]:
        """The leading rows that have a size at some setting, as many as a report shows."""
        there = np.flatnonzero(self.sizes.high > 0)
        people, low = self.sizes.people[there], np.minimum(self.sizes.low, self.sizes.people)[there]
        leading = foremost(people, low, self.settings.most_rows, lambda at: gap_id(kind, "", self.subjects[int(there[at])]))
        return [int(row) for row in there[leading]]

    def gaps(self, kind: Kind) -> Iterator[Gap]:
        """The leading rows, in the order of their subjects."""
        for row in self.foremost(kind):
            extra = tuple(self.listed(row)) if kind is Kind.BOTTLENECK else ()
            yield self.gap(kind, row, extra, self.repair(row))

    def gap(self, kind: Kind, row: int, extra: tuple[Evidence, ...], action: Action) -> Gap:
        """One row, with what every shortage rests on."""
        people = float(self.sizes.people[row])
        low, high = float(self.sizes.low[row]), float(self.sizes.high[row])
        ended = (("rejected", self.rejected), ("given-up", self.expired), ("unmatched", self.unmatched))
        return Gap(
            kind=kind,
            variant="",
            subject=self.subjects[row],
            unit=Unit.PEOPLE,
            people=people,
            low=min(low, people),
            high=max(high, people),
            basis=Basis(int(self.basis[row])),
            recorded=int(self.rejected[row] + self.expired[row] + self.unmatched[row]),
            evidence=(
                *self.weighed(row, kind),
                *extra,
                *(Evidence(what, count=int(column[row]), counts_people=True) for what, column in ended),
            ),
            action=action,
            simulated=self.snapshot.simulated,
        )

    def weighed(self, row: int, kind: Kind) -> Iterator[Evidence]:
        """Need, places and how they are known."""
        low, need, high = (float(column[row]) for column in self.need)
        fewest, room, most = (float(column[row]) for column in self.room)
        yield Evidence("need", None, need, low, high, Basis(int(self.snapshot.zone_basis[self.zones(row)].max(initial=0))))
        worst = int(self.snapshot.service_basis[self.services(row)].max(initial=0))
        yield Evidence("places", None, room, fewest, most, Basis(worst))
        if room > 0:
            yield Evidence("inferred-share", count=float(self.weak[row]) / room)
        if kind is not Kind.LOW_ACCESS:
            yield Evidence("placed", count=max(0.0, need - float(self.sizes.people[row])))
            yield Evidence("exact" if self.sizes.exact[row] else "outer")

    def listed(self, row: int) -> Iterator[Evidence]:
        """The services of a bottleneck, largest first, and what was answered there."""
        snapshot, services = self.snapshot, self.services(row)
        named = services[~self.places.hidden[services]]
        named = named[np.lexsort((snapshot.service_id[named], -snapshot.service_places[named, POINT]))][:LISTED]
        for service in named.tolist():
            yield self.places.evidence(service)
        if len(services) > len(named):
            listed, every = (float(snapshot.service_places[rows, POINT].sum()) for rows in (named, services))
            yield Evidence("more-services", count=max(0.0, every - listed))
        declined, expired = self.places.answers(services, once(snapshot.zone_need[self.zones(row)]))
        yield Evidence("declined", count=declined, counts_people=True)
        yield Evidence("expired", count=expired, counts_people=True)

    def repair(self, row: int) -> Action:
        """Confirm what might not be lacking at all; else more places where they are used; else a link or a service where there is none."""
        services, people = self.services(row), float(self.sizes.people[row])
        stranded = self.stranded(row)
        if len(services) == 0:
            return self.first_service(row, people, stranded)
        if self.sizes.low[row] <= 0 and self.weak[row] >= MOSTLY * self.room[POINT][row]:
            unsure = np.diff(self.snapshot.service_places[services], axis=1)[:, 1] * (
                self.snapshot.service_basis[services] >= Basis.INFERRED
            )
            asked = int(services[np.lexsort((self.snapshot.service_id[services], -unsure))[0]])
            moved = float(self.sizes.high[row]) if people <= 0 else people
            return Action("confirm-capacity", self.places.refs(asked), bound=min(moved, float(self.unsure[row])))
        named = services[~self.places.hidden[services]]
        tight = named[self.places.corners.point.s[1][named]]
        if len(tight) == 0:
            tight = named
        if len(tight) == 0:
            return Action("add-places", (), bound=people)
        # Of those that most people could use, the one that turned most away; else the first by its number.
        most = tight[self.places.wanted[tight] == self.places.wanted[tight].max()]
        refused = self.places.refused(most, np.unique(self.snapshot.zone_need[self.zones(row)]))
        best = int(most[np.lexsort((self.snapshot.service_id[most], -refused))[0]])
        gain = self.places.gain(best, self.work) if self.sizes.exact[row] else None
        unheard = float(self.snapshot.zone_people[stranded, POINT].sum())
        if gain is not None and unheard > gain:
            return self.first_service(row, unheard, stranded)
        return Action("add-places", self.places.refs(best), gain, bound=gain if gain is not None else people)

    def stranded(self, row: int) -> Ints:
        """Zones of the row that no service is open to."""
        return self.zones(row)[~self.places.linked[self.zones(row)]]

    def first_service(self, row: int, people: float, stranded: Ints) -> Action:
        """Their language where others of the same area are served; a partner with room for the same need; else a service of their own."""
        if (spoken := self._unspoken(stranded)) is not None:
            return Action("add-language", spoken, bound=people)
        best = self.places.roomiest(tuple(np.unique(self.snapshot.zone_need[self.zones(row)]).tolist()))
        if best is not None:
            return Action("open-link", self.places.refs(best), bound=min(people, float(self.snapshot.service_places[best, POINT])))
        where = tuple(ref for ref in self.subjects[row] if ref.type is not RefType.GROUP)
        if not any(ref.type is RefType.AREA for ref in where) and len(stranded):
            most = int(stranded[np.argmax(self.snapshot.zone_people[stranded, POINT])])
            where = tuple(sorted({*where, *_refs(area=int(self.snapshot.zone_area[most]), need=-1, group=-1)}))
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
        return _refs(area=worst[0], need=worst[1], group=worst[2])

    def nearest(self, row: int) -> Iterator[Evidence]:
        """The three nearest services within the widest catchment, with minutes and places."""
        for minutes, service in self._near.get(row, ()):
            yield Evidence("minutes", self.places.ref(service), count=minutes)
            yield self.places.evidence(service)

    @cached_property
    def _near(self) -> dict[int, list[tuple[float, int]]]:
        """Minutes and service of the nearest three, by row; a confidential service is near nobody."""
        snapshot = self.snapshot
        wanted = np.zeros(len(self.subjects), "bool")
        wanted[self.foremost(Kind.LOW_ACCESS)] = True
        links = np.flatnonzero(wanted[self.label[snapshot.link_zone]] & ~self.places.hidden[snapshot.link_service])
        service, minutes = snapshot.link_service[links], np.where(snapshot.link_mode == Mode.NO_TRAVEL, 0, snapshot.link_minutes)[links]
        row = self.label[snapshot.link_zone[links]]
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
        place = tuple(ref for ref in self.subjects[row] if ref.type is RefType.AREA)
        if not near:
            return Action("telehealth", place, gain=people)
        areas = {ref.number for ref in place}
        away = [(minutes, service) for minutes, service in near if int(self.snapshot.service_area[service]) not in areas]
        if not away:
            return Action("add-places", self.places.refs(near[0][1]), gain=people, bound=people)
        minutes, service = away[0]
        verb = "outreach" if minutes <= self.settings.minutes[POINT] else "satellite"
        # Who goes before where to: listed clinicians are named by their area.
        return Action(verb, (*self.places.refs(service), *place), gain=people)
