"""From raw columns to a snapshot: who needs what where, who offers it, and which of them can reach each other. No Django."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .columns import Raw
from .figures import DRIVE_MINUTES, LEAST_CONFIDENTIAL
from .gaps import Settings
from .reach import Areas, Ints, Links, join, near, on_a_ball, rows_in
from .snapshot import Mode, Snapshot, once
from .supply import Supply, supply_of
from .wants import UNSAID, USUAL, Zones, figure, people_of, term, zones_of

COUNTS = ("sent", "accepted", "declined", "expired", "completed", "silent", "recent")


@dataclass(frozen=True, slots=True)
class Partners:
    """Organisations on the network by number, with their agreements by row."""

    number: Ints
    confidential: NDArray[np.bool_]
    area: Ints  # number of the area of the first public location; -1: none
    columns: dict[str, Any]
    agreement_from: Ints
    agreement_to: Ints
    agreement_need: Ints


def build(raw: Raw, settings: Settings) -> Snapshot:
    """The snapshot of one revision. Organisations that are closed or not on the network fall out, with what hung on them."""
    partners = _partners(raw, settings)
    supply = supply_of(raw, settings, partners.number, partners.confidential)
    zones = zones_of(raw)
    links, opened = _links(raw, settings, zones, supply, partners)
    people, basis = people_of(raw, settings, zones, links, supply.places)
    return Snapshot(
        **partners.columns,
        zone_area=zones.area, zone_need=zones.need, zone_group=zones.group, zone_people=people, zone_basis=basis,
        zone_asked=zones.counts[:, 0], zone_placed=zones.counts[:, 1], zone_rejected=zones.counts[:, 2],
        zone_expired=zones.counts[:, 3], zone_unmatched=zones.counts[:, 4],
        service_id=supply.number, service_org=supply.organization.astype("int32"),
        service_area=np.where(supply.confidential, -1, supply.area), service_places=supply.places, service_basis=supply.basis,
        link_zone=links.zone.astype("int32"), link_service=links.service.astype("int32"),
        link_minutes=links.minutes.astype("float32"), link_mode=links.mode,
        link_agreements_at=opened[0].astype("int32"), link_agreements=opened[1].astype("int32"),
        revision=raw.revision, simulated=bool(raw["areas"].ints("simulated").any()),
    )  # fmt: skip


def _partners(raw: Raw, settings: Settings) -> Partners:
    """The convening organisation refers nobody and is left out."""
    table = raw["organizations"]
    kept = np.flatnonzero(table.ints("convening") == 0)
    order = kept[np.argsort(table.ints("number")[kept])]
    number, confidential = table.ints("number")[order], table.ints("confidential")[order] == 1
    start, end, agreements = _agreements(raw, number)
    columns = {
        "org_id": number,
        "org_lat": np.where(confidential, np.nan, table.degrees("latitude")[order]).astype("float32"),
        "org_lon": np.where(confidential, np.nan, table.degrees("longitude")[order]).astype("float32"),
        "org_entry": table.floats("entries")[order] / settings.months,
        "org_since": raw.today - table.ints("since")[order],
        "org_confidential": confidential,
        "agreement_from": start.astype("int32"), "agreement_to": end.astype("int32"), "agreement_need": agreements[0],
        "agreement_days": agreements[1],
        **_ties(raw, number),
    }  # fmt: skip
    area = np.where(confidential, -1, table.ints("area")[order])
    return Partners(number, confidential, area, columns, start, end, agreements[0])


def _ties(raw: Raw, number: Ints) -> dict[str, Any]:
    table = raw["ties"]
    start, end, need = rows_in(number, table.ints("sender")), rows_in(number, table.ints("receiver")), table.ints("need")
    kept = np.flatnonzero((start >= 0) & (end >= 0) & (start != end))
    order = kept[np.lexsort((need[kept], end[kept], start[kept]))]
    counts = {f"tie_{name}": table.ints(name)[order].astype("int32") for name in COUNTS}
    return {
        "tie_from": start[order].astype("int32"),
        "tie_to": end[order].astype("int32"),
        "tie_need": need[order],
        **counts,
    }


def _agreements(raw: Raw, number: Ints) -> tuple[Ints, Ints, tuple[Ints, Ints]]:
    table = raw["agreements"]
    start, end = rows_in(number, table.ints("sender")), rows_in(number, table.ints("receiver"))
    kept = np.flatnonzero((start >= 0) & (end >= 0))
    order = kept[np.lexsort((table.ints("need")[kept], end[kept], start[kept]))]
    return start[order], end[order], (table.ints("need")[order], raw.today - table.ints("since")[order])


# -- links ---------------------------------------------------------------------------------------------------------------------


def _links(raw: Raw, settings: Settings, zones: Zones, supply: Supply, partners: Partners) -> tuple[Links, tuple[Ints, Ints]]:
    """Zones and the services that meet their need, in their language, within reach, with an agreement where one is asked for."""
    areas = _areas(raw)
    close = near(areas, supply.sites, settings)
    pairs = _fitting(raw, zones, supply, reached(zones, supply, areas, close))
    at, opened, kept = _opened(zones, supply, partners, pairs, areas, close)
    return Links(pairs.zone[kept], pairs.service[kept], pairs.minutes[kept], pairs.mode[kept]), (at, opened)


def _areas(raw: Raw) -> Areas:
    table = raw["areas"]
    north, east = table.degrees("latitude"), table.degrees("longitude")
    kept = np.flatnonzero(~np.isnan(north))
    order = kept[np.argsort(table.ints("number")[kept])]
    number = table.ints("number")[order]
    known, minutes = figure(raw, DRIVE_MINUTES)
    at = rows_in(known, number)
    own = np.where(at >= 0, minutes[np.maximum(at, 0), 1], np.nan) if len(known) else np.full(len(number), np.nan)
    return Areas(number, on_a_ball(north[order], east[order]), own)


def reached(zones: Zones, supply: Supply, areas: Areas, close: Links) -> Links:
    """Every zone with every service that meets its need and that people can get to; by zone, then service.

    No travel to what works by phone or online, nor for people whose area nobody knows. A confidential service is never placed:
    it is open to the whole region, and only where there are enough of its kind for none to be told apart.
    """
    shown = ~supply.confidential[supply.meets_service] | _is_one_of_many(supply)
    service, need = supply.meets_service[shown], supply.meets_need[shown]
    anywhere = supply.confidential | supply.remote
    home = rows_in(areas.number, zones.area)
    lost, placed = np.flatnonzero(home < 0), np.flatnonzero(home >= 0)
    # Joined by place where there is one: by need alone, every area would be paired with every service of the country.
    by_phone = join(zones.need, need[anywhere[service]])
    unplaced = join(zones.need[lost], need[~anywhere[service]])
    at, near_by = join(home[placed], close.zone)
    there = placed[at]
    needs = once(need)
    met = once(_key(service, rows_in(needs, need)))
    wanted = rows_in(needs, zones.need[there])
    fits = ~anywhere[close.service[near_by]] & (wanted >= 0) & (rows_in(met, _key(close.service[near_by], wanted)) >= 0)
    there, near_by = there[fits], near_by[fits]
    far = len(by_phone[0]) + len(unplaced[0])
    zone = np.concatenate([by_phone[0], lost[unplaced[0]], there])
    ends = np.concatenate([service[anywhere[service]][by_phone[1]], service[~anywhere[service]][unplaced[1]], close.service[near_by]])
    minutes = np.concatenate([np.zeros(far), close.minutes[near_by]])
    mode = np.concatenate([np.full(far, Mode.NO_TRAVEL, "uint8"), close.mode[near_by]])
    order = np.lexsort((ends, zone))
    return Links(zone[order], ends[order], minutes[order], mode[order])


def _key(area: Ints, service: Ints) -> Ints:
    """A pair as one number, in the order of the pairs."""
    return area * np.int64(2**32) + service


def _is_one_of_many(supply: Supply) -> NDArray[np.bool_]:
    """For each service and need: whether at least three confidential services meet that need."""
    needs, at = np.unique(supply.meets_need, return_inverse=True)
    counts = np.bincount(at.ravel()[supply.confidential[supply.meets_service]], minlength=len(needs))
    found: NDArray[np.bool_] = counts[at.ravel()] >= LEAST_CONFIDENTIAL
    return found


def _fitting(raw: Raw, zones: Zones, supply: Supply, pairs: Links) -> Links:
    """Those that speak the group's language; whoever said none, or the usual one, fits where a service has said nothing either."""
    language = zones.group[pairs.zone]
    known = once(supply.speaks_language)
    spoken = once(_key(supply.speaks_service, rows_in(known, supply.speaks_language)))
    asked = rows_in(known, language)
    speaks = (asked >= 0) & (rows_in(spoken, _key(pairs.service, asked)) >= 0)
    silent = ~np.isin(pairs.service, supply.speaks_service)
    usual = language == term(raw, USUAL)
    fits = (language == term(raw, UNSAID)) | speaks | (silent & (usual | supply.listed[pairs.service]))
    kept = np.flatnonzero(fits)
    return Links(pairs.zone[kept], pairs.service[kept], pairs.minutes[kept], pairs.mode[kept])


def _opened(zones: Zones, supply: Supply, partners: Partners, pairs: Links, areas: Areas, close: Links) -> tuple[Ints, Ints, Ints]:
    """Which agreements open each link, as CSR, and the links that stay: those open to everybody, or opened by at least one.

    An agreement from A to B opens the links from the areas that A serves, which are those within reach of its services.
    """
    closed = np.flatnonzero(supply.by_agreement[pairs.service])
    link, agreement = join(supply.organization[pairs.service[closed]], partners.agreement_to)
    link = closed[link]
    home = rows_in(areas.number, zones.area)[pairs.zone[link]]
    served = once(_key(close.zone, supply.organization[close.service]))
    serves = (home < 0) | (rows_in(served, _key(home, partners.agreement_from[agreement])) >= 0)
    named = partners.agreement_need[agreement]
    right = serves & ((named == -1) | (named == zones.need[pairs.zone[link]]))
    link, agreement = link[right], agreement[right]
    counts = np.bincount(link, minlength=len(pairs.zone))
    kept = np.flatnonzero(~supply.by_agreement[pairs.service] | (counts > 0))
    order = np.lexsort((agreement, link))
    return np.concatenate([[0], np.cumsum(counts[kept])]), agreement[order], kept
