"""How many people could change places: a flow on the residual graph, searched no farther from where it begins than it has to be.

A question about one area concerns a few hundred links of half a million. So the search takes the links nearest to the smaller side,
solves there, and takes more only where people could still get out of what it has seen. Where they cannot, the cut that it found is a
cut of the whole network, and the answer is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from .snapshot import Ints

MOST = 2**31 - 1  # scipy's arcs are integers of 32 bits; a larger one would be read as another number without a word
FIRST = 1_000  # arcs of the first neighbourhood
GROWTH = 1.5  # of the next one, at least: solving again costs less than what a wide ring adds in vain
TOGETHER = 10  # searches that are solved side by side
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


class Search:
    """The most that can be sent from nodes that give to nodes that take, and what has been seen of the graph to find it.

    Nodes whose arcs it follows, and nodes at its edge, where these arcs end. `within`: no way to a taker leads through any other
    node. `closed`: links that nobody can use.
    """

    def __init__(self, graph: Arcs, give: Ints, take: Ints, *, within: Bools | None = None, closed: Bools | None = None) -> None:
        size = len(graph.pointers) - 1
        self.graph, self.give, self.take, self.closed = graph, give, take, closed
        self.givers = np.flatnonzero(give > 0 if within is None else (give > 0) & within)
        self.limit = min(int(give[self.givers].sum()), int(take.sum()))
        self.usable = np.ones(size, "bool") if within is None else within
        self.seen, self.followed = np.zeros(size, "bool"), np.zeros(size, "bool")
        self.seen[self.givers] = True
        self.place = np.empty(size, "int32")  # where a node stands in whatever list is at hand
        self.nodes, self.arcs = [self.givers], 0
        self.parts: list[tuple[Ints, Ints, Ints]] = []  # tails, heads and room of the arcs that are followed

    def grow(self, edge: Ints) -> None:
        """Follow all arcs from the edge, and from the nodes that come in sight, until there are so many more."""
        graph, size = self.graph, max(FIRST, int(GROWTH * self.arcs))
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

    def numbered(self, first: int) -> Ints:
        """The nodes that were seen, which `place` numbers from `first` on."""
        nodes = np.concatenate(self.nodes)
        self.place[nodes] = np.arange(first, first + len(nodes))
        return nodes


def most(search: Search, work: Work | None = None) -> int:
    """The answer of one search. Raises OutOfWork."""
    (found,) = most_of_each([search], work)
    if found is None:
        raise OutOfWork
    return found


def most_of_each(searches: Sequence[Search], work: Work | None = None) -> list[int | None]:
    """The answer of each search; None where the work was used up before.

    They are solved side by side as one flow: a call of scipy's solver costs more than the few thousand arcs of a neighbourhood.
    """
    found: list[int | None] = [None if search.limit else 0 for search in searches]
    edges = {at: search.givers for at, search in enumerate(searches) if search.limit}
    while edges:
        for at, edge in list(edges.items()):
            searches[at].grow(edge)
            try:
                if work is not None:
                    work.spend(searches[at].arcs)
            except OutOfWork:
                del edges[at]
        for at, (sent, edge) in zip(list(edges), _solved([searches[at] for at in edges]), strict=True):
            edges[at] = edge
            if not edge.size:
                found[at] = sent
                del edges[at]
    return found


def _solved(searches: Sequence[Search]) -> list[tuple[int, Ints]]:
    """What each can send within what it has seen, and the nodes at its edge through which more might get out; none at the limit."""
    if not searches:
        return []
    nodes, first = [], [1]  # node 0 is the source of all
    for search in searches:
        nodes.append(search.numbered(first[-1]))
        first.append(first[-1] + len(nodes[-1]))
    sink = first[-1]
    tails, heads, room = [], [], []
    for search, seen in zip(searches, nodes, strict=True):
        takers, place = seen[search.take[seen] > 0], search.place
        tails += [np.zeros(len(search.givers), "int32"), *(place[part[0]] for part in search.parts), place[takers]]
        heads += [place[search.givers], *(place[part[1]] for part in search.parts), np.full(len(takers), sink, "int32")]
        room += [search.give[search.givers], *(part[2] for part in search.parts), search.take[takers]]
    capacity = np.concatenate(room)
    assert int(capacity.max()) <= MOST, "an arc would not fit into 32 bits"
    graph = csr_matrix((capacity.astype("int32"), (np.concatenate(tails), np.concatenate(heads))), (sink + 1, sink + 1))
    flow = maximum_flow(graph, 0, sink).flow
    given = np.zeros(sink + 1, "int64")
    given[flow.indices[: flow.indptr[1]]] = flow.data[: flow.indptr[1]]  # the row of the source
    sent = np.add.reduceat(given, first[:-1]).tolist()
    reached = np.zeros(sink + 1, "bool")
    if any(amount < search.limit for amount, search in zip(sent, searches, strict=True)):
        left = graph - flow
        left.eliminate_zeros()
        # The sink is not reached, as no more can be sent; so no search gets into another's nodes.
        reached[breadth_first_order(left, 0, directed=True, return_predecessors=False)] = True
    answers = []
    for search, seen, start, amount in zip(searches, nodes, first, sent, strict=False):
        inside = seen[reached[start : start + len(seen)]]
        out = inside[~search.followed[inside]] if amount < search.limit else inside[:0]
        answers.append((int(amount), np.sort(out)))
    return answers
