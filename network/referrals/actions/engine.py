"""One way through every move: may you, is it still possible, have you said enough, compare and set, record."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction
from django.db.models import F

from network.core.actor import Actor
from network.core.clock import now
from network.core.errors import NotYours, Stale, WrongState
from network.core.events import record

from .. import ties
from ..calls import takers
from ..guards import ABOUT_WHO, GUARDS
from ..lifecycle import MOVES, At, Guard, Move, Side, To
from ..models import Offer, Referral
from ..strategies import following
from . import alarms, effects
from .case import Standing, side_of
from .facts import facts_of, facts_of_call, standing_as_seen_by
from .said import NOTHING, Said, check_enough
from .told import Told


def move(
    offer: Offer, verb: str, *, by: Actor, said: Said = NOTHING, fresh: bool = True, version: int | None = None, is_held: bool = False
) -> Offer:
    """Make a move on an offer and its referral.

    `fresh` is False where the caller's tag was found stale already; `version` is checked under the lock besides, and with
    `is_held` that the decline which is made now was not taken back.
    Raises NotYours, WrongState (somebody was first), Stale or SayMore, in this order.
    """
    rule = MOVES[verb]
    with transaction.atomic():
        standing, side = _take(rule, offer.referral, offer, by)
        present = next(row for row in standing.offers if row.pk == offer.pk)
        _check_place(rule, standing, side, by, present)
        if is_held and present.decline_at is None:
            raise WrongState(verb=verb, **standing_as_seen_by(by, standing.referral.pk))
        if not fresh or (version is not None and present.version != version):
            raise Stale
        if verb == "see" and present.seen_at is not None:
            return present
        _make(rule, standing, side, by, said, present)
    return Offer.objects.select_related("referral").get(pk=offer.pk)


def move_referral(
    referral: Referral, verb: str, *, by: Actor, said: Said = NOTHING, fresh: bool = True, version: int | None = None
) -> Referral:
    """Make a move that lies on the referral. Raises as `move` does."""
    rule = MOVES[verb]
    if said.recipient is not None and verb == "withdraw":
        # For one recipient only: the others go on, and the referral looks for its next place.
        rule = replace(rule, referral=(rule.referral_from, To.NEXT))
    with transaction.atomic():
        standing, side = _take(rule, referral, None, by)
        _check_place(rule, standing, side, by, None)
        if not fresh or (version is not None and standing.referral.version != version + 1):
            raise Stale
        _make(rule, standing, side, by, said, None)
    return Referral.objects.get(pk=referral.pk)


def _take(rule: Move, referral: Referral, offer: Offer | None, by: Actor) -> tuple[Standing, Side]:
    """Take the referral first: it is the one row that rival offers share. Offer first deadlocks, each waiting for the other's."""
    mine = rule.sides & side_of(referral, offer, by)
    if not mine and rule.verb == "assign":
        own = Offer.objects.standing().filter(referral=referral, organization=by.organization, organization__in=by.casework)
        mine = frozenset({Side.RECEIVER}) if own.exists() else mine
    elif not mine and rule.verb == "correct":
        held = Offer.objects.filter(referral=referral, organization=by.organization, accepted_at__isnull=False)
        mine = frozenset({Side.RECEIVER}) if by.organization in by.casework and held.exists() else mine
    if not mine:
        raise NotYours(verb=rule.verb)
    taken = Referral.objects.filter(pk=referral.pk).standing_at(rule.referral_from).update(version=F("version") + 1)
    if not taken:
        raise WrongState(verb=rule.verb, **standing_as_seen_by(by, referral.pk))
    return Standing.load(referral.pk, now()), min(mine)


def _check_place(rule: Move, standing: Standing, side: Side, by: Actor, offer: Offer | None) -> None:
    if offer is not None and not rule.takes(offer.status, offer.business_status):
        raise WrongState(verb=rule.verb, **standing_as_seen_by(by, standing.referral.pk))
    refused = first_refused(rule, standing, side, by, offer)
    if refused in ABOUT_WHO:
        raise NotYours(verb=rule.verb)
    if refused is not None:
        raise WrongState(verb=rule.verb, **standing_as_seen_by(by, standing.referral.pk))


def first_refused(rule: Move, standing: Standing, side: Side, by: Actor, offer: Offer | None) -> Guard | None:
    """The first guard of the move that does not let it pass."""
    case = standing.guard_case(rule.guards, side, by, offer)
    return next((guard for guard in rule.guards if not GUARDS[guard](case)), None)


def _make(rule: Move, standing: Standing, side: Side, by: Actor, said: Said, offer: Offer | None) -> None:
    reason = check_enough(rule, said, by_clock=side is Side.CLOCK)
    listeners = takers(standing.referral, standing.now) if standing.was_open_to_take else set()
    told = effects.before(Told(rule, standing, side, by, said, reason, offer))
    apply(told)
    standing.save()
    effects.after(told)
    listeners |= takers(standing.referral, standing.now) if standing.referral.is_open_to_take else set()
    facts = facts_of(told.rule, standing, by, told.offer)
    alarmed = alarms.follow(standing)
    ties.count(standing)
    record(*facts, *told.more, *alarmed, *facts_of_call(standing, listeners), by=by, at=standing.now)


def apply(told: Told) -> None:
    """The move on the rows in hand: places, clocks and columns. The builder of histories makes its moves by it too."""
    standing = told.standing
    _place_offers(told.rule, standing, told.said, told.offer)
    effects.during(told)
    _place_referral(told.rule, standing)
    standing.referral.moved_at, standing.referral.nudges = standing.now, 0


def _place_offers(rule: Move, standing: Standing, said: Said, offer: Offer | None) -> None:
    if isinstance(rule.others, At):
        for other in standing.open_offers():
            if (offer is None or other.pk != offer.pk) and said.recipient in {None, other.organization_id}:
                standing.place_offer(other, rule.others, "ended")
    if offer is None or rule.offer is None:
        return
    end = rule.offer[1]
    if isinstance(end, At):
        standing.place_offer(offer, end, rule.verb)
    else:
        standing.set_offer(offer, rule.verb)
    if rule.holds is not None:
        standing.set_offer(offer, rule.verb, holds=rule.holds)


def _place_referral(rule: Move, standing: Standing) -> None:
    end = rule.referral[1]
    if isinstance(end, At):
        standing.place_referral(end)
    elif end is To.NEXT:
        row = standing.referral
        found = following(standing.candidates(), row.urgency, standing.before, is_open_to_take=row.is_open_to_take)
        if found.ask is not None:
            standing.ask(next(offer for offer in standing.offers if offer.pk == found.ask))
        if found.referral is not None:
            standing.place_referral(found.referral)
