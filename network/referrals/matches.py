"""The edge of matching: POST /api/v1/matches says what is needed, never of whom, and is told which services fit and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import translation
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from network.core.api import Body, Resource, TextField, documented
from network.core.clock import now
from network.core.errors import BadInput, Complaint, NotYours
from network.partners.models import Place, TaxonomyTerm

from .actions.drafts import AGE_BANDS
from .candidates import Match, Matches, find_matches, wanted
from .matching import Reason
from .models import Urgency
from .reasons_in_words import all_in_words, capacity_in_words, in_words

NEAR_KM = 50


class MatchBody(Body):
    """What is needed. Who needs it is not asked, and refused where it is said."""

    needs = serializers.ListField(child=TextField(longest=80), min_length=1, max_length=10)
    place = serializers.UUIDField(required=False, allow_null=True, default=None)
    within_km = serializers.FloatField(min_value=1, max_value=500, required=False, default=NEAR_KM)
    languages = serializers.ListField(child=TextField(longest=12), max_length=10, required=False, default=list)
    language_is_required = serializers.BooleanField(required=False, default=True)
    constraints = serializers.ListField(child=TextField(longest=80), max_length=20, required=False, default=list)
    populations = serializers.ListField(child=TextField(longest=80), max_length=10, required=False, default=list)
    age_band = serializers.ChoiceField(choices=AGE_BANDS, required=False, allow_blank=True, default="")
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False, allow_blank=True, default="")
    when = serializers.DateTimeField(required=False, allow_null=True, default=None)
    limit = serializers.IntegerField(min_value=1, max_value=50, required=False, default=20)


class MatchReason(serializers.Serializer[Any]):
    code = serializers.CharField()
    about = serializers.CharField(allow_blank=True)
    text = serializers.CharField()


class MatchCapacity(serializers.Serializer[Any]):
    basis = serializers.ChoiceField(choices=["stated", "inferred", "unknown"])
    available = serializers.IntegerField(allow_null=True)
    accepted_a_month = serializers.FloatField(allow_null=True)
    expected_wait_days = serializers.IntegerField(allow_null=True)
    as_of = serializers.DateTimeField(allow_null=True)
    text = serializers.CharField()


class MatchNamed(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class MatchSerializer(serializers.Serializer[Any]):
    """A service with what speaks for and against it; the order is the list's."""

    service = MatchNamed()
    organization = MatchNamed()
    kilometres = serializers.FloatField(allow_null=True)
    reasons_for = MatchReason(many=True)
    reasons_against = MatchReason(many=True)
    missing = MatchReason(many=True)
    why_not_first = serializers.ListField(child=serializers.CharField())
    capacity = MatchCapacity()
    last_confirmed = serializers.DateField(allow_null=True)
    opens_at = serializers.DateTimeField(allow_null=True)


class MatchesSerializer(serializers.Serializer[Any]):
    """What fits, best first, and what nearly does."""

    as_of = serializers.DateTimeField()
    total = serializers.IntegerField()
    matches = MatchSerializer(many=True)
    near_misses = MatchSerializer(many=True)


ID = "6f1b1a52-3f0e-4b7e-9d0c-0000000000{:02x}".format
AT = "2026-03-02T09:30:00Z"
FITS: dict[str, Any] = {
    "service": {"id": ID(5), "name": "Housing advice"}, "organization": {"id": ID(2), "name": "Harbour House"}, "kilometres": 2.1,
    "reasons_for": [
        {"code": "meets_need", "about": "housing-support", "text": "Offers: Housing support"},
        {"code": "speaks", "about": "ar", "text": "Works in this language: Arabic"},
    ],
    "reasons_against": [], "missing": [], "why_not_first": [],
    "capacity": {
        "basis": "stated", "available": 4, "accepted_a_month": None, "expected_wait_days": 4, "as_of": AT, "text": "4 free places",
    },
    "last_confirmed": "2026-02-28", "opens_at": AT,
}  # fmt: skip
NEARLY = {
    **FITS, "service": {"id": ID(15), "name": "Young tenants"}, "organization": {"id": ID(12), "name": "Quayside Advice"},
    "reasons_for": FITS["reasons_for"][:1], "missing": [{"code": "up_to_age", "about": "", "text": "For people up to 17 only"}],
}  # fmt: skip
ANSWER = {"as_of": AT, "total": 1, "matches": [FITS], "near_misses": [NEARLY]}
ASKED = {
    "needs": ["housing-support"], "place": ID(6), "within_km": 10, "languages": ["ar"], "constraints": ["step-free"], "age_band": "25-64",
    "urgency": "soon",
}  # fmt: skip


