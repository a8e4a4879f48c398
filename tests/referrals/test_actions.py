"""Moves through the engine: places, rows and events after each."""

from __future__ import annotations

from datetime import timedelta

import pytest

from network.core import events
from network.core.clock import now
from network.core.errors import NotYours, SayMore, Stale, WrongState
from network.core.models import Event
from network.people.models import Grant
from network.referrals import actions, tasks
from network.referrals.actions import Decision, Draft, Said
from network.referrals.models import CaseMember, Message, Offer, Outcome, RecordedGap, Referral

pytestmark = pytest.mark.django_db


def stands(row):
    row.refresh_from_db()
    return f"{row.status}·{row.business_status}".rstrip("·")


def heard(kind):
    return {(e.organization.name, e.actor.split("/")[0]) for e in Event.objects.filter(kind=kind).select_related("organization")}


def test_a_sent_referral_asks_its_candidate_and_the_clock_runs(town, sent):
    offer = sent.offers.get()

    assert stands(sent) == "requested·offered"
    assert stands(offer) == "requested"
    assert offer.respond_by > offer.asked_at
    assert heard("referral.send") == {("Quayside Advice", "user")}
    assert heard("offer.asked") == {("Harbour House", "organization")}


def test_an_acceptance_opens_the_grant_and_holds(town, sent, accepted):
    assert stands(sent) == "accepted"
    assert accepted.holds
    assert Grant.objects.standing().get(referral=sent).organization == town.harbour
    assert CaseMember.objects.filter(referral=sent, user=town.harbour_user).exists()
    assert heard("referral.accept") == {("Quayside Advice", "organization"), ("Harbour House", "user")}


def test_completing_closes_the_loop_and_ends_the_grant(town, sent, accepted):
    actions.move(accepted, "complete", by=town.harbour_worker, said=Said(outcome="got-help"))

    assert stands(sent) == "completed"
    assert stands(accepted) == "completed·closed"
    assert Outcome.objects.get(referral=sent).help == "got-help"
    assert not Grant.objects.standing().filter(referral=sent).exists()
    assert events.verify() == []


def test_of_two_acceptances_the_second_hears_only_that_it_was_placed_elsewhere(town, sent, offer):
    actions.move_referral(sent, "offer", by=town.quayside_worker, said=Said(services=(town.eastfield_service.pk,)))
    second = Offer.objects.select_related("referral").get(organization=town.eastfield)
    actions.move(offer, "accept", by=town.harbour_worker)

    with pytest.raises(WrongState) as refusal:
        actions.move(second, "accept", by=town.eastfield_worker)

    assert refusal.value.facts["state"] == "placed-elsewhere"
    assert "by" not in refusal.value.facts
    assert stands(second) == "cancelled·placed-elsewhere"
    assert heard("offer.ended") == {("Eastfield Centre", "network")}
    assert ("Eastfield Centre", "network") not in heard("referral.accept")


def test_a_decline_leaves_an_unplaced_referral_with_a_next_step(town, sent, offer):
    actions.move(offer, "reject", by=town.harbour_worker, said=Said(reason="full"))

    assert stands(sent) == "requested·unplaced"
    assert sent.unplaced_at is not None
    actions.move_referral(sent, "offer", by=town.quayside_worker, said=Said(services=(town.eastfield_service.pk,)))
    assert stands(sent) == "requested·offered"
    assert sent.unplaced_at is None


def test_giving_up_records_one_gap(town, sent, offer):
    actions.move(offer, "reject", by=town.harbour_worker, said=Said(reason="full"))
    actions.move_referral(sent, "give-up", by=town.quayside_worker, said=Said(reason="no-service-found"))

    assert stands(sent) == "rejected"
    assert RecordedGap.objects.get().need.code == "housing-support"


@pytest.mark.parametrize(("reason", "text", "pointer"), [(None, None, "/reason"), ("nonsense", None, "/reason"), ("other", None, "/text")])
def test_a_decline_needs_a_known_reason_and_words_where_it_asks_for_them(town, offer, reason, text, pointer):
    with pytest.raises(SayMore) as refusal:
        actions.move(offer, "reject", by=town.harbour_worker, said=Said(reason=reason, text=text))

    assert [complaint.pointer for complaint in refusal.value.errors] == [pointer]
    assert stands(offer) == "requested"


def test_a_refused_move_leaves_no_trace(town, offer, sent):
    before = Event.objects.count(), sent.version

    with pytest.raises(NotYours):
        actions.move(offer, "accept", by=town.eastfield_worker)
    with pytest.raises(Stale):
        actions.move(offer, "accept", by=town.harbour_worker, fresh=False)

    sent.refresh_from_db()
    assert (Event.objects.count(), sent.version) == before


def test_wrong_state_comes_before_a_stale_tag(town, accepted):
    with pytest.raises(WrongState):
        actions.move(accepted, "accept", by=town.harbour_worker, fresh=False)


def test_a_question_stops_the_clock_and_an_answer_lets_it_run_on(town, sent, offer, monkeypatch):
    due = offer.respond_by
    asked = actions.move(offer, "ask", by=town.harbour_worker, said=Said(text="Canary-Question"))
    assert stands(sent) == "requested·info-requested"
    later = now() + timedelta(hours=5)
    for module in ("network.referrals.actions.engine", "network.core.events"):
        monkeypatch.setattr(f"{module}.now", lambda: later)

    answered = actions.move(asked, "answer", by=town.quayside_worker, said=Said(text="Canary-Answer"))

    assert stands(sent) == "requested·offered"
    assert answered.respond_by - due >= timedelta(hours=5) - timedelta(seconds=5)
    assert all(b"Canary" not in bytes(row.text) for row in Message.objects.all())


