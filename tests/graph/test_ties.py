"""Reciprocity against networkx, and the four ways in which a tie is silent."""

import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.graph.gaps import Basis, Settings, Unit
from network.graph.snapshot import Snapshot
from network.graph.ties import reciprocity, silent_tie_rows

MONTHS = Settings().months


def test_reciprocity_is_that_of_networkx():
    for seed in range(200):
        G = nx.gnp_random_graph(2 + seed % 12, 0.3, seed=seed, directed=True)
        if G.number_of_edges():
            assert reciprocity(G) == pytest.approx(nx.overall_reciprocity(G))


def test_without_ties_reciprocity_is_undefined_and_not_0():
    assert math.isnan(reciprocity(nx.empty_graph(3, create_using=nx.DiGraph)))


def snapshot(ties=(), agreements=(), places=(), since=400, n=4):
    """Ties (from, to, sent, accepted, refused, silent), agreements (from, to, need, days) and places by organisation."""
    tie = np.array(sorted(ties), "int32").reshape(-1, 6)
    agreement = np.array(agreements, "int64").reshape(-1, 4)
    rooms = np.array([room for _, room in places], "float64")
    return Snapshot(
        org_id=np.arange(n, dtype="int64") + 100, org_entry=np.zeros(n), org_since=np.full(n, since), org_confidential=np.zeros(n, bool),
        tie_from=tie[:, 0], tie_to=tie[:, 1], tie_need=np.ones(len(tie), "int64"), tie_sent=tie[:, 2], tie_accepted=tie[:, 3],
        tie_declined=tie[:, 4], tie_expired=tie[:, 4] * 0, tie_silent=tie[:, 5],
        agreement_from=agreement[:, 0].astype("int32"), agreement_to=agreement[:, 1].astype("int32"),
        agreement_need=agreement[:, 2], agreement_days=agreement[:, 3],
        service_id=np.arange(len(places)), service_org=np.array([org for org, _ in places], "int32"),
        service_area=np.full(len(places), -1), service_places=np.repeat(rooms[:, None], 3, 1),
        service_basis=np.full(len(places), Basis.STATED, "uint8"),
    )  # fmt: skip


def rows(variant, *args, **kwargs):
    return [row for row in silent_tie_rows(snapshot(*args, **kwargs), Settings()) if row.variant == variant]


def test_an_empty_network_has_no_silent_ties():
    assert silent_tie_rows(Snapshot(), Settings()) == []


def test_a_tie_over_which_nothing_comes_back_counts_its_silent_referrals_a_month():
    [row] = rows("no-feedback", [(0, 1, 40, 35, 5, 31)])

    assert row.people == pytest.approx(31 / MONTHS)
    assert row.low < row.people < row.high
    assert (row.unit, [ref.number for ref in row.subject]) == (Unit.REFERRALS, [100, 101])
    assert {entry.what: entry.count for entry in row.evidence if entry.count is not None} == {"sent": 40, "accepted": 35, "silent": 31}


def test_four_accepted_referrals_are_too_few_to_say_something_bad():
    assert rows("no-feedback", [(0, 1, 4, 4, 0, 4)]) == []


def test_a_share_that_may_be_small_makes_no_row():
    assert rows("no-feedback", [(0, 1, 20, 20, 0, 6)]) == []


def test_both_directions_of_two_partners_share_a_row_and_keep_their_own_evidence():
    [row] = rows("no-feedback", [(0, 1, 40, 35, 5, 31), (1, 0, 20, 20, 0, 18)])

    assert row.people == pytest.approx(49 / MONTHS)
    assert [entry.ref.number for entry in row.evidence if entry.what == "from"] == [100, 101]


def test_a_door_is_closed_when_many_asked_and_none_was_accepted_and_open_offers_are_left_out_of_its_low_end():
    [row] = rows("closed-door", [(0, 1, 8, 0, 6, 0)])

    assert (row.low, row.people, row.high) == pytest.approx((6 / MONTHS, 8 / MONTHS, 8 / MONTHS))
    assert rows("closed-door", [(0, 1, 4, 0, 4, 0)]) == []
    assert rows("closed-door", [(0, 1, 8, 1, 7, 0)]) == []


def test_an_agreement_in_force_for_90_days_over_which_nothing_was_sent_is_dormant():
    [row] = rows("dormant-agreement", [(2, 1, 24, 24, 0, 0)], [(0, 1, -1, 90)], [(1, 30.0)])

    assert (row.unit, row.basis) == (Unit.PLACES, Basis.STATED)
    assert row.people == pytest.approx(30 - 24 / MONTHS)


@pytest.mark.parametrize(
    ("ties", "agreement", "found"),
    [
        ([], (0, 1, -1, 89), 0),
        ([(0, 1, 1, 0, 0, 0)], (0, 1, -1, 200), 0),
        ([(1, 0, 1, 0, 0, 0)], (0, 1, -1, 200), 1),
        ([(0, 1, 1, 0, 0, 0)], (0, 1, 2, 200), 1),
    ],
    ids=["too young", "used", "used the other way only", "used for another need only"],
)
def test_an_agreement_that_is_young_or_used_is_not_dormant(ties, agreement, found):
    assert len(rows("dormant-agreement", ties, [agreement])) == found


def test_a_partner_with_places_whom_nobody_asked_is_named_unless_it_is_new():
    [row] = rows("never-asked", [(0, 1, 3, 3, 0, 0)], places=[(1, 5.0), (2, 8.0), (3, 0.0)])

    assert ([ref.number for ref in row.subject], row.people) == ([102], 8)
    assert rows("never-asked", places=[(2, 8.0)], since=20) == []


tie = st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 60), st.integers(0, 60), st.integers(0, 60)).filter(
    lambda t: t[0] != t[1]
)


@given(st.lists(tie, max_size=8, unique_by=lambda t: t[:2]))
def test_no_row_is_larger_than_its_range_and_no_id_occurs_twice(drawn):
    ties = [(a, b, accepted + refused, accepted, refused, min(silent, accepted)) for a, b, accepted, refused, silent in drawn]

    found = silent_tie_rows(snapshot(ties, [(0, 1, -1, 100), (1, 0, 2, 100)], [(1, 5.0)]), Settings())

    assert len({row.id for row in found}) == len(found)
    assert all(row.low <= row.people <= row.high for row in found)
