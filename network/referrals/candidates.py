"""Services that fit what somebody needs: read as columns in a constant number of queries, ranked by the pure rule of matching.py.

What is counted of other organisations' work here are figures of a service, never a referral or a person: they order,
and are said only from a handful on.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Count, DurationField, Exists, ExpressionWrapper, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from network.core.actor import Actor
from network.core.errors import NotYours
from network.partners.hours import stated_hours
from network.partners.models import Language, Organization, Place, Service, ServiceAtLocation, ServiceCapacity, ServiceTerm, TaxonomyTerm
from network.partners.search import near

from .lifecycle import Business, Status
from .matching import HOUSE, MONTHS, Columns, Explained, Free, Ranking, Reason, Rows, Want, explain, missing, rank, why_not_first
from .models import Offer, Referral

LATELY = timedelta(days=90)
WINDOW = timedelta(days=30 * MONTHS)
NEVER = math.nan
# An answer's time is told by the first of these many days within which half of the answers came: one pass, no rows read.
ANSWER_DAYS = (1, 2, 3, 5, 7, 10, 14, 21, 30)
SLOWER = 45
SHOWN, NEAR_SHOWN, OUTSIDERS = 50, 5, 20
FARTHEST = 500.0  # km

Labels = Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many places a service has for new people, from where that is known, and as of when."""

    basis: str  # stated, inferred or unknown
    places: int | None = None
    a_month: float | None = None  # people accepted
    wait_days: int | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A service that fits, or nearly, with what speaks for and against it."""

    service: Service
    kilometres: float | None
    pro: tuple[Reason, ...]
    contra: tuple[Reason, ...]
    missing: tuple[Reason, ...]  # of a near miss alone
    why_not_first: tuple[Reason, ...]
    capacity: Capacity
    confirmed_on: date | None
    opens_at: datetime | None  # from the moment wanted on; None: not known


@dataclass(frozen=True, slots=True)
class Matches:
    """What fits, best first, and what nearly does."""

    want: Want
    fits: list[Match]
    near: list[Match]
    total: int  # that fit, shown or not
    labels: Labels  # of the codes that the reasons name

    @property
    def first_name(self) -> str:
        return self.fits[0].service.organization.name if self.fits else ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The columns, and beside them what is told but not ranked by."""

    at: datetime
    ids: list[UUID]
    columns: Columns
    as_of: list[datetime | None]
    confirmed: list[date | None]
    opens_at: list[datetime | None]


def find_matches(
    want: Want, *, by: Actor, at: datetime, when: datetime | None = None, besides: Collection[UUID] = (), also: Collection[UUID] = (),
    show: int = SHOWN,
) -> Matches:  # fmt: skip
    """Services for `want` that the actor's organisation may ask, and near misses.

    `besides`: organisations left out; `also`: services told wherever they stand, as one that was chosen before.
    """
    if by.organization is None or by.organization not in by.casework:
        raise NotYours
    offering = Service.objects.visible_to(by).exclude(organization__in={by.organization, *besides})
    offering = offering.filter(Exists(ServiceTerm.objects.filter(service=OuterRef("pk"), term__scheme="need", term__code__in=want.needs)))
    inside = Organization.objects.on_the_network().values("pk")
    services = offering.filter(Q(organization__in=inside) | Q(pk__in=_outsiders(offering.exclude(organization__in=inside), want)))
    loaded = load(services, want, asked_by=by.organization, at=at, when=when or at)
    ranking = rank(loaded.columns, want)
    fits, nearly = (_told(rows, best, loaded, also) for rows, best in ((ranking.fits, show), (ranking.near, NEAR_SHOWN)))
    rows = Service.objects.select_related("organization").in_bulk([loaded.ids[row] for row in (*fits, *nearly)])
    told = {row: _match(rows[loaded.ids[row]], row, loaded, want, ranking) for row in (*fits, *nearly)}
    return Matches(want, [told[row] for row in fits], [told[row] for row in nearly], len(ranking.fits), labels_of(want))


