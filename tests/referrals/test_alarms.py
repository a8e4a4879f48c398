"""Alarms about crises that nobody answers: who is alerted when, of two who press one wins, and no crisis is ever left without somebody."""

from __future__ import annotations

import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from network.core import events
from network.core.actor import Role
from network.core.clock import now
from network.core.errors import BadInput, NotYours, Stale, WrongState
from network.core.models import Event
from network.demo import region
from network.referrals import actions, tasks
from network.referrals.actions import Decision, Draft, Said
from network.referrals.alarming import Cause, Chain, Span, causes, overlapping, step_after, uncovered
from network.referrals.lifecycle import At, Business, Status
from network.referrals.models import Alarm, Alert, CrisisPlan, Offer, Referral, Responder, Watch
from network.referrals.strategies import Candidate, following

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def harbour(town):
    """Harbour House with three who answer a crisis: Una on call, then Ben and Cid of the chain."""
    made = SimpleNamespace(org=town.harbour)
    for name in ("una", "ben", "cid"):
        user = region.member(town.harbour, f"{name}@harbour.test", Role.CASEWORKER, name=name.title())
        setattr(made, name, user)
        setattr(made, f"{name}_actor", region.actor(user))
    actions.set_plan(by=town.harbour_admin, step_minutes=5, protocol="Telephone first.", chain=[made.ben.pk, made.cid.pk], version=0)
    actions.add_watch(by=town.harbour_admin, user=made.una.pk, begins_at=now() - MINUTE, ends_at=now() + timedelta(days=1))
    return made


def crisis(town, *services, strategy="direct"):
    person = region.person(town.quayside_worker, f"S{uuid.uuid4().hex[:8]}", name="Amina Canary-Name")
    draft = actions.create_draft(Draft(person=person.pk, need="housing-support", urgency="crisis"), by=town.quayside_worker)
    terms = actions.usual_terms({town.harbour.pk, town.eastfield.pk}, how="in-person")
    said = Said(services=tuple(service.pk for service in services), strategy=strategy)
    return actions.send(draft, by=town.quayside_worker, said=said, decision=Decision(terms=terms))


@pytest.fixture
def alarm(town, harbour):
    """Harbour House let a crisis wait; Quayside has nobody else to ask."""
    row = crisis(town, town.harbour_service)
    with after(16):
        tasks.sweep_once()
    return Alarm.objects.get(referral=row, organization=town.harbour)


def after(minutes, tick=False):
    return time_machine.travel(now() + minutes * MINUTE, tick=tick)


def alarmed(row):
    """Open alarms by organisation, and whether as a sender."""
    return sorted((alarm.organization.name, alarm.offer_id is None) for alarm in Alarm.objects.open().filter(referral=row))


def alerts(alarm):
    return [(alert.user.name, alert.round) for alert in Alert.objects.filter(alarm=alarm).select_related("user").order_by("at", "pk")]


def to(row, organization):
    return Offer.objects.select_related("referral").filter(referral=row, organization=organization).latest("created_at")


# -- who is alarmed ----------------------------------------------------------------------------------------------------------------


def test_a_crisis_that_waits_alarms_who_let_it_wait_and_the_sender_once_nobody_is_left(town, harbour):
    row = crisis(town, town.harbour_service, town.eastfield_service, strategy="cascade")
    with after(16):
        tasks.sweep_once()
        assert alarmed(row) == [("Harbour House", False)]
    with after(32):
        tasks.sweep_once()
        assert alarmed(row) == [("Eastfield Centre", False), ("Harbour House", False), ("Quayside Advice", True)]


def test_a_crisis_that_everybody_declined_alarms_its_sender_at_once(town):
    row = crisis(town, town.harbour_service)
    assert alarmed(row) == []
    actions.move(to(row, town.harbour), "reject", by=town.harbour_worker, said=Said(reason="full"))

    assert Referral.objects.get(pk=row.pk).business_status == "escalated"
    assert alarmed(row) == [("Quayside Advice", True)]


def test_an_open_call_that_nobody_took_alarms_its_sender(town):
    row = crisis(town, strategy="open")
    with after(16):
        tasks.sweep_once()
        assert alarmed(row) == [("Quayside Advice", True)]


