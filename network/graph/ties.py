"""Measure 8: ties over which nothing comes back, agreements nobody uses, doors that stay closed, partners nobody asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .gaps import Action, Basis, Evidence, Gap, Kind, Ref, RefType, Settings, Unit
from .partnerships import Pairs, foremost, rows_of
from .shares import prior_of, share_intervals
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
        keys, of = np.unique(snapshot.tie_from.astype("int64") * n + snapshot.tie_to, return_inverse=True)

        def total(*columns: NDArray[np.int32]) -> Ints:
            return sum((np.bincount(of, column, len(keys)) for column in columns), np.zeros(len(keys))).astype("int64")

        return cls(
            *np.divmod(keys, n),
            total(snapshot.tie_sent),
            total(snapshot.tie_accepted),
            total(snapshot.tie_declined, snapshot.tie_expired),
            total(snapshot.tie_silent),
        )


@dataclass(frozen=True, slots=True)
class _Said:
    """One direction of a row: sizes in its unit, and what it rests on."""

    tail: int
    head: int
    people: float
    low: float
    high: float
    basis: Basis
    evidence: tuple[Evidence, ...]


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
    return [
        *_between(snapshot, "no-feedback", Unit.REFERRALS, "agree-feedback", _no_feedback(snapshot, totals, settings)),
        *_between(snapshot, "closed-door", Unit.REFERRALS, "meet", _closed_door(snapshot, totals, settings)),
        *_between(snapshot, "dormant-agreement", Unit.PLACES, "use-or-end-agreement", _dormant(snapshot, free, settings)),
        *_never_asked(snapshot, totals, free, settings),
    ]


def _ref(snapshot: Snapshot, row: int) -> Ref:
    return Ref(RefType.ORGANIZATION, int(snapshot.org_id[row]))


def _between(snapshot: Snapshot, variant: str, unit: Unit, verb: str, found: Iterator[_Said]) -> Iterator[Gap]:
    """One row for two partners: a subject is sorted and has no direction, its evidence has."""
    pairs: dict[tuple[int, int], list[_Said]] = {}
    for said in found:
        pairs.setdefault((min(said.tail, said.head), max(said.tail, said.head)), []).append(said)
    for ends, both in sorted(pairs.items()):
        subject = tuple(sorted(_ref(snapshot, row) for row in ends))
        heavier = sorted(both, key=lambda said: (-said.people, said.tail))
        yield Gap(
            kind=Kind.SILENT_TIE,
            variant=variant,
            subject=subject,
            unit=unit,
            people=sum(said.people for said in both),
            low=sum(said.low for said in both),
            high=sum(said.high for said in both),
            basis=max(said.basis for said in both),
            evidence=tuple(entry for said in heavier for entry in said.evidence),
            action=Action(verb, (_ref(snapshot, heavier[0].tail), _ref(snapshot, heavier[0].head)), gain=sum(said.people for said in both)),
            simulated=snapshot.simulated,
        )


def _ends(snapshot: Snapshot, tail: int, head: int) -> tuple[Evidence, Evidence]:
    return Evidence("from", _ref(snapshot, tail)), Evidence("to", _ref(snapshot, head))


def _counted(what: str, count: int) -> Evidence:
    return Evidence(what, None, float(count), basis=Basis.COUNTED, counts_people=True)


def _no_feedback(snapshot: Snapshot, totals: _Totals, settings: Settings) -> Iterator[_Said]:
    """Accepted, and nothing was heard of it since; drawn towards what is usual in this network."""
    prior = prior_of(totals.silent, totals.accepted)
    heard = np.flatnonzero((totals.accepted >= settings.least_ties) & (totals.silent > 0))
    low, high = share_intervals(totals.silent[heard], totals.accepted[heard], prior)
    bad = np.flatnonzero(low >= settings.bad_share)
    bad = bad[foremost(totals.silent[heard[bad]], low[bad], settings.most_rows)]
    for row, least, most in zip(heard[bad].tolist(), low[bad].tolist(), high[bad].tolist(), strict=True):
        sent, accepted, silent = int(totals.sent[row]), int(totals.accepted[row]), int(totals.silent[row])
        tail, head = int(totals.tails[row]), int(totals.heads[row])
        size = silent / settings.months
        yield _Said(
            tail, head, size, min(size, least * accepted / settings.months), max(size, most * accepted / settings.months), Basis.COUNTED,
            (*_ends(snapshot, tail, head), _counted("sent", sent), _counted("accepted", accepted), _counted("silent", silent)),
        )  # fmt: skip


def _closed_door(snapshot: Snapshot, totals: _Totals, settings: Settings) -> Iterator[_Said]:
    """Asked often, accepted never; offers still open may yet be accepted, so the low end leaves them out."""
    closed = np.flatnonzero((totals.sent >= settings.least_ties) & (totals.accepted == 0))
    for row in closed[foremost(totals.sent[closed], totals.refused[closed], settings.most_rows)].tolist():
        sent, refused = int(totals.sent[row]), int(totals.refused[row])
        tail, head = int(totals.tails[row]), int(totals.heads[row])
        size, least = sent / settings.months, min(sent, refused) / settings.months
        yield _Said(
            tail, head, size, least, size, Basis.COUNTED,
            (*_ends(snapshot, tail, head), _counted("sent", sent), _counted("refused", refused)),
        )  # fmt: skip


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

    def said(self, tail: int, head: int, evidence: tuple[Evidence, ...]) -> _Said:
        low, point, high = sorted(self.free[head].tolist())
        basis = Basis(int(self.basis[head]))
        return _Said(tail, head, point, low, high, basis, (*evidence, Evidence("free-places", None, point, low, high, basis)))


def _dormant(snapshot: Snapshot, free: _Free, settings: Settings) -> Iterator[_Said]:
    """In force long enough, and nothing was sent for any need that it covers. Two agreements of one direction are one finding."""
    there = (snapshot.tie_sent > 0) & np.isin(snapshot.tie_from, snapshot.agreement_from)
    used_for = set(zip(snapshot.tie_from[there].tolist(), snapshot.tie_to[there].tolist(), snapshot.tie_need[there].tolist(), strict=True))
    used = {(tail, head) for tail, head, _ in used_for}
    idle: dict[tuple[int, int], int] = {}
    for tail, head, need, days in zip(
        snapshot.agreement_from.tolist(),
        snapshot.agreement_to.tolist(),
        snapshot.agreement_need.tolist(),
        snapshot.agreement_days.tolist(),
        strict=True,
    ):
        sent = (tail, head) in used if need < 0 else (tail, head, need) in used_for
        if days >= settings.agreement_days and not sent:
            idle[tail, head] = max(days, idle.get((tail, head), 0))
    found = sorted(idle.items())
    receivers = np.array([head for (_, head), _ in found], "int64")
    shown = foremost(free.free[receivers, 1], free.free[receivers].min(1), settings.most_rows)
    for (tail, head), days in (found[at] for at in shown.tolist()):
        yield free.said(tail, head, (*_ends(snapshot, tail, head), Evidence("agreement-days", None, float(days))))


def _never_asked(snapshot: Snapshot, totals: _Totals, free: _Free, settings: Settings) -> Iterator[Gap]:
    """Places, and no referral received; new partners get time to be found."""
    received = np.bincount(totals.heads, totals.sent, len(snapshot.org_id))
    quiet = (received == 0) & (free.places[:, 1] > 0) & (snapshot.org_since >= settings.new_partner_days)
    rows = np.flatnonzero(quiet)
    for row in rows[foremost(free.free[rows, 1], free.free[rows].min(1), settings.most_rows)].tolist():
        said = free.said(row, row, (Evidence("partner", _ref(snapshot, row)),))
        yield Gap(
            kind=Kind.SILENT_TIE,
            variant="never-asked",
            subject=(_ref(snapshot, row),),
            unit=Unit.PLACES,
            people=said.people,
            low=said.low,
            high=said.high,
            basis=said.basis,
            evidence=said.evidence,
            action=Action("introduce", (_ref(snapshot, row),), gain=said.people),
            simulated=snapshot.simulated,
        )
