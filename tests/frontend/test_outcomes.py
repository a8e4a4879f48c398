"""Hopes on the refer page and at the end, whom to ask how it is going, the gap that is recorded, and the wait that has passed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from network.core.clock import now
from network.core.models import Event
from network.partners.models import Service
from network.referrals import actions
from network.referrals.actions import Draft, Said
from network.referrals.actions.follow_ups import fall_due
from network.referrals.models import DemandDay, FollowUp, Offer, Outcome, RecordedGap, Referral
from tests.conftest import send_to

pytestmark = pytest.mark.django_db
WHAT = {"who": "new", "name": "Canary-Name", "need": "housing-support", "once": "first"}


@pytest.fixture
def desk(town):
    return signed_in(town.quayside_user)


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


# -- hopes -------------------------------------------------------------------------------------------------------------------


def test_what_can_be_hoped_for_follows_the_need(desk):
    housing = desk.post("/refer/", {**WHAT, "find": "1"}).content.decode()
    food = desk.post("/refer/services/", {**WHAT, "need": "food"}, headers={"HX-Request": "true"}).content.decode()

    assert "Keep their home" in housing
    assert "Feel safer" in housing
    assert "Have enough to eat" not in housing
    assert "Have enough to eat" in food
    assert 'value="keep-home"' not in desk.get("/refer/").content.decode()


def test_hopes_are_sent_with_the_referral_and_stay_in_a_form_that_comes_back(town, desk):
    said = {**WHAT, "desired": ["feel-safer", "keep-home"], "hopes": "Canary-Hope", "find": "1"}
    html = desk.post("/refer/", said).content.decode()
    assert len(re.findall(r'name="desired" value="[a-z-]+"[^>]* checked', html)) == 2
    assert "Canary-Hope" in html

    more = {"urgency": "soon", "way": "keeper", "service": str(town.harbour_service.pk), "consent": "agreed", "how": "in-person"}
    del said["find"]
    answer = desk.post("/refer/", {**said, **more})
    row = Referral.objects.get()
    assert answer.status_code == 302, answer.content.decode()[:2000]
    assert {each.code.code for each in row.desired_outcomes.all()} == {"feel-safer", "keep-home"}
    page = desk.get(f"/r/{row.pk}/").content.decode()
    assert "Keep their home" in page
    assert "Canary-Hope" in page


def test_a_hope_of_another_need_is_let_go_and_six_are_one_too_many(town, desk):
    desk.post("/refer/", {**WHAT, "need": "food", "desired": ["keep-home", "enough-to-eat"], "draft": "1"})
    assert [each.code.code for each in Referral.objects.get().desired_outcomes.all()] == ["enough-to-eat"]

    six = ["feel-safer", "feel-better", "know-where-to-turn", "more-say", "daily-life", "keep-home"]
    answer = desk.post("/refer/", {**WHAT, "desired": six, "draft": "1"})
    assert answer.status_code == 422
    assert "Choose 5 at most." in answer.content.decode()


def test_a_draft_shows_its_hopes_again(town, desk):
    draft = Draft(person=town.person.pk, need="housing-support", desired_outcomes=["keep-home"], hopes="Canary-Hope")
    row = actions.create_draft(draft, by=town.quayside_worker)
    html = desk.get(f"/refer/{row.pk}/").content.decode()

    assert re.search(r'value="keep-home"[^>]* checked', html)
    assert "Canary-Hope" in html


@pytest.fixture
def hoped(town):
    """A referral with a hope, held by Harbour House."""
    draft = Draft(person=town.person.pk, need="housing-support", urgency="soon", desired_outcomes=["keep-home"])
    sent = send_to(town, actions.create_draft(draft, by=town.quayside_worker), town.harbour_service)
    return actions.move(Offer.objects.select_related("referral").get(referral=sent), "accept", by=town.harbour_worker)


def test_closing_asks_for_each_hope_and_shows_what_came_of_it(town, hoped):
    harbour, path = signed_in(town.harbour_user), f"/o/{hoped.pk}/do/complete/"
    refused = harbour.post(path, {"outcome": "got-help"})
    assert refused.status_code == 422
    assert "Say what came of it: Keep their home." in refused.content.decode()
    assert 'href="#complete-reached-keep-home_0"' in refused.content.decode()

    assert harbour.post(path, {"outcome": "got-help", "reached-keep-home": "partly", "may_ask_again": "wanted"}).status_code == 302
    assert Outcome.objects.get().may_ask_again is True
    for user in (town.harbour_user, town.quayside_user):
        assert re.search(r"Keep their home: <strong>Partly</strong>", signed_in(user).get(f"/r/{hoped.referral_id}/").content.decode())


def test_nothing_is_answered_in_advance(town, hoped):
    html = signed_in(town.harbour_user).get(f"/r/{hoped.referral_id}/").content.decode()
    form = html[html.index('id="complete"') :].partition("</form>")[0]

    assert "May we ask how it is going" in form
    assert "checked" not in form


# -- how is it going? --------------------------------------------------------------------------------------------------------


@pytest.fixture
def due(town, hoped):
    said = Said(outcome="got-help", reached={"keep-home": "yes"}, may_ask_again=True)
    actions.move(hoped, "complete", by=town.harbour_worker, said=said)
    Outcome.objects.update(at=now() - timedelta(days=30))
    return fall_due(Outcome.objects.get(), 30)


@pytest.mark.parametrize("box", ["inbox", "mine"])
def test_who_is_to_be_asked_stands_in_the_inbox_of_who_held_it(town, due, box):
    assert "Ask how it is going: 1 person" in signed_in(town.harbour_user).get(f"/?box={box}").content.decode()
    assert "Ask how it is going" not in signed_in(town.quayside_user).get(f"/?box={box}").content.decode()
    assert "Ask how it is going" not in signed_in(town.eastfield_user).get(f"/?box={box}").content.decode()


def test_mine_has_those_of_ones_own_cases_alone(town, due):
    admin = signed_in(town.harbour_admin_user)

    assert "Ask how it is going" in admin.get("/").content.decode()
    assert "Ask how it is going" not in admin.get("/?box=mine").content.decode()


def test_an_answer_is_kept_from_the_inbox_and_shown_to_both(town, due):
    harbour = signed_in(town.harbour_user)
    answer = harbour.post(f"/follow-ups/{due.pk}/answer/", {"answer": "still-helped", "back": "1"})

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert FollowUp.objects.get().answer == "still-helped"
    for user in (town.harbour_user, town.quayside_user):
        assert "After 30 days: Still helped" in signed_in(user).get(f"/r/{due.referral_id}/").content.decode()
    again = harbour.post(f"/follow-ups/{due.pk}/answer/", {"answer": "no"}, follow=True)
    assert "Nothing of yours was kept." in again.content.decode()
    assert FollowUp.objects.get().answer == "still-helped"


def test_no_answer_shows_the_form_again_with_the_reason(town, due):
    answer = signed_in(town.harbour_user).post(f"/follow-ups/{due.pk}/answer/", {})

    assert answer.status_code == 422
    assert "Say what the person answered, or that they could not be reached." in answer.content.decode()


def test_nobody_else_answers_a_follow_up(town, due):
    assert signed_in(town.eastfield_user).post(f"/follow-ups/{due.pk}/answer/", {"answer": "no"}).status_code == 404
    assert signed_in(town.quayside_user).post(f"/follow-ups/{due.pk}/answer/", {"answer": "no"}).status_code == 403
    assert FollowUp.objects.get().answer == ""


# -- the gap that is recorded --------------------------------------------------------------------------------------------------


@pytest.fixture
def nothing(town):
    Service.objects.update(maximum_age=17)
    return {**WHAT, "age_band": "25-64", "place": "Northside", "language": "ar", "note": "Canary-Note"}


def test_where_nothing_fits_the_gap_can_be_recorded_and_what_was_typed_stays(town, desk, nothing):
    html = desk.post("/refer/", {**nothing, "find": "1"}).content.decode()
    assert 'name="gap"' in html

    html = desk.post("/refer/", {**nothing, "gap": "1"}).content.decode()
    assert "Recorded: nothing was found for Tenancy and housing support, Northside, Arabic. It counts in the gap analysis" in html
    assert "Canary-Note" in html
    gap, day = RecordedGap.objects.get(), DemandDay.objects.get()
    assert (gap.need.code, gap.place, gap.group.code, gap.referral) == ("housing-support", town.place, "ar", None)
    assert day.unmatched == 1
    assert not Referral.objects.exists()
    assert "Canary" not in str(list(Event.objects.values()))


def test_a_gap_is_recorded_once_however_often_it_is_pressed(town, desk, nothing):
    for _ in range(3):
        assert "Recorded:" in desk.post("/refer/", {**nothing, "gap": "1"}).content.decode()
    assert RecordedGap.objects.count() == 1

    desk.post("/refer/", {**nothing, "language": "es", "gap": "1"})
    desk.post("/refer/", {**nothing, "once": "second", "gap": "1"})
    assert RecordedGap.objects.count() == 3


def test_a_gap_without_a_need_or_in_no_known_place_is_refused_with_words(desk, nothing):
    without = desk.post("/refer/", {**nothing, "need": "", "gap": "1"})
    nowhere = desk.post("/refer/", {**nothing, "place": "Atlantis", "gap": "1"})

    assert (without.status_code, nowhere.status_code) == (422, 422)
    assert "Choose what would help." in without.content.decode()
    assert "Choose a town of the list" in nowhere.content.decode()
    assert not RecordedGap.objects.exists()


def test_a_press_of_enter_searches_again_and_records_nothing(desk, nothing):
    """The first button of a form is the one that Enter presses."""
    html = desk.post("/refer/", {**nothing, "find": "1"}).content.decode()
    form = html[html.index("data-send") :]

    assert re.search(r"<button[^>]*>", form).group().count('name="find"') == 1


# -- the wait that has passed --------------------------------------------------------------------------------------------------


def test_the_sender_sees_that_the_expected_date_has_passed(town, hoped):
    actions.move(hoped, "waitlist", by=town.harbour_worker, said=Said(on=(now() + timedelta(days=3)).date()))
    page = signed_in(town.quayside_user)
    assert "which has passed" not in page.get(f"/r/{hoped.referral_id}/").content.decode()

    Referral.objects.update(expected_on=(now() - timedelta(days=2)).date())
    assert "which has passed" in page.get(f"/r/{hoped.referral_id}/").content.decode()
    assert "which has passed" in page.get("/?box=sent").content.decode()
