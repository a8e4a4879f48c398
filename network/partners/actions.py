"""Every write of the directory and of what partners agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction
from django.db.models import F

from network.core import crypto, events
from network.core.actor import Actor
from network.core.clock import now
from network.core.errors import NotYours, Stale, WrongState, complain
from network.core.events import Fact, record

from .models import (
    Agreement,
    Holiday,
    Location,
    Organization,
    Schedule,
    Service,
    ServiceAtLocation,
    ServiceCapacity,
    ServiceTerm,
    TaxonomyTerm,
)
from .revision import bump
from .within import area_at


def open_organizations(rows: Sequence[Organization]) -> None:
    """Insert organisations with the head of their sequence and their keys: without these nothing can be recorded of them.

    Part of a transaction of the caller, who records it.
    """
    Organization.objects.bulk_create(rows)
    ids = [row.pk for row in rows]
    events.open_heads(ids)
    crypto.open_keys(ids)


def require_own(organization: UUID, by: Actor) -> None:
    """The organisation's own admin, or a partner system that may write the directory."""
    if by.organization != organization or not (organization in by.administers or "directory.write" in by.scopes):
        raise NotYours


@dataclass(frozen=True, slots=True)
class ServiceSaid:
    """What an organisation says of a service."""

    name: str
    description: str = ""
    terms: frozenset[tuple[str, str]] = frozenset()
    by_agreement_only: bool = False
    values: tuple[tuple[str, Any], ...] = ()
    locations: frozenset[UUID] = frozenset()


@transaction.atomic
def create_service(*, by: Actor, said: ServiceSaid) -> Service:
    """Add a service of the actor's organisation to the directory."""
    if by.organization is None:
        raise NotYours
    require_own(by.organization, by)
    service = Service.objects.create(
        organization_id=by.organization, name=said.name, description=said.description, by_agreement_only=said.by_agreement_only,
        assured_on=now().date(), **dict(said.values),
    )  # fmt: skip
    describe(service, said.terms)
    give_at(service, said.locations)
    bump(service.organization_id)
    record(Fact("service.created", f"service/{service.pk}", frozenset({service.organization_id})), by=by)
    return service


def describe(service: Service, terms: Iterable[tuple[str, str]]) -> None:
    """Give a service its terms, each by scheme and code."""
    wanted = set(terms)
    found = {(t.scheme, t.code): t for t in TaxonomyTerm.objects.filter(code__in={code for _, code in wanted})}
    if unknown := sorted(wanted - set(found)):
        raise complain("/terms", "unknown", f"Not in the taxonomy: {unknown[0][0]}/{unknown[0][1]}.")
    ServiceTerm.objects.bulk_create(ServiceTerm(service=service, term=found[key]) for key in sorted(wanted))


@transaction.atomic
def edit_service(
    service: Service, *, by: Actor, values: dict[str, Any], version: int, terms: Mapping[str, Iterable[str]] | None = None,
    locations: Iterable[UUID] | None = None,
) -> Service:  # fmt: skip
    """Change a service, if it is still the one that was read; saying anything of it confirms it. `terms` replaces by scheme."""
    require_own(service.organization_id, by)
    rows = Service.objects.filter(pk=service.pk, version=version)
    if not rows.update(version=F("version") + 1, assured_on=now().date(), **values):
        raise Stale
    for scheme, codes in (terms or {}).items():
        ServiceTerm.objects.filter(service=service, term__scheme=scheme).delete()
        describe(service, {(scheme, code) for code in codes})
    if locations is not None:
        give_at(service, locations)
    bump(service.organization_id)
    record(Fact("service.changed", f"service/{service.pk}", frozenset({service.organization_id})), by=by)
    return Service.objects.get(pk=service.pk)


@transaction.atomic
def state_capacity(
    service: Service, *, by: Actor, available: int, maximum: int | None = None, wait_days: int | None = None
) -> ServiceCapacity:
    """Say how many places there are now; the same figure again is a confirmation."""
    require_own(service.organization_id, by)
    if maximum is not None and available > maximum:
        raise complain("/available", "more_than_maximum", "There cannot be more free places than places.")
    capacity = ServiceCapacity.objects.create(
        service=service, available=available, maximum=maximum, expected_wait_days=wait_days, as_of=now()
    )
    bump(service.organization_id)
    record(Fact("capacity.changed", f"service/{service.pk}", frozenset({service.organization_id})), by=by)
    return capacity


@transaction.atomic
def make_agreement(
    *, by: Actor, from_organization: UUID, to_organization: UUID, service: UUID | None = None, since: date | None = None,
    until: date | None = None, conditions: str = "",
) -> Agreement:  # fmt: skip
    """Agree who may refer to whom: by an admin of the organisation that will be asked, or by a coordinator."""
    if not by.coordinates and not (by.organization == to_organization and to_organization in by.administers):
        raise NotYours
    if from_organization == to_organization:
        raise complain("/from_organization", "same", "An agreement stands between two organisations.")
    if service is not None and not Service.objects.filter(pk=service, organization=to_organization).exists():
        raise complain("/service", "unknown", "Choose a service of the organisation that will be asked.")
    agreement = Agreement(
        from_organization_id=from_organization, to_organization_id=to_organization, service_id=service,
        since=since or now().date(), until=until, conditions=conditions,
    )  # fmt: skip
    try:
        with transaction.atomic():
            agreement.save(force_insert=True)
    except IntegrityError:
        raise complain(
            "/to_organization", "agreed_already", "There is an agreement already, or its end lies before its beginning."
        ) from None
    bump(from_organization, to_organization)
    record(_told(agreement, "agreement.made"), by=by)
    return agreement


