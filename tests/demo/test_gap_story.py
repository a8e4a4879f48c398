"""The demo region lacks four things on purpose, and its report names each in the first row of its kind."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from network.core.actor import ANONYMOUS
from network.demo import load as demo
from network.demo import planted
from network.graph.compute import body_of
from network.graph.gaps import Kind, Ref, RefType, Settings
from network.graph.names import names_of, refs_of
from network.graph.results import Report

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]
AT = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def told():
    """The report of the region, and the names of what it speaks of."""
    with time_machine.travel(AT, tick=False):
        demo.load(password="x")
        _, body = body_of(Settings())
    report = Report.from_dict(body["report"])
    return report, {ref: named.name for ref, named in names_of(refs_of(report.gaps), ANONYMOUS).items()}


def first(report, kind, variant=""):
    return next(gap for gap in report.gaps if (gap.kind, gap.variant) == (kind, variant))


def called(gap, names, kind):
    return {names[ref] for ref in gap.subject if ref.type is kind}


def test_the_report_tells_the_story_that_was_planted():
    report, names = told()

    # A hub that is full: the first bottleneck is its need, its service is in it, and its places would help most.
    hub = first(report, Kind.BOTTLENECK)
    assert called(hub, names, RefType.NEED) == {"Tenancy and housing support"}
    service = f"Tenancy and housing support ({planted.HUB})"
    assert service in {names.get(entry.ref) for entry in hub.evidence if entry.what == "service"}
    assert (hub.action.verb, [names[ref] for ref in hub.action.subject]) == ("add-places", [service])
    assert next(entry.count for entry in hub.evidence if entry.what == "declined") > 300

    # A town and a language: the least access, and the first bottleneck of one language alone.
    town = first(report, Kind.LOW_ACCESS)
    assert called(town, names, RefType.AREA) == {planted.TOWN}
    assert called(town, names, RefType.NEED) == {"Counselling, general"}
    of_one_language = next(
        gap for gap in report.shortages
        if gap.kind is Kind.BOTTLENECK and called(gap, names, RefType.GROUP) == {"Spanish"}
    )  # fmt: skip
    assert called(of_one_language, names, RefType.AREA) == {planted.TOWN}
    assert called(of_one_language, names, RefType.NEED) == {"Counselling, general"}
    assert of_one_language.action.verb == "add-language"

    # A partner who alone joins others to the rest.
    joins = first(report, Kind.SINGLE_POINT, "organization")
    assert called(joins, names, RefType.ORGANIZATION) == {planted.JOINS}
    assert next(entry.count for entry in joins.evidence if entry.what == "partners-cut") == len(planted.APART)

    # An agreement that nobody uses.
    idle = first(report, Kind.SILENT_TIE, "dormant-agreement")
    assert called(idle, names, RefType.ORGANIZATION) == {planted.IDLE_FROM, planted.IDLE_TO}

    # The need of a rural county does not drown it.
    assert report.totals.need[1] < 900
    assert report.totals.unmet[1] < 0.25 * report.totals.need[1]
    assert Ref(RefType.NEED, -1) not in names


@pytest.mark.slow
def test_without_what_was_planted_the_report_does_not_tell_it(monkeypatch):
    monkeypatch.setattr(planted, "PLANTS", ())
    monkeypatch.setattr(planted, "PLACES", {})
    monkeypatch.setattr(planted, "HELP", "")  # counselling has the languages and ways that any other help has

    report, names = told()

    assert called(first(report, Kind.BOTTLENECK), names, RefType.NEED) != {"Tenancy and housing support"}
    town = first(report, Kind.LOW_ACCESS)
    assert (called(town, names, RefType.AREA), called(town, names, RefType.NEED)) != ({planted.TOWN}, {"Counselling, general"})
    assert not any(
        called(gap, names, RefType.ORGANIZATION) == {planted.JOINS} and gap.evidence[1].count == len(planted.APART)
        for gap in report.frictions if gap.kind is Kind.SINGLE_POINT
    )  # fmt: skip
    assert called(first(report, Kind.SILENT_TIE, "dormant-agreement"), names, RefType.ORGANIZATION) != {planted.IDLE_FROM, planted.IDLE_TO}
