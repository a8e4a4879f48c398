"""POST /matches: who may ask, what is refused, what is told, and what never is."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network.core.clock import now
from network.core.models import Event, IdempotencyKey
from network.demo import region
from network.partners import actions as directory
from network.partners.actions import describe
from network.partners.models import (
    Language,
    Location,
    Organization,
    Schedule,
    Service,
    ServiceAtLocation,
    ServiceCapacity,
    TaxonomyTerm,
)
from network.referrals import actions
from network.referrals.actions import Said
from network.referrals.candidates import find_matches, fresh_matches, wanted
from network.referrals.models import Offer, Referral

pytestmark = pytest.mark.django_db
ASKED = {"needs": ["housing-support"]}


@pytest.fixture
def quayside(town, call):
    return call(town.quayside_user)


def at_place(service, latitude, longitude=-116.0, *, is_confidential=False):
    location = Location.objects.create(
        organization=service.organization, name="Canary-Address", latitude=latitude, longitude=longitude, is_confidential=is_confidential
    )
    ServiceAtLocation.objects.create(service=service, location=location)


def names(rows):
    return [row["organization"]["name"] for row in rows]


def codes(rows, name):
    return [reason["code"] for reason in rows[name]]


@pytest.mark.parametrize(
    ("who", "status"), [(None, 401), ("coordinator_user", 403), ("quayside_user", 200), ("harbour_user", 200), ("quayside_admin_user", 200)]
)
def test_who_may_ask(town, call, who, status):
    assert call(getattr(town, who) if who else None).post("matches", ASKED).status_code == status


def test_a_system_needs_the_scope_and_no_key(town, system, call):
    assert call(token=system(scopes=("directory.read",))).post("matches", ASKED).json()["code"] == "missing_scope"
    reader = call(token=system(scopes=("referrals.read",)))
    assert reader.client.post("/api/v1/matches", ASKED, format="json").status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/needs"), ({"needs": []}, "/needs"), ({"needs": None}, "/needs"), ({"needs": ["nothing-of-this"]}, "/needs/0"),
        ({"needs": ["food", ""]}, "/needs/1"), ({**ASKED, "place": str(uuid.uuid4())}, "/place"),
        ({**ASKED, "place": "Northside"}, "/place"),
        ({**ASKED, "constraints": ["step-free", "colour"]}, "/constraints/1"), ({**ASKED, "populations": ["nobody"]}, "/populations/0"),
        ({**ASKED, "age_band": "40"}, "/age_band"), ({**ASKED, "urgency": "now"}, "/urgency"), ({**ASKED, "within_km": 0}, "/within_km"),
        ({**ASKED, "limit": 51}, "/limit"), ({**ASKED, "when": "soon"}, "/when"), ({**ASKED, "languages": "ar"}, "/languages"),
        ({**ASKED, "person": str(uuid.uuid4())}, "/person"), ({**ASKED, "name": "Amina"}, "/name"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_by_its_pointer(quayside, body, pointer):
    answer = quayside.post("matches", body)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert b"Amina" not in answer.content


def test_all_that_is_unknown_is_named_at_once(quayside):
    answer = quayside.post("matches", {"needs": ["no"], "constraints": ["no"], "place": str(uuid.uuid4())})

    assert {error["pointer"] for error in answer.json()["errors"]} == {"/needs/0", "/constraints/0", "/place"}


def test_a_match_says_why_and_never_a_score(town, quayside):
    service = town.harbour_service
    at_place(service, 45.02)
    Language.objects.create(service=service, code="ar")
    Service.objects.filter(pk=service.pk).update(is_free=True)
    directory.state_capacity(service, by=town.harbour_admin, available=4)
    directory.make_agreement(by=town.harbour_admin, from_organization=town.quayside.pk, to_organization=town.harbour.pk, since=now().date())

    answer = quayside.post("matches", {**ASKED, "place": str(town.place.pk), "languages": ["ar"]})

    first = answer.json()["matches"][0]
    assert [reason["text"] for reason in first["reasons_for"]] == [
        "Offers: Tenancy and housing support", "2.2 km away", "Works in this language: Arabic", "Free of charge",
        "4 free places", "Agreement in force", "Confirmed today",
    ]  # fmt: skip
    assert first["reasons_against"] == first["missing"] == first["why_not_first"] == []
    capacity = first["capacity"]
    assert (capacity["basis"], capacity["available"], capacity["as_of"] is not None) == ("stated", 4, True)
    assert first["last_confirmed"] == now().date().isoformat()
    second = answer.json()["matches"][1]
    assert names([second]) == ["Eastfield Centre"]
    assert second["why_not_first"] == ["Harbour House fits the language better", "Harbour House is easier to get to"]
    assert not {"score", "rank", "percent"} & set(answer.content.decode().replace('"', " ").split())
    assert b"%" not in answer.content


def test_ones_own_services_are_no_match(quayside):
    found = quayside.post("matches", ASKED).json()

    assert (found["total"], set(names(found["matches"]))) == (2, {"Harbour House", "Eastfield Centre"})


def test_a_near_miss_says_what_is_missing(town, quayside):
    Service.objects.filter(pk=town.harbour_service.pk).update(maximum_age=17)
    Service.objects.filter(pk=town.eastfield_service.pk).update(by_agreement_only=True, status="temporarily closed")
    region.service(region.organization("Unclaimed Hall"), "Rooms")

    found = quayside.post("matches", {**ASKED, "age_band": "25-64"}).json()

    assert (found["total"], found["matches"]) == (0, [])
    told = {row["organization"]["name"]: [reason["text"] for reason in row["missing"]] for row in found["near_misses"]}
    assert told == {
        "Harbour House": ["For people up to 17 only"], "Unclaimed Hall": ["Not on the network yet"],
        "Eastfield Centre": ["Closed at the moment", "Takes referrals by agreement only, and there is none with you"],
    }  # fmt: skip
    assert names(found["near_misses"])[-1] == "Eastfield Centre"


def test_what_fits_is_exactly_what_may_be_asked(town, quayside):
    outside = region.organization("Unclaimed Hall")
    region.service(outside, "Rooms")
    region.service(town.harbour, "By agreement", by_agreement_only=True)
    region.service(town.harbour, "Closed", status="temporarily closed")
    region.service(town.eastfield, "Food", needs=("food",))

    found = quayside.post("matches", {**ASKED, "limit": 50}).json()["matches"]

    askable = Service.objects.can_be_asked_by(town.quayside.pk, now().date()).filter(terms__code="housing-support")
    assert {row["service"]["id"] for row in found} == {str(pk) for pk in askable.values_list("pk", flat=True)}


def test_an_agreement_that_ended_is_none(town, quayside):
    Service.objects.filter(pk=town.harbour_service.pk).update(by_agreement_only=True)
    agreement = directory.make_agreement(
        by=town.harbour_admin, from_organization=town.quayside.pk, to_organization=town.harbour.pk, since=now().date() - timedelta(days=9)
    )
    assert "Harbour House" in names(quayside.post("matches", ASKED).json()["matches"])
    directory.end_agreement(agreement, by=town.harbour_admin, on=now().date() - timedelta(days=1), version=agreement.version)

    assert "Harbour House" not in names(quayside.post("matches", ASKED).json()["matches"])


def test_confidential_addresses_and_victim_services_are_never_located(town, quayside):
    at_place(town.harbour_service, 45.02, is_confidential=True)
    at_place(town.eastfield_service, 45.04)
    Organization.objects.filter(pk=town.eastfield.pk).update(is_victim_service=True)

    answer = quayside.post("matches", {**ASKED, "place": str(town.place.pk), "within_km": 1})

    assert [row["kilometres"] for row in answer.json()["matches"]] == [None, None]
    assert all("confidential_place" in codes(row, "reasons_for") for row in answer.json()["matches"])
    assert b"Canary-Address" not in answer.content


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(latitude=st.floats(-89, 89), longitude=st.floats(-179, 179))
def test_no_question_about_a_place_tells_where_a_refuge_is(town, latitude, longitude):
    """Differencing: the answer about a victim service is the same wherever one asks from."""
    if not town.harbour_service.at_locations.exists():
        at_place(town.harbour_service, 45.02)
        Organization.objects.filter(pk=town.harbour.pk).update(is_victim_service=True)
        Service.objects.filter(pk=town.harbour_service.pk).update(catchment_km=5)
    asked_from = region.place(f"{latitude} {longitude}", latitude, longitude)
    want = wanted(needs=["housing-support"], place=asked_from, within_km=10, at=now())
    found = find_matches(want, by=town.quayside_worker, at=now())

    said = [match for match in found.fits if match.service.organization_id == town.harbour.pk]
    assert [(match.kilometres, match.missing) for match in said] == [(None, ())]


def test_nothing_of_a_person_or_of_anothers_referral_is_told_or_kept(town, sent, offer, call):
    actions.move(offer, "reject", by=town.harbour_worker, said=Said(reason="full", text="Canary-Words"))
    events, keys = Event.objects.count(), IdempotencyKey.objects.count()

    answer = call(town.eastfield_user).post("matches", ASKED)

    assert (Event.objects.count(), IdempotencyKey.objects.count()) == (events, keys)
    harbour = next(row for row in answer.json()["matches"] if row["organization"]["name"] == "Harbour House")
    assert "full_lately" in codes(harbour, "reasons_against")
    text = json.dumps(answer.json())
    assert "Canary" not in text
    assert str(sent.pk) not in text
    assert sent.reference not in text
    assert "Amina" not in text


def answered(town, count, *, reason=None, took=timedelta(days=1), ago=timedelta(days=20)):
    """Offers of Harbour House's service that were answered; in bulk, as the history writes them."""
    term = TaxonomyTerm.objects.get(scheme="need", code="housing-support")
    for _ in range(count):
        asked = now() - ago
        row = Referral.objects.create(
            sender=town.eastfield, person=town.person, need=term, urgency="soon", created_at=asked, moved_at=asked, sent_at=asked,
            status="accepted" if reason is None else "requested", business_status="" if reason is None else "offered",
        )  # fmt: skip
        ended = {} if reason is None else {"ended_at": asked + took, "business_status": "declined", "reason": reason}
        Offer.objects.create(
            referral=row, organization=town.harbour, service=town.harbour_service, created_at=asked, asked_at=asked,
            status="accepted" if reason is None else "rejected", accepted_at=asked + took if reason is None else None, **ended,
        )  # fmt: skip