@transaction.atomic
def end_agreement(agreement: Agreement, *, by: Actor, on: date, version: int) -> Agreement:
    """Let an agreement end on a day: either side's admin, or a coordinator."""
    sides = {agreement.from_organization_id, agreement.to_organization_id}
    if not by.coordinates and not (by.organization in sides and by.organization in by.administers):
        raise NotYours
    if on < agreement.since:
        raise complain("/until", "before_it_began", "It cannot end before it began.")
    rows = Agreement.objects.filter(pk=agreement.pk, until__isnull=True)
    if not rows.filter(version=version).update(until=on, version=F("version") + 1):
        raise Stale if rows.exists() else WrongState(state="ended")
    bump(*sides)
    record(_told(agreement, "agreement.ended"), by=by)
    return Agreement.objects.get(pk=agreement.pk)


def _told(agreement: Agreement, kind: str) -> Fact:
    to = frozenset({agreement.from_organization_id, agreement.to_organization_id})
    return Fact(kind, f"agreement/{agreement.pk}", to)


@transaction.atomic
def edit_organization(organization: Organization, *, by: Actor, values: dict[str, Any], version: int) -> Organization:
    """Change what an organisation says of itself, if it is still what was read."""
    require_own(organization.pk, by)
    if "time_zone" in values and values["time_zone"] not in available_timezones():
        raise complain("/time_zone", "unknown", "Give an IANA name, like America/Boise.")
    if not Organization.objects.filter(pk=organization.pk, version=version).update(version=F("version") + 1, **values):
        raise Stale
    record(Fact("organization.changed", f"organization/{organization.pk}", frozenset({organization.pk})), by=by)
    return Organization.objects.get(pk=organization.pk)


@dataclass(frozen=True, slots=True)
class Opening:
    """One stretch of open time on some weekdays."""

    byday: tuple[str, ...]
    opens_at: time
    closes_at: time


@transaction.atomic
def set_hours(organization: Organization, *, by: Actor, weekly: Sequence[Opening], holidays: Sequence[date], version: int) -> Organization:
    """Say when an organisation is open: its times to answer are counted in these hours."""
    require_own(organization.pk, by)
    if not Organization.objects.filter(pk=organization.pk, version=version).update(version=F("version") + 1):
        raise Stale
    for number, opening in enumerate(weekly):
        if opening.opens_at >= opening.closes_at:
            raise complain(f"/weekly/{number}/closes_at", "before_it_opens", "It must close after it opens.")
    Schedule.objects.filter(organization=organization).delete()
    Schedule.objects.bulk_create(
        Schedule(organization=organization, byday=",".join(o.byday), opens_at=o.opens_at, closes_at=o.closes_at) for o in weekly
    )
    Holiday.objects.filter(organization=organization, on__gte=now().date()).delete()
    Holiday.objects.bulk_create(
        Holiday(organization=organization, on=day) for day in sorted({day for day in holidays if day >= now().date()})
    )
    record(Fact("organization.changed", f"organization/{organization.pk}", frozenset({organization.pk})), by=by)
    return Organization.objects.get(pk=organization.pk)


@transaction.atomic
def create_location(*, by: Actor, values: dict[str, Any]) -> Location:
    """Add a place where the actor's organisation works; a confidential one is seen by nobody else."""
    if by.organization is None:
        raise NotYours
    require_own(by.organization, by)
    location = Location(organization_id=by.organization, area_id=_area_of(by.organization, values), **values)
    try:
        with transaction.atomic():
            location.save(force_insert=True)
    except IntegrityError:
        raise complain("/latitude", "not_on_earth", "Give both latitude and longitude, or neither.") from None
    bump(by.organization)
    record(Fact("organization.changed", f"organization/{by.organization}", frozenset({by.organization})), by=by)
    return location


def _area_of(organization: UUID, values: dict[str, Any]) -> UUID | None:
    """The area that a public location lies in; a victim service is never located."""
    latitude, longitude = values.get("latitude"), values.get("longitude")
    if values.get("is_confidential") or latitude is None or longitude is None:
        return None
    if Organization.objects.filter(pk=organization, is_victim_service=True).exists():
        return None
    return area_at(latitude, longitude)


def give_at(service: Service, locations: Iterable[UUID]) -> None:
    """Say where a service is given, among the organisation's own locations. Part of an edit, which records it."""
    wanted = set(locations)
    if Location.objects.filter(pk__in=wanted, organization=service.organization_id).count() != len(wanted):
        raise complain("/locations", "unknown", "Choose among your own locations.")
    service.at_locations.exclude(location__in=wanted).delete()
    present = set(service.at_locations.values_list("location", flat=True))
    ServiceAtLocation.objects.bulk_create(ServiceAtLocation(service=service, location_id=pk) for pk in sorted(wanted - present))
