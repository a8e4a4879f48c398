"""Load the demo region into an empty database."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from network.accounts.models import User
from network.demo.load import REFERRALS, load
from network.demo.sign_ins import demo_password
from network.graph.compute import first_report
from network.partners.models import Organization
from network.referrals.models import Referral


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--referrals", type=int, default=REFERRALS)
        parser.add_argument("--if-empty", action="store_true", help="do nothing where there are organisations already")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo region is for DEBUG alone: its sign-ins would let strangers into a real network.")
        if Organization.objects.exists():
            if options["if_empty"] and (User.objects.filter(is_demo=True).exists() or not Referral.objects.exists()):
                return
            raise CommandError("The database is not empty. Point DATABASE_URL or VAR_DIR at another.")
        begun = time.monotonic()
        load(password=demo_password(), referrals=options["referrals"])
        self.stdout.write(f"Demo region: {Organization.objects.count()} organisations, {Referral.objects.count()} referrals "
                          f"in {time.monotonic() - begun:.1f} s")  # fmt: skip
        if first_report():
            self.stdout.write("Gap report: computed")