def test_what_is_no_crisis_alarms_nobody(town, sent):
    with after(60 * 24 * 20):
        tasks.sweep_once()

    assert not Alarm.objects.exists()


@pytest.mark.parametrize("verb", ["accept", "cancel", "withdraw", "correct"])
def test_an_answer_ends_every_alarm(town, alarm, verb):
    row = alarm.referral
    assert len(alarmed(row)) == 2
    if verb == "accept":
        actions.move(to(row, town.harbour), "accept", by=town.harbour_worker)
    else:
        reason = {"cancel": "sent-by-mistake", "correct": "wrong-person"}.get(verb)
        actions.move_referral(row, verb, by=town.quayside_worker, said=Said(reason=reason))

    assert alarmed(row) == []
    assert set(Event.objects.filter(kind="alarm.ended").values_list("organization__name", flat=True)) == {
        "Harbour House",
        "Quayside Advice",
    }
    assert not Alarm.objects.ringing().exists()


def test_whoever_takes_an_open_call_ends_the_alarm(town):
    row = crisis(town, strategy="open")
    with after(16):
        tasks.sweep_once()
        actions.move_referral(row, "take", by=town.eastfield_worker, said=Said(services=(town.eastfield_service.pk,)))

    assert alarmed(row) == []


def test_a_decline_ends_ones_own_alarm_and_nobody_elses(town, alarm):
    actions.move(to(alarm.referral, town.harbour), "reject", by=town.harbour_worker, said=Said(reason="full"))

    assert alarmed(alarm.referral) == [("Quayside Advice", True)]


def test_asking_somebody_else_relieves_the_sender_until_they_are_late_too(town, alarm):
    row = alarm.referral
    with after(17):
        actions.move_referral(row, "offer", by=town.quayside_worker, said=Said(services=(town.eastfield_service.pk,)))
        assert alarmed(row) == [("Harbour House", False)]
    with after(33):
        tasks.sweep_once()
        assert alarmed(row) == [("Eastfield Centre", False), ("Harbour House", False), ("Quayside Advice", True)]


def test_an_acceptance_by_mistake_that_is_taken_back_alarms_again(town, alarm):
    row = alarm.referral
    with after(17):
        accepted = actions.move(to(row, town.harbour), "accept", by=town.harbour_worker)
        assert alarmed(row) == []
        actions.undo_accept(accepted, by=town.harbour_worker, seconds=10)

    assert alarmed(row) == [("Harbour House", False), ("Quayside Advice", True)]


offers = st.lists(st.tuples(st.sampled_from(["draft", "requested", "rejected", "cancelled", "accepted"]), st.booleans()), max_size=5)


@given(offers, st.booleans())
def test_an_escalated_crisis_always_has_somebody_alarmed_or_a_clock_that_runs(made, was_escalated):
    rows = [
        Candidate(uuid.uuid4(), status, "", n, status == "accepted", uuid.uuid4(), is_late=late) for n, (status, late) in enumerate(made)
    ]
    before = At(Status.REQUESTED, Business.ESCALATED if was_escalated else Business.OFFERED)
    found = following(rows, "crisis", before)
    if found.referral is None:
        return
    if found.ask is not None:
        rows = [Candidate(*(r.id, "requested", "", r.position, False, r.organization)) if r.id == found.ask else r for r in rows]
    alarmed_now = causes("crisis", found.referral, uuid.uuid4(), rows)

    in_time = any(row.status == "requested" and not row.is_late for row in rows)
    assert found.referral.status is not Status.REQUESTED or in_time or alarmed_now


def test_nobody_is_alarmed_of_what_is_answered_or_no_crisis():
    late = Candidate(uuid.uuid4(), "requested", "", 0, False, uuid.uuid4(), is_late=True)

    assert causes("crisis", At(Status.ACCEPTED), uuid.uuid4(), [late]) == frozenset()
    assert causes("urgent", At(Status.REQUESTED, Business.OFFERED), uuid.uuid4(), [late]) == frozenset()
    assert causes("crisis", At(Status.REQUESTED, Business.OFFERED), uuid.uuid4(), [late]) == {Cause(late.organization, late.id)}