def test_capacity_that_nobody_stated_is_inferred_and_says_so(town, quayside):
    answered(town, 12, took=timedelta(days=4))

    harbour = next(row for row in quayside.post("matches", ASKED).json()["matches"] if row["organization"]["name"] == "Harbour House")

    assert (harbour["capacity"]["basis"], harbour["capacity"]["accepted_a_month"]) == ("inferred", 2.0)
    assert harbour["capacity"]["text"] == "Took about 2 people a month, seen from its answers"
    assert "Usually answers within 5 days" in [reason["text"] for reason in harbour["reasons_against"]]


def test_a_handful_is_needed_before_a_figure_is_said(town, quayside):
    answered(town, 4, took=timedelta(days=9))

    harbour = next(row for row in quayside.post("matches", ASKED).json()["matches"] if row["organization"]["name"] == "Harbour House")

    assert (harbour["capacity"]["basis"], harbour["capacity"]["accepted_a_month"]) == ("unknown", None)
    assert "answers_within" not in codes(harbour, "reasons_for") + codes(harbour, "reasons_against")


def test_a_stated_capacity_counts_for_ninety_days(town, quayside):
    row = ServiceCapacity.objects.create(service=town.harbour_service, available=0, as_of=now() - timedelta(days=89))

    def basis():
        found = quayside.post("matches", ASKED).json()["matches"]
        return next(each["capacity"]["basis"] for each in found if each["organization"]["name"] == "Harbour House")

    assert basis() == "stated"
    ServiceCapacity.objects.filter(pk=row.pk).update(as_of=now() - timedelta(days=91))
    assert basis() == "unknown"


