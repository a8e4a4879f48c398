"""The three settings at which every shortage is worked out, and the flow of each.

Mild: low need, high capacity, the wide catchment; point; harsh: high need, low capacity, the narrow catchment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .flow import Solved, distinct, hundredths
from .gaps import Settings
from .rerouting import Bools
from .snapshot import Mode, Snapshot

MILD, POINT, HARSH = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Corners:
    """One solved flow for each setting."""

    mild: Solved
    point: Solved
    harsh: Solved

    @classmethod
    def of(cls, snapshot: Snapshot, settings: Settings) -> Corners:
        """Solve three times; ValueError for amounts that are none, or too large to be counted."""
        return cls(*(solved_at(snapshot, settings, setting) for setting in (MILD, POINT, HARSH)))


def open_links(snapshot: Snapshot, settings: Settings, setting: int) -> Bools:
    """Links within the catchment of a setting."""
    return np.asarray((snapshot.link_mode == Mode.NO_TRAVEL) | (snapshot.link_minutes <= settings.minutes[setting]), "bool")


def solved_at(snapshot: Snapshot, settings: Settings, setting: int) -> Solved:
    need = hundredths(snapshot.zone_people[:, setting], "zone_people")
    places = hundredths(snapshot.service_places[:, 2 - setting], "service_places")
    within = open_links(snapshot, settings, setting)
    return Solved.on(need, places, distinct(snapshot.link_zone[within], snapshot.link_service[within], len(places)))
