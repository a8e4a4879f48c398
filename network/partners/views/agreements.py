"""Who may refer to whom."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from network.core import etags, idempotency
from network.core.api import Resource, documented
from network.core.clock import now
from network.core.errors import NotYours

from .. import actions, examples, serializers
from ..models import Agreement


class Agreements(Resource):
    """Who may refer to whom."""

    read_scope, write_scope = "directory.read", "directory.write"
    serializer_class = serializers.AgreementSerializer
    filters = frozenset({"organization", "in_force"})
    ordering = ("-since", "id")

    def rows(self) -> QuerySet[Agreement]:
        return Agreement.objects.visible_to(self.actor).select_related("from_organization", "to_organization")

    @documented("Agreements", response=serializers.AgreementSerializer(many=True), example=[examples.AGREEMENT],
                query={"organization": "id of either side", "in_force": "true: today"})  # fmt: skip
    def get(self, request: Request) -> Response:
        rows = self.rows()
        if (organization := self.query_uuid("organization")) is not None:
            rows = rows.filter(from_organization=organization) | rows.filter(to_organization=organization)
        if self.query_flag("in_force"):
            rows = rows.in_force(now().date())  # type: ignore[attr-defined]
        return self.page(rows)

    @documented("Make an agreement", request=serializers.AgreementBody, response=serializers.AgreementSerializer,
                sends=examples.AGREEMENT_SAID, example=examples.AGREEMENT, status=201)  # fmt: skip
    def post(self, request: Request) -> Response:
        def act() -> Response:
            if not (self.actor.coordinates or self.actor.administers):
                raise NotYours
            body = serializers.AgreementBody.parse(request)
            row = actions.make_agreement(by=self.actor, **body)
            return etags.answer(request, self.serializer_class(row).data, row, status=201)

        return idempotency.once(request, act)


class OneAgreement(Agreements):
    """One agreement."""

    filters = frozenset()
    http_method_names = ["get", "options"]

    @documented("One agreement", response=serializers.AgreementSerializer, example=examples.AGREEMENT)
    def get(self, request: Request, pk: UUID) -> Response:  # type: ignore[override]
        row = self.find(pk)
        return etags.answer(request, self.serializer_class(row).data, row)


class EndAgreement(Agreements):
    """The end of an agreement."""

    filters = frozenset()
    http_method_names = ["post", "options"]

    @documented("End an agreement on a day", request=serializers.EndBody, response=serializers.AgreementSerializer,
                sends={"on": "2026-12-31"}, example=examples.AGREEMENT)  # fmt: skip
    def post(self, request: Request, pk: UUID) -> Response:  # type: ignore[override]
        row = self.find(pk)

        def act() -> Response:
            version = etags.require(request, row)
            on = serializers.EndBody.parse(request)["on"]
            ended = actions.end_agreement(row, by=self.actor, on=on, version=version)
            return etags.answer(request, self.serializer_class(ended).data, ended)

        return idempotency.once(request, act)
