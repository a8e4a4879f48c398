"""Pages of lists: 50 rows and a sealed cursor, as in the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from network.core.asking import actor_of
from network.core.cursors import close_position, read_position
from network.core.errors import CursorInvalid
from network.core.pagination import Chapters, first_after, position_of

SIZE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and the address of the next ones."""

    rows: list[Any]
    next: str | None


def page_of(request: HttpRequest, rows: QuerySet[Any] | Chapters, ordering: tuple[str, ...], size: int = SIZE) -> Page:
    """The page that `?after=` asks for."""
    filters = sorted((name, value) for name, value in request.GET.items() if name != "after")
    route = f"{request.path}?{filters}"
    after = request.GET.get("after")
    try:
        position = read_position(actor_of(request), route, after) if after else None
    except CursorInvalid:
        raise Http404 from None
    found = first_after(rows, ordering, position, size + 1)
    if len(found) <= size:
        return Page(found, None)
    query = request.GET.copy()
    query["after"] = close_position(actor_of(request), route, position_of(found[size - 1], ordering))
    return Page(found[:size], f"?{query.urlencode()}")
