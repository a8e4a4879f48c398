"""Crisis lines are written ahead, region by region: what shows them must work while the database does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.conf import settings
from django.db import transaction

from .models import CrisisLine

Writer = Callable[[str, Sequence[CrisisLine]], None]
WRITERS: list[Writer] = []


def register_writer(writer: Writer) -> None:
    """Be given the lines of each region whenever they are read anew; a page registers so, as nothing below knows of pages."""
    WRITERS.append(writer)


def write_all() -> None:
    """Read the lines once and have them written: at the start of each process, each minute, and whenever one changes."""
    rows = list(CrisisLine.objects.filter(region__in=settings.REGIONS).order_by("position", "name"))
    for region in settings.REGIONS:
        for writer in WRITERS:
            writer(region, [row for row in rows if row.region == region])


def write_soon() -> None:
    """Once the change stands; a full disk must not undo it."""
    transaction.on_commit(write_all, robust=True)
