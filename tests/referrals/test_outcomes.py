"""What is hoped for at sending, what came of it at the end, and asking weeks later."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from network.core import events
from network.core.clock import now
from network.core.crypto import Keyring
from network.core.errors import BadInput, NotYours, SayMore, WrongState
from network.core.models import Event
from network.demo import region
from network.people.models import Consent, Person
from network.referrals import actions, tasks
from network.referrals.actions import Draft, Said
from network.referrals.actions.consents import withdraw_consent
from network.referrals.actions.follow_ups import fall_due
from network.referrals.models import DesiredOutcome, FollowUp, Message, Offer, Outcome, OutcomeCode, ReachedOutcome, Referral
from tests.conftest import send_to

pytestmark = pytest.mark.django_db
HOPES = ("keep-home", "feel-safer")
SIX = ("keep-home", "find-home", "home-fit", "feel-safer", "feel-better", "more-say")


@pytest.fixture
def hoping(town):
    """A draft with two hopes and words of the person's own."""
    draft = Draft(person=town.person.pk, need="housing-support", urgency="soon", desired_outcomes=HOPES, hopes="Canary-Hope")
    return actions.create_draft(draft, by=town.quayside_worker)


@pytest.fixture
def held(town, hoping):
    """The same, accepted by Harbour House."""
    sent = send_to(town, hoping, town.harbour_service)
    return actions.move(Offer.objects.select_related("referral").get(referral=sent), "accept", by=town.harbour_worker)


def closed(town, offer, *, may_ask_again=None, **reached):
    said = Said(
        outcome="got-help", reached={code.replace("_", "-"): answer for code, answer in reached.items()}, may_ask_again=may_ask_again
    )
    return actions.move(offer, "complete", by=town.harbour_worker, said=said)


def heard(kind):
    return sorted((e.organization.name, e.actor.split("/")[0]) for e in Event.objects.filter(kind=kind).select_related("organization"))


# -- hopes -------------------------------------------------------------------------------------------------------------------


def test_hopes_keep_the_order_in_which_they_were_chosen(town, hoping):
    assert [row.code.code for row in hoping.desired_outcomes.order_by("position")] == list(HOPES)

    again = Draft(person=town.person.pk, need="housing-support", desired_outcomes=["feel-safer"])
    actions.edit_draft(hoping, again, by=town.quayside_worker, version=hoping.version)
    assert [row.code.code for row in hoping.desired_outcomes.all()] == ["feel-safer"]


def test_a_change_that_says_nothing_of_hopes_leaves_them(town, hoping):
    actions.edit_draft(hoping, Draft(person=town.person.pk, need="food"), by=town.quayside_worker, version=hoping.version)

    row = Referral.objects.get(pk=hoping.pk)
    assert row.desired_outcomes.count() == 2
    assert Keyring.for_people([row.person_id]).read(row, "hopes") == "Canary-Hope"


@pytest.mark.parametrize(
    ("said", "pointer", "code"),
    [
        ({"desired_outcomes": ["no-such-hope"]}, "/desired_outcomes", "unknown"),
        ({"desired_outcomes": SIX}, "/desired_outcomes", "too_many"),
        ({"hopes": "a" * 501}, "/hopes", "too_long"),
    ],
)  # fmt: skip
def test_what_is_no_hope_is_refused_by_name(town, said, pointer, code):
    with pytest.raises(BadInput) as refusal:
        actions.create_draft(Draft(person=town.person.pk, need="housing-support", **said), by=town.quayside_worker)

    assert [(complaint.pointer, complaint.code) for complaint in refusal.value.errors] == [(pointer, code)]
    assert not Referral.objects.exists()


def test_a_closed_code_can_be_kept_and_not_chosen_anew(town, hoping):
    OutcomeCode.objects.filter(code="keep-home").update(effective_to=date(2024, 6, 1))
    kept = Draft(person=town.person.pk, need="housing-support", desired_outcomes=HOPES)
    actions.edit_draft(hoping, kept, by=town.quayside_worker, version=hoping.version)

    with pytest.raises(BadInput):
        actions.create_draft(kept, by=town.quayside_worker)


