"""From a credential to an actor: signed-in browsers and partner systems' bearer tokens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest
from oauth2_provider.contrib.rest_framework import OAuth2Authentication
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import SettingsScopes
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from network.core.actor import ANONYMOUS, Actor, ActorKind, Role
from network.core.errors import NotSignedIn

from .models import Application, Membership, User

SECOND_STEP = frozenset({Role.ADMIN, Role.COORDINATOR})


def actor_of_user(user: User) -> Actor:
    """The person with all memberships; it acts for the organisation chosen last, else for the first by name."""
    return actors_of_users([user])[user.pk]


def actors_of_users(users: Iterable[User]) -> dict[UUID, Actor]:
    """The same for many users, by one query or two."""
    known = {user.pk: user for user in users}
    held: dict[UUID, list[tuple[UUID, Role]]] = {pk: [] for pk in known}
    rows = Membership.objects.active().filter(user__in=known).order_by("organization__name", "pk")
    for pk, organization, role in rows.values_list("user", "organization", "role"):
        held[pk].append((organization, Role(role)))
    without = _without_second_step(held) if settings.REQUIRE_SECOND_STEP else set()
    return {pk: _actor(user, [row for row in held[pk] if pk not in without or row[1] not in SECOND_STEP]) for pk, user in known.items()}


def _without_second_step(held: dict[UUID, list[tuple[UUID, Role]]]) -> set[UUID]:
    """Users whose roles need two steps and who have one: until it is set up, those roles count for nothing."""
    need = {pk for pk, rows in held.items() if any(role in SECOND_STEP for _, role in rows)}
    if not need:
        return need
    have = Authenticator.objects.filter(user__in=need, type=Authenticator.Type.TOTP).values_list("user", flat=True)
    return need - set(have)


def _actor(user: User, rows: list[tuple[UUID, Role]]) -> Actor:
    if not user.is_active:
        return ANONYMOUS
    organizations = [organization for organization, _ in rows]
    chosen = user.acts_for_id if user.acts_for_id in organizations else (organizations[0] if organizations else None)
    return Actor(kind=ActorKind.PERSON, id=user.pk, organization=chosen, roles=frozenset(rows))


def actor_of_application(application: Application, scopes: frozenset[str]) -> Actor:
    """The partner system within the scopes of its token, never beyond those that it still has."""
    roles = frozenset({(application.organization_id, Role.CASEWORKER)})
    granted = scopes & application.scopes
    return Actor(
        kind=ActorKind.APPLICATION,
        id=application.system,
        organization=application.organization_id,
        roles=roles,
        scopes=granted,
    )


class BearerToken(OAuth2Authentication):
    """`Authorization: Bearer …`; where it is sent, cookies count for nothing."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        if not request.headers.get("Authorization"):
            return None
        found = super().authenticate(request)
        token = found[1] if found else None
        application: Application | None = token.application if token else None
        if token is None or application is None or application.revoked_at is not None:
            raise NotSignedIn
        set_actor(request._request, actor_of_application(application, frozenset(token.scope.split())))  # noqa: SLF001
        return token.user, token


class SignedInBrowser(SessionAuthentication):
    """The session cookie, with the CSRF token on every change; the actor was set by the middleware."""

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def set_actor(request: HttpRequest, actor: Actor) -> None:
    request.actor = actor  # type: ignore[attr-defined]
    request.known_actor = actor  # type: ignore[attr-defined]


class GrantedScopes(SettingsScopes):
    """A credential may ask for the scopes that an admin granted it, and gets those where it names none."""

    def get_available_scopes(self, application: Application | None = None, *_: Any, **__: Any) -> list[str]:
        return sorted(application.scopes) if application else []

    def get_default_scopes(self, application: Application | None = None, *_: Any, **__: Any) -> list[str]:
        return self.get_available_scopes(application)


class Validator(OAuth2Validator):
    """Client credentials alone, and none of a credential that was revoked."""

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        return bool(super().authenticate_client(request, *args, **kwargs)) and request.client.revoked_at is None

    def validate_grant_type(self, client_id: str, grant_type: str, client: Any, request: Any, *_: Any, **__: Any) -> bool:
        return grant_type == "client_credentials"


def acts_for(user: User, organization: UUID) -> None:
    """Remember the organisation that the user's writes act for."""
    User.objects.filter(pk=user.pk).update(acts_for=organization)
