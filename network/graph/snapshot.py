"""The network of one revision as frozen columns of numbers: what every measure reads."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import networkx as nx

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Layer(IntEnum):
    """Masks over the same organisations: what was agreed, sent, accepted, completed."""

    AGREED = 0
    SENT = 1
    ACCEPTED = 2
    COMPLETED = 3


class Mode(IntEnum):
    """How the minutes of a link are known."""

    DRIVE = 0  # drive minutes of a source
    DISTANCE = 1  # great-circle distance at an assumed speed
    NO_TRAVEL = 2  # by phone or online: the weight is 1, the minutes 0


def _column(dtype: str, *shape: int) -> Any:
    """A column without rows, of the right type."""
    from dataclasses import field

    return field(default_factory=lambda: np.zeros((0, *shape), dtype))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """n organisations, m ties, g agreements, Z zones, S services, E links; row numbers refer to these tables.

    An id is the random 52-bit `number` of its row, never a key that a page shows. Units: people, places and referrals a month
    where a column says so, else counts in the window. Triples are (low, point, high).
    """

    org_id: Ints = _column("int64")
    org_lat: NDArray[np.float32] = _column("float32")  # NaN: unknown or confidential
    org_lon: NDArray[np.float32] = _column("float32")
    org_entry: Floats = _column("float64")  # people a month whose first referral starts here
    org_since: Ints = _column("int64")  # days on the network
    org_confidential: NDArray[np.bool_] = _column("bool")  # victim services: never located, never named

    tie_from: NDArray[np.int32] = _column("int32")  # sorted by from, to, need; no self-ties
    tie_to: NDArray[np.int32] = _column("int32")
    tie_need: Ints = _column("int64")  # number of the need
    tie_sent: NDArray[np.int32] = _column("int32")  # offers in the window, by what became of them
    tie_accepted: NDArray[np.int32] = _column("int32")
    tie_declined: NDArray[np.int32] = _column("int32")
    tie_expired: NDArray[np.int32] = _column("int32")
    tie_completed: NDArray[np.int32] = _column("int32")
    tie_silent: NDArray[np.int32] = _column("int32")  # accepted, no outcome, nothing heard for 60 days
    tie_recent: NDArray[np.int32] = _column("int32")  # accepted in the last 90 days

    agreement_from: NDArray[np.int32] = _column("int32")
    agreement_to: NDArray[np.int32] = _column("int32")
    agreement_need: Ints = _column("int64")  # -1: every need
    agreement_days: Ints = _column("int64")  # in force for so many days

    zone_area: Ints = _column("int64")  # a zone is area × need × group; numbers, -1: none
    zone_need: Ints = _column("int64")
    zone_group: Ints = _column("int64")
    zone_people: Floats = _column("float64", 3)  # people a month
    zone_basis: NDArray[np.uint8] = _column("uint8")
    zone_asked: Ints = _column("int64")  # people in the window
    zone_placed: Ints = _column("int64")
    zone_rejected: Ints = _column("int64")
    zone_expired: Ints = _column("int64")
    zone_unmatched: Ints = _column("int64")

    service_id: Ints = _column("int64")  # number; -1: the listed clinicians of an area
    service_org: NDArray[np.int32] = _column("int32")  # row of its organisation; -1: none
    service_area: Ints = _column("int64")  # number of the area it lies in; -1: unknown or confidential
    service_places: Floats = _column("float64", 3)  # for new people, places a month
    service_basis: NDArray[np.uint8] = _column("uint8")

    link_zone: NDArray[np.int32] = _column("int32")
    link_service: NDArray[np.int32] = _column("int32")
    link_minutes: NDArray[np.float32] = _column("float32")
    link_mode: NDArray[np.uint8] = _column("uint8")
    link_agreements_at: NDArray[np.int32] = _column("int32")  # CSR (E + 1,); empty slice: open to everyone
    link_agreements: NDArray[np.int32] = _column("int32")  # rows of agreements, any one of which opens the link

    revision: int = 0
    simulated: bool = False

    def __post_init__(self) -> None:
        for entry in fields(self):
            column = getattr(self, entry.name)
            if isinstance(column, np.ndarray):
                column.setflags(write=False)

    @classmethod
    def of(cls, need: ArrayLike, places: ArrayLike, links: ArrayLike) -> Snapshot:
        """The smallest one: people a month by zone, places a month by service, and (zone, service) pairs.

        Raises ValueError for negative or NaN values and for link ends out of range, naming the first bad row.
        """
        people, room = amounts(need, "need"), amounts(places, "places")
        zone, service = pairs(links, len(people), len(room))
        none = np.full(len(people), -1, "int64")
        return cls(
            zone_area=np.arange(len(people), dtype="int64"), zone_need=none, zone_group=none, zone_people=np.repeat(people[:, None], 3, 1),
            zone_basis=np.zeros(len(people), "uint8"), zone_asked=none * 0, zone_placed=none * 0, zone_rejected=none * 0,
            zone_expired=none * 0, zone_unmatched=none * 0,
            service_id=np.arange(len(room), dtype="int64"), service_org=np.full(len(room), -1, "int32"),
            service_area=np.full(len(room), -1, "int64"), service_places=np.repeat(room[:, None], 3, 1),
            service_basis=np.zeros(len(room), "uint8"),
            link_zone=zone, link_service=service, link_minutes=np.zeros(len(zone), "float32"),
            link_mode=np.full(len(zone), Mode.NO_TRAVEL, "uint8"), link_agreements_at=np.zeros(len(zone) + 1, "int32"),
        )  # fmt: skip

    def checked(self) -> Self:
        """Itself, if its columns fit together; ValueError names the column and its first bad row."""
        for table in TABLES:
            _same_length(self, table)
        for column, table, least in ROWS:
            _in_range(column, getattr(self, column), least, len(getattr(self, table)))
        for column in COUNTS:
            _first(column, getattr(self, column) < 0, "a count is at least 0")
        _first("org_entry", ~(np.isfinite(self.org_entry) & (self.org_entry >= 0)), "people are a number of at least 0")
        _first("link_minutes", ~(np.isfinite(self.link_minutes) & (self.link_minutes >= 0)), "minutes are a number of at least 0")
        for column in ("zone_people", "service_places"):
            triple = getattr(self, column)
            if triple.shape[1:] != (3,):
                raise ValueError(f"{column}: low, point and high are needed, not the shape {triple.shape}")
            _first(column, ~(np.isfinite(triple) & (triple >= 0)).all(1), "an amount is a number of at least 0")
            _first(column, (triple[:, 0] > triple[:, 1]) | (triple[:, 1] > triple[:, 2]), "low ≤ point ≤ high is needed")
        for table in ("tie", "agreement"):
            _first(f"{table}_from", getattr(self, f"{table}_from") == getattr(self, f"{table}_to"), "nobody has a tie to themselves")
        keys = np.stack([self.tie_from, self.tie_to, self.tie_need]).astype("int64")
        _first("tie_from", np.concatenate([[False], ~_rises(keys)])[: keys.shape[1]], "ties are sorted by from, to and need, each once")
        self._slices()
        return self

    def _slices(self) -> None:
        """The pointers of `link_agreements` start at 0, never fall, and end at its length."""
        at = self.link_agreements_at
        if len(at) == 0 and len(self.link_zone) == 0 and len(self.link_agreements) == 0:
            return
        if len(at) != len(self.link_zone) + 1:
            raise ValueError(f"link_agreements_at: {len(self.link_zone) + 1} pointers are needed, not {len(at)}")
        _first("link_agreements_at", np.concatenate([[at[0] != 0], np.diff(at) < 0]), "pointers start at 0 and never fall")
        if at[-1] != len(self.link_agreements):
            raise ValueError(f"link_agreements_at: the last pointer is {at[-1]}, of {len(self.link_agreements)} agreements")

    def networkx(self, layer: Layer | None = Layer.ACCEPTED, ego: int | None = None) -> nx.DiGraph[int]:
        """Organisations and ties as the graph that people know; the measures' oracle, too slow to be their path.

        Nodes are row numbers, with `number`, `lat`, `lon`, `entry`, `since` and `confidential`. An edge is a pair of organisations with
        the columns of its ties, summed over needs (`sent`, `accepted` …), and `by_need`, the same for each need.
        In the agreed layer edges carry `agreements`, pairs of (need, days in force), as well. `layer=None` has every tie; `ego`
        only this organisation, its partners, and what is between them. Raises ValueError for an ego out of range.

        Examples
        --------
        >>> import networkx as nx
        >>> G = nx.DiGraph()
        >>> G.add_edge("Quayside", "Harbour", sent=5, accepted=3)
        >>> Snapshot.from_networkx(G).networkx().edges[0, 1]["accepted"]
        3
        """
        import networkx as nx

        graph: nx.DiGraph[int] = nx.DiGraph()
        graph.add_nodes_from(enumerate(self._nodes()))
        if layer is Layer.AGREED:
            ends = zip(self.agreement_from.tolist(), self.agreement_to.tolist(), strict=True)
            for pair, need, days in zip(ends, self.agreement_need.tolist(), self.agreement_days.tolist(), strict=True):
                if not graph.has_edge(*pair):
                    graph.add_edge(*pair, **_edge({}), agreements=())
                graph.edges[pair]["agreements"] += ((need, days),)
        ties = self._ties(layer)
        for pair, by_need in ties.items():
            if layer is not Layer.AGREED or graph.has_edge(*pair):
                graph.add_edge(*pair, **_edge(by_need))
        if ego is None:
            return graph
        if not 0 <= ego < len(self.org_id):
            raise ValueError(f"ego: row {ego}, of {len(self.org_id)} organisations")
        near: nx.DiGraph[int] = graph.subgraph({ego, *graph.predecessors(ego), *graph.successors(ego)}).copy()
        return near

    def _nodes(self) -> Iterable[dict[str, Any]]:
        columns = (self.org_id, self.org_lat, self.org_lon, self.org_entry, self.org_since, self.org_confidential)
        for row in zip(*(column.tolist() for column in columns), strict=True):
            yield dict(zip(NODE, row, strict=True))

    def _ties(self, layer: Layer | None) -> dict[tuple[int, int], dict[int, dict[str, Any]]]:
        """Columns of each need by pair, of the ties in a layer."""
        column = {Layer.SENT: self.tie_sent, Layer.ACCEPTED: self.tie_accepted, Layer.COMPLETED: self.tie_completed}.get(
            layer or Layer.AGREED
        )
        rows = np.arange(len(self.tie_from)) if column is None else np.flatnonzero(column > 0)
        counts = [getattr(self, f"tie_{name}")[rows].tolist() for name in TIE]
        ends = (getattr(self, f"tie_{name}")[rows].tolist() for name in ("from", "to", "need"))
        ties: dict[tuple[int, int], dict[int, dict[str, Any]]] = {}
        for at, (sender, receiver, need) in enumerate(zip(*ends, strict=True)):
            ties.setdefault((sender, receiver), {})[need] = {name: counts[k][at] for k, name in enumerate(TIE)}
        return ties

    @classmethod
    def from_networkx(
        cls,
        G: nx.Graph[Any],  # noqa: N803 - the name that graphs have
        *,
        need: ArrayLike = (),
        places: ArrayLike = (),
        links: ArrayLike = (),
        owners: Iterable[Hashable] | None = None,
    ) -> Snapshot:
        """The snapshot of a graph, rows in the order of its nodes; `networkx` turned round.

        Parameters
        ----------
        G : networkx graph
            Nodes and edges may carry the attributes that `networkx` gives; what is missing is unknown, nothing or, for `entry`, 1. An
            edge that carries no count is one offer that was sent, accepted and completed. An undirected edge is a tie each way.
            Self-ties are left out.
        need, places, links : array_like
            Zones, services and (zone, service) pairs, as in `Snapshot.of`.
        owners : iterable of nodes, optional
            The organisation of each service; None for none.

        Raises
        ------
        ValueError
            For negative or NaN values, unequal lengths, link ends out of range and owners that are no node.

        Examples
        --------
        >>> import networkx as nx
        >>> Snapshot.from_networkx(nx.path_graph(3)).tie_to.tolist()
        [1, 0, 2, 1]
        """
        row = {node: at for at, node in enumerate(G)}
        base = cls.of(need, places, links)
        nodes = [_node(node, at, attributes) for at, (node, attributes) in enumerate(G.nodes(data=True))]
        columns = {f"org_{'id' if name == 'number' else name}": [each[name] for each in nodes] for name in NODE}
        ties, agreements = _read_edges(G, row)
        ordered = sorted(ties)
        columns |= {f"tie_{name}": [key[at] for key in ordered] for at, name in enumerate(("from", "to", "need"))}
        columns |= {f"tie_{name}": [ties[key][name] for key in ordered] for name in TIE}
        columns |= {f"agreement_{name}": [each[at] for each in agreements] for at, name in enumerate(("from", "to", "need", "days"))}
        arrays = {
            name: np.array(values, getattr(base, name).dtype).reshape(len(values), *getattr(base, name).shape[1:])
            for name, values in columns.items()
        }
        if owners is not None:
            arrays["service_org"] = np.array([-1 if owner is None else _row(owner, row) for owner in owners], "int32")
        kept = {entry.name: getattr(base, entry.name) for entry in fields(base)}
        return cls(**{**kept, **arrays}).checked()


NODE = ("number", "lat", "lon", "entry", "since", "confidential")
TIE = ("sent", "accepted", "declined", "expired", "completed", "silent", "recent")
TABLES = ("org", "tie", "agreement", "zone", "service", "link")
POINTERS = {"link_agreements_at", "link_agreements"}
ROWS = (  # a column of row numbers, a column of the table it refers to, and the least that is allowed
    ("tie_from", "org_id", 0), ("tie_to", "org_id", 0), ("agreement_from", "org_id", 0), ("agreement_to", "org_id", 0),
    ("service_org", "org_id", -1), ("link_zone", "zone_area", 0), ("link_service", "service_id", 0),
    ("link_agreements", "agreement_from", 0),
)  # fmt: skip
COUNTS = (
    "tie_sent", "tie_accepted", "tie_declined", "tie_expired", "tie_completed", "tie_silent", "tie_recent",
    "agreement_days", "zone_asked", "zone_placed", "zone_rejected", "zone_expired", "zone_unmatched",
)  # fmt: skip


def _first(column: str, bad: NDArray[np.bool_], why: str) -> None:
    rows = np.flatnonzero(bad)
    if rows.size:
        raise ValueError(f"{column}: row {rows[0]}: {why}")


def _in_range(column: str, values: NDArray[Any], least: int, end: int) -> None:
    rows = np.flatnonzero((values < least) | (values >= end))
    if rows.size:
        raise ValueError(f"{column}: row {rows[0]} is {values[rows[0]]}, of {end}")


def _same_length(snapshot: Snapshot, table: str) -> None:
    columns = [entry.name for entry in fields(snapshot) if entry.name.startswith(f"{table}_") and entry.name not in POINTERS]
    for name in columns:
        if len(getattr(snapshot, name)) != len(getattr(snapshot, columns[0])):
            raise ValueError(f"{name}: {len(getattr(snapshot, name))} rows beside {len(getattr(snapshot, columns[0]))} of {columns[0]}")


def _rises(keys: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each column of keys, read from top to bottom, is greater than the one before it."""
    step = np.diff(keys, axis=1)
    return np.asarray((step[0] > 0) | ((step[0] == 0) & ((step[1] > 0) | ((step[1] == 0) & (step[2] > 0)))), "bool")


