"""How allauth behaves here: nobody signs up without an invitation or a claim."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from network.core.clock import now

from .models import User


class Door(DefaultAccountAdapter):
    """Sign-up is open to whoever holds an invitation; everybody else can only claim a listed organisation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(request.session.get("may_sign_up"))

    def new_user(self, request: HttpRequest) -> User:
        return User(joined_at=now())

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """There are no user names."""
