"""Words of the taxonomy, and crisis lines."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from network.core.api import documented

from .. import examples, serializers
from ..models import CrisisLine, TaxonomyTerm
from .base import DirectoryResource


class Terms(DirectoryResource):
    """The taxonomy: needs, languages, access."""

    serializer_class = serializers.TermSerializer
    filters = frozenset({"scheme"})
    ordering = ("label", "id")

    @documented(
        "Taxonomy", response=serializers.TermSerializer(many=True), example=[examples.TERM], query={"scheme": "need, language or access"}
    )
    def get(self, request: Request) -> Response:
        rows = TaxonomyTerm.objects.filter(retired_at__isnull=True)
        if scheme := self.query_text("scheme", 40):
            rows = rows.filter(scheme=scheme)
        return self.page(rows)


class CrisisLines(DirectoryResource):
    """Numbers that work now."""

    throttle_classes = []
    pagination_class = None

    @documented("Crisis lines", response=serializers.CrisisLineSerializer(many=True), example=[examples.CRISIS_LINE])
    def get(self, request: Request) -> Response:
        rows = CrisisLine.objects.order_by("position", "name")[:200]
        return Response(serializers.CrisisLineSerializer(rows, many=True).data)