def test_a_candidate_reads_no_hope_before_it_says_yes(town, hoping, call):
    sent = send_to(town, hoping, town.harbour_service)
    before = call(town.harbour_user).get(f"referrals/{sent.pk}")
    actions.move(Offer.objects.select_related("referral").get(referral=sent), "accept", by=town.harbour_worker)
    after = call(town.harbour_user).get(f"referrals/{sent.pk}").json()

    assert before.json()["desired_outcomes"] == []
    assert "Canary-Hope" not in before.content.decode()
    assert [code["code"] for code in after["desired_outcomes"]] == list(HOPES)
    assert after["person"]["hopes"] == "Canary-Hope"
    assert call(town.eastfield_user).get(f"referrals/{sent.pk}").status_code == 404


def test_the_words_of_a_hope_are_sealed(hoping):
    assert b"Canary-Hope" not in bytes(Referral.objects.get(pk=hoping.pk).hopes)
    assert not Message.objects.exists()


def test_each_hope_is_answered_and_nothing_else_is(town, held):
    with pytest.raises(SayMore) as refusal:
        closed(town, held, keep_home="yes", meet_people="no")

    assert [complaint.pointer for complaint in refusal.value.errors] == ["/reached/feel-safer", "/reached/meet-people"]
    assert not Outcome.objects.exists()

    closed(town, held, keep_home="yes", feel_safer="not-known")
    found = ReachedOutcome.objects.values_list("code__code", "answer")
    assert sorted(found) == [("feel-safer", "not-known"), ("keep-home", "yes")]


def test_an_answer_that_is_none_is_refused(town, held):
    with pytest.raises(SayMore):
        closed(town, held, keep_home="perhaps", feel_safer="yes")


def test_a_reopened_referral_keeps_the_old_answers_with_the_old_outcome(town, held):
    done = closed(town, held, keep_home="no", feel_safer="yes")
    again = actions.move(done, "reopen", by=town.harbour_worker, said=Said(reason="came-back"))
    closed(town, again, keep_home="yes", feel_safer="yes")

    old, new = Outcome.objects.order_by("at")
    assert old.superseded_at is not None
    assert old.reached.get(code__code="keep-home").answer == "no"
    assert new.reached.get(code__code="keep-home").answer == "yes"


def test_a_referral_handed_on_takes_its_hopes_with_it(town, held):
    actions.move(held, "hand-on", by=town.harbour_worker)

    draft = Referral.objects.get(based_on=held.referral)
    assert [row.code.code for row in draft.desired_outcomes.order_by("position")] == list(HOPES)
    assert Keyring.for_people([draft.person_id]).read(draft, "hopes") == "Canary-Hope"


def test_a_sending_that_is_undone_opens_with_the_same_hopes(town, hoping):
    sent = send_to(town, hoping, town.harbour_service)
    draft = actions.undo_send(sent, by=town.quayside_worker, seconds=10)

    assert [row.code.code for row in draft.desired_outcomes.order_by("position")] == list(HOPES)


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (DesiredOutcome, {"position": 5}),
        (ReachedOutcome, {"answer": "perhaps"}),
        (OutcomeCode, {"effective_to": date(2023, 1, 1)}),
        (FollowUp, {"answer": "perhaps"}),
        (FollowUp, {"answer": "no"}),
        (FollowUp, {"days": 31}),
        (FollowUp, {"ended_at": now(), "answer": "no", "answered_at": now()}),
    ],
)
def test_the_database_refuses_what_may_not_be(town, held, model, change):
    due(town, held)
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.update(**change)


def test_two_hopes_cannot_have_one_place(hoping):
    with pytest.raises(IntegrityError), transaction.atomic():
        hoping.desired_outcomes.update(position=0)


# -- how is it going? --------------------------------------------------------------------------------------------------------


def due(town, held, days=30, *, may_ask_again=True):
    """A follow-up that is due now."""
    done = closed(town, held, may_ask_again=may_ask_again, keep_home="yes", feel_safer="yes")
    Outcome.objects.update(at=now() - timedelta(days=days))
    return fall_due(Outcome.objects.get(offer=done), days)


