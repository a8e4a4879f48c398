"""The gap report by API: what each role is told of it, its age and its assumptions, and files that say what is simulated."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from network.core.actor import Role
from network.core.clock import now
from network.demo import region
from network.graph.gaps import Action, Basis, Evidence, Gap, Kind, Ref, RefType, Unit
from network.graph.models import GapReport
from network.partners.models import Agreement
from network.partners.revision import bump
from network.referrals.models import Tie
from tests.frontend.reports import areas, figures, keep, need, unmet

pytestmark = pytest.mark.django_db
ORGANIZATION, SERVICE = RefType.ORGANIZATION, RefType.SERVICE


@pytest.fixture
def callers(town, call, system):
    """Who may ask, by role."""
    return {
        "coordinator": call(town.coordinator_user),
        "worker": call(town.quayside_user),
        "other": call(town.harbour_user),
        "system": call(token=system(scopes=("reports.read",))),
    }


def cut_off_by(organization, people=42.0):
    return Gap(
        Kind.SINGLE_POINT, "organization", (Ref(ORGANIZATION, organization.number),), Unit.PEOPLE, people, people - 2, people,
        Basis.COUNTED, evidence=(Evidence("cut-off", count=people), Evidence("partners-cut", count=3.0)),
    )  # fmt: skip


def kept(town):
    """A shortage that names a service, one without, and a friction of Harbour House."""
    first, second = areas(2)
    of_harbour = Evidence("service", Ref(SERVICE, town.harbour_service.number), 12.0, basis=Basis.STATED)
    named = unmet(
        first, 60.0, low=20.0, evidence=(Evidence("need", None, 90.0, 60.0, 120.0, Basis.MODELLED), of_harbour),
        action=Action("add-places", (Ref(SERVICE, town.harbour_service.number),), 60.0, 60.0),
    )  # fmt: skip
    drawn = figures([(first, need(), [90, 90, 90], [60, 60, 60]), (second, need(), [50, 50, 50], [20, 20, 20])])
    return first, keep([named, unmet(second, 20.0), cut_off_by(town.harbour)], drawn)


def gaps_of(caller, query=""):
    answer = caller.get(f"graph/gaps{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()


# -- who sees what -----------------------------------------------------------------------------------------------------------


def test_coordinators_see_every_row_with_its_evidence_and_repair(town, callers):
    kept(town)

    first, second, third = gaps_of(callers["coordinator"])["results"]

    assert [first["kind"], second["kind"], third["kind"]] == ["unmet-demand", "unmet-demand", "single-point"]
    assert (first["people"], first["low"], first["high"], first["unit"]) == (60.0, 20.0, 120.0, "people/month")
    assert [entry["what"] for entry in first["evidence"]] == ["need", "service"]
    assert first["evidence"][1]["ref"]["name"] == town.harbour_service.name
    assert first["evidence"][0]["years"] == "2018–20"
    assert first["action"]["sentence"].startswith("Up to 60 more places a month at")
    assert third["sentence"].startswith("If Harbour House closes, 3 partners lose every route")


@pytest.mark.parametrize("who", ["worker", "system"])
def test_others_see_shortages_without_what_they_say_of_single_partners(town, callers, who):
    kept(town)

    rows = gaps_of(callers[who])["results"]

    assert [row["kind"] for row in rows] == ["unmet-demand", "unmet-demand"]
    assert [entry["what"] for entry in rows[0]["evidence"]] == ["need"]
    assert rows[0]["action"] is None
    assert town.harbour_service.name not in json.dumps(rows)


def test_a_partner_sees_the_friction_that_speaks_of_itself_and_nobody_else_finds_it(town, callers):
    kept(town)
    (mine,) = gaps_of(callers["other"], "?list=frictions")["results"]

    assert mine["sentence"].startswith("If Harbour House closes")
    assert callers["other"].get(f"graph/gaps/{mine['id']}").json() == mine
    assert callers["worker"].get(f"graph/gaps/{mine['id']}").status_code == 404
    assert callers["worker"].get("graph/gaps/g-0000000000000000").status_code == 404
    assert callers["worker"].get("graph/report").json()["counts"] == {"shortages": 2, "frictions": 0}
    assert callers["other"].get("graph/report").json()["counts"] == {"shortages": 2, "frictions": 1}


def test_a_system_without_the_scope_is_refused(town, call, system):
    kept(town)
    caller = call(token=system(scopes=("referrals.read",)))

    for path in ("graph/report", "graph/gaps", "graph/layers"):
        assert caller.get(path).status_code == 403


@pytest.mark.parametrize("form", ["csv", "geojson", "graphml"])
def test_files_are_for_coordinators(town, callers, form):
    kept(town)

    assert callers["worker"].get(f"graph/export.{form}").status_code == 403
    assert callers["coordinator"].get(f"graph/export.{form}").status_code == 200


# -- what is hidden ----------------------------------------------------------------------------------------------------------


def test_a_size_of_fewer_than_eleven_counted_people_is_no_number_anywhere(town, callers):
    (area,) = areas(1)
    few = unmet(area, 0.4, low=0.2, basis=Basis.COUNTED, evidence=(Evidence("need", None, 0.5, basis=Basis.COUNTED),))
    keep([few], figures([(area, need(), None, None)]))

    (row,) = gaps_of(callers["coordinator"])["results"]

    assert (row["people"], row["low"], row["high"], row["is_few"]) == (None, None, None, True)
    assert row["evidence"][0]["count"] is None
    assert row["action"]["gain"] is row["action"]["bound"] is None
    assert "0.4" not in json.dumps(row)
    (line,) = csv.DictReader(io.StringIO(callers["coordinator"].get("graph/export.csv").content.decode("utf-8-sig")))
    assert "0.4" not in line.values()


def ties(town, *, sent, accepted):
    return Tie.objects.create(sender=town.quayside, receiver=town.harbour, need=need(), sent=sent, accepted=accepted)


def test_one_partners_ties_are_its_own_and_the_coordinators(town, callers):
    kept(town)
    ties(town, sent=30, accepted=4)
    Agreement.objects.create(from_organization=town.quayside, to_organization=town.harbour, since=now().date())

    own = callers["worker"].get(f"graph/partners/{town.quayside.pk}").json()
    seen = callers["coordinator"].get(f"graph/partners/{town.quayside.pk}").json()

    (tie,) = own["sends_to"]
    assert (tie["partner"]["name"], tie["sent"], tie["accepted"], tie["is_few"]) == ("Harbour House", 30, 4, False)
    (hidden,) = seen["sends_to"]
    assert (hidden["sent"], hidden["accepted"], hidden["is_few"]) == (None, None, True)
    assert len(own["agreements"]) == len(seen["agreements"]) == 1
    assert callers["worker"].get(f"graph/partners/{town.harbour.pk}").status_code == 404


def test_the_graph_of_partners_names_no_victim_service_and_no_small_count(town, callers):
    kept(town)
    shelter = region.organization("Quiet Shelter", is_victim_service=True)
    region.member(shelter, "worker@shelter.test", Role.CASEWORKER)
    ties(town, sent=30, accepted=4)
    Tie.objects.create(sender=town.quayside, receiver=shelter, need=need(), sent=40, accepted=40)

    text = callers["coordinator"].get("graph/export.graphml").content.decode()

    root = ET.fromstring(text)
    assert len([each for each in root.iter() if each.tag.endswith("}edge")]) == 1
    values = [each.text for each in root.iter() if each.tag.endswith("}data")]
    assert "30" in values
    assert "4" not in values
    assert "Quiet Shelter" not in text


# -- age, assumptions, months --------------------------------------------------------------------------------------------------


def test_without_a_report_one_is_asked_for_and_the_answer_says_so(callers):
    answer = callers["coordinator"].get("graph/report").json()

    assert (answer["state"], answer["id"], answer["totals"]) == ("preparing", None, None)
    assert GapReport.objects.filter(settings_key="standard").count() == 1
    assert callers["coordinator"].get("graph/report").json()["preparing"] is True
    assert GapReport.objects.count() == 1
    assert gaps_of(callers["coordinator"]) == {"results": [], "next": None}
    for path in ("graph/layers", "graph/gaps/g-0123456789abcdef", "graph/export.csv"):
        assert callers["coordinator"].get(path).status_code == 404


def test_the_head_says_its_age_sources_and_assumptions_and_is_not_sent_twice(town, callers):
    _, row = kept(town)
    first = callers["coordinator"].get("graph/report")

    body = first.json()
    assert (body["state"], body["id"], body["revision"], body["changes_since"]) == ("ready", str(row.pk), row.revision, 0)
    assert {"name", "words", "low", "point", "high", "changeable"} == set(body["assumptions"][0])
    assert callers["coordinator"].get("graph/report", **{"If-None-Match": first.headers["ETag"]}).status_code == 304

    bump(town.harbour.pk)
    later = callers["coordinator"].get("graph/report", **{"If-None-Match": first.headers["ETag"]})
    assert (later.status_code, later.json()["changes_since"]) == (200, 1)


def test_other_assumptions_are_asked_for_once_and_read_by_their_key(town, callers):
    kept(town)
    body = {"clinician_places": [1, 2, 3]}

    asked = callers["coordinator"].post("graph/report", body)
    again = callers["coordinator"].post("graph/report", body)

    assert asked.status_code == again.status_code == 202
    assert asked.json() == again.json()
    key = asked.json()["settings"]
    assert callers["coordinator"].get(f"graph/report?settings={key}").json()["state"] == "preparing"
    assert callers["worker"].get(f"graph/report?settings={key}").status_code == 403
    assert callers["worker"].post("graph/report", body).status_code == 403


@pytest.mark.parametrize("body", [{"clinician_places": [3, 2, 1]}, {"help_share": [0, 1, 2]}, {"help_share": [0.1]}, {"nonsense": 1}])
def test_assumptions_out_of_order_or_bounds_are_refused(callers, body):
    answer = callers["coordinator"].post("graph/report", body)

    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_a_month_is_its_last_report(town, callers):
    (area,) = areas(1)
    keep([unmet(area, 30.0)], at=datetime(2026, 3, 5, tzinfo=UTC))
    march = keep([unmet(area, 40.0)], at=datetime(2026, 3, 28, tzinfo=UTC))
    keep([unmet(area, 50.0)], at=datetime(2026, 4, 2, tzinfo=UTC))

    head = callers["coordinator"].get("graph/report?month=2026-03").json()

    assert head["id"] == str(march.pk)
    assert head["months"] == ["2026-04", "2026-03"]
    assert gaps_of(callers["coordinator"], "?month=2026-03")["results"][0]["people"] == 40.0
    assert gaps_of(callers["coordinator"])["results"][0]["people"] == 50.0
    assert gaps_of(callers["coordinator"], "?month=2025-01")["results"] == []


# -- choosing and paging -------------------------------------------------------------------------------------------------------


def test_rows_are_chosen_by_list_kind_need_and_area(town, callers):
    area, _ = kept(town)

    assert len(gaps_of(callers["coordinator"], "?list=shortages")["results"]) == 2
    assert len(gaps_of(callers["coordinator"], "?kind=single-point")["results"]) == 1
    assert len(gaps_of(callers["coordinator"], f"?area={area.pk}")["results"]) == 1
    assert len(gaps_of(callers["coordinator"], "?need=counselling")["results"]) == 2
    assert gaps_of(callers["coordinator"], "?need=nothing-like-it")["results"] == []


@pytest.mark.parametrize(
    "query", ["?kind=nonsense", "?list=all", "?month=2026-13", "?month=march", "?settings=nonsense", "?area=1", "?sort=people", "?limit=0"]
)
def test_an_address_that_means_nothing_is_refused_in_words(callers, query):
    answer = callers["coordinator"].get(f"graph/gaps{query}")

    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_pages_follow_each_other_and_end_with_the_report_they_began_in(town, callers):
    made = areas(5)
    keep([unmet(area, 90.0 - number) for number, area in enumerate(made)])
    first = gaps_of(callers["coordinator"], "?limit=3")
    second = gaps_of(callers["coordinator"], f"?limit=3&cursor={first['next']}")

    assert [row["people"] for row in first["results"] + second["results"]] == [90.0, 89.0, 88.0, 87.0, 86.0]
    assert second["next"] is None

    keep([unmet(made[0], 10.0)])
    assert callers["coordinator"].get(f"graph/gaps?limit=3&cursor={first['next']}").status_code == 410
    assert callers["worker"].get(f"graph/gaps?limit=3&cursor={first['next']}").status_code == 400


@pytest.mark.parametrize("path", ["graph/report", "graph/gaps", "graph/layers", "graph/export.csv"])
def test_thirty_rows_take_as_many_queries_as_three(town, callers, path):
    def queries(count):
        drawn = figures([(area, need(), [50, 50, 50], [20, 20, 20]) for area in made[:count]])
        keep([unmet(area, 60.0) for area in made[:count]], drawn)
        callers["coordinator"].get(path)  # the process opens a report once
        with CaptureQueriesContext(connection) as seen:
            assert callers["coordinator"].get(path).status_code == 200
        return len(seen)

    made = areas(30)
    assert queries(3) == queries(30)


# -- what is simulated ---------------------------------------------------------------------------------------------------------


def test_simulated_figures_say_so_on_row_head_and_files(town, callers):
    (area,) = areas(1, simulated=True)
    keep([unmet(area, 60.0, simulated=True)], figures([(area, need(), [90, 90, 90], [60, 60, 60])]), simulated=True)
    coordinator = callers["coordinator"]

    assert coordinator.get("graph/report").json()["simulated"] is True
    (row,) = gaps_of(coordinator)["results"]
    assert row["simulated"] is True
    assert row["sentence"].endswith("These figures are simulated.")
    (line,) = csv.DictReader(io.StringIO(coordinator.get("graph/export.csv").content.decode("utf-8-sig")))
    assert "simulated" in line
    assert line["simulated"].lower() in {"true", "yes", "1"}
    (feature,) = json.loads(coordinator.get("graph/export.geojson").content)["features"]
    assert feature["properties"]["simulated"] is True
    assert "simulated" in coordinator.get("graph/export.graphml").content.decode()
