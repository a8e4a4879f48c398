"""The API of the directory, of agreements, and of who joins."""

from __future__ import annotations

import gzip
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from network.accounts.models import Claim, User
from network.accounts.permissions import Anyone
from network.accounts.serializers import InvitationSerializer
from network.accounts.views import INVITATION
from network.core import etags, idempotency
from network.core.api import Resource, documented
from network.core.clock import now
from network.core.errors import BadInput, Complaint, NotYours, complain

from . import actions, area_map, examples, joining, serializers
from .models import (
    Agreement,
    Area,
    AreaFigure,
    AreaQuerySet,
    CrisisLine,
    Holiday,
    Location,
    Organization,
    OrganizationQuerySet,
    Place,
    Schedule,
    Service,
    ServiceCapacity,
    TaxonomyTerm,
)
from .search import Wanted, find_services, whole


class DirectoryResource(Resource):
    """The public directory: anyone may read it."""

    permission_classes = [Anyone]
    read_scope, write_scope = "directory.read", "directory.write"
    rate_name = "directory"


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
