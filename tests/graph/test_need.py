"""Need by hand, and the properties of a shrunk ratio."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gamma, poisson

from network.graph import adults, modelled, need_of
from network.graph.gaps import Basis

TRIPLE = [10.0, 30.0, 80.0]
NAN = float("nan")


def test_the_model_is_adults_in_distress_who_look_for_help():
    grown = adults([20_000], [25])
    [row] = modelled(grown, [[10, 12, 15]], (0.01, 0.03, 0.08)).tolist()

    assert row == pytest.approx([15_000 * 0.10 * 0.01, 15_000 * 0.12 * 0.03, 15_000 * 0.15 * 0.08])


def test_a_group_has_its_share_and_one_column_of_rates_stands_for_all_three():
    assert modelled([1000], [10], (0.1, 0.1, 0.1), share=[0.2]).round(9).tolist() == [[2.0, 2.0, 2.0]]


def test_who_asks_more_than_expected_needs_more_and_the_range_is_that_of_the_posterior():
    needs = need_of([TRIPLE, TRIPLE], [90, 30], months=2, shrink=10)

    assert needs.reached == (90 + 30) / (2 * 60)
    assert needs.ratio.tolist() == [100 / 70, 40 / 70]
    low, high = gamma(100, scale=1 / 70).ppf([0.1, 0.9])
    assert needs.people[0].tolist() == pytest.approx([10 * low, 30 * 100 / 70, 80 * high])
    assert set(needs.basis) == {Basis.INFERRED}


def test_silence_is_an_absence_of_need_only_where_help_can_be_reached():
    asked = [90, 10, 10]

    needs = need_of([TRIPLE] * 3, asked, months=1, access=[1.0, 1.0, 0.1])

    assert needs.ratio[1] < 1
    assert needs.ratio[2] == 1
    assert needs.people[2, 0] == 10.0, "the low end is that of the model"
    assert needs.people[2, 1] == 30.0


def test_without_requests_the_model_stands_alone_and_says_so():
    for asked in (None, [0, 0]):
        needs = need_of([TRIPLE, TRIPLE], asked)
        assert needs.people.tolist() == [TRIPLE, TRIPLE]
        assert needs.ratio.tolist() == [1, 1]
        assert set(needs.basis) == {Basis.MODELLED}


def test_without_a_rate_requests_alone_count_with_the_limits_of_a_poisson_count():
    needs = need_of([TRIPLE, [NAN] * 3, [NAN] * 3], [5, 24, 0], months=2)

    assert needs.basis.tolist() == [Basis.INFERRED, Basis.COUNTED, Basis.COUNTED]
    low, point, high = needs.people[1].tolist()
    assert point == 12.0
    assert poisson(low * 2).sf(23) == pytest.approx(0.1)
    assert poisson(high * 2).cdf(24) == pytest.approx(0.1)
    assert needs.people[2, :2].tolist() == [0, 0]


def test_nothing_is_a_state():
    assert need_of(np.zeros((0, 3))).people.shape == (0, 3)
    assert need_of([[0, 0, 0]], [0]).people.tolist() == [[0, 0, 0]]
    assert need_of([[0, 0, 0]], [5]).people.tolist() == [[0, 0, 0]]


counts = st.lists(st.tuples(st.floats(0.1, 500), st.integers(0, 2000), st.floats(0, 3)), min_size=1, max_size=8)


@settings(deadline=None)
@given(counts, st.floats(0.5, 24), st.floats(0.5, 50))
def test_the_range_encloses_the_point_and_the_shrunk_ratio_lies_between_one_and_the_raw_one(rows, months, shrink):
    model = np.array([[point / 3, point, point * 3] for point, _, _ in rows])
    asked, access = [row[1] for row in rows], [row[2] for row in rows]

    needs = need_of(model, asked, months=months, shrink=shrink)
    with_access = need_of(model, asked, months=months, shrink=shrink, access=access)

    for result in (needs, with_access):
        assert (np.diff(result.people, axis=1) >= 0).all()
    if sum(asked):
        expected = needs.reached * months * model[:, 1]
        raw = np.array(asked) / expected
        assert (needs.ratio >= np.minimum(1, raw) - 1e-9).all()
        assert (needs.ratio <= np.maximum(1, raw) + 1e-9).all()
    assert (with_access.people >= needs.people - 1e-9).all(), "access only ever takes a silence back"


def test_much_evidence_gives_the_raw_ratio_and_none_the_prior():
    needs = need_of([[1e6, 1e6, 1e6], [1e6, 1e6, 1e6], [0, 0, 0]], [3e6, 1e6, 0], months=1)

    assert needs.ratio[0] == pytest.approx(1.5, rel=1e-4)
    assert needs.ratio[2] == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: adults([100, -1], [0, 0]), "population: row 1"),
        (lambda: adults([100], [101]), "under18_pct: row 0 is 101"),
        (lambda: adults([100], [10, 10]), "under18_pct: 2 rows beside 1"),
        (lambda: modelled([1], [[1, 2]], (0, 0, 0)), "distress_pct: 1 rows"),
        (lambda: modelled([1], [[3, 2, 1]], (0, 0, 0)), "distress_pct: row 0"),
        (lambda: modelled([1], [[NAN, 2, 3]], (0, 0, 0)), "distress_pct: row 0"),
        (lambda: modelled([1], [10], (0.2, 0.1, 0.3)), "help_share"),
        (lambda: modelled([1], [10], (0.1, 0.1, 0.3), share=[2]), "share: row 0"),
        (lambda: need_of([1, 2, 3]), "model:"),
        (lambda: need_of([TRIPLE], [-1]), "asked: row 0"),
        (lambda: need_of([TRIPLE], [1, 1]), "asked: 2 rows beside 1"),
        (lambda: need_of([TRIPLE], [1], months=0), "months: 0"),
        (lambda: need_of([TRIPLE], [1], shrink=NAN), "shrink: nan"),
        (lambda: need_of([[-1, 0, 1]], [1]), "model: row 0"),
        (lambda: need_of([TRIPLE], [1], access=[NAN]), "access: row 0"),
    ],
)
def test_bad_input_is_refused_by_name(call, words):
    with pytest.raises(ValueError, match=words):
        call()
