"""The map of all areas: shapes drawn coarse enough for one answer, packed once after each change and sent as they are."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .models import Area, AreaMap
from .within import shape_of

if TYPE_CHECKING:
    from shapely.geometry import MultiPolygon, Polygon

LARGEST = 280_000  # bytes, packed
POINT, ROW = 4, 20  # packed bytes of a point and of an id, at least: what cannot fit is not written out first
# From fine to coarse: corners of triangles smaller than the square of this many degrees go; then decimals of a degree.
STEPS = ((0.0, 3), (0.01, 3), (0.02, 2), (0.04, 2), (0.07, 2), (0.1, 2), (0.2, 2), (0.4, 1), (1.0, 1), (4.0, 1))
EMPTY = b'{"type":"FeatureCollection","features":[]}'
SLICE = 500


def draw() -> bool:
    """Draw the map again, as fine as fits; False where it is the same as before. Part of an import, which records it."""
    rows, shapes = [], []
    known = Area.objects.filter(polygon__isnull=False).order_by("code")
    for pk, code, name, region, simulated, polygon in known.values_list("pk", "code", "name", "region", "is_simulated", "polygon").iterator(
        SLICE
    ):
        properties = {"code": code, "name": name, "region": region} | ({"simulated": True} if simulated else {})
        rows.append((str(pk), properties))
        shapes.append(shape_of(polygon))
    body = _as_fine_as_fits(rows, shapes)
    digest = hashlib.sha256(body).hexdigest()[:32]
    if AreaMap.objects.filter(pk=1, digest=digest).exists():
        return False
    AreaMap.objects.update_or_create(pk=1, defaults={"digest": digest, "body": body})
    return True


def _as_fine_as_fits(rows: Sequence[tuple[str, dict[str, Any]]], shapes: Sequence[MultiPolygon]) -> bytes:
    import shapely  # here: most processes only send what was drawn

    body = b""
    for width, decimals in STEPS:
        # Neighbours are drawn together, so that a border which two share stays one line.
        coarse = shapely.coverage_simplify(shapes, width) if width and shapes else shapes
        if int(shapely.get_num_coordinates(coarse).sum()) * POINT + len(rows) * ROW > LARGEST:
            continue
        features = [
            {"type": "Feature", "id": pk, "properties": properties, "geometry": _geometry(drawn, shape, decimals)}
            for (pk, properties), drawn, shape in zip(rows, coarse, shapes, strict=True)
        ]
        text = json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":"), ensure_ascii=False)
        body = gzip.compress(text.encode(), 9, mtime=0)
        if len(body) <= LARGEST:
            break
    return body


def _geometry(drawn: Polygon | MultiPolygon, shape: MultiPolygon, decimals: int) -> dict[str, Any]:
    """The shape without the parts that are too small to see; one that would vanish keeps its largest part as it is."""
    parts: list[Any] = [rings for part in getattr(drawn, "geoms", [drawn]) if (rings := list(_rings(part, decimals)))]
    if not parts:
        largest = max(shape.geoms, key=lambda part: part.area)
        parts = [[[list(point) for point in largest.exterior.coords]]]
    return {"type": "MultiPolygon", "coordinates": parts} if len(parts) > 1 else {"type": "Polygon", "coordinates": parts[0]}


def _rings(part: Polygon, decimals: int) -> Iterator[list[tuple[float, float]]]:
    """The rings that are still rings after rounding; none, where the outer one is not."""
    for number, ring in enumerate((part.exterior, *part.interiors)):
        points: list[tuple[float, float]] = []
        for x, y in ring.coords:
            point = (round(x, decimals), round(y, decimals))
            if not points or points[-1] != point:
                points.append(point)
        if len(points) > 3:
            yield points
        elif number == 0:
            return


def packed() -> tuple[str, bytes]:
    """Digest and packed body of the present map; an empty collection where no area has a shape."""
    found = AreaMap.objects.filter(pk=1).values_list("digest", "body").first()
    return (found[0], bytes(found[1])) if found else ("empty", gzip.compress(EMPTY, mtime=0))


def digest() -> str:
    """The digest of the present map alone."""
    return AreaMap.objects.filter(pk=1).values_list("digest", flat=True).first() or "empty"
