"""Who of a team has an offer: claims that lapse, absences and their cover, many handed over at once, and what a leaver had."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django_tasks_db.models import DBTaskResult
from hypothesis import given
from hypothesis import strategies as st

from network.accounts.absence import Away, stand_in
from network.accounts.actions import be_away, be_back, change_role, end_membership
from network.accounts.models import Absence, Membership
from network.core import events
from network.core.actor import CLOCK, Role
from network.core.clock import now
from network.core.errors import BadInput, NotYours, SayMore, Stale, WrongState
from network.core.models import Event
from network.demo import region
from network.partners.models import Holiday, Schedule
from network.referrals import actions, deadlines, tasks
from network.referrals.actions import Decision, Draft, Said
from network.referrals.actions.team import MOST_AT_ONCE
from network.referrals.models import CaseMember, Looking, Offer, Referral, Snooze

pytestmark = pytest.mark.django_db
WEDNESDAY = datetime(2026, 3, 4, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def clock():
    """Wednesday, three in the afternoon; `to` goes on from there."""
    with time_machine.travel(WEDNESDAY, tick=False) as traveller:
        yield traveller.move_to


@pytest.fixture
def team(clock, town):
    """Harbour House is open from nine to five; beside its worker there are Bo and Cy."""
    type(town.harbour).objects.filter(pk=town.harbour.pk).update(time_zone="UTC")
    town.harbour.refresh_from_db()
    town.bo_user, town.cy_user = (region.member(town.harbour, f"{name}@harbour.test", Role.CASEWORKER, name=name) for name in ("Bo", "Cy"))
    town.bo, town.cy = region.actor(town.bo_user), region.actor(town.cy_user)
    return town


def ask(town, code="T1", urgency="soon"):
    person = region.person(town.quayside_worker, code, name=code)
    draft = actions.create_draft(Draft(person=person.pk, need="housing-support", urgency=urgency), by=town.quayside_worker)
    terms = actions.usual_terms({town.harbour.pk, town.eastfield.pk}, how="in-person")
    said = Said(services=(town.harbour_service.pk,))
    row = actions.send(draft, by=town.quayside_worker, said=said, decision=Decision(terms=terms))
    return Offer.objects.select_related("referral").get(referral=row)


@pytest.fixture
def asked(team):
    return ask(team)


def fresh(offer):
    return Offer.objects.select_related("referral").get(pk=offer.pk)


def on_case(offer):
    rows = CaseMember.objects.filter(referral=offer.referral_id, organization=offer.organization_id, until__isnull=True)
    return set(rows.values_list("user", flat=True))


def claim(offer, by):
    return actions.move(fresh(offer), "claim", by=by)


def membership(user):
    return Membership.objects.select_related("organization").get(user=user, until__isnull=True)


def away(user, by=None, cover=None, first=0, last=3):
    today = now().date()
    days = {"begins_on": today + timedelta(days=first), "ends_on": today + timedelta(days=last)}
    return be_away(membership(user), by=by or region.actor(user), cover=cover.pk if cover else None, **days)


# -- claims ------------------------------------------------------------------------------------------------------------------


def test_a_claim_lapses_after_four_open_hours_and_not_a_minute_before(team, asked, clock):
    claimed = claim(asked, team.bo)
    assert claimed.claim_until == datetime(2026, 3, 5, 11, tzinfo=UTC)  # two hours today, two tomorrow

    clock(claimed.claim_until - timedelta(minutes=1))
    tasks.lapse.func(str(asked.pk))
    assert fresh(asked).claimed_by == team.bo_user
    clock(claimed.claim_until)
    tasks.lapse.func(str(asked.pk))

    row = fresh(asked)
    assert (row.claimed_by, row.claimed_at, row.claim_until, row.status) == (None, None, None, "requested")
    assert on_case(asked) == set()
    heard = Event.objects.filter(kind__endswith=".lapse").values_list("organization__name", "kind", "actor")
    assert set(heard) == {("Harbour House", "referral.lapse", "clock/"), ("Harbour House", "offer.lapse", "clock/")}
    assert events.verify() == []


def test_its_task_is_planned_with_the_claim_and_the_sweep_does_what_a_lost_one_would(team, asked, clock):
    claimed = claim(asked, team.bo)
    (planned,) = [task for task in DBTaskResult.objects.all() if task.task_path.endswith("tasks.lapse")]
    assert planned.run_after == claimed.claim_until

    DBTaskResult.objects.all().delete()
    clock(claimed.claim_until + HOUR / 60)
    tasks.sweep_once()
    tasks.sweep_once()

    assert fresh(asked).claimed_by is None
    assert Event.objects.filter(kind="offer.lapse").count() == 1


def test_weekends_holidays_and_the_organisations_own_zone_are_no_open_time(team, asked, clock):
    Schedule.objects.create(organization=team.harbour, byday="MO,TU,WE,TH", opens_at="08:00", closes_at="10:00")
    Holiday.objects.create(organization=team.harbour, on="2026-03-09")
    type(team.harbour).objects.filter(pk=team.harbour.pk).update(time_zone="America/Boise")
    # Eight in the morning there is three in the afternoon here, and from the eighth on two: two hours now, two on Thursday.
    assert claim(asked, team.bo).claim_until == datetime(2026, 3, 5, 17, tzinfo=UTC)

    clock(datetime(2026, 3, 5, 16, tzinfo=UTC))
    assert claim(asked, team.cy).claim_until == datetime(2026, 3, 11, 15, tzinfo=UTC)  # an hour, then Tuesday's two, then one


def test_the_claim_of_a_crisis_is_counted_around_the_clock(team):
    asked = ask(team, urgency="crisis")

    assert claim(asked, team.bo).claim_until == now() + timedelta(minutes=15)


def test_nothing_lapses_after_the_answer(team, asked, clock):
    claim(asked, team.bo)
    accepted = actions.move(fresh(asked), "accept", by=team.bo)
    clock(WEDNESDAY + timedelta(days=3))
    tasks.sweep_once()

    assert (accepted.claim_until, fresh(asked).claimed_by) == (None, team.bo_user)
    assert on_case(asked) == {team.bo_user.pk}


def test_a_claim_stands_while_a_question_waits_and_begins_anew_with_its_answer(team, asked, clock):
    claim(asked, team.bo)
    actions.move(fresh(asked), "ask", by=team.bo, said=Said(text="When?"))
    assert fresh(asked).claim_until is None
    clock(datetime(2026, 3, 6, 9, tzinfo=UTC))
    tasks.sweep_once()
    actions.move(fresh(asked), "answer", by=team.quayside_worker, said=Said(text="Any day."))

    assert (fresh(asked).claimed_by, fresh(asked).claim_until) == (team.bo_user, datetime(2026, 3, 6, 13, tzinfo=UTC))


def test_a_question_that_nobody_answers_lets_the_claim_run_on(team, asked, clock):
    claim(asked, team.bo)
    actions.move(fresh(asked), "ask", by=team.bo, said=Said(text="When?"))
    clock(fresh(asked).question_until)
    tasks.resume.func(str(asked.pk))

    assert fresh(asked).claim_until == deadlines.claim_until("soon", now(), _hours(team))


def _hours(team):
    from network.partners.hours import hours_of

    return hours_of([team.harbour.pk])[team.harbour.pk]


def test_a_decline_that_can_still_be_undone_keeps_the_claim(team, asked, clock):
    claimed = claim(asked, team.bo)
    clock(claimed.claim_until - timedelta(seconds=5))
    actions.hold_decline(fresh(asked), by=team.bo, said=Said(reason="full"), seconds=30)
    clock(claimed.claim_until)

    assert not Offer.objects.claims_over(now()).exists()
    with pytest.raises(WrongState):
        actions.move(fresh(asked), "lapse", by=CLOCK)


def test_a_partner_system_is_no_colleague_who_could_have_it(team, asked, system, call):
    caller = call(token=system(by=team.harbour_admin))
    assert "claim" not in {each["verb"] for each in caller.get(f"offers/{asked.pk}").json()["actions"]}

    assert caller.post(f"offers/{asked.pk}/claim", {}, tag="*").status_code == 403


def test_of_two_who_claim_at_once_the_second_hears_that_it_changed(team, asked):
    drawn = fresh(asked)
    actions.move(drawn, "claim", by=team.bo, version=drawn.version)

    with pytest.raises(Stale):
        actions.move(drawn, "claim", by=team.cy, version=drawn.version)
    assert fresh(asked).claimed_by == team.bo_user


def test_a_claim_that_lapses_while_it_is_accepted_leaves_the_acceptance(team, asked, clock):
    claimed = claim(asked, team.bo)
    clock(claimed.claim_until)
    due = Offer.objects.claims_over(now()).select_related("referral").get()
    actions.move(fresh(asked), "accept", by=team.bo)

    with pytest.raises(WrongState):
        actions.move(due, "lapse", by=CLOCK)
    assert (fresh(asked).status, fresh(asked).claimed_by, on_case(asked)) == ("accepted", team.bo_user, {team.bo_user.pk})


def test_and_an_acceptance_after_the_lapse_is_still_one(team, asked, clock):
    claimed = claim(asked, team.bo)
    clock(claimed.claim_until)
    actions.move(fresh(asked), "lapse", by=CLOCK)
    actions.move(claimed, "accept", by=team.bo)

    assert (fresh(asked).status, on_case(asked)) == ("accepted", {team.bo_user.pk})


def test_one_press_takes_over_and_accepts(team, asked):
    claim(asked, team.bo)
    actions.move(fresh(asked), "accept", by=team.cy)

    row = fresh(asked)
    assert (row.status, row.claimed_by, on_case(asked)) == ("accepted", team.cy_user, {team.cy_user.pk})


def test_while_an_offer_waits_one_colleague_has_it_and_after_the_answer_a_case_may_have_several(team, asked):
    claim(asked, team.bo)
    actions.move_referral(asked.referral, "assign", by=team.bo, said=Said(assignee=team.cy_user.pk))
    assert (fresh(asked).claimed_by, on_case(asked)) == (team.cy_user, {team.cy_user.pk})
    assert fresh(asked).claim_until is not None

    actions.move(fresh(asked), "accept", by=team.cy)
    actions.move_referral(fresh(asked).referral, "assign", by=team.cy, said=Said(assignee=team.bo_user.pk))
    assert on_case(asked) == {team.cy_user.pk, team.bo_user.pk}


def test_who_is_asked_hands_it_over_although_anybody_may_take_it_besides(team, asked):
    actions.move_referral(asked.referral, "offer", by=team.quayside_worker, said=Said(strategy="open"))
    actions.move_referral(fresh(asked).referral, "assign", by=team.bo, said=Said(assignee=team.cy_user.pk))

    assert fresh(asked).claimed_by == team.cy_user


def test_giving_it_back_takes_one_off_the_case(team, asked):
    claim(asked, team.bo)
    actions.move(fresh(asked), "unclaim", by=team.bo)

    assert (fresh(asked).claimed_by, on_case(asked)) == (None, set())


def test_an_acceptance_that_is_undone_leaves_a_claim_that_lapses(team, asked, clock):
    claim(asked, team.bo)
    clock(WEDNESDAY + timedelta(seconds=20))
    accepted = actions.move(fresh(asked), "accept", by=team.bo)
    actions.undo_accept(accepted, by=team.bo, seconds=10)
    again = Offer.objects.get(referral=asked.referral_id, status="requested")

    assert again.claimed_by == team.bo_user
    assert again.claim_until == deadlines.claim_until("soon", now(), _hours(team))


def test_no_other_organisation_hears_who_has_it(team, asked, call):
    claim(asked, team.bo)
    (seen,) = call(team.quayside_user).get(f"referrals/{asked.referral_id}").json()["offers"]

    assert (seen["claimed_by"], seen["claim_until"], seen["snoozed_until"]) == (None, None, None)
    assert not Event.objects.filter(organization=team.quayside, kind__endswith="claim").exists()


@pytest.mark.parametrize("values", [{"claimed_by": None, "claimed_at": None}, {"status": "rejected", "ended_at": WEDNESDAY + HOUR}])
def test_the_database_refuses_a_claim_that_lapses_without_being_one(team, asked, values):
    claim(asked, team.bo)

    with pytest.raises(IntegrityError), transaction.atomic():
        Offer.objects.filter(pk=asked.pk).update(**values)


# -- away --------------------------------------------------------------------------------------------------------------------


def test_what_somebody_had_claimed_goes_to_whoever_covers_from_the_first_day_on(team, asked, clock):
    claim(asked, team.bo)
    away(team.bo_user, cover=team.cy_user, first=1)
    tasks.sweep_once()
    assert fresh(asked).claimed_by == team.bo_user

    clock(datetime(2026, 3, 5, 0, 1, tzinfo=UTC))
    tasks.sweep_once()
    tasks.sweep_once()

    assert (fresh(asked).claimed_by, on_case(asked)) == (team.cy_user, {team.cy_user.pk})
    assert fresh(asked).claim_until == datetime(2026, 3, 5, 13, tzinfo=UTC)
    assert Event.objects.filter(kind="offer.cover", actor="clock/").count() == 1
    assert events.verify() == []


def test_without_a_cover_it_goes_back_to_the_team(team, asked):
    claim(asked, team.bo)
    away(team.bo_user)
    tasks.sweep_once()

    assert (fresh(asked).claimed_by, on_case(asked)) == (None, set())


def test_a_cover_who_is_away_too_passes_it_on_once(team, asked):
    claim(asked, team.bo)
    away(team.bo_user, cover=team.cy_user)
    away(team.cy_user, cover=team.harbour_user)
    tasks.sweep_once()

    assert fresh(asked).claimed_by == team.harbour_user


def test_two_who_cover_for_each_other_leave_it_to_the_team(team, asked):
    claim(asked, team.bo)
    away(team.bo_user, cover=team.cy_user)
    away(team.cy_user, cover=team.bo_user)
    tasks.sweep_once()

    assert fresh(asked).claimed_by is None


@given(st.dictionaries(st.integers(0, 5), st.none() | st.integers(0, 5), max_size=6), st.integers(0, 5))
def test_nobody_who_is_away_stands_in_and_nothing_travels_further_than_two(covers, user):
    gone = {who: Away(who, cover, WEDNESDAY, WEDNESDAY.date()) for who, cover in covers.items() if cover != who}
    found = stand_in(user, gone)

    assert found not in gone
    near = {user, gone[user].cover} if user in gone else {user}
    near |= {gone[each].cover for each in list(near) if each in gone}
    assert found is None or found in near
    if user in gone and gone[user].cover not in gone:
        assert found == gone[user].cover


def test_what_is_assigned_to_somebody_away_goes_to_whoever_covers(team, asked):
    away(team.bo_user, cover=team.cy_user)
    actions.move_referral(asked.referral, "assign", by=team.harbour_worker, said=Said(assignee=team.bo_user.pk))

    assert (fresh(asked).claimed_by, on_case(asked)) == (team.cy_user, {team.cy_user.pk})


def test_where_nobody_covers_assigning_says_so(team, asked):
    away(team.bo_user)

    with pytest.raises(SayMore) as refusal:
        actions.move_referral(asked.referral, "assign", by=team.harbour_worker, said=Said(assignee=team.bo_user.pk))
    assert [(each.pointer, each.code) for each in refusal.value.errors] == [("/assignee", "away")]
    assert fresh(asked).claimed_by is None


def test_what_somebody_claims_while_away_stays_with_them(team, asked, clock):
    away(team.bo_user, cover=team.cy_user)
    clock(WEDNESDAY + HOUR)
    claim(asked, team.bo)
    tasks.sweep_once()
    with pytest.raises(WrongState):
        actions.move(fresh(asked), "cover", by=CLOCK)

    assert fresh(asked).claimed_by == team.bo_user


def test_the_last_day_away_is_one_in_the_organisations_own_zone(team, asked, clock):
    type(team.harbour).objects.filter(pk=team.harbour.pk).update(time_zone="America/Boise")
    claim(asked, team.bo)
    away(team.bo_user, cover=team.cy_user, last=0)
    clock(datetime(2026, 3, 5, 6, 30, tzinfo=UTC))  # still the fourth in Boise
    actions.move_referral(asked.referral, "assign", by=team.harbour_worker, said=Said(assignee=team.bo_user.pk))
    assert fresh(asked).claimed_by == team.cy_user

    clock(datetime(2026, 3, 5, 7, 30, tzinfo=UTC))
    actions.move_referral(fresh(asked).referral, "assign", by=team.harbour_worker, said=Said(assignee=team.bo_user.pk))
    assert fresh(asked).claimed_by == team.bo_user


def test_a_cover_who_has_left_covers_nothing(team, asked):
    claim(asked, team.bo)
    away(team.bo_user, cover=team.cy_user)
    end_membership(membership(team.cy_user), by=team.harbour_admin, version=1)
    tasks.sweep_once()

    assert Absence.objects.get(user=team.bo_user).cover is None
    assert fresh(asked).claimed_by is None


def test_an_admin_says_it_for_a_member_and_a_colleague_does_not(team):
    away(team.bo_user, by=team.harbour_admin, cover=team.cy_user)
    be_back(membership(team.bo_user), by=team.harbour_admin)
    assert not Absence.objects.exists()
    assert set(Event.objects.filter(kind__startswith="member.a").values_list("kind", flat=True)) == {"member.away"}

    for stranger in (team.cy, team.eastfield_admin):
        with pytest.raises(NotYours):
            away(team.bo_user, by=stranger)


@pytest.mark.parametrize(
    ("days", "pointer", "code"),
    [
        ({"first": 3, "last": 1}, "/ends_on", "before_it_begins"), ({"first": -3, "last": -1}, "/ends_on", "over"),
        ({"first": 0, "last": 800}, "/ends_on", "too_far"), ({"first": 500, "last": 501}, "/ends_on", "too_far"),
    ],
)  # fmt: skip
def test_days_that_do_not_fit_are_refused_by_name(team, days, pointer, code):
    with pytest.raises(BadInput) as refusal:
        away(team.bo_user, **days)
    assert [(each.pointer, each.code) for each in refusal.value.errors] == [(pointer, code)]


@pytest.mark.parametrize("who", ["bo_user", "eastfield_user", "coordinator_user"])
def test_a_cover_is_another_colleague_who_does_casework(team, who):
    with pytest.raises(BadInput) as refusal:
        away(team.bo_user, cover=getattr(team, who))
    assert [each.pointer for each in refusal.value.errors] == ["/cover"]


@pytest.mark.parametrize("values", [{"ends_on": "2020-01-01"}, {"cover": "self"}])
def test_the_database_refuses_an_absence_that_lies(team, values):
    row = away(team.bo_user)
    values = {name: team.bo_user if value == "self" else value for name, value in values.items()}

    with pytest.raises(IntegrityError), transaction.atomic():
        Absence.objects.filter(pk=row.pk).update(**values)


# -- many at once ------------------------------------------------------------------------------------------------------------


def test_each_of_many_has_its_own_result_and_one_that_fails_stops_no_other(team):
    first, second, gone = ask(team, "M1"), ask(team, "M2"), ask(team, "M3")
    actions.move(gone, "accept", by=team.bo)
    stranger = actions.create_draft(Draft(person=team.person.pk, need="housing-support", urgency="soon"), by=team.quayside_worker)

    done = actions.assign_many([first.pk, gone.pk, stranger.pk, second.pk, first.pk], by=team.bo, assignee=team.cy_user.pk)

    assert [(one.offer, one.to, one.refusal and one.refusal.code) for one in done] == [
        (first.pk, team.cy_user.pk, None), (gone.pk, None, "wrong_state"), (stranger.pk, None, "not_found"),
        (second.pk, team.cy_user.pk, None),
    ]  # fmt: skip
    assert {fresh(first).claimed_by, fresh(second).claimed_by} == {team.cy_user}

    back = actions.assign_many([first.pk, second.pk], by=team.bo, assignee=None)
    assert [(one.to, one.refusal) for one in back] == [(None, None)] * 2
    assert fresh(first).claimed_by is None


def test_many_are_a_hundred_at_most_and_one_at_least(team, asked):
    for wanted in ([], [uuid4() for _ in range(MOST_AT_ONCE + 1)]):
        with pytest.raises(BadInput):
            actions.assign_many(wanted, by=team.bo, assignee=None)


def test_the_sender_hands_over_nothing_of_the_receivers(team, asked):
    (one,) = actions.assign_many([asked.pk], by=team.quayside_worker, assignee=None)

    assert one.refusal is not None
    assert one.refusal.code == "not_yours"


def test_the_api_says_of_each_what_became_of_it(team, asked, call):
    caller, body = call(team.bo_user), {"offers": [asked.pk, team.harbour.pk], "assignee": team.cy_user.pk}
    answer = caller.post("offers/assign", body, key="once")
    again = caller.post("offers/assign", body, key="once")

    assert answer.json() == again.json()
    done, missing = answer.json()["results"]
    assert (done["done"], done["claimed_by"], done["code"]) == (True, str(team.cy_user.pk), None)
    assert (missing["done"], missing["code"]) == (False, "not_found")
    assert Event.objects.filter(kind="referral.assign").count() == 1

    for wrong in (
        {"offers": []},
        {"offers": [asked.pk] * 101, "assignee": None},
        {"offers": [asked.pk], "assignee": team.eastfield_user.pk},
    ):
        assert caller.post("offers/assign", wrong).status_code == 422


# -- put aside ---------------------------------------------------------------------------------------------------------------


def inbox(call, user, box="inbox"):
    return [row["id"] for row in call(user).get(f"referrals?box={box}").json()["results"]]


def test_a_row_is_hidden_from_one_persons_inbox_until_its_time(team, asked, clock, call):
    actions.snooze(asked, by=team.bo, until=now() + 3 * HOUR)

    assert inbox(call, team.bo_user) == []
    assert inbox(call, team.bo_user, "snoozed") == inbox(call, team.cy_user) == [str(asked.referral_id)]
    assert inbox(call, team.cy_user, "snoozed") == []
    clock(now() + 3 * HOUR)
    assert inbox(call, team.bo_user) == [str(asked.referral_id)]
    tasks.sweep_once()
    assert not Snooze.objects.exists()


def test_it_comes_back_when_anything_happens_on_it(team, asked, call):
    actions.snooze(asked, by=team.bo, until=now() + 3 * HOUR)
    claim(asked, team.cy)

    assert inbox(call, team.bo_user) == [str(asked.referral_id)]


def test_it_comes_back_at_the_last_reminder_at_the_latest_and_after_that_nothing_is_put_aside(team, asked, clock):
    last = asked.asked_at + (asked.respond_by - asked.asked_at) * 0.8
    assert actions.snooze(asked, by=team.bo, until=now() + timedelta(days=30)).until == last

    clock(last)
    with pytest.raises(WrongState) as refusal:
        actions.snooze(asked, by=team.bo, until=now() + HOUR)
    assert "nearly due" in refusal.value.facts.get("detail", refusal.value.detail)


def test_a_crisis_is_never_put_aside_nor_anything_into_the_past(team, asked):
    for offer, until in ((ask(team, "X1", "crisis"), now() + HOUR / 12), (asked, now())):
        with pytest.raises(BadInput):
            actions.snooze(offer, by=team.bo, until=until)
    assert not Snooze.objects.exists()


def test_what_is_answered_is_not_put_aside_and_a_stranger_puts_nothing_aside(team, asked):
    with pytest.raises(NotYours):
        actions.snooze(asked, by=team.quayside_worker, until=now() + HOUR)
    actions.move(asked, "accept", by=team.bo)
    with pytest.raises(WrongState):
        actions.snooze(asked, by=team.bo, until=now() + HOUR)


def test_the_api_puts_aside_and_shows_again(team, asked, call):
    caller = call(team.bo_user)
    shown = caller.post(f"offers/{asked.pk}/snooze", {"until": (now() + HOUR).isoformat()}).json()
    assert shown["snoozed_until"] is not None
    assert caller.post(f"offers/{asked.pk}/snooze", {"until": "tomorrow"}).status_code == 422

    assert caller.send("DELETE", f"offers/{asked.pk}/snooze", {}).status_code == 204
    assert inbox(call, team.bo_user) == [str(asked.referral_id)]


def test_a_system_has_no_inbox_of_its_own(team, asked, system, call):
    token = system(by=team.harbour_admin)

    assert call(token=token).post(f"offers/{asked.pk}/snooze", {"until": (now() + HOUR).isoformat()}).status_code == 403


@pytest.mark.parametrize(
    ("when", "at", "expected"),
    [
        ("later", datetime(2026, 3, 4, 15), datetime(2026, 3, 4, 18)), ("later", datetime(2026, 3, 5, 5), datetime(2026, 3, 5, 7)),
        ("tomorrow", datetime(2026, 3, 4, 15), datetime(2026, 3, 5, 15)), ("monday", datetime(2026, 3, 4, 15), datetime(2026, 3, 9, 14)),
        ("monday", datetime(2026, 3, 9, 20), datetime(2026, 3, 16, 14)),
    ],
)  # fmt: skip
def test_mornings_are_the_organisations_own(when, at, expected):
    """In Boise it is seven hours earlier, and six once the clocks have changed on the eighth."""
    from zoneinfo import ZoneInfo

    found = deadlines.put_aside_until(when, at.replace(tzinfo=UTC), ZoneInfo("America/Boise"))
    assert found == expected.replace(tzinfo=UTC)


def test_the_database_keeps_one_aside_for_each_row_and_person(team, asked):
    actions.snooze(asked, by=team.bo, until=now() + HOUR)
    actions.snooze(asked, by=team.bo, until=now() + 2 * HOUR)
    assert Snooze.objects.get().until == now() + 2 * HOUR

    with pytest.raises(IntegrityError), transaction.atomic():
        Snooze.objects.create(user=team.bo_user, offer=asked, until=now(), version=1)


# -- who is looking ----------------------------------------------------------------------------------------------------------


def test_colleagues_see_who_is_looking_for_45_seconds_and_nobody_else_does(team, asked, clock, call):
    assert call(team.bo_user).post(f"referrals/{asked.referral_id}/here").json() == {"looking": []}

    def seen(user):
        return [each["name"] for each in call(user).get(f"referrals/{asked.referral_id}").json()["looking"]]

    assert (seen(team.cy_user), seen(team.bo_user), seen(team.quayside_user)) == (["Bo"], [], [])
    assert not Event.objects.filter(kind__contains="here").exists()
    clock(WEDNESDAY + timedelta(seconds=44))
    assert seen(team.cy_user) == ["Bo"]
    clock(WEDNESDAY + timedelta(seconds=46))
    assert seen(team.cy_user) == []
    tasks.sweep_once()
    assert not Looking.objects.exists()


def test_a_stranger_cannot_say_that_they_are_looking(team, asked, call):
    assert call(team.eastfield_user).post(f"referrals/{asked.referral_id}/here").status_code == 404
    with pytest.raises(NotYours):
        actions.look(asked.referral, by=CLOCK)


def test_the_first_here_rings_and_the_next_ones_do_not(team, asked, monkeypatch, django_capture_on_commit_callbacks):
    heard = []
    monkeypatch.setattr("network.core.bell.looked", heard.append)
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            actions.look(asked.referral, by=team.bo)

    assert heard == [asked.referral_id]


def test_the_database_keeps_one_look_for_each(team, asked):
    actions.look(asked.referral, by=team.bo)

    with pytest.raises(IntegrityError), transaction.atomic():
        Looking.objects.create(user=team.bo_user, organization=team.harbour, referral=asked.referral, at=now())


# -- somebody leaves ---------------------------------------------------------------------------------------------------------


def test_what_a_colleague_had_goes_back_to_the_team_as_they_leave(team, asked, call):
    held = claim(ask(team, "L2"), team.bo)
    actions.move(held, "accept", by=team.bo)
    claim(asked, team.bo)
    away(team.cy_user, cover=team.bo_user)
    actions.snooze(fresh(asked), by=team.bo, until=now() + HOUR)
    left = membership(team.bo_user)

    admin = call(team.harbour_admin_user)
    answer = admin.send("DELETE", f"members/{left.pk}", {}, tag=admin.tag(f"members/{left.pk}"))

    assert answer.status_code == 204
    assert (fresh(asked).claimed_by, fresh(asked).claim_until, on_case(asked), on_case(held)) == (None, None, set(), set())
    assert fresh(held).claimed_by is None
    assert not Snooze.objects.exists()
    left.refresh_from_db()
    returned = Event.objects.filter(kind="referral.returned", organization=team.harbour, at=left.until)
    assert {event.subject for event in returned} == {f"referral/{asked.referral_id}", f"referral/{held.referral_id}"}
    assert not Event.objects.filter(kind__endswith=".returned").exclude(organization=team.harbour).exists()
    assert Absence.objects.get(user=team.cy_user).cover is None
    listed = call(team.harbour_admin_user).get(f"members/{left.pk}/returned").json()
    assert {row["id"] for row in listed} == {str(asked.referral_id), str(held.referral_id)}
    assert call(team.quayside_admin_user).get(f"members/{left.pk}/returned").status_code == 404
    assert events.verify() == []


def test_a_caseworker_who_becomes_a_coordinator_gives_back_and_one_who_becomes_an_admin_does_not(team, asked):
    claim(asked, team.bo)
    present = change_role(membership(team.bo_user), by=team.harbour_admin, role=Role.ADMIN, version=1)
    assert fresh(asked).claimed_by == team.bo_user

    change_role(present, by=team.harbour_admin, role=Role.COORDINATOR, version=present.version)
    assert fresh(asked).claimed_by is None


def test_an_author_who_leaves_gives_back_the_cases_of_the_senders_side(team, asked):
    end_membership(membership(team.quayside_user), by=team.quayside_admin, version=1)

    rows = CaseMember.objects.filter(referral=asked.referral_id, organization=team.quayside, until__isnull=True)
    assert not rows.exists()
    assert Event.objects.filter(kind="referral.returned", organization=team.quayside).exists()
    assert Referral.objects.get(pk=asked.referral_id).status == "requested"


def test_the_last_admin_still_cannot_leave_and_gives_nothing_back(team, asked):
    actions.move(asked, "claim", by=team.harbour_admin)
    with pytest.raises(WrongState):
        end_membership(membership(team.harbour_admin_user), by=team.harbour_admin, version=1)

    assert fresh(asked).claimed_by == team.harbour_admin_user


def test_a_sweep_costs_the_same_however_many_are_away(team):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    tasks.sweep_once()
    counts = []
    for user in (team.bo_user, team.cy_user):
        away(user)
        with CaptureQueriesContext(connection) as queries:
            tasks.sweep_once()
        counts.append(len(queries))
    assert counts[0] == counts[1]
