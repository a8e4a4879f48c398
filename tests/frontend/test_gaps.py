"""The gap map page by the test client: who reads it, each of its states, what it never shows, and that table and map agree."""

from __future__ import annotations

import gzip
import json
import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from network.core.clock import now
from network.demo import region
from network.graph import actions
from network.graph.gaps import Basis, Evidence, Gap, Kind, Ref, RefType, Settings, Unit
from network.graph.models import GapReport, State
from network.graph.picture import HIDDEN
from network.partners.area_map import draw
from network.partners.models import Location, TaxonomyTerm
from network.partners.revision import bump

from .reports import areas, figures, keep, need, unmet

pytestmark = pytest.mark.django_db
NOBODY = uuid.UUID(int=7)


@pytest.fixture
def coordinator(town):
    client = Client()
    client.force_login(town.coordinator_user)
    return client


def cut_off_by(organization):
    return Gap(
        Kind.SINGLE_POINT, "organization", (Ref(RefType.ORGANIZATION, organization.number),), Unit.PEOPLE, 42.0, 40.0, 42.0, Basis.COUNTED,
        evidence=(Evidence("cut-off", count=42.0), Evidence("partners-cut", count=3.0)),
    )  # fmt: skip


def text_of(answer):
    """What a reader sees: no tags, one blank between words."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())).replace("&#x27;", "'")


def rows_of(answer):
    return re.findall(r"<tr[^>]* data-row", answer.content.decode())


def one_short(people=42.0, **more):
    (area,) = areas(1)
    return area, keep([unmet(area, people, low=20.0, **more)], figures([(area, need(), [50, 72, 102], [20, people, people * 2])]))


# -- who ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/gaps/", "/gaps/g-1/", "/gaps/data/", f"/gaps/areas/{NOBODY}/", f"/gaps/partners/{NOBODY}/"])
@pytest.mark.parametrize("who", ["quayside_user", "quayside_admin_user"])
def test_other_roles_are_told_whose_page_it_is(town, who, path):
    client = Client()
    client.force_login(getattr(town, who))
    answer = client.get(path)

    assert answer.status_code == 403
    assert "the coordinators of County Network" in text_of(answer)


def test_it_is_in_the_menu_of_coordinators_alone_and_their_first_page_leads_to_it(town, coordinator):
    worker = Client()
    worker.force_login(town.quayside_user)

    assert 'href="/gaps/"' not in worker.get("/").content.decode()
    assert coordinator.get("/coordination/").content.decode().count('href="/gaps/"') == 2


# -- states ------------------------------------------------------------------------------------------------------------------


def test_without_a_report_one_is_asked_for_and_the_page_says_so(coordinator):
    answer = coordinator.get("/gaps/")

    assert "The first report is in preparation." in text_of(answer)
    assert GapReport.objects.get().state == State.WANTED
    assert 'id="map"' not in answer.content.decode()


@pytest.mark.parametrize(
    ("failure", "words"), [("memory", "more memory than it may have"), ("deadline", "longer than it may"), ("error", "Something of ours")]
)
def test_a_first_report_that_failed_says_why(coordinator, monkeypatch, failure, words):
    monkeypatch.setattr(actions, "want", lambda settings: None)
    GapReport.objects.create(settings_key="standard", state=State.FAILED, failure=failure, wanted_at=now())

    assert words in text_of(coordinator.get("/gaps/"))


def test_a_failure_keeps_the_last_report_and_names_itself(coordinator):
    one_short()
    GapReport.objects.create(settings_key="standard", state=State.FAILED, failure="error", wanted_at=now() + timedelta(seconds=1))

    assert "could not be computed; this is the one before" in text_of(coordinator.get("/gaps/"))


def test_a_row_has_its_sentence_size_range_certainty_repair_and_evidence(coordinator):
    _area, kept = one_short()
    answer = coordinator.get("/gaps/")
    text = text_of(answer)

    assert "1 area falls short, 1 of them for certain. Most: Area 0000, 42 (20 to 84) people a month." in text
    assert "Of 72 people a month in Area 0000 who need Counselling" in text
    assert "42 (20 to 84) people a month" in text
    assert "Firm : there even if need is low" in text
    assert "What would help: Up to 42 more places a month in Area 0000 would all be used." in text
    assert f'href="/gaps/{kept.body["report"]["shortages"][0]["id"]}/' in answer.content.decode()


def test_sources_with_their_years_and_the_assumptions_stand_beside_the_figures(coordinator):
    one_short()
    answer = coordinator.get("/gaps/")
    text = text_of(answer)

    assert "Figures of areas are from 2018–2022." in text
    assert "CDC PLACES 2018–20" in text
    assert "NPPES 2022" in text
    assert [f'value="{value}"' in answer.content.decode() for value in ("1", "3", "8")] == [True] * 3


def test_age_and_changes_since_are_said(coordinator, town):
    one_short()
    bump(town.quayside.pk)

    assert "1 change since." in text_of(coordinator.get("/gaps/"))

    actions.want(Settings())
    assert "A new one is in preparation." in text_of(coordinator.get("/gaps/"))


def test_too_little_data_is_said_with_what_is_missing_and_shortages_stay(coordinator):
    (area,) = areas(1)
    row = keep([unmet(area, 42.0)], figures([(area, need(), [50, 72, 102], [20, 42, 84])]))
    row.body["report"]["too_little"] = ["few-referrals"]
    row.body["report"]["totals"]["sent"] = 19
    row.save()

    assert "19 of 30 referrals needed for a first picture" in text_of(coordinator.get("/gaps/?list=frictions"))
    assert len(rows_of(coordinator.get("/gaps/"))) == 1


def test_an_imported_region_has_no_partnerships_yet(coordinator):
    (area,) = areas(1)
    keep([unmet(area, 42.0)], figures([(area, need(), [50, 72, 102], [20, 42, 84])]), too_little=["no-ties"])
    text = text_of(coordinator.get("/gaps/?list=frictions"))

    assert "No partnerships recorded yet." in text
    assert "Nothing between partners stands in the way" not in text


def test_where_no_area_falls_short_the_thinnest_margins_are_listed(coordinator):
    made = areas(7)
    keep([], figures([(area, need(), [1, 2, 3], [0, 0, 0]) for area in made]))
    answer = coordinator.get("/gaps/?need=counselling")

    assert "No area falls short for this need." in text_of(answer)
    assert answer.content.decode().count("data-opens") == 5
    assert "0.5 of the usual places within reach" in text_of(answer)


def test_a_need_that_the_report_does_not_know_has_no_rows_and_no_map(coordinator):
    one_short()
    answer = coordinator.get("/gaps/?need=housing-support")

    assert rows_of(answer) == []
    assert "There is no area with this need to draw." in text_of(answer)
    assert "Show all" in text_of(answer)


def test_fewer_than_eleven_people_are_hatched_and_never_a_number(coordinator):
    (area,) = areas(1)
    hidden = unmet(area, 0.5, basis=Basis.COUNTED, evidence=(Evidence("rejected", count=6, counts_people=True),))
    kept = keep([hidden], figures([(area, need(), None, [0.1, 0.5, 1])], asked=HIDDEN))

    for path in ("/gaps/", f"/gaps/{hidden.id}/", "/gaps/?list=areas", f"/gaps/areas/{area.pk}/"):
        answer = coordinator.get(path)
        assert answer.status_code == 200
        assert '<span class="few">fewer than 11</span>' in answer.content.decode(), path
        assert not re.search(r"\b(6|0\.5) (people|person)", text_of(answer)), path
    drawn = json.loads(coordinator.get(f"/gaps/data/?report={kept.pk}&need=counselling").content)
    assert drawn["areas"] == {"code": ["A0000"], "per": [None], "access": [0.5], "unmet": [None], "low": [None], "high": [None], "few": [0]}


def test_what_is_simulated_says_so_on_head_row_and_map(coordinator):
    (area,) = areas(1, simulated=True)
    keep([unmet(area, 42.0, simulated=True)], figures([(area, need(), [50, 72, 102], [20, 42, 84])]), simulated=True)
    text = coordinator.get("/gaps/").content.decode()

    assert "made up" in text
    assert text.count('<span class="simulated">Simulated</span>') == 2


def test_a_page_of_rows_and_the_next_fifty(coordinator):
    made = areas(60)
    keep(
        [unmet(area, 100.0 - n) for n, area in enumerate(made)],
        figures([(area, need(), [1, 2, 3], [0, 100 - n, 200]) for n, area in enumerate(made)]),
    )
    first = coordinator.get("/gaps/")
    after = re.search(r'href="(/gaps/\?after=[^"]+)"', first.content.decode()).group(1)
    second = coordinator.get(after.replace("&amp;", "&"))

    assert (len(rows_of(first)), len(rows_of(second))) == (50, 10)
    assert '<td class="number rank">51</td>' in second.content.decode()
    assert coordinator.get("/gaps/?after=nonsense").status_code == 404


def test_a_page_of_a_report_that_was_replaced_begins_again_and_says_so(coordinator):
    made = areas(60)
    gaps = [unmet(area, 100.0 - n) for n, area in enumerate(made)]
    keep(gaps, at=now() - timedelta(hours=1))
    after = re.search(r'href="(/gaps/\?after=[^"]+)"', coordinator.get("/gaps/").content.decode()).group(1)
    keep(gaps)
    answer = coordinator.get(after)

    assert "made again meanwhile" in text_of(answer)
    assert '<td class="number rank">1</td>' in answer.content.decode()


def test_only_the_foremost_rows_are_listed_and_the_page_says_so(coordinator):
    (area,) = areas(1)
    keep([unmet(area, 42.0)], figures([(area, need(), [50, 72, 102], [20, 42, 84])]), cut=["unmet-demand/"])

    assert "Only the foremost 1000 of each kind are listed." in text_of(coordinator.get("/gaps/")).replace(",", "")


# -- filters -----------------------------------------------------------------------------------------------------------------


def test_need_kind_and_group_choose_rows_and_stay_in_every_link(coordinator):
    one, other = areas(2)
    housing, spanish = need("housing-support"), TaxonomyTerm.objects.get(scheme="language", code="es")
    group = Ref(RefType.GROUP, spanish.number)
    bottleneck = Gap(
        Kind.BOTTLENECK, "", tuple(sorted((Ref(RefType.AREA, one.number), group, Ref(RefType.NEED, housing.number)))), Unit.PEOPLE,
        9.0, 1.0, 20.0, Basis.MODELLED, evidence=(Evidence("need", count=20.0),),
    )  # fmt: skip
    keep(
        [unmet(one, 42.0), unmet(other, 30.0, of=housing), bottleneck],
        figures([(one, need(), [1, 2, 3], [0, 42, 84]), (other, housing, [1, 2, 3], [0, 30, 60])]),
    )

    def count(query):
        return len(rows_of(coordinator.get(f"/gaps/?{query}")))

    assert [
        count(q) for q in ("", "need=counselling", "need=housing-support", "kind=bottleneck", "group=es", "group=es&need=counselling")
    ] == [3, 1, 2, 1, 1, 0]
    shown = coordinator.get("/gaps/?need=housing-support").content.decode()
    assert "need=housing-support" in re.search(r'href="(/gaps/g-[^"]+)"', shown).group(1)
    assert 'data-url="/gaps/data/?report=' in shown
    assert "need=housing-support" in re.search(r'data-url="([^"]+)"', shown).group(1)


@pytest.mark.parametrize("query", ["month=2026-13", "settings=x", "kind=nonsense", "list=nonsense", "layer=x", "view=x"])
def test_an_address_that_no_page_gave_is_none(coordinator, query):
    one_short()

    assert coordinator.get(f"/gaps/?{query}").status_code == 404


def test_a_month_shows_its_last_report_and_a_way_to_the_present(coordinator):
    (area,) = areas(1)
    keep([unmet(area, 77.0)], figures([(area, need(), [1, 2, 3], [0, 77, 84])]), at=datetime(2026, 3, 20, tzinfo=UTC))
    keep([unmet(area, 42.0)], figures([(area, need(), [1, 2, 3], [0, 42, 84])]))

    assert "42 (0 to 84)" in text_of(coordinator.get("/gaps/"))
    old = text_of(coordinator.get("/gaps/?month=2026-03"))
    assert "77 (0 to 154)" in old
    assert "This is the last report of 2026-03, not the present one." in old
    assert "No report of this month is kept." in text_of(coordinator.get("/gaps/?month=2025-01"))


# -- assumptions -------------------------------------------------------------------------------------------------------------

USUAL = {
    "help_share_low": "1", "help_share_point": "3", "help_share_high": "8", "clinician_places_low": "2", "clinician_places_point": "4",
    "clinician_places_high": "8", "unknown_places_low": "0", "unknown_places_point": "5", "unknown_places_high": "20",
}  # fmt: skip


def test_other_assumptions_make_a_report_of_their_own(coordinator):
    one_short()
    answer = coordinator.post("/gaps/?need=counselling", {**USUAL, "help_share_point": "5"})

    assert answer.status_code == 303
    key = actions.key_of(actions.settings_of({"help_share": [0.01, 0.05, 0.08]}))
    assert answer["Location"] == f"/gaps/?need=counselling&settings={key}"
    waiting = GapReport.objects.get(state=State.WANTED)
    assert (waiting.settings_key, waiting.settings) == (key, {"help_share": [0.01, 0.05, 0.08]})
    page = coordinator.get(answer["Location"])
    assert "The report with these assumptions is in preparation." in text_of(page)
    assert "Other assumptions." in text_of(page)
    assert 'value="5"' in page.content.decode()


def test_the_page_of_other_assumptions_says_so_and_leads_back(coordinator):
    one_short()
    rules = actions.settings_of({"help_share": [0.01, 0.05, 0.08]})
    keep([], settings=rules)
    page = coordinator.get(f"/gaps/?settings={actions.key_of(rules)}")

    assert "Other assumptions." in text_of(page)
    assert "Back to the usual assumptions" in text_of(page)
    assert f"settings={actions.key_of(rules)}" in page.content.decode()
    assert "Other assumptions" not in text_of(coordinator.get("/gaps/"))


def test_the_usual_assumptions_are_the_usual_page_and_ask_for_nothing_new(coordinator):
    one_short()
    answer = coordinator.post("/gaps/", USUAL)

    assert (answer.status_code, answer["Location"]) == (303, "/gaps/")
    assert not GapReport.objects.filter(state=State.WANTED).exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("help_share_low", "9"),
        ("help_share_high", "101"),
        ("unknown_places_point", ""),
        ("clinician_places_low", "-1"),
        ("help_share_point", "nan"),
    ],
)
def test_assumptions_out_of_order_or_bounds_are_asked_for_again_and_kept(coordinator, name, value):
    one_short()
    answer = coordinator.post("/gaps/", {**USUAL, name: value})

    assert answer.status_code == 422
    assert "error_summary" in answer.content.decode()
    assert not GapReport.objects.filter(state=State.WANTED).exists()


def test_only_coordinators_may_ask(town):
    client = Client()
    client.force_login(town.quayside_user)

    assert client.post("/gaps/", {**USUAL, "help_share_point": "5"}).status_code == 403
    assert not GapReport.objects.exists()


# -- drawers -----------------------------------------------------------------------------------------------------------------


def test_the_evidence_of_a_row_is_a_page_of_its_own_and_a_part_for_the_drawer(coordinator):
    _area, kept = one_short()
    path = f"/gaps/{kept.body['report']['shortages'][0]['id']}/"
    page, part = coordinator.get(path), coordinator.get(path, headers={"HX-Request": "true"})

    assert "Need: 72 a month (42 to 102; modelled; 2018–20)." in text_of(page)
    assert "<html" in page.content.decode()
    assert "<html" not in part.content.decode()
    assert "HX-Request" in page["Vary"]
    assert coordinator.get("/gaps/g-0000000000000000/").status_code == 404


def test_an_area_shows_its_figures_with_source_and_years_and_its_rows(coordinator):
    area, _kept = one_short()
    text = text_of(coordinator.get(f"/gaps/areas/{area.pk}/"))

    assert "Adults with 14 or more days of poor mental health a month 12.5 percent of adults CDC PLACES, 2018–20" in text
    assert "42 (20 to 84) people a month" in text
    assert "Of 72 people a month in Area 0000" in text
    assert coordinator.get(f"/gaps/areas/{uuid.uuid4()}/").status_code == 404


def test_a_partner_shows_what_hangs_on_it_and_what_passes(coordinator, town, accepted):
    keep([cut_off_by(town.harbour)])
    text = text_of(coordinator.get(f"/gaps/partners/{town.harbour.pk}/"))

    assert "If Harbour House closes, 3 partners lose every route to the rest of the network." in text
    assert "Quayside Advice" in text
    assert "fewer than 11" in text  # one referral has passed between them
    assert "Nobody would be cut off" in text_of(coordinator.get(f"/gaps/partners/{town.eastfield.pk}/"))
    assert coordinator.get(f"/gaps/partners/{uuid.uuid4()}/").status_code == 404


# -- the map and the tables that say the same ------------------------------------------------------------------------------


def test_the_map_draws_what_the_tables_say_of_the_same_report(coordinator, town):
    one, other = areas(2)
    draw()
    Location.objects.create(organization=town.harbour, name="House", latitude=45.01, longitude=-115.95)
    single = cut_off_by(town.harbour)
    ties = {"from": [one.number], "to": [other.number], "sent": [30], "accepted": [HIDDEN]}
    kept = keep(
        [unmet(one, 42.0), single], figures([(one, need(), [50, 72, 102], [20, 42, 84]), (other, need(), [4, 5, 6], [0, 0, 0])]), ties=ties
    )

    page = coordinator.get("/gaps/").content.decode()
    answer = coordinator.get(f"/gaps/data/?report={kept.pk}&need=counselling", headers={"Accept-Encoding": "gzip"})
    drawn = json.loads(gzip.decompress(answer.content))

    assert f'data-report="{drawn["report"]}" data-revision="{drawn["revision"]}"' in page
    assert drawn["areas"]["code"] == ["A0000", "A0001"]
    assert (drawn["areas"]["unmet"], drawn["areas"]["per"], drawn["areas"]["access"]) == ([42, 0], [72.0, 5.0], [0.5, 0.5])
    table = text_of(coordinator.get("/gaps/?list=areas"))
    assert "Area 0000 42 (20 to 84) people a month 0.5 of the usual 72.0" in table
    assert "Area 0001 nobody 0.5 of the usual 5.0" in table
    assert drawn["partners"]["single"] == [0]
    assert "Harbour House yes 42" in text_of(coordinator.get("/gaps/?list=partners"))
    assert (drawn["ties"]["from"], drawn["ties"]["sent"], drawn["ties"]["accepted"]) == (["A0000"], [30], [None])
    assert "Area 0000 Area 0001 30 fewer than 11" in text_of(coordinator.get("/gaps/?list=links"))


def test_the_ids_of_partners_are_sixteen_bytes_each(coordinator, town):
    import base64

    places = [(town.harbour, 45.0), (town.eastfield, 45.1)]
    for organization, north in places:
        Location.objects.create(organization=organization, name="House", latitude=north, longitude=-115.95)
    (area,) = areas(1)
    kept = keep([], figures([(area, need(), [1, 2, 3], [0, 0, 0])]))
    packed = json.loads(coordinator.get(f"/gaps/data/?report={kept.pk}&need=counselling").content)["partners"]["ids"]
    raw = base64.urlsafe_b64decode(packed)

    assert {uuid.UUID(bytes=raw[n : n + 16]) for n in range(0, len(raw), 16)} == {town.harbour.pk, town.eastfield.pk}


def test_no_confidential_place_and_no_victim_service_is_on_the_map(coordinator, town):
    Location.objects.create(organization=town.harbour, name="House", latitude=45.0, longitude=-116.0, is_confidential=True)
    town.eastfield.__class__.objects.filter(pk=town.eastfield.pk).update(is_victim_service=True)
    Location.objects.create(organization=town.eastfield, name="Refuge", latitude=45.0, longitude=-116.0)
    (area,) = areas(1)
    kept = keep([], figures([(area, need(), [1, 2, 3], [0, 0, 0])]))

    assert json.loads(coordinator.get(f"/gaps/data/?report={kept.pk}&need=counselling").content)["partners"]["ids"] == ""
    assert rows_of(coordinator.get("/gaps/?list=partners")) == []


@pytest.mark.parametrize("query", ["", "report=x&need=counselling", f"report={NOBODY}&need=counselling", "need=counselling"])
def test_figures_of_no_report_are_none(coordinator, query):
    one_short()

    assert coordinator.get(f"/gaps/data/?{query}").status_code == 404


def test_the_same_names_in_several_regions_carry_their_region(coordinator):
    one, other = areas(2)
    for area, name in ((one, "ID"), (other, "OR")):
        area.region = name
        area.name = "Washington"
        area.save()
    keep([unmet(one, 42.0), unmet(other, 30.0)], figures([(one, need(), [1, 2, 3], [0, 42, 84]), (other, need(), [1, 2, 3], [0, 30, 84])]))
    text = text_of(coordinator.get("/gaps/"))

    assert "Washington, ID" in text
    assert "Washington, OR" in text


@pytest.mark.parametrize("path", ["/gaps/", "/gaps/?list=areas", "/gaps/?list=frictions", "/gaps/?list=partners", "/gaps/?list=links"])
def test_the_page_takes_the_same_queries_for_three_rows_as_for_thirty(coordinator, town, path):
    counts = []
    for number in (3, 30):
        made = areas_of(number)
        partners = [region.organization(f"Partner {number} {n}") for n in range(number)]
        frictions = [cut_off_by(row) for row in partners]
        drawn = figures([(area, need(), [1, 2, 3], [0, 42, 84]) for area in made])
        keep([*(unmet(area, 42.0) for area in made), *frictions], drawn)
        coordinator.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert coordinator.get(path).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert counts[0] <= 26


def areas_of(number):
    from network.partners.models import Area

    Area.objects.all().delete()
    return areas(number)


def test_downloads_are_those_of_the_api_for_the_same_report(coordinator):
    one_short()
    page = coordinator.get("/gaps/").content.decode()

    for form in ("csv", "geojson", "graphml"):
        address = re.search(rf'href="(/api/v1/graph/export\.{form}[^"]*)"', page).group(1).replace("&amp;", "&")
        assert coordinator.get(address).status_code == 200


def test_no_template_of_the_page_holds_an_inline_style_or_script(coordinator):
    one_short()
    page = coordinator.get("/gaps/").content.decode()

    assert " style=" not in page
    assert not re.search(r"<script(?![^>]* src=)[^>]*>", page)
    assert not re.search(r" on[a-z]+=", page)
