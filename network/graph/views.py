"""The API of the gap analysis: the newest report at once, with its age; what is computed is computed by the worker."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import ngettext
from rest_framework.request import Request
from rest_framework.response import Response

from network.core import cursors, etags, idempotency
from network.core.api import Resource, documented
from network.core.errors import CursorReset, Malformed, NotFound, NotYours
from network.core.pagination import page_size
from network.partners.models import Area, Organization, TaxonomyTerm

from . import actions, examples, export, reading, serializers
from .gaps import Kind
from .layers import layers_of
from .partner import body_of_partner
from .reading import Chosen, Kept
from .wire import head_of, rows_of

MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
KEY = re.compile(r"standard|[0-9a-f]{24}")
SINCE = {
    "settings": "key of a report with other assumptions; standard without it",
    "month": "YYYY-MM: the last report of a month, where one is kept",
}


class GraphResource(Resource):
    """What all views of a report share. It is there for members and for systems that may read reports."""

    read_scope, write_scope = "reports.read", "reports.read"
    filters = frozenset({"settings", "month"})

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not reading.reads_reports(self.actor):
            raise NotYours

    def settings_key(self) -> str:
        key = self.query_text("settings", 24) or actions.STANDARD
        if not KEY.fullmatch(key):
            raise Malformed(detail="settings is the key that an earlier request was answered with.")
        if key != actions.STANDARD and not self.actor.coordinates:
            raise NotYours
        return key

    def kept(self) -> Kept | None:
        month = self.query_text("month", 7)
        if month and not MONTH.fullmatch(month):
            raise Malformed(detail="month is a month like 2026-03.")
        return reading.newest(self.actor, self.settings_key(), month)

    def kept_or_404(self) -> Kept:
        kept = self.kept()
        if kept is None:
            raise NotFound
        return kept


class ReportHead(GraphResource):
    """The head of the newest report, and asking for one with other assumptions."""

    serializer_class = serializers.ReportSerializer

    @documented("Gap report", response=serializers.ReportSerializer, example=examples.REPORT, query=SINCE)
    def get(self, request: Request) -> Response:
        kept = self.kept()
        body = head_of(kept, self.actor, preparing=reading.is_preparing(self.settings_key()), months=reading.months())
        if kept is None:
            return Response(body)
        view = f"{self.actor.ref}|{kept.behind}|{body['preparing']}"
        return etags.answer(request, body, Tagged(kept), view)

    @documented(
        "Ask for a report with other assumptions", request=serializers.AssumptionsBody, response=serializers.WantedSerializer,
        sends=examples.ASSUMPTIONS, example=examples.WANTED, status=202,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        def act() -> Response:
            if not self.actor.coordinates:
                raise NotYours
            settings = actions.settings_of(serializers.AssumptionsBody.parse(request))
            row = actions.want(settings)
            return Response({"settings": row.settings_key, "state": row.state}, status=202)

        return idempotency.once(request, act)


class Tagged:
    """A report as the row that a tag is made from."""

    def __init__(self, kept: Kept) -> None:
        self.pk, self.version = kept.row.pk, kept.report.revision


class Gaps(GraphResource):
    """Rows of the report, ranked."""

    serializer_class = serializers.GapSerializer
    filters = frozenset({"settings", "month", "kind", "need", "area", "group", "list"})

    @documented(
        "Gaps", response=serializers.GapSerializer(many=True), example=[examples.GAP],
        query={
            **SINCE, "kind": "one kind of gap", "list": "shortages or frictions; without it shortages come first",
            "need": "code of the taxonomy", "area": "id of an area", "group": "code of a language",
        },
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        kept, chosen, size = self.kept(), self.chosen_rows(), page_size(request.query_params.get("limit"))
        if kept is None:
            return Response({"results": [], "next": None})
        gaps, start = chosen.of([*kept.shortages(), *kept.frictions()]), self._start(kept)
        page = gaps[start : start + size]
        after = cursors.close_position(self.actor, request.path, [str(kept.row.pk), start + size]) if len(gaps) > start + size else None
        return Response({"results": rows_of(kept, page, ngettext), "next": after})

    def _start(self, kept: Kept) -> int:
        """Where a cursor leads; into a report that was replaced it leads no more."""
        text = self.request.query_params.get("cursor")
        if not text:
            return 0
        report, start = cursors.read_position(self.actor, self.request.path, text)
        if report != str(kept.row.pk):
            raise CursorReset
        return int(start)

    def chosen_rows(self) -> Chosen:
        kind, wanted = self.query_text("kind", 30), self.query_text("list", 10)
        if kind and kind not in set(Kind):
            raise Malformed(detail=f"kind is one of: {', '.join(Kind)}.")
        if wanted not in {"", "shortages", "frictions"}:
            raise Malformed(detail="list is shortages or frictions.")
        return Chosen(
            frozenset({Kind(kind)}) if kind else frozenset(),
            self._number(TaxonomyTerm.objects.filter(scheme="need", code=self.query_text("need", 80)), "need"),
            self._number(Area.objects.visible_to(self.actor).filter(pk__in=filter(None, [self.query_uuid("area")])), "area"),
            self._number(TaxonomyTerm.objects.filter(scheme="language", code=self.query_text("group", 80)), "group"),
            {"": None, "shortages": True, "frictions": False}[wanted],
        )

    def _number(self, rows: QuerySet[Any], name: str) -> int | None:
        if not self.request.query_params.get(name):
            return None
        found = rows.values_list("number", flat=True).first()
        return -1 if found is None else int(found)


class OneGap(GraphResource):
    """One row, with what it rests on; its id stays while the gap is there."""

    @documented("One gap", response=serializers.GapSerializer, example=examples.GAP, query=SINCE)
    def get(self, request: Request, gap: str) -> Response:
        kept = self.kept_or_404()
        found = kept.gap(gap)
        if found is None:
            raise NotFound
        return Response(rows_of(kept, [found], ngettext)[0])


class OnePartner(GraphResource):
    """One partner among the others: any for coordinators, their own for everybody else."""

    filters = frozenset()

    @documented("One partner's ties", response=serializers.PartnerSerializer, example=examples.PARTNER)
    def get(self, request: Request, pk: UUID) -> Response:
        rows = Organization.objects.visible_to(self.actor)
        if not self.actor.coordinates:
            rows = rows.filter(pk__in=self.actor.organizations)
        return Response(body_of_partner(self.find(pk, rows), reading.newest(self.actor), self.actor, ngettext))


class Layers(GraphResource):
    """What a map draws, all of one report."""

    filters = frozenset({"settings", "month", "need"})

    @documented(
        "Map layers", response=serializers.LayersSerializer, example=examples.LAYERS, query={**SINCE, "need": "code of the taxonomy"}
    )
    def get(self, request: Request) -> Response:
        kept = self.kept_or_404()
        need = None
        if code := self.query_text("need", 80):
            need = TaxonomyTerm.objects.filter(scheme="need", code=code).values_list("number", flat=True).first() or -1
        return etags.answer(request, layers_of(kept, need=need), Tagged(kept), f"layers|{self.actor.ref}|{need}")


class Export(GraphResource):
    """The report as a file, for coordinators."""

    form = ""
    types = {"csv": "text/csv; charset=utf-8", "geojson": "application/geo+json", "graphml": "application/graphml+xml"}

    def answer(self) -> HttpResponse:
        if not self.actor.coordinates:
            raise NotYours
        kept = self.kept_or_404()
        made = {
            "csv": lambda: export.as_csv(kept, ngettext),
            "geojson": lambda: export.as_geojson(kept),
            "graphml": lambda: export.as_graphml(kept, self.actor),
        }[self.form]()
        name = f"gaps-{kept.as_of:%Y-%m-%d}-{kept.report.revision}.{self.form}"
        return HttpResponse(
            made,
            content_type=self.types[self.form],
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        )


def export_view(form: str) -> Any:
    """The view of one form of file, described as the file that it answers with."""
    from drf_spectacular.types import OpenApiTypes
    from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

    shown = {"csv": '"rank","list","kind"\r\n"1","shortages","bottleneck"\r\n', "geojson": '{"type":"FeatureCollection","features":[]}',
             "graphml": "<graphml/>"}[form]  # fmt: skip

    @extend_schema(
        summary=f"Report as {form}",
        parameters=[OpenApiParameter(name, str, description=words) for name, words in SINCE.items()],
        responses={
            (200, Export.types[form].split(";")[0]): OpenApiResponse(
                OpenApiTypes.STR, description="The file.", examples=[OpenApiExample("answer", value=shown)]
            )
        },
    )
    def get(self: Export, request: Request) -> HttpResponse:
        return self.answer()

    return type(f"Export{form.title()}", (Export,), {"form": form, "__doc__": f"The report as {form}.", "get": get})
