"""The map of one need and the tables that say the same: figures by area, partners, and what passes between areas, of one report."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from network.partners.area_map import digest

from .classes import ACCESS, Limits, limits_of
from .layers import few_of, points_of
from .names import area_names
from .privacy import HIDDEN
from .reading import Kept

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class AreaRow:
    """What a report says of one need in one area."""

    pk: UUID
    code: str
    name: str
    people: Triple | None  # a month: low, point, high; None: hidden
    unmet: Triple | None  # a month; None: hidden
    per_10000: float | None  # people a month, of ten thousand who live there
    ratio: float | None  # access, as a share of the usual one; None: nobody needs it, or nowhere is there any
    asked: int | None  # people in the window; None: hidden
    recorded: int | None

    @property
    def is_few(self) -> bool:
        return self.unmet is None


@dataclass(frozen=True, slots=True)
class Between:
    """Referrals from one area to another in the window; None where fewer than eleven are hidden."""

    start: str
    start_name: str
    end: str
    end_name: str
    sent: int | None
    accepted: int | None


def areas_of(kept: Kept, need: int) -> list[AreaRow]:
    """Where most are without a place comes first, then where a place is hardest to find; one query."""
    columns, few = kept.drawn["areas"], few_of(kept)
    known = {row[0]: row[1:] for row in area_names().values_list("number", "pk", "code", "full_name", "population")}
    found = []
    for place, number in enumerate(columns["area"]):
        if columns["need"][place] != need or number not in known:
            continue
        pk, code, name, inhabitants = known[number]
        people, access, usual = columns["people"][place], columns["access"][place], columns["usual"][place]
        unmet = None if (number, need) in few else columns["unmet"][place]
        found.append(AreaRow(
            pk=pk, code=code, name=name, people=people and tuple(people), unmet=unmet and tuple(unmet),
            per_10000=round(people[1] * 10_000 / inhabitants, 2) if people and inhabitants else None,
            ratio=round(access / usual, 3) if usual and access is not None else None,
            asked=_shown(columns["asked"][place]), recorded=_shown(columns["recorded"][place]),
        ))  # fmt: skip
    return sorted(found, key=_worst)


def _worst(row: AreaRow) -> tuple[float, float, float, str]:
    unmet = row.unmet or (0.0, 0.0, 0.0)
    return -unmet[1], -unmet[2], row.ratio if row.ratio is not None else 1.0, row.code


def _shown(count: int) -> int | None:
    return None if count == HIDDEN else count


def between_of(kept: Kept) -> list[Between]:
    """The heaviest first; for coordinators."""
    columns = kept.drawn["ties"]
    known = {number: (code, name) for number, code, name in area_names().values_list("number", "code", "full_name")}
    rows = zip(columns["from"], columns["to"], columns["sent"], columns["accepted"], strict=True)
    return [
        Between(*known[start], *known[end], _shown(sent), _shown(accepted))
        for start, end, sent, accepted in rows if kept.sees_all and start in known and end in known
    ]  # fmt: skip


def worst_need(kept: Kept) -> int | None:
    """The need that most are without a place for: what a map shows until somebody chooses."""
    columns = kept.drawn["areas"]
    sums: defaultdict[int, float] = defaultdict(float)
    for need, unmet, people in zip(columns["need"], columns["unmet"], columns["people"], strict=True):
        # A need that nobody is without comes after all others, the largest one first.
        sums[need] += (unmet[1] if unmet else 0.0) + (people[1] if people else 0.0) * 1e-6
    return max(sums, key=lambda need: (sums[need], need)) if sums else None


def limits(kept: Kept, need: int, areas: Sequence[AreaRow]) -> dict[str, Limits]:
    """Class limits of the three layers, as they were kept with the report."""
    scale = kept.drawn.get("scale", {}).get(str(need))
    if scale is None:
        scale = {
            "per": limits_of([row.per_10000 for row in areas if row.per_10000]),
            "unmet": limits_of([row.unmet[1] for row in areas if row.unmet]),
        }
    return {**scale, "access": list(ACCESS)}


def columns_of(kept: Kept, need: int) -> dict[str, Any]:
    """Everything that the map draws, as columns: small enough to be sent whole. Areas are named by code, as in the shapes."""
    areas, points, ties = areas_of(kept, need), points_of(kept), between_of(kept)
    unmet = [row.unmet or (None, None, None) for row in areas]
    return {
        "report": str(kept.row.pk), "revision": kept.report.revision, "simulated": kept.report.simulated, "shapes": digest(),
        "limits": limits(kept, need, areas),
        "areas": {
            "code": [row.code for row in areas], "per": [row.per_10000 for row in areas], "access": [row.ratio for row in areas],
            "unmet": [triple[1] for triple in unmet], "low": [triple[0] for triple in unmet], "high": [triple[2] for triple in unmet],
            "few": [place for place, row in enumerate(areas) if row.is_few],
        },
        "partners": {
            # Sixteen bytes each: ten thousand ids in words would weigh more than all the rest.
            "ids": base64.urlsafe_b64encode(b"".join(point.pk.bytes for point in points)).decode(),
            "north": [round(point.latitude, 3) for point in points], "east": [round(point.longitude, 3) for point in points],
            "single": [place for place, point in enumerate(points) if point.gap is not None],
        },
        "ties": {
            "from": [tie.start for tie in ties], "to": [tie.end for tie in ties], "sent": [tie.sent for tie in ties],
            "accepted": [tie.accepted for tie in ties],
        },
    }  # fmt: skip