# -- the chain ---------------------------------------------------------------------------------------------------------------------


def test_the_chain_climbs_from_who_is_on_call_and_begins_again_at_its_end(town, harbour, alarm):
    assert alerts(alarm) == [("Una", 1)]
    for minutes in (22, 28, 34, 40):
        with after(minutes):
            tasks.sweep_once()

    assert alerts(alarm) == [("Una", 1), ("Ben", 1), ("Cid", 1), ("Una", 2), ("Ben", 2)]
    assert Alarm.objects.unanswered().filter(pk=alarm.pk).exists()


def test_a_sweep_that_comes_too_early_alerts_nobody(town, alarm):
    with after(18):
        tasks.sweep_once()
    assert alerts(alarm) == [("Una", 1)]


def test_a_task_that_comes_late_twice_or_never_does_no_harm(town, alarm):
    with after(22):
        tasks.step_alarm.func(str(alarm.pk))
        tasks.step_alarm.func(str(alarm.pk))
        tasks.step_alarm.func(str(uuid.uuid4()))

    assert alerts(alarm) == [("Una", 1), ("Ben", 1)]


def test_where_nobody_is_named_the_team_is_alerted(town):
    row = crisis(town, town.eastfield_service)
    with after(16):
        tasks.sweep_once()
    alarm = Alarm.objects.get(referral=row, organization=town.eastfield)

    assert alerts(alarm) == [("Worker of eastfield", 1)]
    with after(22):
        tasks.sweep_once()
    assert alerts(alarm)[1:] == [("Admin of eastfield", 1)]


def test_an_organisation_without_anybody_rings_on_and_is_shown_to_coordinators(town, alarm):
    from network.accounts.models import Membership

    Membership.objects.filter(organization=town.harbour).update(until=now())
    with after(22):
        tasks.sweep_once()
    alarm.refresh_from_db()

    assert (alarm.alerted, alarm.is_ringing) == (None, True)
    assert Alarm.objects.unanswered().filter(pk=alarm.pk).exists()


def test_whoever_left_is_alerted_no_more(town, harbour, alarm):
    from network.accounts.models import Membership

    Membership.objects.filter(user=harbour.ben).update(until=now())
    with after(22):
        tasks.sweep_once()

    assert alerts(alarm) == [("Una", 1), ("Cid", 1)]


@given(st.lists(st.integers(0, 4), max_size=3), st.lists(st.integers(0, 4), max_size=4))
def test_everybody_of_the_chain_is_alerted_once_before_anybody_is_twice(on_call, named):
    ids = [uuid.UUID(int=n) for n in range(5)]
    chain = Chain(tuple(ids[n] for n in on_call), tuple(ids[n] for n in named), tuple(ids))
    alerted = []
    while True:
        user, begins_anew = chain.following(alerted)
        if begins_anew:
            break
        alerted.append(user)

    assert alerted == chain.order
    assert user == chain.order[0]


# -- acknowledging -----------------------------------------------------------------------------------------------------------------


def test_one_press_stops_the_ringing_and_not_the_referral(town, harbour, alarm):
    with after(17):
        done = actions.acknowledge(alarm, by=harbour.ben_actor)
    with after(300):
        tasks.sweep_once()

    assert (done.acknowledged_by, done.responsible, done.is_ringing) == (harbour.ben, harbour.ben, False)
    assert alerts(alarm) == [("Una", 1)]
    assert alarm.referral.offers.get().status == "requested"
    assert Event.objects.filter(kind="alarm.acknowledged").get().actor == f"user/{harbour.ben.pk}"


def test_of_two_who_acknowledge_the_second_is_told_who_was_first(town, harbour, alarm):
    actions.acknowledge(alarm, by=harbour.una_actor)

    with pytest.raises(WrongState) as refusal:
        actions.acknowledge(alarm, by=harbour.ben_actor)
    assert refusal.value.facts["name"] == "Una"
    assert refusal.value.facts["state"] == "acknowledged"


