"""Who works with whom: ties as plain pairs of rows, directed or as partnerships without direction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from .snapshot import Ints, Snapshot, once

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True, slots=True)
class Pairs:
    """Distinct ordered pairs among `n` rows, sorted by the two; no row with itself."""

    n: int
    tails: Ints
    heads: Ints

    @classmethod
    def of(cls, n: int, tails: ArrayLike, heads: ArrayLike) -> Pairs:
        """Parallel ties are one, self-ties none. ValueError names the first end out of range."""
        tail, head = np.asarray(tails, "int64"), np.asarray(heads, "int64")
        if tail.shape != head.shape or tail.ndim != 1:
            raise ValueError(f"ties: as many starts as ends are needed, not {tail.shape} and {head.shape}")
        bad = np.flatnonzero((tail < 0) | (tail >= n) | (head < 0) | (head >= n))
        if bad.size:
            raise ValueError(f"ties: row {bad[0]} is ({tail[bad[0]]}, {head[bad[0]]}), of {n} partners")
        return cls._sorted(n, (tail * n + head)[tail != head])

    @classmethod
    def _sorted(cls, n: int, keys: Ints) -> Pairs:
        tails, heads = np.divmod(once(keys), max(n, 1))
        return cls(n, tails, heads)

    def undirected(self) -> Pairs:
        """Each partnership once, from its lower row to its higher one."""
        return self._sorted(self.n, np.minimum(self.tails, self.heads) * self.n + np.maximum(self.tails, self.heads))

    def both_ways(self) -> csr_array:
        """The symmetric matrix of the partnerships; call it on `undirected()` pairs."""
        return matrix(self.n, np.concatenate([self.tails, self.heads]), np.concatenate([self.heads, self.tails]))


def matrix(n: int, tails: NDArray[Any], heads: NDArray[Any]) -> csr_array:
    """Ones at (tail, head), in whatever order of heads within a row."""
    return csr_array((np.ones(len(tails)), (tails, heads)), shape=(n, n))


def accepted(snapshot: Snapshot, *, recent: bool = False) -> Pairs:
    """The ACCEPTED layer: of the whole window, or of its last 90 days."""
    return _layer(snapshot, snapshot.tie_recent if recent else snapshot.tie_accepted)


def sent(snapshot: Snapshot) -> Pairs:
    """The SENT layer of the whole window."""
    return _layer(snapshot, snapshot.tie_sent)


class Window:
    """The accepted ties of one window, and what several measures ask of them; each is worked out once."""

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs

    @cached_property
    def undirected(self) -> Pairs:
        return self.pairs.undirected()

    @cached_property
    def both_ways(self) -> csr_array:
        return self.undirected.both_ways()

    @cached_property
    def weak(self) -> Ints:
        """The weak component of each row: in a symmetric matrix the strong one, which scipy finds without turning it round."""
        label: Ints = connected_components(self.both_ways, directed=True, connection="strong")[1].astype("int64")
        return label


class Windows:
    """Both windows of one snapshot, and who sent or received anything in the longer one."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    @cached_property
    def year(self) -> Window:
        return Window(accepted(self.snapshot))

    @cached_property
    def recent(self) -> Window:
        return Window(accepted(self.snapshot, recent=True))

    @cached_property
    def active(self) -> NDArray[np.bool_]:
        return has_ties(sent(self.snapshot))


def has_ties(pairs: Pairs) -> NDArray[np.bool_]:
    there = np.zeros(pairs.n, bool)
    there[pairs.tails] = True
    there[pairs.heads] = True
    return there


def _layer(snapshot: Snapshot, counts: NDArray[np.int32]) -> Pairs:
    there = counts > 0
    return Pairs.of(len(snapshot.org_id), snapshot.tie_from[there], snapshot.tie_to[there])


def foremost(people: NDArray[Any], low: NDArray[Any], most: int, id_of: Callable[[int], str]) -> Ints:
    """The places, ascending, of the `most` rows that lead `ranked`; the ids of rows are asked for only where equal ones meet the limit."""
    if len(people) <= most:
        return np.arange(len(people))
    certainty = np.where(low > 0, 0, np.where(people > 0, 1, 2))
    order = np.lexsort((-low, -people, certainty))
    last = order[most - 1] if most > 0 else order[0]
    alike = (certainty == certainty[last]) & (people == people[last]) & (low == low[last])
    before = order[: max(most, 0)]
    before = before[~alike[before]]
    tied, left = np.flatnonzero(alike), max(most, 0) - len(before)
    if len(tied) > left:
        tied = np.array(sorted(tied.tolist(), key=id_of)[:left], "int64")
    return np.sort(np.concatenate([before, tied]))


def rows_of(graph: nx.Graph | Pairs) -> tuple[list[Any], Pairs]:
    """The nodes of a networkx graph in their order, and its edges as pairs of their places; pairs are their own."""
    if isinstance(graph, Pairs):
        return list(range(graph.n)), graph
    nodes = list(graph)
    place = {node: row for row, node in enumerate(nodes)}
    ends = np.array([(place[u], place[v]) for u, v in graph.edges()], "int64").reshape(-1, 2)
    return nodes, Pairs.of(len(nodes), ends[:, 0], ends[:, 1])
