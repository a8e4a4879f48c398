"""What every page's frame needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from network.core.actor import ANONYMOUS, Actor
from network.core.asking import actor_of


def frame(request: HttpRequest) -> dict[str, Any]:
    """The network's name, the reader's theme and keys, who they are, and where their feed begins."""
    theme = request.COOKIES.get("theme", "")
    actor: Actor = actor_of(request) if hasattr(request, "actor") else ANONYMOUS
    return {
        "site_name": settings.SITE_NAME, "theme": theme if theme in {"light", "dark"} else "", "keys": request.COOKIES.get("keys", ""),
        "actor": actor, "does_casework": bool(actor.casework), "coordinates": bool(actor.coordinates),
        "cursor": getattr(request, "cursor", ""), "idle_seconds": settings.SESSION_IDLE_SECONDS,
    }  # fmt: skip
