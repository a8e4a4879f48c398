"""Measure 5: which partner, or which partnership, the network cannot lose without falling apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from .gaps import Action, Basis, Evidence, Gap, Kind, Ref, RefType, Settings, Unit, gap_id
from .partnerships import Pairs, Windows, foremost, matrix, rows_of
from .snapshot import Floats, Ints, Snapshot, amounts

if TYPE_CHECKING:
    import networkx as nx

Loss = tuple[int, float, float, float | None]  # row, at least, at most, exactly or None: people a month without a place
SHOWN_PIECES = 5


@dataclass(frozen=True, slots=True)
class SinglePoint:
    """A partner whose loss splits its component."""

    node: Any
    cut_off: float  # people a month who enter in any piece but the heaviest


@dataclass(frozen=True, slots=True)
class SingleTie:
    """A partnership whose loss splits its component."""

    ends: tuple[Any, Any]
    cut_off: float  # people a month who enter on the lighter side


def single_points(graph: nx.Graph | Pairs, entry: Mapping[Any, float] | Sequence[float] | Floats | None = None) -> list[SinglePoint]:
    """Articulation points, the heaviest loss first.

    On the undirected simple form: direction, parallel ties and self-ties do not count.

    Parameters
    ----------
    graph : networkx graph, or `Pairs` of n rows
    entry : people a month by node (a mapping, 0 where absent) or by row; 1 each by default

    Returns
    -------
    list of SinglePoint
        Sorted by `cut_off` descending, then by the order of the nodes.

    Raises
    ------
    ValueError
        For a negative or NaN entry, and for one of the wrong length.

    Notes
    -----
    Tarjan and Vishkin's blocks on a breadth-first tree, level by level; O(n + m). A bias: a tie of one referral
    holds the network together as well as one of a thousand. Oracle: networkx.articulation_points.

    References
    ----------
    Tarjan, R. E. and Vishkin, U. (1985). An efficient parallel biconnectivity algorithm. SIAM J. Comput. 14(4). doi 10.1137/0214061

    Examples
    --------
    >>> import networkx as nx
    >>> single_points(nx.path_graph(3), entry=None)
    [SinglePoint(node=1, cut_off=1.0)]
    """
    nodes, pairs = rows_of(graph)
    found = Resilience.of(pairs, _weights(nodes, entry))
    points = [SinglePoint(nodes[row], float(found.cut_off[row])) for row in np.flatnonzero(found.is_point)]
    return sorted(points, key=lambda point: -point.cut_off)


def bridges(graph: nx.Graph | Pairs, entry: Mapping[Any, float] | Sequence[float] | Floats | None = None) -> list[SingleTie]:
    """Partnerships without a second route, the heaviest loss first; `cut_off` is the lighter side's entry.

    Parameters, errors and method as in `single_points`. Oracle: networkx.bridges.

    Examples
    --------
    >>> import networkx as nx
    >>> bridges(nx.path_graph(3))
    [SingleTie(ends=(0, 1), cut_off=1.0), SingleTie(ends=(1, 2), cut_off=1.0)]
    """
    nodes, pairs = rows_of(graph)
    found = Resilience.of(pairs, _weights(nodes, entry))
    ties = [
        SingleTie((nodes[a], nodes[b]), float(cut))
        for a, b, cut in zip(found.bridge_from, found.bridge_to, found.bridge_cut_off, strict=True)
    ]
    return sorted(ties, key=lambda tie: -tie.cut_off)


def _weights(nodes: list[Any], entry: Mapping[Any, float] | Sequence[float] | Floats | None) -> Floats:
    if entry is None:
        return np.ones(len(nodes))
    weights = amounts([entry.get(node, 0.0) for node in nodes] if isinstance(entry, Mapping) else np.asarray(entry), "entry")
    if len(weights) != len(nodes):
        raise ValueError(f"entry: {len(weights)} amounts for {len(nodes)} partners")
    return weights


@dataclass(frozen=True, slots=True)
class Resilience:
    """What each loss would do, by row; `pieces_of` lists the parts that a partner's loss leaves."""

    is_point: NDArray[np.bool_]
    cut_off: Floats  # people a month, all pieces but the heaviest
    partners_cut: Ints  # partners in those pieces
    bridge_from: Ints  # the lower row; sorted
    bridge_to: Ints
    bridge_cut_off: Floats
    bridge_partners_cut: Ints
    piece_at: Ints  # the partner whose loss leaves this piece; sorted
    piece_entry: Floats  # people a month
    piece_partners: Ints

    @classmethod
    def of(cls, pairs: Pairs, entry: Floats, *, by_level: bool | None = None) -> Resilience:
        """Articulation points, bridges and the weights of what they leave. `by_level`: how the tree is walked, None the faster way."""
        undirected = pairs.undirected()
        return cls.over(undirected, undirected.both_ways(), entry, by_level=by_level)

    @classmethod
    def over(cls, undirected: Pairs, both_ways: csr_array, entry: Floats, *, by_level: bool | None = None) -> Resilience:
        """The same for partnerships that are there already, as pairs and as their matrix."""
        tree = _Tree.of(undirected, both_ways, by_level=by_level)
        return cls(**_pieces(tree, undirected, entry), **_bridges(tree, entry))

    def pieces_of(self, row: int) -> list[tuple[float, int]]:
        """(people a month, partners) of each piece that the loss of `row` leaves, heaviest first."""
        first, last = np.searchsorted(self.piece_at, [row, row + 1])
        pieces = zip(self.piece_entry[first:last].tolist(), self.piece_partners[first:last].tolist(), strict=True)
        return sorted(pieces, reverse=True)


