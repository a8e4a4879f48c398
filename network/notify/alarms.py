"""Calls of responders: read from the log like all news, but told at once, to the one who is alerted, in quiet hours as well."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from network.core.models import Event
from network.referrals.models import Alarm, Alert

from .models import Ring

CALLS = frozenset({"alarm.raised", "alarm.stepped", "alarm.handing"})
STALE_AFTER = timedelta(hours=1)  # an alarm that still rings has stepped on by then


def call_by(rows: Iterable[Event], at: datetime) -> None:
    """Write a call for everybody whom a page of a log alerts."""
    fresh = [row for row in rows if row.kind in CALLS and row.at > at - STALE_AFTER]
    if not fresh:
        return
    alarms = Alarm.objects.in_bulk({_alarm_of(row) for row in fresh})
    alerted: dict[tuple[UUID, datetime], UUID] = {
        (alarm, when): user for alarm, when, user in Alert.objects.filter(alarm__in=alarms).values_list("alarm", "at", "user")
    }
    rings = [
        Ring(alarm=alarm, user_id=user, fact=row.fact, made_at=at, due_at=at)
        for row in fresh
        if (alarm := alarms.get(_alarm_of(row))) and (user := _called(row, alarm, alerted))
    ]
    Ring.objects.bulk_create(rings, ignore_conflicts=True)


def _alarm_of(row: Event) -> UUID:
    return UUID(row.subject.partition("/")[2])


def _called(row: Event, alarm: Alarm, alerted: dict[tuple[UUID, datetime], UUID]) -> UUID | None:
    return alarm.handing_to_id if row.kind == "alarm.handing" else alerted.get((alarm.pk, row.at))


def still_calls(rings: Sequence[Ring]) -> list[Ring]:
    """Those whose alarm still rings, or whose user is still asked to take over."""
    return [ring for ring in rings if ring.alarm.is_ringing or ring.alarm.handing_to_id == ring.user_id]
