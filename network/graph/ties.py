"""Measure 8: ties over which nothing comes back, agreements nobody uses, doors that stay closed, partners nobody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .gaps import Action, Basis, Evidence, Gap, Kind, Ref, RefType, Settings, Unit, gap_id
from .partnerships import Pairs, foremost, rows_of
from .shares import Prior, prior_of, share_intervals
from .snapshot import Floats, Ints, Snapshot

if TYPE_CHECKING:
    import networkx as nx


def reciprocity(graph: nx.DiGraph | Pairs) -> float:
    """Share of directed ties whose reverse exists; NaN without a tie, where it is undefined.

    O(m log m) by sorted pair keys. A crisis line refers and nobody refers to it: a low share is not bad in itself.
    Oracle: networkx.overall_reciprocity.

    Examples
    --------
    >>> import networkx as nx
    >>> reciprocity(nx.DiGraph([(0, 1), (1, 0), (0, 2)]))
    0.6666666666666666
    """
    _, pairs = rows_of(graph)
    if not len(pairs.tails):
        return float("nan")
    keys, back = pairs.tails * pairs.n + pairs.heads, np.sort(pairs.heads * pairs.n + pairs.tails)
    place = np.minimum(np.searchsorted(back, keys), len(back) - 1)
    return float((back[place] == keys).mean())


@dataclass(frozen=True, slots=True)
class _Totals:
    """Ties of a pair over all needs: what is said of a tie is said between two partners."""

    tails: Ints
    heads: Ints
    sent: Ints
    accepted: Ints
    refused: Ints  # declined or expired
    silent: Ints

    @classmethod
    def of(cls, snapshot: Snapshot) -> _Totals:
        n = max(len(snapshot.org_id), 1)
        rows = snapshot.tie_from.astype("int64") * n + snapshot.tie_to  # sorted, as ties are
        first = np.flatnonzero(np.append(True, rows[1:] != rows[:-1])[: len(rows)])
        keys = rows[first]

        def total(*columns: NDArray[np.int32]) -> Ints:
            return sum((np.add.reduceat(column, first, dtype="int64") for column in columns if len(first)), np.zeros(len(keys), "int64"))

        return cls(
            *np.divmod(keys, n),
            total(snapshot.tie_sent),
            total(snapshot.tie_accepted),
            total(snapshot.tie_declined, snapshot.tie_expired),
            total(snapshot.tie_silent),
        )


@dataclass(frozen=True, slots=True)
class _Found:
    """Directions that a variant speaks of, as columns: sizes in its unit, and how to say what each rests on."""

    tail: Ints
    head: Ints
    people: Floats
    low: Floats
    high: Floats
    basis: Ints
    evidence: Callable[[int], tuple[Evidence, ...]]  # by the place in these columns


def silent_tie_rows(snapshot: Snapshot, settings: Settings) -> list[Gap]:
    """Measure 8, four variants; two partners share a row, with evidence for each direction.

    `no-feedback` and `closed-door` count referrals a month, `dormant-agreement` and `never-asked` the places a month that stand free
    for it, an upper bound. Something bad is said of a partner only when the lower end of the bad share's 80 % interval is at
    least `bad_share`, on at least `least_ties` referrals; open offers are in no share.

    Examples
    --------
    >>> import networkx as nx
    >>> partners = nx.DiGraph()
    >>> partners.add_edges_from([(0, 1)], sent=40, accepted=40, silent=31)
    >>> [(row.variant, row.certainty.name) for row in silent_tie_rows(Snapshot.from_networkx(partners), Settings())]
    [('no-feedback', 'FIRM')]
    """
    totals = _Totals.of(snapshot)
    free = _Free.of(snapshot, settings)
    most = settings.most_rows
    return [
        *_between(snapshot, "no-feedback", Unit.REFERRALS, "agree-feedback", _no_feedback(snapshot, totals, settings), most),
        *_between(snapshot, "closed-door", Unit.REFERRALS, "meet", _closed_door(snapshot, totals, settings), most),
        *_between(snapshot, "dormant-agreement", Unit.PLACES, "use-or-end-agreement", _dormant(snapshot, free, settings), most),
        *_never_asked(snapshot, totals, free, settings),
    ]


def _ref(snapshot: Snapshot, row: int) -> Ref:
    return Ref(RefType.ORGANIZATION, int(snapshot.org_id[row]))


def _between(snapshot: Snapshot, variant: str, unit: Unit, verb: str, found: _Found, most: int) -> Iterator[Gap]:
    """One row for two partners, the foremost: a subject is sorted and has no direction, its evidence has."""
    n = max(len(snapshot.org_id), 1)
    keys, of = np.unique(np.minimum(found.tail, found.head) * n + np.maximum(found.tail, found.head), return_inverse=True)
    people, low, high = (np.bincount(of, column, len(keys)) for column in (found.people, found.low, found.high))
    first, second = np.divmod(keys, n)

    def subject(at: int) -> tuple[Ref, ...]:
        return tuple(sorted((_ref(snapshot, int(first[at])), _ref(snapshot, int(second[at])))))

    shown = foremost(people, low, most, lambda at: gap_id(Kind.SILENT_TIE, variant, subject(at)))
    heavier = np.lexsort((found.tail, -found.people, of))
    starts, ends = np.searchsorted(of[heavier], shown, "left").tolist(), np.searchsorted(of[heavier], shown, "right").tolist()
    for at, start, end in zip(shown.tolist(), starts, ends, strict=True):
        both = heavier[start:end].tolist()
        yield Gap(
            kind=Kind.SILENT_TIE,
            variant=variant,
            subject=subject(at),
            unit=unit,
            people=float(people[at]),
            low=float(low[at]),
            high=float(high[at]),
            basis=Basis(int(found.basis[both].max())),
            evidence=tuple(entry for place in both for entry in found.evidence(place)),
            action=Action(
                verb, (_ref(snapshot, int(found.tail[both[0]])), _ref(snapshot, int(found.head[both[0]]))), gain=float(people[at])
            ),
            simulated=snapshot.simulated,
        )


def _ends(snapshot: Snapshot, tail: int, head: int) -> tuple[Evidence, Evidence]:
    return Evidence("from", _ref(snapshot, tail)), Evidence("to", _ref(snapshot, head))


def _counted(what: str, count: np.int64) -> Evidence:
    return Evidence(what, None, float(count), basis=Basis.COUNTED, counts_people=True)


def _no_feedback(snapshot: Snapshot, totals: _Totals, settings: Settings) -> _Found:
    """Accepted, and nothing was heard of it since; drawn towards what is usual in this network."""
    prior = prior_of(totals.silent, totals.accepted)
    heard = np.flatnonzero((totals.accepted >= settings.least_ties) & (totals.silent > 0))
    low, high = _intervals(totals.silent[heard], totals.accepted[heard], prior)
    bad = np.flatnonzero(low >= settings.bad_share)
    rows, least, most = heard[bad], low[bad], high[bad]
    accepted, size = totals.accepted[rows], totals.silent[rows] / settings.months

    def evidence(at: int) -> tuple[Evidence, ...]:
        row = int(rows[at])
        counts = _counted("sent", totals.sent[row]), _counted("accepted", totals.accepted[row]), _counted("silent", totals.silent[row])
        return (*_ends(snapshot, int(totals.tails[row]), int(totals.heads[row])), *counts)

    return _Found(
        totals.tails[rows], totals.heads[rows], size,
        np.minimum(size, least * accepted / settings.months), np.maximum(size, most * accepted / settings.months),
        np.full(len(rows), Basis.COUNTED), evidence,
    )  # fmt: skip


def _intervals(hits: Ints, tries: Ints, prior: Prior | None) -> tuple[Floats, Floats]:
    """Interval of each share; the counts are small, so that few pairs of them differ, and each is worked out once."""
    if not len(tries):
        return np.zeros(0), np.zeros(0)
    width = int(tries.max()) + 1
    keys, of = np.unique(tries * width + hits, return_inverse=True)
    low, high = share_intervals(keys % width, keys // width, prior)
    return low[of], high[of]


def _closed_door(snapshot: Snapshot, totals: _Totals, settings: Settings) -> _Found:
    """Asked often, accepted never; offers still open may yet be accepted, so the low end leaves them out."""
    rows = np.flatnonzero((totals.sent >= settings.least_ties) & (totals.accepted == 0))
    size, least = totals.sent[rows] / settings.months, np.minimum(totals.sent, totals.refused)[rows] / settings.months

    def evidence(at: int) -> tuple[Evidence, ...]:
        row = int(rows[at])
        ends = _ends(snapshot, int(totals.tails[row]), int(totals.heads[row]))
        return (*ends, _counted("sent", totals.sent[row]), _counted("refused", totals.refused[row]))

    return _Found(totals.tails[rows], totals.heads[rows], size, least, size, np.full(len(rows), Basis.COUNTED), evidence)


@dataclass(frozen=True, slots=True)
class _Free:
    """Places a month of each organisation that its accepted referrals do not fill: (low, point, high), and on what this rests."""

    places: Floats  # (n, 3)
    free: Floats  # (n, 3)
    basis: Ints

    @classmethod
    def of(cls, snapshot: Snapshot, settings: Settings) -> _Free:
        n = len(snapshot.org_id)
        owned = snapshot.service_org >= 0
        org = snapshot.service_org[owned]
        places = np.stack([np.bincount(org, snapshot.service_places[owned, at], n) for at in range(3)], axis=1).astype("float64")
        filled = np.bincount(snapshot.tie_to, snapshot.tie_accepted, n) / settings.months
        basis = np.full(n, -1, "int64")
        np.maximum.at(basis, org, snapshot.service_basis[owned].astype("int64"))
        basis[basis < 0] = Basis.MODELLED
        return cls(places, np.maximum(places - filled[:, None], 0), basis)

    def evidence(self, row: int) -> Evidence:
        low, point, high = sorted(self.free[row].tolist())
        return Evidence("free-places", None, point, low, high, Basis(int(self.basis[row])))


def _dormant(snapshot: Snapshot, free: _Free, settings: Settings) -> _Found:
    """In force long enough, and nothing was sent for any need that it covers. Two agreements of one direction are one finding."""
    n = max(len(snapshot.org_id), 1)
    sent = snapshot.tie_sent > 0
    ties, needs = _keys(snapshot.tie_from, snapshot.tie_to, n)[sent], snapshot.tie_need[sent]
    agreed, need = _keys(snapshot.agreement_from, snapshot.agreement_to, n), snapshot.agreement_need
    asked = np.isin(ties, agreed)  # few of the ties run along an agreement
    used_for = np.stack([ties[asked], needs[asked]], 1)
    at = np.minimum(np.searchsorted(ties, agreed), max(len(ties) - 1, 0))  # ties are sorted
    along = ties[at] == agreed if len(ties) else np.zeros(len(agreed), "bool")
    used = np.where(need < 0, along, _are_in(np.stack([agreed, need], 1), used_for))
    idle = np.flatnonzero((snapshot.agreement_days >= settings.agreement_days) & ~used)
    keys, of = np.unique(agreed[idle], return_inverse=True)
    days = np.zeros(len(keys), "int64")
    np.maximum.at(days, of, snapshot.agreement_days[idle])
    tails, heads = np.divmod(keys, n)
    low, high = free.free[heads].min(1), free.free[heads].max(1)

    def evidence(at: int) -> tuple[Evidence, ...]:
        head = int(heads[at])
        return (*_ends(snapshot, int(tails[at]), head), Evidence("agreement-days", None, float(days[at])), free.evidence(head))

    return _Found(tails, heads, np.median(free.free[heads], axis=1), low, high, free.basis[heads], evidence)


def _keys(tails: NDArray[np.int32], heads: NDArray[np.int32], n: int) -> Ints:
    return np.asarray(tails.astype("int64") * n + heads, "int64")


def _are_in(rows: Ints, table: Ints) -> NDArray[np.bool_]:
    """Whether each row is one of the table's."""
    _, of = np.unique(np.concatenate([table, rows]), axis=0, return_inverse=True)
    return np.isin(of[len(table) :], of[: len(table)])


def _never_asked(snapshot: Snapshot, totals: _Totals, free: _Free, settings: Settings) -> Iterator[Gap]:
    """Places, and no referral received; new partners get time to be found."""
    received = np.bincount(totals.heads, totals.sent, len(snapshot.org_id))
    quiet = (received == 0) & (free.places[:, 1] > 0) & (snapshot.org_since >= settings.new_partner_days)
    rows = np.flatnonzero(quiet)
    sizes = np.sort(free.free[rows], axis=1)
    leading = foremost(
        sizes[:, 1], sizes[:, 0], settings.most_rows, lambda at: gap_id(Kind.SILENT_TIE, "never-asked", (_ref(snapshot, int(rows[at])),))
    )
    for at in leading.tolist():
        me, (low, people, high) = _ref(snapshot, int(rows[at])), sizes[at].tolist()
        yield Gap(
            kind=Kind.SILENT_TIE,
            variant="never-asked",
            subject=(me,),
            unit=Unit.PLACES,
            people=people,
            low=low,
            high=high,
            basis=Basis(int(free.basis[rows[at]])),
            evidence=(Evidence("partner", me), free.evidence(int(rows[at]))),
            action=Action("introduce", (me,), gain=people),
            simulated=snapshot.simulated,
        )
