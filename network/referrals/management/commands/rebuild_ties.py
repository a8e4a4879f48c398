"""Count ties and demand again from the referrals: after rows came in bulk, or places were joined to areas."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from network.referrals.models import DemandDay, Tie, TieDay
from network.referrals.recount import rebuild


class Command(BaseCommand):
    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        rebuild()
        self.stdout.write(f"{Tie.objects.count()} ties, {TieDay.objects.count()} days of ties, {DemandDay.objects.count()} days of demand")
