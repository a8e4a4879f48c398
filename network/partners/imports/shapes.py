"""Shapes of areas from GeoJSON or TopoJSON: read one at a time, and checked before one is believed."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import ijson
import shapely
from shapely.geometry import MultiPolygon, Polygon

from .found import Unreadable
from .topojson import Arc, Broken, Point, check_transform, points_of, polygons_of

KEYS = ("GEOID", "geoid", "FIPS", "fips", "code", "id")
NAMES = ("name", "NAME", "Name")
DECIMALS = 6  # a tenth of a metre
# A border that crosses itself by less than this share of its area is a nick, which rounding leaves; more is another shape.
NICK = 1e-3
DEGREES = re.compile(r"(CRS84|EPSG:+(?:[\d.]*:)?(?:4326|4269))$", re.IGNORECASE)  # NAD 83 is WGS 84 to within two metres


@dataclass(slots=True)
class Outline:
    """One shape of the file as it stands there, unchecked. `number` counts from 1."""

    number: int
    code: str
    name: str
    polygons: Any = None
    broken: str = ""


@dataclass(slots=True)
class Border:
    """A shape that was checked: coordinates of a MultiPolygon, the box around it, a point inside, and what was mended."""

    polygons: list[list[list[list[float]]]]
    box: tuple[float, float, float, float]
    inside: Point
    hints: list[str] = field(default_factory=list)


def read_outlines(path: Path, object_name: str = "") -> Iterator[Outline]:
    """The shapes of a GeoJSON FeatureCollection or of one object of a TopoJSON file. Raises Unreadable."""
    number = 0
    try:
        for outline in _outlines(path, object_name):
            number = outline.number
            if number == 1 and _is_projected(outline.polygons):
                raise Unreadable(
                    "Its numbers are no longitudes and latitudes, and it does not say of which projection they are (missing projection). "
                    "Convert it to WGS 84 first.",
                    1,
                )
            yield outline
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise Unreadable(f"The file cannot be read after shape {number}: {' '.join(str(error).split())[:200]}", number) from None


def _outlines(path: Path, object_name: str) -> Iterator[Outline]:
    kind = _first(path, "type")
    if kind == "FeatureCollection":
        yield from _geojson(path)
    elif kind == "Topology":
        yield from _topojson(path, object_name)
    else:
        raise Unreadable("This is neither a GeoJSON FeatureCollection nor a TopoJSON Topology.")


def _first(path: Path, prefix: str) -> Any:
    with path.open("rb") as file:
        return next(ijson.items(file, prefix, use_float=True), None)


def _geojson(path: Path) -> Iterator[Outline]:
    try:
        crs = _first(path, "crs")
    except ijson.JSONError:
        crs = None  # torn further on: what stands before is read, and the tear is met again there
    if crs is not None:
        properties = crs.get("properties") if isinstance(crs, dict) else None
        name = str(properties.get("name", "")) if isinstance(properties, dict) else ""
        if not DEGREES.search(name):
            raise Unreadable(f"Its projection is {name[:80] or 'not named'}. Convert it to WGS 84 first.")
    with path.open("rb") as file:
        for number, feature in enumerate(ijson.items(file, "features.item", use_float=True), 1):
            geometry = feature.get("geometry") if isinstance(feature, dict) else None
            yield _outline(number, feature, geometry, _given)


def _given(geometry: Any) -> Any:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in {"Polygon", "MultiPolygon"}:
        raise Broken(f"It is a {kind}, not an area." if kind else "It has no shape.")
    return [geometry.get("coordinates")] if kind == "Polygon" else geometry.get("coordinates")


def _topojson(path: Path, object_name: str) -> Iterator[Outline]:
    name = object_name or _only_object(path)
    try:
        transform = check_transform(_first(path, "transform"))
        arcs = list(_arcs(path, transform))
    except Broken as error:
        raise Unreadable(str(error)) from None
    number = 0
    with path.open("rb") as file:
        for number, geometry in enumerate(ijson.items(file, f"objects.{name}.geometries.item", use_float=True), 1):
            yield _outline(number, geometry, geometry, lambda given: polygons_of(given, _Arcs(arcs)))
    if not number:
        raise Unreadable(f"It has no shapes under the object {name!r}. It holds {', '.join(_objects(path)) or 'none'}.")


def _arcs(path: Path, transform: Any) -> Iterator[array[float]]:
    """Each arc as numbers side by side: a list of pairs would take six times the memory."""
    with path.open("rb") as file:
        for arc in ijson.items(file, "arcs.item", use_float=True):
            yield array("d", chain.from_iterable(points_of(arc, transform)))


class _Arcs(Sequence[Arc]):
    """The arcs as points again, one at a time."""

    def __init__(self, packed: Sequence[array[float]]) -> None:
        self.packed = packed

    def __len__(self) -> int:
        return len(self.packed)

    def __getitem__(self, index: Any) -> Any:
        numbers = self.packed[index]
        return list(zip(numbers[::2], numbers[1::2], strict=True))


def _objects(path: Path) -> list[str]:
    """Names of the objects of a topology."""
    with path.open("rb") as file:
        found = []
        for prefix, event, value in ijson.parse(file):
            if prefix == "objects" and event == "map_key":
                found.append(str(value))
            elif prefix == "objects" and event == "end_map":
                break
        return found


def _only_object(path: Path) -> str:
    names = _objects(path)
    if len(names) != 1:
        raise Unreadable(f"It holds {', '.join(names) or 'no objects'}: say which with --object." if names else "It holds no objects.")
    return names[0]


def _outline(number: int, feature: Any, geometry: Any, read: Any) -> Outline:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    properties = properties if isinstance(properties, dict) else {}
    code = feature.get("id") if isinstance(feature, dict) else None
    code = next((properties[key] for key in KEYS if properties.get(key) is not None), "") if code is None else code
    name = next((properties[key] for key in NAMES if properties.get(key)), "")
    outline = Outline(number, str(code).strip()[:40], str(name).strip())
    try:
        outline.polygons = read(geometry)
    except Broken as error:
        outline.broken = str(error)
    return outline


def _is_projected(polygons: Any) -> bool:
    """Whether any number lies outside what degrees can be, as metres of a projection do."""
    try:
        points = [point for rings in polygons for ring in rings for point in ring]
        return any(abs(point[0]) > 180 or abs(point[1]) > 90 for point in points)
    except (TypeError, IndexError):
        return False


def border_of(outline: Outline) -> Border:
    """The checked shape, or Broken with the reason."""
    if outline.broken:
        raise Broken(outline.broken)
    polygons = outline.polygons
    if not isinstance(polygons, list) or not all(isinstance(rings, list) for rings in polygons):
        raise Broken("Its coordinates are no lists of rings.")
    given = [[_ring(ring) for ring in rings] for rings in polygons]
    whole = [[ring for ring in rings if len(set(ring)) > 2] for rings in given if rings and len(set(rings[0])) > 2]
    lost = sum(map(len, given)) - sum(map(len, whole))
    if not whole:
        raise Broken("It has collapsed to a line or a point.")
    shape = MultiPolygon([(rings[0], rings[1:]) for rings in whole])
    hints = [f"{lost} of its rings had collapsed to a line or a point and are left out."] if lost else []
    if not shape.is_valid:
        shape, words = _mended(shape)
        hints.append(words)
    west, south, east, north = shape.bounds
    inside = max(shape.geoms, key=lambda part: part.area).representative_point()
    return Border(_plain(shape), (west, south, east, north), (round(inside.x, DECIMALS), round(inside.y, DECIMALS)), hints)


def _ring(ring: Any) -> list[Point]:
    if not isinstance(ring, list) or not ring:
        raise Broken("One of its rings is empty.")
    points = [_point(point) for point in ring]
    if points[0] != points[-1]:
        raise Broken(f"A ring is not closed: it begins at {_at(points[0])} and ends at {_at(points[-1])}.")
    return points


def _point(point: Any) -> Point:
    if not isinstance(point, list | tuple) or len(point) < 2 or not all(type(n) in {int, float} and math.isfinite(n) for n in point[:2]):
        raise Broken("One of its points is no pair of numbers.")
    if not (-180 <= point[0] <= 180 and -90 <= point[1] <= 90):
        raise Broken(f"A point is not on Earth: {point[0]:.10g}, {point[1]:.10g}.")
    return (round(float(point[0]), DECIMALS), round(float(point[1]), DECIMALS))


def _mended(shape: MultiPolygon) -> tuple[MultiPolygon, str]:
    """The shape without the nicks that rounding leaves in a border, and words that say so; Broken where it is more than a nick."""
    reason = str(shapely.is_valid_reason(shape))
    found = re.fullmatch(r"(?:Ring )?Self-intersection\[(\S+) (\S+)\]", reason)
    if found is None:
        raise Broken(f"It is no whole shape: {reason}.")
    near = _at((float(found[1]), float(found[2])))
    mended = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    parts = [part for part in getattr(mended, "geoms", [mended]) if isinstance(part, Polygon) and not part.is_empty]
    # A bow tie's halves turn in opposite ways, so the area of its ring is their difference, and far from the area of the two.
    if not parts or abs(mended.area - shape.area) > NICK * shape.area:
        raise Broken(f"Its border crosses itself near {near}.")
    whole = MultiPolygon([(_rounded(part.exterior), [_rounded(hole) for hole in part.interiors]) for part in parts])
    return whole, f"Its border crossed itself near {near}, by less than a thousandth of its area; this was mended."


def _rounded(ring: Any) -> list[Point]:
    return [(round(x, DECIMALS), round(y, DECIMALS)) for x, y in ring.coords]


def _at(point: Point) -> str:
    return f"longitude {point[0]:.6g}, latitude {point[1]:.6g}"


def _plain(shape: MultiPolygon) -> list[list[list[list[float]]]]:
    return [[[list(point) for point in ring.coords] for ring in (part.exterior, *part.interiors)] for part in shape.geoms]
