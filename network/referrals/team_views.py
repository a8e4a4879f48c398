"""The API of a team at work: many offers handed over at once, what a person puts aside, and who is looking."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from network.accounts.models import Membership
from network.core import idempotency
from network.core.api import Body, Resource, documented
from network.core.errors import NotFound

from . import actions, examples
from .actions.team import MOST_AT_ONCE, Handed
from .models import Referral
from .reading import Reader
from .serializers import Named, OfferDetail, named
from .timeline import given_back_by
from .views import OfferResource, ReferralResource


class AssignBody(Body):
    offers = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_AT_ONCE)
    assignee = serializers.UUIDField(allow_null=True, help_text="A colleague; null gives them back to the team.")


class HandedSerializer(serializers.Serializer[Any]):
    """What became of one of them."""

    offer = serializers.UUIDField()
    done = serializers.BooleanField()
    claimed_by = serializers.UUIDField(allow_null=True)
    code = serializers.CharField(allow_null=True)
    detail = serializers.CharField(allow_null=True)


class AllHanded(serializers.Serializer[Any]):
    results = HandedSerializer(many=True)


def handed_body(one: Handed) -> dict[str, Any]:
    refusal = one.refusal
    return {
        "offer": one.offer, "done": refusal is None, "claimed_by": one.to, "code": refusal.code if refusal else None,
        "detail": refusal.detail if refusal else None,
    }  # fmt: skip


class Assign(OfferResource):
    """Many offers, to one colleague or back to the team."""

    pagination_class = None

    @documented(
        "Hand over many at once", request=AssignBody, response=AllHanded, example=examples.HANDED,
        sends={"offers": [examples.ID(4), examples.ID(12)], "assignee": examples.ID(9)},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        body = AssignBody.parse(request)
        wanted = actions.check_many(body["offers"], by=self.actor, assignee=body["assignee"])
        return Response({"results": [self.one(request, pk, body["assignee"]) for pk in wanted]})

    def one(self, request: Request, pk: UUID, assignee: UUID | None) -> dict[str, Any]:
        """A transaction and an answer of its own for each; a repeated request gets each answer again."""

        def act() -> Response:
            return Response(handed_body(actions.assign_one(pk, by=self.actor, assignee=assignee)))

        answer: dict[str, Any] = idempotency.once(request, act, part=str(pk)).data
        return answer


class SnoozeBody(Body):
    until = serializers.DateTimeField()


class SnoozeOffer(OfferResource):
    """Put a row of one's own inbox aside."""

    @documented(
        "Put aside until a time", request=SnoozeBody, response=OfferDetail, sends={"until": "2026-03-03T08:00:00Z"},
        example={**examples.OFFER, "words": [], "snoozed_until": "2026-03-03T08:00:00Z"},
    )  # fmt: skip
    def post(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk)

        def act() -> Response:
            actions.snooze(row, by=self.actor, **SnoozeBody.parse(request))
            return self.tell(pk)

        return idempotency.once(request, act, about=row.referral.person_id)

    @documented("Show it again", status=204)
    def delete(self, request: Request, pk: UUID) -> Response:
        actions.wake(self.find(pk), by=self.actor)
        return Response(status=204)


class LookingSerializer(serializers.Serializer[Any]):
    looking = Named(many=True)


class Here(ReferralResource):
    """Say every 20 seconds that you have it open; who else of your colleagues has."""

    @documented("I am looking at this", response=LookingSerializer, example={"looking": [examples.COLLEAGUE]})
    def post(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk)
        actions.look(row, by=self.actor)
        found = Reader([row], self.actor).looking.get(pk, [])
        return Response({"looking": [named(user) for user in found]})


class ReturnedSerializer(serializers.Serializer[Any]):
    """A referral that a colleague had when they left."""

    id = serializers.UUIDField()
    reference = serializers.CharField()


class Returned(Resource):
    """What a colleague who left had: it is the team's again."""

    read_scope = "referrals.read"
    pagination_class = None

    @documented(
        "What went back to the team", response=ReturnedSerializer(many=True), example=[{"id": examples.ID(3), "reference": "7F3K-92QD"}]
    )
    def get(self, request: Request, pk: UUID) -> Response:
        left = self.find(pk, Membership.objects.visible_to(self.actor).filter(until__isnull=False))
        if left.organization_id not in self.actor.casework:
            raise NotFound
        return Response(ReturnedSerializer(returned(left, self.actor), many=True).data)


def returned(left: Membership, actor: Any) -> list[Referral]:
    """The referrals that were given back in the transaction in which the membership ended, as far as the actor may see them."""
    return list(Referral.objects.visible_to(actor).filter(pk__in=given_back_by(left)).select_related("need").order_by("reference"))
