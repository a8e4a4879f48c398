"""Offers that lapse together leave what they leave one by one: the same rows, clocks, counters and log."""

from __future__ import annotations

import uuid
from datetime import time, timedelta
from random import Random

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult

from network.core import events
from network.core.clock import now
from network.core.models import Event, Head
from network.demo import region
from network.partners.models import AnswerTime, Organization, Schedule
from network.people.models import Grant
from network.referrals import actions, tasks
from network.referrals.actions import Draft, Said, together
from network.referrals.models import DemandDay, Offer, Referral, Tie, TieDay

from .test_strategies import ask, stands, to

pytestmark = pytest.mark.django_db
ROWS = (Referral, Offer, Grant, Tie, TieDay, DemandDay)
NUMBERED = {Tie, TieDay, DemandDay}  # their keys are handed out by the database


@pytest.fixture
def wide(town):
    """A third candidate besides, and hours and promises of their own for some."""
    third = region.organization("Third Hall", time_zone="America/Boise")
    town.third, town.third_worker = third, region.actor(region.member(third, "worker@third.test", region.Role.CASEWORKER))
    town.third_service = region.service(third, "Housing advice at Third Hall")
    AnswerTime.objects.create(organization=town.eastfield, urgency="soon", amount=3, pace="open-hours")
    Schedule.objects.create(organization=town.quayside, byday="MO,TH", opens_at=time(10), closes_at=time(12))
    return town


def direct(town):
    ask(town, "direct", town.harbour_service)


def seen_and_claimed(town):
    offer = to(ask(town, "direct", town.harbour_service), town.harbour)
    actions.move(actions.move(offer, "see", by=town.harbour_worker), "claim", by=town.harbour_worker)


def cascade(town):
    ask(town, "cascade", town.harbour_service, town.eastfield_service, town.third_service)


def broadcast(town):
    ask(town, "broadcast", town.harbour_service, town.eastfield_service)


def broadcast_with_one_late(town):
    row = ask(town, "broadcast", town.harbour_service, town.third_service)
    Offer.objects.filter(pk=to(row, town.third).pk).update(respond_by=now() + timedelta(days=60))


def broadcast_with_a_question(town):
    row = ask(town, "broadcast", town.harbour_service, town.eastfield_service)
    actions.move(to(row, town.eastfield), "ask", by=town.eastfield_worker, said=Said(text="Ground floor?"))
    Offer.objects.filter(referral=row, organization=town.eastfield).update(question_until=now() + timedelta(days=60))


def question(town):
    row = ask(town, "direct", town.third_service)
    actions.move(to(row, town.third), "ask", by=town.third_worker, said=Said(text="Ground floor?"))
    Offer.objects.filter(referral=row).update(question_until=now() + timedelta(days=60))


def held_decline(town):
    offer = to(ask(town, "direct", town.harbour_service), town.harbour)
    actions.hold_decline(offer, by=town.harbour_worker, said=Said(reason="full"), seconds=120)
    Offer.objects.filter(pk=offer.pk).update(decline_at=now() + timedelta(days=60))


def crisis(town):
    ask(town, "cascade", town.harbour_service, town.eastfield_service, urgency="crisis")


def open_call(town):
    ask(town, "open")


def open_call_with_somebody_asked_beside(town):
    row = ask(town, "open")
    actions.move_referral(row, "offer", by=town.quayside_worker, said=Said(services=(town.harbour_service.pk,)))
    Referral.objects.filter(pk=row.pk).update(respond_by=now() + timedelta(days=60))


def search_beside_a_waiting_list(town):
    row = ask(town, "direct", town.harbour_service)
    accepted = actions.move(to(row, town.harbour), "accept", by=town.harbour_worker)
    actions.move(accepted, "waitlist", by=town.harbour_worker, said=Said(on=now().date() + timedelta(days=90)))
    wanted = Said(services=(town.eastfield_service.pk, town.third_service.pk), strategy="cascade")
    actions.move_referral(row, "offer", by=town.quayside_worker, said=wanted)


def of_one_person_by_another_sender(town):
    person = region.person(town.eastfield_worker, f"E{uuid.uuid4().hex[:8]}")
    for reason in (None, "new-situation"):
        by_eastfield(town, person, reason)