@dataclass(frozen=True, slots=True)
class _Tree:
    """A breadth-first spanning tree in its own numbering: vertex 0 is a virtual root that joins all components.

    Numbers follow the search, so a level is a slice, the children of a vertex are a slice, and a parent comes before its children.
    A non-tree tie of such a tree never joins a vertex with its ancestor, which Tarjan and Vishkin's first rule would ask.
    """

    row: Ints  # row of each vertex; -1: the virtual root
    parent: Ints
    levels: Ints  # where each level starts, and the end
    size: Ints  # vertices in the subtree
    pre: Ints  # number in preorder: a subtree is the run pre … pre + size − 1
    low: Ints  # least and greatest number that the subtree touches by non-tree ties
    high: Ints
    tails: Ints  # the non-tree ties, by vertex
    heads: Ints
    by_level: bool

    @classmethod
    def of(cls, pairs: Pairs, both_ways: csr_array, *, by_level: bool | None) -> _Tree:
        n = pairs.n
        row, parent = _spanning_tree(both_ways)
        levels = _levels(parent)
        # A few numpy calls a level cost as much as some fifty vertices in plain Python: a chain of thousands is walked vertex by vertex.
        flat = len(levels) * 50 <= n if by_level is None else by_level
        vertex = np.empty(n + 1, "int64")
        vertex[row] = np.arange(n + 1)  # row -1 fills the last place, which no tie reads
        tails, heads = vertex[pairs.tails], vertex[pairs.heads]
        other = (parent[tails] != heads) & (parent[heads] != tails)
        tails, heads = tails[other], heads[other]

        walk = _ByLevel(parent, levels) if flat else _ByVertex(parent)
        size = walk.up(np.add, np.ones(n + 1, "int64"))
        pre = walk.preorder(size)
        low, high = pre.copy(), pre.copy()
        for a, b in ((tails, heads), (heads, tails)):
            np.minimum.at(low, a, pre[b])
            np.maximum.at(high, a, pre[b])
        return cls(row, parent, levels, size, pre, walk.up(np.minimum, low), walk.up(np.maximum, high), tails, heads, flat)

    @property
    def walk(self) -> _ByLevel | _ByVertex:
        return _ByLevel(self.parent, self.levels) if self.by_level else _ByVertex(self.parent)

    @property
    def is_top(self) -> NDArray[np.bool_]:
        """The first vertex of each component (and the virtual root): its tie to the parent is none of ours."""
        return np.asarray(self.parent == 0)

    def weight(self, entry: Floats) -> Floats:
        """Sum of `entry` over each subtree."""
        own = np.append(entry, 0.0)[self.row]
        return self.walk.up(np.add, own)

    def component_total(self, of_subtree: NDArray[Any]) -> NDArray[Any]:
        """The total of its component, at each vertex."""
        tops = np.flatnonzero(self.is_top)[1:]
        # Tops are the first level; their subtrees are runs of the preorder.
        order = np.argsort(self.pre[tops])
        place = np.searchsorted(self.pre[tops][order], self.pre, side="right") - 1
        return np.where(place >= 0, of_subtree[tops][order][np.maximum(place, 0)], 0) if tops.size else of_subtree * 0


