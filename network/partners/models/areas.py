"""The areas in which people live, what is known of each, and a revision that says when the network's facts have changed."""

from __future__ import annotations

import uuid
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from network.core.actor import Actor, ActorKind
from network.core.constraints import all_or_none

from .origin import random_number

# Beyond any figure of an area; the bound also keeps out infinity and, on PostgreSQL, NaN, which sorts above every number.
LARGEST = 1e15
STRIPES = 64


class AreaQuerySet(models.QuerySet["Area"]):
    """Reads of areas."""

    def visible_to(self, actor: Actor) -> Self:
        """Public facts of the directory: everybody who is signed in, and every system that may read the directory."""
        signed_in = actor.kind is not ActorKind.ANONYMOUS and actor.may("directory.read")
        return self.all() if signed_in else self.none()

    def without_shape(self) -> Self:
        """For lists: a shape is thousands of numbers that a row of text does not need."""
        return self.defer("polygon", "extra")

    def around(self, latitude: float, longitude: float) -> Self:
        """Areas whose box holds the point, and the few that have a shape but no box: those it may lie in."""
        box = Q(west__lte=longitude, east__gte=longitude, south__lte=latitude, north__gte=latitude)
        return self.filter(box | Q(west__isnull=True), polygon__isnull=False)


class Area(models.Model):
    """A county, ward or district: where people live, with its shape where that is known."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.BigIntegerField(unique=True, default=random_number, editable=False)
    code = models.CharField(max_length=40, unique=True, help_text="The source's own id, as a FIPS code.")
    name = models.CharField(max_length=200)
    region = models.CharField(max_length=80, blank=True, help_text="What it is a part of, as a state.")
    # The box stands before the shape: a scan for the areas around a point then need not read the shapes.
    west = models.FloatField(null=True, blank=True, help_text="The box around the shape.")
    south = models.FloatField(null=True, blank=True)
    east = models.FloatField(null=True, blank=True)
    north = models.FloatField(null=True, blank=True)
    polygon = models.JSONField(null=True, blank=True, help_text="Coordinates of a GeoJSON MultiPolygon, WGS 84; null: not known.")
    latitude = models.FloatField(null=True, blank=True, help_text="Of its centre.")
    longitude = models.FloatField(null=True, blank=True)
    population = models.PositiveIntegerField(null=True, blank=True)
    is_simulated = models.BooleanField(default=False, help_text="Made up: said wherever it is shown.")
    source = models.CharField(max_length=80, blank=True, help_text="Name of the feed; empty for rows made here.")
    fingerprint = models.BinaryField(max_length=16, null=True, help_text="Digest of the imported row: equal means nothing to write.")
    extra = models.JSONField(default=dict, blank=True, help_text="Columns of the source that have no figure here, as they were given.")
    version = models.PositiveIntegerField(default=1)

    objects = AreaQuerySet.as_manager()

    class Meta:
        constraints = [
            CheckConstraint(name="area_has_a_code_and_a_name", condition=~Q(code="") & ~Q(name="")),
            CheckConstraint(
                name="area_centre_on_earth_or_unknown",
                # all_or_none beside the range: a comparison with NULL is neither true nor false, and a CHECK lets it pass.
                condition=all_or_none("latitude", "longitude")
                & (Q(latitude__isnull=True) | Q(latitude__range=(-90, 90), longitude__range=(-180, 180))),
            ),
            CheckConstraint(
                name="area_box_whole_and_on_earth",
                condition=all_or_none("west", "south", "east", "north")
                & (Q(west__isnull=True) | Q(west__gte=-180, west__lte=F("east"), east__lte=180))
                & (Q(south__isnull=True) | Q(south__gte=-90, south__lte=F("north"), north__lte=90)),
            ),
        ]
        # The list of areas, and the areas of one region, in the order people read them.
        indexes = [
            Index(name="area_by_name", fields=["name", "id"]),
            Index(name="area_by_region", fields=["region", "name", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.region}" if self.region else self.name


class AreaFigure(models.Model):
    """One figure of an area, as need or supply: with its range where the source gives one, and always with source and years."""

    area = models.ForeignKey(Area, on_delete=models.CASCADE, related_name="figures")
    figure = models.SlugField(max_length=40, help_text="Code of `imports/area_columns.csv`, which has its unit.")
    value = models.FloatField()
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    source = models.CharField(max_length=120)
    years = models.CharField(max_length=40)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["area", "figure"], name="area_figure_once"),
            CheckConstraint(name="area_figure_finite_and_never_negative", condition=Q(value__range=(0, LARGEST))),
            CheckConstraint(name="area_figure_range_whole", condition=all_or_none("low", "high")),
            CheckConstraint(
                name="area_figure_within_its_range",
                condition=Q(low__isnull=True) | Q(low__gte=0, low__lte=F("value"), high__gte=F("value"), high__lte=LARGEST),
            ),
            CheckConstraint(name="area_figure_says_source_and_years", condition=~Q(source="") & ~Q(years="") & ~Q(figure="")),
        ]
        # One figure of all areas: a column of the report.
        indexes = [Index(name="area_figure_by_code", fields=["figure", "area"])]

    def __str__(self) -> str:
        return f"{self.figure} {self.value}"


class AreaMap(models.Model):
    """The shapes of all areas, drawn coarse for a map and packed, made once after each import: one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    digest = models.CharField(max_length=32, help_text="Of the body: its strong tag.")
    body = models.BinaryField(help_text="A GeoJSON FeatureCollection, packed by gzip.")

    class Meta:
        constraints = [CheckConstraint(name="area_map_is_one", condition=Q(id=1))]

    def __str__(self) -> str:
        return self.digest


class Revision(models.Model):
    """One of 64 counters whose sum names a state of the network's facts: with a single one every writer would wait for all others."""

    stripe = models.PositiveSmallIntegerField(primary_key=True)
    n = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [CheckConstraint(name="revision_stripe_known", condition=Q(stripe__range=(0, STRIPES - 1)))]

    def __str__(self) -> str:
        return f"{self.stripe}: {self.n}"