def test_the_sender_hears_that_somebody_takes_care_and_not_who(town, harbour, alarm, call):
    actions.acknowledge(alarm, by=harbour.una_actor)

    told = Event.objects.get(kind="referral.acknowledged", organization=town.quayside)
    assert told.actor == f"organization/{town.harbour.pk}"
    timeline = call(town.quayside_user).get(f"referrals/{alarm.referral_id}/timeline").json()
    assert "Una" not in str(timeline)
    assert [entry["by"] for entry in timeline if entry["kind"] == "referral.acknowledged"] == ["Harbour House"]


def test_after_a_press_the_clock_comes_second_and_before_it_the_press_still_counts(town, harbour, alarm):
    with after(22):
        actions.acknowledge(alarm, by=harbour.una_actor)
        with pytest.raises(WrongState):
            actions.climb(alarm)
    other = crisis(town, town.harbour_service)
    with after(60):
        tasks.sweep_once()
    ringing = Alarm.objects.get(referral=other, organization=town.harbour)
    with after(66):
        actions.climb(ringing)
        actions.acknowledge(ringing, by=harbour.una_actor)  # read before the clock moved it on

    assert not Alarm.objects.get(pk=ringing.pk).is_ringing


def test_an_alarm_that_ended_is_acknowledged_by_nobody(town, harbour, alarm):
    actions.move(to(alarm.referral, town.harbour), "accept", by=town.harbour_worker)

    with pytest.raises(WrongState) as refusal:
        actions.acknowledge(alarm, by=harbour.una_actor)
    assert refusal.value.facts["state"] == "ended"


def test_only_a_person_of_the_organisation_acknowledges(town, alarm):
    for by in (town.quayside_worker, town.eastfield_worker, town.coordinator):
        with pytest.raises(NotYours):
            actions.acknowledge(alarm, by=by)


# -- handing over ------------------------------------------------------------------------------------------------------------------


def test_until_a_colleague_confirms_the_first_stays_responsible(town, harbour, alarm):
    actions.acknowledge(alarm, by=harbour.una_actor)
    asked = actions.hand_over(alarm, by=harbour.una_actor, to=harbour.ben.pk)
    assert (asked.responsible, asked.handing_to) == (harbour.una, harbour.ben)

    with pytest.raises(WrongState):
        actions.take_over(alarm, by=harbour.cid_actor)
    done = actions.take_over(alarm, by=harbour.ben_actor)

    assert (done.responsible, done.handing_to, done.acknowledged_by) == (harbour.ben, None, harbour.una)


def test_a_hand_over_can_be_turned_down_or_taken_back(town, harbour, alarm):
    actions.acknowledge(alarm, by=harbour.una_actor)
    for by in (harbour.ben_actor, harbour.una_actor):
        actions.hand_over(alarm, by=harbour.una_actor, to=harbour.ben.pk)
        with pytest.raises(NotYours):
            actions.keep_alarm(alarm, by=harbour.cid_actor)
        kept = actions.keep_alarm(alarm, by=by)
        assert (kept.responsible, kept.handing_to) == (harbour.una, None)
    with pytest.raises(WrongState):
        actions.take_over(alarm, by=harbour.ben_actor)


def test_only_who_is_responsible_hands_over_or_an_admin_in_their_place(town, harbour, alarm):
    with pytest.raises(WrongState):
        actions.hand_over(alarm, by=harbour.una_actor, to=harbour.ben.pk)
    actions.acknowledge(alarm, by=harbour.una_actor)
    with pytest.raises(NotYours):
        actions.hand_over(alarm, by=harbour.ben_actor, to=harbour.ben.pk)
    for wrong in (town.quayside_user.pk, harbour.una.pk, uuid.uuid4()):
        with pytest.raises(BadInput):
            actions.hand_over(alarm, by=harbour.una_actor, to=wrong)

    assert actions.hand_over(alarm, by=town.harbour_admin, to=harbour.cid.pk).handing_to == harbour.cid


def test_an_alarm_whose_keeper_leaves_rings_again(town, harbour, alarm):
    from network.accounts.models import Membership

    actions.acknowledge(alarm, by=harbour.una_actor)
    tasks.sweep_once()
    assert not Alarm.objects.ringing().filter(pk=alarm.pk).exists()
    Membership.objects.filter(user=harbour.una).update(until=now())
    tasks.sweep_once()
    tasks.sweep_once()
    alarm.refresh_from_db()

    assert (alarm.is_ringing, alarm.alerted, alarm.responsible, alarm.round) == (True, harbour.ben, None, 2)


