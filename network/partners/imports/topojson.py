"""TopoJSON: borders are stored once as arcs and shared by the shapes on both sides; here they become rings of points again.

The format is the TopoJSON specification, version 1 (github.com/topojson/topojson-specification).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Point = tuple[float, float]
Arc = Sequence[Point]


class Broken(ValueError):  # noqa: N818 - about what was given; its text is for people
    """A shape that cannot be read; its text says why."""


def points_of(arc: Any, transform: Mapping[str, Any] | None) -> list[Point]:
    """The points of one arc, in degrees.

    With a transform an arc is quantised: its first point is a whole number of steps from `translate`, each further one counts from
    the point before, and a step is `scale` degrees. Without one its points are as they stand.
    """
    if not isinstance(arc, list) or not all(_is_pair(point) for point in arc):
        raise Broken("An arc is no list of pairs of numbers.")
    if transform is None:
        return [(float(point[0]), float(point[1])) for point in arc]
    (wide, high), (left, low) = transform["scale"], transform["translate"]
    x = y = 0
    points = []
    for step in arc:
        x, y = x + step[0], y + step[1]
        points.append((x * wide + left, y * high + low))
    return points


def check_transform(transform: Any) -> Mapping[str, Any] | None:
    """The transform, if it is one: two finite pairs."""
    if transform is None:
        return None
    if not isinstance(transform, Mapping) or not all(_is_pair(transform.get(name)) for name in ("scale", "translate")):
        raise Broken("The transform is not two pairs of numbers, scale and translate.")
    return transform


def ring_of(indices: Iterable[Any], arcs: Sequence[Arc]) -> list[Point]:
    """Arcs joined to a ring: `~i` is arc i backwards, and each begins where the one before it ended."""
    joined: list[Point] = []
    for index in indices:
        arc = _arc(index, arcs)
        if joined and joined[-1] != arc[0]:
            raise Broken(f"Arc {index} does not begin where the one before it ended.")
        joined += arc[1:] if joined else arc
    return joined


def _arc(index: Any, arcs: Sequence[Arc]) -> Arc:
    if type(index) is not int or not -len(arcs) <= index < len(arcs):
        raise Broken(f"It names arc {index!r}, which is not there.")
    arc = arcs[index] if index >= 0 else arcs[~index][::-1]
    if not arc:
        raise Broken(f"Arc {index} is empty.")
    return arc


def polygons_of(geometry: Mapping[str, Any], arcs: Sequence[Arc]) -> list[list[list[Point]]]:
    """Coordinates of a MultiPolygon for a Polygon or MultiPolygon of a topology."""
    kind, given = geometry.get("type"), geometry.get("arcs")
    if kind not in {"Polygon", "MultiPolygon"}:
        raise Broken(f"It is a {kind}, not an area." if kind else "It has no shape.")
    polygons = [given] if kind == "Polygon" else given
    if not isinstance(polygons, list) or not all(_is_rings(rings) for rings in polygons):
        raise Broken("Its arcs are no lists of numbers.")
    return [[ring_of(ring, arcs) for ring in rings] for rings in polygons]


def _is_rings(rings: Any) -> bool:
    return isinstance(rings, list) and all(isinstance(ring, list) for ring in rings)


def _is_pair(point: Any) -> bool:
    return isinstance(point, list) and len(point) >= 2 and all(type(n) in {int, float} and math.isfinite(n) for n in point[:2])
