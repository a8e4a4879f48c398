"""Strong tags from a row's version: a change names the version it saw."""

from __future__ import annotations

import hmac
from typing import Any, Protocol
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from .crypto import derived
from .errors import Stale, TagMissing


class Versioned(Protocol):
    """A row with an id and a version that each change raises."""

    @property
    def pk(self) -> UUID: ...

    @property
    def version(self) -> int: ...


def tag(row: Versioned, view: str = "full") -> str:
    """A keyed digest of row, version and view: it changes with what the caller sees and tells nothing else."""
    text = f"{type(row).__name__}|{row.pk}|{row.version}|{view}"
    return f'"{hmac.digest(derived("etag"), text.encode(), "sha256")[:12].hex()}"'


def seen(request: Request, row: Versioned, view: str = "full") -> bool:
    """Whether If-Match names the present version; TagMissing where the header is absent.

    False is not yet a refusal: a verb that the state no longer allows is 409 before a stale tag is 412.
    """
    wanted = request.headers.get("If-Match")
    if not wanted:
        raise TagMissing
    return wanted.strip() == "*" or tag(row, view) in [part.strip() for part in wanted.split(",")]


def require(request: Request, row: Versioned, view: str = "full") -> int:
    """The version that the caller saw, for the WHERE of a plain edit; Stale where it is another."""
    if not seen(request, row, view):
        raise Stale(etag=tag(row, view))
    return row.version


def answer(request: Request, data: Any, row: Versioned, view: str = "full", status: int = 200) -> Response:
    """`data` with its tag; 304 where the caller has it already."""
    etag = tag(row, view)
    if request.method == "GET" and etag in request.headers.get("If-None-Match", ""):
        return Response(status=304, headers={"ETag": etag})
    return Response(data, status=status, headers={"ETag": etag})


def any_version(request: Request) -> bool:
    """Whether the caller said `If-Match: *`: whatever it is by now."""
    return request.headers.get("If-Match", "").strip() == "*"
