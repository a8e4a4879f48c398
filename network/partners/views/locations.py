"""Where services are, and the towns that a need may name."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from network.core import idempotency
from network.core.api import documented
from network.core.errors import NotYours

from .. import actions, examples, serializers
from ..models import Location, Place
from .base import DirectoryResource


class Locations(DirectoryResource):
    """Where services are given; a confidential address is its organisation's alone."""

    serializer_class = serializers.LocationSerializer
    filters = frozenset({"organization"})

    def rows(self) -> QuerySet[Location]:
        return Location.objects.visible_to(self.actor)

    @documented("Locations", response=serializers.LocationSerializer(many=True), example=[examples.LOCATION], query={"organization": "id"})
    def get(self, request: Request) -> Response:
        rows = self.rows()
        if (organization := self.query_uuid("organization")) is not None:
            rows = rows.filter(organization=organization)
        return self.page(rows)

    @documented("Add a location of yours", request=serializers.LocationBody, response=serializers.LocationSerializer,
                sends={"name": "Front desk", "city": "Northside"}, example=examples.LOCATION, status=201)  # fmt: skip
    def post(self, request: Request) -> Response:
        def act() -> Response:
            if self.actor.organization is None:
                raise NotYours
            actions.require_own(self.actor.organization, self.actor)
            row = actions.create_location(by=self.actor, values=serializers.LocationBody.parse(request))
            return Response(self.serializer_class(row).data, status=201)

        return idempotency.once(request, act)


class OneLocation(DirectoryResource):
    """One location."""

    serializer_class = serializers.LocationSerializer

    def rows(self) -> QuerySet[Location]:
        return Location.objects.visible_to(self.actor)

    @documented("One location", response=serializers.LocationSerializer, example=examples.LOCATION)
    def get(self, request: Request, pk: UUID) -> Response:
        return Response(self.serializer_class(self.find(pk)).data)


class Places(DirectoryResource):
    """Towns and postal districts."""

    serializer_class = serializers.PlaceSerializer
    filters = frozenset({"q"})
    ordering = ("name", "id")

    @documented("Places", response=serializers.PlaceSerializer(many=True), example=[examples.PLACE], query={"q": "beginning of the name"})
    def get(self, request: Request) -> Response:
        rows = Place.objects.all()
        if words := self.query_text("q"):
            rows = rows.filter(name__istartswith=words)
        return self.page(rows)
