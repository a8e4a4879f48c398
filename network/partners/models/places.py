"""Where things are and when they are open: towns, locations, schedules and holidays."""

from __future__ import annotations

import uuid
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from network.core.actor import Actor

from .areas import Area
from .organizations import Organization
from .origin import Sourced


class Place(models.Model):
    """A town or postal district with its centre: as near as a referral says before it is accepted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    region = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=2, default="US")
    latitude = models.FloatField()
    longitude = models.FloatField()
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.SET_NULL, related_name="places")

    class Meta:
        constraints = [
            UniqueConstraint(fields=["name", "region", "country"], name="place_once"),
            CheckConstraint(name="place_on_earth", condition=Q(latitude__range=(-90, 90), longitude__range=(-180, 180))),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.region}" if self.region else self.name


class LocationQuerySet(models.QuerySet["Location"]):
    """Reads of locations."""

    def visible_to(self, actor: Actor) -> Self:
        """Public ones, and one's own; a confidential address (a refuge) is its organisation's alone."""
        return self.filter(Q(is_confidential=False) | Q(organization__in=actor.organizations))


class Location(Sourced):
    """A place where services are given, with its address."""

    organization = models.ForeignKey(Organization, null=True, on_delete=models.PROTECT, related_name="locations")
    place = models.ForeignKey(Place, null=True, blank=True, on_delete=models.PROTECT, related_name="locations")
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.SET_NULL, related_name="locations")
    location_type = models.CharField(max_length=10, default="physical")
    name = models.CharField(max_length=300, blank=True)
    description = models.TextField(blank=True)
    address_1 = models.CharField(max_length=300, blank=True)
    address_2 = models.CharField(max_length=300, blank=True)
    city = models.CharField(max_length=120, blank=True)
    state_province = models.CharField(max_length=80, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    is_confidential = models.BooleanField(default=False)
    accessibility = models.JSONField(default=list, blank=True)

    objects = LocationQuerySet.as_manager()

    class Meta:
        constraints = [
            *Sourced.Meta.constraints,
            CheckConstraint(name="location_type_known", condition=Q(location_type__in=["physical", "postal", "virtual"])),
            CheckConstraint(
                name="location_on_earth_or_unknown",
                condition=Q(latitude__isnull=True, longitude__isnull=True) | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
            ),
            CheckConstraint(name="location_confidential_in_no_area", condition=Q(is_confidential=False) | Q(area__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.name or self.city


class Schedule(Sourced):
    """Regular open hours in RFC 5545 parts, of an organisation, a service, a location or a service at a location."""

    organization = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.CASCADE, related_name="schedules")
    service = models.ForeignKey("partners.Service", null=True, blank=True, on_delete=models.CASCADE, related_name="schedules")
    location = models.ForeignKey(Location, null=True, blank=True, on_delete=models.CASCADE, related_name="schedules")
    service_at_location = models.ForeignKey(
        "partners.ServiceAtLocation", null=True, blank=True, on_delete=models.CASCADE, related_name="schedules"
    )
    freq = models.CharField(max_length=10, default="WEEKLY")
    byday = models.CharField(max_length=60, blank=True, help_text="MO,TU,… as in RFC 5545.")
    opens_at = models.TimeField(null=True, blank=True)
    closes_at = models.TimeField(null=True, blank=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    notes = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            *Sourced.Meta.constraints,
            CheckConstraint(
                name="schedule_opens_before_it_closes",
                condition=Q(opens_at__isnull=True) | Q(closes_at__isnull=True) | Q(opens_at__lt=F("closes_at")),
            ),
            CheckConstraint(
                name="schedule_of_one_thing",
                condition=Q(
                    organization__isnull=False,
                    service__isnull=True,
                    location__isnull=True,
                    service_at_location__isnull=True,
                )
                | Q(
                    organization__isnull=True,
                    service__isnull=False,
                    location__isnull=True,
                    service_at_location__isnull=True,
                )
                | Q(
                    organization__isnull=True,
                    service__isnull=True,
                    location__isnull=False,
                    service_at_location__isnull=True,
                )
                | Q(
                    organization__isnull=True,
                    service__isnull=True,
                    location__isnull=True,
                    service_at_location__isnull=False,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.byday} {self.opens_at}–{self.closes_at}"


class Holiday(models.Model):
    """A day on which an organisation is closed, or open at other hours."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="holidays")
    on = models.DateField()
    opens_at = models.TimeField(null=True, blank=True)
    closes_at = models.TimeField(null=True, blank=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["organization", "on"], name="holiday_once_a_day"),
            CheckConstraint(
                name="holiday_closed_or_with_hours",
                condition=Q(opens_at__isnull=True, closes_at__isnull=True) | Q(opens_at__lt=F("closes_at")),
            ),
        ]
        indexes = [Index(name="holiday_of_organization", fields=["organization", "on"])]

    def __str__(self) -> str:
        return str(self.on)