class _ByLevel:
    """Sums and extremes over subtrees, one slice of the tree at a time."""

    def __init__(self, parent: Ints, levels: Ints) -> None:
        self.parent, self.levels = parent, levels
        first = np.append(True, parent[1:] != parent[:-1])
        first[0] = False  # the virtual root is nobody's child
        if len(first) > 1:
            first[1] = True
        self.firsts = np.flatnonzero(first)  # first child of each vertex that has any

    def _slices(self) -> Iterable[tuple[int, int, Ints]]:
        """Start and end of each level below the root, with the first children in it."""
        bounds = np.searchsorted(self.firsts, self.levels)
        for depth in range(1, len(self.levels) - 1):
            yield int(self.levels[depth]), int(self.levels[depth + 1]), self.firsts[bounds[depth] : bounds[depth + 1]]

    def up(self, ufunc: np.ufunc, values: NDArray[Any]) -> NDArray[Any]:
        """`values` joined by `ufunc` over each subtree."""
        joined = values.copy()
        for start, end, firsts in reversed(list(self._slices())):
            above = self.parent[firsts]
            joined[above] = ufunc(joined[above], ufunc.reduceat(joined[start:end], firsts - start))
        return joined

    def preorder(self, size: Ints) -> Ints:
        before = np.cumsum(size) - size
        pre = np.zeros(len(size), "int64")
        for start, end, firsts in self._slices():
            children = np.diff(np.append(firsts, end))
            pre[start:end] = pre[self.parent[start:end]] + 1 + before[start:end] - np.repeat(before[firsts], children)
        return pre


class _ByVertex:
    """The same, vertex by vertex: for trees so deep that levels are nearly empty."""

    def __init__(self, parent: Ints) -> None:
        self.parent = parent.tolist()

    def up(self, ufunc: np.ufunc, values: NDArray[Any]) -> NDArray[Any]:
        joins: dict[Any, Any] = {np.add: float.__add__ if values.dtype.kind == "f" else int.__add__, np.minimum: min, np.maximum: max}
        join = joins[ufunc]
        joined: list[Any] = values.tolist()
        for vertex in range(len(joined) - 1, 0, -1):
            above = self.parent[vertex]
            joined[above] = join(joined[above], joined[vertex])
        return np.array(joined, values.dtype)

    def preorder(self, size: Ints) -> Ints:
        sizes, pre = size.tolist(), [0] * len(size)
        free = [0] * len(size)  # vertices below each that are numbered already
        for vertex in range(1, len(pre)):
            above = self.parent[vertex]
            pre[vertex] = pre[above] + 1 + free[above]
            free[above] += sizes[vertex]
        return np.array(pre, "int64")


