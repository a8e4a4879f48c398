"""Any sequence of moves, questions, silences and second thoughts leaves the rows where the small model says."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from random import Random
from types import SimpleNamespace

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from network.core import events
from network.core.errors import Refusal
from network.demo import region
from network.people.models import Grant
from network.referrals import actions, tasks
from network.referrals.actions import Decision, Draft, Said
from network.referrals.models import Offer, Referral
from network.referrals.reading import Reader

from .model import COVERED, Model

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]
# Scattered by a seed: drawn one by one, choices crowd at the first of each list.
SEEDS = st.integers(0, 2**32 - 1)
LONG = bool(os.environ.get("LONG"))
START = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
ORGS = ("a", "b", "c", "d")
ON_OFFERS = (
    "ask", "answer", "accept", "reject", "retract", "forward", "unaccept", "waitlist", "start", "hold", "note", "complete", "fail",
    "hand-on", "reopen",
)  # fmt: skip
ON_REFERRALS = ("take", "offer", "give-up", "cancel", "withdraw", "correct")
ENDS = {"cancel", "withdraw", "correct", "complete", "fail", "hand-on", "give-up"}
REASONS = {
    "reject": "full", "unaccept": "no-capacity-after-all", "hold": "person-asked", "note": "appointment-booked", "fail": "not-reached",
    "reopen": "came-back", "retract": "no-answer", "give-up": "no-service-found", "cancel": "no-longer-needed", "correct": "test",
}  # fmt: skip
WEIGHTS = (6, 4, 4, 3, 2, 1, 1)
WAITS = [timedelta(seconds=20), timedelta(minutes=16), timedelta(hours=5), *(timedelta(days=days) for days in (1, 3, 9, 95))]


@pytest.fixture
def place(town):
    """Four organisations that can be asked, besides the sender."""
    made = SimpleNamespace(town=town, worker={}, service={}, name={})
    for org in ORGS:
        row = region.organization(f"Organisation {org}")
        made.worker[org] = region.actor(region.member(row, f"{org}@model.test", region.Role.CASEWORKER))
        made.service[org] = region.service(row, f"Service {org}")
        made.name[row.pk] = org
    made.organization = {org: pk for pk, org in made.name.items()}
    return made


class Machine(RuleBasedStateMachine):
    """The actions and the model, side by side; the clock stands still within a step."""

    place = None

    def __init__(self):
        super().__init__()
        self.people = self.rolls = 0
        self.now = START
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.travel(timedelta())

    def teardown(self):
        assert events.verify() == []
        self.clock.stop()
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def travel(self, by):
        if by:
            self.clock.stop()
        self.now += by
        self.clock = time_machine.travel(self.now, tick=False)
        self.clock.start()

    # -- steps ----------------------------------------------------------------------------------------------------------------

    @initialize(seed=SEEDS)
    def begin(self, seed):
        random, town, self.people = self.dice(seed), self.place.town, self.people + 1
        urgency = random.choice(["routine", "soon", "urgent", "crisis"])
        strategy = random.choice(["direct", "cascade", "broadcast", "open"])
        orgs = random.sample(COVERED, {"direct": 1, "open": 0}.get(strategy, 3))
        person = region.person(town.quayside_worker, f"M{self.people}", name="Canary-Model")
        draft = actions.create_draft(Draft(person=person.pk, need="housing-support", urgency=urgency), by=town.quayside_worker)
        self.model = Model(urgency, now=self.now)
        self.model.send(orgs, strategy)
        terms = actions.usual_terms({self.place.organization[org] for org in COVERED}, how="in-person", days=3000)
        said = Said(services=self.services(orgs), strategy=strategy)
        self.pk = actions.send(draft, by=town.quayside_worker, said=said, decision=Decision(terms=terms)).pk
        self.compare()

    @precondition(lambda self: not self.model.is_open)
    @rule(seed=SEEDS)
    def begin_again(self, seed):
        """Mostly at once: what is closed can only be opened again or corrected."""
        self.begin(seed)

    @rule(seed=SEEDS)
    def somebody_moves(self, seed):
        """Mostly a move that is possible, each verb as likely as another; now and then any."""
        random = self.dice(seed)
        if not self.model.is_open and random.random() < 0.6:
            return self.begin(seed)
        pairs = [(verb, offer) for offer in self.model.offers for verb in ON_OFFERS] + [(verb, None) for verb in ON_REFERRALS]
        ends = [pair for pair in pairs if pair[0] in ENDS]
        pairs = [pair for pair in pairs if pair[0] not in ENDS] + (ends if random.random() < 0.25 else [])
        possible = [pair for pair in pairs if self.model.can(*pair)]
        chosen = possible if possible and random.random() < 0.85 else pairs
        verb = random.choice(sorted({verb for verb, _ in chosen}))
        offer = random.choice([offer for name, offer in chosen if name == verb])
        on = (self.now + timedelta(days=random.randint(1, 40))).date()
        mistake = verb == "unaccept" and random.random() < 0.5
        said = Said(
            reason="accepted-by-mistake" if mistake else REASONS.get(verb), text="Words." if verb in {"ask", "answer"} else None,
            on=on if verb in {"waitlist", "hold"} else None, outcome="got-help" if verb == "complete" else None,
        )  # fmt: skip
        town = self.place.town
        by = self.place.worker[offer.org] if offer and verb not in {"answer", "retract"} else town.quayside_worker
        if verb in {"forward", "take", "offer"}:
            return self.names_services(verb, offer, by, random)
        return self.both(verb, offer, town.quayside_admin if verb == "correct" else by, said, mistake=mistake, on=on)

    def names_services(self, verb, offer, by, random):
        strategy = random.choice(["direct", "cascade", "broadcast", "open"]) if verb == "offer" else None
        orgs = random.sample([org for org in ORGS if offer is None or org != offer.org], 2 if strategy in {"cascade", "broadcast"} else 1)
        orgs = [] if strategy == "open" else orgs
        busy = any(each.org in orgs and each.open for each in self.model.offers)
        fits = verb == "forward" or not busy
        if verb == "take":
            by, fits = self.place.worker[orgs[0]], fits and orgs[0] in COVERED
        if strategy == "open":
            fits = self.model.at.startswith("requested") and not self.model.call
        said = Said(services=self.services(orgs), strategy=strategy)
        self.both(verb, offer, by, said, orgs=tuple(orgs), strategy=strategy or "direct", fits=fits)

    @precondition(lambda self: self.model.of("requested", "requested·info-requested"))
    @rule(seed=SEEDS)
    def receiver_declines_with_time_to_undo(self, seed):
        random = self.dice(seed)
        offer = random.choice(self.model.offers)
        by, row = self.place.worker[offer.org], self.row_of(offer)
        possible = self.model.can("reject", offer) and not offer.declining
        assert possible == self.tried(lambda: actions.hold_decline(row, by=by, said=Said(reason="full"), seconds=10))
        if possible:
            offer.declining = self.now + timedelta(seconds=10)
        if offer.declining and random.random() < 0.5:
            actions.undo_decline(self.row_of(offer), by=by)
            offer.declining = None
        self.compare()

    @rule(seed=SEEDS)
    def time_passes(self, seed):
        self.travel(self.dice(seed).choices(WAITS, WEIGHTS)[0])
        self.model.now = self.now
        self.model.sweep()
        tasks.sweep_once()
        self.compare()

    def dice(self, seed):
        self.rolls += 1
        return Random(f"{seed} {self.rolls}")

    # -- helpers of the steps -----------------------------------------------------------------------------------------------------

    def services(self, orgs):
        return tuple(self.place.service[org].pk for org in orgs)

    def rows(self):
        """The real offers beside the model's: each organisation's in the order of their making."""
        found = {}
        for row in Offer.objects.filter(referral=self.pk).select_related("referral").order_by("created_at", "position"):
            found.setdefault(self.place.name[row.organization_id], []).append(row)
        mine = {}
        for offer in self.model.offers:
            mine.setdefault(offer.org, []).append(offer)
        assert {org: len(rows) for org, rows in found.items()} == {org: len(rows) for org, rows in mine.items()}
        return [pair for org, rows in found.items() for pair in zip(mine[org], rows, strict=True)]

    def row_of(self, offer):
        return next(row for mine, row in self.rows() if mine is offer)

    def both(self, verb, offer, by, said, *, fits=True, **effect):
        """The verb on both; neither makes it, or both do."""
        self.travel(timedelta(seconds=1))
        self.model.now = self.now
        possible = fits and self.model.can(verb, offer)
        if offer is not None:
            made = self.tried(lambda: actions.move(self.row_of(offer), verb, by=by, said=said))
        else:
            made = self.tried(lambda: actions.move_referral(Referral.objects.get(pk=self.pk), verb, by=by, said=said))
        assert made == possible, (verb, made, possible, self.model)
        if possible:
            effect = {name: value for name, value in effect.items() if name in {"orgs", "strategy", "mistake", "on"}}
            self.model.make(verb, offer, **effect)
        self.compare()

    def tried(self, act):
        try:
            act()
        except Refusal:
            return False
        return True

    def compare(self):
        row = Referral.objects.select_related("sender", "person", "consent").get(pk=self.pk)
        at = f"{row.status}·{row.business_status}".rstrip("·")
        assert (at, row.is_open_to_take) == (self.model.at, self.model.call), self.model
        self.model.call_due = row.respond_by
        for mine, real in self.rows():
            assert (f"{real.status}·{real.business_status}".rstrip("·"), real.holds) == (mine.at, mine.holds), (mine, self.model)
            mine.due, mine.until, mine.was_asked = real.respond_by, real.question_until, real.asked_at is not None
            assert real.decline_at == mine.declining
        granted = set(Grant.objects.standing().filter(referral=self.pk).values_list("organization", flat=True))
        assert {self.place.name[pk] for pk in granted} == {offer.org for offer in self.model.of("accepted")}
        self.never_stuck(row)

    def never_stuck(self, row):
        """No open referral waits for nothing: somebody is asked, or called, or alarmed, or there is a next step with its time."""
        step = Reader([row], self.place.town.quayside_worker).next_step(row)
        assert (step is not None) == self.model.is_open
        if step is not None:
            assert step.at is not None
            assert step.who or self.model.call


def test_every_sequence_of_moves_leaves_the_rows_where_the_model_says(place):
    machine = type("Placed", (Machine,), {"place": place})
    examples, steps = (1000, 60) if LONG else (50, 30)

    run_state_machine_as_test(
        machine,
        settings=settings(
            phases=[Phase.generate],  # the seeds do not shrink: a red run tells the steps as they were
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=not LONG,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
