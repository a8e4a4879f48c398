"""Who can use what: by need, language, distance and agreement. No Django."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .figures import OWN_AREA_MINUTES
from .gaps import Settings
from .snapshot import Mode

EARTH_KM = 6371.0088  # mean radius, IUGG
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def rows_in(table: Ints, wanted: Ints) -> Ints:
    """The row of each wanted number in a sorted table; -1 where it is not there."""
    if not len(table):
        return np.full(len(wanted), -1, "int64")
    at = np.minimum(np.searchsorted(table, wanted), len(table) - 1)
    return np.where(table[at] == wanted, at, -1)


def on_a_ball(latitude: Floats, longitude: Floats) -> Floats:
    """Points of a sphere of the earth's size, (n, 3), km."""
    north, east = np.radians(latitude), np.radians(longitude)
    return EARTH_KM * np.column_stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])


def ground_km(chord: Floats) -> Floats:
    """The great-circle distance of a straight one through the ball."""
    return 2 * EARTH_KM * np.arcsin(np.clip(chord / (2 * EARTH_KM), 0, 1))


@dataclass(frozen=True, slots=True)
class Sites:
    """Where services are given: a service may have several."""

    service: Ints
    point: Floats  # (P, 3) on the ball
    area: Ints  # -1: in none


@dataclass(frozen=True, slots=True)
class Areas:
    """Areas with a known centre, sorted by number."""

    number: Ints
    point: Floats
    own_minutes: Floats  # what it takes within the area; NaN: not known


@dataclass(frozen=True, slots=True)
class Links:
    """Pairs of zone and service, each once, in order."""

    zone: Ints
    service: Ints
    minutes: Floats
    mode: NDArray[np.uint8]


def near(areas: Areas, sites: Sites, settings: Settings) -> Links:
    """Every area with every service that has a site within the widest catchment, or in the area itself; `zone` is the area's row."""
    if not len(areas.number) or not len(sites.service):
        none = np.zeros(0, "int64")
        return Links(none, none, np.zeros(0), np.zeros(0, "uint8"))
    widest = settings.minutes[0] / 60 * settings.km_per_hour
    found = cKDTree(sites.point).sparse_distance_matrix(cKDTree(areas.point), widest, output_type="ndarray")
    site, area, km = found["i"], found["j"], ground_km(found["v"])
    minutes = km / settings.km_per_hour * 60
    within = minutes <= settings.minutes[0]
    home = rows_in(areas.number, sites.area)
    at_home = np.flatnonzero(home >= 0)
    longest = settings.minutes[2] * OWN_AREA_MINUTES
    travel = ground_km(np.linalg.norm(areas.point[home[at_home]] - sites.point[at_home], axis=1)) / settings.km_per_hour * 60
    known = areas.own_minutes[home[at_home]]
    own = np.minimum(np.where(np.isnan(known), travel, known), longest)
    return _least(
        np.concatenate([area[within], home[at_home]]),
        np.concatenate([sites.service[site[within]], sites.service[at_home]]),
        np.concatenate([minutes[within], own]),
        np.concatenate([np.full(within.sum(), Mode.DISTANCE), np.where(np.isnan(known), Mode.DISTANCE, Mode.DRIVE)]).astype("uint8"),
    )


def _least(zone: Ints, service: Ints, minutes: Floats, mode: NDArray[np.uint8]) -> Links:
    """Each pair once: what is known by road before what is guessed by distance, then the shortest way."""
    order = np.lexsort((minutes, mode, service, zone))
    zone, service, minutes, mode = zone[order], service[order], minutes[order], mode[order]
    first = np.ones(len(zone), bool)
    first[1:] = (zone[1:] != zone[:-1]) | (service[1:] != service[:-1])
    return Links(zone[first], service[first], minutes[first], mode[first])


def join(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Row numbers of every pair of equal values, as a join of two tables gives them."""
    order = np.argsort(right, kind="stable")
    ordered = right[order]
    start, end = np.searchsorted(ordered, left, "left"), np.searchsorted(ordered, left, "right")
    counts = end - start
    rows = np.repeat(np.arange(len(left)), counts)
    offset = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    return rows, order[np.repeat(start, counts) + offset]
