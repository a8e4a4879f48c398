"""Keyset pages behind sealed cursors: no counts of rows the caller cannot see, no page that drifts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from . import cursors
from .asking import actor_of
from .errors import Malformed

DEFAULT_SIZE = 50
MAX_SIZE = 200


def page_size(text: str | None) -> int:
    """The size asked for, or Malformed."""
    if text is None:
        return DEFAULT_SIZE
    if not text.isascii() or not text.isdigit() or len(text) > 4 or not 1 <= int(text) <= MAX_SIZE:
        raise Malformed(detail=f"limit is a number from 1 to {MAX_SIZE}.")
    return int(text)


class SealedCursorPagination(BasePagination):
    """`{"results": […], "next": cursor|null}`, ordered by the view's `ordering`: fields that are never null, the last unique."""

    def paginate_queryset(self, queryset: QuerySet[Any] | Chapters, request: Request, view: Any = None) -> list[Any]:  # type: ignore[override]
        self.request, self.ordering = request, tuple(view.ordering)
        size = page_size(request.query_params.get("limit"))
        after = request.query_params.get("cursor")
        position = cursors.read_position(actor_of(request), self._route(), after) if after else None
        rows = first_after(queryset, self.ordering, position, size + 1)
        self.next = self._position(rows[size - 1]) if len(rows) > size else None
        return rows[:size]

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.next})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {"results": schema, "next": {"type": "string", "nullable": True, "example": None}},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        cursor = {"name": "cursor", "required": False, "in": "query", "schema": {"type": "string"}}
        limit = {
            "name": "limit",
            "required": False,
            "in": "query",
            "schema": {"type": "integer", "minimum": 1, "maximum": MAX_SIZE},
        }
        return [cursor, limit]

    def _route(self) -> str:
        filters = sorted((k, v) for k, v in self.request.query_params.items() if k not in {"cursor", "limit"})
        return f"{self.request.path}?{urlencode(filters)}"

    def _position(self, row: Model) -> str:
        return cursors.close_position(actor_of(self.request), self._route(), position_of(row, self.ordering))


@dataclass(frozen=True, slots=True)
class Chapters:
    """Querysets that are read one after the other, each row with its `chapter`; together an order that no index has."""

    querysets: tuple[QuerySet[Any], ...]


def first_after(rows: QuerySet[Any] | Chapters, ordering: tuple[str, ...], position: list[Any] | None, count: int) -> list[Any]:
    """The first `count` rows after `position`; the ordering of chapters begins with `chapter`."""
    if not isinstance(rows, Chapters):
        later = rows.filter(beyond(ordering, position)) if position else rows
        return list(later.order_by(*ordering)[:count])
    begun, rest = (position[0], position[1:]) if position else (0, None)
    found: list[Any] = []
    for chapter, part in enumerate(rows.querysets):
        if chapter >= begun and len(found) < count:
            found += first_after(part, ordering[1:], rest if chapter == begun else None, count - len(found))
    return found


def position_of(row: Model, ordering: tuple[str, ...]) -> list[Any]:
    """Where `row` lies, in plain values for a cursor."""
    return [plain(getattr(row, name.lstrip("-"))) for name in ordering]


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def beyond(ordering: tuple[str, ...], position: list[Any]) -> Q:
    """Rows after `position` in `ordering`, each field by its own direction."""
    found, before = Q(), Q()
    for name, value in zip(ordering, position, strict=True):
        column = name.lstrip("-")
        found |= before & Q(**{f"{column}__{'lt' if name.startswith('-') else 'gt'}": value})
        before &= Q(**{column: value})
    return found
