"""Shares, medians and their intervals against published numbers, and small counts that nobody can work out."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import binom

from network.graph.outcomes import (
    ENDS,
    FIGURES,
    HELP,
    IN_TIME,
    LOOP,
    UNREACHED,
    End,
    Tally,
    determined,
    difference,
    lines,
    median_of,
    share_of,
)

PARTS = list(End)
UNBOUNDED = 3  # of linprog's answers


def tally(key, people=True, **counts):
    """A row in which each case is somebody else; or all of one person."""
    made = Tally(key)
    for part, count in counts.items():
        for number in range(count):
            made.count(part.replace("_", "-"), f"{key}-{part}-{number}" if people else "one")
    return made


# -- figures -----------------------------------------------------------------------------------------------------------------


def test_the_interval_of_a_share_is_the_one_in_the_literature():
    # Newcombe (1998), Stat. Med. 17(8), 857-872, Table I, method 3 (Wilson): 81 of 263 and 15 of 148.
    first, second = share_of(81, 263), share_of(15, 148)

    assert (round(first.low, 4), round(first.high, 4)) == (0.2553, 0.3662)
    assert (round(second.low, 4), round(second.high, 4)) == (0.0624, 0.1605)


def test_the_interval_of_a_difference_is_the_one_in_the_literature():
    # Newcombe (1998), Stat. Med. 17(8), 873-890, Table II, method 10, comparisons (a) and (b).
    a, b = difference(56, 70, 48, 80), difference(9, 10, 3, 10)

    assert (round(a.low, 4), round(a.high, 4)) == (0.0524, 0.3339)
    assert (round(b.low, 4), round(b.high, 4)) == (0.1705, 0.8090)


@given(st.lists(st.integers(0, 200), min_size=30, max_size=120))
def test_the_median_is_that_of_the_hours_one_by_one(hours):
    found = median_of(Counter(hours))
    low = sorted(hours)[(len(hours) + 1) // 2 - 1]

    assert found.median == low <= median(hours)
    assert found.low <= found.median <= found.high


@pytest.mark.parametrize("n", [30, 31, 40, 99, 100, 1000])
def test_the_order_statistics_hold_the_median_with_95_per_cent_and_the_next_inner_ones_do_not(n):
    found = median_of(Counter(range(n)))
    rank = found.low + 1
    held = 1 - 2 * binom.cdf(rank - 1, n, 0.5)

    assert found.high == n - rank
    assert held >= 0.95
    assert 1 - 2 * binom.cdf(rank, n, 0.5) < 0.95


def test_under_thirty_there_are_counts_and_no_share():
    [_total, [row]] = lines([tally("a", got_help=15, other_end=12)])

    assert (row.shares["help"].yes, row.shares["help"].of, row.shares["help"].share) == (15, 27, None)
    assert row.shares["help"].is_thin


def test_a_missing_outcome_counts_as_not_helped_and_opens_the_loop():
    total, _rows = lines([tally("a", got_help=60, partly=20, not_reached=15, other_end=25, missing=30, given_up=20, stopped=11, open=11)])

    assert (total.shares["help"].yes, total.shares["help"].of) == (80, 170)
    assert (total.shares["loop"].yes, total.shares["loop"].of) == (120, 150)
    assert (total.shares["unreached"].yes, total.shares["unreached"].of) == (15, 150)
    assert total.sent == 192


def test_a_row_is_compared_with_all_the_others():
    _total, [first, second] = lines([tally("a", got_help=80, other_end=20), tally("b", got_help=40, other_end=60)])

    assert first.apart == difference(80, 100, 40, 100)
    assert second.apart.high < 0


def test_one_row_is_compared_with_nothing():
    _total, [row] = lines([tally("a", got_help=80, other_end=20)])

    assert row.apart is None


# -- what may be shown -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("yes", "no", "is_hidden"), [(11, 11, False), (10, 40, True), (40, 10, True), (40, 0, False), (0, 40, False), (1, 0, True)]
)
def test_a_side_of_one_to_ten_people_hides_the_figure(yes, no, is_hidden):
    total, _rows = lines([tally("a", in_time=yes, late=no)])

    assert total.shares[IN_TIME.name].is_hidden is is_hidden


def test_forty_cases_of_one_person_are_one_person():
    total, _rows = lines([tally("a", people=False, got_help=40, other_end=40)])

    assert total.sent is None
    assert all(share.is_hidden or share.of == 0 for share in total.shares.values())


def test_a_hidden_row_is_not_found_by_subtraction():
    rows = [tally("a", got_help=50, other_end=50), tally("b", got_help=30, other_end=30), tally("c", got_help=4, other_end=40)]
    total, shown = lines(rows)

    assert not total.shares["help"].is_hidden
    assert [line.shares["help"].is_hidden for line in shown] == [False, True, True]


def test_a_difference_of_two_figures_is_a_count_too():
    # Loop closed 54, got help 50: four were neither helped nor without an outcome.
    total, _rows = lines([tally("a", got_help=50, other_end=4, missing=20)])

    assert not total.shares[HELP.name].is_hidden
    assert total.shares[LOOP.name].is_hidden


def test_a_later_figure_is_hidden_wherever_an_earlier_one_is():
    _total, shown = lines([tally("a", got_help=50, other_end=30, missing=20, not_reached=12), tally("b", got_help=50, other_end=5)])

    for line in shown:
        hidden = [line.shares[figure.name].is_hidden for figure in ENDS]
        assert hidden == sorted(hidden)


counts = st.integers(0, 60) | st.integers(0, 12)
tables = st.lists(st.fixed_dictionaries({part.value: counts for part in End}), min_size=1, max_size=4)


@settings(max_examples=12, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate])
@given(tables)
@example([{part.value: 30 for part in End}, {part.value: 1 for part in End}])
@example([{part.value: 30 for part in End}, {part.value: 0 for part in End} | {"missing": 3, "got-help": 20}])
def test_no_small_count_of_a_row_can_be_narrowed_to_fewer_than_ten_values(table):
    """Everything that is published as equations: what else could each small count be?"""
    rows = [tally(str(number), **{part.replace("-", "_"): count for part, count in row.items()}) for number, row in enumerate(table)]
    total, shown = lines(rows)
    equations, values = [], []

    def vector(numbers, parts):
        return [float(number in numbers and part in parts) for number in range(len(rows)) for part in PARTS]

    def publish(numbers, line):
        if line.sent is not None:
            equations.append(vector(numbers, PARTS))
            values.append(line.sent)
        for figure in ENDS:
            share = line.shares[figure.name]
            if not share.is_hidden:
                equations.extend([vector(numbers, figure.yes), vector(numbers, figure.no)])
                values.extend([share.yes, share.of - share.yes])

    publish(range(len(rows)), total)
    for number, line in enumerate(shown):
        publish([number], line)
    if not equations:
        return
    for number, row in enumerate(rows):
        sides = [side for figure in ENDS for side in (figure.yes, figure.no)] + [frozenset({part}) for part in PARTS]
        for parts in {side for side in sides if 0 < row.of(side) < 11}:
            aim = np.array(vector([number], parts))
            low = linprog(aim, A_eq=equations, b_eq=values).fun
            most = linprog(-aim, A_eq=equations, b_eq=values)
            high = np.inf if most.status == UNBOUNDED else -most.fun
            assert high - low >= 9 - 1e-6, (number, sorted(parts), low, high)


def test_what_is_determined_is_what_can_be_computed():
    sides = [HELP.yes, HELP.no, frozenset(End), LOOP.yes, LOOP.no, UNREACHED.yes, UNREACHED.no]
    found = set(determined(4))

    assert set(sides) <= found
    for one, other in combinations(found, 2):
        if one < other:
            assert other - one in found
        if not one & other:
            assert one | other in found


def test_every_figure_has_two_sides_that_share_nothing():
    assert [figure.name for figure in FIGURES if figure.yes & figure.no] == []


def test_every_figure_stands_in_the_documents():
    text = (Path(__file__).resolve().parents[2] / "docs" / "outcomes.md").read_text()

    assert [figure.name for figure in FIGURES if f"`{figure.name}`" not in text] == []
