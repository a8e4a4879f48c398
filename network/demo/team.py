"""A team at work in the demo region: who has which of the waiting rows, one put aside, and a colleague away for whom another covers."""

from __future__ import annotations

from datetime import timedelta

from network.accounts.actions import be_away
from network.accounts.models import Membership, User
from network.core.actor import Role
from network.core.clock import now
from network.partners.models import Organization
from network.referrals import actions
from network.referrals.models import Offer, Urgency

from . import region


def begin(harbour: Organization, worker: str, admin: str) -> None:
    """Of those that wait: the worker has one and has put one aside, the admin has one. Kim is away, and the worker covers."""
    sam, alex = (region.actor(User.objects.get(email=email)) for email in (worker, admin))
    kim = region.member(harbour, "kim@harbour.demo.invalid", Role.CASEWORKER, name="Kim Harbour", is_demo=True)
    today = now().date()
    days = {"begins_on": today - timedelta(days=1), "ends_on": today + timedelta(days=9)}
    be_away(Membership.objects.select_related("organization").get(user=kim), by=alex, cover=sam.id, **days)
    waiting = Offer.objects.filter(organization=harbour, status="requested", respond_by__gt=now() + timedelta(hours=8), decline_at=None)
    # The least urgent ones, so that the top of the inbox is as it was sent.
    rows = list(waiting.exclude(referral__urgency=Urgency.CRISIS).select_related("referral").order_by("-respond_by", "pk")[:3])
    for offer, by in zip(rows, (alex, sam), strict=False):
        actions.move(offer, "claim", by=by)
    if len(rows) > 2 and rows[2].asked_at and rows[2].asked_at > now() - timedelta(days=1):
        actions.snooze(rows[2], by=sam, until=now() + timedelta(hours=4))
