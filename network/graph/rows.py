"""Zones gathered to rows, with what each row rests on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .corners import HARSH, MILD, POINT
from .gaps import Action, Basis, Evidence, Gap, Kind, Settings, Unit, gap_id
from .labels import AreaNeeds, Subject
from .partnerships import foremost
from .places import Places
from .rerouting import Work
from .sizes import Sizes, sizes_of
from .snapshot import Ints, once

LISTED = 20  # services that a bottleneck names


class Rows:
    """Rows of one kind: zones by label, each with a subject."""

    def __init__(
        self,
        places: Places,
        label: Ints,
        subjects: AreaNeeds | list[Subject],
        settings: Settings,
        work: Work | None = None,
        sizes: Sizes | None = None,
    ) -> None:
        snapshot, flow, count = places.snapshot, places.corners.point, len(subjects)
        self.places, self.snapshot, self.settings, self.subjects, self.label = places, snapshot, settings, subjects, label
        self.work = work or Work(0)
        self.sizes = sizes or sizes_of(places.corners, label, count, settings.top_exact, self.work)
        inside = label >= 0
        mine = label[inside]
        self.need = [np.bincount(mine, snapshot.zone_people[inside, k], count) for k in (MILD, POINT, HARSH)]
        self.rejected, self.expired, self.unmatched = (
            np.bincount(mine, column[inside], count).astype("int64")
            for column in (snapshot.zone_rejected, snapshot.zone_expired, snapshot.zone_unmatched)
        )
        self._zones = np.argsort(label, kind="stable")
        self._zones_at = np.searchsorted(label[self._zones], np.arange(count + 1))
        links = np.flatnonzero(label[flow.zone] >= 0) if len(flow.zone) else np.zeros(0, "int64")
        width = max(len(flow.places), 1)
        row, service = np.divmod(once(label[flow.zone[links]] * width + flow.service[links]), width)
        self.room = [np.bincount(row, snapshot.service_places[service, k], count) for k in (MILD, POINT, HARSH)]
        weak = snapshot.service_basis[service] >= Basis.INFERRED
        self.weak = np.bincount(row[weak], snapshot.service_places[service[weak], POINT], count)
        self.unsure = np.bincount(row[weak], np.diff(snapshot.service_places[service[weak]], axis=1)[:, 1], count)
        basis = np.zeros(count, "int64")
        np.maximum.at(basis, mine, snapshot.zone_basis[inside])
        np.maximum.at(basis, row, snapshot.service_basis[service])
        self.basis = basis
        self._services, self._services_at = service, np.searchsorted(row, np.arange(count + 1))

    def zones(self, row: int) -> Ints:
        return self._zones[self._zones_at[row] : self._zones_at[row + 1]]

    def services(self, row: int) -> Ints:
        return self._services[self._services_at[row] : self._services_at[row + 1]]

    def foremost(self, kind: Kind) -> list[int]:
        """The leading rows that have a size at some setting, as many as a report shows."""
        there = np.flatnonzero(self.sizes.high > 0)
        people, low = self.sizes.people[there], np.minimum(self.sizes.low, self.sizes.people)[there]
        leading = foremost(people, low, self.settings.most_rows, lambda at: gap_id(kind, "", self.subjects[int(there[at])]))
        return [int(row) for row in there[leading]]

    def gap(self, kind: Kind, row: int, extra: tuple[Evidence, ...], action: Action) -> Gap:
        """One row, with what every shortage rests on."""
        people = float(self.sizes.people[row])
        low, high = float(self.sizes.low[row]), float(self.sizes.high[row])
        ended = (("rejected", self.rejected), ("given-up", self.expired), ("unmatched", self.unmatched))
        return Gap(
            kind=kind,
            variant="",
            subject=self.subjects[row],
            unit=Unit.PEOPLE,
            people=people,
            low=min(low, people),
            high=max(high, people),
            basis=Basis(int(self.basis[row])),
            recorded=int(self.rejected[row] + self.expired[row] + self.unmatched[row]),
            evidence=(
                *self.weighed(row, kind),
                *extra,
                *(Evidence(what, count=int(column[row]), counts_people=True) for what, column in ended),
            ),
            action=action,
            simulated=self.snapshot.simulated,
        )

    def weighed(self, row: int, kind: Kind) -> Iterator[Evidence]:
        """Need, places and how they are known."""
        low, need, high = (float(column[row]) for column in self.need)
        fewest, room, most = (float(column[row]) for column in self.room)
        yield Evidence("need", None, need, low, high, Basis(int(self.snapshot.zone_basis[self.zones(row)].max(initial=0))))
        worst = int(self.snapshot.service_basis[self.services(row)].max(initial=0))
        yield Evidence("places", None, room, fewest, most, Basis(worst))
        if room > 0:
            yield Evidence("inferred-share", count=float(self.weak[row]) / room)
        if kind is not Kind.LOW_ACCESS:
            yield Evidence("placed", count=max(0.0, need - float(self.sizes.people[row])))
            yield Evidence("exact" if self.sizes.exact[row] else "outer")

    def listed(self, row: int) -> Iterator[Evidence]:
        """The services of a bottleneck, largest first, and what was answered there."""
        snapshot, services = self.snapshot, self.services(row)
        named = services[~self.places.hidden[services]]
        named = named[np.lexsort((snapshot.service_id[named], -snapshot.service_places[named, POINT]))][:LISTED]
        for service in named.tolist():
            yield self.places.evidence(service)
        if len(services) > len(named):
            listed, every = (float(snapshot.service_places[rows, POINT].sum()) for rows in (named, services))
            yield Evidence("more-services", count=max(0.0, every - listed))
        declined, expired = self.places.answers(services, once(snapshot.zone_need[self.zones(row)]))
        yield Evidence("declined", count=declined, counts_people=True)
        yield Evidence("expired", count=expired, counts_people=True)