def test_after_three_rounds_the_chain_is_called_less_often():
    assert [step_after(5, number) // MINUTE for number in (1, 3, 4, 99)] == [5, 5, 30, 30]


# -- drills ------------------------------------------------------------------------------------------------------------------------


def test_a_drill_goes_the_same_way_and_touches_no_referral(town, harbour):
    drill = actions.start_drill(by=town.harbour_admin)
    for minutes in (6, 12):
        with after(minutes):
            tasks.sweep_once()
    with after(13):
        done = actions.acknowledge(drill, by=harbour.cid_actor)

    assert alerts(drill) == [("Una", 1), ("Ben", 1), ("Cid", 1)]
    assert (done.referral, done.offer, done.is_drill) == (None, None, True)
    assert not Alarm.objects.unanswered().exists()
    assert set(Event.objects.filter(subject=f"alarm/{drill.pk}").values_list("organization__name", flat=True)) == {"Harbour House"}


def test_a_drill_ends_by_itself_after_an_hour(town, harbour):
    drill = actions.start_drill(by=town.harbour_admin)
    with pytest.raises(WrongState):
        actions.start_drill(by=town.harbour_admin)
    with after(59):
        tasks.stop_drill.func(str(drill.pk))
        assert Alarm.objects.open().filter(pk=drill.pk).exists()
    with after(61):
        tasks.sweep_once()

    assert not Alarm.objects.open().filter(pk=drill.pk).exists()
    assert actions.start_drill(by=town.harbour_admin).pk != drill.pk


def test_a_drill_is_the_admins_to_start_and_end_and_a_real_alarm_nobodys_to_end(town, harbour, alarm):
    with pytest.raises(NotYours):
        actions.start_drill(by=harbour.una_actor)
    drill = actions.start_drill(by=town.harbour_admin)
    for by in (harbour.una_actor, town.quayside_admin):
        with pytest.raises(NotYours):
            actions.end_drill(drill, by=by)
    with pytest.raises(WrongState):
        actions.end_drill(alarm, by=town.harbour_admin)

    assert actions.end_drill(drill, by=town.harbour_admin).ended_at is not None


# -- plan and rota -----------------------------------------------------------------------------------------------------------------


def test_a_plan_that_changed_meanwhile_is_not_overwritten(town, harbour):
    with pytest.raises(Stale):
        actions.set_plan(by=town.harbour_admin, step_minutes=7, protocol="", chain=[], version=0)

    plan = CrisisPlan.objects.get(pk=town.harbour.pk)
    actions.set_plan(by=town.harbour_admin, step_minutes=7, protocol="", chain=[harbour.cid.pk], version=plan.version)
    assert list(Responder.objects.values_list("user", "position")) == [(harbour.cid.pk, 0)]


@pytest.mark.parametrize("wrong", ["stranger", "twice", "minutes", "long"])
def test_a_plan_that_makes_no_sense_is_refused_and_nothing_changes(town, harbour, wrong):
    said = {"step_minutes": 5, "protocol": "", "chain": [harbour.ben.pk], "version": 1}
    said |= {
        "stranger": {"chain": [town.quayside_user.pk]}, "twice": {"chain": [harbour.ben.pk] * 2}, "minutes": {"step_minutes": 0},
        "long": {"protocol": "x" * 4001},
    }[wrong]  # fmt: skip

    with pytest.raises(BadInput):
        actions.set_plan(by=town.harbour_admin, **said)
    assert Responder.objects.count() == 2


def test_only_an_admin_keeps_plan_and_rota(town, harbour):
    watch = Watch.objects.get()
    with pytest.raises(NotYours):
        actions.set_plan(by=harbour.una_actor, step_minutes=5, protocol="", chain=[], version=1)
    with pytest.raises(NotYours):
        actions.add_watch(by=harbour.una_actor, user=harbour.una.pk, begins_at=now(), ends_at=now() + MINUTE)
    with pytest.raises(NotYours):
        actions.remove_watch(watch, by=town.quayside_admin)

    actions.remove_watch(watch, by=town.harbour_admin)
    assert not Watch.objects.exists()


@pytest.mark.parametrize(("begins", "ends"), [(2, 1), (1, 1), (-3, -2), (1, 24 * 32), (24 * 367, 24 * 367 + 1)])
def test_a_watch_in_no_time_too_long_or_over_is_refused(town, harbour, begins, ends):
    at, hour = now(), timedelta(hours=1)
    with pytest.raises(BadInput):
        actions.add_watch(by=town.harbour_admin, user=harbour.ben.pk, begins_at=at + begins * hour, ends_at=at + ends * hour)


spans = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), max_size=6)


