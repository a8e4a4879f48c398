"""What a credential must be, before any object is looked at."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from network.core.actor import ActorKind
from network.core.asking import actor_of
from network.core.errors import MissingScope, NotSignedIn, SecondStepMissing

from .models import Membership


class SignedIn(BasePermission):
    """A person with a membership, or a partner system that has the view's scopes for this method.

    A view names `read_scope` and `write_scope`; people are bounded by their roles instead.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        actor = actor_of(request)
        if actor.kind is ActorKind.ANONYMOUS:
            raise NotSignedIn
        if actor.kind is ActorKind.PERSON and actor.organization is None and Membership.objects.active().filter(user=actor.id).exists():
            raise SecondStepMissing
        scope = getattr(view, "read_scope" if request.method in {"GET", "HEAD", "OPTIONS"} else "write_scope", None)
        if scope is None and actor.kind is ActorKind.APPLICATION:
            raise MissingScope(detail="This is for people, not for partner systems.")
        if scope is not None and not actor.may(scope):
            raise MissingScope(scope=scope)
        return True


class Anyone(BasePermission):
    """The public directory: nobody need sign in to read; a partner system still needs its scope, and so does a write."""

    def has_permission(self, request: Request, view: Any) -> bool:
        actor = actor_of(request)
        if actor.kind is ActorKind.ANONYMOUS and request.method in {"GET", "HEAD", "OPTIONS"}:
            return True
        return SignedIn().has_permission(request, view)
