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
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from network.accounts.actions import be_away, be_back
from network.accounts.models import Membership
from network.core import events
from network.core.errors import Refusal
from network.core.models import Event
from network.demo import region
from network.people.models import Grant
from network.referrals import actions, tasks
from network.referrals.actions import Decision, Draft, Said
from network.referrals.lifecycle import MOVES
from network.referrals.models import CaseMember, Offer, Referral
from network.referrals.reading import Reader

from .model import COVERED, Away, Model

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(3600)]
# One seed an example: drawn one by one, choices crowd at the first of each list, and an example would begin like the one before.
SEEDS = st.integers(0, 2**32 - 1)
LONG = bool(os.environ.get("LONG"))
START = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
ORGS = ("a", "b", "c", "d")
ON_OFFERS = (
    "see", "claim", "unclaim", "ask", "answer", "accept", "reject", "retract", "forward", "unaccept", "waitlist", "start", "hold", "note",
    "complete", "fail", "hand-on", "reopen",
)  # fmt: skip
ON_REFERRALS = ("assign", "take", "offer", "give-up", "cancel", "withdraw", "correct")
BEFORE_IT = ("discard", "send")
BY_THE_CLOCK = ("lapse", "cover", "expire", "escalate", "close-silent")
NOT_DRIVEN: dict[str, str] = {}  # verb: why
INSIDE = {"see", "claim", "unclaim", "assign"}
OFTEN = {  # else they are lost among what is always possible
    "claim": 4, "ask": 2, "answer": 4, "accept": 2, "forward": 4, "complete": 3, "fail": 2, "hand-on": 3, "reopen": 3,
}  # fmt: skip
ENDS = {"cancel", "withdraw", "correct", "complete", "fail", "hand-on", "give-up"}
REASONS = {
    "reject": "full", "unaccept": "no-capacity-after-all", "hold": "person-asked", "note": "appointment-booked", "fail": "not-reached",
    "reopen": "came-back", "retract": "no-answer", "give-up": "no-service-found", "cancel": "no-longer-needed", "correct": "test",
}  # fmt: skip
WEIGHTS = (6, 4, 4, 3, 2, 1, 1)
WAITS = [timedelta(seconds=20), timedelta(minutes=16), timedelta(hours=5), *(timedelta(days=days) for days in (1, 3, 9, 95))]


@pytest.fixture
def place(town):
    """Four organisations of two colleagues that can be asked, besides the sender "s"."""
    made = SimpleNamespace(town=town, service={}, name={town.quayside.pk: "s"})
    people = {"s1": town.quayside_user, "s2": town.quayside_admin_user}
    for org in ORGS:
        row = region.organization(f"Organisation {org}")
        people |= {f"{org}{nr}": region.member(row, f"{org}{nr}@model.test", region.Role.CASEWORKER) for nr in (1, 2)}
        made.service[org] = region.service(row, f"Service {org}")
        made.name[row.pk] = org
    made.organization = {org: pk for pk, org in made.name.items()}
    made.user = {who: user.pk for who, user in people.items()}
    made.who = {pk: who for who, pk in made.user.items()}
    made.actor = {who: region.actor(user) for who, user in people.items()}
    rows = Membership.objects.filter(user__in=people.values()).select_related("organization")
    made.member = {made.who[row.user_id]: row for row in rows}
    return made


