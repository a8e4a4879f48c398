"""What a map draws of one report: figures by area, partners as points, ties between areas. Confidential places are never in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from network.partners.models import Area, Location, Organization, TaxonomyTerm

from .gaps import Gap, Kind, RefType
from .privacy import HIDDEN, suppressed
from .reading import Kept


def layers_of(kept: Kept, *, need: int | None = None) -> dict[str, Any]:
    """All layers, for one need or for all of them."""
    columns = kept.drawn
    return {
        "report": str(kept.row.pk), "revision": kept.report.revision, "simulated": kept.report.simulated,
        "areas": _areas(kept, need), "partners": _partners(kept), "ties": _ties(columns["ties"]) if kept.sees_all else [],
    }  # fmt: skip


def few_of(kept: Kept) -> set[tuple[int, int]]:
    """Area and need of each shortage whose size is hidden in its row: a map must not say what the table does not."""
    found = set()
    for gap in kept.report.shortages:
        if gap.kind is Kind.UNMET_DEMAND and kept.is_few(gap):
            named = {ref.type: ref.number for ref in gap.subject}
            found.add((named.get(RefType.AREA, -1), named.get(RefType.NEED, -1)))
    return found


def _areas(kept: Kept, need: int | None) -> list[dict[str, Any]]:
    columns, few = kept.drawn["areas"], few_of(kept)
    known = {number: (pk, name, people) for pk, number, name, people in Area.objects.values_list("pk", "number", "name", "population")}
    needs = {number: (pk, name) for pk, number, name in TaxonomyTerm.objects.filter(scheme="need").values_list("pk", "number", "label")}
    found = []
    for place, area in enumerate(columns["area"]):
        wanted = columns["need"][place]
        if area not in known or wanted not in needs or (need is not None and wanted != need):
            continue
        pk, name, inhabitants = known[area]
        people = columns["people"][place]
        found.append({
            "area": {"type": "area", "id": str(pk), "name": name},
            "need": {"type": "need", "id": str(needs[wanted][0]), "name": needs[wanted][1]},
            "people": people, "unmet": None if (area, wanted) in few else columns["unmet"][place],
            "per_10000": round(people[1] * 10_000 / inhabitants, 2) if people and inhabitants else None,
            "access": columns["access"][place], "usual": columns["usual"][place],
            "asked": columns["asked"][place], "recorded": columns["recorded"][place],
        })  # fmt: skip
    return found


@dataclass(frozen=True, slots=True)
class Point:
    """A partner with a public address, and the row that says what hangs on it."""

    pk: UUID
    name: str
    latitude: float
    longitude: float
    gap: Gap | None
    cut_off: float | None  # people a month; None: nobody, or too few to say


def points_of(kept: Kept) -> list[Point]:
    """Partners with a public address; what hangs on them is the coordinators' to know."""
    cut = {
        gap.subject[0].number: gap for gap in kept.report.frictions
        if gap.kind is Kind.SINGLE_POINT and len(gap.subject) == 1 and gap.subject[0].type is RefType.ORGANIZATION
    } if kept.sees_all else {}  # fmt: skip
    months, cell = kept.report.settings.months, kept.report.settings.cell
    shown = Organization.objects.on_the_network().filter(is_active=True, is_convening=False, is_victim_service=False)
    public = Location.objects.filter(is_confidential=False, latitude__isnull=False, organization__in=shown.values("pk"))
    seen: dict[UUID, Point] = {}
    columns = ("organization", "organization__name", "organization__number", "latitude", "longitude")
    for pk, name, number, latitude, longitude in public.order_by("organization", "id").values_list(*columns):
        if pk not in seen:
            gap = cut.get(number)
            few = gap is not None and suppressed(gap.people * months, cell)
            seen[pk] = Point(pk, name, latitude, longitude, gap, round(gap.people, 1) if gap and not few else None)
    return list(seen.values())


def _partners(kept: Kept) -> list[dict[str, Any]]:
    return [
        {"id": str(point.pk), "name": point.name, "latitude": point.latitude, "longitude": point.longitude, "cut_off": point.cut_off}
        for point in points_of(kept)
    ]


def _ties(columns: dict[str, list[int]]) -> list[dict[str, Any]]:
    ids = dict(Area.objects.values_list("number", "pk"))
    rows = zip(columns["from"], columns["to"], columns["sent"], columns["accepted"], strict=True)
    return [
        {"from": str(ids[start]), "to": str(ids[end]), "sent": None if sent == HIDDEN else sent,
         "accepted": None if accepted == HIDDEN else accepted, "is_few": HIDDEN in {sent, accepted}}
        for start, end, sent, accepted in rows if start in ids and end in ids
    ]  # fmt: skip
