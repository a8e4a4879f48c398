"""No small count can be narrowed by solving for it over everything that is published."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from network.graph.gaps import Basis, Evidence
from network.graph.privacy import hide, published, suppressed, tables, with_totals


def narrowed(table, truth):
    """Small cells that an outsider can place more closely than 1 to 10, from the shown cells and the sums that everybody knows."""
    rows, columns = truth.shape[0] - 1, truth.shape[1] - 1
    cells = [(row, column) for row in range(rows) for column in range(columns)]
    everywhere = [(a, b) for a in range(rows + 1) for b in range(columns + 1)]
    sums = np.array([[a in (row, rows) and b in (column, columns) for row, column in cells] for a, b in everywhere], float)
    shown = ~table.hidden.ravel()
    found = []
    for at in np.argwhere((truth > 0) & (truth < 11)):
        mine = sums[at[0] * (columns + 1) + at[1]]
        ends = [linprog(sign * mine, A_eq=sums[shown], b_eq=truth.ravel()[shown], bounds=(0, None)) for sign in (1, -1)]
        least = ends[0].fun
        most = np.inf if ends[1].status == 3 else -ends[1].fun
        if least > 1 + 1e-6 or most < 10 - 1e-6:
            found.append((tuple(at.tolist()), least, most))
    return found


people = st.one_of(st.just(0), st.integers(1, 12), st.integers(11, 90))
columns = st.integers(1, 4)
counts = columns.flatmap(lambda width: st.lists(st.lists(people, min_size=width, max_size=width), min_size=1, max_size=5))


@settings(max_examples=150, deadline=None)
@given(counts)
def test_no_small_cell_is_narrowed_further_than_1_to_10(drawn):
    truth = with_totals(np.array(drawn))

    table = hide(truth)

    assert not ((table.counts > 0) & (table.counts < 11)).any()
    assert narrowed(table, truth) == []


def test_the_check_notices_a_cell_that_subtraction_gives_away():
    truth = with_totals(np.array([[3, 40], [50, 60]]))
    table = hide(truth)
    table.hidden[:] = (truth > 0) & (truth < 11)

    assert [cell for cell, _, _ in narrowed(table, truth)] == [(0, 0)]


@given(counts)
def test_suppression_is_idempotent(drawn):
    once = hide(with_totals(np.array(drawn)))
    again = hide(once.counts)

    assert (again.counts == once.counts).all()
    assert (again.hidden == once.hidden).all()


@settings(max_examples=60, deadline=None)
@given(counts, st.data())
def test_two_successive_revisions_cannot_be_subtracted(drawn, data):
    """What a first revision hid stays hidden: a cell that did not change is never shown later."""
    first = np.array(drawn)[:, :, None]
    row, column = data.draw(st.integers(0, first.shape[0] - 1)), data.draw(st.integers(0, first.shape[1] - 1))
    second = first.copy()
    second[row, column] += data.draw(st.integers(0, 20))
    [before] = tables(first)

    [after] = tables(second, before=before.hidden[None])

    assert (after.hidden | ~before.hidden).all()
    assert narrowed(after, with_totals(second[:, :, 0])) == []


def test_a_table_of_large_counts_and_zeros_is_shown_as_it_is():
    truth = with_totals(np.array([[0, 11], [40, 0]]))

    assert not hide(truth).hidden.any()


def test_a_small_cell_hides_the_smallest_rectangle_and_no_total():
    table = hide(with_totals(np.array([[3, 20, 300], [30, 40, 500], [600, 700, 800]])))

    assert np.argwhere(table.hidden).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]


def test_a_region_with_fewer_than_eleven_people_shows_its_zeros_only():
    table = hide(with_totals(np.array([[3, 0], [2, 0]])))

    assert table.counts.tolist() == [[-1, 0, -1], [-1, 0, -1], [-1, 0, -1]]


def test_each_month_is_a_table_of_its_own():
    months = tables(np.array([[[3, 20], [40, 50]], [[60, 70], [80, 90]]]))

    assert [table.hidden.any() for table in months] == [True, False]


@pytest.mark.parametrize(("bad", "says"), [([[1, 2]], "shape"), ([[[1, -2]]], r"\(0, 0, 1\) is -2")])
def test_a_bad_table_is_refused(bad, says):
    with pytest.raises(ValueError, match=says):
        tables(bad)


@pytest.mark.parametrize(("value", "hidden"), [(None, False), (0, False), (0.4, True), (1, True), (10, True), (11, False)])
def test_nobody_and_eleven_may_be_said(value, hidden):
    assert suppressed(value) is hidden


def test_a_line_of_evidence_with_few_people_loses_its_figures():
    few = Evidence("silent", None, 4.0, 3.0, 20.0, Basis.COUNTED, counts_people=True)

    assert (published(few).count, published(few).low, published(few).high) == (None, None, None)
    assert published(Evidence("places", None, 4.0)).count == 4
