"""The API of areas: a list, one with its figures, and the map of all of them."""

from __future__ import annotations

import gzip
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from network.core import etags
from network.core.api import Resource, documented

from .. import area_map, examples, serializers
from ..models import Area, AreaFigure, AreaQuerySet


class Areas(Resource):
    """Areas and what is known of each: for whoever is signed in, and systems that may read the directory."""

    read_scope = "directory.read"
    http_method_names = ["get", "options"]
    serializer_class: Any = serializers.AreaSerializer
    filters = frozenset({"q", "region"})
    ordering = ("name", "id")

    def rows(self) -> AreaQuerySet:
        return Area.objects.visible_to(self.actor).without_shape()

    @documented("Areas", response=serializers.AreaSerializer(many=True), example=[examples.AREA],
                query={"q": "beginning of the name, or the code", "region": "as a state"})  # fmt: skip
    def get(self, request: Request) -> Response | HttpResponse:
        rows = self.rows()
        if words := self.query_text("q"):
            rows = rows.filter(Q(name__istartswith=words) | Q(code=words))
        if region := self.query_text("region", 80):
            rows = rows.filter(region=region)
        return self.page(rows)


class OneArea(Areas):
    """One area with its figures."""

    filters = frozenset()
    serializer_class = serializers.OneAreaSerializer

    @documented("One area and its figures", response=serializers.OneAreaSerializer, example=examples.ONE_AREA)
    def get(self, request: Request, pk: UUID) -> Response:  # type: ignore[override]
        row = self.find(pk, self.rows().prefetch_related(Prefetch("figures", AreaFigure.objects.order_by("figure"))))
        return etags.answer(request, self.serializer_class(row).data, row)


class AreaShapes(Areas):
    """The map of all areas: drawn once after each import, and sent as it is kept."""

    filters = frozenset({"v"})
    serializer_class = serializers.ShapesSerializer

    @documented("Shapes of all areas, drawn coarse for a map", response=serializers.ShapesSerializer, example=examples.SHAPES,
                query={"v": "digest of the map: an answer under it never changes and may be kept for a year"})  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        digest, body = area_map.packed()
        kept = "private, max-age=31536000, immutable" if self.query_text("v", 32) == digest else "private, no-cache"
        # Packed and plain differ in their bytes, and a strong tag names one of them.
        is_packed = "gzip" in request.headers.get("Accept-Encoding", "")
        tag = f'"{digest}{"-gzip" if is_packed else ""}"'
        headers = {"ETag": tag, "Cache-Control": kept, "Vary": "Accept-Encoding"}
        if tag in request.headers.get("If-None-Match", ""):
            return HttpResponse(status=304, headers=headers)
        if is_packed:
            headers["Content-Encoding"] = "gzip"
        else:
            body = gzip.decompress(body)
        return HttpResponse(body, content_type="application/json", headers=headers)
