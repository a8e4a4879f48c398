"""Finding services: filters of the directory, by words, need, language, access, distance, and who may be asked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Exists, F, FloatField, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Power

from network.core.actor import Actor

from .models import Language, Organization, Place, Service, ServiceCapacity, ServiceTerm

KM_A_DEGREE = 111.2  # of latitude
FULL = ("organization", "terms", "languages", "phones", "schedules", "at_locations__location__place")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for; nothing said is nothing filtered."""

    words: str = ""
    need: str = ""
    language: str = ""
    access: str = ""
    place: Place | None = None
    within_km: float = 50
    is_free: bool | None = None
    takes_self_referrals: bool | None = None
    organization: UUID | None = None
    on_network: bool | None = None
    asked_by: UUID | None = None  # only services that this organisation may ask


def find_services(actor: Actor, wanted: Wanted, on: date) -> QuerySet[Service]:
    """Services that fit, with `far` (squared degrees) where a place is given; ordered by the caller."""
    rows = Service.objects.visible_to(actor)
    if wanted.asked_by is not None:
        rows = rows.filter(pk__in=Service.objects.can_be_asked_by(wanted.asked_by, on).values("pk"))
    if wanted.need:
        rows = rows.filter(_with_term("need", wanted.need))
    if wanted.access:
        rows = rows.filter(_with_term("access", wanted.access))
    if wanted.language:
        rows = rows.filter(Exists(Language.objects.filter(service=OuterRef("pk"), code=wanted.language)))
    if wanted.is_free is not None:
        rows = rows.filter(is_free=wanted.is_free)
    if wanted.takes_self_referrals is not None:
        rows = rows.filter(takes_self_referrals=wanted.takes_self_referrals)
    if wanted.organization is not None:
        rows = rows.filter(organization=wanted.organization)
    if wanted.on_network is not None:
        network = Organization.objects.on_the_network().values("pk")
        rows = rows.filter(organization__in=network) if wanted.on_network else rows.exclude(organization__in=network)
    for word in wanted.words.split()[:6]:
        rows = rows.filter(_says(word))
    place = wanted.place
    return near(rows, (place.latitude, place.longitude), wanted.within_km) if place else rows


def _with_term(scheme: str, code: str) -> Exists:
    return Exists(ServiceTerm.objects.filter(service=OuterRef("pk"), term__scheme=scheme, term__code=code))


def _says(word: str) -> Combinable | Q:
    """The word stands in the service's name or description, its organisation's name, or the label of a need it meets."""
    terms = ServiceTerm.objects.filter(service=OuterRef("pk"), term__label__icontains=word)
    return Q(name__icontains=word) | Q(description__icontains=word) | Q(organization__name__icontains=word) | Exists(terms)


def near(rows: QuerySet[Service], at: tuple[float, float], km: float) -> QuerySet[Service]:
    """Within a box around the place, with the squared distance in degrees of latitude: enough to order by.

    Services without a known location are kept out: nobody can say how far they are.
    """
    latitude, longitude = at
    squeeze = math.cos(math.radians(latitude))
    reach = km / KM_A_DEGREE
    its = "at_locations__location__"
    boxed = rows.filter(**{
        f"{its}is_confidential": False,
        f"{its}latitude__range": (latitude - reach, latitude + reach),
        f"{its}longitude__range": (longitude - reach / max(squeeze, 0.05), longitude + reach / max(squeeze, 0.05)),
    })  # fmt: skip
    north = Power(F(f"{its}latitude") - Value(latitude), 2, output_field=FloatField())
    east = Power((F(f"{its}longitude") - Value(longitude)) * Value(squeeze), 2, output_field=FloatField())
    return boxed.annotate(far=Min(north + east, output_field=FloatField()))


def nearest(place: Place | None) -> tuple[str, str]:
    """The order of what `find_services` found: by distance where a place was given, else by name."""
    return ("far", "id") if place else ("name", "id")


def kilometres(far: float | None) -> float | None:
    """The distance in km of a row that `find_services` gave for a place."""
    return round(math.sqrt(far) * KM_A_DEGREE, 1) if far is not None else None


def whole(rows: QuerySet[Service]) -> QuerySet[Service]:
    """With everything that a card of the directory shows: the same number of queries for 3 rows as for 30."""
    newest = ServiceCapacity.objects.filter(service=OuterRef("pk")).order_by("-as_of")
    network = Organization.objects.on_the_network().filter(pk=OuterRef("organization"))
    return rows.select_related("organization").prefetch_related(*FULL[1:]).annotate(
        places=Subquery(newest.values("available")[:1]), places_as_of=Subquery(newest.values("as_of")[:1]),
        wait_days=Subquery(newest.values("expected_wait_days")[:1]), on_network=Exists(network),
    )  # fmt: skip