def _spanning_tree(both_ways: csr_array) -> tuple[Ints, Ints]:
    """Row and parent of each vertex, in the order of the search."""
    n = both_ways.shape[0]
    _, label = connected_components(both_ways, directed=True, connection="strong")  # symmetric, so these are the weak ones
    tops = np.unique(label, return_index=True)[1]
    # The virtual root is one more row, which leads to the first of each component.
    pointers = np.append(both_ways.indptr, both_ways.indptr[-1] + len(tops))
    heads = np.concatenate([both_ways.indices, tops])
    joined = csr_array((np.ones(len(heads)), heads.astype("int32"), pointers.astype("int32")), shape=(n + 1, n + 1))
    order, before = breadth_first_order(joined, n, directed=True)
    place = np.empty(n + 1, "int64")
    place[order] = np.arange(n + 1)
    parent = np.zeros(n + 1, "int64")
    parent[1:] = place[before[order[1:]]]
    row: Ints = order.astype("int64")
    row[0] = -1
    return row, parent


def _levels(parent: Ints) -> Ints:
    """Where each level starts: parents never fall along the search, so a level ends where the parents leave the one above."""
    starts, end = [0, 1], 1
    below = parent[1:]
    while end < len(parent):
        end = 1 + int(np.searchsorted(below, end))
        starts.append(end)
    return np.array(starts, "int64")


def _blocks(tree: _Tree) -> Ints:
    """The block of each tree tie, named by its lower end; -1 for the ties of the virtual root."""
    parent, child = tree.parent, np.arange(len(tree.parent))
    reaches_out = (tree.low < tree.pre[parent]) | (tree.high >= tree.pre[parent] + tree.size[parent])
    # The second rule: a subtree that touches something outside its parent's subtree lies in one block with the parent's own tie.
    joins = np.flatnonzero(reaches_out & ~tree.is_top & ~tree.is_top[parent])
    named = matrix(len(parent), np.concatenate([tree.tails, child[joins]]), np.concatenate([tree.heads, parent[joins]]))
    block: Ints = connected_components(named, directed=False)[1].astype("int64")
    block[tree.is_top] = -1
    return block


def _pieces(tree: _Tree, pairs: Pairs, entry: Floats) -> dict[str, Any]:
    """What the loss of each partner leaves: one piece for every block that hangs below it, and what lies above."""
    n = pairs.n
    block = _blocks(tree)
    hanging = np.flatnonzero((block != block[tree.parent]) & ~tree.is_top)
    names, of = np.unique(block[hanging], return_inverse=True)
    weight, size = tree.weight(entry), tree.size
    piece_entry = np.bincount(of, weight[hanging], len(names))
    piece_size = np.bincount(of, size[hanging], len(names)).astype("int64")
    at = np.zeros(len(names), "int64")
    at[of] = tree.parent[hanging]

    # A top has nothing above it; it is a single point from two blocks on, everybody else from one.
    point = np.bincount(at, minlength=n + 1) >= np.where(tree.is_top, 2, 1)
    point[0] = False
    kept = point[at]
    at, piece_entry, piece_size = at[kept], piece_entry[kept], piece_size[kept]
    above = np.flatnonzero(point & ~tree.is_top)
    below_entry, below_size = np.bincount(at, piece_entry, n + 1), np.bincount(at, piece_size, n + 1).astype("int64")
    own = np.append(entry, 0.0)[tree.row]
    rest_entry = np.maximum(tree.component_total(weight) - own - below_entry, 0.0)
    rest_size = tree.component_total(size) - 1 - below_size
    at = tree.row[np.concatenate([at, above])]
    piece_entry = np.concatenate([piece_entry, rest_entry[above]])
    piece_size = np.concatenate([piece_size, rest_size[above]])

    # Heaviest last at each partner; of two as heavy, the one with more partners stays.
    order = np.lexsort((piece_size, piece_entry, at))
    at, piece_entry, piece_size = at[order], piece_entry[order], piece_size[order]
    heaviest = np.append(at[1:] != at[:-1], True)[: len(at)]
    is_point = np.zeros(n, bool)
    is_point[at] = True
    return {
        "is_point": is_point,
        "cut_off": np.bincount(at[~heaviest], piece_entry[~heaviest], n),
        "partners_cut": np.bincount(at[~heaviest], piece_size[~heaviest], n).astype("int64"),
        "piece_at": at,
        "piece_entry": piece_entry,
        "piece_partners": piece_size,
    }


