"""The API of members, invitations and partner systems."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from network.core import etags, idempotency
from network.core.actor import Actor, Role
from network.core.api import Resource, documented
from network.core.errors import NotFound, NotYours

from . import actions, serializers
from .models import Absence, Application, Invitation, Membership, User
from .oauth import acts_for

ID = "6f1b1a52-3f0e-4b7e-9d0c-0000000000{:02x}".format
AT = "2026-03-02T09:30:00Z"
MEMBER = {
    "id": ID(1), "user": ID(2), "name": "A. Worker", "email": "worker@example.org", "organization": ID(3), "role": "caseworker",
    "is_privacy_officer": False, "since": AT, "version": 1,
}  # fmt: skip
ABSENCE = {"begins_on": "2026-03-09", "ends_on": "2026-03-20", "cover": ID(7)}
INVITATION = {
    "id": ID(4), "organization": ID(3), "email": "worker@example.org", "role": "caseworker", "created_at": AT, "expires_at": AT,
    "accepted_at": None, "withdrawn_at": None,
}  # fmt: skip
APPLICATION = {
    "id": ID(5), "system": ID(6), "name": "Case system", "client_id": "yQ2…", "organization": ID(3), "scopes": ["referrals.read"],
    "created": AT, "revoked_at": None,
}  # fmt: skip
ME = {"kind": "user", "id": ID(2), "organization": ID(3), "roles": [{"organization": ID(3), "role": "caseworker"}], "scopes": []}


class Me(Resource):
    """Who is asking, and for which organisation a write acts."""

    read_scope = "directory.read"

    @documented("Who you are", response=serializers.MeSerializer, example=ME)
    def get(self, request: Request) -> Response:
        return Response(me_body(self.actor))

    @documented("Act for another of your organisations", request=serializers.ActsForBody, response=serializers.MeSerializer,
                sends={"organization": ID(3)}, example=ME)  # fmt: skip
    def put(self, request: Request) -> Response:
        wanted = serializers.ActsForBody.parse(request)["organization"]
        if wanted not in self.actor.organizations or not isinstance(request.user, User):
            raise NotFound
        acts_for(request.user, wanted)
        return Response({**me_body(self.actor), "organization": wanted})


def me_body(actor: Actor) -> dict[str, Any]:
    roles = [{"organization": str(pk), "role": role.value} for pk, role in sorted(actor.roles)]
    return {
        "kind": actor.kind.value, "id": actor.id, "organization": actor.organization, "roles": roles, "scopes": sorted(actor.scopes),
    }  # fmt: skip


class Members(Resource):
    """Colleagues of the caller's organisations."""

    serializer_class = serializers.MembershipSerializer
    ordering = ("since", "id")

    def rows(self) -> QuerySet[Membership]:
        return Membership.objects.active().visible_to(self.actor).select_related("user", "organization")

    @documented("Members", response=serializers.MembershipSerializer(many=True), example=[MEMBER])
    def get(self, request: Request) -> Response:
        return self.page(self.rows())


class OneMember(Members):
    """One membership."""

    @documented("One member", response=serializers.MembershipSerializer, example=MEMBER)
    def get(self, request: Request, pk: UUID) -> Response:  # type: ignore[override]
        row = self.find(pk)
        return etags.answer(request, self.serializer_class(row).data, row)

    @documented("Change a role", request=serializers.RoleBody, response=serializers.MembershipSerializer,
                sends={"role": "admin"}, example=MEMBER)  # fmt: skip
    def put(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk)
        version = etags.require(request, row)
        role = Role(serializers.RoleBody.parse(request)["role"])
        changed = actions.change_role(row, by=self.actor, role=role, version=version)
        return etags.answer(request, self.serializer_class(changed).data, changed)

    @documented("End a membership", status=204)
    def delete(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk)
        actions.end_membership(row, by=self.actor, version=etags.require(request, row))
        return Response(status=204)


