"""Access against a drawn example, the conservation law and the plain double loop."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.graph import Mode, access_scores, weighted_median, weights_of


@st.composite
def regions(draw):
    zones, services = draw(st.integers(1, 7)), draw(st.integers(1, 5))
    pair = st.tuples(st.integers(0, zones - 1), st.integers(0, services - 1))
    links = draw(st.lists(pair, max_size=20, unique=True))
    amount, weight = st.floats(0, 500), st.floats(0, 1)
    return (
        draw(st.lists(amount, min_size=zones, max_size=zones)),
        draw(st.lists(amount, min_size=services, max_size=services)),
        links,
        draw(st.lists(weight, min_size=len(links), max_size=len(links))),
    )


def by_hand(need, places, links, weights):
    w = dict(zip(links, weights, strict=True))
    ratio = {}
    for j, room in enumerate(places):
        reach = sum(w.get((i, j), 0) * people for i, people in enumerate(need))
        ratio[j] = room / reach if reach > 1e-9 else 0
    return [sum(w.get((i, j), 0) * ratio[j] for j in range(len(places))) for i in range(len(need))]


@settings(deadline=None)
@given(regions())
def test_it_is_the_formula_said_as_two_loops(region):
    assert access_scores(*region).tolist() == pytest.approx(by_hand(*region), rel=1e-9, abs=1e-12)


@settings(deadline=None)
@given(regions())
def test_places_are_neither_lost_nor_made(region):
    need, places, links, weights = region
    scores = access_scores(*region)
    reach = [sum(w * need[z] for (z, s), w in zip(links, weights, strict=True) if s == service) for service in range(len(places))]
    reached = {s for s, people in enumerate(reach) if people > 1e-9}

    assert sum(people * score for people, score in zip(need, scores, strict=True)) == pytest.approx(
        sum(places[s] for s in reached), rel=1e-6
    )


def test_one_catchment_over_all_without_decay_gives_everybody_the_same():
    scores = access_scores([60, 40], [30, 20], [(z, s) for z in range(2) for s in range(2)])

    assert scores.tolist() == pytest.approx([0.5, 0.5])


def test_of_a_pair_that_is_given_twice_the_nearer_counts():
    assert (
        access_scores([10, 10], [10], [(1, 0), (0, 0), (0, 0)], [1, 0.2, 0.5]).tolist()
        == access_scores([10, 10], [10], [(0, 0), (1, 0)], [0.5, 1]).tolist()
    )


def test_a_zone_without_people_still_has_a_score_and_a_service_without_people_is_left_out():
    assert access_scores([10, 0], [5, 7], [(0, 0), (1, 0), (1, 1)]).tolist() == [0.5, 0.5]


def test_places_are_not_shared_by_next_to_nobody():
    assert access_scores([1], [1], [(0, 0)], [1e-310]).tolist() == [0.0]


def test_nothing_is_a_state():
    assert access_scores([], [], []).tolist() == []
    assert access_scores([3], [], []).tolist() == [0.0]


def test_the_weight_falls_from_one_to_nothing_at_the_rim_and_travel_by_phone_is_none():
    weights = weights_of([0, 10, 30, 30.01, 500], 30, [Mode.DRIVE, Mode.DISTANCE, Mode.DRIVE, Mode.DRIVE, Mode.NO_TRAVEL])

    expected = (math.exp(-((10 / 30) ** 2) / 2) - math.exp(-0.5)) / (1 - math.exp(-0.5))
    assert weights.tolist() == pytest.approx([1, expected, 0, 0, 1])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: weights_of([1, -1], 30), "minutes: row 1"),
        (lambda: weights_of([float("nan")], 30), "minutes: row 0"),
        (lambda: weights_of([1], 0), "catchment: 0"),
        (lambda: weights_of([1], float("nan")), "catchment: nan"),
        (lambda: weights_of([1, 2], 30, [0]), "mode:"),
        (lambda: access_scores([1], [1], [(0, 0)], [1, 1]), "weights: 2 for 1 links"),
        (lambda: access_scores([1], [1], [(0, 0)], [-1]), "weights: row 0"),
        (lambda: access_scores([1], [1], [(0, 3)]), "links: row 0"),
    ],
)
def test_bad_input_is_refused_by_its_first_bad_row(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(1, 4)), min_size=1, max_size=12))
def test_the_weighted_median_is_the_lower_median_of_the_values_written_out(rows):
    written_out = sorted(value for value, weight in rows for _ in range(weight))

    assert weighted_median(*zip(*rows, strict=True)) == written_out[(len(written_out) - 1) // 2]


def test_a_median_of_no_weight_is_not_a_number():
    assert np.isnan(weighted_median([1, 2], [0, 0]))
    assert np.isnan(weighted_median([], []))
