"""What one organisation carries: how many people could not be placed any more if it closed."""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np

from .corners import POINT, open_links, solved_at
from .flow import Solved
from .gaps import Settings
from .rerouting import Bools, OutOfWork, Work
from .snapshot import Ints, Snapshot

SOLVES_A_PLACE = 3  # exact losses that are worked out for each place among the largest


class Loss(NamedTuple):
    """How many fewer people could be placed without one organisation."""

    row: int  # of the organisation
    low: float  # people a month: at least
    high: float  # at most, given the routing that was found
    exact: float | None  # None where it was not solved


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
    flow = solved or solved_at(snapshot, rules, POINT)
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


class _Cuts(NamedTuple):
    """Links of the flow that close with an organisation, as every agreement that opens them is one of its own; sorted by organisation."""

    organization: Ints
    link: Ints

    @classmethod
    def of(cls, snapshot: Snapshot, settings: Settings, flow: Solved) -> _Cuts:
        none = np.zeros(0, "int64")
        if len(snapshot.link_agreements) == 0:
            return cls(none, none)
        within = np.flatnonzero(open_links(snapshot, settings, POINT))
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
