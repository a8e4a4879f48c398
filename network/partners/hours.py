"""Reads when organisations are open, and in which time they answer, for the pure rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from .models import AnswerTime, Holiday, Organization, Schedule
from .rules import OFFICE_WEEK, Hours, OpeningHours

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def hours_of(organizations: Iterable[UUID]) -> dict[UUID, OpeningHours]:
    """Opening hours of each organisation, by three queries. Without a schedule, Monday to Friday 09:00 to 17:00."""
    wanted = set(organizations)
    zones = dict(Organization.objects.filter(pk__in=wanted).values_list("pk", "time_zone"))
    weekly = _weekly(wanted)
    holidays: dict[UUID, dict[object, Hours]] = defaultdict(dict)
    for pk, on, opens, closes in Holiday.objects.filter(organization__in=wanted).values_list("organization", "on", "opens_at", "closes_at"):
        holidays[pk][on] = ((opens, closes),) if opens and closes else ()
    return {
        pk: OpeningHours(zone, weekly.get(pk) or OFFICE_WEEK, dict(holidays[pk]))  # type: ignore[arg-type]
        for pk, zone in zones.items()
    }


def _weekly(wanted: set[UUID]) -> dict[UUID, dict[int, Hours]]:
    rows = Schedule.objects.filter(organization__in=wanted, opens_at__isnull=False, closes_at__isnull=False)
    found: dict[UUID, dict[int, Hours]] = defaultdict(dict)
    for pk, byday, opens, closes in rows.values_list("organization", "byday", "opens_at", "closes_at"):
        if pk is None or opens is None or closes is None:
            continue
        for code in byday.split(","):
            if code in DAYS:
                day = DAYS.index(code)
                found[pk][day] = (*found[pk].get(day, ()), (opens, closes))
    return dict(found)


def answer_times(organization: UUID) -> dict[str, tuple[int, str]]:
    """The organisation's own times to answer: urgency to amount and pace."""
    rows = AnswerTime.objects.filter(organization=organization).values_list("urgency", "amount", "pace")
    return {urgency: (amount, pace) for urgency, amount, pace in rows}
