"""Who can be placed at all: one maximum flow from zones to services, why it stops there, and what each change would do to it.

People flow from zones (their need, a month) over links to services (their places, a month). Flows are whole hundredths of a
person, so results are exact to a hundredth and the same on every machine. Two sets of the residual graph answer most questions:

S   what can be reached from a zone that has somebody unplaced. No minimum cut has a smaller source side, so every solver finds the same S.
T   what can still reach a free place.

====================================  ==========================================================
where does one more place help?       at services in S, nowhere else
can one more person be placed in z?   yes if z is in T
does one new link z-j help by itself? yes if z is in S and j in T
what does losing service j cost?      its places if j is not in T, nothing if it carries nobody,
                                      else between nothing and what it carries
====================================  ==========================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, csr_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components, maximum_flow

from .rerouting import MOST, Arcs, Bools, Search, Work, most, most_of_each
from .snapshot import Ints, amounts, once, pairs


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """Zones that go short together, and all the services open to any of them."""

    zones: tuple[int, ...]  # row numbers, ascending
    services: tuple[int, ...]  # row numbers, ascending
    deficit: float  # people a month: need of the zones less places of the services


def hundredths(values: ArrayLike, what: str) -> Ints:
    """A column of amounts as whole hundredths; ValueError names the first row that is no amount, or too large to be counted."""
    column = amounts(values, what)
    large = np.flatnonzero(column > MOST / 100)
    if large.size:
        raise ValueError(f"{what}: row {large[0]} is {column[large[0]]}; more than {MOST / 100} a month cannot be counted")
    return np.asarray(np.rint(column * 100), "int64")


def distinct(zone: NDArray[np.int32], service: NDArray[np.int32], services: int) -> Ints:
    """Keys `zone * services + service` of the links, sorted, each once."""
    keys: Ints = np.asarray(zone.astype("int64") * services + service, "int64")
    return np.asarray(keys if bool(np.all(keys[1:] > keys[:-1])) else once(keys), "int64")


@dataclass(frozen=True)
class Solved:
    """One maximum flow and what follows from it, so that nothing is solved twice. Amounts are hundredths of a person a month.

    Not slotted: what follows is worked out when it is first asked for, and kept.
    """

    need: Ints  # (Z,)
    places: Ints  # (S,)
    zone: Ints  # (L,) of each distinct link, sorted by zone, then service
    service: Ints  # (L,)
    flow: Ints  # (L,) which of several best routings this is depends on the solver; only what the docstrings call unique does not

    @classmethod
    def of(cls, need: ArrayLike, places: ArrayLike, links: ArrayLike) -> Solved:
        """Solve for people by zone, places by service and (zone, service) pairs; parallel links count once."""
        people, room = hundredths(need, "need"), hundredths(places, "places")
        return cls.on(people, room, distinct(*pairs(links, len(people), len(room)), len(room)))

    @classmethod
    def on(cls, need: Ints, places: Ints, keys: Ints) -> Solved:
        """The same for hundredths and keys that are known to be sound."""
        zone, service = np.divmod(keys, max(len(places), 1))
        return cls(need, places, zone, service, _routed(need, places, zone, service))

    @cached_property
    def placed(self) -> Ints:
        """By zone; depends on the routing found, except where a zone is outside S."""
        return _summed(self.zone, self.flow, len(self.need))

    @cached_property
    def unplaced(self) -> Ints:
        """By zone; depends on the routing found."""
        return self.need - self.placed

    @cached_property
    def used(self) -> Ints:
        """By service; depends on the routing found."""
        return _summed(self.service, self.flow, len(self.places))

    @cached_property
    def total(self) -> int:
        """F: people placed, unique."""
        return int(self.flow.sum())

    @property
    def unmet(self) -> float:
        """People a month, unique."""
        return (int(self.need.sum()) - self.total) / 100

    @cached_property
    def s(self) -> tuple[Bools, Bools]:
        """S: whether a zone can go short under some best routing, and whether a service is open to such a zone. Unique."""
        carrying = self._by_service[self.flow[self._by_service] > 0]
        return self._reached(
            np.flatnonzero(self.unplaced),
            (_pointers(self.zone, len(self.need)), self.service + len(self.need)),
            (_pointers(self.service[carrying], len(self.places)), self.zone[carrying]),
        )

    @cached_property
    def t(self) -> tuple[Bools, Bools]:
        """T: whether one more person in a zone can be placed, and whether one more sent to a service could be. Unique."""
        carrying, order = np.flatnonzero(self.flow > 0), self._by_service
        return self._reached(
            np.flatnonzero(self.places > self.used) + len(self.need),
            (_pointers(self.zone[carrying], len(self.need)), self.service[carrying] + len(self.need)),
            (_pointers(self.service, len(self.places)), self.zone[order]),
        )

    def link_helps(self, zone: int, service: int) -> bool:
        """Whether this one new link would place anybody more."""
        return bool(self.s[0][zone] and self.t[1][service])

    @cached_property
    def pieces(self) -> tuple[Ints, Ints, Ints]:
        """Piece of each zone and of each service, -1 outside S, and the deficit of each piece. Pieces are numbered by their first zone."""
        short, tight = self.s
        inside = short[self.zone]  # a link of a zone in S always ends in S
        size = len(self.need) + len(self.places)
        graph = csr_matrix((np.ones(int(inside.sum()), "int8"), (self.zone[inside], self.service[inside] + len(self.need))), (size, size))
        _, label = connected_components(graph, directed=False)
        mine = label[: len(self.need)][short]
        _, first, inverse = np.unique(mine, return_index=True, return_inverse=True)
        rank = np.argsort(np.argsort(first))
        of_zone = np.full(len(self.need), -1, "int64")
        of_zone[short] = rank[inverse]
        of_service = np.full(len(self.places), -1, "int64")
        of_service[self.service[inside]] = of_zone[self.zone[inside]]
        lacking = _summed(of_zone[short], self.need[short], len(first)) - _summed(of_service[tight], self.places[tight], len(first))
        assert int(lacking.sum()) == int(self.need.sum()) - self.total, "the deficits of all pieces add up to unmet demand"
        return of_zone, of_service, lacking

    def bottlenecks(self) -> list[Bottleneck]:
        """One for each piece, largest first, then by first zone."""
        of_zone, of_service, lacking = self.pieces
        zones, services = _members(of_zone, len(lacking)), _members(of_service, len(lacking))
        order = np.argsort(-lacking, kind="stable")
        return [Bottleneck(tuple(zones[k].tolist()), tuple(services[k].tolist()), float(lacking[k]) / 100) for k in order.tolist()]

    def placed_range(self, zones: ArrayLike) -> tuple[float, float]:
        """Least and most people of these zones that are placed, over all best routings; both are attained."""
        inside = self._chosen(zones, len(self.need), "zones")
        return self.least_placed(inside), self.most_placed(inside)

    def least_placed(self, zones: ArrayLike) -> float:
        """People of these zones who are placed when everybody else comes first."""
        return self.least_placed_each([zones])[0] or 0.0

    def most_placed(self, zones: ArrayLike) -> float:
        """People of these zones who are placed when they come first."""
        return self.most_placed_each([zones])[0] or 0.0

    def least_placed_each(self, groups: Sequence[ArrayLike], work: Work | None = None) -> list[float | None]:
        """The same for several groups of zones; None where the work was used up."""
        inside = [self._chosen(zones, len(self.need), "zones") for zones in groups]
        taken = [self._search(np.where(mine, 0, self.unplaced), np.where(mine, self.placed, 0)) for mine in inside]
        return [self._placed(mine, less, -1) for mine, less in zip(inside, most_of_each(taken, work), strict=True)]

    def most_placed_each(self, groups: Sequence[ArrayLike], work: Work | None = None) -> list[float | None]:
        """The same for several groups of zones; None where the work was used up."""
        inside = [self._chosen(zones, len(self.need), "zones") for zones in groups]
        taken = [self._search(np.where(mine, self.unplaced, 0), np.where(mine, 0, self.placed)) for mine in inside]
        return [self._placed(mine, more, 1) for mine, more in zip(inside, most_of_each(taken, work), strict=True)]

    def _placed(self, zones: Bools, change: int | None, sign: int) -> float | None:
        return None if change is None else (int(self.placed[zones].sum()) + sign * change) / 100

    def loss_bounds(self, services: ArrayLike = (), links: Bools | None = None) -> tuple[float, float]:
        """How many fewer could be placed without these services and links, without solving again: at least, at most."""
        gone = self._chosen(services, len(self.places), "services")
        carried = gone[self.service] if links is None else gone[self.service] | links
        return int(self.places[gone & ~self.t[1]].sum()) / 100, int(self.flow[carried].sum()) / 100

    def loss(self, services: ArrayLike = (), links: Bools | None = None, work: Work | None = None) -> float:
        """Exactly how many fewer: those carried there now, less those who find another place. Raises OutOfWork."""
        gone = self._chosen(services, len(self.places), "services")
        cut = gone[self.service] if links is None else gone[self.service] | links
        stranded = _summed(self.zone[cut], self.flow[cut], len(self.need))
        freed = _summed(self.service[cut], self.flow[cut], len(self.places))
        room = np.where(gone, 0, self.places - self.used + freed)
        give, take = np.zeros(self._nodes, "int64"), np.zeros(self._nodes, "int64")
        give[: len(self.need)], take[len(self.need) :] = stranded, room
        if freed[~gone].any():  # where a link closes and its service stays, others gain
            give[: len(self.need)] += self.unplaced
            within = None
        else:
            within = self._in_t  # nothing else leads to a free place, with or without what closes
        again = most(Search(self._forward, give, take, within=within, closed=cut), work)
        return (int(stranded.sum()) - again) / 100

    def gain(self, service: int, work: Work | None = None) -> float:
        """How many more could be placed if this service had room for everybody. Raises OutOfWork."""
        # Each zone that could use it could send what is left of its need there.
        ends = self.service == service
        take = _summed(self.zone[ends], self.need[self.zone[ends]] - self.flow[ends], len(self.need))
        return most(self._search(self.unplaced, take), work) / 100

    def _search(self, short: Ints, take: Ints) -> Search:
        """For the most that zones which go short can get of what other zones could give up; searched from the side that is smaller."""
        nowhere = np.zeros(len(self.places), "int64")
        give, take = np.concatenate([short, nowhere]), np.concatenate([take, nowhere])
        within = self._in_s  # nobody who goes short gets anywhere else
        if np.count_nonzero(take) < np.count_nonzero(give):
            return Search(self._backward, take, give, within=within)
        return Search(self._forward, give, take, within=within)

    @property
    def _nodes(self) -> int:
        """Zones, and services numbered after them."""
        return len(self.need) + len(self.places)

    @cached_property
    def _in_s(self) -> Bools:
        return np.concatenate(self.s)

    @cached_property
    def _in_t(self) -> Bools:
        return np.concatenate(self.t)

    @cached_property
    def _forward(self) -> Arcs:
        """Out of a zone over each of its links, out of a service back over those that carry anybody.

        A zone never sends more than its need over one link, so its need is as good as no limit and keeps to 32 bits.
        """
        z, carrying = len(self.need), self._by_service[self.flow[self._by_service] > 0]
        links = np.concatenate([np.arange(len(self.zone)), carrying])
        pointers = np.concatenate([_pointers(self.zone, z), len(self.zone) + _pointers(self.service[carrying], len(self.places))[1:]])
        heads = np.concatenate([self.service + z, self.zone[carrying]])
        return Arcs(pointers, heads, np.concatenate([self.need[self.zone] - self.flow, self.flow[carrying]]), links)

    @cached_property
    def _backward(self) -> Arcs:
        """The same arcs turned round: out of a zone over links that carry anybody, out of a service over each."""
        z, carrying, order = len(self.need), np.flatnonzero(self.flow > 0), self._by_service
        links = np.concatenate([carrying, order])
        pointers = np.concatenate([_pointers(self.zone[carrying], z), len(carrying) + _pointers(self.service, len(self.places))[1:]])
        heads = np.concatenate([self.service[carrying] + z, self.zone[order]])
        return Arcs(pointers, heads, np.concatenate([self.flow[carrying], (self.need[self.zone] - self.flow)[order]]), links)

    @cached_property
    def _by_service(self) -> Ints:
        """Numbers of the links, sorted by service."""
        shape = (max(len(self.need), 1), max(len(self.places), 1))
        pointers = _pointers(self.zone, shape[0])
        turned = csr_array((np.arange(len(self.zone)), self.service.astype("int32"), pointers.astype("int32")), shape).tocsc()
        return np.asarray(turned.data, "int64")

    def _reached(self, start: Ints, zones: tuple[Ints, Ints], services: tuple[Ints, Ints]) -> tuple[Bools, Bools]:
        """What a breadth-first search reaches from `start`; each side as CSR pointers and heads, services numbered after zones."""
        root = len(self.need) + len(self.places)
        arcs = len(zones[1]), len(services[1]), len(start)
        pointers = np.concatenate([zones[0], services[0][1:] + arcs[0], [sum(arcs)]])
        heads = np.concatenate([zones[1], services[1], start])
        graph = csr_matrix((np.ones(len(heads)), heads.astype("int32"), pointers.astype("int32")), (root + 1, root + 1))
        order = breadth_first_order(graph, root, directed=True, return_predecessors=False)
        seen = np.zeros(root + 1, "bool")
        seen[order] = True
        return seen[: len(self.need)], seen[len(self.need) : root]

    @staticmethod
    def _chosen(rows: ArrayLike, size: int, what: str) -> Bools:
        chosen = np.asarray(rows)
        if chosen.dtype == np.bool_ and chosen.shape == (size,):
            return np.asarray(chosen, "bool")
        chosen = chosen.astype("int64")
        bad = np.flatnonzero((chosen < 0) | (chosen >= size))
        if bad.size:
            raise ValueError(f"{what}: entry {bad[0]} is {chosen.flat[bad[0]]}, of {size}")
        mask = np.zeros(size, "bool")
        mask[chosen] = True
        return mask


def _summed(rows: Ints, values: Ints, size: int) -> Ints:
    """Sums of values by row; exact, as the floats of bincount hold whole numbers up to 2**53."""
    return np.bincount(rows, weights=values, minlength=size).astype("int64")


def _pointers(rows: Ints, size: int) -> Ints:
    """CSR pointers of sorted or unsorted rows."""
    return np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=size))]).astype("int64")


def _members(label: Ints, count: int) -> list[Ints]:
    """Row numbers by label, ascending; -1 is left out."""
    order = np.argsort(label, kind="stable")
    ends = np.searchsorted(label[order], np.arange(count + 1))
    return [order[ends[k] : ends[k + 1]] for k in range(count)]


def _csr(capacity: Ints, heads: Ints, pointers: Ints) -> Any:
    assert capacity.size == 0 or int(capacity.max()) <= MOST, "an arc would not fit into 32 bits"
    size = len(pointers) - 1
    return csr_matrix((capacity.astype("int32"), heads.astype("int32"), pointers.astype("int32")), shape=(size, size))


def _routed(need: Ints, places: Ints, zone: Ints, service: Ints) -> Ints:
    """Flow over each link of one maximum flow; arcs without capacity are left out."""
    flow = np.zeros(len(zone), "int64")
    live = (need[zone] > 0) & (places[service] > 0) if len(zone) else np.zeros(0, "bool")
    if not live.any():
        return flow
    z, s = len(need), len(places)
    asking, offering, ends, room = np.flatnonzero(need > 0), places > 0, zone[live], service[live]
    pointers = np.concatenate(
        [[0, len(asking)], len(asking) + np.cumsum(np.bincount(ends, minlength=z)), len(asking) + len(ends) + np.cumsum(offering)]
    )
    pointers = np.append(pointers, pointers[-1])  # nothing leaves the sink
    heads = np.concatenate([asking + 1, room + 1 + z, np.full(int(offering.sum()), z + s + 1)])
    capacity = np.concatenate([need[asking], np.minimum(need[ends], places[room]), places[offering]])
    solved = maximum_flow(_csr(capacity, heads, pointers), 0, z + s + 1).flow
    rows = slice(solved.indptr[1], solved.indptr[z + 1])
    flow[live] = solved.data[rows][solved.indices[rows] > z]  # the rows of zones, without their arcs back to the source
    return flow


def unmet_demand(need: ArrayLike, places: ArrayLike, links: ArrayLike) -> float:
    """People a month who cannot be placed, however well everybody is routed.

    Total need less the maximum flow from zones to services. A lower bound on those left without help, since everybody is taken to
    be perfectly informed and free to use any service that is open to them.

    Parameters
    ----------
    need : array_like, (Z,)
        People a month by zone.
    places : array_like, (S,)
        Places for new people a month by service.
    links : array_like, (E, 2)
        Row numbers of zone and service; who may use what. A pair that is given twice counts once.

    Returns
    -------
    float
        People a month, exact to a hundredth.

    Raises
    ------
    ValueError
        For negative, NaN or infinite values, for more than 2**31 - 1 hundredths in one row, and for link ends out of range;
        names the first bad row.

    Notes
    -----
    Cost near-linear in E in practice (Dinic). Oracle: ``networkx.maximum_flow_value``. By the max-flow min-cut theorem the answer is
    the largest shortage of any set of zones, need less the places of all services open to it.

    Examples
    --------
    >>> from network.graph import unmet_demand
    >>> unmet_demand([60, 40, 30], [50, 45], [(0, 0), (1, 0), (1, 1)])
    40.0
    """
    return Solved.of(need, places, links).unmet


def bottlenecks(need: ArrayLike, places: ArrayLike, links: ArrayLike) -> list[Bottleneck]:
    """Why people cannot be placed: zones whose services, all taken together, are too few.

    The source-side minimal minimum cut, which is unique, in its connected pieces. A zone is in a piece if and only if it goes short
    under some best routing; a service if and only if one more place there would help.

    Parameters
    ----------
    need, places, links : array_like
        As in `unmet_demand`.

    Returns
    -------
    list of Bottleneck
        Largest deficit first, then by first zone; the deficits add up to `unmet_demand`.

    Raises
    ------
    ValueError
        As in `unmet_demand`.

    Notes
    -----
    Cost O(E) after the flow (two searches of its residual graph). Oracle: ``networkx.minimum_cut``.

    Examples
    --------
    >>> from network.graph import bottlenecks
    >>> bottlenecks([60, 40, 30], [50, 45], [(0, 0), (1, 0), (1, 1)])
    [Bottleneck(zones=(2,), services=(), deficit=30.0), Bottleneck(zones=(0,), services=(0,), deficit=10.0)]
    """
    return Solved.of(need, places, links).bottlenecks()


def placed_range(need: ArrayLike, places: ArrayLike, links: ArrayLike, zones: Iterable[int]) -> tuple[float, float]:
    """Least and most people of some zones who are placed, over all routings that place as many as possible.

    Only the total is unique, not who gets a place. The ends are F(all) - F(all without these zones) and F(these zones alone),
    and both are attained.

    Parameters
    ----------
    need, places, links : array_like
        As in `unmet_demand`.
    zones : iterable of int
        Row numbers.

    Returns
    -------
    tuple of float
        People a month, least and most.

    Raises
    ------
    ValueError
        As in `unmet_demand`, and for a zone out of range.

    Notes
    -----
    Three flows, two of them on the residual graph of the first.

    Examples
    --------
    >>> from network.graph import placed_range
    >>> placed_range([60, 40, 30], [50, 45], [(0, 0), (1, 0), (1, 1)], zones=[0])
    (50.0, 50.0)
    """
    return Solved.of(need, places, links).placed_range(list(zones))


def loss_bounds(need: ArrayLike, places: ArrayLike, links: ArrayLike, services: Iterable[int]) -> tuple[float, float]:
    """How many fewer people could be placed if some services closed, without solving again.

    At least the places of those that lead to no free place, at most the people they carry. Equal where all of them are full and
    no re-routing leads on. The upper bound depends on the routing that was found: say "at most".

    Parameters
    ----------
    need, places, links : array_like
        As in `unmet_demand`.
    services : iterable of int
        Row numbers.

    Returns
    -------
    tuple of float
        People a month, at least and at most.

    Raises
    ------
    ValueError
        As in `unmet_demand`, and for a service out of range.

    Notes
    -----
    Cost O(E) after the flow, for all services together.

    Examples
    --------
    >>> from network.graph import loss_bounds
    >>> loss_bounds([60, 40, 30], [50, 45], [(0, 0), (1, 0), (1, 1)], services=[1])
    (0.0, 40.0)
    """
    return Solved.of(need, places, links).loss_bounds(list(services))


def loss(need: ArrayLike, places: ArrayLike, links: ArrayLike, services: Iterable[int]) -> float:
    """How many fewer people could be placed if some services closed.

    Those carried there, less those who find another place when everybody is routed again as well as can be.

    Parameters
    ----------
    need, places, links : array_like
        As in `unmet_demand`.
    services : iterable of int
        Row numbers.

    Returns
    -------
    float
        People a month, exact to a hundredth.

    Raises
    ------
    ValueError
        As in `loss_bounds`.

    Notes
    -----
    One further flow on the residual graph, from the zones that lost somebody.

    Examples
    --------
    >>> from network.graph import loss
    >>> loss([60, 40, 30], [50, 45], [(0, 0), (1, 0), (1, 1)], services=[1])
    40.0
    """
    return Solved.of(need, places, links).loss(list(services))