def test_open_work_puts_an_equal_behind(town, quayside):
    first, second = names(quayside.post("matches", ASKED).json()["matches"])
    busy = town.harbour if first == "Harbour House" else town.eastfield
    service = town.harbour_service if busy == town.harbour else town.eastfield_service
    row = Referral.objects.create(
        sender=town.quayside, person=town.person, need=TaxonomyTerm.objects.get(code="housing-support"), urgency="soon", created_at=now(),
        moved_at=now(), sent_at=now(), status="requested", business_status="offered",
    )  # fmt: skip
    Offer.objects.create(referral=row, organization=busy, service=service, created_at=now(), asked_at=now(), status="requested")

    found = quayside.post("matches", ASKED).json()["matches"]

    assert names(found) == [second, first]
    assert found[1]["why_not_first"] == [f"Fits as well as {second}, which has less open work for its size"]


def test_hours_count_when_it_is_urgent_or_a_moment_is_named(town, quayside):
    Schedule.objects.create(service=town.harbour_service, byday="MO", opens_at="09:00", closes_at="17:00")
    monday_ten, tuesday = "2027-03-01T10:00:00Z", "2027-03-02T10:00:00Z"

    def harbour(**more):
        found = quayside.post("matches", {**ASKED, **more}).json()["matches"]
        return next(row for row in found if row["organization"]["name"] == "Harbour House")

    assert "open_then" in codes(harbour(when=monday_ten), "reasons_for")
    closed = harbour(when=tuesday)
    assert closed["opens_at"] == "2027-03-08T09:00:00Z"
    assert "Closed when wanted; opens in 6 days" in [reason["text"] for reason in closed["reasons_against"]]
    assert not {"open_then", "opens_in"} & {*codes(harbour(), "reasons_for"), *codes(harbour(), "reasons_against")}
    assert {"open_then", "opens_in"} & {
        *codes(harbour(urgency="urgent"), "reasons_for"),
        *codes(harbour(urgency="urgent"), "reasons_against"),
    }


