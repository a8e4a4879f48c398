"""Taking back, for a few seconds: a sending and an acceptance by moves that compensate, a decline by waiting with it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import F

from network.core.actor import Actor, ActorKind, Role
from network.core.clock import now
from network.core.crypto import Keyring
from network.core.errors import NotYours, Stale, WrongState
from network.core.events import Fact, record

from .. import deadlines, tasks
from ..lifecycle import MOVES, OPEN_OFFER, Side, Status
from ..models import Offer, Referral
from .case import side_of
from .engine import move, move_referral
from .facts import standing_as_seen_by
from .said import Said, check_enough

HELD = ("decline_at", "decline_by", "decline_reason", "decline_comment")


def hold_decline(offer: Offer, *, by: Actor, said: Said, seconds: int, fresh: bool = True) -> Offer:
    """Set a decline for `seconds` from now. Until then nothing has happened and only colleagues are told; an accept wins over it.

    Raises as `move` does.
    """
    rule = MOVES["reject"]
    _require_receiver(offer, by)
    with transaction.atomic():
        # The referral is locked and not changed: its version is nobody's business yet.
        if not Referral.objects.filter(pk=offer.referral_id).standing_at(rule.referral_from).update(version=F("version")):
            raise WrongState(verb="reject", **standing_as_seen_by(by, offer.referral_id))
        present = Offer.objects.select_related("referral").get(pk=offer.pk)
        if not rule.takes(present.status, present.business_status) or present.decline_at is not None:
            raise WrongState(verb="reject", **standing_as_seen_by(by, offer.referral_id))
        if not fresh:
            raise Stale
        reason = check_enough(rule, said, by_clock=False)
        present.decline_at, present.decline_by_id, present.decline_reason = now() + timedelta(seconds=seconds), by.id, reason
        if said.text:
            Keyring.for_people([present.sealed_by]).write(present, "decline_comment", said.text)
        present.save(update_fields=HELD)
        tasks.plan_decline(present)
        record(Fact("offer.declining", f"offer/{present.pk}", frozenset({present.organization_id})), by=by)
    return present


@transaction.atomic
def undo_decline(offer: Offer, *, by: Actor) -> None:
    """Forget a decline that was not made yet; WrongState where it was, or where somebody did something else meanwhile."""
    _require_receiver(offer, by)
    # Behind the same lock as the decline itself: either it finds the fields empty, or this finds it made.
    Referral.objects.filter(pk=offer.referral_id).update(version=F("version"))
    held = Offer.objects.filter(pk=offer.pk, status__in=OPEN_OFFER, decline_at__isnull=False)
    if not held.update(**dict.fromkeys(HELD)):
        raise WrongState(verb="undo", **standing_as_seen_by(by, offer.referral_id))
    record(Fact("offer.kept", f"offer/{offer.pk}", frozenset({offer.organization_id})), by=by)


def decline_now(offer: Offer, *, by: Actor) -> Offer:
    """Make a held decline without waiting for its time."""
    _require_receiver(offer, by)
    return run_held(offer)


def run_held(offer: Offer) -> Offer:
    """Make a held decline, as the colleague who said it; WrongState where it was taken back, or somebody accepted."""
    present = Offer.objects.select_related("referral", "decline_reason").filter(pk=offer.pk, decline_at__isnull=False).first()
    if present is None or present.decline_reason is None:
        raise WrongState(verb="reject")
    words = Keyring.for_people([present.sealed_by]).read(present, "decline_comment")
    return move(present, "reject", by=_who_said(present), said=Said(reason=present.decline_reason.code, text=words), is_held=True)


def _who_said(offer: Offer) -> Actor:
    """The colleague as they were when they pressed: that they left meanwhile takes nothing back."""
    roles = frozenset({(offer.organization_id, Role.CASEWORKER)})
    return Actor(kind=ActorKind.PERSON, id=offer.decline_by_id, organization=offer.organization_id, roles=roles)


def undo_send(referral: Referral, *, by: Actor, seconds: int) -> Referral:
    """Cancel what was just sent, before anybody said yes, and open the form again: the new draft with the same content."""
    present = Referral.objects.filter(pk=referral.pk).first()
    if present is None or present.sent_at is None or not deadlines.is_undoable(present.sent_at, seconds, now()):
        raise WrongState(verb="undo", **standing_as_seen_by(by, referral.pk))
    if present.status != Status.REQUESTED:
        raise WrongState(verb="undo", **standing_as_seen_by(by, referral.pk))
    again = uuid4()
    move_referral(present, "cancel", by=by, said=Said(reason="sent-by-mistake", again=again))
    return Referral.objects.get(pk=again)


def undo_accept(offer: Offer, *, by: Actor, seconds: int) -> Offer:
    """Give back what was just accepted: everybody is asked again as they were, with the old clocks."""
    if offer.accepted_at is None or not deadlines.is_undoable(offer.accepted_at, seconds, now()):
        raise WrongState(verb="undo", **standing_as_seen_by(by, offer.referral_id))
    return move(offer, "unaccept", by=by, said=Said(reason="accepted-by-mistake"))


def _require_receiver(offer: Offer, by: Actor) -> None:
    if Side.RECEIVER not in side_of(offer.referral, offer, by):
        raise NotYours(verb="reject")
