"""What is known of the services of a snapshot, for evidence and actions."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property

import numpy as np

from .corners import POINT, Corners
from .gaps import Basis, Evidence, Ref, RefType
from .rerouting import OutOfWork, Work
from .snapshot import Ints, Snapshot, once


class Places:
    """What is known of the services of a snapshot, for evidence and actions."""

    def __init__(self, snapshot: Snapshot, corners: Corners) -> None:
        self.snapshot = snapshot
        self.corners = corners
        flow = corners.point
        hidden = np.zeros(len(snapshot.service_id), "bool")
        owned = snapshot.service_org >= 0
        hidden[owned] = snapshot.org_confidential[snapshot.service_org[owned]]
        self.hidden = hidden
        short = flow.s[0][flow.zone]
        self.wanted = np.bincount(flow.service[short], flow.need[flow.zone[short]], len(snapshot.service_id))
        self.spare = flow.t[1] & (snapshot.service_places[:, POINT] > 0) & ~hidden
        self.linked = (
            np.bincount(flow.zone, minlength=len(snapshot.zone_area)) > 0 if len(flow.zone) else np.zeros(len(snapshot.zone_area), "bool")
        )
        self._gains: dict[int, float] = {}
        self._roomiest: dict[tuple[int, ...], int | None] = {}

    def ref(self, service: int) -> Ref | None:
        """A service by its number, listed clinicians by their area; nothing that could locate a confidential one."""
        if self.hidden[service]:
            return None
        if self.snapshot.service_id[service] >= 0:
            return Ref(RefType.SERVICE, int(self.snapshot.service_id[service]))
        area = int(self.snapshot.service_area[service])
        return Ref(RefType.AREA, area) if area >= 0 else None

    def refs(self, service: int) -> tuple[Ref, ...]:
        ref = self.ref(service)
        return () if ref is None else (ref,)

    @cached_property
    def served(self) -> set[tuple[int, int]]:
        """Areas and needs of the zones that some service is open to."""
        snapshot = self.snapshot
        return set(zip(snapshot.zone_area[self.linked].tolist(), snapshot.zone_need[self.linked].tolist(), strict=True))

    def refused(self, services: Ints, needs: Ints) -> Ints:
        """How often the partner of each of these services turned somebody with these needs away."""
        return np.array([sum(self.answers(np.array([service]), needs)) for service in services.tolist()], "int64")

    def gain(self, service: int, work: Work) -> float | None:
        """How many more could be placed with room for everybody there; each is solved once. None where that is too much work."""
        if service not in self._gains:
            with suppress(OutOfWork):
                self._gains[service] = self.corners.point.gain(service, work)
        return self._gains.get(service)

    def answers(self, services: Ints, needs: Ints) -> tuple[int, int]:
        """Offers for these needs that were declined, and that expired, at the owners of these services."""
        snapshot = self.snapshot
        owners = once(snapshot.service_org[services].astype("int64"))
        ties = self._ties_to(owners[owners >= 0])
        ties = ties[np.isin(snapshot.tie_need[ties], needs)]
        return int(snapshot.tie_declined[ties].sum()), int(snapshot.tie_expired[ties].sum())

    def _ties_to(self, receivers: Ints) -> Ints:
        order, pointers = self._by_receiver
        counts = pointers[receivers + 1] - pointers[receivers]
        rows = np.arange(int(counts.sum())) + np.repeat(pointers[receivers] - (np.cumsum(counts) - counts), counts)
        return np.asarray(order[rows], "int64")

    @cached_property
    def _by_receiver(self) -> tuple[Ints, Ints]:
        """Ties in the order of their receivers, and where each begins."""
        order = np.argsort(self.snapshot.tie_to, kind="stable")
        return order, np.searchsorted(self.snapshot.tie_to[order], np.arange(len(self.snapshot.org_id) + 1))

    def roomiest(self, needs: tuple[int, ...]) -> int | None:
        """The largest service of a partner that others use for these needs and that leads to free places; None if there is none."""
        if needs not in self._roomiest:
            snapshot, flow = self.snapshot, self.corners.point
            near = once(flow.service[np.isin(snapshot.zone_need[flow.zone], needs)]) if len(flow.zone) else np.zeros(0, "int64")
            # Clinicians who are only listed for an area cannot be agreed with.
            near = near[self.spare[near] & (snapshot.service_id[near] >= 0)]
            order = np.lexsort((snapshot.service_id[near], -snapshot.service_places[near, POINT]))
            self._roomiest[needs] = int(near[order[0]]) if len(near) else None
        return self._roomiest[needs]

    def evidence(self, service: int) -> Evidence:
        low, point, high = self.snapshot.service_places[service].tolist()
        return Evidence("service", self.ref(service), point, low, high, Basis(int(self.snapshot.service_basis[service])))
