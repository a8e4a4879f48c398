"""Which area a town or a public location lies in: by the area its source names, else by its point.

Shapes are loaded where they are looked into: most processes never do, and start sooner.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from .models import Area, Location, Place
from .revision import bump

if TYPE_CHECKING:
    from shapely.geometry import MultiPolygon

SLICE = 500


def area_at(latitude: float, longitude: float) -> UUID | None:
    """The area of one point: the first by code where a border runs through it."""
    from shapely.geometry import Point

    around = Area.objects.around(latitude, longitude).order_by("code").values_list("pk", "polygon")
    return next((pk for pk, polygon in around if shape_of(polygon).covers(Point(longitude, latitude))), None)


def shape_of(polygon: Any) -> MultiPolygon:
    """Stored coordinates as a shape."""
    from shapely.geometry import MultiPolygon

    return MultiPolygon([(rings[0], rings[1:]) for rings in polygon])


def link(cause: UUID) -> int:
    """Give every town and every public location the area it lies in, and how many changed. Running it again changes nothing.

    Part of an import, which records it; `cause` is the run, whose stripe of the revision counts it. A confidential location, and
    any of a victim service, is in no area. Areas are found before the transaction, which then only writes.
    """
    if not Area.objects.exists():
        return 0
    hidden = Location.objects.filter(Q(is_confidential=True) | Q(organization__is_victim_service=True))
    shown = Location.objects.exclude(pk__in=hidden.values("pk"))
    places = list(Place.objects.values_list("pk", "longitude", "latitude", "area"))
    named = _areas_named(shown)
    seen = [row for row in shown.values_list("pk", "longitude", "latitude", "area") if row[0] in named or None not in row[1:3]]
    found = _areas_of([row[:3] for row in (*places, *seen) if row[0] not in named]) | named
    with transaction.atomic():
        changed = hidden.filter(area__isnull=False).update(area=None)
        changed += _write(Place, [(row[0], found.get(row[0])) for row in places if found.get(row[0]) != row[3]])
        changed += _write(Location, [(row[0], found.get(row[0])) for row in seen if found.get(row[0]) != row[3]])
        if changed:
            bump(cause)
    return changed


def _areas_named(shown: QuerySet[Location]) -> dict[UUID, UUID]:
    """Areas of locations whose own row of a facility list gave its FIPS code."""
    codes = dict(Area.objects.values_list("code", "pk"))
    own = Q(organization__source=F("source"), organization__external_id=F("external_id"))
    given = (
        shown.exclude(source="")
        .filter(own, organization__extra__has_key="fips")
        .annotate(fips=KeyTextTransform("fips", "organization__extra"))
    )
    return {pk: codes[fips] for pk, fips in given.values_list("pk", "fips") if fips in codes}


def _areas_of(points: Sequence[tuple[Any, ...]]) -> dict[UUID, UUID]:
    """The area of each point (id, longitude, latitude) that lies in one."""
    import numpy as np
    import shapely

    if not points:
        return {}
    rows = Area.objects.filter(polygon__isnull=False).order_by("code").values_list("pk", "polygon")
    keys, shapes = [], []
    for pk, polygon in rows.iterator(SLICE):
        keys.append(pk)
        shapes.append(shape_of(polygon))
    where = shapely.points([row[1] for row in points], [row[2] for row in points])
    number, area = shapely.STRtree(shapes).query(where, predicate="intersects")
    # A point on a border is found in both: the first by code has it, so the last write below must be its.
    order = np.lexsort((-area, number))
    return {points[n][0]: keys[a] for n, a in zip(number[order], area[order], strict=True)}


def _write(model: type[Place | Location], rows: Iterable[tuple[UUID, UUID | None]]) -> int:
    changed = [model(pk=pk, area_id=area) for pk, area in rows]
    model._default_manager.bulk_update(changed, ["area"], batch_size=SLICE)  # type: ignore[arg-type]  # noqa: SLF001
    return len(changed)
