"""Counters of ties and demand: equal to what the offers say, after any history."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter, defaultdict
from contextlib import ExitStack
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
from network.referrals.recount import rebuild, tie_days

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
AT = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
DEMAND = ("asked", "placed", "rejected", "expired", "unmatched")


@pytest.fixture
def clock():
    with time_machine.travel(AT, tick=False) as traveller:
        yield traveller


@pytest.fixture
def town(clock, request):
    """A town that was founded when the clock says."""
    return founded()


def founded():
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
    """Tie = sum of TieDay = the offers, by hand and by GROUP BY; DemandDay = the referrals."""
    days = offers_as_days()
    last = Beat.objects.get(name="ties").at.date()
    assert stored(TieDay, (*OF, "day"), OFFERED) == without_zeros(days)
    grouped = {
        (row["sender_id"], row["receiver_id"], row["need_id"], row["day"]): {name: row[name] for name in OFFERED} for row in tie_days(Offer)
    }
    assert without_zeros(grouped) == without_zeros(days)
    assert stored(Tie, OF, (*OFFERED, "recent")) == without_zeros(summed(days, last))
    assert stored(DemandDay, ("area", "need", "group", "day"), DEMAND) == without_zeros(people_who_asked())


# -- any history ---------------------------------------------------------------------------------------------------------------


class Histories(RuleBasedStateMachine):
    """Sends, moves, searches, messages, nights: each step is followed by `check`."""

    def __init__(self):
        super().__init__()
        self.open = ExitStack()
        self.clock = self.open.enter_context(time_machine.travel(AT, tick=False))
        self.open.enter_context(rolled_back())

    @initialize()
    def found(self):
        self.town = founded()

    @rule(
        name=st.sampled_from(["harbour", "eastfield"]),
        person=st.integers(0, 1),
        is_outside=st.booleans(),
        speaks=st.sampled_from([(), ("ar",)]),
    )
    def send(self, name, person, is_outside, speaks):
        place = self.town.outside if is_outside else self.town.place
        send(self.town, name, person=person, place=place, languages=speaks)

    @rule(data=st.data())
    def move(self, data):
        """One move that the table allows here; a guard may still refuse it."""
        able = possible()
        if not able:
            return
        verb, referral, offer = data.draw(st.sampled_from(able))
        sides = MOVES[verb].sides
        side = data.draw(st.sampled_from(sorted(sides - {Side.PERSON})))
        receivers = [row.organization_id for row in referral.offers.filter(accepted_at__isnull=False)]
        receiver = offer.organization_id if offer else (receivers or [None])[0]
        by = {Side.CLOCK: CLOCK, Side.SENDER: self.town.sender}.get(side) or self.town.workers.get(receiver, self.town.sender)
        said = Said(
            reason=REASONS[verb][-1][0] if verb in REASONS and side is not Side.CLOCK else None, text="words", outcome="got-help",
            on=now().date() + data.draw(st.sampled_from([1, 100])) * DAY, assignee=by.id, services=(self.town.services["mill"].pk,),
        )  # fmt: skip
        try:
            if offer is None:
                actions.move_referral(referral, verb, by=by, said=said)
            else:
                actions.move(offer, verb, by=by, said=said)
        except Refusal:
            pass

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
        """Made again, the counters are the same."""
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


def possible():
    """Every (verb, referral, offer) whose places fit the table, in an order that a replay finds again."""
    found = []
    for row in Referral.objects.exclude(status="draft").order_by("created_at", "pk"):
        offers = list(row.offers.select_related("referral").order_by("created_at", "position"))
        for verb, each in MOVES.items():
            if not each.starts_at(row.status, row.business_status) or verb in {"send", "see", "claim", "unclaim", "assign", "note"}:
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


@pytest.mark.timeout(600)
def test_counters_equal_the_offers_after_any_history():
    runs = 100 if os.environ.get("LONG") else 12
    run_state_machine_as_test(
        Histories,
        settings=settings(max_examples=runs, stateful_step_count=25, deadline=None, database=None, suppress_health_check=list(HealthCheck)),
    )  # fmt: skip
