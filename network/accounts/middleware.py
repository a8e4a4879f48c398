"""Who is asking, and how long they have been silent."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from network.core import unavailable
from network.core.actor import ANONYMOUS, Actor

from .models import User
from .oauth import actor_of_user

Handler = Callable[[HttpRequest], HttpResponse]
SEEN, BEGAN = "seen_at", "began_at"


class SignedInAge:
    """Ends a sign-in after idle time or its absolute life; requests that a page makes by itself are no sign of life."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
                self.check(request)
        except Exception as error:
            # The first to ask the database: its absence is said here, where no view has been reached that could.
            if (away := unavailable.answer(request, error)) is not None:
                return away
            raise
        return self.get_response(request)

    def check(self, request: HttpRequest) -> None:
        at = time.time()
        session = request.session
        idle = at - session.get(SEEN, at)
        age = at - session.setdefault(BEGAN, at)
        if idle > settings.SESSION_IDLE_SECONDS or age > settings.SESSION_COOKIE_AGE:
            logout(request)
        elif "X-Automatic" not in request.headers and (SEEN not in session or idle > 20):
            # Written at most three times a minute: a session row is a write, and SQLite has one writer.
            session[SEEN] = at


class WhoIsAsking:
    """Sets `request.actor`, looked up when first used; a bearer token replaces it in the API."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: self.find(request))  # type: ignore[attr-defined]
        return self.get_response(request)

    @staticmethod
    def find(request: HttpRequest) -> Actor:
        user = request.user
        by_cookie = isinstance(user, User) and not request.headers.get("Authorization")
        actor = actor_of_user(user) if by_cookie and isinstance(user, User) else ANONYMOUS
        request.known_actor = actor  # type: ignore[attr-defined]
        return actor
