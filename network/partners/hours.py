"""Reads when organisations are open, and in which time they answer, for the pure rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from .models import AnswerTime, Holiday, Organization, Schedule
from .rules import DAYS, OFFICE_WEEK, Hours, OpeningHours


def hours_of(organizations: Iterable[UUID]) -> dict[UUID, OpeningHours]:
    """Opening hours of each organisation, by three queries. Without a schedule, Monday to Friday 09:00 to 17:00."""
    wanted = set(organizations)
    zones = dict(Organization.objects.filter(pk__in=wanted).values_list("pk", "time_zone"))
    weekly = _weekly(wanted, "organization")
    holidays = _holidays(wanted)
    return {pk: OpeningHours(zone, weekly.get(pk) or OFFICE_WEEK, holidays[pk]) for pk, zone in zones.items()}


def stated_hours(services: Iterable[tuple[UUID, UUID, str]]) -> dict[UUID, OpeningHours]:
    """Opening hours of services (id, organisation, its time zone) that have said them, else of their organisations; by three queries.

    Where neither has said, there is no entry: an assumption is no reason to send somebody there.
    """
    rows = list(services)
    own = _weekly({pk for pk, _, _ in rows}, "service")
    organizations = {organization for _, organization, _ in rows}
    theirs, holidays = _weekly(organizations, "organization"), _holidays(organizations)
    weekly = {pk: own.get(pk) or theirs.get(organization) for pk, organization, _ in rows}
    return {pk: OpeningHours(zone, week, holidays[organization]) for pk, organization, zone in rows if (week := weekly[pk])}


def _holidays(organizations: set[UUID]) -> dict[UUID, dict[date, Hours]]:
    found: dict[UUID, dict[date, Hours]] = defaultdict(dict)
    rows = Holiday.objects.filter(organization__in=organizations)
    for pk, on, opens, closes in rows.values_list("organization", "on", "opens_at", "closes_at"):
        found[pk][on] = ((opens, closes),) if opens and closes else ()
    return found


def _weekly(wanted: set[UUID], owner: str) -> dict[UUID, dict[int, Hours]]:
    rows = Schedule.objects.filter(**{f"{owner}__in": wanted}, opens_at__isnull=False, closes_at__isnull=False)
    found: dict[UUID, dict[int, Hours]] = defaultdict(dict)
    for pk, byday, opens, closes in rows.values_list(owner, "byday", "opens_at", "closes_at"):
        if pk is None or opens is None or closes is None:
            continue
        for code in byday.split(","):
            if code in DAYS:
                day = DAYS.index(code)
                found[pk][day] = (*found[pk].get(day, ()), (opens, closes))
    return dict(found)


def answer_times(organizations: Iterable[UUID]) -> dict[UUID, dict[str, tuple[int, str]]]:
    """The organisations' own times to answer, urgency to amount and pace, by one query; without an entry, the network's."""
    found: dict[UUID, dict[str, tuple[int, str]]] = defaultdict(dict)
    rows = AnswerTime.objects.filter(organization__in=set(organizations))
    for pk, urgency, amount, pace in rows.values_list("organization", "urgency", "amount", "pace"):
        found[pk][urgency] = (amount, pace)
    return dict(found)
