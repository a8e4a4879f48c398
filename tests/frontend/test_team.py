"""A team at work, on its pages: who has a row, handing over, putting aside, who is looking, days away, and what a leaver had."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from network.accounts.models import Absence, Membership
from network.core.actor import Role
from network.core.clock import now
from network.demo import region
from network.referrals import actions
from network.referrals.models import Looking, Offer, Snooze
from tests.filling import harbour_was_asked

pytestmark = pytest.mark.django_db


@pytest.fixture
def sam(town):
    """A second caseworker of Harbour House."""
    return region.member(town.harbour, "sam@harbour.test", Role.CASEWORKER, name="Sam")


@pytest.fixture
def desk(town, sam):
    def opened(user):
        client = Client()
        client.force_login(user)
        return client

    return opened


def text(answer):
    return " ".join(answer.content.decode().split())


def fresh(offer):
    return Offer.objects.select_related("referral").get(pk=offer.pk)


# -- who has it ----------------------------------------------------------------------------------------------------------------


def test_a_row_that_a_colleague_has_says_so_and_one_press_takes_it_over_and_accepts(town, offer, desk, sam):
    actions.move(offer, "claim", by=region.actor(sam))
    client = desk(town.harbour_user)
    for path in ("/", f"/r/{offer.referral_id}/"):
        shown = text(client.get(path))
        assert "Sam has it" in shown
        assert "Take over and" in shown

    assert client.post(f"/o/{offer.pk}/do/accept/", {"had": str(sam.pk), "back": "1"}).status_code == 302
    assert (fresh(offer).status, fresh(offer).claimed_by) == ("accepted", town.harbour_user)


def test_a_press_on_a_row_that_nobody_had_takes_nothing_from_a_colleague_who_has_it_since(town, offer, desk, sam):
    actions.move(offer, "claim", by=region.actor(sam))
    client = desk(town.harbour_user)

    for verb in ("accept", "claim"):
        answer = client.post(f"/o/{offer.pk}/do/{verb}/", {"had": "", "back": "1"})
        assert answer.status_code == 409
        assert "Sam has it" in text(answer)
    assert (fresh(offer).status, fresh(offer).claimed_by) == ("requested", sam)


def test_who_had_it_accepts_after_it_lapsed(town, offer, desk, sam):
    assert desk(sam).post(f"/o/{offer.pk}/do/accept/", {"had": str(sam.pk), "back": "1"}).status_code == 302
    assert fresh(offer).status == "accepted"


def test_claim_and_give_back_are_one_key(town, offer, desk, sam):
    client = desk(sam)
    assert "I take care of it" in text(client.get("/"))
    client.post(f"/o/{offer.pk}/do/claim/", {"had": "", "back": "1"})

    shown = text(client.get("/"))
    assert "You have it until" in shown
    assert "Give it back to the team" in shown


def test_the_sender_sees_nothing_of_who_has_it(town, sent, offer, desk, sam):
    actions.move(offer, "claim", by=region.actor(sam))
    actions.look(sent, by=region.actor(sam))

    for path in ("/?box=sent", f"/r/{sent.pk}/"):
        assert "Sam" not in text(desk(town.quayside_user).get(path))


# -- hand over -----------------------------------------------------------------------------------------------------------------


def test_the_selected_are_handed_over_and_what_was_not_is_named(town, offer, desk, sam):
    client = desk(town.harbour_user)
    assert f'name="offer" value="{offer.pk}" form="bulk"' in text(client.get("/"))
    shown = text(client.post("/assign/", {"offer": [str(offer.pk), str(town.harbour.pk)], "assignee": str(sam.pk)}, follow=True))

    assert "1 is with Sam now." in shown
    assert "One that is no longer with you was not handed over" in shown
    assert fresh(offer).claimed_by == sam

    assert "1 is with the team now." in text(client.post("/assign/", {"offer": [str(offer.pk)], "assignee": "team"}, follow=True))
    assert fresh(offer).claimed_by is None


@pytest.mark.parametrize("body", [{}, {"assignee": "team"}, {"offer": ["x"], "assignee": "team"}, {"offer": [], "assignee": "nonsense"}])
def test_nothing_selected_changes_nothing_and_says_so(town, offer, desk, body):
    assert "Nothing was changed." in text(desk(town.harbour_user).post("/assign/", body, follow=True))


def test_who_is_away_is_marked_where_a_colleague_is_chosen(town, offer, desk, sam):
    row = Membership.objects.get(user=sam)
    Absence.objects.create(user=sam, organization=row.organization, begins_on=now().date() - timedelta(days=1),
                           ends_on=now().date() + timedelta(days=2), cover=town.harbour_admin_user, made_at=now())  # fmt: skip

    assert "Sam (away until" in text(desk(town.harbour_user).get("/"))
    assert "Admin of harbour covers)" in text(desk(town.harbour_user).get("/"))


# -- put aside -----------------------------------------------------------------------------------------------------------------


def test_a_row_that_is_put_aside_waits_in_its_own_box_and_is_shown_again_by_a_press(town, offer, desk, sam):
    client = desk(sam)
    shown = text(client.post(f"/o/{offer.pk}/snooze/", {"when": "later"}, follow=True))
    assert "Put aside until" in shown
    assert "Nothing waits for a reply." in shown
    aside = text(client.get("/?box=snoozed"))
    assert f"/o/{offer.pk}/wake/" in aside
    assert 'data-wakes="' in text(client.get("/"))
    assert f"/o/{offer.pk}/do/accept/" in text(desk(town.harbour_user).get("/"))

    client.post(f"/o/{offer.pk}/wake/")
    assert f"/o/{offer.pk}/do/accept/" in text(client.get("/"))


@pytest.mark.parametrize("body", [{}, {"when": "never"}, {"when": "date"}, {"when": "date", "on": "31 May"}])
def test_until_when_must_be_said(town, offer, desk, body):
    assert "Choose until when." in text(desk(town.harbour_user).post(f"/o/{offer.pk}/snooze/", body, follow=True))
    assert not Snooze.objects.exists()


def test_a_day_that_is_past_is_refused_in_words(town, offer, desk):
    answer = desk(town.harbour_user).post(f"/o/{offer.pk}/snooze/", {"when": "date", "on": "2020-01-01"}, follow=True)

    assert "Give a time from now on." in text(answer)


def test_a_stranger_puts_nothing_aside(town, offer, desk):
    for verb in ("snooze", "wake"):
        assert desk(town.eastfield_user).post(f"/o/{offer.pk}/{verb}/", {"when": "later"}).status_code == 404


# -- who is looking ------------------------------------------------------------------------------------------------------------


def test_colleagues_see_who_is_looking_in_row_and_page(town, offer, desk, sam):
    harbour = desk(town.harbour_user)
    assert harbour.post(f"/r/{offer.referral_id}/here/").content == b""
    shown = desk(sam)

    for path in ("/", f"/r/{offer.referral_id}/", f"/r/{offer.referral_id}/here/"):
        assert "Worker of harbour is looking at this" in text(shown.get(path))
    assert "is looking" not in text(harbour.get("/"))
    assert Looking.objects.count() == 1
    assert "is looking" not in text(desk(town.quayside_user).get(f"/r/{offer.referral_id}/"))
    assert desk(town.eastfield_user).post(f"/r/{offer.referral_id}/here/").status_code == 404


def test_of_several_who_look_all_are_named(town, offer, desk, sam):
    for by in (town.harbour_worker, town.harbour_admin):
        actions.look(offer.referral, by=by)

    said = text(desk(sam).get(f"/r/{offer.referral_id}/here/"))
    assert said == "Admin of harbour and Worker of harbour are looking at this"


# -- away ----------------------------------------------------------------------------------------------------------------------


def days(first=0, last=3, **more):
    today = now().date()
    return {"begins_on": str(today + timedelta(days=first)), "ends_on": str(today + timedelta(days=last)), **more}


def test_a_member_says_when_they_are_away_and_who_covers_and_that_they_are_back(town, desk, sam):
    client = desk(sam)
    assert "Who covers?" in text(client.get("/settings/"))
    assert client.post("/settings/away/", days(cover=str(town.harbour_user.pk))).status_code == 302
    row = Absence.objects.get()
    assert (row.user, row.organization, row.cover) == (sam, town.harbour, town.harbour_user)
    assert "I am back" in text(client.get("/settings/"))
    assert "until" in text(desk(town.harbour_user).get("/organisation/"))

    assert "Welcome back." in text(client.post("/settings/away/", {"back": "1"}, follow=True))
    assert not Absence.objects.exists()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (days(first=2, last=1), "The last day comes after the first."), ({"begins_on": "2026-03-02"}, "Give both days."),
        (days(first=-5, last=-4), "These days are over."), (days(cover="nobody"), "Select a valid choice"),
    ],
)  # fmt: skip
def test_days_that_do_not_fit_are_refused_beside_the_field_and_kept(town, desk, values, words):
    answer = desk(town.harbour_user).post("/settings/away/", values)

    assert answer.status_code == 422
    assert words in text(answer)
    assert values["begins_on"] in text(answer)
    assert not Absence.objects.exists()


def test_an_admin_says_it_for_a_member_and_nobody_else_does(town, desk, sam):
    path = f"/organisation/members/{Membership.objects.get(user=sam).pk}/away/"
    assert "Sam is away" in text(desk(town.harbour_admin_user).get(path))
    assert desk(town.harbour_admin_user).post(path, days()).status_code == 302
    assert Absence.objects.get().user == sam

    assert desk(town.harbour_user).post(path, {"back": "1"}).status_code == 403
    assert desk(town.eastfield_admin_user).get(path).status_code == 404
    assert Absence.objects.exists()


def test_a_coordinator_has_no_cases_to_cover(town, desk):
    client = desk(town.coordinator_user)

    assert "Who covers?" not in text(client.get("/settings/"))
    assert client.get("/settings/away/").status_code == 404


# -- gone ----------------------------------------------------------------------------------------------------------------------


def test_what_a_leaver_had_is_shown_to_the_admin_and_handed_to_somebody(town, offer, desk, sam):
    actions.move(offer, "claim", by=region.actor(sam))
    left = Membership.objects.get(user=sam)
    admin = desk(town.harbour_admin_user)
    shown = admin.post(f"/organisation/members/{left.pk}/end/", follow=True)

    assert shown.redirect_chain[-1][0] == f"/organisation/members/{left.pk}/returned/"
    assert offer.referral.reference in text(shown)
    assert f'value="{offer.pk}"' in text(shown)
    admin.post("/assign/", {"offer": [str(offer.pk)], "assignee": str(town.harbour_user.pk)})
    assert fresh(offer).claimed_by == town.harbour_user
    assert desk(town.eastfield_admin_user).get(f"/organisation/members/{left.pk}/returned/").status_code == 404


def test_the_timeline_says_in_words_what_the_clock_did_with_a_claim(town, offer, desk, sam):
    from network.referrals import tasks

    actions.move(offer, "claim", by=region.actor(sam))
    Offer.objects.update(claim_until=now())
    tasks.sweep_once()

    assert "Back to the team: not answered in four open hours" in text(desk(sam).get(f"/r/{offer.referral_id}/"))


# -- cost ----------------------------------------------------------------------------------------------------------------------


def test_rows_that_are_claimed_looked_at_and_put_aside_cost_no_query_more(town, desk, sam):
    client, counts = desk(town.harbour_user), []
    for more in (3, 12):
        harbour_was_asked(more, Offer.objects.count())
        for number, row in enumerate(Offer.objects.select_related("referral").filter(claimed_by=None)):
            actions.move(row, "claim", by=region.actor(sam))
            actions.look(row.referral, by=region.actor(sam))
            if number % 3 == 0:
                actions.snooze(fresh(row), by=town.harbour_worker, until=now() + timedelta(hours=1))
        client.get("/")
        for path in ("/", "/?box=snoozed"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            counts.append(len(queries))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 30
