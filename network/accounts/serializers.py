"""The wire of members, invitations and partner systems."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from network.core.actor import Role
from network.core.api import Body, TextField

from .models import Application, Invitation, Membership

ROLES = [role.value for role in Role]


class InvitationBody(Body):
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=ROLES)


class RoleBody(Body):
    role = serializers.ChoiceField(choices=ROLES)


class ActsForBody(Body):
    organization = serializers.UUIDField()


class ApplicationBody(Body):
    name = TextField(longest=120)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=sorted(settings.SCOPES)), min_length=1, max_length=9)


class MembershipSerializer(serializers.ModelSerializer[Membership]):
    name = serializers.CharField(source="user.name")
    email = serializers.EmailField(source="user.email")
    user = serializers.UUIDField(source="user_id")
    organization = serializers.UUIDField(source="organization_id")

    class Meta:
        model = Membership
        fields = ("id", "user", "name", "email", "organization", "role", "is_privacy_officer", "since", "version")


class AbsenceBody(Body):
    begins_on = serializers.DateField()
    ends_on = serializers.DateField()
    cover = serializers.UUIDField(allow_null=True, required=False)


class AbsenceSerializer(serializers.Serializer[Any]):
    """When a member is away, and who covers."""

    begins_on = serializers.DateField()
    ends_on = serializers.DateField()
    cover = serializers.UUIDField(source="cover_id", allow_null=True)


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    organization = serializers.UUIDField(source="organization_id")

    class Meta:
        model = Invitation
        fields = ("id", "organization", "email", "role", "created_at", "expires_at", "accepted_at", "withdrawn_at")


class ApplicationSerializer(serializers.ModelSerializer[Application]):
    organization = serializers.UUIDField(source="organization_id")
    scopes = serializers.SerializerMethodField()

    class Meta:
        model = Application
        fields = ("id", "system", "name", "client_id", "organization", "scopes", "created", "revoked_at")

    def get_scopes(self, row: Application) -> list[str]:
        return sorted(row.scopes)


class ApplicationMade(ApplicationSerializer):
    """With the secret, which is shown this once."""

    client_secret = serializers.CharField()

    class Meta(ApplicationSerializer.Meta):
        fields = (*ApplicationSerializer.Meta.fields, "client_secret")  # type: ignore[assignment]


class MeSerializer(serializers.Serializer[Any]):
    """Who is asking, as this installation knows them."""

    kind = serializers.CharField()
    id = serializers.UUIDField()
    organization = serializers.UUIDField(allow_null=True)
    roles = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
    scopes = serializers.ListField(child=serializers.CharField())
