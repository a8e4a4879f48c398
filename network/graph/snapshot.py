"""The network of one revision as frozen columns of numbers: what every measure reads."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
    tie_days: NDArray[np.int32] = _column("int32", 8)  # days to an answer: 0, 1, 2, 3-4, 5-7, 8-14, 15-30, more

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


def amounts(values: ArrayLike, what: str) -> Floats:
    """A column of amounts; ValueError names the first row that is negative, NaN or infinite."""
    column = np.asarray(values, dtype="float64")
    if column.ndim != 1:
        raise ValueError(f"{what}: one column is needed, not the shape {column.shape}")
    bad = np.flatnonzero(~(np.isfinite(column) & (column >= 0)))
    if bad.size:
        raise ValueError(f"{what}: row {bad[0]} is {column[bad[0]]}; an amount is a number of at least 0")
    return column


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
