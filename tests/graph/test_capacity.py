"""Capacity: as stated, as shown, as others of the kind say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.graph import Settings, capacity_of, clinician_capacity, wait_days
from network.graph.gaps import Basis

NAN = float("nan")
SIX = [4, 8, 6, 6, 6, 6]


def test_a_fresh_statement_is_the_capacity_and_a_stale_one_is_not():
    result = capacity_of([SIX, SIX], stated=[20, 20], stated_days_ago=[90, 91])

    assert result.places.tolist() == [[20, 20, 20], [6, 8, 20]]
    assert result.basis.tolist() == [Basis.STATED, Basis.INFERRED]


def test_a_service_that_turns_people_away_is_at_its_limit_and_another_has_shown_the_least_it_can():
    result = capacity_of([SIX, SIX], turned_away=[True, False])

    assert result.places.tolist() == [[6, 6, 8], [6, 8, 8]]


def test_a_service_without_evidence_is_taken_for_the_median_of_its_kind_or_for_anything_at_all():
    nothing = [0] * 6

    result = capacity_of([nothing] * 5, stated=[10, 30, NAN, NAN, 7], kind=[1, 1, 1, 2, 3])

    assert result.places[2].tolist() == [0, 10, 20]
    assert result.places[3].tolist() == list(Settings().unknown_places)
    assert result.basis.tolist() == [Basis.STATED, Basis.STATED, Basis.MODELLED, Basis.MODELLED, Basis.STATED]


def test_who_accepted_nobody_and_turned_people_away_has_no_places():
    assert capacity_of([[0] * 6], turned_away=[True]).places.tolist() == [[0, 0, 0]]


def test_months_before_a_service_joined_are_not_counted_as_empty():
    assert capacity_of([[NAN, NAN, NAN, NAN, 10, 6]]).places.tolist() == [[8, 10, 10]]
    assert capacity_of([[NAN] * 6]).basis.tolist() == [Basis.MODELLED]


def test_nothing_is_a_state():
    assert capacity_of(np.zeros((0, 6))).places.shape == (0, 3)
    assert clinician_capacity([]).places.shape == (0, 3)


months = st.lists(st.one_of(st.just(NAN), st.integers(0, 60)), min_size=6, max_size=6)
services = st.lists(
    st.tuples(months, st.one_of(st.just(NAN), st.floats(0, 90)), st.integers(0, 200), st.booleans(), st.integers(1, 3)), min_size=1
)


@settings(deadline=None)
@given(services)
def test_low_point_and_high_always_rise(rows):
    accepted, stated, age, away, kind = (list(column) for column in zip(*rows, strict=True))

    result = capacity_of(accepted, stated=stated, stated_days_ago=age, turned_away=away, kind=kind)

    assert np.isfinite(result.places).all()
    assert (np.diff(result.places, axis=1) >= 0).all()


def test_a_wait_is_those_waiting_by_those_accepted():
    assert wait_days([30], [30]).tolist() == [30.4375]
    with pytest.raises(ValueError, match="accepted: 2 rows beside 1"):
        wait_days([1], [1, 2])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: capacity_of([1, 2]), "accepted: services by months"),
        (lambda: capacity_of([[1], [-1]]), "accepted: row 1"),
        (lambda: capacity_of([[1]], stated=[-1]), "stated: row 0"),
        (lambda: capacity_of([[1]], stated=[1, 2]), "stated:"),
        (lambda: capacity_of([[1]], stated_days_ago=[1, 2]), "stated_days_ago:"),
        (lambda: capacity_of([[1]], turned_away=[True, True]), "turned_away:"),
        (lambda: capacity_of([[1]], kind=[1, 2]), "kind:"),
        (lambda: clinician_capacity([float("inf")]), "clinicians: row 0"),
    ],
)
def test_bad_input_is_refused_by_name(call, words):
    with pytest.raises(ValueError, match=words):
        call()
