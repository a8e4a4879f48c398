"""What an organisation's admins decide about crises: the protocol, the chain of responders, and the rota."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from network.accounts.actions import require_admin
from network.core.actor import Actor
from network.core.clock import now
from network.core.errors import NotYours, Stale, complain
from network.core.events import Fact, record

from ..models import CrisisPlan, Responder, Watch
from .case import is_member

LONGEST_WATCH = timedelta(days=31)
FARTHEST_AHEAD = timedelta(days=366)
MOST_WATCHES = 1000
MOST_RESPONDERS = 20
PROTOCOL = 4000


def _own(by: Actor) -> UUID:
    if by.organization is None:
        raise NotYours
    require_admin(by.organization, by)
    return by.organization


def _changed(organization: UUID) -> Fact:
    return Fact("crisis_plan.changed", f"organization/{organization}", frozenset({organization}))


@transaction.atomic
def set_plan(*, by: Actor, step_minutes: int, protocol: str, chain: Sequence[UUID], version: int) -> CrisisPlan:
    """Replace protocol, patience and chain, in the order given. `version` is the one that was read, 0 where there was none."""
    own = _own(by)
    if not 1 <= step_minutes <= 60:
        raise complain("/step_minutes", "out_of_range", "Choose from 1 to 60 minutes.")
    if len(protocol) > PROTOCOL:
        raise complain("/protocol", "too_long", f"At most {PROTOCOL} characters.")
    _check_chain(own, chain)
    CrisisPlan.objects.get_or_create(organization_id=own, defaults={"version": 0})
    rows = CrisisPlan.objects.filter(pk=own, version=version)
    if not rows.update(step_minutes=step_minutes, protocol=protocol.strip(), version=F("version") + 1):
        raise Stale
    Responder.objects.filter(organization=own).delete()
    Responder.objects.bulk_create(Responder(organization_id=own, user_id=user, position=place) for place, user in enumerate(chain))
    record(_changed(own), by=by)
    return CrisisPlan.objects.get(pk=own)


def _check_chain(organization: UUID, chain: Sequence[UUID]) -> None:
    if len(chain) > MOST_RESPONDERS:
        raise complain("/chain", "too_many", f"At most {MOST_RESPONDERS} responders.")
    for number, user in enumerate(chain):
        if user in chain[:number]:
            raise complain(f"/chain/{number}", "twice", "Each colleague stands in the chain once.")
        if not is_member(user, organization):
            raise complain(f"/chain/{number}", "unknown", "Choose a colleague of your own organisation who works on referrals.")


@transaction.atomic
def add_watch(*, by: Actor, user: UUID, begins_at: datetime, ends_at: datetime) -> Watch:
    """Put a colleague on call for a while. Two at once are allowed, and shown."""
    own, at = _own(by), now()
    if not is_member(user, own):
        raise complain("/user", "unknown", "Choose a colleague of your own organisation who works on referrals.")
    if ends_at <= begins_at:
        raise complain("/ends_at", "before_it_begins", "The end comes after the beginning.")
    if ends_at - begins_at > LONGEST_WATCH:
        raise complain("/ends_at", "too_long", f"At most {LONGEST_WATCH.days} days in one piece.")
    if ends_at <= at:
        raise complain("/ends_at", "past", "This is over already. Choose a time to come.")
    if begins_at > at + FARTHEST_AHEAD:
        raise complain("/begins_at", "too_far", "At most a year ahead.")
    if Watch.objects.filter(organization=own, ends_at__gt=at).count() >= MOST_WATCHES:
        raise complain("/user", "too_many", f"The rota holds {MOST_WATCHES} entries at most. Take some away first.")
    watch = Watch(organization_id=own, user_id=user, begins_at=begins_at, ends_at=ends_at)
    try:
        with transaction.atomic():
            watch.save(force_insert=True)
    except IntegrityError:
        raise complain("/begins_at", "twice", "This colleague is on call from that moment already.") from None
    record(_changed(own), by=by, at=at)
    return watch


@transaction.atomic
def remove_watch(watch: Watch, *, by: Actor) -> None:
    """Take an entry off the rota; who was alerted by it already stays so."""
    require_admin(watch.organization_id, by)
    Watch.objects.filter(pk=watch.pk).delete()
    record(_changed(watch.organization_id), by=by)
