"""Counters of ties and demand: equal to what the offers say, after any history."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter, defaultdict
from contextlib import ExitStack
from random import Random
from types import SimpleNamespace

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from network.core import events
from network.core.actor import CLOCK, Role
from network.core.clock import now
from network.core.errors import BadInput, NotYours, Refusal
from network.core.models import Beat, Event
from network.demo import region
from network.partners.models import Area, TaxonomyTerm
from network.partners.revision import revision
from network.referrals import actions, counting, tasks, ties
from network.referrals.actions import Decision, Draft, Said
from network.referrals.counting import OFFERED
from network.referrals.lifecycle import MOVES, LiesOn, Side
from network.referrals.models import DemandDay, Message, Offer, Outcome, RecordedGap, Referral, Tie, TieDay
from network.referrals.reasons import REASONS
from network.referrals.recount import rebuild

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
AT = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
DEMAND = ("asked", "placed", "rejected", "expired", "unmatched")


@pytest.fixture
def clock():
    with time_machine.travel(AT, tick=False) as traveller:
        yield traveller


@pytest.fixture
def town(clock):
    """A town that was founded when the clock says."""
    return founded()


def founded():
    Beat.objects.filter(name="ties").update(at=ties.midnight(now().date()))
    made = SimpleNamespace(names=("harbour", "eastfield", "mill"))
    made.quayside = region.organization("Quayside Advice")
    made.sender = region.actor(region.member(made.quayside, "worker@quayside.test", Role.CASEWORKER, Role.ADMIN))
    made.services, made.workers = {}, {}
    for name in made.names:
        organization = region.organization(name.title())
        user = region.member(organization, f"worker@{name}.test", Role.CASEWORKER, Role.ADMIN)
        made.workers[organization.pk] = region.actor(user)
        made.services[name] = region.service(organization, f"Advice at {name}")
    made.area = Area.objects.create(code="A1", name="First area")
    made.place = region.place("Northside")
    made.place.area = made.area
    made.place.save()
    made.outside = region.place("Nowhere")
    made.people = [region.person(made.sender, code, name=f"Canary {code}") for code in ("AK", "BK")]
    return made


def send(town, name="harbour", *, person=0, need="housing-support", place=None, languages=("ar",)):
    draft = Draft(
        person=town.people[person].pk, need=need, urgency="soon", place=(place or town.place).pk, languages=languages
    )  # fmt: skip
    row = actions.create_draft(draft, by=town.sender)
    service = town.services[name]
    terms = actions.usual_terms({each.organization_id for each in town.services.values()}, how="in-person")
    said = Said(services=(service.pk,), reason="new-situation")
    return actions.send(row, by=town.sender, said=said, decision=Decision(terms=terms))


def move(town, row, verb, name="harbour", **said):
    """A move of the offer that `name` has, by whoever may make it."""
    offer = Offer.objects.select_related("referral").get(referral=row, organization=town.services[name].organization_id)
    by = town.workers[offer.organization_id] if Side.RECEIVER in MOVES[verb].sides else town.sender
    return actions.move(offer, verb, by=by, said=Said(**said))


def add(town, row, name):
    actions.move_referral(row, "offer", by=town.sender, said=Said(services=(town.services[name].pk,)))


def end(town, row, verb, reason="other"):
    actions.move_referral(row, verb, by=town.sender, said=Said(reason=reason, text="Canary-Words"))


def tie(**columns):
    row = Tie.objects.get(**columns)
    return {name: getattr(row, name) for name in (*OFFERED, "recent") if getattr(row, name)}


def demand(**columns):
    return {
        (str(row.day), row.area and row.area.code, row.group.code): {name: getattr(row, name) for name in DEMAND if getattr(row, name)}
        for row in DemandDay.objects.filter(**columns).order_by("day", "pk")
        if any(getattr(row, name) for name in DEMAND)
    }


# -- what the rows say, worked out apart from the code -------------------------------------------------------------------------


def answer_day(took):
    return sum(took.days >= bound for bound in (1, 2, 3, 5, 8, 15, 31))


def offers_as_days():
    """Each offer by hand: (sender, receiver, need, day) → counters."""
    found = defaultdict(Counter)
    for offer in Offer.objects.select_related("referral__sender", "organization", "referral__need"):
        row = offer.referral
        if offer.asked_at is None or row.status == "entered-in-error":
            continue
        kept = offer.accepted_at is not None and offer.business_status != "unaccepted"
        declined = offer.status == "rejected" and offer.business_status in {"declined", "forwarded"}
        answered = offer.accepted_at or (offer.ended_at if declined else None)
        counters = found[row.sender.number, offer.organization.number, row.need.number, offer.asked_at.date()]
        counters["sent"] += 1
        counters["accepted"] += kept
        counters["declined"] += declined
        counters["expired"] += offer.business_status == "no-response"
        counters["completed"] += offer.status == "completed"
        counters["silent"] += offer.is_silent
        if answered:
            counters[f"days_{answer_day(answered - offer.asked_at)}"] += 1
    return found


def summed(days, last):
    """Days as totals of the window that ends with `last`."""
    found = defaultdict(Counter)
    for (*key, day), counters in days.items():
        if day > last - 365 * DAY:
            found[tuple(key)].update(counters)
        if day > last - 90 * DAY:
            found[tuple(key)]["recent"] += counters["accepted"]
    return found


def said_of(row):
    offers = list(row.offers.filter(asked_at__isnull=False).order_by("ended_at", "position"))
    if row.status in {"draft", "entered-in-error"}:
        return None
    if any(offer.accepted_at and offer.business_status != "unaccepted" for offer in offers):
        return "placed"
    if row.status == "rejected":
        return "expired" if offers[-1].business_status == "no-response" else "rejected"
    return None if row.status == "cancelled" else "asked"


def people_who_asked():
    """Each person and need by hand: whoever asks again within 30 days is the same request."""
    found = defaultdict(Counter)
    requests = defaultdict(list)
    for row in Referral.objects.exclude(status="draft").select_related("need", "place__area").order_by("sent_at", "pk"):
        if (said := said_of(row)) is not None:
            requests[row.person_id, row.need_id].append((row, said))
    languages = dict(TaxonomyTerm.objects.filter(scheme="language").values_list("code", "number"))
    for rows in requests.values():
        while rows:
            first = rows[0][0]
            same = [said for row, said in rows if row.sent_at <= first.sent_at + 30 * DAY]
            rows[:] = rows[len(same) :]
            area = first.place.area.number if first.place and first.place.area else None
            group = languages.get((first.languages or ["und"])[0], languages["und"])
            counters = found[area, first.need.number, group, first.sent_at.date()]
            counters["asked"] += 1
            if "placed" in same:
                counters["placed"] += 1
            elif "asked" not in same:
                counters[same[-1]] += 1
    for gap in RecordedGap.objects.filter(referral__isnull=True).select_related("need", "place__area"):
        area = gap.place.area.number if gap.place and gap.place.area else None
        found[area, gap.need.number, gap.group_id, gap.at.date()]["unmatched"] += 1
    return found


def stored(model, key, columns):
    rows = model.objects.values_list(*key, *columns)
    found = {tuple(row[: len(key)]): dict(zip(columns, row[len(key) :], strict=True)) for row in rows}
    return without_zeros(found)


def without_zeros(found):
    """Only what counts something; a row that is empty again stays in the table."""
    trimmed = {key: {name: by for name, by in counters.items() if by} for key, counters in found.items()}
    return {key: counters for key, counters in trimmed.items() if counters}


OF = ("sender", "receiver", "need")


def check():
    """Tie = sum of TieDay = the offers by hand; DemandDay = the referrals by hand."""
    days = offers_as_days()
    last = Beat.objects.get(name="ties").at.date()
    assert stored(TieDay, (*OF, "day"), OFFERED) == without_zeros(days)
    assert stored(Tie, OF, (*OFFERED, "recent")) == without_zeros(summed(days, last))
    assert stored(DemandDay, ("area", "need", "group", "day"), DEMAND) == without_zeros(people_who_asked())


# -- any history ---------------------------------------------------------------------------------------------------------------


class Histories(RuleBasedStateMachine):
    """Sends, moves, searches, messages, nights: each step is followed by `check`."""

    made = Counter()

    def __init__(self):
        super().__init__()
        self.open = ExitStack()
        self.clock = self.open.enter_context(time_machine.travel(AT, tick=False))
        self.open.enter_context(rolled_back())

    @initialize()
    def found(self):
        self.town = founded()
        send(self.town)
        send(self.town, "eastfield", person=1)

    @rule(
        name=st.sampled_from(["harbour", "eastfield"]),
        person=st.integers(0, 1),
        is_outside=st.booleans(),
        speaks=st.sampled_from([(), ("ar",)]),
    )
    def send(self, name, person, is_outside, speaks):
        place = self.town.outside if is_outside else self.town.place
        send(self.town, name, person=person, place=place, languages=speaks)

    @rule(data=st.data(), moves=st.integers(1, 4))
    def move(self, data, moves):
        for _ in range(moves):
            self.move_one(lambda values: data.draw(st.sampled_from(values)))
            check()
            self.clock.shift(data.draw(st.sampled_from([0.1, 1, 4])) * DAY)

    def move_one(self, choose):
        """One move that the table allows here; a guard may still refuse it."""
        able = possible()
        if not able:
            return
        verb = choose(sorted({verb for verb, _, _ in able}))
        _, referral, offer = choose([each for each in able if each[0] == verb])
        sides = MOVES[verb].sides
        side = choose(sorted(sides - {Side.PERSON}))
        receivers = [row.organization_id for row in referral.offers.filter(accepted_at__isnull=False)]
        receiver = offer.organization_id if offer else (receivers or [None])[0]
        by = {Side.CLOCK: CLOCK, Side.SENDER: self.town.sender}.get(side) or self.town.workers.get(receiver, self.town.sender)
        said = Said(
            reason=REASONS[verb][-1][0] if verb in REASONS and side is not Side.CLOCK else None, text="words", outcome="got-help",
            on=now().date() + choose([1, 100]) * DAY, assignee=by.id, services=(self.town.services["mill"].pk,),
        )  # fmt: skip
        try:
            if offer is None:
                actions.move_referral(referral, verb, by=by, said=said)
            else:
                actions.move(offer, verb, by=by, said=said)
            self.made[verb] += 1
        except Refusal:
            self.made[f"{verb} refused"] += 1

    def accept_one(self, choose):
        offer = choose(list(Offer.objects.filter(status="requested").order_by("pk")))
        actions.move(offer, "accept", by=self.town.workers[offer.organization_id])
        self.made["accept"] += 1

    @rule(days=st.sampled_from([0.1, 1, 4, 16, 31, 61, 95, 300]))
    def wait(self, days):
        self.clock.shift(days * DAY)

    @rule()
    def night(self):
        ties.roll(now())
        assert not ties.roll(now())

    @rule()
    def search(self):
        actions.record_unmatched("housing-support", by=self.town.sender, place=self.town.outside.pk)

    @rule(data=st.data())
    def say(self, data):
        rows = list(Referral.objects.order_by("created_at", "pk"))
        if rows:
            row = data.draw(st.sampled_from(rows))
            Message.objects.create(referral=row, person_id=row.person_id, organization=row.sender, verb="say", at=now())

    @rule()
    def again(self):
        """Made again by GROUP BY, the counters are the same."""
        ties.roll(now())
        was = everything()
        rebuild()
        assert everything() == was

    @invariant()
    def counted(self):
        check()

    def teardown(self):
        self.open.close()


def rolled_back():
    """A transaction that leaves nothing."""
    stack = ExitStack()
    stack.enter_context(transaction.atomic())
    stack.callback(transaction.set_rollback, True)
    return stack


UNCOUNTED = {"send", "see", "claim", "unclaim", "lapse", "cover", "assign", "note"}


def possible():
    """Every (verb, referral, offer) whose places fit the table, in an order that a replay finds again."""
    found = []
    for row in Referral.objects.exclude(status="draft").order_by("created_at", "pk"):
        offers = list(row.offers.select_related("referral").order_by("created_at", "position"))
        for verb, each in MOVES.items():
            if not each.starts_at(row.status, row.business_status) or verb in UNCOUNTED:
                continue
            if each.lies_on is LiesOn.REFERRAL:
                found.append((verb, row, None))
            else:
                found += [(verb, row, offer) for offer in offers if each.takes(offer.status, offer.business_status)]
    return found


def everything():
    return (
        stored(Tie, OF, (*OFFERED, "recent")),
        stored(TieDay, (*OF, "day"), OFFERED),
        stored(DemandDay, ("area", "need", "group", "day"), DEMAND),
        sorted(Referral.objects.values_list("pk", "counts_as", "area", "group")),
        sorted(Offer.objects.filter(is_silent=True).values_list("pk", flat=True)),
    )


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(20 if os.environ.get("LONG") else 2))
def test_counters_equal_the_offers_along_a_long_random_history(seed):
    """Few long histories go deeper than many short ones; each begins with one yes, which chance alone brings about late or never."""
    random = Random(seed)
    machine = Histories()
    machine.made.clear()
    try:
        machine.found()
        machine.accept_one(random.choice)
        for step in range(60):
            if step % 6 == 5:
                send(machine.town, random.choice(["harbour", "eastfield"]), person=random.randrange(2))
            machine.move_one(random.choice)
            machine.clock.shift(random.choice([0.1, 0.1, 1, 4, 16, 61]) * DAY)
            if step % 10 == 9:
                machine.night()
            check()
        machine.again()
        check()
    finally:
        machine.teardown()
    assert sum(by for verb, by in machine.made.items() if not verb.endswith("refused")) > 10
    assert machine.made["accept"]


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_counters_equal_the_offers_after_any_history():
    run_state_machine_as_test(
        Histories,
        settings=settings(max_examples=100, stateful_step_count=20, deadline=None, database=None, suppress_health_check=list(HealthCheck)),
    )  # fmt: skip


# -- each rule by itself -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moves", "counters"),
    [
        ([], {"sent": 1}),
        (["reject"], {"sent": 1, "declined": 1, "days_3": 1}),
        (["expire"], {"sent": 1, "expired": 1}),
        (["retract"], {"sent": 1}),
        (["accept"], {"sent": 1, "accepted": 1, "recent": 1, "days_3": 1}),
        (["accept", "unaccept"], {"sent": 1, "days_3": 1}),
        (["accept", "waitlist", "start"], {"sent": 1, "accepted": 1, "recent": 1, "days_3": 1}),
        (["accept", "complete"], {"sent": 1, "accepted": 1, "recent": 1, "completed": 1, "days_3": 1}),
        (["accept", "complete", "reopen"], {"sent": 1, "accepted": 1, "recent": 1, "days_3": 1}),
        (["accept", "fail"], {"sent": 1, "accepted": 1, "recent": 1, "days_3": 1}),
        (["accept", "correct"], {}),
        (["accept", "complete", "correct"], {}),
        (["reject", "correct"], {}),
        (["accept", "cancel"], {"sent": 1, "accepted": 1, "recent": 1, "days_3": 1}),
    ],
)
def test_a_tie_counts_an_offer_by_what_became_of_it(town, clock, moves, counters):
    row = send(town)
    clock.shift(3 * DAY)

    for verb in moves:
        make(town, row, verb)

    assert tie() == counters
    check()


def make(town, row, verb):
    """A move with enough said."""
    if verb == "expire":
        Offer.objects.filter(referral=row).update(respond_by=now())
        actions.move(Offer.objects.select_related("referral").get(referral=row), verb, by=CLOCK)
    elif MOVES[verb].lies_on is LiesOn.REFERRAL:
        end(town, row, verb, REASONS[verb][-1][0] if verb in REASONS else None)
    else:
        reason = REASONS[verb][-1][0] if verb in REASONS else None
        move(town, row, verb, reason=reason, text="words", outcome="got-help", on=now().date() + DAY)


@pytest.mark.parametrize(
    ("moves", "counters"),
    [
        ([], {"asked": 1}),
        (["accept"], {"asked": 1, "placed": 1}),
        (["accept", "unaccept"], {"asked": 1}),
        (["accept", "unaccept", "give-up"], {"asked": 1, "rejected": 1}),
        (["reject"], {"asked": 1}),
        (["reject", "give-up"], {"asked": 1, "rejected": 1}),
        (["expire", "give-up"], {"asked": 1, "expired": 1}),
        (["retract", "give-up"], {"asked": 1, "rejected": 1}),
        (["cancel"], None),
        (["withdraw"], None),
        (["correct"], None),
        (["accept", "cancel"], {"asked": 1, "placed": 1}),
        (["accept", "fail"], {"asked": 1, "placed": 1}),
        (["accept", "correct"], None),
    ],
)
def test_demand_counts_the_person_once_and_by_how_it_ended(town, clock, moves, counters):
    row = send(town)
    clock.shift(3 * DAY)

    for verb in moves:
        make(town, row, verb)

    assert demand() == ({(str(AT.date()), "A1", "ar"): counters} if counters else {})
    check()


def test_who_asks_again_within_thirty_days_counts_once_and_is_placed_if_one_is(town, clock):
    first = send(town)
    make(town, first, "reject")
    make(town, first, "give-up")
    clock.shift(10 * DAY)
    again = send(town, "eastfield")
    assert demand() == {("2026-03-02", "A1", "ar"): {"asked": 1}}

    move(town, again, "accept", "eastfield")
    clock.shift(21 * DAY)
    send(town, "mill")
    send(town, "mill", person=1)

    assert demand() == {("2026-03-02", "A1", "ar"): {"asked": 1, "placed": 1}, ("2026-04-02", "A1", "ar"): {"asked": 2}}
    check()


def test_the_first_of_two_requests_taken_back_leaves_the_second_to_count(town, clock):
    first = send(town)
    clock.shift(DAY)
    send(town, "mill", languages=("es",))

    make(town, first, "cancel")

    assert demand() == {("2026-03-03", "A1", "es"): {"asked": 1}}
    check()


def test_a_place_without_an_area_counts_under_none_and_a_language_nobody_knows_as_not_said(town):
    send(town, place=town.outside, languages=("xx",))
    send(town, place=town.outside, languages=(), person=1)

    assert demand() == {("2026-03-02", None, "und"): {"asked": 2}}


def test_a_place_that_is_joined_to_an_area_later_moves_when_it_is_counted_again(town):
    row = send(town, place=town.outside)
    town.outside.area = town.area
    town.outside.save()

    move(town, row, "accept")
    assert demand() == {("2026-03-02", None, "ar"): {"asked": 1, "placed": 1}}
    rebuild()
    assert demand() == {("2026-03-02", "A1", "ar"): {"asked": 1, "placed": 1}}
    make(town, row, "correct")
    assert demand() == {}


def test_two_offers_of_one_referral_are_two_of_ties_and_one_of_demand(town):
    row = send(town)
    add(town, row, "eastfield")

    move(town, row, "accept", "eastfield")

    assert tie(receiver__name="Harbour") == {"sent": 1}
    assert tie(receiver__name="Eastfield") == {"sent": 1, "accepted": 1, "recent": 1, "days_0": 1}
    assert demand() == {("2026-03-02", "A1", "ar"): {"asked": 1, "placed": 1}}


@pytest.mark.parametrize(("days", "column"), list(enumerate([0, 1, 2, 3, 3, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5, 6])))
def test_days_to_an_answer_fall_into_eight_columns(days, column):
    assert counting.bucket(days * DAY) == f"days_{column}"
    assert counting.bucket(days * DAY + DAY - dt.timedelta(microseconds=1)) == f"days_{column}"
    assert counting.bucket(31 * DAY) == "days_7"


# -- time ----------------------------------------------------------------------------------------------------------------------


def test_an_offer_leaves_recent_after_ninety_days_and_the_window_after_a_year(town, clock):
    row = send(town)
    move(town, row, "accept")
    make(town, row, "complete")
    whole = {"sent": 1, "accepted": 1, "completed": 1, "days_0": 1}

    for shift, left in ((89, {**whole, "recent": 1}), (1, whole), (274, whole), (1, {})):
        clock.shift(shift * DAY)
        ties.roll(now())
        assert tie() == left
        check()
    assert TieDay.objects.get().sent == 1


def test_a_night_that_ran_late_twice_or_never_leaves_the_same(town, clock):
    row = send(town)
    move(town, row, "accept")
    clock.shift(400 * DAY)
    assert ties.is_behind(now())

    move(town, row, "complete", outcome="got-help")
    check()
    assert ties.roll(now())
    assert not ties.roll(now())
    assert not ties.is_behind(now())
    make(town, row, "correct")

    assert tie() == {}
    check()


def test_the_sweep_rolls_the_counters_on_where_the_nightly_task_was_lost(town, clock):
    send(town)
    clock.shift(366 * DAY)

    tasks.sweep_once()

    assert tie() == {}
    check()


def test_silence_is_counted_at_sixty_days_and_ends_with_the_next_move(town, clock):
    row = send(town)
    move(town, row, "accept")
    clock.shift(59 * DAY)
    ties.roll(now())
    assert "silent" not in tie()

    clock.shift(DAY)
    ties.roll(now())
    assert tie()["silent"] == 1
    check()
    move(town, row, "complete", outcome="got-help")

    assert "silent" not in tie()
    check()


def test_a_message_ends_silence_at_night_and_an_end_without_outcome_keeps_it(town, clock):
    row = send(town)
    move(town, row, "accept")
    clock.shift(61 * DAY)
    ties.roll(now())
    message = Message.objects.create(referral=row, person_id=row.person_id, organization=row.sender, verb="say", at=now())
    ties.hear_silence(now())
    assert "silent" not in tie()

    message.delete()
    clock.shift(30 * DAY)
    actions.move(Offer.objects.select_related("referral").get(), "close-silent", by=CLOCK)
    ties.roll(now())

    assert tie()["silent"] == 1
    assert Outcome.objects.count() == 0
    check()


def test_a_wait_until_a_named_day_is_not_silence(town, clock):
    row = send(town)
    move(town, row, "accept")
    move(town, row, "waitlist", on=now().date() + 30 * DAY)
    clock.shift(80 * DAY)
    ties.roll(now())
    assert "silent" not in tie()

    clock.shift(11 * DAY)
    ties.roll(now())
    assert tie()["silent"] == 1


# -- what it costs, and what else moves ------------------------------------------------------------------------------------------


def test_counting_costs_the_same_however_much_there_is(town, clock):
    def cost(work):
        with CaptureQueriesContext(connection) as queries:
            work()
        return sum("tie" in each["sql"].partition("SET")[0] or "demandday" in each["sql"] for each in queries.captured_queries)

    first = send(town, person=1)
    one = cost(lambda: move(town, first, "accept"))
    for _ in range(5):
        send(town)
    last = send(town, person=1)
    many = cost(lambda: move(town, last, "accept"))

    assert one == 3  # the tie, its day, and the person's demand
    assert many == 2  # placed already
    assert cost(lambda: move(town, last, "start")) == 0


def test_a_move_that_counts_bumps_the_revision_and_another_does_not(town):
    row = send(town)
    was = revision()

    move(town, row, "see")
    assert revision() == was
    move(town, row, "accept")
    assert revision() == was + 1


def test_a_refused_move_counts_nothing(town):
    row = send(town)
    was = everything(), revision()

    with pytest.raises(NotYours):
        actions.move(row.offers.get(), "accept", by=town.workers[town.services["mill"].organization_id])

    assert (everything(), revision()) == was


def test_rebuild_mends_counters_that_were_lost_and_keeps_those_that_hold(town, clock):
    row = send(town)
    move(town, row, "accept")
    actions.record_unmatched("housing-support", by=town.sender)
    was = everything()
    for model in (Tie, TieDay, DemandDay):
        model.objects.all().delete()

    rebuild()

    assert everything() == was


def test_counting_again_changes_the_revision_once_and_not_where_nothing_counts(town):
    was = revision()
    rebuild()
    assert revision() == was

    send(town)
    was = revision()
    rebuild()
    assert revision() == was + 1


# -- searches ------------------------------------------------------------------------------------------------------------------


def test_a_search_without_result_counts_where_and_in_which_language_and_is_told_to_its_own(town):
    gap = actions.record_unmatched("housing-support", by=town.sender, place=town.place.pk, language="ar")

    assert demand() == {("2026-03-02", "A1", "ar"): {"unmatched": 1}}
    assert (gap.referral, gap.organization_id) == (None, town.quayside.pk)
    assert [row.organization_id for row in Event.objects.filter(kind="search.unmatched")] == [town.quayside.pk]
    assert events.verify() == []
    check()


@pytest.mark.parametrize(("said", "pointer"), [
    ({"need": "nonsense"}, "/need"), ({"place": "00000000-0000-4000-8000-000000000000"}, "/place"), ({"language": "xx"}, "/language"),
])  # fmt: skip
def test_a_search_for_what_nobody_knows_is_refused_by_its_field(town, said, pointer):
    with pytest.raises(BadInput) as refusal:
        actions.record_unmatched(**{"need": "housing-support", "by": town.sender, **said})

    assert [complaint.pointer for complaint in refusal.value.errors] == [pointer]
    assert not RecordedGap.objects.exists()


def test_a_search_sent_twice_with_one_key_counts_once(town, call):
    from network.accounts.models import Membership

    caller = call(Membership.objects.filter(organization=town.quayside).first().user)
    for _ in range(2):
        answer = caller.post("unmatched", {"need": "housing-support", "language": "ar"}, key="once")
        assert (answer.status_code, answer.json()["language"]) == (201, "ar")

    assert demand() == {("2026-03-02", None, "ar"): {"unmatched": 1}}
