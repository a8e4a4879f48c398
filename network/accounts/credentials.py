"""What a socket was opened with, and whether it still opens anything: asked again for many at once."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from oauth2_provider.models import AccessToken

from network.core.actor import ANONYMOUS, Actor

from .middleware import BEGAN, SEEN
from .models import User
from .oauth import actor_of_application, actors_of_users


@dataclass(frozen=True, slots=True)
class Credential:
    """A session key, or the hash of a bearer token; never the token itself."""

    session: str = ""
    token: str = ""


def from_headers(headers: Mapping[str, str], cookies: Mapping[str, str]) -> Credential:
    """The bearer token where one is sent, then cookies count for nothing; else the session's."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    if kind:
        return Credential(token=hashlib.sha256(token.strip().encode()).hexdigest() if kind.lower() == "bearer" else "-")
    return Credential(session=cookies.get(settings.SESSION_COOKIE_NAME, ""))


def actors_of(credentials: Iterable[Credential]) -> dict[Credential, Actor]:
    """Who each credential stands for now; ANONYMOUS where it ended, expired, or its owner was idle too long."""
    wanted = set(credentials)
    return dict.fromkeys(wanted, ANONYMOUS) | _of_sessions(wanted) | _of_tokens(wanted)


def _of_sessions(credentials: set[Credential]) -> dict[Credential, Actor]:
    keys = {credential.session: credential for credential in credentials if credential.session}
    rows = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now()) if keys else ()
    live: dict[Credential, dict[str, Any]] = {}
    for row in rows:
        decoded = row.get_decoded()
        if SESSION_KEY in decoded and _is_awake(decoded):
            live[keys[row.session_key]] = decoded
    if not live:
        return {}
    users = {str(user.pk): user for user in User.objects.filter(pk__in={d[SESSION_KEY] for d in live.values()}, is_active=True)}
    actors = actors_of_users(users.values())
    return {
        credential: actors[users[decoded[SESSION_KEY]].pk]
        for credential, decoded in live.items()
        if decoded[SESSION_KEY] in users and _same_password(users[decoded[SESSION_KEY]], decoded)
    }


def _is_awake(decoded: dict[str, Any]) -> bool:
    at = time.time()
    idle, age = at - float(decoded.get(SEEN, at)), at - float(decoded.get(BEGAN, at))
    return idle <= settings.SESSION_IDLE_SECONDS and age <= settings.SESSION_COOKIE_AGE


def _same_password(user: User, decoded: dict[str, Any]) -> bool:
    """A changed password ends every sign-in that knew the old one."""
    return bool(constant_time_compare(decoded.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()))


def _of_tokens(credentials: set[Credential]) -> dict[Credential, Actor]:
    hashes = {credential.token: credential for credential in credentials if credential.token}
    if not hashes:
        return {}
    rows = AccessToken.objects.filter(
        token_checksum__in=hashes, expires__gt=timezone.now(), application__isnull=False, application__revoked_at__isnull=True
    ).select_related("application")
    return {hashes[row.token_checksum]: actor_of_application(row.application, frozenset(row.scope.split())) for row in rows}
