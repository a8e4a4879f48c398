"""Who wants to speak for a listed organisation."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from network.accounts.models import Claim, User
from network.core import etags, idempotency
from network.core.api import Resource, documented
from network.core.errors import NotYours

from .. import examples, joining, serializers


class Claims(Resource):
    """Who says that a listed organisation is theirs: all to coordinators, one's own to who asked."""

    serializer_class = serializers.ClaimSerializer
    filters = frozenset({"state"})
    ordering = ("-created_at", "id")

    def rows(self) -> QuerySet[Claim]:
        return Claim.objects.visible_to(self.actor).select_related("organization", "user")

    @documented(
        "Claims", response=serializers.ClaimSerializer(many=True), example=[examples.CLAIM], query={"state": "asked, approved or refused"}
    )
    def get(self, request: Request) -> Response:
        rows = self.rows()
        if state := self.query_text("state", 10):
            rows = rows.filter(state=state)
        return self.page(rows)

    @documented("Claim a listed organisation", request=serializers.ClaimBody, response=serializers.ClaimSerializer,
                sends={"organization": examples.ORGANIZATION["id"], "evidence": "I am named on its page."},
                example=examples.CLAIM, status=201)  # fmt: skip
    def post(self, request: Request) -> Response:
        body = serializers.ClaimBody.parse(request)
        if not isinstance(request.user, User):
            raise NotYours
        claim = joining.ask_claim(user=request.user, organization=body["organization"], evidence=body["evidence"])
        return etags.answer(request, self.serializer_class(claim).data, claim, status=201)


class OneClaim(Claims):
    """One claim."""

    filters = frozenset()
    http_method_names = ["get", "options"]

    @documented("One claim", response=serializers.ClaimSerializer, example=examples.CLAIM)
    def get(self, request: Request, pk: UUID) -> Response:  # type: ignore[override]
        row = self.find(pk)
        return etags.answer(request, self.serializer_class(row).data, row)


class DecideClaim(Claims):
    """A coordinator's answer."""

    filters = frozenset()
    http_method_names = ["post", "options"]
    approve = True

    @documented("Answer a claim", request=serializers.NoBody, response=serializers.ClaimSerializer, sends={}, example=examples.CLAIM)
    def post(self, request: Request, pk: UUID) -> Response:  # type: ignore[override]
        row = self.find(pk)

        def act() -> Response:
            version = etags.require(request, row)
            decided = joining.decide_claim(row, by=self.actor, approve=self.approve, version=version)
            return etags.answer(request, self.serializer_class(decided).data, decided)

        return idempotency.once(request, act)