def _bridges(tree: _Tree, entry: Floats) -> dict[str, Any]:
    """Tree ties whose lower side touches nothing outside itself."""
    inside = (tree.low >= tree.pre) & (tree.high < tree.pre + tree.size)
    lower = np.flatnonzero(inside & ~tree.is_top)
    weight = tree.weight(entry)
    here, there = weight[lower], np.maximum(tree.component_total(weight)[lower] - weight[lower], 0.0)
    partners_here = tree.size[lower]
    partners_there = tree.component_total(tree.size)[lower] - partners_here
    lighter = (here < there) | ((here == there) & (partners_here <= partners_there))
    a, b = tree.row[lower], tree.row[tree.parent[lower]]
    order = np.lexsort((np.maximum(a, b), np.minimum(a, b)))
    return {
        "bridge_from": np.minimum(a, b)[order],
        "bridge_to": np.maximum(a, b)[order],
        "bridge_cut_off": np.where(lighter, here, there)[order],
        "bridge_partners_cut": np.where(lighter, partners_here, partners_there)[order],
    }


def single_point_rows(snapshot: Snapshot, settings: Settings, losses: Iterable[Loss] = (), windows: Windows | None = None) -> list[Gap]:
    """Measure 5: partners and partnerships without a second route, and partners whose places nobody could replace.

    `people` is the larger of the people cut off (365 days) and of those who would lose their place: they may be the same people.
    Low and high are the smaller and larger of the windows of 365 and 90 days; what only one window shows is possible, not firm.

    Parameters
    ----------
    losses : (row, low, high, exact or None)
        People a month who can be placed now and could not be without that partner, as `organization_losses` gives them.

    Examples
    --------
    >>> import networkx as nx
    >>> partners = nx.DiGraph()
    >>> partners.add_edges_from([(0, 1), (1, 2)], sent=40, accepted=30)
    >>> rows = single_point_rows(Snapshot.from_networkx(partners), Settings(), [(1, 12.0, 12.0, 12.0)])
    >>> [(row.variant, row.people) for row in rows if row.variant == "organization"]
    [('organization', 12.0)]
    """
    both = windows or Windows(snapshot)
    year, recent = (Resilience.over(window.undirected, window.both_ways, snapshot.org_entry) for window in (both.year, both.recent))
    return [
        *_partner_rows(snapshot, year, recent, {loss[0]: loss for loss in losses}, settings.most_rows),
        *_bridge_rows(snapshot, year, recent, settings.most_rows),
    ]


def _partner_rows(snapshot: Snapshot, year: Resilience, recent: Resilience, losses: Mapping[int, Loss], most: int) -> list[Gap]:
    """The foremost of those who cut somebody off in either window, and of those whose loss costs somebody a place."""
    n = len(snapshot.org_id)
    felt = np.zeros(n)
    felt[list(losses)] = [low if exact is None else exact for _, low, _, exact in losses.values()]
    rows = np.flatnonzero(year.is_point | recent.is_point | (felt > 0))
    people = np.maximum(year.cut_off, felt)[rows]
    low = np.minimum(people, np.maximum(np.minimum(year.cut_off, recent.cut_off), felt)[rows])
    shown = rows[foremost(people, low, most, lambda at: gap_id(Kind.SINGLE_POINT, "organization", _me(snapshot, int(rows[at]))))]
    basis = _capacity_basis(snapshot)
    return [
        _partner_row(snapshot, row, year, recent, losses.get(row, (row, 0.0, 0.0, 0.0)), Basis(int(basis[row]))) for row in shown.tolist()
    ]


def _me(snapshot: Snapshot, row: int) -> tuple[Ref]:
    return (Ref(RefType.ORGANIZATION, int(snapshot.org_id[row])),)


