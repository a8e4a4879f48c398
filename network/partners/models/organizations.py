"""Partner organisations, and which of them are on the network."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import CheckConstraint, Exists, Index, OuterRef, Q, UniqueConstraint

from network.accounts.models import Application, Membership
from network.core.actor import Actor

from .origin import Sourced, random_number


class OrganizationQuerySet(models.QuerySet["Organization"]):
    """Reads of organisations."""

    def visible_to(self, actor: Actor) -> Self:
        """The public directory: all that are active, and one's own."""
        return self.filter(Q(is_active=True) | Q(pk__in=actor.organizations))

    def with_network(self) -> Self:
        """Adds `on_network`: has an active member or application, so it can be asked."""
        members = Membership.objects.active().filter(organization=OuterRef("pk"))
        systems = Application.objects.filter(organization=OuterRef("pk"), revoked_at__isnull=True)
        return self.annotate(on_network=Exists(members) | Exists(systems))

    def on_the_network(self, *, yes: bool = True) -> Self:
        return self.with_network().filter(on_network=yes)


class Organization(Sourced):  # type: ignore[django-manager-missing]  # the OAuth toolkit ships no types
    """An organisation of the directory; on the network once somebody of it signs in or a system of it is connected."""

    number = models.BigIntegerField(unique=True, default=random_number, editable=False)
    name = models.CharField(max_length=300)
    alternate_name = models.CharField(max_length=300, blank=True)
    description = models.TextField(blank=True)
    email = models.EmailField(blank=True)
    website = models.URLField(max_length=500, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC", help_text="IANA name; open hours and working days are counted in it.")
    is_active = models.BooleanField(default=True)
    is_convening = models.BooleanField(default=False, help_text="Its coordinators run the network; one an installation.")
    is_victim_service = models.BooleanField(default=False, help_text="Keeps code names only (34 USC 12291(b)(2)).")
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        constraints = [
            *Sourced.Meta.constraints,
            UniqueConstraint(fields=["is_convening"], condition=Q(is_convening=True), name="organization_one_convenes"),
            CheckConstraint(name="organization_has_a_name", condition=~Q(name="")),
        ]
        # The directory's list, in the order people read it.
        indexes = [Index(name="organization_by_name", fields=["name", "id"])]

    def __str__(self) -> str:
        return self.name
