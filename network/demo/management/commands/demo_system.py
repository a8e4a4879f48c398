"""Connect a partner system to an organisation of the demo region, to try the API with."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from network.accounts.actions import create_application
from network.accounts.models import User
from network.core.actor import Actor, ActorKind, Role
from network.partners.models import Organization

SCOPES = frozenset({"directory.read", "directory.write", "referrals.read", "referrals.write", "identity.read", "events.all"})


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", help="name of the organisation")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Only for the demo region. An admin connects systems by POST /api/v1/applications.")
        row = Organization.objects.filter(name=options["organization"]).first()
        user = User.objects.filter(is_demo=True, memberships__organization=row).first()
        if row is None or user is None:
            raise CommandError("There is no organisation of this name in the demo region.")
        by = Actor(kind=ActorKind.PERSON, id=user.pk, organization=row.pk, roles=frozenset({(row.pk, Role.ADMIN)}))
        application, secret = create_application(by=by, name="Trial system", scopes=SCOPES)
        self.stdout.write(f"{application.client_id}:{secret}")