def test_who_wants_to_be_asked_is_asked_once_after_thirty_days_and_once_after_ninety(town, held):
    begun = now()
    closed(town, held, may_ask_again=True, keep_home="yes", feel_safer="yes")
    for days in (29, 30, 31, 89, 90, 91):
        with time_machine.travel(begun + timedelta(days=days, minutes=1), tick=False):
            tasks.sweep_once()
            tasks.sweep_once()

    assert list(FollowUp.objects.order_by("days").values_list("days", flat=True)) == [30, 90]
    assert heard("offer.follow-up-due") == [("Harbour House", "clock")] * 2
    assert heard("offer.follow-up-ended") == [("Harbour House", "clock")]
    assert events.verify() == []


def test_the_task_of_a_completion_makes_the_question(town, held):
    begun = now()
    closed(town, held, may_ask_again=True, keep_home="yes", feel_safer="yes")
    with time_machine.travel(begun + timedelta(days=30, minutes=1), tick=False):
        tasks.follow_up.func(str(held.referral_id), 30)
        tasks.follow_up.func(str(held.referral_id), 30)

    assert FollowUp.objects.get().organization == town.harbour


@pytest.mark.parametrize("may_ask_again", [False, None])
def test_nobody_is_asked_who_did_not_say_that_they_want_to_be(town, held, may_ask_again):
    assert due(town, held, may_ask_again=may_ask_again) is None


def test_nobody_is_asked_about_a_referral_that_was_opened_again(town, held):
    row = due(town, held)
    actions.move(Offer.objects.select_related("referral").get(pk=held.pk), "reopen", by=town.harbour_worker, said=Said(reason="came-back"))

    row.refresh_from_db()
    assert row.ended_at is not None
    with pytest.raises(WrongState):
        actions.answer_follow_up(row, "no", by=town.harbour_worker)


def test_a_withdrawal_ends_what_is_due_and_what_would_come(town, held):
    row = due(town, held)
    withdraw_consent(Consent.objects.get(referrals=held.referral), by=town.quayside_worker)

    row.refresh_from_db()
    assert row.ended_at is not None
    Outcome.objects.update(at=now() - timedelta(days=90))
    assert fall_due(Outcome.objects.get(), 90) is None


def test_a_withdrawal_from_another_ends_nothing(town, held):
    row = due(town, held)
    consent = Consent.objects.get(referrals=held.referral)
    consent.recipients.create(organization=town.eastfield)
    withdraw_consent(consent, by=town.quayside_worker, recipient=town.eastfield.pk)

    row.refresh_from_db()
    assert row.ended_at is None


def test_nobody_is_asked_whose_consent_is_over_or_whose_record_was_erased(town, held):
    closed(town, held, may_ask_again=True, keep_home="yes", feel_safer="yes")
    Outcome.objects.update(at=now() - timedelta(days=30))
    outcome = Outcome.objects.get()

    Consent.objects.update(until=now() - timedelta(days=1), given_at=now() - timedelta(days=9))
    assert fall_due(outcome, 30) is None
    Consent.objects.update(until=now() + timedelta(days=1))
    Person.objects.filter(pk=held.referral.person_id).update(erased_at=now())
    assert fall_due(outcome, 30) is None


def test_an_answer_is_kept_and_told_to_both_without_a_word_of_it(town, held):
    row = due(town, held)
    answered = actions.answer_follow_up(row, "still-helped", by=town.harbour_worker)

    assert answered.answer == "still-helped"
    assert heard("referral.follow-up") == [("Harbour House", "user"), ("Quayside Advice", "organization")]
    told = Event.objects.filter(kind="referral.follow-up").values("kind", "subject", "actor")
    assert "helped" not in str(list(told))
    with pytest.raises(WrongState):
        actions.answer_follow_up(row, "no", by=town.harbour_worker)


def test_who_does_not_want_to_be_asked_is_not_asked_again(town, held):
    actions.answer_follow_up(due(town, held), "does-not-want", by=town.harbour_worker)
    Outcome.objects.update(at=now() - timedelta(days=90))

    assert fall_due(Outcome.objects.get(), 90) is None


def test_the_sender_reads_a_follow_up_and_does_not_answer_it(town, held, call):
    row = due(town, held)
    sender = call(town.quayside_user)

    assert [each["id"] for each in sender.get("follow-ups").json()["results"]] == [str(row.pk)]
    assert sender.get("follow-ups?waiting=true").json()["results"] == []
    assert sender.post(f"follow-ups/{row.pk}/answer", {"answer": "no"}).status_code == 403
    with pytest.raises(NotYours):
        actions.answer_follow_up(row, "no", by=town.quayside_worker)


