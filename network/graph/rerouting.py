"""How many people could change places: a flow on the residual graph, searched no farther from where it begins than it has to be.

A question about one area concerns a few hundred links of half a million. So the search takes the links nearest to the smaller side,
solves there, and takes more only where people could still get out of what it has seen. Where they cannot, the cut that it found is a
cut of the whole network, and the answer is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from .snapshot import Ints

MOST = 2**31 - 1  # scipy's arcs are integers of 32 bits; a larger one would be read as another number without a word
FIRST = 1_000  # arcs of the first neighbourhood
GROWTH = 1.5  # of the next one, at least: solving again costs less than what a wide ring adds in vain
Bools = NDArray[np.bool_]


class OutOfWork(Exception):  # noqa: N818 - a limit that was set, no mistake
    """The searches have looked at as many arcs as they may."""


@dataclass(slots=True)
class Work:
    """How many arcs searches may still look at. Counted, and never timed: the same on every machine."""

    arcs: int

    def spend(self, arcs: int) -> None:
        if arcs > self.arcs:
            raise OutOfWork
        self.arcs -= arcs


@dataclass(frozen=True, slots=True)
class Arcs:
    """A residual graph by node: where each arc leads, how many can take it, and the link that it belongs to."""

    pointers: Ints  # (nodes + 1,)
    heads: Ints
    room: Ints
    link: Ints

    def most(self, give: Ints, take: Ints, *, within: Bools | None = None, closed: Bools | None = None, work: Work | None = None) -> int:
        """The most that can be sent from nodes that give to nodes that take.

        `within`: no way to a taker leads through any other node. `closed`: links that nobody can use. Raises OutOfWork.
        """
        givers = np.flatnonzero(give > 0 if within is None else (give > 0) & within)
        limit = min(int(give[givers].sum()), int(take.sum()))
        if limit == 0:
            return 0
        near = _Neighbourhood(self, givers, within, closed)
        edge, size = givers, FIRST
        while True:
            near.grow(edge, size)
            if work is not None:
                work.spend(near.arcs)
            sent, edge = near.solve(give, take, limit)
            if not edge.size:
                return sent
            size = int(GROWTH * near.arcs)


class _Neighbourhood:
    """What a search has seen: nodes whose arcs it follows, and the nodes at its edge, where these arcs end."""

    def __init__(self, graph: Arcs, givers: Ints, within: Bools | None, closed: Bools | None) -> None:
        self.graph, self.givers, self.closed = graph, givers, closed
        size = len(graph.pointers) - 1
        self.usable = np.ones(size, "bool") if within is None else within.copy()
        self.seen, self.followed = np.zeros(size, "bool"), np.zeros(size, "bool")
        self.seen[givers] = True
        self.place = np.empty(size, "int32")  # where a node stands in whatever list is at hand
        self.nodes, self.arcs = [givers], 0
        self.parts: list[tuple[Ints, Ints, Ints]] = []  # tails, heads and room of the arcs that are followed

    def grow(self, edge: Ints, size: int) -> None:
        """Follow all arcs from the edge, and from the nodes that come in sight, until `size` arcs are there."""
        graph = self.graph
        while edge.size and self.arcs < size:
            self.followed[edge] = True
            counts = graph.pointers[edge + 1] - graph.pointers[edge]
            rows = np.arange(int(counts.sum())) + np.repeat(graph.pointers[edge] - (np.cumsum(counts) - counts), counts)
            tails, heads, room = np.repeat(edge, counts), graph.heads[rows], graph.room[rows]
            open_ = (room > 0) & self.usable[heads]
            if self.closed is not None:
                open_ &= ~self.closed[graph.link[rows]]
            tails, heads, room = tails[open_], heads[open_], room[open_]
            self.parts.append((tails, heads, room))
            self.arcs += len(rows) + 1
            edge = self._once(heads[~self.seen[heads]])
            self.seen[edge] = True
            self.nodes.append(edge)

    def _once(self, nodes: Ints) -> Ints:
        """Each node once, wherever it stands last."""
        self.place[nodes] = np.arange(len(nodes))
        return np.asarray(nodes[self.place[nodes] == np.arange(len(nodes))], "int64")

    def solve(self, give: Ints, take: Ints, limit: int) -> tuple[int, Ints]:
        """What can be sent in here, and the nodes at the edge through which more might get out; none at the limit."""
        nodes = np.concatenate(self.nodes)
        place = self.place
        place[nodes] = np.arange(1, len(nodes) + 1)
        sink = len(nodes) + 1
        takers = nodes[take[nodes] > 0]
        tails = [np.zeros(len(self.givers), "int32"), *(place[part[0]] for part in self.parts), place[takers]]
        heads = [place[self.givers], *(place[part[1]] for part in self.parts), np.full(len(takers), sink, "int32")]
        room = np.concatenate([give[self.givers], *(part[2] for part in self.parts), take[takers]])
        assert int(room.max()) <= MOST, "an arc would not fit into 32 bits"
        graph = csr_matrix((room.astype("int32"), (np.concatenate(tails), np.concatenate(heads))), (sink + 1, sink + 1))
        solved = maximum_flow(graph, 0, sink)
        if solved.flow_value == limit:
            return limit, nodes[:0]
        left = graph - solved.flow
        left.eliminate_zeros()
        reached = breadth_first_order(left, 0, directed=True, return_predecessors=False)
        inside = nodes[reached[(reached > 0) & (reached < sink)] - 1]
        return int(solved.flow_value), np.sort(inside[~self.followed[inside]])
