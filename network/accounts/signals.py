"""A sign-in that ends is told to the sockets it opened, once it has ended: here at once, with Redis in every process."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from allauth.account.signals import password_changed, password_reset, password_set
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import post_delete

from network.core import bell

from .models import User


def connect() -> None:
    post_delete.connect(_sign_in_ended, sender=Session)
    for signal in (password_changed, password_reset, password_set):
        signal.connect(_password_changed)


def _sign_in_ended(instance: Session, **_: Any) -> None:
    if user := instance.get_decoded().get(SESSION_KEY):
        transaction.on_commit(partial(bell.revoke, UUID(user)))


def _password_changed(user: User, **_: Any) -> None:
    """Every sign-in that knew the old password has ended."""
    transaction.on_commit(partial(bell.revoke, user.pk))
