"""Measure 7: how far the partners hang together, and who stands outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from .gaps import Action, Basis, Evidence, Gap, Kind, Ref, RefType, Settings, Unit, gap_id
from .partnerships import Pairs, Window, Windows, foremost, has_ties, matrix, rows_of
from .results import Indicators
from .snapshot import Ints, Snapshot
from .ties import reciprocity

if TYPE_CHECKING:
    import networkx as nx

CORE = 3  # fixed: the largest core's k moves, and its share can fall as ties are added
SHOWN_MEMBERS = 50


def core_numbers(graph: nx.Graph | Pairs) -> dict[Any, int]:
    """The largest k for which each partner lies in a group whose members all have k partners within it.

    By peeling, O(n + m). Oracle: networkx.core_number. Source: Seidman (1983), Social Networks 5(3), doi 10.1016/0378-8733(83)90028-X.

    Examples
    --------
    >>> import networkx as nx
    >>> core_numbers(nx.Graph([(0, 1), (1, 2), (2, 0), (2, 3)]))
    {0: 2, 1: 2, 2: 2, 3: 1}
    """
    nodes, pairs = rows_of(graph)
    return dict(zip(nodes, cores(pairs.undirected().both_ways()).tolist(), strict=True))


def cores(both_ways: csr_array) -> Ints:
    """Core numbers by row, of a symmetric matrix without a diagonal."""
    starts, neighbours = both_ways.indptr, both_ways.indices
    degree: Ints = np.diff(starts).astype("int64")
    core = np.zeros(len(degree), "int64")
    left = np.flatnonzero(degree > 0)
    while left.size:
        k = int(degree[left].min())
        wave = left[degree[left] == k]
        while wave.size:
            core[wave] = k
            degree[wave] = -1  # gone: later subtractions keep it below every k
            touched = neighbours[_runs(starts[wave], starts[wave + 1])]
            touched = touched[degree[touched] > k]
            np.subtract.at(degree, touched, 1)
            reached = np.sort(touched[degree[touched] <= k])
            wave = reached[np.append(True, reached[1:] != reached[:-1])] if reached.size else reached
            degree[wave] = k
        left = left[degree[left] >= 0]
    return core


def _runs(starts: NDArray[Any], ends: NDArray[Any]) -> Ints:
    """The numbers start … end − 1 of every run, one after the other."""
    lengths = (ends - starts).astype("int64")
    before = np.cumsum(lengths) - lengths
    return np.asarray(np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths), "int64")


def components(graph: nx.Graph | Pairs, *, strong: bool = False) -> list[set[Any]]:
    """Weak (or strong) components, the largest first, then by the first of their nodes.

    Oracle: networkx.weakly_connected_components and strongly_connected_components.

    Examples
    --------
    >>> import networkx as nx
    >>> components(nx.DiGraph([(0, 1), (2, 3), (3, 4)]))
    [{2, 3, 4}, {0, 1}]
    """
    nodes, pairs = rows_of(graph)
    groups: dict[int, set[Any]] = {}
    for row, label in enumerate(_labels(pairs, strong=strong).tolist()):
        groups.setdefault(label, set()).add(nodes[row])
    return sorted(groups.values(), key=len, reverse=True)


def _labels(pairs: Pairs, *, strong: bool) -> Ints:
    directed = matrix(pairs.n, pairs.tails, pairs.heads)
    label: Ints = connected_components(directed, directed=strong, connection="strong")[1].astype("int64")
    return label


def centralization(degree: Ints) -> float | None:
    """Freeman's: how far one partner stands out, Σ(max − d) / ((n − 1)(n − 2)); undefined below three partners.

    Source: Freeman (1979), Social Networks 1(3), doi 10.1016/0378-8733(78)90021-7.

    Examples
    --------
    >>> import numpy as np
    >>> centralization(np.array([3, 1, 1, 1])), centralization(np.array([2, 2, 2]))
    (1.0, 0.0)
    """
    n = len(degree)
    return float((degree.max() - degree).sum() / ((n - 1) * (n - 2))) if n > 2 else None


def indicators(snapshot: Snapshot, windows: Windows | None = None) -> Indicators:
    """The figures of measure 7 for the whole network: 365 days, and the last 90 beside them.

    Examples
    --------
    >>> import networkx as nx
    >>> partners = nx.DiGraph()
    >>> partners.add_edges_from([(0, 1), (0, 2), (0, 3)], sent=9, accepted=9)
    >>> found = indicators(Snapshot.from_networkx(partners))
    >>> found.ties, found.largest_share, found.centralization
    (3, 1.0, 1.0)
    """
    n, both = len(snapshot.org_id), windows or Windows(snapshot)
    year, late = _Figures.of(both.year), _Figures.of(both.recent)
    strong = np.bincount(_labels(both.year.pairs, strong=True), minlength=1)
    return Indicators(
        partners=n,
        ties=len(both.year.pairs.tails),
        isolates=int((~both.active).sum()),
        weak_components=int((year.sizes > 1).sum()),
        strong_components=int((strong > 1).sum()),
        largest_share=year.largest_share,
        core_share=year.core_share,
        centralization=centralization(year.degree),
        reciprocity=_defined(reciprocity(both.year.pairs)),
        recent_largest_share=late.largest_share,
        recent_core_share=late.core_share,
        recent_reciprocity=_defined(reciprocity(both.recent.pairs)),
    )


def _defined(share: float) -> float | None:
    return None if np.isnan(share) else share


@dataclass(frozen=True, slots=True)
class _Figures:
    sizes: Ints  # of the weak components
    degree: Ints
    core: Ints

    @classmethod
    def of(cls, window: Window) -> _Figures:
        both_ways = window.both_ways
        return cls(np.bincount(window.weak, minlength=1), np.diff(both_ways.indptr).astype("int64"), cores(both_ways))

    @property
    def largest_share(self) -> float | None:
        return float(self.sizes.max() / len(self.degree)) if len(self.degree) else None

    @property
    def core_share(self) -> float | None:
        return float((self.core >= CORE).mean()) if len(self.degree) else None


def fragmentation_rows(snapshot: Snapshot, settings: Settings, windows: Windows | None = None) -> list[Gap]:
    """Measure 7: a row for each component but the largest, one for partners whose offers all came to nothing, one for `isolates`.

    Size: people a month who enter there. Low and high are the smaller and larger of the windows of 365 and 90 days.
    Partners younger than `new_partner_days` are no isolates yet: the row lists them apart.

    Examples
    --------
    >>> import networkx as nx
    >>> partners = nx.DiGraph()
    >>> partners.add_edges_from([(0, 1), (1, 0), (2, 3)], sent=40, accepted=30)
    >>> [(row.variant, len(row.subject)) for row in fragmentation_rows(Snapshot.from_networkx(partners), Settings())]
    [('component', 2)]
    """
    both = windows or Windows(snapshot)
    label, active = both.year.weak, both.active
    outside_recently = ~_in_largest(both.recent.weak, snapshot)
    sizes = np.bincount(label, minlength=1)
    rows = _component_rows(snapshot, label, outside_recently, settings.most_rows) if len(label) else []
    unheard = np.flatnonzero((sizes[label] == 1) & active) if len(label) else np.zeros(0, "int64")
    idle_recently = ~has_ties(both.recent.pairs)
    rows += _outsiders(snapshot, "unaccepted", unheard, unheard, ())
    idle = np.flatnonzero(~active)
    new = snapshot.org_since[idle] < settings.new_partner_days
    young = tuple(
        Evidence("new-partner", _ref(snapshot, row), float(snapshot.org_since[row])) for row in idle[new][:SHOWN_MEMBERS].tolist()
    )
    if new.any():
        young = (Evidence("new-partners", None, float(new.sum())), *young)
    settled = np.flatnonzero(snapshot.org_since >= settings.new_partner_days)
    return rows + _outsiders(snapshot, "isolates", idle[~new], settled[idle_recently[settled] & active[settled]], young)


def _in_largest(label: Ints, snapshot: Snapshot) -> NDArray[np.bool_]:
    """Rows of the component with most partners; of two as large, the one where more people enter, then the one with the lowest id."""
    if not label.size:
        return np.zeros(0, bool)
    sizes = np.bincount(label)
    entry = np.bincount(label, snapshot.org_entry)
    first = np.full(len(sizes), np.iinfo("int64").max)
    np.minimum.at(first, label, snapshot.org_id)
    largest: NDArray[np.bool_] = label == np.lexsort((first, -entry, -sizes))[0]
    return largest


def _ref(snapshot: Snapshot, row: int) -> Ref:
    return Ref(RefType.ORGANIZATION, int(snapshot.org_id[row]))


def _component_rows(snapshot: Snapshot, label: Ints, outside_recently: NDArray[np.bool_], most: int) -> list[Gap]:
    """The foremost components but the largest."""
    people = np.bincount(label, snapshot.org_entry)
    recently = np.bincount(label, snapshot.org_entry * outside_recently)
    apart = np.bincount(label) > 1
    apart[label[np.flatnonzero(_in_largest(label, snapshot))[:1]]] = False
    groups = np.flatnonzero(apart)
    order = np.argsort(label, kind="stable")
    ends = np.searchsorted(label[order], np.arange(len(people) + 1))

    def members(group: int) -> Ints:
        return order[ends[group] : ends[group + 1]]

    def named(at: int) -> str:
        return gap_id(Kind.FRAGMENTATION, "component", _subject(snapshot, members(int(groups[at]))))

    shown = groups[foremost(people[groups], np.minimum(people, recently)[groups], most, named)].tolist()
    return [_component_row(snapshot, members(group), float(people[group]), float(recently[group])) for group in shown]


def _subject(snapshot: Snapshot, members: Ints) -> tuple[Ref, ...]:
    """Its lowest ids stand for a large group, so that the id of the row stays short and its own."""
    return tuple(Ref(RefType.ORGANIZATION, number) for number in np.sort(snapshot.org_id[members])[:SHOWN_MEMBERS].tolist())


def _component_row(snapshot: Snapshot, members: Ints, people: float, recently: float) -> Gap:
    subject = _subject(snapshot, members)
    return Gap(
        kind=Kind.FRAGMENTATION,
        variant="component",
        subject=subject,
        unit=Unit.PEOPLE,
        people=people,
        low=min(people, recently),
        high=max(people, recently),
        basis=Basis.COUNTED,
        evidence=(
            Evidence("partners", None, float(len(members))),
            Evidence("entry", None, people, min(people, recently), max(people, recently), Basis.COUNTED, counts_people=True),
        ),
        action=Action("convene", subject[:2], gain=people),
        simulated=snapshot.simulated,
    )


def _outsiders(snapshot: Snapshot, variant: str, members: Ints, lately: Ints, more: tuple[Evidence, ...]) -> list[Gap]:
    """One row for all of them; `lately` are those who were as quiet in the last 90 days alone."""
    if not len(members) and not more:
        return []
    people = _entry(snapshot, members)
    high = max(people, _entry(snapshot, np.union1d(members, lately)))
    shown = tuple(Evidence("partner", _ref(snapshot, row)) for row in members[:SHOWN_MEMBERS].tolist())
    return [
        Gap(
            kind=Kind.FRAGMENTATION,
            variant=variant,
            subject=(),
            unit=Unit.PEOPLE,
            people=people,
            low=people,
            high=high,
            basis=Basis.COUNTED,
            evidence=(Evidence("partners", None, float(len(members))), *shown, *more),
            action=Action(
                "onboard" if variant == "isolates" else "meet", tuple(entry.ref for entry in shown[:3] if entry.ref), gain=people
            ),
            simulated=snapshot.simulated,
        )
    ]


def _entry(snapshot: Snapshot, rows: Ints) -> float:
    return float(snapshot.org_entry[rows].sum())
