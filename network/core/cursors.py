"""Sealed cursors: they carry a position and tell the holder nothing, not even how far it lies from another."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from .actor import Actor
from .crypto import Unreadable, derived, seal, unseal
from .errors import CursorInvalid


def _aad(actor: Actor, route: str) -> str:
    return f"cursor|{actor.ref}|{route}"


def close(actor: Actor, route: str, content: bytes) -> str:
    """A cursor for this actor and this route; the same content gives another text each time."""
    return base64.urlsafe_b64encode(seal(derived("cursor"), _aad(actor, route), content)).decode().rstrip("=")


def read(actor: Actor, route: str, text: str) -> bytes:
    """The content, or CursorInvalid for garbage and for another actor's or route's cursor."""
    try:
        blob = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        return unseal(derived("cursor"), _aad(actor, route), blob)
    except (ValueError, binascii.Error, Unreadable):
        raise CursorInvalid from None


def close_position(actor: Actor, route: str, position: list[Any]) -> str:
    return close(actor, route, json.dumps(position, separators=(",", ":")).encode())


def read_position(actor: Actor, route: str, text: str) -> list[Any]:
    position = json.loads(read(actor, route, text))
    if not isinstance(position, list):
        raise CursorInvalid
    return position
