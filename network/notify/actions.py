"""Every choice of a user about their news. It concerns nobody else, so it is no event of an organisation's log."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time
from uuid import UUID

from django.db import transaction

from network.core import outward
from network.core.actor import Actor, ActorKind
from network.core.clock import now
from network.core.errors import NotYours, complain

from .models import Preference, PushSubscription
from .topics import Topic, When

MOST_DEVICES = 10


@dataclass(frozen=True, slots=True)
class Wish:
    """How somebody wants to hear of things."""

    when: dict[Topic, When] = field(default_factory=dict)
    quiet_from: time | None = None
    quiet_until: time | None = None


def _user(by: Actor) -> UUID:
    if by.kind is not ActorKind.PERSON or by.id is None:
        raise NotYours
    return by.id


def choose(*, by: Actor, wish: Wish) -> Preference:
    """Keep how the caller wants to hear of things."""
    if (wish.quiet_from is None) != (wish.quiet_until is None):
        raise complain("/quiet_until", "both_or_none", "Give both hours, or neither.")
    values = {name: getattr(wish, name) for name in ("quiet_from", "quiet_until")}
    chosen = {topic.value: when.value for topic, when in wish.when.items()}
    row, _ = Preference.objects.update_or_create(user_id=_user(by), defaults=values | chosen)
    return row


@transaction.atomic
def subscribe(*, by: Actor, endpoint: str) -> PushSubscription:
    """Let a browser be knocked at. Where its address leads is looked at again at each knock."""
    user = _user(by)
    try:
        outward.checked(endpoint)
    except outward.NotOutward as error:
        raise complain("/endpoint", "not_outward", str(error)) from None
    mine = PushSubscription.objects.filter(user=user)
    if mine.exclude(endpoint=endpoint).count() >= MOST_DEVICES:
        raise complain("/endpoint", "too_many", f"At most {MOST_DEVICES} browsers. Let go of one first.")
    # A browser that two colleagues share belongs to whoever turned it on last.
    row, _ = PushSubscription.objects.update_or_create(endpoint=endpoint, defaults={"user_id": user, "made_at": now(), "last_at": None})
    return row


def unsubscribe(*, by: Actor, endpoint: str = "", pk: UUID | None = None) -> None:
    """Knock at one browser no more, by its own address or from the list."""
    rows = PushSubscription.objects.filter(user=_user(by))
    (rows.filter(pk=pk) if pk else rows.filter(endpoint=endpoint)).delete()
