"""Classes of a map: round limits, none empty, and the same from report to report while they still say something."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.graph import classes
from network.graph.classes import class_of, kept_or_new, limits_of, scales


def test_examples_are_true():
    assert doctest.testmod(classes).failed == 0


@given(st.lists(st.floats(0, 1e7, allow_nan=False).map(lambda value: round(value, 1)), max_size=60))
def test_limits_rise_and_leave_no_class_empty(values):
    limits = limits_of(values)

    assert limits == sorted(set(limits))
    assert len(limits) <= 4
    if limits:
        assert {class_of(value, limits) for value in values if value > 0} == set(range(1, len(limits) + 2))


def test_limits_stay_while_they_tell_the_areas_apart():
    before = limits_of([4, 9, 14, 22, 38, 70, 90])

    assert kept_or_new([5, 12, 30, 66], before) == before
    assert kept_or_new([5000, 9000, 70000], before) != before


def test_hidden_figures_and_areas_without_inhabitants_take_no_part():
    areas = {"area": [1, 2, 3, 4], "need": [7, 7, 7, 8], "people": [None, [1, 2, 3], [1, 20, 30], [0, 1, 2]],
             "unmet": [None, [0, 5, 6], [0, 9, 10], [0, 0, 0]]}  # fmt: skip

    found = scales(areas, {1: 1000.0, 2: 1000.0, 3: 1000.0, 4: -1.0}, {})

    assert found["7"] == {"per": limits_of([20, 200]), "unmet": limits_of([5, 9])}
    assert found["8"] == {"per": [], "unmet": []}


def test_what_was_kept_for_a_need_stays_its_scale():
    areas = {"area": [1, 2, 3], "need": [7, 7, 7], "people": [[1, 2, 3]] * 3, "unmet": [[0, 3, 4], [0, 11, 12], [0, 30, 40]]}

    found = scales(areas, {1: 100.0, 2: 100.0, 3: 100.0}, {"7": {"per": [], "unmet": [5.0, 20.0]}})

    assert found["7"]["unmet"] == [5.0, 20.0]


@pytest.mark.parametrize("values", [[], [0.0], [3.0, 3.0]])
def test_where_nothing_can_be_told_apart_there_is_one_class(values):
    assert limits_of(values) == []
