"""Who needs what: zones of area × need × group, with the people a month who look for help there. No Django."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .access import access_scores, weights_of
from .columns import Raw
from .figures import DISTRESS, UNDER_18
from .gaps import Settings
from .need import adults, modelled, need_of
from .reach import Floats, Ints, Links, rows_in

ASKED = ("asked", "placed", "rejected", "expired", "unmatched")
MODELLED, UNSAID, USUAL = range(3)  # terms that `load` numbers: the modelled need, no language said, the usual language


@dataclass(frozen=True, slots=True)
class Zones:
    """Area × need × group, each once, in this order."""

    area: Ints  # number; -1: not known
    need: Ints
    group: Ints
    counts: Ints  # (Z, 5) people in the window: asked, placed, rejected, expired, unmatched


def term(raw: Raw, what: int) -> int:
    """The number of a term that the model knows by name; -2, which no zone has, where it is missing."""
    found = raw["terms"].ints("number")[raw["terms"].ints("what") == what]
    return int(found[0]) if len(found) else -2


def figure(raw: Raw, code: int) -> tuple[Ints, Floats]:
    """Areas that have a figure, sorted by number, and its (low, point, high)."""
    table = raw["figures"]
    kept = np.flatnonzero(table.ints("figure") == code)
    kept = kept[np.argsort(table.ints("area")[kept])]
    return table.ints("area")[kept], np.column_stack([table.floats(name)[kept] for name in ("low", "value", "high")])


def zones_of(raw: Raw) -> Zones:
    """What was asked for, and the modelled need of every area with a rate of distress, said in no language where nobody asked."""
    table, modelled_need = raw["demand"], term(raw, MODELLED)
    asked = np.column_stack([table.ints(name) for name in ("area", "need", "population")])
    rated = figure(raw, DISTRESS)[0]
    silent = rated[~np.isin(rated, asked[asked[:, 1] == modelled_need, 0])] if modelled_need >= 0 else rated[:0]
    added = np.column_stack([silent, np.full(len(silent), modelled_need), np.full(len(silent), term(raw, UNSAID))])
    keys, at = np.unique(np.concatenate([asked, added]), axis=0, return_inverse=True)
    counts = np.zeros((len(keys), len(ASKED)), "int64")
    np.add.at(counts, at.ravel()[: len(asked)], np.column_stack([table.ints(name) for name in ASKED]))
    return Zones(keys[:, 0], keys[:, 1], keys[:, 2], counts)


def people_of(raw: Raw, settings: Settings, zones: Zones, links: Links, places: Floats) -> tuple[Floats, NDArray[np.uint8]]:
    """People a month in each zone, (Z, 3), and what that rests on: the model where there is a rate, requests alone elsewhere."""
    alone = need_of(np.full((len(zones.need), 3), np.nan), zones.counts[:, 0], months=settings.months, shrink=settings.shrink)
    people, basis = alone.people.copy(), alone.basis.copy()
    rated, _ = figure(raw, DISTRESS)
    home = rows_in(rated, zones.area)
    of_model = np.flatnonzero((zones.need == term(raw, MODELLED)) & (home >= 0))
    if not of_model.size:
        return people, basis
    home = home[of_model]
    asked = np.bincount(home, zones.counts[of_model, 0], minlength=len(rated)).astype("float64")
    model = _model(raw, settings)
    chances = _access(model[:, 1], of_model, home, links, places, settings)
    need = need_of(model, asked, months=settings.months, shrink=settings.shrink, access=chances)
    share = _shares(zones.counts[of_model, 0], home, asked)
    people[of_model], basis[of_model] = need.people[home] * share[:, None], need.basis[home]
    return people, basis


def _model(raw: Raw, settings: Settings) -> Floats:
    """People a month of each area with a rate of distress who would look for help: adults × rate × share who look."""
    rated, rate = figure(raw, DISTRESS)
    areas, young = raw["areas"], figure(raw, UNDER_18)
    order = np.argsort(areas.ints("number"))
    inhabitants = np.maximum(areas.floats("population")[order][rows_in(areas.ints("number")[order], rated)], 0)
    at = rows_in(young[0], rated)
    minors = np.where(at >= 0, young[1][np.maximum(at, 0), 1], 0.0) if len(young[0]) else np.zeros(len(rated))
    return modelled(adults(inhabitants, minors), rate, settings.help_share)


def _access(model: Floats, zones: Ints, home: Ints, links: Links, places: Floats, settings: Settings) -> Floats:
    """The access score of each area if need were as the model says, by which its silence is judged."""
    area = np.full(int(links.zone.max(initial=-1)) + 1, -1, "int64")
    inside = zones < len(area)
    area[zones[inside]] = home[inside]
    kept = np.flatnonzero(area[links.zone] >= 0)
    weights = weights_of(links.minutes[kept], settings.minutes[1], links.mode[kept])
    return access_scores(model, places[:, 1], np.column_stack([area[links.zone[kept]], links.service[kept]]), weights)


def _shares(asked: Ints, home: Ints, total: Floats) -> Floats:
    """Each group's part of its area, by who asked; where nobody did there is one group."""
    groups = np.bincount(home, minlength=len(total))[home]
    return np.where(total[home] > 0, asked / np.maximum(total[home], 1), 1 / np.maximum(groups, 1))