@given(spans)
def test_gaps_and_overlaps_are_the_minutes_with_nobody_and_with_two(made):
    start = now().replace(microsecond=0)
    rows = [Span(start + begin * MINUTE, start + (begin + long) * MINUTE) for begin, long in made]
    until = start + 60 * MINUTE

    def inside(found, minute):
        return any(span.begins <= start + minute * MINUTE < span.ends for span in found)

    gaps, doubled = uncovered(rows, start, until), overlapping(rows)
    for minute in range(60):
        count = sum(begin <= minute < begin + long for begin, long in made)
        assert inside(gaps, minute) == (count == 0)
        assert inside(doubled, minute) == (count > 1)


# -- what the database refuses -----------------------------------------------------------------------------------------------------


LIES = {
    "a drill with a referral": {"is_drill": True},
    "no referral and no drill": {"referral": None, "offer": None},
    "an acknowledgement by nobody": {"acknowledged_at": now()},
    "a round that was not counted": {"round": 0},
    "silence that nobody made": {"step_at": None},
    "an end before the beginning": {"ended_at": now() - timedelta(days=2), "step_at": None},
    "a hand-over of what nobody took on": {"handing_at": now()},
}


@pytest.mark.parametrize("lie", LIES)
def test_the_database_refuses_an_alarm_that_lies(town, alarm, lie):
    with pytest.raises(IntegrityError), transaction.atomic():
        Alarm.objects.filter(pk=alarm.pk).update(**LIES[lie])