def test_thirty_a_minute_and_then_a_pause(town, quayside):
    statuses = [quayside.post("matches", ASKED).status_code for _ in range(31)]

    assert statuses == [200] * 30 + [429]
    assert quayside.get("me").status_code == 200


def test_it_takes_the_same_queries_for_three_services_as_for_thirty(town, quayside):
    quayside.get("me")
    counts = []
    for more in (1, 27):
        for number in range(more):
            service = region.service(town.harbour, f"Advice {more}.{number}")
            at_place(service, 45.01)
            describe(service, {("access", "step-free")})
            Language.objects.create(service=service, code="ar")
        with CaptureQueriesContext(connection) as queries:
            found = quayside.post("matches", {**ASKED, "place": str(town.place.pk), "languages": ["ar"], "limit": 50}).json()
        counts.append((found["total"] > 2, len(queries)))

    assert counts[0] == counts[1], counts
    assert counts[0][1] <= 23, counts


def test_fresh_matches_leave_out_everyone_who_was_asked(town, sent, offer):
    third = region.organization("Third Hall")
    region.member(third, "worker@third.test", name="Third Worker")
    from network.accounts.models import Membership
    from network.core.actor import Role

    Membership.objects.create(user=region.member(third, "case@third.test"), organization=third, role=Role.CASEWORKER, since=now())
    region.service(third, "Housing advice at Third Hall")
    region.service(town.harbour, "Another service of those who were asked")

    found = fresh_matches(sent, by=town.quayside_worker, at=now())
    assert {match.service.organization.name for match in found} == {"Eastfield Centre", "Third Hall"}
    assert len(fresh_matches(sent, by=town.quayside_worker, at=now(), k=1)) == 1

    actions.move_referral(sent, "offer", by=town.quayside_worker, said=Said(services=(town.eastfield_service.pk,)))
    actions.move(
        Offer.objects.get(referral=sent, organization=town.eastfield), "reject", by=town.eastfield_worker, said=Said(reason="full")
    )
    left = fresh_matches(sent, by=town.quayside_worker, at=now())
    assert [match.service.organization.name for match in left] == ["Third Hall"]


def test_of_many_outside_the_network_the_nearest_few_are_looked_at_and_no_victim_service(town):
    for number in range(30):
        at_place(region.service(region.organization(f"Hall {number}"), "Rooms"), 45.4 - number / 100)
    refuge = region.service(region.organization("Refuge", is_victim_service=True), "Rooms")
    at_place(refuge, 45.0)
    want = wanted(needs=["housing-support"], place=town.place, within_km=100.0, at=now())

    found = find_matches(want, by=town.quayside_worker, at=now())

    assert [match.service.organization.name for match in found.near] == [f"Hall {number}" for number in (29, 28, 27, 26, 25)]
    assert found.total == 2
