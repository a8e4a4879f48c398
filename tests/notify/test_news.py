"""News: made from the log alone, told to whom it concerns, when they want it, in words that say nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from smtplib import SMTPServerDisconnected

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult
from hypothesis import given
from hypothesis import strategies as st

from network.accounts.absence import is_on
from network.accounts.actions import be_away
from network.accounts.models import Membership
from network.core import outward
from network.core.actor import Role
from network.core.clock import now
from network.core.errors import BadInput
from network.core.models import Event, Head
from network.demo import region
from network.notify import actions as choices
from network.notify import news, push, tasks, topics
from network.notify.actions import Wish
from network.notify.models import Notification, Position, PushSubscription
from network.notify.topics import Habits, Topic, When, after_quiet, due, next_digest
from network.people.models import PersonKey
from network.referrals import actions
from network.referrals.actions import Said
from network.referrals.models import Offer, Referral
from network.referrals.tasks import sweep_once

pytestmark = pytest.mark.django_db
ENDPOINT = "https://push.example.org/send/abc"
VAPID = "ERERERERERERERERERERERERERERERERERERERERERE"


@pytest.fixture(autouse=True)
def mailbox(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.VAPID_KEY = VAPID


def listen():
    """Read the logs to their end; what is planned."""
    return news.read_all()


def told(user=None):
    rows = Notification.objects.order_by("made_at", "pk")
    return [(row.user, Topic(row.topic)) for row in (rows.filter(user=user) if user else rows)]


def knock(user, after=timedelta(seconds=11)):
    with time_machine.travel(now() + after, tick=False):
        tasks.knock.func(str(user.pk))


# -- Who is told of what -------------------------------------------------------------------------------------------------------


def test_a_referral_that_was_asked_is_news_to_the_team_that_was_asked_and_to_nobody_else(town, sent):
    listen()

    assert told() == [(town.harbour_user, Topic.ASKED)]


def test_what_became_of_it_is_news_to_who_sent_it(town, offer):
    actions.move(offer, "accept", by=town.harbour_worker)
    listen()

    assert told(town.quayside_user) == [(town.quayside_user, Topic.ANSWERED)]


def test_what_one_did_oneself_is_no_news(town, accepted):
    actions.send_message(accepted.referral, by=town.harbour_worker, text="Hello")
    listen()

    assert told(town.quayside_user) == [(town.quayside_user, Topic.ANSWERED), (town.quayside_user, Topic.MESSAGES)]
    assert told(town.harbour_user) == [(town.harbour_user, Topic.ASKED)]


def test_on_a_case_those_who_work_on_it_are_told_and_the_team_is_not(town, accepted):
    second = region.member(town.harbour, "second@harbour.test", Role.CASEWORKER)
    actions.send_message(accepted.referral, by=town.quayside_worker, text="Hello")
    listen()

    assert (town.harbour_user, Topic.MESSAGES) in told()
    assert told(second) == []  # not even of the request: somebody was on the case when it was read


def test_a_colleague_who_is_put_on_a_case_is_told(town, accepted):
    second = region.member(town.harbour, "second@harbour.test", Role.CASEWORKER)
    actions.move_referral(accepted.referral, "assign", by=town.harbour_worker, said=Said(assignee=second.pk))
    listen()

    assert (second, Topic.ASKED) in told()


def test_several_news_of_one_topic_are_one_until_they_were_read(town, accepted):
    for _ in range(3):
        actions.send_message(accepted.referral, by=town.harbour_worker, text="Hello")
        listen()
    rows = Notification.objects.filter(user=town.quayside_user, topic=Topic.MESSAGES)
    assert [row.count for row in rows] == [3]

    actions.mark_read(accepted.referral, by=town.quayside_worker)
    actions.send_message(accepted.referral, by=town.harbour_worker, text="Hello")
    listen()

    assert [(row.count, row.read_at is None) for row in rows.order_by("made_at")] == [(3, False), (1, True)]


def test_reading_a_log_twice_tells_nothing_twice_and_a_page_moves_the_place_with_its_news(town, sent):
    assert len(listen()) == 1
    assert listen() == set()
    Position.objects.update(seq=0)  # a reader that came second

    assert news.read_page(town.harbour.pk) is not None
    assert Notification.objects.count() == 1


def test_after_a_restore_the_place_is_found_again(town, sent):
    listen()
    Head.objects.filter(pk=town.harbour.pk).update(epoch="f" * 32)

    assert news.behind().exists()
    listen()
    assert not news.behind().exists()
    assert Notification.objects.count() == 1


def test_old_history_is_no_news(town, sent):
    with time_machine.travel(now() + timedelta(days=2), tick=False):
        listen()

    assert told() == []


def test_a_page_of_news_takes_as_many_queries_for_one_event_as_for_ten(town, accepted):
    counts = []
    for more in (1, 10):
        listen()
        Notification.objects.all().delete()
        for _ in range(more):
            actions.send_message(accepted.referral, by=town.harbour_worker, text="Hello")
        with CaptureQueriesContext(connection) as queries:
            news.read_page(town.quayside.pk)
        counts.append(len([q for q in queries if "notify_notification" not in q["sql"]]))
    assert counts[0] == counts[1]


# -- When ------------------------------------------------------------------------------------------------------------------------


def test_mail_waits_until_the_undo_time_has_passed(town, sent):
    ((_, at),) = listen()
    assert timedelta(seconds=5) < at - Event.objects.get(kind="offer.asked").at <= timedelta(seconds=10)

    tasks.knock.func(str(town.harbour_user.pk))
    assert mail.outbox == []
    knock(town.harbour_user)
    assert [m.to for m in mail.outbox] == [["worker@harbour.test"]]


def test_what_was_taken_back_in_the_undo_time_is_never_told(town, sent):
    listen()
    actions.move_referral(Referral.objects.get(), "cancel", by=town.quayside_worker, said=Said(reason="sent-by-mistake"))
    listen()
    knock(town.harbour_user)

    assert told(town.harbour_user) == []
    assert mail.outbox == []


def test_an_acceptance_that_was_taken_back_is_never_told(town, accepted):
    listen()
    actions.move(accepted, "unaccept", by=town.harbour_worker, said=Said(reason="accepted-by-mistake"))
    listen()

    assert told(town.quayside_user) == []


def test_what_no_longer_stands_is_not_told(town, offer):
    listen()
    actions.move(offer, "accept", by=town.harbour_worker)  # a colleague has answered
    knock(town.harbour_user)

    assert mail.outbox == []
    assert Notification.objects.get(user=town.harbour_user).due_at is None


def test_who_left_hears_nothing_more(town, sent):
    listen()
    town.harbour_user.memberships.update(until=now())
    knock(town.harbour_user)

    assert mail.outbox == []


def test_who_chose_never_hears_nothing_and_who_chose_the_digest_hears_at_eight(town, sent):
    choices.choose(by=town.harbour_worker, wish=Wish(when={Topic.ASKED: When.NEVER}))
    listen()
    assert told(town.harbour_user) == []

    choices.choose(by=town.quayside_worker, wish=Wish(when={Topic.ANSWERED: When.DIGEST}))
    actions.move(Offer.objects.select_related("referral").get(), "accept", by=town.harbour_worker)
    listen()
    at = Notification.objects.get(user=town.quayside_user).due_at
    assert (at.astimezone(Habits(town.quayside.time_zone).tz).time(), at > now()) == (time(8), True)


def test_one_mail_stands_for_all_that_is_unread(town, accepted):
    listen()
    knock(town.quayside_user)
    with time_machine.travel(now() + timedelta(minutes=5), tick=False):
        actions.send_message(accepted.referral, by=town.harbour_worker, text="Hello")
        listen()
        knock(town.quayside_user)
    assert len(mail.outbox) == 1

    knock(town.quayside_user, timedelta(hours=3))  # the first led nobody in
    assert len(mail.outbox) == 1
    actions.mark_read(accepted.referral, by=town.quayside_worker, upto=Notification.objects.get(topic=Topic.ANSWERED).at)
    knock(town.quayside_user, timedelta(hours=4, minutes=1))
    assert len(mail.outbox) == 2


def test_who_opened_what_a_mail_told_of_hears_of_the_next_sooner(town, accepted):
    listen()
    knock(town.quayside_user)
    actions.mark_read(accepted.referral, by=town.quayside_worker)
    actions.send_message(accepted.referral, by=town.harbour_worker, text="Hello")
    listen()

    knock(town.quayside_user, timedelta(hours=1))
    assert len(mail.outbox) == 1
    knock(town.quayside_user, timedelta(hours=2, minutes=1))
    assert len(mail.outbox) == 2


def crisis(town, draft):
    actions.edit_draft(
        draft,
        actions.Draft(person=town.person.pk, need="housing-support", urgency="crisis"),
        by=town.quayside_worker,
        version=draft.version,
    )
    terms = actions.usual_terms({town.harbour.pk}, how="in-person")
    said = Said(services=(town.harbour_service.pk,))
    return actions.send(
        Referral.objects.get(pk=draft.pk), by=town.quayside_worker, said=said, decision=actions.Decision(terms=terms)
    )  # fmt: skip


def test_a_crisis_reaches_everybody_who_is_there_whatever_they_chose(town, draft):
    second = region.member(town.harbour, "second@harbour.test", Role.CASEWORKER)
    away = region.member(town.harbour, "away@harbour.test", Role.CASEWORKER)
    quiet = Wish(when={Topic.ASKED: When.NEVER}, quiet_from=time(0), quiet_until=time(23, 59))
    choices.choose(by=town.harbour_worker, wish=quiet)
    today = now().date()
    days = {"begins_on": today - timedelta(days=1), "ends_on": today + timedelta(days=1)}
    be_away(Membership.objects.get(user=away), by=region.actor(away), **days)
    crisis(town, draft)
    planned = listen()

    assert {user for user, _ in planned} == {town.harbour_user.pk, second.pk}
    assert all(at <= now() + timedelta(seconds=10) for _, at in planned)


def test_a_request_that_nobody_opened_reaches_the_whole_team_when_its_time_is_nearly_over(town, offer):
    second = region.member(town.harbour, "second@harbour.test", Role.CASEWORKER)
    choices.choose(by=region.actor(second), wish=Wish(when={Topic.ASKED: When.NEVER}))
    listen()
    knock(town.harbour_user)
    from network.referrals.tasks import _remind

    for share in (0.55, 0.85):
        with time_machine.travel(offer.asked_at + (offer.respond_by - offer.asked_at) * share, tick=False):
            _remind(Offer.objects.get(pk=offer.pk))
            listen()
            planned = {row.user for row in Notification.objects.filter(is_escalated=True, sent_at__isnull=True)}
        assert planned == ({town.harbour_user, second} if share > 0.8 else set())


def test_one_that_somebody_opened_does_not(town, offer):
    actions.move(offer, "see", by=town.harbour_worker)
    Offer.objects.update(reminders=2)
    row = Offer.objects.get()
    event = Event(kind="offer.reminder", subject=f"offer/{row.pk}", actor="clock/", at=now(), organization=town.harbour)

    made = news.News.of(town.harbour.pk, [event], now())
    assert not made.is_escalated(made.told[0])


# -- How -------------------------------------------------------------------------------------------------------------------------


def test_the_mail_says_nothing_and_leads_to_the_sign_in(town, accepted, settings):
    actions.send_message(accepted.referral, by=town.harbour_worker, text="Canary-Words")
    listen()
    knock(town.quayside_user)

    (said,) = mail.outbox
    assert said.subject == "There is news on a referral"
    assert said.body == f"There is news on a referral. Sign in to read it.\n\n{settings.SITE_URL}/accounts/login/\n"
    raw = said.message().as_string()
    for word in ("Canary", str(accepted.referral_id), accepted.referral.reference, "Harbour", "ousing"):
        assert word not in raw


def test_a_mail_that_fails_is_tried_again_with_growing_patience_and_then_given_up(town, sent, monkeypatch, caplog):
    def broken(address):
        raise SMTPServerDisconnected("Canary-Address")

    monkeypatch.setattr(tasks.mail, "send", broken)
    listen()
    waits = []
    for _ in range(len(tasks.BACKOFF) + 1):
        row = Notification.objects.get()
        with time_machine.travel(row.due_at, tick=False):
            tasks.knock.func(str(town.harbour_user.pk))
            again = Notification.objects.get().due_at
            waits.append(again - now() if again else None)

    assert waits == [*tasks.BACKOFF, None]
    assert "Canary" not in caplog.text


def test_of_two_tasks_for_one_user_one_sends(town, sent):
    listen()
    knock(town.harbour_user)
    knock(town.harbour_user)

    assert len(mail.outbox) == 1


def test_a_lost_task_is_found(town, sent):
    listen()
    with time_machine.travel(now() + timedelta(minutes=2), tick=False):
        tasks.tell.func()

    assert DBTaskResult.objects.filter(task_path="network.notify.tasks.knock").count() == 1


def test_of_many_processes_that_ask_one_enqueues(town, sent):
    assert [tasks.keep_telling() for _ in range(3)] == [True, False, False]


def test_tasks_carry_ids_alone(town, sent):
    tasks.tell.func()
    (row,) = DBTaskResult.objects.filter(task_path="network.notify.tasks.knock")

    assert row.args_kwargs == {"args": [str(town.harbour_user.pk)], "kwargs": {}}
    assert row.queue_name == "outward"


# -- Push ------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def dialled(monkeypatch):
    """What was dialled; the next answers are taken from `answers`."""
    made = {"calls": [], "answers": []}

    def fetch(url, *, method="POST", headers=None, content=b""):
        made["calls"].append((url, dict(headers), content))
        answer = made["answers"].pop(0) if made["answers"] else 201
        if isinstance(answer, Exception):
            raise answer
        return outward.Answer(answer, 12)

    monkeypatch.setattr(outward, "fetch", fetch)
    return made


def test_a_push_is_a_signed_knock_without_content(town, sent, dialled):
    from py_vapid import Vapid02

    row = choices.subscribe(by=town.harbour_worker, endpoint=ENDPOINT)
    tasks.knock_at.func(str(row.pk), 0, False)

    ((url, headers, content),) = dialled["calls"]
    assert (url, content) == (ENDPOINT, b"")
    assert set(headers) == {"Authorization", "TTL", "Urgency", "Topic"}
    assert Vapid02.verify(headers["Authorization"])
    assert headers["Authorization"].endswith(push.public_key())
    assert PushSubscription.objects.get().last_at is not None


@pytest.mark.parametrize("answer", [404, 410, outward.NotOutward("no")])
def test_a_browser_that_is_gone_is_forgotten(town, dialled, answer):
    row = choices.subscribe(by=town.harbour_worker, endpoint=ENDPOINT)
    dialled["answers"] = [answer]
    tasks.knock_at.func(str(row.pk), 0, False)

    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize("answer", [429, 500, 503, outward.Unreachable()])
def test_one_that_does_not_answer_is_tried_again_later_and_kept(town, dialled, answer):
    row = choices.subscribe(by=town.harbour_worker, endpoint=ENDPOINT)
    dialled["answers"] = [answer] * 4
    for tries in range(4):
        tasks.knock_at.func(str(row.pk), tries, False)

    planned = DBTaskResult.objects.filter(task_path="network.notify.tasks.knock_at")
    assert sorted(each.args_kwargs["args"][1] for each in planned) == [1, 2, 3]
    assert PushSubscription.objects.exists()


@pytest.mark.parametrize(
    "endpoint", ["http://push.example.org/", "https://127.0.0.1/", "https://localhost/", "https://push.example.org:22/"]
)
def test_an_endpoint_that_is_never_dialled_is_not_kept(town, endpoint):
    with pytest.raises(BadInput):
        choices.subscribe(by=town.harbour_worker, endpoint=endpoint)


def test_a_user_has_ten_browsers_at_most_and_lets_go_of_their_own_alone(town):
    for number in range(10):
        choices.subscribe(by=town.harbour_worker, endpoint=f"{ENDPOINT}{number}")
    with pytest.raises(BadInput):
        choices.subscribe(by=town.harbour_worker, endpoint=ENDPOINT)
    choices.unsubscribe(by=town.quayside_worker, endpoint=f"{ENDPOINT}1")
    assert PushSubscription.objects.count() == 10
    choices.unsubscribe(by=town.harbour_worker, endpoint=f"{ENDPOINT}1")
    assert PushSubscription.objects.count() == 9


def test_with_a_mail_goes_a_knock_at_each_browser(town, sent):
    choices.subscribe(by=town.harbour_worker, endpoint=ENDPOINT)
    listen()
    knock(town.harbour_user)

    assert DBTaskResult.objects.filter(task_path="network.notify.tasks.knock_at").count() == 1


# -- Rules -----------------------------------------------------------------------------------------------------------------------


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)), st.times(), st.times(),
       st.sampled_from(["UTC", "America/Boise", "Asia/Kathmandu", "Europe/London", "nonsense"]))  # fmt: skip
def test_nothing_leaves_in_quiet_hours_and_nothing_waits_a_day_for_them(at, begins, ends, zone):
    habits = Habits(zone, begins, ends)
    left = after_quiet(habits, at)

    assert at <= left <= at + timedelta(hours=26)
    assert after_quiet(habits, left) == left


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))
def test_the_digest_is_the_next_eight_o_clock(at):
    found = next_digest(Habits("America/Boise"), at)

    assert at < found <= at + timedelta(hours=25)
    assert found.astimezone(Habits("America/Boise").tz).time() == time(8)


def test_a_crisis_waits_for_the_undo_time_alone():
    at = datetime(2026, 3, 1, 3, tzinfo=UTC)
    habits = Habits("UTC", time(22), time(7))

    assert due(When.NEVER, habits, at, timedelta(seconds=10), is_crisis=True) == at + timedelta(seconds=10)
    assert due(When.NOW, habits, at, timedelta(seconds=10)) == datetime(2026, 3, 1, 7, tzinfo=UTC)
    assert due(When.NEVER, habits, at, timedelta()) is None


def test_the_last_day_away_is_a_day_away():
    first, last, zone = date(2026, 3, 1), date(2026, 3, 2), "America/Boise"

    assert is_on(first, last, zone, datetime(2026, 3, 3, 6, tzinfo=UTC))  # still the second in Boise
    assert not is_on(first, last, zone, datetime(2026, 3, 3, 8, tzinfo=UTC))


def gone(user, cover=None):
    today = now().date()
    row = Membership.objects.get(user=user)
    return be_away(row, by=region.actor(user), begins_on=today - timedelta(days=1), ends_on=today + timedelta(days=1), cover=cover)


def test_news_of_a_case_goes_to_whoever_covers_for_its_member(town, accepted):
    second, third = (region.member(town.harbour, f"{name}@harbour.test", Role.CASEWORKER) for name in ("second", "third"))
    gone(town.harbour_user, cover=second.pk)
    actions.send_message(accepted.referral, by=town.quayside_worker, text="Hello")
    listen()

    assert (second, Topic.MESSAGES) in told()
    assert told(town.harbour_user) == told(third) == []


def test_without_a_cover_it_goes_to_the_caseworkers_who_are_here(town, accepted):
    second = region.member(town.harbour, "second@harbour.test", Role.CASEWORKER)
    gone(town.harbour_user)
    actions.send_message(accepted.referral, by=town.quayside_worker, text="Hello")
    listen()

    assert (second, Topic.MESSAGES) in told()
    assert told(town.harbour_user) == []


def test_a_claim_that_lapses_is_news_to_the_team_and_one_that_is_covered_to_the_cover_alone(town, offer):
    second = region.member(town.harbour, "second@harbour.test", Role.CASEWORKER)
    actions.move(offer, "claim", by=town.harbour_worker)
    listen()
    Notification.objects.all().delete()
    with time_machine.travel(now() + timedelta(seconds=1)):
        gone(town.harbour_user, cover=second.pk)
        sweep_once()
        listen()
        assert told() == [(second, Topic.ASKED)]

        Notification.objects.all().delete()
        Offer.objects.update(claim_until=now())
        sweep_once()
        listen()
    assert told() == [(second, Topic.ASKED)]  # the one who is here


def test_every_kind_that_is_news_is_one_that_can_be_recorded():
    from network.core.kinds import KINDS

    unknown = set(topics.NEWS) - set(KINDS)
    later = {f"referral.{verb}" for verb in ("take", "escalate", "forward", "hand-on")} | {"offer.escalate"}  # verbs still to come
    assert unknown <= later


@pytest.mark.parametrize("values", [{"topic": "x"}, {"count": 0}, {"at": datetime(2020, 1, 1, tzinfo=UTC)}])
def test_the_database_refuses_news_that_lies(town, sent, values):
    listen()

    with pytest.raises(IntegrityError), transaction.atomic():
        Notification.objects.update(**values)


def test_erasing_a_person_leaves_nothing_of_them_in_the_news(town, sent):
    listen()
    PersonKey.objects.all().delete()

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM notify_notification")
        assert "Canary" not in str(cursor.fetchall())
