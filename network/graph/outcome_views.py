"""The API of outcomes: the same figures as the page, as JSON and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from network.core.api import Resource, documented
from network.core.errors import Malformed, NotYours

from .export import FEW, safe
from .outcome_counts import By, Named, Picture, Whose, dimensions, may_read, picture
from .outcomes import FIGURES, Line, Share

STRICT: Any = serializers.Serializer
NAMES = [figure.name for figure in FIGURES]


class OutcomeShareSerializer(STRICT):
    """`yes` of `of`. `state`: shown; thin, under thirty, counts alone; few, hidden, since fewer than eleven people could be told; none."""

    state = serializers.ChoiceField(["shown", "thin", "few", "none"])
    yes = serializers.IntegerField(allow_null=True)
    of = serializers.IntegerField(allow_null=True)
    share = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class AnswerHoursSerializer(STRICT):
    """Whole hours until an answer."""

    median = serializers.IntegerField(allow_null=True)
    low = serializers.IntegerField(allow_null=True)
    high = serializers.IntegerField(allow_null=True)


class ApartSerializer(STRICT):
    """The share of `help` less that of all others."""

    points = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class OutcomeLineSerializer(STRICT):
    """One row; `id` null where it has none that may be told."""

    id = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    sent = serializers.IntegerField(allow_null=True)
    hours = AnswerHoursSerializer()
    apart = ApartSerializer(allow_null=True)
    figures = serializers.DictField(child=OutcomeShareSerializer())


class OutcomesSerializer(STRICT):
    """All together, by one dimension, and by month."""

    whose = serializers.ChoiceField([whose.value for whose in Whose])
    by = serializers.ChoiceField([by.value for by in By])
    since = serializers.DateTimeField()
    as_of = serializers.DateTimeField()
    total = OutcomeLineSerializer()
    rows = OutcomeLineSerializer(many=True)
    months = OutcomeLineSerializer(many=True)


def share_body(share: Share) -> dict[str, Any]:
    return {"state": state_of(share), "yes": share.yes, "of": share.of, "share": share.share, "low": share.low, "high": share.high}


def state_of(share: Share) -> str:
    if share.is_hidden:
        return "few"
    return "none" if share.of == 0 else "thin" if share.is_thin else "shown"


def line_body(line: Line, pk: str | None, name: str) -> dict[str, Any]:
    apart = line.apart and {"points": line.apart.points, "low": line.apart.low, "high": line.apart.high}
    hours = {"median": line.wait.median, "low": line.wait.low, "high": line.wait.high}
    figures = {figure: share_body(line.shares[figure]) for figure in NAMES}
    return {"id": pk, "name": name, "sent": line.sent, "hours": hours, "apart": apart, "figures": figures}


def body_of(found: Picture) -> dict[str, Any]:
    return {
        "whose": found.whose, "by": found.by, "since": found.since, "as_of": found.as_of, "total": line_body(found.total, None, "total"),
        "rows": [line_body(row.line, row.id, row.name) for row in found.rows],
        "months": [line_body(row.line, row.id, row.name) for row in found.months],
    }  # fmt: skip


def as_csv(found: Picture) -> str:
    """A row for each figure of each row: the total, the dimension, then the months."""
    out = io.StringIO()
    write = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    write.writerow(["table", "id", "name", "figure", "yes", "of", "share", "low", "high"])
    for table, rows in _tables(found):
        for row in rows:
            for figure in NAMES:
                write.writerow(map(safe, [table, row.id, row.name, figure, *_cells(row.line.shares[figure])]))
            write.writerow(map(safe, [table, row.id, row.name, "sent", FEW if row.line.sent is None else row.line.sent, "", "", "", ""]))
            wait = row.line.wait
            write.writerow(map(safe, [table, row.id, row.name, "hours", "", "", wait.median, wait.low, wait.high]))
    return out.getvalue()


def _tables(found: Picture) -> Iterable[tuple[str, list[Named]]]:
    yield "total", [Named(found.total, None, "total")]
    yield found.by, found.rows
    if found.by is not By.MONTH:
        yield By.MONTH, found.months


def _cells(share: Share) -> list[Any]:
    if share.is_hidden:
        return [FEW, FEW, "", "", ""]
    return [share.yes, share.of, *(None if part is None else round(part, 4) for part in (share.share, share.low, share.high))]


QUERY = {
    "whose": "network (coordinators), organisation (admins and systems), own (what you work on); without it the widest you may read",
    "by": "organisation, need, area, language or month; need without it",
}


class OutcomeResource(Resource):
    """What JSON and file share."""

    read_scope = "reports.read"
    filters = frozenset(QUERY)
    pagination_class = None

    def found(self) -> Picture:
        wanted = chosen(self.request.query_params)
        allowed = may_read(self.actor)
        if not allowed:
            raise NotYours
        whose = wanted[0] or allowed[0]
        if whose not in allowed or wanted[1] not in dimensions(whose):
            raise NotYours
        return picture(self.actor, whose, wanted[1])


def chosen(query: Mapping[str, str]) -> tuple[Whose | None, By]:
    """What was asked for, or Malformed."""
    whose, by = query.get("whose", ""), query.get("by", By.NEED.value)
    if whose and whose not in set(Whose):
        raise Malformed(detail=f"whose is one of: {', '.join(Whose)}.")
    if by not in set(By):
        raise Malformed(detail=f"by is one of: {', '.join(By)}.")
    return Whose(whose) if whose else None, By(by)


SHARE = {"state": "shown", "yes": 408, "of": 680, "share": 0.6, "low": 0.563, "high": 0.636}
LINE: dict[str, Any] = {
    "id": "housing-support", "name": "Housing support", "sent": 702, "hours": {"median": 7, "low": 6, "high": 8},
    "apart": {"points": -0.04, "low": -0.08, "high": 0.0}, "figures": dict.fromkeys(NAMES, SHARE),
}  # fmt: skip
EXAMPLE = {
    "whose": "network", "by": "need", "since": "2025-03-01T00:00:00Z", "as_of": "2026-03-02T09:30:00Z",
    "total": {**LINE, "id": None, "name": "total", "apart": None}, "rows": [LINE], "months": [{**LINE, "id": "2026-02", "name": "2026-02"}],
}  # fmt: skip


class Outcomes(OutcomeResource):
    """How referrals ended."""

    serializer_class = OutcomesSerializer

    @documented("Outcomes", response=OutcomesSerializer, example=EXAMPLE, query=QUERY)
    def get(self, request: Request) -> Response:
        return Response(body_of(self.found()), headers={"Cache-Control": "no-store"})


class OutcomesFile(OutcomeResource):
    """The same as a file."""

    @extend_schema(
        summary="Outcomes as csv",
        parameters=[OpenApiParameter(name, str, description=words) for name, words in QUERY.items()],
        responses={
            (200, "text/csv"): OpenApiResponse(
                OpenApiTypes.STR, description="The file.",
                examples=[OpenApiExample("answer", value='"table","id","name","figure","yes","of","share","low","high"\r\n')],
            )
        },
    )  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        return file_of(self.found())


def file_of(found: Picture) -> HttpResponse:
    name = f"outcomes-{found.whose}-{found.by}-{found.as_of:%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(as_csv(found), content_type="text/csv; charset=utf-8", headers=headers)