def test_an_overdue_offer_lapses_by_the_sweep_and_a_crisis_never_does(town, sent, offer):
    Offer.objects.filter(pk=offer.pk).update(respond_by=now() - timedelta(minutes=1))
    Referral.objects.filter(pk=sent.pk).update(urgency="crisis")
    tasks.sweep_once()
    assert stands(offer) == "requested"

    Referral.objects.filter(pk=sent.pk).update(urgency="soon")
    tasks.sweep_once()

    assert stands(offer) == "rejected·no-response"
    assert stands(sent) == "requested·unplaced"
    assert heard("referral.expire") == {("Quayside Advice", "clock")}


def test_a_waiting_list_lets_the_sender_ask_elsewhere_and_an_acceptance_there_ends_the_wait(town, sent, accepted):
    soon = now().date() + timedelta(days=30)
    actions.move(accepted, "waitlist", by=town.harbour_worker, said=Said(on=soon))
    assert stands(sent) == "on-hold·waitlisted"
    actions.move_referral(sent, "offer", by=town.quayside_worker, said=Said(services=(town.eastfield_service.pk,)))
    assert stands(sent) == "on-hold·waitlisted"

    second = Offer.objects.select_related("referral").get(organization=town.eastfield)
    actions.move(second, "accept", by=town.eastfield_worker)

    assert stands(sent) == "accepted"
    assert stands(accepted) == "cancelled·placed-elsewhere"
    assert [g.organization for g in Grant.objects.standing().filter(referral=sent)] == [town.eastfield]


def test_withdrawn_consent_ends_every_offer_and_grant(town, sent, accepted):
    actions.move_referral(sent, "withdraw", by=town.quayside_worker)

    assert stands(sent) == "cancelled·consent-withdrawn"
    assert stands(accepted) == "cancelled·withdrawn"
    assert not Grant.objects.standing().exists()
    assert not Referral.objects.visible_to(town.harbour_worker).exists()


def test_consent_withdrawn_for_one_recipient_lets_the_others_go_on(town, sent, offer):
    actions.move_referral(sent, "offer", by=town.quayside_worker, said=Said(services=(town.eastfield_service.pk,)))
    actions.move_referral(sent, "withdraw", by=town.quayside_worker, said=Said(recipient=town.harbour.pk))

    assert stands(offer) == "cancelled·withdrawn"
    assert stands(sent) == "requested·offered"


def test_reopening_gives_the_promise_and_the_grant_back(town, sent, accepted):
    actions.move(accepted, "fail", by=town.harbour_worker, said=Said(reason="not-reached"))
    closed = Offer.objects.select_related("referral").get(pk=accepted.pk)
    actions.move(closed, "reopen", by=town.harbour_worker, said=Said(reason="came-back"))

    assert stands(sent) == "in-progress"
    assert Grant.objects.standing().filter(organization=town.harbour).exists()


def test_a_second_referral_for_the_same_need_asks_why(town, sent):
    again = actions.create_draft(Draft(person=town.person.pk, need="housing-support", urgency="soon"), by=town.quayside_worker)
    terms = actions.usual_terms({town.eastfield.pk}, how="in-person")

    with pytest.raises(SayMore) as refusal:
        actions.send(
            again,
            by=town.quayside_worker,
            said=Said(services=(town.eastfield_service.pk,)),
            decision=Decision(terms=terms),
        )
    assert refusal.value.errors[0].code == "open_already"

    said = Said(services=(town.eastfield_service.pk,), reason="first-was-silent")
    assert actions.send(again, by=town.quayside_worker, said=said, decision=Decision(terms=terms)).status == "requested"


def test_sending_names_everything_that_is_missing_at_once(town):
    bare = actions.create_draft(Draft(person=town.person.pk, need="housing-support"), by=town.quayside_worker)

    with pytest.raises(SayMore) as refusal:
        actions.send(bare, by=town.quayside_worker, said=Said())

    assert {complaint.pointer for complaint in refusal.value.errors} == {"/urgency", "/services", "/consent"}


def test_silence_is_nudged_and_then_closed_without_an_outcome(town, sent, accepted):
    Referral.objects.filter(pk=sent.pk).update(moved_at=now() - timedelta(days=15))
    tasks.sweep_once()
    tasks.sweep_once()
    assert heard("offer.nudge") == {("Harbour House", "clock")}
    assert Event.objects.filter(kind="offer.nudge").count() == 1

    Referral.objects.filter(pk=sent.pk).update(moved_at=now() - timedelta(days=91))
    tasks.sweep_once()
    assert stands(sent) == "failed·no-outcome-recorded"


def test_a_draft_is_discarded_by_its_sender_or_by_the_clock_after_thirty_days(town, draft):
    tasks.sweep_once()
    assert Referral.objects.filter(pk=draft.pk).exists()
    Referral.objects.filter(pk=draft.pk).update(created_at=now() - timedelta(days=31))
    tasks.sweep_once()
    assert not Referral.objects.filter(pk=draft.pk).exists()


def test_seeing_is_recorded_once(town, offer):
    actions.move(offer, "see", by=town.harbour_worker)
    actions.move(Offer.objects.select_related("referral").get(pk=offer.pk), "see", by=town.harbour_worker)

    assert Event.objects.filter(kind="offer.see").count() == 1
