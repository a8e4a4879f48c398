"""What the reader did a moment ago and can still take back: the strip under the heading of a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _

from network.core.actor import Actor
from network.core.clock import now
from network.referrals.lifecycle import Status
from network.referrals.models import CaseMember, Offer, Referral

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Undo:
    """One thing to take back: its words, where the buttons post, and until when they work."""

    words: str
    kind: str
    pk: UUID
    until: datetime
    can_hurry: bool = False

    @property
    def path(self) -> str:
        return f"/undo/{self.kind}/{self.pk}/"


def undo_seconds(request: HttpRequest) -> int:
    """The reader's own time to take back."""
    return int(getattr(request.user, "undo_seconds", 10))


def undos_of(actor: Actor, seconds: int, referral: UUID | None = None) -> list[Undo]:
    """The newest first; two queries. On a page of one referral, those about it alone."""
    at = now()
    since = at - timedelta(seconds=seconds)
    own = CaseMember.objects.filter(user=actor.id, organization=actor.organization, until__isnull=True).values("referral")
    mine = Q(decline_by=actor.id, decline_at__gt=at) | Q(accepted_at__gt=since, status=Status.ACCEPTED, started_at=None, referral__in=own)
    offers = Offer.objects.filter(mine, organization=actor.organization, organization__in=actor.casework)
    sent = Referral.objects.filter(
        sender=actor.organization, sender__in=actor.casework, sent_at__gt=since, status=Status.REQUESTED, pk__in=own
    )
    if referral is not None:
        offers, sent = offers.filter(referral=referral), sent.filter(pk=referral)
    found = [_of_offer(offer, seconds) for offer in offers.select_related("referral")[:SHOWN]]
    found += [_of_sending(row, seconds) for row in sent.prefetch_related("offers__organization")[:SHOWN]]
    return sorted(found, key=lambda undo: undo.until, reverse=True)[:SHOWN]


def _of_offer(offer: Offer, seconds: int) -> Undo:
    reference = {"reference": offer.referral.reference}
    if offer.decline_at is not None:
        return Undo(_("Declining %(reference)s. Nobody is told yet.") % reference, "decline", offer.pk, offer.decline_at, can_hurry=True)
    accepted = offer.accepted_at or offer.created_at
    return Undo(_("You said yes to %(reference)s.") % reference, "accept", offer.pk, accepted + timedelta(seconds=seconds))


def _of_sending(row: Referral, seconds: int) -> Undo:
    words = _("You sent %(reference)s.") % {"reference": row.reference}
    seen = [offer.organization.name for offer in row.offers.all() if offer.seen_at is not None]
    if seen:
        words += " " + _("%(names)s has opened it. Undo will tell them it was sent by mistake.") % {"names": ", ".join(seen)}
    return Undo(words, "send", row.pk, (row.sent_at or row.created_at) + timedelta(seconds=seconds))
