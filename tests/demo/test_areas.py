"""The demo region's 24 areas: they share their borders exactly, hold one town each, and say that they are made up."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from shapely.geometry import Point, Polygon, box

from network.demo import areas, region
from network.demo.words import CENTRE, TOWNS
from network.partners.models import Area, AreaFigure, Place

CELLS = [areas.cell(number) for number in range(len(TOWNS))]


def test_each_town_lies_inside_exactly_one_area():
    shapes = [Polygon(ring) for ring in CELLS]

    assert all(shape.is_valid for shape in shapes)
    for number, (_, north, east) in enumerate(TOWNS):
        at = Point(CENTRE[1] + east, CENTRE[0] + north)
        assert [n for n, shape in enumerate(shapes) if shape.contains(at)] == [number]


def test_neighbours_share_their_borders_exactly_and_nothing_is_left_between():
    sides = Counter(frozenset(side) for ring in CELLS for side in pairwise(ring))

    # A side stands once on the county's edge, and twice between two areas. Ten-thousandths of a degree may fall between three.
    assert set(sides.values()) == {1, 2}
    alone = [side for side, count in sides.items() if count == 1]
    edges = box(CENTRE[1] + areas.WEST, CENTRE[0] + areas.SOUTH, CENTRE[1] + areas.EAST, CENTRE[0] + areas.NORTH)
    assert all(edges.exterior.distance(Point(point)) < 0.06 for side in alone for point in side)
    assert sum(Polygon(ring).area for ring in CELLS) == pytest.approx(edges.area, rel=0.02)


@pytest.mark.django_db
def test_they_are_marked_as_made_up_with_figures_and_towns_and_the_same_seed_gives_the_same():
    for name, north, east in TOWNS:
        region.place(name, CENTRE[0] + north, CENTRE[1] + east)
    areas.load(7)
    first = list(Area.objects.order_by("code").values_list("pk", "number", "population"))

    assert Area.objects.filter(is_simulated=True).count() == 24
    assert set(AreaFigure.objects.values_list("source", flat=True)) == {"Simulated"}
    assert [place.name for place in Place.objects.select_related("area") if place.area is None or place.area.name != place.name] == []
    Area.objects.all().delete()
    areas.load(7)
    assert list(Area.objects.order_by("code").values_list("pk", "number", "population")) == first
