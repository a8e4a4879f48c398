"""The section of the settings on how one hears of news."""

from __future__ import annotations

import pytest
from django.test import Client

from network.notify import actions
from network.notify.models import Preference, PushSubscription

pytestmark = pytest.mark.django_db
CHOSEN = {"asked": "now", "answered": "digest", "messages": "never", "changes": "digest", "quiet_from": "22:00", "quiet_until": "07:00"}
VAPID = "ERERERERERERERERERERERERERERERERERERERERERE"


@pytest.fixture
def client(town):
    made = Client()
    made.force_login(town.quayside_user)
    return made


def test_what_is_chosen_is_shown_again(town, client):
    assert client.post("/settings/notices/", CHOSEN).status_code == 302

    row = Preference.objects.get(user=town.quayside_user)
    assert (row.asked, row.messages, row.quiet_from.hour) == ("now", "never", 22)
    page = client.get("/settings/").content.decode()
    assert 'value="never" class="inline_choices" id="notices-messages_2" checked' in page or 'value="22:00"' in page


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"quiet_until": ""}, b"Give both hours, or neither."),
        ({"asked": "sometimes"}, b"sometimes"),
        ({"quiet_from": "25:00"}, b"Enter a valid time."),
    ],
)
def test_what_does_not_fit_is_said_beside_the_field_and_kept(client, values, words):
    answer = client.post("/settings/notices/", {**CHOSEN, **values})

    assert answer.status_code == 422
    assert words in answer.content
    assert not Preference.objects.exists()


def test_a_browser_is_added_by_script_and_let_go_by_a_press(town, client, settings):
    settings.VAPID_KEY = VAPID
    assert client.post("/settings/notices/browsers/", {"endpoint": "https://push.example.org/x"}).status_code == 204
    assert client.post("/settings/notices/browsers/", {"endpoint": "https://10.0.0.1/x"}).status_code == 422
    row = PushSubscription.objects.get()
    assert f"/settings/notices/browsers/{row.pk}/end/" in client.get("/settings/").content.decode()

    assert client.post(f"/settings/notices/browsers/{row.pk}/end/").status_code == 302
    assert not PushSubscription.objects.exists()


def test_nobody_lets_go_of_anothers_browser(town, client):
    row = actions.subscribe(by=town.harbour_worker, endpoint="https://push.example.org/x")
    client.post(f"/settings/notices/browsers/{row.pk}/end/")

    assert PushSubscription.objects.exists()


def test_without_a_key_nothing_of_push_is_shown(client, settings):
    settings.VAPID_KEY = ""

    assert b"Let this browser tell me" not in client.get("/settings/").content


def test_the_worker_answers_for_the_whole_site_and_says_fixed_words():
    answer = Client().get("/sw.js")

    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert b'"There is something new"' in answer.content
    assert b"event.data" not in answer.content
    assert b"fetch(" not in answer.content


def test_a_first_start_makes_a_key_for_push_once_and_adds_it_to_an_older_one(tmp_path, monkeypatch):
    from py_vapid import Vapid02

    from network.demo import first_start

    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    (tmp_path / ".env").write_text("DEBUG=1\nSECRET_KEY=old\n")
    for _ in range(2):
        first_start.make_keys()
    lines = (tmp_path / ".env").read_text().splitlines()

    assert [line.partition("=")[0] for line in lines] == ["DEBUG", "SECRET_KEY", "VAPID_KEY"]
    assert Vapid02.from_raw(lines[-1].partition("=")[2].encode()).public_key
