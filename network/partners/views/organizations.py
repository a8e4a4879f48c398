"""Organisations that the directory lists, and when they answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from network.accounts.serializers import InvitationSerializer
from network.accounts.views import INVITATION
from network.core import etags, idempotency
from network.core.api import documented
from network.core.clock import now
from network.core.errors import NotYours

from .. import actions, examples, joining, serializers
from ..models import Holiday, Organization, OrganizationQuerySet, Schedule
from .base import DirectoryResource


class Organizations(DirectoryResource):
    """Organisations that the directory lists."""

    serializer_class = serializers.OrganizationSerializer
    filters = frozenset({"q", "on_network"})
    ordering = ("name", "id")

    def rows(self) -> OrganizationQuerySet:
        return Organization.objects.visible_to(self.actor).with_network()

    @documented(
        "Organisations", response=serializers.OrganizationSerializer(many=True), example=[examples.ORGANIZATION],
        query={"q": "part of the name", "on_network": "true: can be asked"},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        rows = self.rows()
        if words := self.query_text("q"):
            rows = rows.filter(name__icontains=words)
        if (on := self.query_flag("on_network")) is not None:
            rows = rows.on_the_network(yes=on)
        return self.page(rows)

    @documented("Invite an organisation", request=serializers.InviteBody, response=InvitationSerializer,
                sends={"email": "head@example.org", "name": "Harbour House"}, example=INVITATION, status=201)  # fmt: skip
    def post(self, request: Request) -> Response:
        def act() -> Response:
            if not self.actor.coordinates:
                raise NotYours
            body = serializers.InviteBody.parse(request)
            invitation = joining.invite_organization(
                by=self.actor, email=body["email"], organization=body.get("organization"), name=body.get("name", "")
            )
            return Response(InvitationSerializer(invitation).data, status=201)

        return idempotency.once(request, act)


class OneOrganization(Organizations):
    """One organisation."""

    filters = frozenset()
    http_method_names = ["get", "patch", "options"]

    @documented("One organisation", response=serializers.OrganizationSerializer, example=examples.ORGANIZATION)
    def get(self, request: Request, pk: UUID) -> Response:  # type: ignore[override]
        row = self.find(pk)
        return etags.answer(request, self.serializer_class(row).data, row, str(row.on_network))

    @documented("Change your organisation's entry", request=serializers.OrganizationBody, response=serializers.OrganizationSerializer,
                sends={"website": "https://example.org"}, example=examples.ORGANIZATION)  # fmt: skip
    def patch(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk)
        version = etags.require(request, row, str(row.on_network))
        actions.require_own(row.pk, self.actor)
        actions.edit_organization(row, by=self.actor, values=serializers.OrganizationBody.parse(request), version=version)
        return self.get(request, pk)


class Hours(DirectoryResource):
    """When an organisation is open."""

    def rows(self) -> QuerySet[Organization]:
        return Organization.objects.visible_to(self.actor)

    @documented("Open hours", response=serializers.HoursSerializer, example=examples.HOURS)
    def get(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk)
        return Response(hours_body(row), headers={"ETag": etags.tag(row, "hours")})

    @documented("Say when you are open", request=serializers.HoursBody, response=serializers.HoursSerializer,
                sends={"weekly": examples.HOURS["weekly"], "holidays": []}, example=examples.HOURS)  # fmt: skip
    def put(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk)
        version = etags.require(request, row, "hours")
        actions.require_own(row.pk, self.actor)
        body = serializers.HoursBody.parse(request)
        weekly = [actions.Opening(tuple(part["byday"]), part["opens_at"], part["closes_at"]) for part in body["weekly"]]
        changed = actions.set_hours(row, by=self.actor, weekly=weekly, holidays=body["holidays"], version=version)
        return Response(hours_body(changed), headers={"ETag": etags.tag(changed, "hours")})


def hours_body(row: Organization) -> dict[str, Any]:
    weekly = [
        {"byday": s.byday.split(","), "opens_at": s.opens_at, "closes_at": s.closes_at}
        for s in Schedule.objects.filter(organization=row, opens_at__isnull=False).order_by("byday", "opens_at")
    ]
    holidays = Holiday.objects.filter(organization=row, on__gte=now().date()).order_by("on").values_list("on", flat=True)
    return {"weekly": weekly, "holidays": list(holidays[:100]), "time_zone": row.time_zone}
