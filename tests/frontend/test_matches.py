"""The panel of the refer page: reasons in view, near misses, nothing chosen for anybody against a reason, and sending without it."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from frontend import matches as panel
from network.core.clock import now
from network.demo import region
from network.partners import actions as directory
from network.partners.models import Language, Location, Service, ServiceAtLocation
from network.referrals.models import Referral

pytestmark = pytest.mark.django_db
WHAT = {"who": "new", "name": "Somebody New", "need": "housing-support"}


@pytest.fixture
def desk(town):
    client = Client()
    client.force_login(town.quayside_user)
    return client


def found(desk, **more):
    """The page as "Find services" returns it, without script."""
    answer = desk.post("/refer/", {**WHAT, "find": "1", **more})
    assert answer.status_code == 200
    return answer.content.decode()


def clear(town, service=None):
    """A service that nothing speaks against."""
    service = service or town.harbour_service
    Service.objects.filter(pk=service.pk).update(is_free=True)
    directory.state_capacity(service, by=town.harbour_admin, available=3)
    Language.objects.create(service=service, code="ar")


def at_place(service, latitude):
    location = Location.objects.create(organization=service.organization, name="Canary-Address", latitude=latitude, longitude=-116.0)
    ServiceAtLocation.objects.create(service=service, location=location)


def chosen(html):
    return re.findall(r'value="([0-9a-f-]{36})"[^>]* checked', html)


def test_find_services_without_script_returns_the_page_with_reasons(town, desk):
    clear(town)
    at_place(town.harbour_service, 45.02)
    html = found(desk, place="Northside", language="ar")

    assert "Works in this language: Arabic" in html
    assert "2.2 km away" in html
    assert "3 free places, as they said" in html
    assert "Why not first?" in html
    assert "Harbour House is easier to get to" in html
    assert "Somebody New" in html
    assert "Canary-Address" not in html
    assert Referral.objects.count() == 0


def test_the_first_match_is_chosen_in_advance_only_if_nothing_speaks_against_it(town, desk):
    assert chosen(found(desk)) == []

    clear(town)
    assert chosen(found(desk)) == [str(town.harbour_service.pk)]

    Service.objects.filter(pk=town.harbour_service.pk).update(is_free=False)
    assert chosen(found(desk)) == []


def test_what_the_reader_chose_stays_chosen(town, desk):
    clear(town)

    assert chosen(found(desk, service=str(town.eastfield_service.pk))) == [str(town.eastfield_service.pk)]


def test_a_choice_that_no_longer_fits_says_why_and_can_still_be_made(town, desk):
    Service.objects.filter(pk=town.harbour_service.pk).update(maximum_age=17)
    html = found(desk, age_band="25-64", service=str(town.harbour_service.pk))

    assert "You chose this one. What does not fit:" in html
    assert "For people up to 17 only" in html
    assert chosen(html) == [str(town.harbour_service.pk)]
    assert 'id="id_service"' in html


def test_a_choice_that_cannot_be_asked_says_so_and_the_next_is_offered(town, desk):
    Service.objects.filter(pk=town.harbour_service.pk).update(status="temporarily closed")
    html = found(desk, service=str(town.harbour_service.pk))

    assert "You chose Harbour House. It cannot be asked now:" in html
    assert "Closed at the moment" in html
    assert f'value="{town.harbour_service.pk}"' not in html
    assert f'id="id_service" value="{town.eastfield_service.pk}"' in html


def test_a_choice_for_another_need_stays_in_view(town, desk):
    food = region.service(town.harbour, "Food parcels", needs=("food",))
    html = found(desk, service=str(food.pk))

    assert "Does not offer what you look for" in html
    assert chosen(html) == [str(food.pk)]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"place": "Northside", "language": "ar", "within": "10"},
         "No service offers Tenancy and housing support within 10 km of Northside in Arabic."),
        ({"place": "Northside", "within": "10"}, "No service offers Tenancy and housing support within 10 km of Northside."),
        ({"language": "ar"}, "No service offers Tenancy and housing support in Arabic."),
        ({"age_band": "25-64"}, "No service that you can ask offers Tenancy and housing support."),
    ],
)  # fmt: skip
def test_nothing_found_is_a_sentence_and_a_next_step(town, desk, more, words):
    for service in (town.harbour_service, town.eastfield_service):
        at_place(service, 45.2)
        Language.objects.create(service=service, code="en")
        Service.objects.filter(pk=service.pk).update(maximum_age=17)
    html = found(desk, **more)

    assert words in html
    assert "ask a coordinator" in html
    assert "2 near misses" in html
    assert ('name="find" value="25"' in html) == ("place" in more)


def test_widen_looks_further_and_keeps_what_was_typed(town, desk):
    at_place(town.harbour_service, 45.2)
    at_place(town.eastfield_service, 45.2)
    near = found(desk, place="Northside", within="10", note="Canary-Note")
    wide = found(desk, place="Northside", within="10", note="Canary-Note", find="25")

    assert "No service offers" in near
    assert "No service offers" not in wide
    assert "22.2 km away" in wide
    assert "Canary-Note" in wide


def test_eight_are_shown_and_the_rest_waits_for_a_press(town, desk):
    for number in range(12):
        region.service(town.harbour, f"Advice {number}")
    html = found(desk)

    assert "14 services fit" in html
    assert "Show 6 more" in html
    shown, waiting = html.split('<details class="more">')
    assert shown.count('type="checkbox" name="service"') == 8
    assert waiting.count('type="checkbox" name="service"') == 6
    ids = re.findall(r'id="(id_service[_0-9]*)"', html)
    assert len(ids) == len(set(ids)) == 14


def test_how_many_fit_is_announced_only_where_the_panel_alone_is_renewed(town, desk):
    part = desk.post("/refer/services/", WHAT, headers={"HX-Request": "true"}).content.decode()

    assert re.search(r'<div id="said" hx-swap-oob="innerHTML">2 services fit</div>', part)
    assert found(desk).count('id="said"') == 1


def test_without_matching_a_service_picked_by_name_is_sent(town, desk, monkeypatch):
    def away(*_, **__):
        raise RuntimeError

    monkeypatch.setattr(panel, "find_matches", away)
    html = found(desk)
    assert "We cannot say at the moment which services fit." in html
    assert f'<option value="{town.harbour_service.pk}"' in html

    answer = desk.post("/refer/", {
        **WHAT, "urgency": "soon", "way": "keeper", "service": str(town.harbour_service.pk), "consent": "agreed", "how": "in-person",
    })  # fmt: skip
    assert answer.status_code == 302, answer.content.decode()[:2000]
    assert Referral.objects.get().offers.get().service == town.harbour_service


def test_no_page_of_matches_shows_a_percentage(town, desk):
    clear(town)

    assert not re.search(r"\d\s?%", found(desk, place="Northside", language="ar").split('id="services"')[1])


def test_age_and_access_needs_are_kept_with_the_draft(town, desk):
    desk.post("/refer/", {**WHAT, "draft": "1", "age_band": "25-64", "constraints": ["step-free", "evenings"]})
    row = Referral.objects.get()
    assert (row.age_band, row.constraints) == ("25-64", ["step-free", "evenings"])

    html = desk.get(f"/refer/{row.pk}/").content.decode()
    assert re.search(r'value="25-64" selected', html)
    assert re.search(r'value="step-free"[^>]*checked', html)


def test_the_panel_takes_the_same_queries_for_three_services_as_for_thirty(town, desk):
    found(desk)
    counts = []
    for more in (1, 27):
        for number in range(more):
            at_place(region.service(town.harbour, f"Advice {more}.{number}"), 45.01)
        with CaptureQueriesContext(connection) as queries:
            found(desk, place="Northside", language="ar", service=str(town.eastfield_service.pk))
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_service_that_was_confirmed_today_says_so(town, desk):
    assert town.harbour_service.assured_on == now().date()
    assert "Confirmed today" in found(desk)
