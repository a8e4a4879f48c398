"""What a caller may do now: the same table and guards that the engine enforces, for many rows at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from network.core.actor import Actor, ActorKind, Role
from network.partners.models import Service

from .calls import takeable
from .guards import GUARDS, Case
from .lifecycle import OPEN_OFFER, LiesOn, Move, Need, Side, Status, moves_from
from .models import CaseMember, Offer, ReasonCode, Referral


@dataclass(frozen=True, slots=True)
class Available:
    """One verb a caller may make now, where to post it, and what must be said with it."""

    verb: str
    lies_on: LiesOn
    pk: UUID
    needs: tuple[str, ...]
    reasons: tuple[ReasonCode, ...]

    @property
    def href(self) -> str:
        return f"/api/v1/{self.lies_on}s/{self.pk}/{self.verb}"


class Possibilities:
    """The answer for a page of referrals: two queries, however many rows there are."""

    def __init__(self, referrals: Sequence[Referral], offers: Iterable[Offer], actor: Actor, now: datetime) -> None:
        self.actor, self.now = actor, now
        self.referrals = {row.pk: row for row in referrals}
        self.offers: dict[UUID, list[Offer]] = {pk: [] for pk in self.referrals}
        for offer in offers:
            self.offers[offer.referral_id].append(offer)

    @cached_property
    def acts_for(self) -> UUID | None:
        """The organisation that the caller may write for."""
        own, may_write = self.actor.organization, self.actor.kind is not ActorKind.APPLICATION or "referrals.write" in self.actor.scopes
        return own if own in self.actor.casework and may_write else None

    @cached_property
    def reasons(self) -> dict[str, tuple[ReasonCode, ...]]:
        day = self.now.date()
        found: dict[str, tuple[ReasonCode, ...]] = {}
        for row in ReasonCode.objects.filter(effective_from__lte=day).order_by("verb", "position"):
            if row.effective_to is None or row.effective_to >= day:
                found[row.verb] = (*found.get(row.verb, ()), row)
        return found

    @cached_property
    def takeable(self) -> dict[UUID, list[Service]]:
        """Services by which the caller's organisation may take each open call."""
        own = self.actor.organization
        if own is None or own not in self.actor.casework:
            return {}
        asked = {pk for pk, rows in self.offers.items() if any(o.organization_id == own and o.status in OPEN_OFFER for o in rows)}
        return takeable([row for row in self.referrals.values() if row.pk not in asked], own, self.now)

    @cached_property
    def authored(self) -> set[UUID]:
        rows = CaseMember.objects.filter(referral__in=self.referrals, user=self.actor.id, organization=self.actor.organization)
        return set(rows.values_list("referral", flat=True)) if self.actor.kind is ActorKind.PERSON else set()

    def on_referral(self, pk: UUID) -> list[Available]:
        """Verbs that lie on the referral."""
        row = self.referrals[pk]
        possible = moves_from(LiesOn.REFERRAL, (row.status, row.business_status))
        return [self._say(move, pk) for move in possible if self._may(move, row, None)]

    def on_offer(self, offer: Offer) -> list[Available]:
        """Verbs that lie on one of its offers."""
        row = self.referrals[offer.referral_id]
        possible = moves_from(LiesOn.OFFER, (row.status, row.business_status), (offer.status, offer.business_status))
        return [self._say(move, offer.pk) for move in possible if self._may(move, row, offer)]

    def _say(self, move: Move, pk: UUID) -> Available:
        needs = tuple(sorted(need.value for need in move.needs))
        wants_reason = move.needs & {Need.REASON, Need.NOTE} or move.verb == "send"
        return Available(move.verb, move.lies_on, pk, needs, self.reasons.get(move.verb, ()) if wants_reason else ())

    def _may(self, move: Move, row: Referral, offer: Offer | None) -> bool:
        if move.verb == "claim" and self.actor.kind is not ActorKind.PERSON:
            return False
        side = self._side(move, row, offer)
        if side is None or (move.verb == "see" and offer is not None and offer.seen_at is not None):
            return False
        if not move.guards:
            return True
        case = self._case(side, row, offer)
        return all(GUARDS[guard](case) for guard in move.guards)

    def _side(self, move: Move, row: Referral, offer: Offer | None) -> Side | None:
        own = self.acts_for
        if own is None:
            return None
        sides = {Side.SENDER} if row.sender_id == own else set()
        if offer is not None and offer.organization_id == own:
            sides.add(Side.RECEIVER)
        if move.verb in {"assign", "correct"} and any(o.organization_id == own and _works_on(move, o) for o in self.offers[row.pk]):
            sides.add(Side.RECEIVER)
        if move.verb == "take" and row.is_open_to_take and row.pk in self.takeable:
            sides.add(Side.TAKER)
        mine = move.sides & sides
        return min(mine) if mine else None

    def _case(self, side: Side, row: Referral, offer: Offer | None) -> Case:
        rows = self.offers[row.pk]
        return Case(
            side=side, now=self.now, urgency=row.urgency, status=row.status, business=row.business_status, created_at=row.created_at,
            moved_at=row.moved_at, review_on=row.review_on, expected_on=row.expected_on, closed_at=row.closed_at,
            is_admin=(self.actor.organization, Role.ADMIN) in self.actor.roles,
            is_author=row.pk in self.authored if side is Side.SENDER else False,
            accepted=any(o.accepted_at for o in rows), offer_holds=bool(offer and offer.holds),
            offer_waitlisted=bool(offer and offer.status == Status.ACCEPTED and not offer.holds),
            offer_accepted_at=offer.accepted_at if offer else None, offer_started=bool(offer and offer.started_at),
            somebody_else_holds=any(o.holds for o in rows if offer is None or o.pk != offer.pk),
            is_open_to_take=row.is_open_to_take,
            consent_until=row.consent.until if row.consent else None,
            consent_withdrawn=bool(row.consent and row.consent.withdrawn_at),
        )  # fmt: skip


def _works_on(move: Move, offer: Offer) -> bool:
    if move.verb == "correct":
        return offer.accepted_at is not None
    return offer.status in {Status.REQUESTED, Status.ACCEPTED}
