"""Writes of the gap report: wanted, begun, finished or given up. Facts about people are never written here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from network.core.actor import CLOCK
from network.core.clock import now
from network.core.events import Fact, record
from network.partners.models import Organization

from .assumptions import CHANGEABLE
from .gaps import Settings
from .models import GapReport, State

STANDARD = "standard"
KEPT = 5  # of the newest reports, besides the last one of each month
DEADLINE = timedelta(minutes=5)


def settings_of(changed: Mapping[str, Any]) -> Settings:
    """The standard settings with what was changed."""
    triples: dict[str, Any] = {name: tuple(float(value) for value in changed[name]) for name in CHANGEABLE if name in changed}
    return replace(Settings(), **triples)


def differences(settings: Settings) -> dict[str, list[float]]:
    """What differs from the standard settings."""
    standard = asdict(Settings())
    return {name: list(value) for name, value in asdict(settings).items() if name in CHANGEABLE and value != standard[name]}


def key_of(settings: Settings) -> str:
    """A short name for a set of settings."""
    changed = differences(settings)
    if not changed:
        return STANDARD
    return hashlib.blake2b(json.dumps(changed, sort_keys=True).encode(), digest_size=12).hexdigest()


def want(settings: Settings) -> GapReport:
    """Ask for a report of the present state. One that already waits will see it, so there is never a second."""
    from .tasks import compute

    key = key_of(settings)
    with transaction.atomic():
        row, made = GapReport.objects.get_or_create(
            settings_key=key, state=State.WANTED, defaults={"settings": differences(settings), "wanted_at": now()}
        )
        if made:
            compute.enqueue(str(row.pk))
    return row


def begin(pk: UUID) -> GapReport | None:
    """Take a waiting report to compute it; None if it is taken, or if one with the same settings runs."""
    try:
        with transaction.atomic():
            if not GapReport.objects.filter(pk=pk, state=State.WANTED).update(state=State.RUNNING, started_at=now()):
                return None
    except IntegrityError:
        return None
    return GapReport.objects.get(pk=pk)


@transaction.atomic
def finish(report: GapReport, *, body: Mapping[str, Any], revision: int) -> None:
    """Keep what was computed, let old reports go, and tell the coordinators that there is something new."""
    done = GapReport.objects.filter(pk=report.pk, state=State.RUNNING)
    if not done.update(state=State.READY, ready_at=now(), body=body, revision=revision):
        return
    _let_go(report.settings_key)
    convening = Organization.objects.filter(is_convening=True).values_list("pk", flat=True).first()
    if convening is not None:
        record(Fact("graph.report", f"report/{report.pk}", frozenset({convening})), by=CLOCK)


def give_up(pk: UUID, failure: str) -> None:
    """A report that could not be computed; readers keep the last one that could."""
    GapReport.objects.filter(pk=pk, state=State.RUNNING).update(state=State.FAILED, failure=failure)


def _let_go(key: str) -> None:
    """Keep the newest few, and of the standard ones the last of each month; failures of other days go."""
    ready = list(GapReport.objects.filter(settings_key=key, state=State.READY).order_by("-ready_at").values_list("pk", "ready_at"))
    last_of_month = {(at.year, at.month): pk for pk, at in reversed(ready) if at is not None} if key == STANDARD else {}
    kept = {pk for pk, _ in ready[:KEPT]} | set(last_of_month.values())
    GapReport.objects.filter(pk__in=[pk for pk, _ in ready if pk not in kept]).delete()
    GapReport.objects.filter(state=State.FAILED, wanted_at__lt=now() - timedelta(days=1)).delete()


assert set(CHANGEABLE) <= {field.name for field in fields(Settings)}