def _row(node: Hashable, row: Mapping[Hashable, int]) -> int:
    if node not in row:
        raise ValueError(f"owners: {node!r} is no node of the graph")
    return row[node]


def _node(node: Hashable, at: int, attributes: Mapping[str, Any]) -> dict[str, Any]:
    unknown = {"number": at, "lat": np.nan, "lon": np.nan, "entry": 1.0, "since": 0, "confidential": False}
    return {name: attributes.get(name, unknown[name]) for name in NODE}


def _edge(by_need: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """The attributes of an edge: counts summed over needs, and the counts of each need."""
    counts = by_need.values()
    totals: dict[str, Any] = {name: sum(each[name] for each in counts) for name in TIE}
    return {**totals, "by_need": by_need}


def _read_edges(
    graph: nx.Graph[Any], row: Mapping[Hashable, int]
) -> tuple[dict[tuple[int, int, int], dict[str, Any]], list[tuple[int, int, int, int]]]:
    """Counts of ties by sender, receiver and need, and rows of agreements. Parallel edges of a multigraph add up."""
    ties: dict[tuple[int, int, int], dict[str, Any]] = {}
    agreements: list[tuple[int, int, int, int]] = []
    both = (
        graph.edges(data=True) if graph.is_directed() else [(*ends, a) for u, v, a in graph.edges(data=True) for ends in ((u, v), (v, u))]
    )
    for sender, receiver, attributes in both:
        if sender == receiver:
            continue
        ends = row[sender], row[receiver]
        agreements += [(*ends, need, days) for need, days in attributes.get("agreements", ())]
        for need, counts in _counted(attributes).items():
            before = ties.get((*ends, need))
            ties[*ends, need] = counts if before is None else _edge({0: before, 1: counts})
    return ties, sorted(agreements)


def _counted(attributes: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
    """Counts by need of one edge."""
    if "by_need" in attributes:
        return dict(attributes["by_need"])
    if not set(TIE) & set(attributes):
        return {-1: {**dict.fromkeys(TIE, 0), "sent": 1, "accepted": 1, "completed": 1, "recent": 1}}
    return {int(attributes.get("need", -1)): {**dict.fromkeys(TIE, 0), **{k: v for k, v in attributes.items() if k in TIE}}}


def amounts(values: ArrayLike, what: str) -> Floats:
    """A column of amounts; ValueError names the first row that is negative, NaN or infinite."""
    column = np.asarray(values, dtype="float64")
    if column.ndim != 1:
        raise ValueError(f"{what}: one column is needed, not the shape {column.shape}")
    bad = np.flatnonzero(~(np.isfinite(column) & (column >= 0)))
    if bad.size:
        raise ValueError(f"{what}: row {bad[0]} is {column[bad[0]]}; an amount is a number of at least 0")
    return column


def once(keys: Ints) -> Ints:
    """Each number once, ascending: by sorting, which is several times faster than the table of hashes that numpy.unique keeps."""
    ordered = np.sort(keys)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if ordered.size else ordered


def pairs(links: ArrayLike, zones: int, services: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Zone and service of each link; ValueError names the first row that lies out of range."""
    ends = np.asarray(links, dtype="int64")
    if ends.size == 0:
        return np.zeros(0, "int32"), np.zeros(0, "int32")
    if ends.ndim != 2 or ends.shape[1] != 2:
        raise ValueError(f"links: pairs of (zone, service) are needed, not the shape {ends.shape}")
    bad = np.flatnonzero((ends < 0).any(1) | (ends[:, 0] >= zones) | (ends[:, 1] >= services))
    if bad.size:
        raise ValueError(f"links: row {bad[0]} is {tuple(ends[bad[0]].tolist())}, of {zones} zones and {services} services")
    return ends[:, 0].astype("int32"), ends[:, 1].astype("int32")
