"""A network of any size that looks like the networks of care that were measured; the same seed gives the same network.

Nobody publishes referral volumes, so they are assumptions: 1 + geometric offers a tie, mean 4; need geometric, mean 15 people a month;
places Pareto(1.5), scaled to 94 % of the need.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from network.graph.snapshot import Snapshot

REGION = 200  # organisations
MONTHS = 365 / 30.4375


@dataclass(frozen=True, slots=True)
class Made:
    """What a generated network is like."""

    organizations: int
    ties: int
    mean_degree: float  # partners without direction
    p99_degree: float
    largest_degree: int
    local_share: float  # of ties inside a region
    reciprocity: float
    isolates: int
    components: int  # of two organisations or more

    def __str__(self) -> str:
        return (
            f"{self.organizations:,} organisations, {self.ties:,} ties; partners: mean {self.mean_degree:.1f}, p99 {self.p99_degree:.0f}, "
            f"largest {self.largest_degree}; {self.local_share:.0%} local, reciprocity {self.reciprocity:.3f}, "
            f"{self.isolates:,} isolates, {self.components:,} components"
        )


def generate(n: int, seed: int = 1, factor: float = 3.4, *, quiet: bool = False) -> Snapshot:
    """A snapshot of n organisations, labelled as simulated; prints what it made unless `quiet`."""
    dice = np.random.default_rng([seed, n])
    tails, heads = _ties(dice, n, factor)
    links = _flow(dice, n)
    counts = _volumes(dice, tails, heads, n)
    first = dice.random(len(tails)) < 0.4  # the rest had a first referral elsewhere
    snapshot = Snapshot(
        org_id=np.arange(n, dtype="int64") + 1_000_000,
        org_lat=dice.uniform(40, 45, n).astype("float32"), org_lon=dice.uniform(-117, -111, n).astype("float32"),
        org_entry=np.bincount(tails, counts["tie_sent"] * first, n) / MONTHS,
        org_since=dice.integers(10, 3_000, n), org_confidential=np.zeros(n, bool),
        tie_from=tails.astype("int32"), tie_to=heads.astype("int32"), tie_need=np.ones(len(tails), "int64"),
        **counts, **links, revision=1, simulated=True,
    )  # fmt: skip
    if not quiet:
        print(describe(snapshot))
    return snapshot


def _ties(dice: np.random.Generator, n: int, factor: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sender and receiver of each tie, sorted, distinct, nobody with itself."""
    shuffled = dice.permutation(n)
    idle, closed = round(0.045 * n), round(0.03 * n)
    open_to_all = np.sort(shuffled[idle + closed :])
    out = np.minimum(600, np.floor(factor * (1 + dice.pareto(1.6, len(open_to_all)))).astype("int64"))
    tails = np.repeat(open_to_all, out)
    heads = _receivers(dice, open_to_all, tails, n)
    back = dice.random(len(tails)) < 0.081
    parts = [(tails, heads), (heads[back], tails[back]), *_cliques(dice, open_to_all), *_fragments(dice, shuffled[idle : idle + closed])]
    a, b = (np.concatenate(ends) for ends in zip(*parts, strict=True))
    keys = np.unique((a * n + b)[a != b])
    return np.divmod(keys, n)


