"""Services, and how many places they have."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from rest_framework.request import Request
from rest_framework.response import Response

from network.core import etags, idempotency
from network.core.api import documented
from network.core.clock import now
from network.core.errors import BadInput, Complaint, NotYours, complain

from .. import actions, examples, serializers
from ..models import Place, Service, ServiceCapacity
from ..search import Wanted, find_services, whole
from .base import DirectoryResource


class Services(DirectoryResource):
    """Services, by what somebody looks for."""

    serializer_class = serializers.ServiceSerializer
    filters = frozenset({
        "q", "need", "language", "access", "place", "km", "free", "self_referral", "organization", "on_network", "can_be_asked",
    })  # fmt: skip
    ordering = ("name", "id")

    def rows(self) -> QuerySet[Service]:
        return Service.objects.visible_to(self.actor)

    def wanted(self) -> Wanted:
        place = self.query_uuid("place")
        found = Place.objects.filter(pk=place).first() if place else None
        if place and found is None:
            raise BadInput(errors=(Complaint("/place", "unknown", "Choose a place of the directory."),))
        return Wanted(
            words=self.query_text("q"), need=self.query_text("need", 80), language=self.query_text("language", 12),
            access=self.query_text("access", 80), place=found, within_km=self.query_number("km", 1, 500) or 50,
            is_free=self.query_flag("free"), takes_self_referrals=self.query_flag("self_referral"),
            organization=self.query_uuid("organization"), on_network=self.query_flag("on_network"),
            asked_by=self.actor.organization if self.query_flag("can_be_asked") else None,
        )  # fmt: skip

    @documented(
        "Find services", response=serializers.ServiceSerializer(many=True), example=[examples.SERVICE],
        query={
            "q": "words", "need": "code of the taxonomy", "language": "BCP 47", "access": "step-free, evenings …",
            "place": "id of a place: nearest first", "km": "within so many kilometres of it", "free": "true or false",
            "self_referral": "true or false", "organization": "id", "on_network": "true or false",
            "can_be_asked": "true: only services that your organisation may ask",
        },
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        wanted = self.wanted()
        if wanted.place:
            self.ordering = ("far", "id")  # type: ignore[misc]
        return self.page(whole(find_services(self.actor, wanted, now().date())))

    @documented("Add a service of yours", request=serializers.ServiceBody, response=serializers.ServiceSerializer,
                sends={"name": "Housing advice", "needs": ["housing-support"]}, example=examples.SERVICE, status=201)  # fmt: skip
    def post(self, request: Request) -> Response:
        def act() -> Response:
            if self.actor.organization is None:
                raise NotYours
            actions.require_own(self.actor.organization, self.actor)
            body = serializers.ServiceBody.parse(request)
            service = actions.create_service(by=self.actor, said=service_said(body))
            return self.tell(service.pk, status=201)

        return idempotency.once(request, act)

    def tell(self, pk: UUID, *, status: int = 200) -> Response:
        row = self.find(pk, whole(Service.objects.visible_to(self.actor)))
        return etags.answer(self.request, self.serializer_class(row).data, row, capacity_view(row), status=status)


def capacity_view(row: Any) -> str:
    """What of the answer does not hang on the service's own version."""
    return f"{row.places}|{row.places_as_of}|{row.on_network}"


PLAIN = (
    "application_process", "eligibility_description", "fees_description", "is_free", "minimum_age", "maximum_age",
    "takes_self_referrals", "status",
)  # fmt: skip


def service_said(body: dict[str, Any]) -> actions.ServiceSaid:
    terms = {("need", code) for code in body.get("needs", ())} | {("access", code) for code in body.get("access", ())}
    values = tuple((name, body[name]) for name in PLAIN if name in body)
    return actions.ServiceSaid(
        name=body["name"], description=body.get("description", ""), terms=frozenset(terms), values=values,
        by_agreement_only=body.get("by_agreement_only", False), locations=frozenset(body.get("locations", ())),
    )  # fmt: skip


class OneService(Services):
    """One service."""

    filters = frozenset()
    http_method_names = ["get", "patch", "options"]

    @documented("One service", response=serializers.ServiceSerializer, example=examples.SERVICE)
    def get(self, request: Request, pk: UUID) -> Response:  # type: ignore[override]
        return self.tell(pk)

    @documented("Change a service of yours", request=serializers.ServiceBody, response=serializers.ServiceSerializer,
                sends={"name": "Housing advice"}, example=examples.SERVICE)  # fmt: skip
    def patch(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk, whole(self.rows()))
        version = etags.require(request, row, capacity_view(row))
        actions.require_own(row.organization_id, self.actor)
        body = serializers.ServiceBody.parse(request, partial=True)
        terms = {
            scheme: body[field] for scheme, field in (("need", "needs"), ("access", "access")) if field in body
        }  # fmt: skip
        values = {name: value for name, value in body.items() if name not in {"needs", "access", "locations"}}
        actions.edit_service(row, by=self.actor, values=values, version=version, terms=terms, locations=body.get("locations"))
        return self.tell(pk)


class Capacity(DirectoryResource):
    """How many places services have, as stated last."""

    serializer_class = serializers.CapacitySerializer
    filters = frozenset({"service", "organization"})
    ordering = ("-as_of", "id")

    def rows(self) -> QuerySet[ServiceCapacity]:
        newest = ServiceCapacity.objects.filter(service=OuterRef("service")).order_by("-as_of", "-pk")
        shown = Service.objects.visible_to(self.actor)
        return ServiceCapacity.objects.filter(service__in=shown.values("pk"), pk=Subquery(newest.values("pk")[:1]))

    @documented("Stated capacity", response=serializers.CapacitySerializer(many=True), example=[examples.CAPACITY],
                query={"service": "id", "organization": "id"})  # fmt: skip
    def get(self, request: Request) -> Response:
        rows = self.rows()
        if (service := self.query_uuid("service")) is not None:
            rows = rows.filter(service=service)
        if (organization := self.query_uuid("organization")) is not None:
            rows = rows.filter(service__organization=organization)
        return self.page(rows)

    @documented("State or confirm your capacity", request=serializers.CapacityBody, response=serializers.CapacitySerializer,
                sends={"service": examples.SERVICE["id"], "available": 4}, example=examples.CAPACITY, status=201)  # fmt: skip
    def post(self, request: Request) -> Response:
        def act() -> Response:
            if self.actor.organization is None:
                raise NotYours
            actions.require_own(self.actor.organization, self.actor)
            body = serializers.CapacityBody.parse(request)
            service = self.find_own(body["service"])
            row = actions.state_capacity(
                service, by=self.actor, available=body["available"], maximum=body.get("maximum"), wait_days=body.get("expected_wait_days")
            )
            return Response(self.serializer_class(row).data, status=201)

        return idempotency.once(request, act)

    def find_own(self, pk: UUID) -> Service:
        row = Service.objects.filter(pk=pk, organization=self.actor.organization).first()
        if row is None:
            raise complain("/service", "unknown", "Choose a service of your own.")
        return row
