"""The wire of people: who they are, how it is safe to reach them, what they agreed to."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from network.core.api import Body, TextField, TimeOfDayField

from .actions import Identity, Safety, SafeWay, Terms
from .models import Channel, Consent, FieldGroup, Giver, Rule

HOW = ("in-person", "by-phone", "in-writing")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class IdentityBody(Body):
    """Identity as said: a field left out stays, an empty one is removed."""

    name = TextField(longest=200, required=False, allow_blank=True)
    birth_date = TextField(longest=10, required=False, allow_blank=True)
    address = TextField(longest=500, required=False, allow_blank=True)
    languages = serializers.ListField(child=TextField(longest=12), max_length=10, required=False)

    def validate_birth_date(self, value: str) -> str:
        if value:
            serializers.DateField().run_validation(value)
        return value


class PersonBody(IdentityBody):
    """A new record."""

    code_name = TextField(longest=40)
    code_only = serializers.BooleanField(required=False, default=False)


def identity_of(body: dict[str, Any]) -> Identity:
    return Identity(**{name: body[name] for name in ("name", "birth_date", "address") if name in body})


class FindBody(Body):
    """A name to look for among the people one keeps; it stands in no URL."""

    name = TextField(longest=200)


class WayBody(Body):
    channel = serializers.ChoiceField(choices=Channel.choices)
    rule = serializers.ChoiceField(choices=Rule.choices)
    may_leave_message = serializers.BooleanField(required=False, allow_null=True, default=None)
    address = TextField(longest=254, required=False, allow_blank=True, allow_null=True, default=None)


class SafetyBody(Body):
    """How it is safe to reach a person. Nothing has a default but silence, which is a no."""

    through_keeper = serializers.BooleanField()
    channels = WayBody(many=True, required=False)
    opens_at = TimeOfDayField(required=False, allow_null=True, default=None)
    closes_at = TimeOfDayField(required=False, allow_null=True, default=None)
    weekdays = serializers.ListField(child=serializers.ChoiceField(choices=WEEKDAYS), required=False, default=list, max_length=7)
    time_zone = TextField(longest=64, required=False, default="UTC")
    language = TextField(longest=12, required=False, allow_blank=True, default="")
    safe_name = TextField(longest=200, required=False, allow_blank=True, allow_null=True, default=None)
    note = TextField(longest=1000, required=False, allow_blank=True, allow_null=True, default=None)

    def validate_channels(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        names = [way["channel"] for way in value]
        if len(set(names)) != len(names):
            raise serializers.ValidationError("Each channel once.", code="repeated")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs["opens_at"] is None) != (attrs["closes_at"] is None):
            raise serializers.ValidationError({"closes_at": "Give both hours, or neither."})
        return attrs


def safety_of(body: dict[str, Any]) -> Safety:
    ways = [SafeWay(**way) for way in body.get("channels", ())]
    rest = {name: value for name, value in body.items() if name not in {"channels", "weekdays"}}
    return Safety(ways=ways, weekdays=",".join(body["weekdays"]), **rest)


class ConsentBody(Body):
    """What the person agreed to."""

    recipients = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=20)
    fields = serializers.ListField(child=serializers.ChoiceField(choices=FieldGroup.choices), min_length=1)  # type: ignore[assignment]
    until = serializers.DateTimeField()
    how = serializers.ChoiceField(choices=HOW)
    given_by = serializers.ChoiceField(choices=Giver.choices, required=False, default=Giver.PERSON)
    before_acceptance = serializers.BooleanField(required=False, default=False)


def terms_of(body: dict[str, Any]) -> Terms:
    return Terms(**{**body, "recipients": frozenset(body["recipients"]), "fields": frozenset(body["fields"])})


class WithdrawBody(Body):
    """For everybody, or for one recipient."""

    recipient = serializers.UUIDField(required=False)


class PersonSerializer(serializers.Serializer[Any]):
    """A person as the caller may see them; what it may not see is absent."""

    id = serializers.UUIDField()
    organization = serializers.UUIDField()
    code_name = serializers.CharField(allow_null=True)
    code_only = serializers.BooleanField()
    name = serializers.CharField(required=False, allow_null=True)
    birth_date = serializers.CharField(required=False, allow_null=True)
    address = serializers.CharField(required=False, allow_null=True)
    languages = serializers.ListField(child=serializers.CharField(), required=False)
    has_safe_contact = serializers.BooleanField(required=False)
    created_at = serializers.DateTimeField()
    version = serializers.IntegerField()


class ChannelSerializer(serializers.Serializer[Any]):
    channel = serializers.CharField()
    rule = serializers.CharField()
    may_leave_message = serializers.BooleanField(allow_null=True)
    address = serializers.CharField(allow_null=True)


class SafetySerializer(serializers.Serializer[Any]):
    through_keeper = serializers.BooleanField()
    channels = ChannelSerializer(many=True)
    opens_at = TimeOfDayField(allow_null=True)
    closes_at = TimeOfDayField(allow_null=True)
    weekdays = serializers.CharField(allow_blank=True)
    time_zone = serializers.CharField()
    language = serializers.CharField(allow_blank=True)
    safe_name = serializers.CharField(allow_null=True)
    note = serializers.CharField(allow_null=True)


class RecipientSerializer(serializers.Serializer[Any]):
    organization = serializers.UUIDField(source="organization_id")
    withdrawn_at = serializers.DateTimeField(allow_null=True)


class ConsentSerializer(serializers.ModelSerializer[Consent]):
    person = serializers.UUIDField(source="person_id")
    recipients = RecipientSerializer(many=True)

    class Meta:
        model = Consent
        fields = (
            "id", "person", "given_by", "purpose", "fields", "before_acceptance", "given_at", "until", "how", "withdrawn_at",
            "recipients", "version",
        )  # fmt: skip


class DisclosureSerializer(serializers.Serializer[Any]):
    """Who read what was shared, and when."""

    kind = serializers.CharField()
    by = serializers.CharField()
    at = serializers.DateTimeField()
