"""Shapes of the graph API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from network.core.api import Body

from .assumptions import CHANGEABLE

STRICT: Any = serializers.Serializer


class RefSerializer(STRICT):
    """What a row speaks of; without id and name where the reader is not to know."""

    type = serializers.ChoiceField(["area", "need", "group", "organization", "service"])
    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField(allow_null=True)


class EvidenceSerializer(STRICT):
    """A count or figure that a row rests on; null where it would show fewer than eleven people."""

    what = serializers.CharField()
    ref = RefSerializer(allow_null=True)
    count = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    basis = serializers.CharField(allow_null=True)
    years = serializers.CharField(allow_blank=True)
    sentence = serializers.CharField()


class RepairSerializer(STRICT):
    """The cheapest repair."""

    verb = serializers.CharField()
    subject = RefSerializer(many=True)
    gain = serializers.FloatField(allow_null=True)
    bound = serializers.FloatField(allow_null=True)
    sentence = serializers.CharField()


class GapSerializer(STRICT):
    """One row of the report; its size is null where it would count fewer than eleven people."""

    id = serializers.CharField()
    kind = serializers.CharField()
    variant = serializers.CharField(allow_blank=True)
    subject = RefSerializer(many=True)
    unit = serializers.CharField()
    people = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    is_few = serializers.BooleanField()
    certainty = serializers.ChoiceField(["firm", "likely", "possible"])
    basis = serializers.ChoiceField(["counted", "stated", "inferred", "modelled"])
    recorded = serializers.IntegerField(allow_null=True)
    sentence = serializers.CharField()
    simulated = serializers.BooleanField()
    evidence = EvidenceSerializer(many=True)
    action = RepairSerializer(allow_null=True)


class EmptySerializer(STRICT):
    """Why a part is silent."""

    code = serializers.CharField()
    words = serializers.CharField()


class AssumptionSerializer(STRICT):
    """What was taken for granted; without numbers it holds as it is said. A changeable one can be computed with other values."""

    name = serializers.CharField()
    words = serializers.CharField()
    low = serializers.FloatField(allow_null=True)
    point = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    changeable = serializers.BooleanField()


class SourceSerializer(STRICT):
    """Where a figure of the areas comes from, and of which years."""

    figure = serializers.CharField()
    label = serializers.CharField()
    source = serializers.CharField()
    years = serializers.CharField()


class ReportSerializer(STRICT):
    """The head of a report: its age, its totals, its assumptions. `state` is preparing until the first one is ready."""

    state = serializers.ChoiceField(["ready", "preparing"])
    preparing = serializers.BooleanField()
    months = serializers.ListField(child=serializers.CharField())
    id = serializers.UUIDField(allow_null=True)
    revision = serializers.IntegerField(allow_null=True)
    as_of = serializers.DateTimeField(allow_null=True)
    changes_since = serializers.IntegerField(allow_null=True)
    window_days = serializers.IntegerField(allow_null=True)
    simulated = serializers.BooleanField(allow_null=True)
    totals = serializers.DictField(allow_null=True)
    indicators = serializers.DictField(allow_null=True)
    too_little = EmptySerializer(many=True, allow_null=True)
    settings = serializers.DictField(allow_null=True)
    counts = serializers.DictField(allow_null=True)
    assumptions = AssumptionSerializer(many=True, allow_null=True)
    sources = SourceSerializer(many=True, allow_null=True)


class AssumptionsBody(Body):
    """Assumptions to compute with, each as low, point and high; what is left out keeps its standard value."""

    help_share = serializers.ListField(child=serializers.FloatField(min_value=0, max_value=1), min_length=3, max_length=3, required=False)
    clinician_places = serializers.ListField(
        child=serializers.FloatField(min_value=0, max_value=1000), min_length=3, max_length=3, required=False
    )
    unknown_places = serializers.ListField(
        child=serializers.FloatField(min_value=0, max_value=100_000), min_length=3, max_length=3, required=False
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name in CHANGEABLE:
            if name in attrs and sorted(attrs[name]) != attrs[name]:
                raise serializers.ValidationError({name: "Give low, point and high in this order."})
        return attrs


class WantedSerializer(STRICT):
    """The key under which a report with these assumptions can be read once it is ready."""

    settings = serializers.CharField()
    state = serializers.CharField()


class AreaLayerSerializer(STRICT):
    """Figures of one area and need; null where they would show fewer than eleven people, -1 for a hidden count."""

    area = RefSerializer()
    need = RefSerializer()
    people = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    unmet = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    per_10000 = serializers.FloatField(allow_null=True)
    access = serializers.FloatField(allow_null=True)
    usual = serializers.FloatField(allow_null=True)
    asked = serializers.IntegerField()
    recorded = serializers.IntegerField()


class PointSerializer(STRICT):
    """A partner on the map."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    latitude = serializers.FloatField()
    longitude = serializers.FloatField()
    cut_off = serializers.FloatField(allow_null=True)


class AreaTieSerializer(STRICT):
    """Referrals from one area to another."""

    sent = serializers.IntegerField(allow_null=True)
    accepted = serializers.IntegerField(allow_null=True)
    is_few = serializers.BooleanField()

    def get_fields(self) -> dict[str, Any]:
        # `from` is a word of Python's.
        return {"from": serializers.UUIDField(), "to": serializers.UUIDField(), **super().get_fields()}


class LayersSerializer(STRICT):
    """What a map draws, all of one report."""

    report = serializers.UUIDField()
    revision = serializers.IntegerField()
    simulated = serializers.BooleanField()
    areas = AreaLayerSerializer(many=True)
    partners = PointSerializer(many=True)
    ties = AreaTieSerializer(many=True)


class PartnerNameSerializer(STRICT):
    """An id and a name."""

    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField(allow_null=True)


class TieSerializer(STRICT):
    """What passed between two partners for one need in the window; null where it would show fewer than eleven people."""

    partner = PartnerNameSerializer()
    need = PartnerNameSerializer()
    sent = serializers.IntegerField(allow_null=True)
    accepted = serializers.IntegerField(allow_null=True)
    declined = serializers.IntegerField(allow_null=True)
    expired = serializers.IntegerField(allow_null=True)
    completed = serializers.IntegerField(allow_null=True)
    silent = serializers.IntegerField(allow_null=True)
    is_few = serializers.BooleanField()


class PartnerAgreementSerializer(STRICT):
    """An agreement in force."""

    partner = PartnerNameSerializer()
    is_from_here = serializers.BooleanField()
    since = serializers.DateField()


class PartnerSerializer(STRICT):
    """One partner's ties, agreements, and the rows that speak of it."""

    organization = PartnerNameSerializer()
    sends_to = TieSerializer(many=True)
    receives_from = TieSerializer(many=True)
    agreements = PartnerAgreementSerializer(many=True)
    gaps = GapSerializer(many=True)
