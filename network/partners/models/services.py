"""What organisations offer, to whom, in which languages, where, and how many places there are."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, Exists, F, Index, OuterRef, Q, UniqueConstraint

from network.core.actor import Actor
from network.core.constraints import one_of

from .organizations import Organization
from .origin import Sourced, random_number
from .places import Location
from .terms import TaxonomyTerm


class ServiceStatus(models.TextChoices):
    """HSDS codes of a service's state."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DEFUNCT = "defunct"
    TEMPORARILY_CLOSED = "temporarily closed"


class ServiceQuerySet(models.QuerySet["Service"]):
    """Reads of services."""

    def visible_to(self, actor: Actor) -> Self:
        """The public directory: services in use, and one's own."""
        public = Q(status__in=[ServiceStatus.ACTIVE, ServiceStatus.TEMPORARILY_CLOSED], organization__is_active=True)
        return self.filter(public | Q(organization__in=actor.organizations))

    def can_be_asked_by(self, organization: uuid.UUID, on: date) -> Self:
        """Services that `organization` may offer a referral to: in use, of a partner on the network, open to it."""
        asked = Organization.objects.on_the_network().filter(is_active=True).exclude(pk=organization)
        found = self.filter(status=ServiceStatus.ACTIVE, organization__in=asked.values("pk"))
        return found.filter(Q(by_agreement_only=False) | _agreed(organization, on))

    def as_asked_by(self, organization: uuid.UUID, on: date) -> Self:
        """Adds `on_network` and `has_agreement` for those that `organization` may ask, and for those it may not."""
        network = Organization.objects.on_the_network().filter(pk=OuterRef("organization"))
        return self.annotate(on_network=Exists(network), has_agreement=_agreed(organization, on))


def _agreed(organization: uuid.UUID, on: date) -> Exists:
    """An agreement in force lets `organization` refer to the service in hand."""
    from .agreements import Agreement

    return Exists(
        Agreement.objects.in_force(on).filter(
            Q(service=OuterRef("pk")) | Q(service__isnull=True),
            from_organization=organization,
            to_organization=OuterRef("organization"),
        )
    )


class Service(Sourced):
    """One thing an organisation does for people; a referral's offer names one."""

    number = models.BigIntegerField(unique=True, default=random_number, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="services")
    name = models.CharField(max_length=300)
    alternate_name = models.CharField(max_length=300, blank=True)
    description = models.TextField(blank=True)
    url = models.URLField(max_length=500, blank=True)
    email = models.EmailField(blank=True)
    status = models.CharField(max_length=20, choices=ServiceStatus.choices, default=ServiceStatus.ACTIVE)
    application_process = models.TextField(blank=True, help_text="How to start, in the service's own words.")
    fees_description = models.TextField(blank=True)
    is_free = models.BooleanField(null=True, blank=True, help_text="Unknown where nobody has said.")
    minimum_age = models.PositiveSmallIntegerField(null=True, blank=True)
    maximum_age = models.PositiveSmallIntegerField(null=True, blank=True)
    eligibility_description = models.TextField(blank=True)
    interpretation_services = models.CharField(max_length=500, blank=True)
    alert = models.TextField(blank=True)
    takes_self_referrals = models.BooleanField(null=True, blank=True)
    by_agreement_only = models.BooleanField(default=False, help_text="Only organisations with an agreement in force may refer to it.")
    catchment_km = models.PositiveSmallIntegerField(null=True, blank=True)
    assured_on = models.DateField(null=True, blank=True, help_text="Last confirmed by the organisation.")
    terms: models.ManyToManyField[TaxonomyTerm, ServiceTerm] = models.ManyToManyField(
        TaxonomyTerm, through="ServiceTerm", related_name="services"
    )
    locations: models.ManyToManyField[Location, ServiceAtLocation] = models.ManyToManyField(
        Location, through="ServiceAtLocation", related_name="services"
    )
    version = models.PositiveIntegerField(default=1)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        constraints = [
            *Sourced.Meta.constraints,
            CheckConstraint(name="service_status_known", condition=one_of("status", ServiceStatus)),
            CheckConstraint(name="service_has_a_name", condition=~Q(name="")),
            CheckConstraint(
                name="service_ages_in_order",
                condition=Q(minimum_age__isnull=True) | Q(maximum_age__isnull=True) | Q(minimum_age__lte=F("maximum_age")),
            ),
        ]
        # The directory's search and the list of what an organisation offers.
        indexes = [
            Index(name="service_by_name", fields=["name", "id"]),
            Index(name="service_of_organization", fields=["organization", "status"]),
        ]

    def __str__(self) -> str:
        return self.name


