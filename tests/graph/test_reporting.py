"""The whole report: what is in it, what it is silent about, and that it can be kept."""

import json
from dataclasses import replace

import numpy as np
import pytest

from bench.generator import generate
from network.graph import report
from network.graph.advice import action_sentence
from network.graph.explain import SENTENCES, sentence
from network.graph.gaps import SHORTAGES, Kind, Settings, ranked
from network.graph.grounds import evidence_sentence
from network.graph.picture import area_columns
from network.graph.results import Report, TooLittle, settings_from_dict
from network.graph.snapshot import Snapshot

from .test_resilience import network


@pytest.fixture(scope="module")
def found():
    return report(generate(500, quiet=True))


def test_the_report_runs_its_measures_and_ranks_shortages_and_frictions_apart(found):
    assert {gap.kind for gap in found.shortages} <= SHORTAGES
    assert {gap.kind for gap in found.frictions} == {Kind.SINGLE_POINT, Kind.FRAGMENTATION, Kind.SILENT_TIE}
    assert list(found.shortages) == ranked(found.shortages)
    assert list(found.frictions) == ranked(found.frictions)
    assert len({gap.id for gap in found.gaps}) == len(found.gaps)
    assert set(found.seconds) == {
        "flow", "unmet-demand", "bottleneck", "low-access", "losses", "single-point", "fragmentation", "silent-tie", "indicators",
    }  # fmt: skip


def test_every_row_action_and_line_of_it_is_a_sentence(found):
    for gap in found.gaps:
        said = [sentence(gap, {}), *(evidence_sentence(entry, {}) for entry in gap.evidence)]
        said += [action_sentence(gap.action, {})] if gap.action else []
        assert all(text.endswith(".") and "{" not in text for text in said)


def test_a_report_kept_as_json_comes_back_as_it_was(found):
    kept = json.loads(json.dumps(found.as_dict(), allow_nan=False))

    assert Report.from_dict(kept) == found
    assert Report.from_dict(kept).as_dict() == found.as_dict()


def test_the_same_snapshot_gives_the_same_report(found):
    assert report(generate(500, quiet=True)) == found


def test_an_empty_network_is_said_to_be_one():
    found = report(Snapshot())

    assert found.gaps == ()
    assert found.too_little == (TooLittle.NO_ZONES, TooLittle.NO_SERVICES, TooLittle.NO_PARTNERS, TooLittle.NO_TIES)


def test_without_ties_the_shortages_speak_and_the_network_measures_wait():
    found = report(Snapshot.of([60, 40, 30], [50, 45], [(0, 0), (1, 0), (1, 1)]))

    assert found.totals.unmet == (40, 40, 40)
    assert found.shortages
    assert not found.frictions
    assert found.too_little == (TooLittle.NO_PARTNERS, TooLittle.NO_TIES)


def test_below_thirty_referrals_the_network_measures_wait():
    few = network([(0, 1), (1, 2)], 3)

    assert report(few).too_little == (TooLittle.NO_ZONES, TooLittle.NO_SERVICES, TooLittle.FEW_REFERRALS)
    assert report(few).frictions == ()
    assert report(few, Settings(first_picture=10)).frictions


def test_of_too_many_rows_the_foremost_are_kept_and_the_variant_is_named():
    found = report(generate(500, quiet=True), Settings(most_rows=2))

    assert "single-point/bridge" in found.cut
    assert sum(gap.variant == "bridge" for gap in found.frictions) == 2


def test_bad_amounts_are_refused_and_the_row_is_named():
    bad = Snapshot.of([60, 40], [50], [(0, 0), (1, 0)])
    people = np.array(bad.zone_people)
    people[1] = np.nan

    with pytest.raises(ValueError, match="row 1"):
        report(Snapshot(**{**{name: getattr(bad, name) for name in Snapshot.__dataclass_fields__}, "zone_people": people}))