class Machine(RuleBasedStateMachine):
    """The actions and the model, side by side; the clock stands still within a step."""

    place = None
    made: set[str] = set()  # verbs, as the log of the whole run has them

    def __init__(self):
        super().__init__()
        self.people, self.read = 0, None
        self.now = START
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.travel(timedelta())

    def teardown(self):
        assert events.verify() == []
        self.made |= {kind.partition(".")[2] for kind in Event.objects.values_list("kind", flat=True).distinct()}
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
    def first(self, seed):
        self.random, self.away = Random(seed), {}
        self.begin()

    @rule()
    def something_happens(self):
        acts = [self.somebody_moves, self.receiver_declines_with_time_to_undo, self.somebody_goes_away_or_comes_back, self.time_passes]
        self.random.choices(acts, (14, 1, 2, 4))[0]()

    def begin(self):
        random, town, self.people = self.random, self.place.town, self.people + 1
        urgency = random.choice(["routine", "soon", "urgent", "crisis"])
        strategy = random.choice(["direct", "cascade", "broadcast", "open"])
        orgs = random.sample(COVERED, {"direct": 1, "open": 0}.get(strategy, 3))
        person = region.person(town.quayside_worker, f"M{self.people}", name="Canary-Model")
        self.model = Model(urgency, now=self.now, away=self.away, on_case={"s1"})
        draft = self.draft(person, urgency)
        if random.random() < 0.1:
            actions.discard(draft, by=town.quayside_worker)
            draft = self.draft(person, urgency)
        self.pk, self.pairs = draft.pk, []
        if random.random() < 0.2:
            self.assigns("s")
        self.model.send(orgs, strategy)
        terms = actions.usual_terms({self.place.organization[org] for org in COVERED}, how="in-person", days=3000)
        said = Said(services=self.services(orgs), strategy=strategy)
        actions.send(draft, by=town.quayside_worker, said=said, decision=Decision(terms=terms))
        self.compare()

    def draft(self, person, urgency):
        return actions.create_draft(Draft(person=person.pk, need="housing-support", urgency=urgency), by=self.place.town.quayside_worker)

    def somebody_moves(self):
        """Mostly a move that is possible, each verb as likely as another; now and then any."""
        random = self.random
        if not self.model.is_open and random.random() < 0.6:
            return self.begin()  # what is closed can only be opened again or corrected
        pairs = [(verb, offer) for offer in self.model.offers for verb in ON_OFFERS] + [(verb, None) for verb in ON_REFERRALS]
        ends = [pair for pair in pairs if pair[0] in ENDS]
        pairs = [pair for pair in pairs if pair[0] not in ENDS] + (ends if random.random() < 0.25 else [])
        inside = random.random() < 0.3
        pairs = [pair for pair in pairs if (pair[0] in INSIDE) is inside]
        possible = [pair for pair in pairs if self.model.can(*pair)]
        chosen = possible if possible and random.random() < 0.85 else pairs
        verbs = sorted({verb for verb, _ in chosen})
        verb = random.choices(verbs, [OFTEN.get(verb, 1) for verb in verbs])[0]
        offer = random.choice([offer for name, offer in chosen if name == verb])
        on = (self.now + timedelta(days=random.randint(1, 40))).date()
        mistake = verb == "unaccept" and random.random() < 0.5
        said = Said(
            reason="accepted-by-mistake" if mistake else REASONS.get(verb), text="Words." if verb in {"ask", "answer"} else None,
            on=on if verb in {"waitlist", "hold"} else None, outcome="got-help" if verb == "complete" else None,
        )  # fmt: skip
        by = f"{offer.org}{random.choice('12')}" if offer and verb not in {"answer", "retract"} else "s1"
        if verb == "assign":
            return self.assigns(random.choice(["s", *self.orgs_asked(), random.choice(ORGS)]))
        if verb in {"forward", "take", "offer"}:
            return self.names_services(verb, offer, by)
        return self.both(verb, offer, "s2" if verb == "correct" else by, said, mistake=mistake, on=on)

    def assigns(self, org):
        """Mostly to a colleague; now and then to somebody who is none."""
        random = self.random
        by, to = f"{org}{random.choice('12')}", f"{org}{random.choice('12')}"
        to = f"{random.choice(ORGS)}1" if random.random() < 0.1 else to
        knows = org == "s" or self.model.sees(org)
        fits = knows and to[0] == org and (to == by or self.model.present(to) is not None)
        self.both("assign", None, by, Said(assignee=self.place.user[to]), fits=fits, org=org, to=to)

    def orgs_asked(self):
        return sorted({offer.org for offer in self.model.of("requested", "requested·info-requested")})

    def names_services(self, verb, offer, by):
        random = self.random
        strategy = random.choice(["direct", "cascade", "broadcast", "open"]) if verb == "offer" else None
        orgs = random.sample([org for org in ORGS if offer is None or org != offer.org], 2 if strategy in {"cascade", "broadcast"} else 1)
        orgs = [] if strategy == "open" else orgs
        busy = any(each.org in orgs and each.open for each in self.model.offers)
        fits = verb == "forward" or not busy
        if verb == "take":
            by, fits = f"{orgs[0]}{random.choice('12')}", fits and orgs[0] in COVERED
        if strategy == "open":
            fits = self.model.at.startswith("requested") and not self.model.call
        said = Said(services=self.services(orgs), strategy=strategy)
        self.both(verb, offer, by, said, orgs=tuple(orgs), strategy=strategy or "direct", fits=fits)

    def receiver_declines_with_time_to_undo(self):
        random, asked = self.random, self.model.of("requested", "requested·info-requested")
        if not self.model.offers:
            return
        offer = random.choice(asked if asked and random.random() < 0.9 else self.model.offers)
        by, row = self.place.actor[f"{offer.org}{random.choice('12')}"], self.row_of(offer)
        possible = self.model.can("reject", offer) and not offer.declining
        assert possible == self.tried(lambda: actions.hold_decline(row, by=by, said=Said(reason="full"), seconds=10))
        if possible:
            offer.declining = self.now + timedelta(seconds=10)
        if offer.declining and random.random() < 0.5:
            actions.undo_decline(self.row_of(offer), by=by)
            offer.declining = None
        self.compare()

    def somebody_goes_away_or_comes_back(self):
        """Mostly somebody who has something; from today on or soon, with a cover or without."""
        random = self.random
        having = sorted({offer.had_by for offer in self.model.of("requested", "requested·info-requested")} - {None})
        if not having and random.random() < 0.7:
            return self.somebody_moves()
        who = random.choice(having or sorted(self.place.user))
        member = self.place.member[who]
        self.pass_a_second()
        if who in self.away and random.random() < 0.5:
            be_back(member, by=self.place.actor[who])
            del self.away[who]
            return None
        first = self.now.date() + timedelta(days=random.choice([0, 0, 1]))
        last = first + timedelta(days=random.choice([0, 1, 4]))
        cover = f"{who[0]}{'21'[int(who[1]) - 1]}" if random.random() < 0.7 else None
        be_away(member, by=self.place.actor[who], begins_on=first, ends_on=last, cover=self.place.user.get(cover))
        self.away[who] = Away(first, last, self.now, cover)
        if random.random() < 0.7:
            return self.time_passes(timedelta(minutes=1))
        return None

    def time_passes(self, by=None):
        self.travel(by or self.random.choices(WAITS, WEIGHTS)[0])
        self.model.now = self.now
        self.model.sweep()
        tasks.sweep_once()
        self.compare()

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
        """As the last comparison found it."""
        return next(row for mine, row in self.pairs if mine is offer)

    def both(self, verb, offer, by, said, *, fits=True, **effect):
        """The verb on both; neither makes it, or both do."""
        self.pass_a_second()
        possible, actor = fits and self.model.can(verb, offer), self.place.actor[by]
        if offer is not None:
            made = self.tried(lambda: actions.move(self.row_of(offer), verb, by=actor, said=said))
        else:
            made = self.tried(lambda: actions.move_referral(Referral.objects.get(pk=self.pk), verb, by=actor, said=said))
        assert made == possible, (verb, by, made, possible, self.model)
        if possible and verb == "assign":
            self.model.assign(effect["org"], by, effect["to"])
        elif possible:
            effect = {name: value for name, value in effect.items() if name in {"orgs", "strategy", "mistake", "on"}}
            self.model.make(verb, offer, by=by, **effect)
        self.compare()

    def pass_a_second(self):
        self.travel(timedelta(seconds=1))
        self.model.now = self.now

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
        self.pairs = self.rows()
        for mine, real in self.pairs:
            assert (f"{real.status}·{real.business_status}".rstrip("·"), real.holds) == (mine.at, mine.holds), (mine, self.model)
            mine.due, mine.until, mine.was_asked = real.respond_by, real.question_until, real.asked_at is not None
            assert real.decline_at == mine.declining
            has = (self.place.who.get(real.claimed_by_id), real.claimed_at, real.claim_until, real.seen_at is not None)
            assert has == (mine.had_by, mine.had_since, mine.had_until, mine.seen), (mine, self.model)
        granted = set(Grant.objects.standing().filter(referral=self.pk).values_list("organization", flat=True))
        assert {self.place.name[pk] for pk in granted} == {offer.org for offer in self.model.of("accepted")}
        members = CaseMember.objects.filter(referral=self.pk, until__isnull=True).values_list("user", flat=True)
        assert {self.place.who[pk] for pk in members} == self.model.on_case, self.model
        self.never_stuck(row)

    def never_stuck(self, row):
        """No open referral waits for nothing: somebody is asked, or called, or alarmed, or there is a next step with its time."""
        # The reader is the dearest part of a step, and what it says rests on these rows alone.
        rows = (row.pk, row.version, *((real.pk, real.version, real.decline_at) for _, real in self.pairs))
        if rows == self.read:
            return
        self.read = rows
        step = Reader([row], self.place.town.quayside_worker).next_step(row)
        assert (step is not None) == self.model.is_open
        if step is not None:
            assert step.at is not None
            assert step.who or self.model.call


def test_every_sequence_of_moves_leaves_the_rows_where_the_model_says(place):
    machine = type("Placed", (Machine,), {"place": place})
    examples, steps = (300, 60) if LONG else (50, 30)

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

    assert set(ON_OFFERS + ON_REFERRALS + BEFORE_IT + BY_THE_CLOCK) <= machine.made  # what is drawn is also made, once at least


def test_the_machine_drives_every_verb_of_the_table_or_says_why_not():
    driven = [*ON_OFFERS, *ON_REFERRALS, *BEFORE_IT, *BY_THE_CLOCK]

    assert sorted([*driven, *NOT_DRIVEN]) == sorted(MOVES)