class ServiceTerm(models.Model):
    """A term that describes a service: a need it meets, a population, an access feature."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="service_terms")
    term = models.ForeignKey(TaxonomyTerm, on_delete=models.PROTECT, related_name="service_terms")

    class Meta:
        constraints = [UniqueConstraint(fields=["service", "term"], name="service_term_once")]
        # From a need to the services that meet it.
        indexes = [Index(name="service_term_by_term", fields=["term", "service"])]

    def __str__(self) -> str:
        return str(self.pk)


class ServiceAtLocation(Sourced):
    """A service given at a location."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="at_locations")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="at_services")
    description = models.TextField(blank=True)

    class Meta:
        constraints = [
            *Sourced.Meta.constraints,
            UniqueConstraint(fields=["service", "location"], name="service_at_location_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Language(Sourced):
    """A language in which a service or a location works."""

    service = models.ForeignKey(Service, null=True, blank=True, on_delete=models.CASCADE, related_name="languages")
    location = models.ForeignKey(Location, null=True, blank=True, on_delete=models.CASCADE, related_name="languages")
    code = models.CharField(max_length=12, blank=True, help_text="BCP 47.")
    name = models.CharField(max_length=80, blank=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            *Sourced.Meta.constraints,
            CheckConstraint(
                name="language_of_one_thing",
                condition=Q(service__isnull=False, location__isnull=True) | Q(service__isnull=True, location__isnull=False),
            ),
            CheckConstraint(name="language_code_or_name", condition=~Q(code="", name="")),
        ]
        indexes = [Index(name="language_by_code", fields=["code", "service"])]

    def __str__(self) -> str:
        return self.code or self.name


class Phone(Sourced):
    """A published number of an organisation, service or location; never a person's."""

    organization = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.CASCADE, related_name="phones")
    service = models.ForeignKey(Service, null=True, blank=True, on_delete=models.CASCADE, related_name="phones")
    location = models.ForeignKey(Location, null=True, blank=True, on_delete=models.CASCADE, related_name="phones")
    number = models.CharField(max_length=60)
    extension = models.CharField(max_length=20, blank=True)
    type = models.CharField(max_length=20, blank=True)
    description = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            *Sourced.Meta.constraints,
            CheckConstraint(
                name="phone_of_something",
                condition=Q(organization__isnull=False) | Q(service__isnull=False) | Q(location__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Basis(models.TextChoices):
    """Where a capacity figure comes from."""

    STATED = "stated"
    INFERRED = "inferred"


class ServiceCapacity(models.Model):
    """How many places a service has for new people, as of a moment; the newest stated row is the present one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="capacities")
    available = models.PositiveIntegerField(help_text="Places free for new people.")
    maximum = models.PositiveIntegerField(null=True, blank=True)
    expected_wait_days = models.PositiveSmallIntegerField(null=True, blank=True)
    basis = models.CharField(max_length=10, choices=Basis.choices, default=Basis.STATED)
    as_of = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(name="capacity_basis_known", condition=one_of("basis", Basis)),
            CheckConstraint(
                name="capacity_available_within_maximum",
                condition=Q(maximum__isnull=True) | Q(available__lte=F("maximum")),
            ),
        ]
        indexes = [Index(name="capacity_newest", fields=["service", "-as_of"])]

    def __str__(self) -> str:
        return f"{self.available} as of {self.as_of}"
