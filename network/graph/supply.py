"""Who offers what: the services of partners, and the listed clinicians of an area as one service of it. No Django."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .capacity import capacity_of, clinician_capacity
from .columns import Raw
from .figures import PROVIDERS
from .gaps import Settings
from .reach import Floats, Ints, Sites, on_a_ball, rows_in
from .wants import MODELLED, figure, term

MONTHS = 6  # of accepted offers that a capacity is inferred from


@dataclass(frozen=True, slots=True)
class Supply:
    """Services by number, then one row of listed clinicians for each area that has any, whose number is -1."""

    number: Ints
    organization: Ints  # row; -1: none
    area: Ints  # of the first site; -1: not known
    places: Floats  # (S, 3) places for new people a month
    basis: NDArray[np.uint8]
    by_agreement: NDArray[np.bool_]
    confidential: NDArray[np.bool_]
    remote: NDArray[np.bool_]  # works by phone or online
    listed: NDArray[np.bool_]  # clinicians of an area, by head count
    meets_service: Ints
    meets_need: Ints
    speaks_service: Ints
    speaks_language: Ints
    sites: Sites


def supply_of(raw: Raw, settings: Settings, organizations: Ints, confidential: NDArray[np.bool_]) -> Supply:
    """All that is on offer. `organizations` are sorted numbers; `confidential` says which of them are never located."""
    table = raw["services"]
    order = np.argsort(table.ints("number"))
    number, organization = table.ints("number")[order], rows_in(organizations, table.ints("organization")[order])
    hidden = np.append(confidential, False)[organization]
    sites = _sites(raw, number, hidden)
    area = np.full(len(number), -1, "int64")
    area[sites.service[::-1]] = sites.area[::-1]
    meets = rows_in(number, raw["meets"].ints("service"))
    places, basis = _places(raw, settings, number, meets)
    partners = Supply(
        number=number, organization=organization, area=area, places=places, basis=basis,
        by_agreement=table.ints("by_agreement")[order] == 1, confidential=hidden, remote=table.ints("remote")[order] == 1,
        listed=np.zeros(len(number), bool), meets_service=meets, meets_need=raw["meets"].ints("need"),
        speaks_service=rows_in(number, raw["speaks"].ints("service")), speaks_language=raw["speaks"].ints("language"), sites=sites,
    )  # fmt: skip
    return _with_clinicians(raw, settings, partners)


def _sites(raw: Raw, number: Ints, hidden: NDArray[np.bool_]) -> Sites:
    table = raw["sites"]
    service = rows_in(number, table.ints("service"))
    kept = np.flatnonzero(~hidden[service])
    point = on_a_ball(table.degrees("latitude")[kept], table.degrees("longitude")[kept])
    return Sites(service[kept], point, table.ints("area")[kept])


def _places(raw: Raw, settings: Settings, number: Ints, meets: Ints) -> tuple[Floats, NDArray[np.uint8]]:
    """Places a month of the partners' services, as they say or as they have shown."""
    months, stated, away = raw["months"], raw["stated"], raw["turned_away"]
    accepted = np.zeros((len(number), MONTHS))
    spot, month = rows_in(number, months.ints("service")), months.ints("month")
    within = (month >= 0) & (month < MONTHS)
    np.add.at(accepted, (spot[within], month[within]), months.ints("accepted")[within])
    said, age, full = np.full(len(number), np.nan), np.zeros(len(number)), np.zeros(len(number), bool)
    at = rows_in(number, stated.ints("service"))
    said[at], age[at] = stated.ints("places"), raw.today - stated.ints("as_of")
    full[rows_in(number, away.ints("service"))] = (away.ints("full_count") > 0) | (away.ints("waiting") > 0)
    kind = np.full(len(number), -1, "int64")
    kind[meets[::-1]] = raw["meets"].ints("need")[::-1]
    found = capacity_of(accepted, stated=said, stated_days_ago=age, turned_away=full, kind=kind, settings=settings)
    return found.places, found.basis


def _with_clinicians(raw: Raw, settings: Settings, partners: Supply) -> Supply:
    """Adds the listed clinicians. Places that partners give in the same area and need are taken off: they are the same heads."""
    area, heads = figure(raw, PROVIDERS)
    need = term(raw, MODELLED)
    areas = raw["areas"]
    order = np.argsort(areas.ints("number"))
    row = order[rows_in(areas.ints("number")[order], area)] if len(area) else np.zeros(0, "int64")
    placed = ~np.isnan(areas.degrees("latitude")[row]) & (heads[:, 1] > 0) & (need >= 0)
    area, heads, row = area[placed], heads[placed], row[placed]
    found = clinician_capacity(heads[:, 1], settings)
    same = np.unique(partners.meets_service[partners.meets_need == need])
    given = np.zeros((len(area), 3))
    spot = rows_in(area, partners.area[same])
    np.add.at(given, spot[spot >= 0], partners.places[same[spot >= 0]])
    # Most taken off the least: the range stays one.
    places = np.maximum(found.places - given[:, ::-1], 0)
    places = np.sort(places, axis=1)
    new = len(partners.number) + np.arange(len(area))
    point = on_a_ball(areas.degrees("latitude")[row], areas.degrees("longitude")[row])
    none, no = np.full(len(area), -1, "int64"), np.zeros(len(area), bool)
    return Supply(
        number=np.append(partners.number, none), organization=np.append(partners.organization, none), area=np.append(partners.area, area),
        places=np.concatenate([partners.places, places]), basis=np.append(partners.basis, found.basis),
        by_agreement=np.append(partners.by_agreement, no), confidential=np.append(partners.confidential, no),
        remote=np.append(partners.remote, no), listed=np.append(partners.listed, ~no),
        meets_service=np.append(partners.meets_service, new), meets_need=np.append(partners.meets_need, np.full(len(area), need)),
        speaks_service=partners.speaks_service, speaks_language=partners.speaks_language,
        sites=Sites(
            np.append(partners.sites.service, new), np.concatenate([partners.sites.point, point]), np.append(partners.sites.area, area)
        ),
    )  # fmt: skip