def test_the_database_refuses_an_alarm_handed_to_who_has_it(town, harbour, alarm):
    actions.acknowledge(alarm, by=harbour.una_actor)
    with pytest.raises(IntegrityError), transaction.atomic():
        Alarm.objects.filter(pk=alarm.pk).update(handing_to=harbour.una, handing_at=now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Alarm.objects.filter(pk=alarm.pk).update(responsible=None)


def test_the_database_refuses_a_second_alarm_of_the_same(town, harbour, alarm):
    sender = Alarm.objects.get(referral=alarm.referral, offer=None)
    drill = actions.start_drill(by=town.harbour_admin)
    for row in (alarm, sender, drill):
        row.pk = uuid.uuid4()
        row.refresh = None
        with pytest.raises(IntegrityError), transaction.atomic():
            Alarm.objects.bulk_create([row])


def test_the_database_refuses_other_lies_of_plan_and_rota(town, harbour, alarm):
    for rows, values in (
        (CrisisPlan.objects.all(), {"step_minutes": 0}), (CrisisPlan.objects.all(), {"step_minutes": 61}),
        (Responder.objects.all(), {"position": 3}), (Responder.objects.all(), {"user": harbour.una}),
        (Watch.objects.all(), {"ends_at": now() - timedelta(days=3)}),
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**values)
    watch, alert = Watch.objects.get(), Alert.objects.filter(alarm=alarm).get()
    for row in (watch, alert):
        row.pk = uuid.uuid4()
        with pytest.raises(IntegrityError), transaction.atomic():
            type(row).objects.bulk_create([row])


# -- the wire ----------------------------------------------------------------------------------------------------------------------


def test_a_colleague_reads_who_is_next_and_acknowledges_by_the_href(town, harbour, alarm, call):
    una = call(harbour.una)
    body = una.get(f"alarms/{alarm.pk}").json()
    assert (body["state"], body["alerted"]["name"], body["next"]["name"]) == ("ringing", "Una", "Ben")
    assert body["actions"] == [{"verb": "acknowledge", "href": f"/api/v1/alarms/{alarm.pk}/acknowledge"}]

    done = una.post(body["actions"][0]["href"]).json()
    assert (done["state"], done["responsible"]["name"]) == ("acknowledged", "Una")
    second = call(harbour.ben).post(body["actions"][0]["href"])
    assert (second.status_code, second.json()["name"]) == (409, "Una")


def test_a_repeated_press_is_answered_as_the_first(town, harbour, alarm, call):
    una = call(harbour.una)
    first, again = (una.post(f"alarms/{alarm.pk}/acknowledge", key="one-key") for _ in range(2))

    assert (first.status_code, again.status_code, again["Idempotency-Replayed"]) == (200, 200, "true")
    assert Event.objects.filter(kind="alarm.acknowledged").count() == 1


def test_a_stranger_and_the_other_side_find_no_alarm(town, harbour, alarm, call):
    for user in (town.quayside_user, town.eastfield_user, town.coordinator_user):
        caller = call(user)
        assert caller.get(f"alarms/{alarm.pk}").status_code == 404
        assert str(alarm.pk) not in caller.get("alarms").content.decode()
        assert caller.post(f"alarms/{alarm.pk}/acknowledge").status_code == 404


def test_a_partner_system_reads_alarms_and_promises_nothing(town, harbour, alarm, call, system):
    token = system(by=town.harbour_admin)
    assert call(token=token).get(f"alarms/{alarm.pk}").json()["actions"] == []
    assert call(token=token).post(f"alarms/{alarm.pk}/acknowledge").status_code == 403


def test_coordinators_read_of_a_chain_that_ran_out_by_reference_alone(town, harbour, alarm, call):
    coordinator = call(town.coordinator_user)
    assert coordinator.get("alarms/unanswered").json()["results"] == []
    for minutes in (22, 28, 34):
        with after(minutes):
            tasks.sweep_once()

    found = {row["organization"]["name"]: row for row in coordinator.get("alarms/unanswered").json()["results"]}
    assert found["Harbour House"]["reference"] == alarm.referral.reference
    assert found["Harbour House"]["rounds"] == 2
    assert "Una" not in str(found)
    assert "Canary" not in str(found)
    assert call(town.harbour_user).get("alarms/unanswered").status_code == 404


def test_the_plan_by_api_names_gaps_and_asks_for_the_tag(town, harbour, call):
    admin = call(town.harbour_admin_user)
    body = admin.get("crisis-plan")
    assert [user["name"] for user in body.json()["alerted_in_this_order"]] == ["Una", "Ben", "Cid"]
    assert len(body.json()["gaps"]) == 1

    said = {"step_minutes": 3, "protocol": "", "chain": [str(harbour.cid.pk)]}
    assert admin.send("PUT", "crisis-plan", said).status_code == 428
    assert admin.send("PUT", "crisis-plan", said, tag='"old"').status_code == 412
    changed = admin.send("PUT", "crisis-plan", said, tag=body["ETag"])
    assert (changed.status_code, changed.json()["step_minutes"]) == (200, 3)
    wrong = admin.send("PUT", "crisis-plan", {**said, "chain": ["x"]}, tag=changed["ETag"])
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"][:6]) == (422, "/chain")
    assert call(harbour.una).send("PUT", "crisis-plan", said, tag="*").status_code == 403


@pytest.mark.parametrize("path", ["alarms", "alarms/unanswered"])
def test_a_list_of_alarms_takes_the_same_queries_for_three_as_for_thirty(town, harbour, call, path):
    caller = call(town.coordinator_user if "/" in path else harbour.una)
    costs = []
    for count in (3, 27):
        for _ in range(count):
            crisis(town, town.harbour_service)
        with after(16):
            tasks.sweep_once()
        Alarm.objects.update(round=2)
        Alert.objects.update(round=2)
        caller.get("me")
        with CaptureQueriesContext(connection) as queries:
            answer = caller.get(path)
        assert len(answer.json()["results"]) >= count
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 14, costs


def test_the_log_still_verifies(town, harbour, alarm):
    actions.acknowledge(alarm, by=harbour.una_actor)
    assert events.verify() == []
