"""Intervals of shares: published bounds, limits, and shares drawn towards what is usual."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binomtest

from network.graph.shares import Prior, prior_of, share_intervals, shrunk_share, wilson

counts = st.integers(0, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts.filter(lambda c: c[1] > 0))
def test_wilsons_interval_is_that_of_scipy(count):
    x, n = count
    expected = binomtest(x, n).proportion_ci(0.95, method="wilson")

    assert wilson(x, n, z=1.959963984540054) == pytest.approx((expected.low, expected.high), abs=1e-9)


@given(counts)
def test_wilsons_interval_holds_the_share_and_stays_within_0_and_1(count):
    x, n = count
    low, high = wilson(x, n)

    assert 0 <= low <= (x / n if n else 0.5) <= high <= 1


@pytest.mark.parametrize(("x", "n"), [(3, 2), (-1, 2), (float("nan"), 2)])
def test_a_share_of_more_than_all_or_less_than_nothing_is_refused(x, n):
    with pytest.raises(ValueError, match="0 ≤ x ≤ n"):
        wilson(x, n)


@given(counts, st.floats(0, 1), st.floats(2, 50))
def test_a_shrunk_share_lies_between_the_usual_and_the_raw_one(count, mean, strength):
    x, n = count
    share = shrunk_share(x, n, Prior(mean, strength))
    raw = x / n if n else mean

    assert min(raw, mean) - 1e-12 <= share <= max(raw, mean) + 1e-12


def test_nothing_observed_gives_the_prior_and_very_much_the_raw_share():
    assert shrunk_share(0, 0, Prior(0.3, 10)) == pytest.approx(0.3)
    assert shrunk_share(700_000, 1_000_000, Prior(0.3, 10)) == pytest.approx(0.7, abs=1e-4)


def test_a_prior_needs_five_ties_and_is_worth_2_to_50_observations():
    assert prior_of([1, 1, 1, 1], [2, 2, 2, 2]) is None
    assert prior_of([5] * 9, [10] * 9) == Prior(0.5, 50)
    assert prior_of([0, 100] * 5, [100] * 10).strength == 2


def test_intervals_are_quantiles_of_the_beta_distribution_and_wilsons_without_a_prior():
    low, high = share_intervals([4], [10], Prior(0.5, 10))

    assert (low[0], high[0]) == pytest.approx(tuple(beta(9, 11).ppf([0.1, 0.9])))
    assert [end[0] for end in share_intervals([4], [10], None)] == list(wilson(4, 10))
