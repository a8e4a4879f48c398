"""The wire of the directory and of what partners agree; names as HSDS has them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from network.accounts.models import Claim
from network.core.api import Body, TextField, TimeOfDayField

from .imports.needs import figures_known
from .models import Agreement, Area, AreaFigure, CrisisLine, Location, Organization, Place, Service, ServiceCapacity, TaxonomyTerm
from .search import kilometres

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class OrganizationBody(Body):
    """What an organisation says of itself."""

    description = TextField(longest=5000, required=False, allow_blank=True)
    alternate_name = TextField(required=False, allow_blank=True)
    email = serializers.EmailField(required=False, allow_blank=True, max_length=254)
    website = serializers.URLField(required=False, allow_blank=True, max_length=500)
    time_zone = TextField(longest=64, required=False)


class InviteBody(Body):
    """An organisation to let in: listed already, or by name."""

    email = serializers.EmailField(max_length=254)
    organization = serializers.UUIDField(required=False)
    name = TextField(required=False)


class OpeningBody(Body):
    byday = serializers.ListField(child=serializers.ChoiceField(choices=DAYS), min_length=1, max_length=7)
    opens_at = TimeOfDayField()
    closes_at = TimeOfDayField()


class HoursBody(Body):
    weekly = serializers.ListField(child=OpeningBody(), max_length=50)
    holidays = serializers.ListField(child=serializers.DateField(), max_length=100, required=False, default=list)


class ServiceBody(Body):
    """What an organisation says of a service."""

    name = TextField()
    description = TextField(longest=5000, required=False, allow_blank=True)
    needs = serializers.ListField(child=TextField(longest=80), max_length=50, required=False)
    access = serializers.ListField(child=TextField(longest=80), max_length=20, required=False)
    locations = serializers.ListField(child=serializers.UUIDField(), max_length=50, required=False)
    application_process = TextField(longest=2000, required=False, allow_blank=True)
    eligibility_description = TextField(longest=2000, required=False, allow_blank=True)
    fees_description = TextField(longest=2000, required=False, allow_blank=True)
    is_free = serializers.BooleanField(required=False, allow_null=True)
    minimum_age = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=120)
    maximum_age = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=120)
    takes_self_referrals = serializers.BooleanField(required=False, allow_null=True)
    by_agreement_only = serializers.BooleanField(required=False)
    status = serializers.ChoiceField(choices=["active", "inactive", "temporarily closed"], required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        low, high = attrs.get("minimum_age"), attrs.get("maximum_age")
        if low is not None and high is not None and low > high:
            raise serializers.ValidationError({"maximum_age": "This is below the lowest age."})
        return attrs


class CapacityBody(Body):
    service = serializers.UUIDField()
    available = serializers.IntegerField(min_value=0, max_value=100_000)
    maximum = serializers.IntegerField(min_value=0, max_value=100_000, required=False, allow_null=True)
    expected_wait_days = serializers.IntegerField(min_value=0, max_value=3650, required=False, allow_null=True)


class LocationBody(Body):
    name = TextField(required=False, allow_blank=True)
    address_1 = TextField(required=False, allow_blank=True)
    city = TextField(longest=120, required=False, allow_blank=True)
    state_province = TextField(longest=80, required=False, allow_blank=True)
    postal_code = TextField(longest=20, required=False, allow_blank=True)
    country = TextField(longest=2, required=False, allow_blank=True)
    latitude = serializers.FloatField(min_value=-90, max_value=90, required=False, allow_null=True)
    longitude = serializers.FloatField(min_value=-180, max_value=180, required=False, allow_null=True)
    is_confidential = serializers.BooleanField(required=False)


class AgreementBody(Body):
    from_organization = serializers.UUIDField()
    to_organization = serializers.UUIDField()
    service = serializers.UUIDField(required=False, allow_null=True)
    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False, allow_null=True)
    conditions = TextField(longest=2000, required=False, allow_blank=True)


class EndBody(Body):
    on = serializers.DateField()


class ClaimBody(Body):
    organization = serializers.UUIDField()
    evidence = TextField(longest=1000)


class NoBody(Body):
    """Nothing is sent."""


class OrganizationSerializer(serializers.ModelSerializer[Organization]):
    on_network = serializers.BooleanField()

    class Meta:
        model = Organization
        fields = (
            "id", "name", "alternate_name", "description", "email", "website", "time_zone", "is_convening", "on_network", "version",
        )  # fmt: skip


class PlaceSerializer(serializers.ModelSerializer[Place]):
    class Meta:
        model = Place
        fields = ("id", "name", "region", "country", "latitude", "longitude")


class AreaSerializer(serializers.ModelSerializer[Area]):
    """An area as a list shows it; null is not known, and never zero."""

    class Meta:
        model = Area
        fields = ("id", "code", "name", "region", "latitude", "longitude", "population", "is_simulated", "version")


class AreaFigureSerializer(serializers.ModelSerializer[AreaFigure]):
    """A figure with its unit, its range where the source gives one, and where and when it comes from."""

    label = serializers.SerializerMethodField()  # type: ignore[assignment]  # the figure's, not the field's own
    unit = serializers.SerializerMethodField()

    class Meta:
        model = AreaFigure
        fields = ("figure", "label", "unit", "value", "low", "high", "source", "years")

    def get_label(self, row: AreaFigure) -> str:
        known = figures_known().get(row.figure)
        return known.label if known else row.figure

    def get_unit(self, row: AreaFigure) -> str:
        known = figures_known().get(row.figure)
        return known.unit if known else ""


class OneAreaSerializer(AreaSerializer):
    """An area with all that is known of it; its shape is in the map of all areas."""

    figures = AreaFigureSerializer(many=True)

    class Meta(AreaSerializer.Meta):
        fields = (*AreaSerializer.Meta.fields, "figures")  # type: ignore[assignment]


class GeometrySerializer(serializers.Serializer[Any]):
    type = serializers.ChoiceField(choices=["Polygon", "MultiPolygon"])
    coordinates = serializers.ListField(child=serializers.ListField())


class ShapePropertiesSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    region = serializers.CharField(allow_blank=True)
    simulated = serializers.BooleanField(required=False, help_text="There, and true, where the area is made up.")


class ShapeSerializer(serializers.Serializer[Any]):
    type = serializers.ChoiceField(choices=["Feature"])
    id = serializers.UUIDField()
    properties = ShapePropertiesSerializer()
    geometry = GeometrySerializer()


class ShapesSerializer(serializers.Serializer[Any]):
    """A GeoJSON FeatureCollection (RFC 7946) of all areas whose shape is known."""

    type = serializers.ChoiceField(choices=["FeatureCollection"])
    features = ShapeSerializer(many=True)


class LocationSerializer(serializers.ModelSerializer[Location]):
    organization = serializers.UUIDField(source="organization_id", allow_null=True)

    class Meta:
        model = Location
        fields = (
            "id", "organization", "name", "address_1", "address_2", "city", "state_province", "postal_code", "country", "latitude",
            "longitude", "is_confidential",
        )  # fmt: skip


class TermSerializer(serializers.ModelSerializer[TaxonomyTerm]):
    class Meta:
        model = TaxonomyTerm
        fields = ("scheme", "code", "label", "domain", "kind")


class OrganizationBrief(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class ServiceSerializer(serializers.ModelSerializer[Service]):
    """A service as the directory lists it."""

    organization = OrganizationBrief()
    on_network = serializers.BooleanField()
    terms = TermSerializer(many=True)
    languages = serializers.SerializerMethodField()
    phones = serializers.SerializerMethodField()
    locations = serializers.SerializerMethodField()
    places = serializers.IntegerField(allow_null=True, help_text="Places free for new people, as stated last.")
    places_as_of = serializers.DateTimeField(allow_null=True)
    wait_days = serializers.IntegerField(allow_null=True)
    kilometres = serializers.SerializerMethodField()

    class Meta:
        model = Service
        fields = (
            "id", "organization", "on_network", "name", "description", "status", "terms", "languages", "phones", "locations",
            "application_process", "eligibility_description", "fees_description", "is_free", "minimum_age", "maximum_age",
            "takes_self_referrals", "by_agreement_only", "places", "places_as_of", "wait_days", "assured_on", "kilometres", "version",
        )  # fmt: skip

    def get_languages(self, row: Service) -> list[str]:
        return [language.code or language.name for language in row.languages.all()]

    def get_phones(self, row: Service) -> list[str]:
        return [phone.number for phone in row.phones.all()]

    def get_locations(self, row: Service) -> list[dict[str, Any]]:
        """Where it is given; a confidential address (a refuge) is shown to nobody here."""
        shown = [at.location for at in row.at_locations.all() if not at.location.is_confidential]
        return [dict(LocationSerializer(location).data) for location in shown]

    def get_kilometres(self, row: Service) -> float | None:
        return kilometres(getattr(row, "far", None))


class CapacitySerializer(serializers.ModelSerializer[ServiceCapacity]):
    service = serializers.UUIDField(source="service_id")

    class Meta:
        model = ServiceCapacity
        fields = ("id", "service", "available", "maximum", "expected_wait_days", "basis", "as_of")


class AgreementSerializer(serializers.ModelSerializer[Agreement]):
    from_organization = OrganizationBrief()
    to_organization = OrganizationBrief()
    service = serializers.UUIDField(source="service_id", allow_null=True)

    class Meta:
        model = Agreement
        fields = ("id", "from_organization", "to_organization", "service", "since", "until", "conditions", "version")


class OpenHoursSerializer(serializers.Serializer[Any]):
    """Hours of some days of the week."""

    byday = serializers.CharField()
    opens_at = serializers.CharField()
    closes_at = serializers.CharField()


class CrisisLineSerializer(serializers.ModelSerializer[CrisisLine]):
    weekly = OpenHoursSerializer(many=True)

    class Meta:
        model = CrisisLine
        fields = (
            "region",
            "name",
            "phone",
            "text_number",
            "text_keyword",
            "chat_url",
            "hours",
            "weekly",
            "time_zone",
            "languages",
            "about",
        )


class ClaimSerializer(serializers.ModelSerializer[Claim]):
    organization = OrganizationBrief()
    asked_by = serializers.EmailField(source="user.email")

    class Meta:
        model = Claim
        fields = ("id", "organization", "asked_by", "evidence", "state", "created_at", "decided_at", "version")


class HoursSerializer(serializers.Serializer[Any]):
    weekly = OpeningBody(many=True)
    holidays = serializers.ListField(child=serializers.DateField())
    time_zone = serializers.CharField()