def _partner_row(snapshot: Snapshot, row: int, year: Resilience, recent: Resilience, loss: Loss, capacity: Basis) -> Gap:
    _, at_least, at_most, exact = loss
    lost, lost_low, lost_high = (at_least, at_least, at_most) if exact is None else (exact, exact, exact)
    cut, cut_recent = float(year.cut_off[row]), float(recent.cut_off[row])
    people = max(cut, lost)
    (me,) = _me(snapshot, row)
    pieces = (year if year.is_point[row] else recent).pieces_of(row)
    evidence = [
        Evidence("cut-off", me, cut, min(cut, cut_recent), max(cut, cut_recent), Basis.COUNTED, counts_people=True),
        Evidence("partners-cut", me, float(year.partners_cut[row])),
        *(Evidence("piece", None, float(partners)) for _, partners in pieces[:SHOWN_PIECES]),
    ]
    if lost_high > 0:
        evidence.append(Evidence("flow-lost", me, lost, lost_low, max(lost_high, lost), capacity))
    return Gap(
        kind=Kind.SINGLE_POINT,
        variant="organization",
        subject=(me,),
        unit=Unit.PEOPLE,
        people=people,
        low=min(people, max(min(cut, cut_recent), lost_low)),
        high=max(people, cut, cut_recent, lost_high),
        basis=capacity if lost > cut else Basis.COUNTED,
        evidence=tuple(evidence),
        action=Action("second-pathway", (me,), gain=people),
        simulated=snapshot.simulated,
    )


def _capacity_basis(snapshot: Snapshot) -> Ints:
    """What the places of each organisation are known from, at the weakest."""
    owned = snapshot.service_org >= 0
    basis = np.full(len(snapshot.org_id), -1, "int64")
    np.maximum.at(basis, snapshot.service_org[owned], snapshot.service_basis[owned].astype("int64"))
    basis[basis < 0] = Basis.MODELLED
    return basis


def _bridge_rows(snapshot: Snapshot, year: Resilience, recent: Resilience, most: int) -> list[Gap]:
    n = len(snapshot.org_id)
    keys_of = [found.bridge_from * n + found.bridge_to for found in (year, recent)]
    keys = np.union1d(*keys_of)
    cut, partners = np.zeros((len(keys), 2)), np.zeros((len(keys), 2), "int64")
    for window, (found, own) in enumerate(zip((year, recent), keys_of, strict=True)):
        at = np.searchsorted(keys, own)
        cut[at, window], partners[at, window] = found.bridge_cut_off, found.bridge_partners_cut

    def named(at: int) -> str:
        return gap_id(Kind.SINGLE_POINT, "bridge", _ends(snapshot, divmod(int(keys[at]), n)))

    shown = foremost(cut[:, 0], cut.min(1), most, named)
    return [
        _bridge_row(snapshot, divmod(key, n), (people, here), (people_recent, here_recent))
        for key, (people, people_recent), (here, here_recent) in zip(
            keys[shown].tolist(), cut[shown].tolist(), partners[shown].tolist(), strict=True
        )
    ]


def _ends(snapshot: Snapshot, ends: tuple[int, int]) -> tuple[Ref, ...]:
    return tuple(sorted(Ref(RefType.ORGANIZATION, int(snapshot.org_id[row])) for row in ends))


def _bridge_row(snapshot: Snapshot, ends: tuple[int, int], year: tuple[float, int], recent: tuple[float, int]) -> Gap:
    (people, partners), (people_recent, partners_recent) = year, recent
    subject = _ends(snapshot, ends)
    low, high = sorted((people, people_recent))
    return Gap(
        kind=Kind.SINGLE_POINT,
        variant="bridge",
        subject=subject,
        unit=Unit.PEOPLE,
        people=people,
        low=low,
        high=high,
        basis=Basis.COUNTED,
        evidence=(
            Evidence("cut-off", None, people, low, high, Basis.COUNTED, counts_people=True),
            Evidence("partners-cut", None, float(partners or partners_recent)),
        ),
        action=Action("second-pathway", subject, gain=people),
        simulated=snapshot.simulated,
    )