def test_settings_come_back_and_a_name_that_is_none_is_refused():
    kept = {"minutes": [60, 40, 20], "assumptions": [["caseload", "4"]]}

    assert settings_from_dict(kept) == Settings(minutes=(60, 40, 20), assumptions=(("caseload", "4"),))
    with pytest.raises(ValueError, match="wishes"):
        settings_from_dict({"wishes": 3})


def random_network(seed):
    """Zones and services with some doubt, ties and agreements of partners; small whole amounts, so that many rows are alike."""
    dice = np.random.default_rng(seed)
    n, m = 30, 60
    pairs = [(a, b) for a in range(n) for b in range(n) if a != b]
    ends = np.array(sorted(pairs[k] for k in dice.choice(len(pairs), m, replace=False)), "int32")
    deals = np.array(sorted(pairs[k] for k in dice.choice(len(pairs), 20, replace=False)), "int32")
    sent = dice.integers(1, 12, m).astype("int32")
    accepted = np.where(dice.random(m) < 0.3, 0, dice.integers(0, sent + 1)).astype("int32")
    world = generate(60, seed=seed, quiet=True)
    return replace(
        world,
        org_id=np.arange(n) + 100, org_lat=np.zeros(n, "float32"), org_lon=np.zeros(n, "float32"),
        org_entry=dice.integers(0, 3, n).astype("float64"), org_since=np.full(n, 500), org_confidential=np.zeros(n, "bool"),
        tie_from=ends[:, 0], tie_to=ends[:, 1], tie_need=np.ones(m, "int64"), tie_sent=sent, tie_accepted=accepted,
        tie_declined=(sent - accepted).astype("int32"), tie_expired=np.zeros(m, "int32"), tie_completed=np.zeros(m, "int32"),
        tie_silent=accepted, tie_recent=dice.integers(0, accepted + 1).astype("int32"),
        agreement_from=deals[:, 0], agreement_to=deals[:, 1], agreement_need=dice.integers(-1, 3, 20),
        agreement_days=dice.integers(0, 400, 20),
        zone_area=dice.integers(0, 12, len(world.zone_area)), zone_people=np.rint(world.zone_people / 8),
        service_org=dice.integers(-1, n, len(world.service_id)).astype("int32"),
    ).checked()  # fmt: skip


@pytest.mark.parametrize("seed", range(25))
def test_a_report_that_is_cut_has_the_first_rows_of_the_whole_one(seed):
    snapshot = random_network(seed)
    whole = report(snapshot, Settings(most_rows=10**9)).gaps

    for most in (1, 2, 3, 5):
        cut = report(snapshot, Settings(most_rows=most)).gaps

        for variant in {(gap.kind, gap.variant) for gap in whole}:
            first = [gap for gap in whole if (gap.kind, gap.variant) == variant][:most]
            assert [gap for gap in cut if (gap.kind, gap.variant) == variant] == first


def test_the_random_networks_have_every_variant_and_rows_that_are_alike():
    rows = [gap for seed in range(25) for gap in report(random_network(seed), Settings(most_rows=10**9)).gaps]

    assert {(gap.kind, gap.variant) for gap in rows} == set(SENTENCES)
    assert len({(gap.kind, gap.variant, gap.people, gap.low) for gap in rows}) < len(rows) / 2


@pytest.mark.parametrize("seed", range(10))
def test_the_map_knows_the_unmet_demand_of_areas_whose_rows_are_cut(seed):
    snapshot, rules = random_network(seed), Settings(most_rows=1)
    rows = report(snapshot, Settings(most_rows=10**9)).shortages
    expected = {tuple(ref.number for ref in gap.subject): [gap.low, gap.people, gap.high] for gap in rows if gap.kind is Kind.UNMET_DEMAND}

    drawn = area_columns(snapshot, rules, report(snapshot, rules).all_unmet)

    for area, need, unmet in zip(drawn["area"], drawn["need"], drawn["unmet"], strict=True):
        assert unmet == pytest.approx(expected.get((area, need), [0, 0, 0]), abs=0.051)
