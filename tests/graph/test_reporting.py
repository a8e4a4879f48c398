"""The whole report: what is in it, what it is silent about, and that it can be kept."""

import json

import numpy as np
import pytest

from bench.generator import generate
from network.graph import report
from network.graph.explain import action_sentence, evidence_sentence, sentence
from network.graph.gaps import SHORTAGES, Kind, Settings, ranked
from network.graph.reporting import Report, TooLittle, settings_from_dict
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
