"""What a move tells whom: ids and kinds, nobody more than they may know."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from network.core.actor import Actor
from network.core.events import Fact

from ..lifecycle import Move, Status
from ..models import Offer, Referral
from .case import Standing

# Moves inside one organisation: the other side hears nothing of who works on what.
INTERNAL = frozenset({"claim", "unclaim", "assign", "lapse", "cover"})


def facts_of(rule: Move, standing: Standing, by: Actor, offer: Offer | None) -> list[Fact]:
    """`referral.<verb>` to the sender and whoever holds before or after; `offer.<verb>` to each changed offer's organisation alone."""
    facts = []
    referral = standing.referral
    if rule.verb in INTERNAL:
        own = offer.organization_id if offer else by.organization
        if own is not None:
            facts.append(Fact(f"referral.{rule.verb}", f"referral/{referral.pk}", frozenset({own})))
    else:
        holders = {standing.held_before, standing.holder()} - {None}
        mover = offer.organization_id if offer else referral.sender_id
        elsewhere = frozenset(pk for pk in holders if pk and mover not in {pk, referral.sender_id})
        to = frozenset({referral.sender_id, *(pk for pk in holders if pk)})
        facts.append(Fact(f"referral.{rule.verb}", f"referral/{referral.pk}", to, elsewhere - {referral.sender_id}))
    return facts + [_told(standing, row, why, offer) for row in standing.offers if (why := _why(standing, row))]


def facts_of_call(standing: Standing, listeners: Iterable[UUID]) -> list[Fact]:
    """Those who may answer an open call hear that their list of calls has changed: when one opens, and when it is over.

    Told of their own organisation, not of the referral: they may not see it any more by then, nor learn who took it.
    """
    if standing.was_open_to_take == standing.referral.is_open_to_take:
        return []
    others = sorted(set(listeners) - {standing.referral.sender_id})
    return [Fact("organization.calls", f"organization/{pk}", frozenset({pk}), frozenset({pk})) for pk in others]


def _why(standing: Standing, row: Offer) -> str | None:
    """What this offer's organisation is told; nothing about one that it was never asked."""
    return standing.touched.get(row.pk) if row.asked_at is not None else None


def _told(standing: Standing, row: Offer, why: str, moved: Offer | None) -> Fact:
    own = frozenset({row.organization_id})
    by_another = moved is not None and moved.organization_id != row.organization_id
    return Fact(f"offer.{why}", f"offer/{row.pk}", own, own if by_another else frozenset())


def standing_as_seen_by(by: Actor, referral: UUID) -> dict[str, Any]:
    """The present state and since when; and who, for the sender and the winner's own colleagues only."""
    row = Referral.objects.filter(pk=referral).first()
    if row is None:
        return {}
    holder = Offer.objects.filter(referral=referral, status=Status.ACCEPTED, holds=True).values_list("organization", flat=True).first()
    facts: dict[str, Any] = {
        "state": row.status,
        "business_state": row.business_status or None,
        "at": row.moved_at.isoformat(),
    }
    if row.sender_id in by.casework or (holder is not None and holder in by.casework):
        return facts | {"by": str(holder) if holder else None}
    if holder is not None:
        return {"state": "placed-elsewhere", "at": row.moved_at.isoformat()}
    return facts