def _outsiders(offering: QuerySet[Service], want: Want) -> list[UUID]:
    """The nearest few of those not on the network: an imported directory may list ten thousand, and none of them can be asked.

    Victim services are left out: which of them came would tell where they are.
    """
    rows = offering.filter(organization__is_victim_service=False)
    if want.at is None:
        return list(rows.order_by("name", "pk").values_list("pk", flat=True)[:OUTSIDERS])
    around: QuerySet[Any] = near(rows, want.at, min(want.within_km, FARTHEST))
    found: list[UUID] = list(around.order_by("far", "pk").values_list("pk", flat=True)[:OUTSIDERS])
    return found


def _told(rows: Rows, best: int, loaded: Loaded, also: Collection[UUID]) -> list[int]:
    return [int(row) for place, row in enumerate(rows) if place < best or loaded.ids[row] in also]


def fresh_matches(referral: Referral, *, by: Actor, at: datetime, k: int = 3) -> list[Match]:
    """The best `k` for what a referral needs among those whom nobody has asked for it yet."""
    asked = set(Offer.objects.filter(referral=referral).values_list("organization", flat=True))
    return find_matches(want_of(referral, at), by=by, at=at, besides=asked, show=k).fits


def want_of(referral: Referral, at: datetime) -> Want:
    """What a referral says it needs."""
    return wanted(
        needs=[referral.need.code], place=referral.place, languages=referral.languages, access=referral.constraints,
        age_band=referral.age_band, urgency=referral.urgency, at=at,
    )  # fmt: skip


def wanted(*, needs: Iterable[str], at: datetime, place: Place | None = None, **said: Any) -> Want:
    """A Want from a place of the directory and lists, each code once."""
    codes: dict[str, Any] = {name: tuple(dict.fromkeys(value)) if isinstance(value, list) else value for name, value in said.items()}
    where = (place.latitude, place.longitude) if place is not None else None
    return Want(needs=tuple(dict.fromkeys(needs)), at=where, day=at.toordinal(), **codes)


def labels_of(want: Want) -> Labels:
    """What people call the codes that are wanted."""
    codes = {*want.needs, *want.languages, *want.access, *want.populations, "home-visits", "phone", "online"}
    rows = TaxonomyTerm.objects.filter(code__in=codes).values_list("scheme", "code", "label")
    return {(scheme, code): label for scheme, code, label in rows}


def _match(service: Service, row: int, loaded: Loaded, want: Want, ranking: Ranking) -> Match:
    columns, km = loaded.columns, float(ranking.km[row])
    said = explain(columns, want, ranking, row)
    lacks = missing(columns, want, ranking, row)
    return Match(
        service, None if math.isnan(km) else km, said.pro, _besides(said, lacks), lacks,
        () if lacks else why_not_first(ranking, row, columns), _capacity(loaded, row), loaded.confirmed[row], loaded.opens_at[row],
    )  # fmt: skip


