"""What every endpoint shares: the order of checks, strict bodies and filters, objects that begin at `visible_to`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import time
from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID

from django.db.models import Model, QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from .actor import Actor
from .asking import actor_of
from .errors import BadInput, Complaint, Malformed, NotFound
from .pagination import Chapters

Row = TypeVar("Row", bound=Model)
View = TypeVar("View", bound=Callable[..., Any])
PAGE_FILTERS = frozenset({"cursor", "limit"})
MAX_QUERY = 4096


class Resource(GenericAPIView[Any]):
    """One collection of the API.

    A view names `filters`, `read_scope` and `write_scope`, and gives `rows()`, which begins at `visible_to`. Before a
    handler runs, in this order: credential, scope, rate, then size, type and syntax of the body.
    """

    filters: ClassVar[frozenset[str]] = frozenset()
    ordering: ClassVar[tuple[str, ...]] = ("id",)
    serializer_class: Any = serializers.Serializer

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if len(request.META.get("QUERY_STRING", "")) > MAX_QUERY:
            raise Malformed(detail="The query string is too long.")
        if unknown := set(request.query_params) - self.filters - PAGE_FILTERS:
            raise Malformed(detail=f"Unknown filter: {min(unknown)[:40]!r}. Known: {', '.join(sorted(self.filters)) or 'none'}.")
        if request.method not in {"GET", "HEAD", "OPTIONS"} and not isinstance(request.data, Mapping):
            raise Malformed(detail="Send one JSON object.")

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    def rows(self) -> QuerySet[Any]:
        """What this caller may see."""
        raise AssertionError("a view names its rows")

    def get_queryset(self) -> QuerySet[Any]:
        return self.rows()

    def look_up(self, pk: UUID) -> Any:
        """The object, or None for absent and unseen."""
        return self.rows().filter(pk=pk).first()

    def find(self, pk: UUID, rows: QuerySet[Row] | None = None) -> Any:
        """The object, or the same NotFound for absent and unseen."""
        row = self.look_up(pk) if rows is None else rows.filter(pk=pk).first()
        if row is None:
            raise NotFound
        return row

    def chosen(self, rows: QuerySet[Any] | Chapters) -> list[Any]:
        """The rows of the page that was asked for."""
        return list(self.paginate_queryset(cast("Any", rows)) or ())  # DRF's types know querysets alone

    def page(self, rows: QuerySet[Any], serializer: Any = None, **context: Any) -> Response:
        """One page of `rows` in the order of the view."""
        found = self.chosen(rows)
        return self.get_paginated_response((serializer or self.serializer_class)(found, many=True, context=context).data)

    def query_uuid(self, name: str) -> UUID | None:
        """A filter that is an id, or Malformed."""
        return parse_uuid(self.request.query_params.get(name), name)

    def query_flag(self, name: str) -> bool | None:
        """A filter that is true or false, or Malformed."""
        text = self.request.query_params.get(name)
        if text is None or text in {"true", "false"}:
            return None if text is None else text == "true"
        raise Malformed(detail=f"{name} is true or false.")

    def query_text(self, name: str, longest: int = 100) -> str:
        """A filter that is text, without control characters, or Malformed."""
        text = self.request.query_params.get(name, "").strip()
        if len(text) > longest or (text and not text.isprintable()):
            raise Malformed(detail=f"{name} has at most {longest} printable characters.")
        return text

    def query_number(self, name: str, low: float, high: float) -> float | None:
        text = self.request.query_params.get(name)
        if text is None:
            return None
        try:
            number = float(text) if text.isascii() and len(text) < 20 else high + 1
        except ValueError:
            number = high + 1
        if not low <= number <= high:
            raise Malformed(detail=f"{name} is a number from {low} to {high}.")
        return number


def parse_uuid(text: str | None, name: str) -> UUID | None:
    if text is None:
        return None
    try:
        return UUID(text) if text.isascii() and len(text) == 36 else _no_uuid(name)
    except ValueError:
        return _no_uuid(name)


def _no_uuid(name: str) -> UUID:
    raise Malformed(detail=f"{name} is an id like 6f1b1a52-3f0e-4b7e-9d0c-000000000001.")


class Body(serializers.Serializer[Any]):
    """A request body: a field that is not known here is refused, so that a misspelt one is not lost in silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(data) - {name for name, field in self.fields.items() if not field.read_only})
            if unknown:
                raise serializers.ValidationError({
                    name: [ErrorDetail("This field is not known here.", code="unknown")] for name in unknown
                })  # fmt: skip
        return super().to_internal_value(data)

    @classmethod
    def parse(cls, request: Request, *, partial: bool = False) -> dict[str, Any]:
        """The validated body; BadInput names every field that is wrong."""
        body = cls(data=request.data, partial=partial)
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)

    @classmethod
    def understood(cls, request: Request) -> tuple[dict[str, Any], tuple[Complaint, ...]]:
        """The body and what is wrong with it, for moves: whose it is and where it stands are answered before."""
        from .problems import complaints_of

        try:
            return cls.parse(request), ()
        except serializers.ValidationError as error:
            return {}, complaints_of(error)


class TextField(serializers.CharField):
    """Text of a person or a name: bounded, may be empty only where it says so."""

    def __init__(self, *, longest: int = 300, **options: Any) -> None:
        options.setdefault("max_length", longest)
        super().__init__(**options)


TIME_OF_DAY = r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$"


@extend_schema_field({"type": "string", "pattern": TIME_OF_DAY})
class TimeOfDayField(serializers.TimeField):
    """A time by the clock on the wall there. One with an offset is refused: Django would drop it, and the hour would be another."""

    def to_internal_value(self, value: Any) -> time:
        if isinstance(value, str) and not re.fullmatch(TIME_OF_DAY, value):
            self.fail("invalid", format="hh:mm[:ss]")
        return super().to_internal_value(value)


def documented(
    summary: str, *, request: Any = None, response: Any = None, example: Any = None, sends: Any = None,
    query: Mapping[str, str] | None = None, status: int = 200, may_vanish: bool = False,
) -> Callable[[View], View]:  # fmt: skip
    """Describe an operation: what it is for, its bodies, and one example of each.

    `may_vanish`: the move can end the caller's own sight of the object, and is then answered with 204.
    """
    examples = []
    if sends is not None:
        examples.append(OpenApiExample("request", value=sends, request_only=True))
    if example is not None:
        # A list is shown by one of its rows: the generator puts it into the page or list that the operation answers with.
        shown = example[0] if isinstance(example, list) else example
        examples.append(OpenApiExample("answer", value=shown, response_only=True, status_codes=[str(status)]))
    parameters = [OpenApiParameter(name, str, description=words) for name, words in (query or {}).items()]
    responses = {status: response} | ({204: None} if may_vanish else {})
    described: Any = extend_schema(summary=summary, request=request, responses=responses, examples=examples, parameters=parameters)
    return described  # type: ignore[no-any-return]


__all__ = ["BadInput", "Body", "Resource", "Row", "TextField", "TimeOfDayField", "documented", "parse_uuid"]
