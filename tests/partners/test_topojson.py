"""TopoJSON: what an encoder wrote is what is read again, to the step of its quantisation."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.partners.imports.topojson import Broken, check_transform, points_of, polygons_of, ring_of

STEPS = st.integers(0, 10_000)
ARC = st.lists(st.tuples(STEPS, STEPS), min_size=2, max_size=12)
SCALE = st.tuples(st.floats(1e-6, 1e-2), st.floats(1e-6, 1e-2))
TRANSLATE = st.tuples(st.floats(-180, 0), st.floats(-90, 0))


def encoded(points):
    """The first point, then each as a step from the one before."""
    before = [(0, 0), *points]
    return [[x - a, y - b] for (a, b), (x, y) in zip(before, points, strict=False)]


@given(ARC, SCALE, TRANSLATE)
def test_an_arc_comes_back_as_it_was_quantised(points, scale, translate):
    transform = check_transform({"scale": list(scale), "translate": list(translate)})

    wanted = [(x * scale[0] + translate[0], y * scale[1] + translate[1]) for x, y in points]
    assert points_of(encoded(points), transform) == wanted


@given(st.lists(st.tuples(STEPS, STEPS), min_size=4, max_size=30, unique=True), st.data())
def test_a_ring_cut_into_arcs_in_either_direction_is_joined_to_the_same_ring(corners, data):
    ring = [*corners, corners[0]]
    cuts = sorted({0, len(ring) - 1, *data.draw(st.lists(st.integers(1, len(ring) - 2), max_size=5))})
    arcs, named = [], []
    for number, (begin, end) in enumerate(pairwise(cuts)):
        backwards = data.draw(st.booleans())
        arc = ring[begin : end + 1]
        arcs.append(arc[::-1] if backwards else arc)
        named.append(~number if backwards else number)

    assert ring_of(named, arcs) == ring
    assert polygons_of({"type": "Polygon", "arcs": [named]}, arcs) == [[ring]]
    assert polygons_of({"type": "MultiPolygon", "arcs": [[named], [named]]}, arcs) == [[ring], [ring]]


def test_without_a_transform_points_are_as_they_stand():
    assert points_of([[1.5, 2], [3, 4, 99]], None) == [(1.5, 2.0), (3.0, 4.0)]


@pytest.mark.parametrize("named", [[2], [-3], ["0"], [0.0], [True], [None]])
def test_an_arc_that_is_not_there_is_named(named):
    with pytest.raises(Broken, match="which is not there"):
        ring_of(named, [[(0, 0), (1, 1)], [(1, 1), (0, 0)]])


@pytest.mark.parametrize("given_arcs", [None, [0], [[0]], "x", [["x"]]])
def test_a_multipolygon_whose_arcs_are_no_lists_is_refused(given_arcs):
    with pytest.raises(Broken):
        polygons_of({"type": "MultiPolygon", "arcs": given_arcs}, [[(0, 0), (1, 1)]])


@pytest.mark.parametrize("transform", [{"scale": [1, 1]}, {"scale": [1, float("inf")], "translate": [0, 0]}, [], "x"])
def test_a_transform_is_two_finite_pairs(transform):
    with pytest.raises(Broken, match="The transform is not"):
        check_transform(transform)
