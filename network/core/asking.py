"""The actor of a request: set by the sign-in middleware, replaced by a bearer token."""

from __future__ import annotations

from django.http import HttpRequest
from rest_framework.request import Request

from .actor import Actor


def actor_of(request: HttpRequest | Request) -> Actor:
    """Who is asking; ANONYMOUS where nobody signed in."""
    actor: Actor = request.actor  # type: ignore[union-attr]
    return actor
