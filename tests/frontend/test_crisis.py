"""The crisis page from files, the band, the lane and the bar, the interruption before sending, and the page of chain and rota."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from frontend import crisis_pages
from frontend.views import crisis as view
from network.core.actor import Role
from network.core.clock import now
from network.demo import region
from network.partners.crisis_lines import write_all
from network.partners.models import CrisisLine
from network.partners.rules import OpeningHours, weekly_of
from network.referrals import actions, tasks
from network.referrals.models import Alarm, CrisisPlan, Offer, Referral, Watch
from tests.referrals.test_alarms import after, crisis

pytestmark = pytest.mark.django_db
DAY = [{"byday": "MO,TU,WE,TH,FR,SA,SU", "opens_at": "09:00", "closes_at": "21:00"}]
NIGHT = datetime(2026, 3, 3, 3, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """A folder of its own, so that nobody's page is another's."""
    settings.VAR_DIR = tmp_path
    view._tried.clear()


@pytest.fixture
def sign_in():
    def signed_in(user):
        client = Client()
        client.force_login(user)
        return client

    return signed_in


def line(name, phone, position=0, **more):
    return CrisisLine.objects.create(
        region=more.pop("region", "US"), name=name, phone=phone, position=position, hours="daily 9 to 21", **more
    )


@pytest.fixture
def away(monkeypatch):
    """Every question to the database fails."""

    def fail(*_, **__):
        raise OperationalError

    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", fail)
    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.ensure_connection", fail)


# -- the page ----------------------------------------------------------------------------------------------------------------------


def test_the_page_asks_the_database_nothing_signed_in_or_not(town, sign_in):
    line("Line", "988")
    write_all()
    for client in (Client(), sign_in(town.quayside_user)):
        with CaptureQueriesContext(connection) as queries:
            answer = client.get("/crisis/")
        assert (answer.status_code, len(queries)) == (200, 0)
        assert b"988" in answer.content


def test_the_page_is_there_while_the_database_is_away_for_somebody_signed_in_too(town, sign_in, request):
    line("Line", "988")
    write_all()
    client = sign_in(town.quayside_user)
    request.getfixturevalue("away")

    answer = client.get("/crisis/")
    assert (answer.status_code, b"988" in answer.content) == (200, True)


def test_where_nothing_was_ever_written_the_general_sentence_stands_and_nobody_waits_twice(monkeypatch):
    asked = []

    def fail():
        asked.append(1)
        raise OperationalError

    monkeypatch.setattr(view, "write_all", fail)
    for _ in range(3):
        answer = Client().get("/crisis/")
        assert answer.status_code == 200
        assert b"call your local emergency number" in answer.content
    assert len(asked) == 1


def test_a_page_that_was_never_written_is_written_by_the_first_who_asks(town):
    line("Line", "988")
    assert b"988" in Client().get("/crisis/").content
    assert crisis_pages.path_of("US", "en").is_file()


def test_open_lines_come_first_and_closed_ones_say_when_they_open(town):
    line("Day line", "111", 0, weekly=DAY)
    line("Night line", "222", 1)
    line("Early line", "333", 2, weekly=[{"byday": "TU", "opens_at": "05:00", "closes_at": "06:00"}])
    write_all()
    with time_machine.travel(NIGHT, tick=False):
        text = Client().get("/crisis/").content.decode()

    assert [text.index(name) for name in ("Night line", "Early line", "Day line")] == sorted(
        text.index(name) for name in ("Night line", "Early line", "Day line")
    )
    assert "Closed now. Opens today 05:00." in text
    assert "Closed now. Opens today 09:00." in text
    with time_machine.travel(NIGHT + timedelta(hours=8), tick=False):
        text = Client().get("/crisis/").content.decode()
    assert text.index("Day line") < text.index("Night line")
    assert "Open now" in text


def test_a_line_is_said_to_open_in_its_own_time(town):
    line("Boise line", "111", weekly=DAY, time_zone="America/Boise")
    write_all()
    with time_machine.travel(NIGHT + timedelta(hours=12), tick=False):  # 08:30 in Boise
        assert "Opens today 09:00" in Client().get("/crisis/").content.decode()


def test_a_changed_line_is_written_at_once_and_a_missing_one_is_gone(town, django_capture_on_commit_callbacks):
    from django.contrib.admin.sites import AdminSite

    from network.partners.admin import CrisisLineAdmin

    desk, row = CrisisLineAdmin(CrisisLine, AdminSite()), CrisisLine(region="US", name="New", phone="555", hours="always")
    with django_capture_on_commit_callbacks(execute=True):
        desk.save_model(None, row, None, change=False)
    assert b"555" in Client().get("/crisis/").content
    with django_capture_on_commit_callbacks(execute=True):
        desk.delete_model(None, row)
    assert b"555" not in Client().get("/crisis/").content


@pytest.mark.parametrize(
    "weekly",
    [
        [{"byday": "MO"}], ["MO"], [{"byday": "XX", "opens_at": "09:00", "closes_at": "10:00"}], 7,
        [{"byday": "MO", "opens_at": "10:00", "closes_at": "09:00"}], [{"byday": "MO", "opens_at": "soon", "closes_at": "09:00"}],
    ],
)  # fmt: skip
def test_hours_that_cannot_be_read_are_refused_before_they_hide_a_number(weekly):
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError):
        CrisisLine(region="US", name="L", phone="1", hours="x", weekly=weekly).clean()
    with pytest.raises(ValidationError):
        CrisisLine(region="US", name="L", phone="1", hours="x", weekly=DAY, time_zone="Nowhere/Town").clean()


def test_a_line_whose_hours_cannot_be_read_is_shown_all_the_same(town):
    line("Odd", "444", weekly=[{"byday": "??"}], time_zone="Nowhere/Town")
    write_all()

    text = Client().get("/crisis/").content.decode()
    assert "444" in text
    assert "Closed" not in text


def test_hours_by_weekday_are_read_as_they_are_written():
    hours = OpeningHours("UTC", weekly_of([*DAY, {"byday": "TU", "opens_at": "22:00", "closes_at": "23:59"}]))

    assert hours.on(NIGHT.date()) == ((time(9), time(21)), (time(22), time(23, 59)))
    assert hours.opens_after(NIGHT) == NIGHT.replace(hour=9, minute=0)
    assert hours.opens_after(NIGHT.replace(hour=12)) is None


def test_of_several_regions_the_nearest_guess_is_shown_and_every_other_is_one_press_away(town, settings):
    settings.REGIONS, settings.REGION_NAMES = ["US", "GB"], {"US": "United States", "GB": "Great Britain"}
    line("American", "988")
    line("British", "116 123", region="GB")
    write_all()

    guessed = Client().get("/crisis/", headers={"Accept-Language": "en-GB,en;q=0.8"}).content.decode()
    assert "116 123" in guessed
    assert guessed.index("Where are you?") < guessed.index("116 123")
    assert 'href="?region=US"' in guessed
    chosen = Client().get("/crisis/?region=US", headers={"Accept-Language": "en-GB"}).content.decode()
    assert chosen.index("988") < chosen.index("Where are you?")
    assert "988" in Client().get("/crisis/?region=../../etc/passwd").content.decode()


def test_only_who_may_be_signed_in_is_led_to_the_protocol(town, sign_in):
    assert b"/crisis/team/" not in Client().get("/crisis/").content
    assert b"/crisis/team/" in sign_in(town.quayside_user).get("/crisis/").content


def test_the_page_is_small_and_the_copy_for_a_proxy_is_whole(town):
    for number in range(6):
        line(
            f"Line number {number}", f"202-555-010{number}", number, languages=["en", "es", "ar"], text_number="741741", text_keyword="HOME"
        )
    write_all()
    answer = Client().get("/crisis/")

    assert len(gzip.compress(answer.content)) <= 2560
    copy = crisis_pages.path_of("US", "en", "html").read_text()
    assert copy.startswith("<!doctype html>")
    assert copy.rstrip().endswith("</html>")
    assert "202-555-0105" in copy


def test_the_theme_of_the_reader_and_the_headers_of_every_page(town):
    client = Client()
    client.cookies["theme"] = "dark"
    answer = client.get("/crisis/")

    assert b'<html data-theme="dark"' in answer.content
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert Client().post("/crisis/").status_code == 405
    client.cookies["theme"] = '"><script>'
    assert b"<script>" not in client.get("/crisis/").content


# -- the band ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/", "/refer/", "/people/", "/organisation/", "/organisation/crisis/", "/settings/", "/services/", "/nothing/"]
)
def test_the_crisis_lines_are_one_press_from_every_page(town, sign_in, path):
    assert b'href="/crisis/"' in sign_in(town.quayside_user).get(path).content


def test_staff_fold_the_band_to_its_link_and_nobody_else_can(town, sign_in):
    client = sign_in(town.quayside_user)
    assert b"Is somebody in danger now?" in client.get("/").content
    answer = client.post("/crisis/band/", {"band": "folded", "back": "/people/"})

    assert answer["Location"] == "/people/"
    page = client.get("/people/").content
    assert b"Is somebody in danger now?" not in page
    assert b'href="/crisis/"' in page
    assert client.post("/crisis/band/", {"band": "open", "back": "//elsewhere.test/"})["Location"] == "/"


# -- lane, bar and alarm -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def rung(town):
    """Harbour House let a crisis wait; its one caseworker was alerted."""
    row = crisis(town, town.harbour_service)
    with after(16):
        tasks.sweep_once()
    return Alarm.objects.get(referral=row, organization=town.harbour)


def test_the_lane_stands_above_all_else_with_minutes_who_is_next_and_one_press(town, rung, sign_in):
    with after(21, tick=True):
        text = sign_in(town.harbour_user).get("/").content.decode()

    lane = text[text.index('id="lane"') :]
    assert re.search(r"Waits 2\d minutes", lane)
    assert "alerted: Worker of harbour" in lane
    assert "next: Admin of harbour" in lane
    assert f"/alarms/{rung.pk}/do/acknowledge/" in lane
    assert "Canary" not in text


def test_a_crisis_in_time_stands_in_the_lane_without_a_press(town, sign_in):
    crisis(town, town.harbour_service)
    text = sign_in(town.harbour_user).get("/").content.decode()

    assert 'id="lane"' in text
    assert "/do/acknowledge/" not in text
    assert "All others" not in text


def test_the_sender_sees_its_own_alarm_in_the_lane(town, rung, sign_in):
    own = Alarm.objects.get(referral=rung.referral, organization=town.quayside)
    text = sign_in(town.quayside_user).get("/").content.decode()

    assert "nobody has said yes" in text
    assert f"/alarms/{own.pk}/do/acknowledge/" in text


def test_only_who_is_alerted_is_called_by_the_bar(town, rung, sign_in):
    assert b'data-urgent="A crisis waits' in sign_in(town.harbour_user).get("/people/").content
    assert b"data-urgent" not in sign_in(town.harbour_admin_user).get("/people/").content
    assert b"data-urgent" not in sign_in(town.eastfield_user).get("/people/").content
    bar = sign_in(town.harbour_user).get("/alarms/bar/", headers={"HX-Request": "true"})
    assert b"<html" not in bar.content
    assert b"Acknowledge" in bar.content


def test_the_bar_is_silent_once_somebody_acknowledged(town, rung, sign_in):
    actions.acknowledge(rung, by=town.harbour_admin)
    assert b"data-urgent" not in sign_in(town.harbour_user).get("/people/").content


def test_of_two_presses_the_second_page_says_who_was_first(town, rung, sign_in):
    first = sign_in(town.harbour_user).post(f"/alarms/{rung.pk}/do/acknowledge/", follow=True)
    second = sign_in(town.harbour_admin_user).post(f"/alarms/{rung.pk}/do/acknowledge/")

    assert b"You are responsible for this now" in first.content
    assert second.status_code == 409
    assert b"Worker of harbour is responsible since" in second.content


def test_a_hand_over_by_the_pages_is_confirmed_by_the_other(town, rung, sign_in):
    worker, admin = sign_in(town.harbour_user), sign_in(town.harbour_admin_user)
    worker.post(f"/alarms/{rung.pk}/do/acknowledge/")
    wrong = worker.post(f"/alarms/{rung.pk}/do/hand-over/", {"to": "nobody"})
    assert wrong.status_code == 422
    worker.post(f"/alarms/{rung.pk}/do/hand-over/", {"to": town.harbour_admin_user.pk})
    assert b"asks you to take over" in admin.get("/people/").content
    assert b"has not confirmed" in worker.get(f"/alarms/{rung.pk}/").content

    admin.post(f"/alarms/{rung.pk}/do/take-over/")
    rung.refresh_from_db()
    assert rung.responsible == town.harbour_admin_user
    assert worker.post(f"/alarms/{rung.pk}/do/take-over/").status_code == 409


def test_whoever_works_for_two_is_led_to_act_for_the_one_that_is_alarmed(town, rung, sign_in):
    from network.accounts.models import Membership

    Membership.objects.create(user=town.harbour_user, organization=town.eastfield, role=Role.CASEWORKER, since=now())
    type(town.harbour_user).objects.filter(pk=town.harbour_user.pk).update(acts_for=town.eastfield)
    client = sign_in(town.harbour_user)
    page = client.get(f"/alarms/{rung.pk}/").content
    assert b"Act for Harbour House" in page
    assert b"/do/acknowledge/" not in page

    client.post("/organisation/act-for/", {"organization": str(town.harbour.pk)})
    assert client.post(f"/alarms/{rung.pk}/do/acknowledge/").status_code == 302


def test_a_stranger_finds_no_alarm_and_an_unknown_verb_is_nothing(town, rung, sign_in):
    for path in (f"/alarms/{rung.pk}/", f"/alarms/{rung.pk}/do/acknowledge/"):
        method = "post" if "/do/" in path else "get"
        assert getattr(sign_in(town.eastfield_user), method)(path).status_code == 404
    assert sign_in(town.harbour_user).post(f"/alarms/{rung.pk}/do/silence/").status_code == 404


def test_the_inbox_takes_the_same_queries_for_three_alarms_as_for_thirty(town, sign_in):
    client = sign_in(town.harbour_user)
    costs = []
    for count in (3, 12):
        for _ in range(count):
            crisis(town, town.harbour_service)
        with after(16):
            tasks.sweep_once()
        client.get("/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/").status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 36, costs


def test_coordinators_see_what_nobody_answers_and_no_name(town, rung, sign_in):
    client = sign_in(town.coordinator_user)
    assert b"Crises that nobody answers" not in client.get("/coordination/").content
    Alarm.objects.update(round=2)
    text = client.get("/coordination/").content.decode()

    assert "Crises that nobody answers" in text
    assert rung.referral.reference in text
    assert "Worker of harbour" not in text
    assert "Canary" not in text


# -- before a crisis is sent ---------------------------------------------------------------------------------------------------------


def typed(town, **more):
    return {
        "once": "one-key", "who": "new", "name": "Amina Canary-Name", "need": "housing-support", "urgency": "crisis", "way": "keeper",
        "note": "Canary-Note, with <b>", "consent": "agreed", "how": "in-person", "service": [str(town.harbour_service.pk)],
        "strategy": "direct", **more,
    }  # fmt: skip


def test_a_crisis_is_interrupted_once_with_lines_protocol_and_who_is_on_call(town, sign_in):
    line("Line", "988")
    plan = {"step_minutes": 5, "protocol": "Telephone first.", "chain": [town.quayside_user.pk]}
    actions.set_plan(by=town.quayside_admin, version=0, **plan)
    client = sign_in(town.quayside_user)
    page = client.post("/refer/", typed(town, advance=str(town.harbour_service.pk)))

    assert page.status_code == 200
    text = page.content.decode()
    assert text.index("emergency number first") < text.index("988") < text.index("Telephone first.") < text.index("Continue and send")
    assert not Referral.objects.exists()
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text))
    assert {name: kept[name] for name in ("name", "once", "service")} == {
        "name": "Amina Canary-Name", "once": "one-key", "service": str(town.harbour_service.pk),
    }  # fmt: skip
    assert kept["note"] == "Canary-Note, with &lt;b&gt;"

    assert "advance" not in kept  # whoever pressed Send has chosen
    back = client.post("/refer/", {**typed(town), "crisis_read": "1", "find": "1"})
    assert b"Canary-Note" in back.content
    assert re.search(rf'value="{town.harbour_service.pk}"[^>]*checked', back.content.decode())
    sent = client.post("/refer/", {**typed(town), "crisis_read": "1"})
    assert (sent.status_code, Referral.objects.get().status) == (302, "requested")


def test_a_draft_and_what_is_no_crisis_are_not_interrupted(town, sign_in):
    client = sign_in(town.quayside_user)
    assert client.post("/refer/", typed(town, draft="1")).status_code == 302
    assert client.post("/refer/", typed(town, urgency="soon", once="two", name="Somebody Else")).status_code == 302
    assert sorted(Referral.objects.values_list("status", flat=True)) == ["draft", "requested"]


# -- chain, rota, drill --------------------------------------------------------------------------------------------------------------


def test_an_admin_keeps_protocol_and_chain_and_a_caseworker_reads_them(town, sign_in):
    ben = region.member(town.harbour, "ben@harbour.test", Role.CASEWORKER, name="Ben")
    client = sign_in(town.harbour_admin_user)
    assert b"Nobody is named to answer a crisis" in client.get("/organisation/crisis/").content
    said = {
        "version": "0",
        "protocol": "Two of us, always.",
        "step_minutes": "7",
        f"place-{ben.pk}": "1",
        f"place-{town.harbour_user.pk}": "2",
    }
    assert client.post("/organisation/crisis/", said).status_code == 302
    stale = client.post("/organisation/crisis/", said)
    assert stale.status_code == 422
    assert b"changed this meanwhile" in stale.content

    page = sign_in(ben).get("/organisation/crisis/").content.decode()
    assert "Two of us, always." in page
    assert 'name="step_minutes"' not in page
    assert CrisisPlan.objects.get().step_minutes == 7
    assert sign_in(ben).post("/organisation/crisis/", {**said, "version": "1"}).status_code == 403
    assert "Ben" in sign_in(town.harbour_user).get("/crisis/team/").content.decode()


def test_the_rota_is_kept_in_the_organisations_own_time_and_names_gaps(town, sign_in):
    type(town.harbour).objects.filter(pk=town.harbour.pk).update(time_zone="America/Boise")
    client = sign_in(town.harbour_admin_user)
    day = (now() + timedelta(days=2)).strftime("%Y-%m-%d")
    said = {"user": str(town.harbour_user.pk), "begins_at": f"{day}T08:00", "ends_at": f"{day}T20:00"}
    assert client.post("/organisation/crisis/rota/", said).status_code == 302
    watch = Watch.objects.get()
    assert watch.ends_at - watch.begins_at == timedelta(hours=12)
    assert watch.begins_at.hour in {14, 15}

    page = client.get("/organisation/crisis/").content
    assert b"Nobody is on call in these hours" in page
    wrong = client.post("/organisation/crisis/rota/", {**said, "ends_at": f"{day}T07:00"})
    assert (wrong.status_code, b"The end comes after the beginning" in wrong.content) == (422, True)
    assert client.post("/organisation/crisis/rota/", {}).status_code == 422
    client.post("/organisation/crisis/rota/", {**said, "begins_at": f"{day}T19:00", "ends_at": f"{day}T22:00"})
    assert b"Two are on call at once" in client.get("/organisation/crisis/").content
    assert sign_in(town.eastfield_admin_user).post(f"/organisation/crisis/rota/{watch.pk}/end/").status_code == 404
    assert client.post(f"/organisation/crisis/rota/{watch.pk}/end/").status_code == 302
    assert Watch.objects.count() == 1


def test_a_drill_is_marked_everywhere_and_its_result_says_who_and_after_how_long(town, sign_in):
    client = sign_in(town.harbour_admin_user)
    started = client.post("/organisation/crisis/drill/", follow=True)
    drill = Alarm.objects.get()
    assert b"DRILL: practice alarm" in started.content
    assert b"drill_frame" in started.content
    worker = sign_in(town.harbour_user)
    inbox = worker.get("/").content.decode()
    assert inbox.count("DRILL") >= 3  # bar, what is said, lane
    with after(6):
        tasks.sweep_once()
        actions.acknowledge(drill, by=town.harbour_worker)

    assert b"Acknowledged by Worker of harbour after 6 minutes" in client.get(f"/alarms/{drill.pk}/").content
    assert b"6 minutes" in client.get("/organisation/crisis/").content
    assert b"DRILL" not in sign_in(town.eastfield_user).get("/").content
    assert b"is running already" in client.post("/organisation/crisis/drill/", follow=True).content
    assert client.post(f"/alarms/{drill.pk}/do/end/", follow=True).status_code == 200
    assert worker.post("/organisation/crisis/drill/").status_code == 403
    assert not Offer.objects.exists()