def _receivers(dice: np.random.Generator, members: NDArray[np.int64], tails: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """70 % in the sender's region, 30 % anywhere; in proportion to fitness ~ Pareto(1.3), cut at the largest that n draws let expect.

    Without the cut one lucky draw becomes everybody's partner. Who was drawn twice by one sender is drawn again, a few times.
    """
    rising = np.cumsum(np.minimum(1 + dice.pareto(1.3, len(members)), len(members) ** (1 / 1.3)))
    heads = _draw(dice, members, rising, tails)
    for _ in range(4):
        order = np.argsort(tails * n + heads, kind="stable")
        keys = (tails * n + heads)[order]
        again = order[np.append(False, keys[1:] == keys[:-1]) | (tails == heads)[order]]
        heads[again] = _draw(dice, members, rising, tails[again])
    return heads


def _draw(
    dice: np.random.Generator, members: NDArray[np.int64], rising: NDArray[np.float64], tails: NDArray[np.int64]
) -> NDArray[np.int64]:
    first = np.searchsorted(members, tails // REGION * REGION)
    last = np.searchsorted(members, (tails // REGION + 1) * REGION)
    local = dice.random(len(tails)) < 0.7
    below = np.append(0, rising)
    start, end = np.where(local, below[first], 0), np.where(local, below[last], rising[-1])
    picked = np.searchsorted(rising, start + dice.random(len(tails)) * (end - start), side="right")
    return members[np.minimum(picked, len(members) - 1)]


def _cliques(dice: np.random.Generator, members: NDArray[np.int64]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """One organisation in twenty joins a coalition of 3 to 6 in its region."""
    joined = np.sort(dice.choice(members, len(members) // 20, replace=False))
    parts = []
    for region in np.split(joined, np.flatnonzero(np.diff(joined // REGION)) + 1):
        parts += [_all_pairs(group) for group in _groups(dice, dice.permutation(region), 3, 6)]
    return parts


def _fragments(dice: np.random.Generator, members: NDArray[np.int64]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Closed groups of 2 to 6, each a chain."""
    return [(group[:-1], group[1:]) for group in _groups(dice, members, 2, 6)]


def _groups(dice: np.random.Generator, members: NDArray[np.int64], least: int, most: int) -> list[NDArray[np.int64]]:
    sizes = dice.integers(least, most + 1, len(members) // least + 1)
    groups = np.split(members, np.cumsum(sizes)[np.cumsum(sizes) < len(members)])
    return [group for group in groups if len(group) >= least]


def _all_pairs(group: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    a, b = np.triu_indices(len(group), 1)
    return group[a], group[b]


def _volumes(dice: np.random.Generator, tails: NDArray[np.int64], heads: NDArray[np.int64], n: int) -> dict[str, NDArray[np.int32]]:
    """Offers by what became of them: as much is accepted as the receiver has room for; of the rest two in three are declined."""
    sent = dice.geometric(0.25, len(tails))  # from 1 on, so this is 1 + the number of failures: mean 4
    asked = np.bincount(heads, sent, n)
    room = dice.pareto(1.5, n) + 0.5
    room *= 0.94 * sent.sum() / room.sum()
    share = np.minimum(1, room / np.maximum(asked, 1))
    accepted = dice.binomial(sent, share[heads])
    declined = dice.binomial(sent - accepted, 2 / 3)
    completed = dice.binomial(accepted, 0.6)
    silent = dice.binomial(accepted - completed, 0.4)
    recent = dice.binomial(accepted, 90 / 365)
    columns = {
        "sent": sent,
        "accepted": accepted,
        "declined": declined,
        "expired": sent - accepted - declined,
        "completed": completed,
        "silent": silent,
        "recent": recent,
    }
    return {f"tie_{name}": column.astype("int32") for name, column in columns.items()}


def _flow(dice: np.random.Generator, n: int) -> dict[str, NDArray[np.generic]]:
    """60 % zones, 40 % services, 9.2 links a zone, 85 % of them inside the region."""
    zones, services = max(1, round(0.6 * n)), max(1, round(0.4 * n))
    regions = max(1, -(-zones // (REGION * 3 // 5)))
    need = dice.geometric(1 / 15, zones).astype("float64")
    places = 1 + dice.pareto(1.5, services)
    places *= 0.94 * need.sum() / places.sum()
    zone = np.repeat(np.arange(zones), dice.poisson(9.2, zones))
    region = zone * regions // zones
    local = dice.random(len(zone)) < 0.85
    first, last = region * services // regions, np.maximum((region + 1) * services // regions, region * services // regions + 1)
    start, end = np.where(local, first, 0), np.where(local, last, services)
    keys = np.unique(zone * services + start + (dice.random(len(zone)) * (end - start)).astype("int64"))
    zone, service = np.divmod(keys, services)
    spread = np.array([0.8, 1.0, 1.25])
    return {
        "zone_area": np.arange(zones) * regions // zones, "zone_need": np.ones(zones, "int64"), "zone_group": np.full(zones, -1, "int64"),
        "zone_people": need[:, None] * spread, "zone_basis": np.full(zones, 3, "uint8"),
        **{f"zone_{name}": np.zeros(zones, "int64") for name in ("asked", "placed", "rejected", "expired", "unmatched")},
        "service_id": np.arange(services) + 1, "service_org": (np.arange(services) * n // services).astype("int32"),
        "service_area": np.arange(services) * regions // services, "service_places": places[:, None] * spread,
        "service_basis": dice.integers(1, 4, services).astype("uint8"),
        "link_zone": zone.astype("int32"), "link_service": service.astype("int32"),
        "link_minutes": dice.uniform(1, 45, len(zone)).astype("float32"), "link_mode": np.zeros(len(zone), "uint8"),
        "link_agreements_at": np.zeros(len(zone) + 1, "int32"),
    }  # fmt: skip


def describe(snapshot: Snapshot) -> Made:
    """The figures that the tests hold to tolerance."""
    n, tails, heads = len(snapshot.org_id), snapshot.tie_from.astype("int64"), snapshot.tie_to.astype("int64")
    keys = tails * n + heads
    undirected = np.unique(np.minimum(tails, heads) * n + np.maximum(tails, heads))
    degree = np.bincount(np.concatenate(np.divmod(undirected, n)), minlength=n)
    label = connected_components(csr_array((np.ones(len(keys)), (tails, heads)), shape=(n, n)), directed=False)[1]
    return Made(
        organizations=n, ties=len(keys), mean_degree=float(degree.mean()), p99_degree=float(np.percentile(degree, 99)),
        largest_degree=int(degree.max()), local_share=float((tails // REGION == heads // REGION).mean()),
        reciprocity=float(np.isin(heads * n + tails, keys).mean()), isolates=int((degree == 0).sum()),
        components=int((np.bincount(label) > 1).sum()),
    )  # fmt: skip


if __name__ == "__main__":
    generate(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