def _besides(said: Explained, lacks: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Reasons against that do not say again what is missing."""
    told = {reason.about for reason in lacks if reason.about}
    far = any(reason.code == "too_far" for reason in lacks)
    return tuple(reason for reason in said.contra if reason.about not in told and not (far and reason.code == "distance"))


def _capacity(loaded: Loaded, row: int) -> Capacity:
    columns = loaded.columns
    if columns.places_days[row] <= HOUSE.stated_days:
        wait = float(columns.wait_days[row])
        return Capacity("stated", int(columns.places[row]), wait_days=None if math.isnan(wait) else int(wait), as_of=loaded.as_of[row])
    if columns.accepted[row] >= HOUSE.known_from:
        return Capacity("inferred", a_month=round(float(columns.accepted[row]) / MONTHS, 1), as_of=loaded.at)
    return Capacity("unknown", as_of=loaded.as_of[row])


# -- columns -----------------------------------------------------------------------------------------------------------------


def load(services: QuerySet[Service], want: Want, *, asked_by: UUID, at: datetime, when: datetime) -> Loaded:
    """Everything that matching weighs of `services`, by eight queries however many there are."""
    rows = _services(services, asked_by, at)
    place_of = {row["pk"]: number for number, row in enumerate(rows)}
    # By their ids from here on: the condition that found them is dear, and five more queries would ask it again.
    services = Service.objects.filter(pk__in=list(place_of))
    terms, says_languages = _terms(services, want, rows, place_of)
    point_row, point_lat, point_lon = _points(services, place_of)
    has_known_place = np.zeros(len(rows), np.bool_)
    has_known_place[point_row] = True
    victim = _flags(row["organization__is_victim_service"] for row in rows)
    record = _record(services, place_of, at)
    opens = _opens(rows, when)
    confirmed = [_later(row["assured_on"], row["places_as_of"]) for row in rows]
    columns = Columns(
        key=np.array([row["number"] for row in rows], np.uint64), terms=terms, says_languages=says_languages,
        point_row=point_row, point_lat=point_lat, point_lon=point_lon,
        is_secret=victim | (_flags(row["has_secret_place"] for row in rows) & ~has_known_place),
        minimum_age=_floats(row["minimum_age"] for row in rows), maximum_age=_floats(row["maximum_age"] for row in rows),
        free=np.array([FREE[row["is_free"]] for row in rows], np.int8),
        is_active=_flags(row["status"] == "active" and row["organization__is_active"] for row in rows),
        on_network=_flags(row["on_network"] for row in rows), by_agreement_only=_flags(row["by_agreement_only"] for row in rows),
        has_agreement=_flags(row["has_agreement"] for row in rows), catchment_km=_floats(row["catchment_km"] for row in rows),
        confirmed_days=_floats((at.date() - on).days if on else None for on in confirmed),
        places=_floats(row["places"] for row in rows), places_days=_days_since([row["places_as_of"] for row in rows], at),
        wait_days=_floats(row["wait"] for row in rows), **record,
        opens_in_hours=_floats(max((opening - when).total_seconds() / 3600, 0.0) if opening else None for opening in opens),
    )  # fmt: skip
    return Loaded(at, [row["pk"] for row in rows], columns, [row["places_as_of"] for row in rows], confirmed, opens)


FREE = {None: Free.UNKNOWN.number, False: Free.COSTS.number, True: Free.FREE.number}


def _services(services: QuerySet[Service], asked_by: UUID, at: datetime) -> list[dict[str, Any]]:
    newest = ServiceCapacity.objects.filter(service=OuterRef("pk"), basis="stated", as_of__lte=at).order_by("-as_of")
    secret = ServiceAtLocation.objects.filter(service=OuterRef("pk"), location__is_confidential=True)
    rows = services.as_asked_by(asked_by, at.date()).annotate(  # type: ignore[attr-defined]
        places=Subquery(newest.values("available")[:1]), places_as_of=Subquery(newest.values("as_of")[:1]),
        wait=Subquery(newest.values("expected_wait_days")[:1]), has_secret_place=Exists(secret),
    )  # fmt: skip
    return list(
        rows.order_by("pk").values(
            "pk", "number", "organization", "organization__time_zone", "organization__is_active", "organization__is_victim_service",
            "status", "is_free", "minimum_age", "maximum_age", "by_agreement_only", "catchment_km", "assured_on",
            "interpretation_services", "on_network", "has_agreement", "places", "places_as_of", "wait", "has_secret_place",
        )
    )  # fmt: skip


def _terms(
    services: QuerySet[Service], want: Want, rows: Sequence[dict[str, Any]], place_of: Mapping[UUID, int]
) -> tuple[dict[tuple[str, str], Any], Any]:
    codes = {"need": want.needs, "access": (*want.access, "interpreter", "home-visits", "phone", "online"), "population": want.populations}
    asked = Q(pk__in=())
    for scheme, wanted_codes in codes.items():
        asked |= Q(term__scheme=scheme, term__code__in=wanted_codes)
    found: dict[tuple[str, str], Any] = {}
    says = np.zeros(len(rows), np.bool_)

    def mark(pair: tuple[str, str], row: int) -> None:
        found.setdefault(pair, np.zeros(len(rows), np.bool_))[row] = True

    met = ServiceTerm.objects.filter(asked, service__in=services.values("pk"))
    for service, scheme, code in met.values_list("service", "term__scheme", "term__code"):
        mark((scheme, code), place_of[service])
    for service, code in Language.objects.filter(service__in=services.values("pk")).values_list("service", "code"):
        if service is not None:
            says[place_of[service]] = True
            mark(("language", code), place_of[service])
    for number, row in enumerate(rows):
        if row["interpretation_services"]:
            mark(("access", "interpreter"), number)
    return found, says


def _points(services: QuerySet[Service], place_of: Mapping[UUID, int]) -> tuple[Any, Any, Any]:
    """Where services are given, confidential addresses and every address of a victim service left out."""
    given = ServiceAtLocation.objects.filter(
        service__in=services.values("pk"), service__organization__is_victim_service=False, location__is_confidential=False,
        location__latitude__isnull=False,
    )  # fmt: skip
    found = sorted((place_of[pk], lat, lon) for pk, lat, lon in given.values_list("service", "location__latitude", "location__longitude"))
    rows, lats, lons = zip(*found, strict=True) if found else ((), (), ())
    return np.array(rows, np.intp), np.array(lats, np.float64), np.array(lons, np.float64)


def _record(services: QuerySet[Service], place_of: Mapping[UUID, int], at: datetime) -> dict[str, Any]:
    """How offers of these services went, counted by the database in one grouped query."""
    answered = Q(accepted_at__isnull=False) | Q(business_status=Business.DECLINED)
    took = ExpressionWrapper(Coalesce(F("accepted_at"), F("ended_at")) - F("asked_at"), output_field=DurationField())
    lately = Q(status=Status.REJECTED, ended_at__gte=at - LATELY)
    is_open = Q(status__in=[Status.REQUESTED, Status.ACCEPTED])
    offers = Offer.objects.filter(is_open | Q(asked_at__gte=at - WINDOW), service__in=services.values("pk"), asked_at__isnull=False)
    answered &= Q(asked_at__gte=at - WINDOW)
    within = {f"within_{days}": Count("pk", filter=answered & Q(took__lte=timedelta(days=days))) for days in ANSWER_DAYS}
    counted: Any = offers.annotate(took=took).values("service").annotate(
        accepted=Count("pk", filter=Q(accepted_at__gte=at - WINDOW)), open_work=Count("pk", filter=is_open),
        full_lately=Count("pk", filter=lately & Q(reason__code="full")),
        language_lately=Count("pk", filter=lately & Q(reason__code="language")),
        area_lately=Count("pk", filter=lately & Q(reason__code="outside-area")),
        silent_lately=Count("pk", filter=lately & Q(business_status=Business.NO_RESPONSE)),
        answers=Count("pk", filter=answered), last=Max("asked_at"), **within,
    )  # fmt: skip
    names = ("accepted", "open_work", "full_lately", "language_lately", "area_lately", "silent_lately", "answers")
    record: dict[str, Any] = {name: np.zeros(len(place_of), np.int64) for name in names}
    record["answer_days"], record["asked_days"] = np.full(len(place_of), np.nan), np.full(len(place_of), np.inf)
    for row in counted:
        number = place_of[row["service"]]
        for name in names:
            record[name][number] = row[name]
        record["answer_days"][number] = _half_within(row)
        record["asked_days"][number] = (at - row["last"]).total_seconds() / 86_400
    return record


def _half_within(row: Mapping[str, Any]) -> float:
    """The days within which half of the answers came."""
    if not row["answers"]:
        return math.nan
    return next((float(days) for days in ANSWER_DAYS if 2 * row[f"within_{days}"] >= row["answers"]), float(SLOWER))


def _opens(rows: Sequence[dict[str, Any]], when: datetime) -> list[datetime | None]:
    """When each is open from the moment wanted on; only those that could be asked, since for the others nobody will go there."""
    asked = [(row["pk"], row["organization"], row["organization__time_zone"]) for row in rows if row["on_network"]]
    hours = stated_hours(asked)
    return [next((begin for begin, _ in hours[row["pk"]].spans(when)), None) if row["pk"] in hours else None for row in rows]


def _later(assured_on: date | None, stated_at: datetime | None) -> date | None:
    return max((day for day in (assured_on, stated_at.date() if stated_at else None) if day), default=None)


def _days_since(times: Iterable[datetime | None], at: datetime) -> Any:
    return _floats((at - then).total_seconds() / 86_400 if then else None for then in times)


def _floats(values: Iterable[Any]) -> Any:
    return np.array([NEVER if value is None else value for value in values], np.float64)


def _flags(values: Iterable[bool]) -> Any:
    return np.array(list(values), np.bool_)
