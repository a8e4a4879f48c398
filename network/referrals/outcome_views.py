"""The API of what people hope for, and of asking weeks later how it is going."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from network.core import idempotency
from network.core.api import Resource, documented
from network.core.clock import now
from network.core.errors import NotYours

from . import actions, examples, serializers
from .models import FollowUp, OutcomeCode


class OutcomeCodes(Resource):
    """What a person may hope for, valid from a day until a day."""

    read_scope = "referrals.read"
    filters = frozenset({"domain"})
    pagination_class = None

    @documented(
        "Desired outcomes", response=serializers.OutcomeCodeSerializer(many=True), example=[examples.OUTCOME_CODE],
        query={"domain": "only those of this domain of needs, and those of every need, that can be chosen today"},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        rows: QuerySet[OutcomeCode] = OutcomeCode.objects.order_by("domain", "position")
        if domain := self.query_text("domain", 80):
            rows = OutcomeCode.objects.choosable(now()).for_domain(domain)
        return Response(serializers.OutcomeCodeSerializer(rows, many=True).data)


class FollowUpResource(Resource):
    """What the views of follow-ups share."""

    read_scope, write_scope = "referrals.read", "referrals.write"
    serializer_class = serializers.FollowUpSerializer

    def rows(self) -> QuerySet[FollowUp]:
        rows = FollowUp.objects.visible_to(self.actor).filter(referral__person__erased_at__isnull=True)
        return rows.select_related("referral__need", "organization", "outcome")


class FollowUps(FollowUpResource):
    """Follow-ups of the caller's organisations."""

    filters = frozenset({"waiting"})
    ordering = ("due_at", "id")

    @documented(
        "Follow-ups", response=serializers.FollowUpSerializer(many=True), example=[examples.FOLLOW_UP],
        query={"waiting": "true: only those that wait for an answer of yours"},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        rows = self.rows()
        if self.query_flag("waiting"):
            rows = rows.filter(pk__in=FollowUp.objects.waiting().values("pk"), organization__in=self.actor.casework)
        return self.get_paginated_response([serializers.follow_up_body(row) for row in self.chosen(rows)])


class AnswerFollowUp(FollowUpResource):
    """What the person said."""

    @documented(
        "Answer a follow-up", request=serializers.AnswerBody, response=serializers.FollowUpSerializer, sends=examples.FOLLOW_UP_ANSWER,
        example={**examples.FOLLOW_UP, "answer": "still-helped", "answered_at": examples.AT},
    )  # fmt: skip
    def post(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk)

        def act() -> Response:
            if row.organization_id != self.actor.organization or self.actor.organization not in self.actor.casework:
                raise NotYours(verb="follow-up")
            said = serializers.AnswerBody.parse(request)
            actions.answer_follow_up(row, said["answer"], by=self.actor)
            return Response(serializers.follow_up_body(self.find(pk)))

        return idempotency.once(request, act, about=row.referral.person_id)
