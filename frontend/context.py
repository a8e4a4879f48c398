"""What every page's frame needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from network.core.actor import ANONYMOUS, Actor, ActorKind
from network.core.asking import actor_of
from network.referrals.lane import calling
from network.referrals.models import Alarm


def frame(request: HttpRequest) -> dict[str, Any]:
    """The network's name, the reader's theme and keys, who they are, and where their feed begins."""
    theme = request.COOKIES.get("theme", "")
    actor: Actor = actor_of(request) if hasattr(request, "actor") else ANONYMOUS
    return {
        "site_name": settings.SITE_NAME, "theme": theme if theme in {"light", "dark"} else "", "keys": request.COOKIES.get("keys", ""),
        "actor": actor, "does_casework": bool(actor.casework), "coordinates": bool(actor.coordinates),
        "band": request.COOKIES.get("band", ""), "called_by": SimpleLazyObject(lambda: calls_of(actor)),
        "cursor": getattr(request, "cursor", ""), "idle_seconds": settings.SESSION_IDLE_SECONDS,
    }  # fmt: skip


def calls_of(actor: Actor) -> list[Alarm]:
    """The alarms that call this very person, for the bar of every page; nobody else is interrupted."""
    return list(calling(actor)[:5]) if actor.kind is ActorKind.PERSON and actor.casework else []