def by_eastfield(town, person, reason=None):
    said = Draft(person=person.pk, need="housing-support", urgency="routine", contact_through_sender=True)
    draft = actions.create_draft(said, by=town.eastfield_worker)
    return actions.send(draft, by=town.eastfield_worker, said=Said(services=(town.harbour_service.pk,), reason=reason))


KINDS = (
    direct, seen_and_claimed, cascade, broadcast, broadcast_with_one_late, broadcast_with_a_question, question, held_decline, crisis,
    open_call, open_call_with_somebody_asked_beside, search_beside_a_waiting_list, of_one_person_by_another_sender,
)  # fmt: skip


def left():
    """Every row that a lapse may touch, by its key; of the log all but random names of facts and alarms, and what digests make of them."""
    found = {}
    for model in ROWS:
        dropped = {"id"} if model in NUMBERED else set()
        found[model] = sorted(sorted((k, str(v)) for k, v in row.items() if k not in dropped) for row in model.objects.values())
    told = Event.objects.order_by("organization", "seq").values_list("organization", "seq", "actor", "at", "kind", "subject", "fact")
    names = {}
    named = ((*row, kind, "alarm" if kind.startswith("alarm.") else subject, fact) for *row, kind, subject, fact in told)
    found[Event] = [(*row, names.setdefault(fact, len(names))) for *row, fact in named]
    found[Head] = sorted(Head.objects.values_list("pk", "seq"))
    columns = ("task_path", "args_kwargs", "priority", "queue_name", "backend_name", "run_after", "status")
    planned = DBTaskResult.objects.exclude(task_path__in=[tasks.sweep.module_path, tasks.step_alarm.module_path])
    found[DBTaskResult] = sorted(map(str, planned.values_list(*columns)))
    return found


def swept(monkeypatch, expire_together):
    """What a sweep leaves, which is then undone; and the names of those that lapsed together."""
    lapsed = set()

    def watched(page):
        made = expire_together(page)
        lapsed.update(made)
        return made

    monkeypatch.setattr(together, "expire_together", watched)
    with transaction.atomic():
        tasks.sweep_once()
        found = left()
        assert events.verify() == []
        transaction.set_rollback(True)
    return found, lapsed


def refuse(page):
    raise RuntimeError("one by one, then")


@pytest.mark.parametrize("seed", range(3))
def test_together_they_leave_exactly_what_they_leave_one_by_one(wide, monkeypatch, seed):
    monkeypatch.setattr(together, "PAUSE", 0)
    monkeypatch.setattr(together, "PAGE", (3, 7, 100)[seed])
    dice = Random(seed)
    for kind in dice.sample(KINDS, len(KINDS)) + dice.choices(KINDS, k=6):
        kind(wide)
    before = left()
    with time_machine.travel(now() + timedelta(days=20), tick=False):
        late = set(Offer.objects.overdue(now()).values_list("pk", flat=True))
        apart, nobody = swept(monkeypatch, refuse)
        as_one, lapsed = swept(monkeypatch, actions.expire_together)

    assert (nobody, lapsed) == (set(), late)
    assert all(as_one[model] != before[model] for model in (Referral, Offer, Tie, TieDay, Event, Head, DBTaskResult))
    for model, rows in apart.items():
        assert as_one[model] == rows, model


def many(town, count, *services):
    return [ask(town, "cascade", *services) for _ in range(count)]


def late_offers():
    return list(Offer.objects.overdue(now()).order_by("referral"))


def test_a_page_takes_as_many_queries_for_twelve_referrals_as_for_three(wide):
    many(wide, 15, wide.harbour_service, wide.eastfield_service)
    counted = []
    with time_machine.travel(now() + timedelta(days=20), tick=False):
        actions.expire_together(late_offers()[:2])  # numbers that are read once, and rows of counters that are there from now on
        for count in (3, 10):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert len(actions.expire_together(late_offers()[:count])) == count
            counted.append(len(queries))

    assert counted[0] == counted[1]
    assert counted[0] <= 32