class MatchFinder(Resource):
    """Services that fit a need. Nothing is stored of the question."""

    # A question in a body, so that nothing of it stands in a URL or an access log; it changes nothing.
    read_scope = write_scope = "referrals.read"
    rate, rate_name = 30, "matches"
    pagination_class = None

    @documented("Services that fit a need", request=MatchBody, response=MatchesSerializer, sends=ASKED, example=ANSWER)
    def post(self, request: Request) -> Response:
        if self.actor.organization not in self.actor.casework:
            raise NotYours
        said, at = MatchBody.parse(request), now()
        limit, when = said.pop("limit"), said.pop("when")
        place = _checked(said)
        want = wanted(place=place, at=at, is_timed=when is not None, **said)
        matches = find_matches(want, by=self.actor, at=at, when=when, show=limit)
        return Response(MatchesSerializer(matches_body(matches, at)).data)


def _checked(said: dict[str, Any]) -> Place | None:
    """The place, with every code found in the taxonomy; BadInput names each that is not."""
    schemes = {"needs": "need", "languages": None, "constraints": "access", "populations": "population"}
    codes = {code for name in schemes for code in said[name]}
    known = set(TaxonomyTerm.objects.filter(code__in=codes, retired_at__isnull=True).values_list("scheme", "code"))
    wrong = [
        Complaint(f"/{name}/{number}", "unknown", f"This is no code of the scheme {scheme!r}.")
        for name, scheme in schemes.items() if scheme
        for number, code in enumerate(said[name]) if (scheme, code) not in known
    ]  # fmt: skip
    pk = said.pop("place")
    place = Place.objects.filter(pk=pk).first() if pk else None
    if pk and place is None:
        wrong.append(Complaint("/place", "unknown", "Choose a place of the directory."))
    if wrong:
        raise BadInput(errors=tuple(wrong))
    said["access"] = said.pop("constraints")
    return place


def matches_body(matches: Matches, at: datetime) -> dict[str, Any]:
    """The answer, in English whatever the reader's pages speak."""
    with translation.override("en"):
        told = {
            name: [_match_body(match, matches) for match in rows]
            for name, rows in (("matches", matches.fits), ("near_misses", matches.near))
        }
    return {"as_of": at, "total": matches.total, **told}


def _match_body(match: Match, matches: Matches) -> dict[str, Any]:
    service, capacity = match.service, match.capacity

    def told(reasons: tuple[Reason, ...]) -> list[dict[str, str]]:
        return [{"code": reason.code, "about": reason.about, "text": in_words(reason, matches)} for reason in reasons]

    return {
        "service": {"id": service.pk, "name": service.name},
        "organization": {"id": service.organization_id, "name": service.organization.name},
        "kilometres": match.kilometres, "reasons_for": told(match.pro), "reasons_against": told(match.contra),
        "missing": told(match.missing),
        "why_not_first": all_in_words(match.why_not_first, matches),
        "capacity": {
            "basis": capacity.basis, "available": capacity.places, "accepted_a_month": capacity.a_month,
            "expected_wait_days": capacity.wait_days, "as_of": capacity.as_of, "text": capacity_in_words(capacity),
        },
        "last_confirmed": match.confirmed_on, "opens_at": match.opens_at,
    }  # fmt: skip