class MemberAbsence(Members):
    """When a member is away from the organisation, and who covers."""

    def absence(self, pk: UUID) -> QuerySet[Absence]:
        row = self.find(pk)
        return Absence.objects.visible_to(self.actor).filter(user=row.user_id, organization=row.organization_id)

    @documented("When a member is away", response=serializers.AbsenceSerializer, example=ABSENCE)
    def get(self, request: Request, pk: UUID) -> Response:  # type: ignore[override]
        found = self.absence(pk).first()
        if found is None:
            raise NotFound
        return Response(serializers.AbsenceSerializer(found).data)

    @documented("Say when a member is away, and who covers", request=serializers.AbsenceBody, response=serializers.AbsenceSerializer,
                sends=ABSENCE, example=ABSENCE)  # fmt: skip
    def put(self, request: Request, pk: UUID) -> Response:
        found = actions.be_away(self.find(pk), by=self.actor, **serializers.AbsenceBody.parse(request))
        return Response(serializers.AbsenceSerializer(found).data)

    @documented("The member is back", status=204)
    def delete(self, request: Request, pk: UUID) -> Response:
        actions.be_back(self.find(pk), by=self.actor)
        return Response(status=204)


class Invitations(Resource):
    """Who was invited."""

    serializer_class = serializers.InvitationSerializer
    ordering = ("-created_at", "id")

    def rows(self) -> QuerySet[Invitation]:
        return Invitation.objects.visible_to(self.actor)

    @documented("Invitations", response=serializers.InvitationSerializer(many=True), example=[INVITATION])
    def get(self, request: Request) -> Response:
        return self.page(self.rows())

    @documented("Invite a colleague", request=serializers.InvitationBody, response=serializers.InvitationSerializer,
                sends={"email": "worker@example.org", "role": "caseworker"}, example=INVITATION, status=201)  # fmt: skip
    def post(self, request: Request) -> Response:
        def act() -> Response:
            if self.actor.organization is None or not self.actor.administers:
                raise NotYours
            body = serializers.InvitationBody.parse(request)
            row = actions.invite(by=self.actor, organization=self.actor.organization, email=body["email"], role=Role(body["role"]))
            return Response(self.serializer_class(row).data, status=201)

        return idempotency.once(request, act)


class OneInvitation(Invitations):
    """One invitation."""

    @documented("One invitation", response=serializers.InvitationSerializer, example=INVITATION)
    def get(self, request: Request, pk: UUID) -> Response:  # type: ignore[override]
        return Response(self.serializer_class(self.find(pk)).data)

    http_method_names = ["get", "delete", "options"]

    @documented("Withdraw an invitation", status=204)
    def delete(self, request: Request, pk: UUID) -> Response:
        actions.withdraw_invitation(self.find(pk), by=self.actor)
        return Response(status=204)


class Applications(Resource):
    """Credentials of partner systems."""

    serializer_class = serializers.ApplicationSerializer
    ordering = ("-created", "id")

    def rows(self) -> QuerySet[Application]:
        return Application.objects.visible_to(self.actor)

    @documented("Partner systems", response=serializers.ApplicationSerializer(many=True), example=[APPLICATION])
    def get(self, request: Request) -> Response:
        return self.page(self.rows())

    @documented("Connect a partner system", request=serializers.ApplicationBody, response=serializers.ApplicationMade,
                sends={"name": "Case system", "scopes": ["referrals.read", "referrals.write"]},
                example={**APPLICATION, "client_secret": "shown once"}, status=201)  # fmt: skip
    def post(self, request: Request) -> Response:
        if not self.actor.administers:
            raise NotYours
        body = serializers.ApplicationBody.parse(request)
        # No stored answer: the secret is shown this once and kept nowhere.
        row, secret = actions.create_application(by=self.actor, name=body["name"], scopes=frozenset(body["scopes"]))
        return Response({**self.serializer_class(row).data, "client_secret": secret}, status=201)


class OneApplication(Applications):
    """One credential."""

    @documented("One partner system", response=serializers.ApplicationSerializer, example=APPLICATION)
    def get(self, request: Request, pk: UUID) -> Response:  # type: ignore[override]
        return Response(self.serializer_class(self.find(pk)).data)

    @documented("A second credential beside the first, to change over without a gap", response=serializers.ApplicationMade,
                example={**APPLICATION, "client_secret": "shown once"}, status=201)  # fmt: skip
    def post(self, request: Request, pk: UUID) -> Response:  # type: ignore[override]
        row = self.find(pk)
        made, secret = actions.create_application(by=self.actor, name=row.name, scopes=row.scopes, system=row.system)
        return Response({**self.serializer_class(made).data, "client_secret": secret}, status=201)

    @documented("Revoke a credential", status=204)
    def delete(self, request: Request, pk: UUID) -> Response:
        actions.revoke_application(self.find(pk), by=self.actor)
        return Response(status=204)
