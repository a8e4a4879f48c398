"""Taking back: a sending and an acceptance by compensating moves, a decline by waiting with it on the server."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from network.core.clock import now
from network.core.errors import NotYours, SayMore, WrongState
from network.core.models import Event
from network.demo import region
from network.people.models import Grant
from network.referrals import actions, tasks
from network.referrals.actions import Said
from network.referrals.models import Message, Offer, ReasonCode, Referral

from .test_strategies import ask, stands, take, to

pytestmark = pytest.mark.django_db
FULL = Said(reason="full")


def hold(town, offer, said=FULL, seconds=10):
    return actions.hold_decline(offer, by=town.harbour_worker, said=said, seconds=seconds)


def later(seconds):
    return time_machine.travel(now() + timedelta(seconds=seconds), tick=False)


# -- decline -----------------------------------------------------------------------------------------------------------------------


def test_a_held_decline_has_not_happened_and_only_colleagues_are_told(town, sent, offer, call):
    hold(town, offer, Said(reason="not-eligible", text="Canary-Words"))

    assert (stands(offer), stands(sent)) == ("requested", "requested·offered")
    assert b"Canary" not in bytes(offer.decline_comment)
    assert {e.organization for e in Event.objects.filter(kind="offer.declining")} == {town.harbour}
    assert not Event.objects.filter(kind="offer.reject").exists()
    asked = call(town.quayside_user).get(f"referrals/{sent.pk}").json()["offers"][0]
    assert (asked["status"], asked["declining_at"]) == ("requested", None)


def test_after_its_time_the_task_declines_as_the_colleague_who_said_it(town, sent, offer):
    hold(town, offer, Said(reason="not-eligible", text="Under eighteen only."))
    tasks.run_decline.func(str(offer.pk))
    assert stands(offer) == "requested"  # too early

    with later(11):
        tasks.run_decline.func(str(offer.pk))
        tasks.run_decline.func(str(offer.pk))
        tasks.sweep_once()

    assert (stands(offer), stands(sent), offer.reason.code) == ("rejected·declined", "requested·unplaced", "not-eligible")
    assert (offer.decline_at, offer.decline_comment) == (None, None)
    own = Event.objects.get(kind="offer.reject", organization=town.harbour)
    assert own.actor == f"user/{town.harbour_user.pk}"
    assert Message.objects.filter(referral=sent, verb="reject").count() == 1


def test_a_lost_task_is_found_by_the_sweep(town, sent, offer):
    hold(town, offer)
    with later(11):
        tasks.sweep_once()

    assert stands(offer) == "rejected·declined"


def test_a_colleagues_yes_in_between_wins_and_clears_it(town, sent, offer):
    hold(town, offer)
    actions.move(offer, "accept", by=town.harbour_admin)

    with later(11):
        tasks.sweep_once()
    assert (stands(offer), offer.decline_at) == ("accepted", None)


def test_while_it_is_held_the_clock_does_not_hit(town, sent, offer):
    hold(town, offer, seconds=120)
    Offer.objects.filter(pk=offer.pk).update(respond_by=now() - timedelta(minutes=1))
    tasks.sweep_once()
    assert stands(offer) == "requested"

    actions.undo_decline(offer, by=town.harbour_worker)
    tasks.sweep_once()
    assert stands(offer) == "rejected·no-response"


def test_undo_forgets_it_once_and_decline_now_hurries_it(town, sent, offer):
    hold(town, offer)
    actions.undo_decline(offer, by=town.harbour_worker)
    with pytest.raises(WrongState):
        actions.undo_decline(offer, by=town.harbour_worker)
    with pytest.raises(WrongState):
        actions.decline_now(offer, by=town.harbour_worker)

    hold(town, offer)
    actions.decline_now(offer, by=town.harbour_worker)
    assert stands(offer) == "rejected·declined"


def test_a_held_decline_says_enough_and_belongs_to_the_receiver(town, offer):
    with pytest.raises(SayMore):
        hold(town, offer, Said(reason="other"))
    with pytest.raises(NotYours):
        actions.hold_decline(offer, by=town.quayside_worker, said=FULL, seconds=10)
    with pytest.raises(NotYours):
        actions.undo_decline(offer, by=town.eastfield_worker)
    hold(town, offer)
    with pytest.raises(WrongState):
        hold(town, offer)


def test_an_end_by_the_sender_clears_it(town, sent, offer):
    hold(town, offer)
    actions.move_referral(sent, "cancel", by=town.quayside_worker, said=Said(reason="no-longer-needed"))

    with later(11):
        tasks.sweep_once()
    assert stands(offer) == "cancelled·by-sender"


@pytest.mark.parametrize("missing", ["decline_at", "decline_by", "decline_reason"])
def test_the_database_refuses_half_a_decline(town, offer, missing):
    whole = {"decline_at": now(), "decline_by": town.harbour_user, "decline_reason": ReasonCode.objects.get(verb="reject", code="full")}
    with pytest.raises(IntegrityError), transaction.atomic():
        Offer.objects.filter(pk=offer.pk).update(**{**whole, missing: None})
    with pytest.raises(IntegrityError), transaction.atomic():
        Offer.objects.filter(pk=offer.pk).update(decline_comment=b"words of no decline")


def test_the_database_refuses_a_decline_of_what_is_not_asked_a_stray_suggestion_and_a_call_of_a_closed_referral(town, sent, accepted):
    reason = ReasonCode.objects.get(verb="reject", code="full")
    for values in (
        {"decline_at": now(), "decline_by": town.harbour_user, "decline_reason": reason}, {"suggested": town.eastfield_service},
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            Offer.objects.filter(pk=accepted.pk).update(**values)
    for values in ({"is_open_to_take": True}, {"is_open_to_take": True, "strategy": "open", "respond_by": now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Referral.objects.filter(pk=sent.pk).update(**values)


def test_the_database_refuses_an_escalation_of_somebody_never_asked(town):
    row = ask(town, "cascade", town.harbour_service, town.eastfield_service)
    with pytest.raises(IntegrityError), transaction.atomic():
        Offer.objects.filter(referral=row, status="draft").update(escalated_at=now())
    with pytest.raises(IntegrityError), transaction.atomic():
        type(town.harbour_user).objects.filter(pk=town.harbour_user.pk).update(undo_seconds=11)


# -- send ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", ["direct", "cascade", "broadcast", "open"])
def test_a_sending_undone_is_a_cancel_and_the_same_draft_again(town, strategy):
    services = {"direct": [town.harbour_service], "open": []}.get(strategy, [town.harbour_service, town.eastfield_service])
    row = ask(town, strategy, *services)
    draft = actions.undo_send(row, by=town.quayside_worker, seconds=10)

    assert (stands(row), row.reason.code, draft.status) == ("cancelled", "sent-by-mistake", "draft")
    assert (draft.person, draft.need, draft.urgency) == (row.person, row.need, "soon")
    from network.core.crypto import Keyring

    assert Keyring.for_people([draft.person_id]).read(draft, "note") == "Canary-Note"
    assert not Referral.objects.visible_to(town.harbour_worker).filter(pk=row.pk).exists()


def test_a_sending_is_undone_in_time_by_its_sender_and_before_a_yes(town, sent, offer):
    with pytest.raises(NotYours):
        actions.undo_send(sent, by=town.harbour_worker, seconds=10)
    with later(16), pytest.raises(WrongState):
        actions.undo_send(sent, by=town.quayside_worker, seconds=10)
    actions.move(offer, "accept", by=town.harbour_worker)
    with pytest.raises(WrongState):
        actions.undo_send(sent, by=town.quayside_worker, seconds=120)
    assert Referral.objects.filter(status="draft").count() == 0


# -- accept --------------------------------------------------------------------------------------------------------------------------


def test_an_acceptance_undone_asks_everybody_again_with_the_old_clocks(town):
    third = region.organization("Third Hall")
    region.member(third, "worker@third.test", region.Role.CASEWORKER)
    row = ask(town, "broadcast", town.harbour_service, town.eastfield_service)
    queued = Said(services=(region.service(third, "Housing at Third Hall").pk,), strategy="cascade")
    actions.move_referral(row, "offer", by=town.quayside_worker, said=queued)
    due = {o.organization_id: o.respond_by for o in Offer.objects.filter(referral=row)}
    accepted = actions.move(to(row, town.harbour), "accept", by=town.harbour_worker)

    with later(5):
        actions.undo_accept(accepted, by=town.harbour_worker, seconds=10)

    assert stands(row) == "requested·offered"
    assert stands(accepted) == "cancelled·unaccepted"
    again = {o.organization_id: (o.status, o.respond_by) for o in Offer.objects.filter(referral=row, ended_at__isnull=True)}
    assert again == {
        town.harbour.pk: ("requested", due[town.harbour.pk]), town.eastfield.pk: ("requested", due[town.eastfield.pk]),
        third.pk: ("draft", None),
    }  # fmt: skip
    assert not Grant.objects.standing().filter(referral=row).exists()


def test_later_giving_back_is_plain_and_asks_nobody_again(town):
    row = ask(town, "broadcast", town.harbour_service, town.eastfield_service)
    accepted = actions.move(to(row, town.harbour), "accept", by=town.harbour_worker)
    with later(600):
        with pytest.raises(WrongState):
            actions.undo_accept(accepted, by=town.harbour_worker, seconds=120)
        actions.move(accepted, "unaccept", by=town.harbour_worker, said=Said(reason="accepted-by-mistake"))

    assert stands(row) == "requested·unplaced"


def test_a_taking_undone_opens_the_call_again_with_its_old_end(town):
    row = ask(town, "open")
    due = row.respond_by
    take(town, row)
    actions.undo_accept(to(row, town.eastfield), by=town.eastfield_worker, seconds=10)

    assert (stands(row), row.is_open_to_take, row.respond_by) == ("requested·offered", True, due)
    assert Referral.objects.visible_to(town.harbour_worker).filter(pk=row.pk).exists()


def test_a_clock_that_ran_out_meanwhile_gives_back_what_was_left(town, sent, offer):
    Offer.objects.filter(pk=offer.pk).update(respond_by=now() + timedelta(seconds=3))
    accepted = actions.move(offer, "accept", by=town.harbour_worker)
    with later(8):
        actions.undo_accept(accepted, by=town.harbour_worker, seconds=10)
        tasks.sweep_once()
        assert stands(to(sent, town.harbour)) == "requested"
