"""The pure rule of matching: against a plain loop, by properties, and in cases worked out by hand."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.referrals import reasons_in_words
from network.referrals.matching import HOUSE, Free, Part, Want, explain, missing, rank, why_not_first
from tests.referrals.plain_matching import ACCESS, NEEDS, POPULATIONS, SPOKEN, Plain, columns_of, rank_plainly, some_services

HERE = (45.0, -116.0)
HOUSING = Want(needs=("housing-support",))
GOOD = Plain(
    1, spoken={"en", "ar"}, points=[HERE], free=Free.FREE, has_agreement=True, confirmed_days=2.0, places=4.0, places_days=2.0,
    opens_in_hours=0.0,
)  # fmt: skip


def some(codes, at_most):
    return st.lists(st.sampled_from(codes), max_size=at_most, unique=True).map(tuple)


WANTS = st.builds(
    Want,
    needs=st.lists(st.sampled_from(NEEDS), min_size=1, max_size=2, unique=True).map(tuple),
    languages=some(SPOKEN, 2),
    language_is_required=st.booleans(),
    access=some(ACCESS[:3], 2),
    populations=some(POPULATIONS, 2),
    age_band=st.sampled_from(("", "under-12", "12-17", "18-24", "25-64", "65-over")),
    at=st.sampled_from((None, HERE, (45.5, -116.5))),
    within_km=st.sampled_from((10.0, 50.0, math.inf)),
    urgency=st.sampled_from(("", "routine", "soon", "urgent", "crisis")),
    is_timed=st.booleans(),
    day=st.integers(700_000, 750_000),
)
SEEDS = st.integers(0, 10_000)


def keys_of(services, want):
    """Keys in order: what fits, and what nearly does."""
    ranking = rank(columns_of(services), want)
    return [services[row].key for row in ranking.fits], [services[row].key for row in ranking.near]


@settings(max_examples=150, deadline=None)
@given(seed=SEEDS, count=st.integers(0, 60), want=WANTS)
def test_the_arrays_rank_as_the_plain_loop_does(seed, count, want):
    services = some_services(count, seed)
    ranking = rank(columns_of(services), want)

    assert (ranking.fits.tolist(), ranking.near.tolist()) == rank_plainly(services, want)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, want=WANTS, shuffled=st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(seed, want, shuffled):
    services = some_services(40, seed)
    mixed = services.copy()
    shuffled.shuffle(mixed)

    assert keys_of(mixed, want) == keys_of(services, want)


WORSE = {
    "farther": lambda each: replace(each, points=[(lat + 0.4, lon) for lat, lon in each.points] if each.points else []),
    "costs": lambda each: replace(each, free=Free.COSTS),
    "full": lambda each: replace(each, places=0.0),
    "full lately": lambda each: replace(each, full_lately=1),
    "silent": lambda each: replace(each, silent_lately=1),
    "language lately": lambda each: replace(each, language_lately=1),
    "area lately": lambda each: replace(each, area_lately=1),
    "slow": lambda each: replace(each, answers=20, answer_days=30.0),
    "no agreement": lambda each: replace(each, has_agreement=False),
    "stale": lambda each: replace(each, confirmed_days=None),
    "closed then": lambda each: replace(each, opens_in_hours=14.0),
    "no access": lambda each: replace(each, terms={pair for pair in each.terms if pair[0] == "need"}),
    "long wait": lambda each: replace(each, wait_days=400.0),
    "not on the network": lambda each: replace(each, on_network=False),
    "busier": lambda each: replace(each, open_work=each.open_work + 3),
}


@settings(max_examples=200, deadline=None)
@given(seed=SEEDS, want=WANTS, worse=st.sampled_from(sorted(WORSE)), data=st.data())
def test_a_reason_against_never_raises_a_service(seed, want, worse, data):
    services = some_services(25, seed)
    number = data.draw(st.integers(0, 24))
    if worse == "farther" and want.at is not None:
        # Farther for certain: everything lies north already.
        services[number].points = [(want.at[0] + abs(lat - 45), want.at[1]) for lat, _ in services[number].points]
    if worse == "closed then" and services[number].opens_in_hours is None:
        services[number].opens_in_hours = 0.0
    before = keys_of(services, want)[0]
    key = services[number].key
    services[number] = WORSE[worse](services[number])
    after = keys_of(services, want)[0]

    if key in after:
        assert after.index(key) >= before.index(key)


@settings(max_examples=100, deadline=None)
@given(seed=SEEDS, want=WANTS)
def test_no_reason_is_both_for_and_against_and_each_has_words(seed, want):
    services = some_services(20, seed)
    columns = columns_of(services)
    ranking = rank(columns, want)
    for row in (*ranking.fits, *ranking.near):
        said = explain(columns, want, ranking, row)
        topics = [(reason.part, reason.about) for reason in (*said.pro, *said.contra)]
        assert len(set(topics)) == len(topics)
        lacks = missing(columns, want, ranking, row)
        assert bool(lacks) == (row in ranking.near)
        for reason in (*said.pro, *said.contra, *lacks, *why_not_first(ranking, row, columns)):
            assert (reason.code in reasons_in_words.FIGURES) == (reason.number is not None), reason
            assert reason.code in reasons_in_words.FIGURES or reason.code in reasons_in_words.SENTENCES, reason


def test_every_sentence_is_reached_and_none_carries_a_score():
    reached = set()
    for seed in range(60):
        services = some_services(40, seed)
        columns = columns_of(services)
        strict = Want(NEEDS[:2], ("ar",), access=("step-free",), populations=("veterans",), age_band="12-17", at=HERE, within_km=60.0)
        loose = Want(NEEDS[:1], ("ar",), language_is_required=False, age_band="25-64", at=HERE, urgency="crisis")
        for want in (strict, loose):
            ranking = rank(columns, want)
            for row in (*ranking.fits, *ranking.near):
                said = explain(columns, want, ranking, row)
                found = (*said.pro, *said.contra, *missing(columns, want, ranking, row), *why_not_first(ranking, row, columns))
                reached |= {reason.code for reason in found}
    alike = [replace(GOOD, key=key) for key in (1, 2)]
    reached |= {why(alike)[0].code, why([GOOD, replace(GOOD, key=2, open_work=3)])[0].code}
    reached |= {why([GOOD, replace(GOOD, key=2, asked_days=3.0)])[0].code, why([GOOD, replace(GOOD, key=2, confirmed_days=None)])[0].code}
    every = set(reasons_in_words.SENTENCES) | set(reasons_in_words.FIGURES)

    assert reached == every
    assert not any("score" in str(text) or "%%" in str(text) for text in reasons_in_words.SENTENCES.values())


def why(services, want=HOUSING):
    """Why the last of what fits is not the first."""
    columns = columns_of(services)
    ranking = rank(columns, want)
    return why_not_first(ranking, int(ranking.fits[-1]), columns)


def test_equal_services_take_turns_as_each_is_asked():
    services = [replace(GOOD, key=key) for key in range(1, 6)]
    asked = []
    for day in range(10):
        services = [replace(each, asked_days=each.asked_days + 1) for each in services]
        first = keys_of(services, replace(HOUSING, day=day))[0][0]
        asked.append(first)
        services = [replace(each, asked_days=0.0) if each.key == first else each for each in services]

    assert set(asked[:5]) == {1, 2, 3, 4, 5}
    assert asked[5:] == asked[:5]


def test_equal_services_that_nobody_asked_take_turns_by_the_day():
    services = [replace(GOOD, key=key) for key in range(1, 5)]
    first = [keys_of(services, replace(HOUSING, day=day))[0][0] for day in range(400)]

    assert all(60 <= first.count(key) <= 140 for key in range(1, 5))
    assert first == [keys_of(services, replace(HOUSING, day=day))[0][0] for day in range(400)]


def test_among_equals_the_least_open_work_for_its_size_comes_first():
    small, large = replace(GOOD, key=1, places=2.0, open_work=2), replace(GOOD, key=2, places=20.0, open_work=5)

    assert keys_of([small, large], HOUSING)[0] == [2, 1]
    assert why([small, large])[0].code == "equal_but_more_work"


@pytest.mark.parametrize(
    ("change", "want", "code"),
    [
        ({"maximum_age": 17.0}, {"age_band": "25-64"}, "up_to_age"),
        ({"minimum_age": 65.0}, {"age_band": "25-64"}, "from_age"),
        ({"terms": {("need", "food"), ("need", "counselling")}}, {"needs": ("housing-support", "food")}, "need_not_met"),
        ({"spoken": {"en"}}, {"languages": ("ar",)}, "language_absent"),
        ({"points": [(46.0, -116.0)]}, {"at": HERE, "within_km": 50.0}, "too_far"),
        ({"points": [(45.3, -116.0)], "catchment_km": 20.0}, {"at": HERE}, "outside_catchment"),
        ({"is_active": False}, {}, "closed"),
        ({"by_agreement_only": True, "has_agreement": False}, {}, "agreement_missing"),
        ({"on_network": False}, {}, "not_on_network"),
    ],
)
def test_a_hard_failure_makes_a_near_miss_with_its_reason(change, want, code):
    columns, asked = columns_of([replace(GOOD, **change)]), replace(HOUSING, **want)
    ranking = rank(columns, asked)

    assert ranking.fits.tolist() == []
    assert [reason.code for reason in missing(columns, asked, ranking, 0)] == [code]


def test_what_meets_none_of_the_needs_is_no_near_miss():
    assert keys_of([replace(GOOD, terms={("need", "food")})], HOUSING) == ([], [])


def test_an_age_that_is_not_known_to_fail_does_not_fail():
    assert keys_of([replace(GOOD, minimum_age=21.0)], replace(HOUSING, age_band="18-24"))[0] == [1]
    assert keys_of([GOOD], replace(HOUSING, age_band="under-12"))[0] == [1]


def test_a_language_that_nobody_denied_stays_but_behind_one_that_speaks_it():
    silent, interpreter = (
        replace(GOOD, key=2, spoken=set()),
        replace(GOOD, key=3, spoken={"en"}, terms={*GOOD.terms, ("access", "interpreter")}),
    )

    assert keys_of([silent, interpreter, GOOD], replace(HOUSING, languages=("ar",)))[0] == [1, 3, 2]


def test_a_service_by_telephone_costs_no_way_however_far():
    far = replace(GOOD, key=2, points=[(47.0, -116.0)], terms={*GOOD.terms, ("access", "phone")})
    want = replace(HOUSING, at=HERE, within_km=10.0)
    columns = columns_of([far])

    assert rank(columns, want).parts[Part.TRAVEL].tolist() == [0.0]
    assert rank(columns, want).fits.tolist() == [0]


def test_a_victim_service_is_never_located():
    secret = replace(GOOD, is_secret=True, points=[(45.2, -116.0)], catchment_km=1.0)
    for lat in (45.0, 45.2, 60.0):
        want = replace(HOUSING, at=(lat, -116.0), within_km=10.0)
        columns = columns_of([secret])
        ranking = rank(columns, want)
        said = explain(columns, want, ranking, 0)

        assert np.isnan(ranking.km).all()
        assert ranking.fits.tolist() == [0]
        assert [reason.code for reason in (*said.pro, *said.contra) if reason.part is Part.TRAVEL] == ["confidential_place"]


def test_ten_kilometres_cost_a_step_and_the_nearest_location_counts():
    # A degree of latitude is 111.2 km on a sphere of 6,371 km.
    services = [replace(GOOD, points=[(46.0, -116.0), (45.1, -116.0)])]
    ranking = rank(columns_of(services), replace(HOUSING, at=HERE))

    assert ranking.km.tolist() == [11.1]
    assert ranking.parts[Part.TRAVEL].tolist() == pytest.approx([1.11])


def test_urgency_makes_a_wait_weigh_more_and_hours_count():
    waits = replace(GOOD, wait_days=14.0, opens_in_hours=14.0)

    def parts(urgency):
        found = rank(columns_of([waits]), replace(HOUSING, urgency=urgency)).parts
        return found[Part.PLACES][0], found[Part.HOURS][0]

    assert [parts(urgency) for urgency in ("routine", "soon", "urgent", "crisis")] == [(1.0, 0.0), (1.5, 0.0), (2.0, 1.0), (3.0, 1.0)]


def test_a_stated_capacity_counts_for_ninety_days_and_then_what_was_seen():
    full_but_old = replace(GOOD, places=0.0, places_days=91.0, accepted=12)
    columns = columns_of([full_but_old, replace(full_but_old, key=2, places_days=90.0)])
    ranking = rank(columns, HOUSING)

    assert ranking.parts[Part.PLACES].tolist() == [0.0, HOUSE.full]
    assert "accepts_a_month" in [reason.code for reason in explain(columns, HOUSING, ranking, 0).pro]


def test_why_not_first_names_what_differs_most():
    costly_and_far = replace(GOOD, key=2, free=Free.COSTS, points=[(45.3, -116.0)])

    assert [reason.code for reason in why([GOOD, costly_and_far], replace(HOUSING, at=HERE))] == ["first_travel", "first_cost"]


def test_the_house_values_stand_in_the_documents():
    text = (Path(__file__).resolve().parents[2] / "docs" / "matching.md").read_text()
    for value in fields(HOUSE):
        if value.name != "haste":
            assert f"| `{value.name}` | {getattr(HOUSE, value.name):g} |\n" in text
    assert ", ".join(f"{name} {factor:g}" for name, factor in HOUSE.haste.items() if name) in text
