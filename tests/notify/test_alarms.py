"""Calls of responders: at once, to the one who is alerted, whatever they chose about news, and never a word about whom."""

from __future__ import annotations

from datetime import time, timedelta
from smtplib import SMTPException

import pytest
from django.core import mail as outbox
from django.db import IntegrityError, transaction
from django.urls import reverse

from network.core.clock import now
from network.notify import actions as choices
from network.notify import mail, news, tasks
from network.notify.actions import Wish
from network.notify.models import Ring
from network.notify.topics import Topic, When
from network.referrals import actions
from network.referrals import tasks as clocks
from network.referrals.models import Alarm
from tests.referrals.test_alarms import after, crisis

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def alarm(town):
    """Harbour House let a crisis wait; its caseworker was alerted, its admin is next."""
    row = crisis(town, town.harbour_service)
    with after(16):
        clocks.sweep_once()
        news.read_all()
    outbox.outbox.clear()
    return Alarm.objects.get(referral=row, organization=town.harbour)


def rings(alarm):
    return {ring.user.email: ring for ring in Ring.objects.filter(alarm=alarm).select_related("user", "alarm")}


def call_all(alarm, minutes=16):
    with after(minutes):
        for ring in rings(alarm).values():
            tasks.call.func(str(ring.pk))


def test_only_who_is_alerted_is_called_and_the_next_when_it_is_their_turn(town, alarm):
    assert set(rings(alarm)) == {"worker@harbour.test"}
    with after(22):
        clocks.sweep_once()
        news.read_all()
    assert set(rings(alarm)) == {"worker@harbour.test", "admin@harbour.test"}


def test_the_call_is_a_fixed_sentence_and_leads_to_the_sign_in(town, alarm, settings):
    call_all(alarm)
    call_all(alarm)

    (sent,) = outbox.outbox
    assert (sent.to, sent.subject) == (["worker@harbour.test"], mail.CALL_SUBJECT)
    assert sent.body == f"{mail.CALL_WORDS}\n\n{settings.SITE_URL}{reverse('account_login')}\n"


def test_quiet_hours_and_wishes_do_not_hold_a_call_back(town, alarm):
    quiet = Wish(when=dict.fromkeys(Topic, When.NEVER), quiet_from=time(0), quiet_until=time(23, 59))
    choices.choose(by=town.harbour_worker, wish=quiet)
    call_all(alarm)

    assert len(outbox.outbox) == 1


def test_whoever_was_called_too_late_is_left_in_peace(town, alarm):
    actions.acknowledge(alarm, by=town.harbour_admin)
    call_all(alarm)

    assert outbox.outbox == []
    assert Ring.objects.get(alarm=alarm).due_at is None


def test_a_colleague_who_is_asked_to_take_over_is_called(town, alarm):
    actions.acknowledge(alarm, by=town.harbour_worker)
    actions.hand_over(alarm, by=town.harbour_worker, to=town.harbour_admin_user.pk)
    news.read_all()
    call_all(alarm, minutes=1)

    assert [sent.to for sent in outbox.outbox] == [["admin@harbour.test"]]


def test_a_drill_says_that_it_is_one(town):
    drill = actions.start_drill(by=town.harbour_admin)
    news.read_all()
    call_all(drill, minutes=1)

    (sent,) = outbox.outbox
    assert sent.subject.startswith("DRILL")
    assert sent.body.startswith("DRILL")


def test_a_call_that_could_not_leave_is_tried_again_and_not_for_ever(town, alarm, monkeypatch):
    def refuse(*_, **__):
        raise SMTPException

    monkeypatch.setattr(mail, "call", refuse)
    ring = Ring.objects.get(alarm=alarm)
    for tries in range(tasks.MOST_CALLS + 1):  # the first and five more
        with after(16 + 2 * tries):
            tasks.call.func(str(ring.pk))
            tasks.call.func(str(ring.pk))
        ring.refresh_from_db()
        assert ring.tries == tries + 1
    assert (ring.due_at, ring.sent_at) == (None, None)


def test_a_call_whose_task_was_lost_is_found(town, alarm, monkeypatch):
    planned = []
    monkeypatch.setattr(tasks.call.__class__, "enqueue", lambda _task, *args, **__: planned.append(args))
    with after(17):
        tasks.tell.func()

    assert str(Ring.objects.get(alarm=alarm).pk) in {args[0] for args in planned if args}


def test_a_page_of_the_log_read_twice_calls_once(town, alarm):
    from network.core.models import Event
    from network.notify import alarms

    rows = list(Event.objects.filter(organization=town.harbour).order_by("seq"))
    with after(16):
        alarms.call_by(rows, now())
    assert Ring.objects.filter(alarm=alarm).count() == 1
    with after(16 + 61):
        alarms.call_by(rows, now())  # too old to be news
    assert Ring.objects.filter(alarm=alarm).count() == 1


def test_the_database_refuses_a_second_call_of_one_fact(town, alarm):
    ring = Ring.objects.get(alarm=alarm)
    ring.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        Ring.objects.bulk_create([Ring(alarm=alarm, user=ring.user, fact=ring.fact, made_at=now())])