def test_the_first_task_does_the_work_of_all_and_settles_those_that_came_due(town, monkeypatch):
    monkeypatch.setattr(together, "PAUSE", 0)
    rows = many(town, 4, town.harbour_service, town.eastfield_service)
    mine = to(rows[0], town.harbour)
    with time_machine.travel(mine.respond_by + timedelta(seconds=1), tick=False):
        tasks.expire.func(str(mine.pk))

        assert {stands(to(row, town.harbour)) for row in rows} == {"rejected·no-response"}
        of_expiry = DBTaskResult.objects.filter(task_path=tasks.expire.module_path)
        assert list(of_expiry.filter(run_after__lte=now()).values_list("status", flat=True)) == ["SUCCESSFUL"] * 4
        assert list(of_expiry.filter(run_after__gt=now()).values_list("status", flat=True)) == ["READY"] * 4
        reminders = DBTaskResult.objects.filter(task_path=tasks.remind.module_path, run_after__lte=now())
        assert set(reminders.values_list("status", flat=True)) == {"READY"}
        with CaptureQueriesContext(connection) as queries:
            tasks.expire.func(str(mine.pk))
    assert len([q for q in queries if "SAVEPOINT" not in q["sql"]]) == 2  # nothing is overdue, and no task is due


def test_a_run_whose_time_is_over_makes_way_and_plans_the_rest(town, monkeypatch):
    monkeypatch.setattr(tasks, "AT_ONCE", timedelta(0))
    (row,) = many(town, 1, town.harbour_service)
    offer = to(row, town.harbour)
    DBTaskResult.objects.all().delete()
    with time_machine.travel(offer.respond_by + timedelta(seconds=1), tick=False):
        tasks.sweep_once()

        planned = DBTaskResult.objects.ready().get(task_path=tasks.expire.module_path)
    assert (stands(offer), planned.args_kwargs["args"]) == ("requested", [str(offer.pk)])


def test_a_poisoned_row_stops_no_other_and_its_own_task_fails(town, monkeypatch):
    monkeypatch.setattr(together, "PAUSE", 0)
    rows = many(town, 3, town.harbour_service)
    bad = to(by_eastfield(town, region.person(town.eastfield_worker, "EK")), town.harbour)
    Organization.objects.filter(pk=town.eastfield.pk).update(time_zone="Nowhere/Never")
    with time_machine.travel(bad.respond_by + timedelta(seconds=1), tick=False):
        tasks.expire.func(str(to(rows[0], town.harbour).pk))

        assert {stands(row) for row in rows} == {"requested·unplaced"}
        assert stands(bad) == "requested"
        with pytest.raises(Exception, match="Nowhere"):
            tasks.expire.func(str(bad.pk))
        with pytest.raises(Exception, match="Nowhere"):
            tasks.sweep_once()
    assert events.verify() == []


def test_a_poisoned_row_of_another_clock_stops_no_other_either(town, monkeypatch):
    first, second = sorted((to(row, town.harbour) for row in many(town, 2, town.harbour_service)), key=lambda offer: offer.pk)
    for offer in (first, second):
        actions.move(offer, "claim", by=town.harbour_worker)
    make = actions.engine.apply

    def poisoned(told):
        if told.verb == "lapse" and told.offer.pk == first.pk:
            raise ValueError("poison")
        make(told)

    monkeypatch.setattr(actions.engine, "apply", poisoned)
    over = to(first.referral, town.harbour).claim_until + timedelta(seconds=1)
    with time_machine.travel(over, tick=False), pytest.raises(ValueError, match="poison"):
        tasks.sweep_once()
    second.refresh_from_db()
    assert second.claimed_by is None


def test_an_offer_that_was_answered_meanwhile_is_left_out_of_its_page(town):
    rows = many(town, 4, town.harbour_service)
    with time_machine.travel(to(rows[0], town.harbour).respond_by + timedelta(seconds=1), tick=False):
        page = late_offers()
        taken, waits, full = (to(row, town.harbour) for row in rows[:3])
        actions.move(taken, "accept", by=town.harbour_worker)
        said = Said(on=now().date() + timedelta(days=20))  # a referral that waits may still be asked of others
        actions.move(actions.move(waits, "accept", by=town.harbour_worker), "waitlist", by=town.harbour_worker, said=said)
        actions.move(full, "reject", by=town.harbour_worker, said=Said(reason="full"))

        assert actions.expire_together(page) == {to(rows[3], town.harbour).pk}
    assert [stands(offer) for offer in (taken, waits, full)] == ["accepted", "accepted", "rejected·declined"]