def test_a_nonsense_answer_is_bad_input(town, held, call):
    row = due(town, held)

    assert call(town.harbour_user).post(f"follow-ups/{row.pk}/answer", {"answer": "great"}).status_code == 422
    with pytest.raises(SayMore):
        actions.answer_follow_up(row, "great", by=town.harbour_worker)


def test_a_repeated_answer_is_given_once(town, held, call):
    row = due(town, held)
    harbour = call(town.harbour_user)
    first = harbour.post(f"follow-ups/{row.pk}/answer", {"answer": "partly"}, key="once")
    second = harbour.post(f"follow-ups/{row.pk}/answer", {"answer": "partly"}, key="once")

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert harbour.post(f"follow-ups/{row.pk}/answer", {"answer": "no"}).status_code == 409
    assert Event.objects.filter(kind="referral.follow-up", organization=town.harbour).count() == 1


def test_a_list_of_follow_ups_costs_the_same_for_three_as_for_thirty(town, call):
    harbour, costs = call(town.harbour_user), []
    for count in (range(3), range(3, 30)):
        for number in count:
            person = region.person(town.quayside_worker, f"F{number}", name="Canary")
            draft = actions.create_draft(Draft(person=person.pk, need="food", urgency="soon"), by=town.quayside_worker)
            sent = send_to(town, draft, town.harbour_service)
            offer = actions.move(Offer.objects.select_related("referral").get(referral=sent), "accept", by=town.harbour_worker)
            actions.move(offer, "complete", by=town.harbour_worker, said=Said(outcome="got-help", may_ask_again=True))
        Outcome.objects.update(at=now() - timedelta(days=30))
        for outcome in Outcome.objects.all():
            fall_due(outcome, 30)
        harbour.get("me")
        with CaptureQueriesContext(connection) as queries:
            answer = harbour.get("follow-ups?waiting=true")
        assert answer.status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 12, costs


# -- waiting lists -----------------------------------------------------------------------------------------------------------


def wait(town, offer, on):
    return actions.move(offer, "waitlist", by=town.harbour_worker, said=Said(on=on))


def test_the_passing_of_the_expected_date_is_told_once_and_anew_for_a_new_date(town, held):
    begun = now()
    first, later = (begun + timedelta(days=7)).date(), (begun + timedelta(days=20)).date()
    offer = wait(town, held, first)
    for days in (7, 8, 9, 10):
        with time_machine.travel(begun + timedelta(days=days), tick=False):
            tasks.sweep_once()
    assert heard("offer.wait-passed") == [("Harbour House", "clock")]
    assert heard("referral.wait-passed") == [("Quayside Advice", "clock")]

    with time_machine.travel(begun + timedelta(days=10), tick=False):
        wait(town, offer, later)
    for days in (15, 21, 22):
        with time_machine.travel(begun + timedelta(days=days), tick=False):
            tasks.sweep_once()
    assert len(heard("offer.wait-passed")) == 2
    assert events.verify() == []


def test_the_day_is_over_where_the_holder_is(town, held):
    type(town.harbour).objects.filter(pk=town.harbour.pk).update(time_zone="America/Los_Angeles")
    begun = now().replace(hour=12, minute=0)
    on = (begun + timedelta(days=3)).date()
    with time_machine.travel(begun, tick=False):
        offer = wait(town, held, on)
    end_of_day = (begun + timedelta(days=4)).replace(hour=0)
    for at, told in ((end_of_day + timedelta(hours=6), 0), (end_of_day + timedelta(hours=9), 1)):
        with time_machine.travel(at, tick=False):
            tasks.nudge_waiting.func(str(offer.pk))
        assert len(heard("offer.wait-passed")) == told


def test_nobody_is_told_of_a_wait_that_is_over(town, held):
    begun = now()
    offer = wait(town, held, (begun + timedelta(days=2)).date())
    actions.move(offer, "start", by=town.harbour_worker)
    with time_machine.travel(begun + timedelta(days=9), tick=False):
        tasks.sweep_once()
        tasks.nudge_waiting.func(str(offer.pk))

    assert heard("offer.wait-passed") == []
