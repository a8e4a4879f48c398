"""Who is away from an organisation, since when, and who stands in for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .models import Absence


@dataclass(frozen=True, slots=True)
class Away:
    """A member who is away now."""

    user: UUID
    cover: UUID | None
    since: datetime  # what they claimed before this passes on
    until: date  # the last day away


def zone_named(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def is_on(begins_on: date, ends_on: date, zone: str, at: datetime) -> bool:
    """Whether the day that `at` falls on in `zone` is one of those named, the last included."""
    return begins_on <= at.astimezone(zone_named(zone)).date() <= ends_on


def away_at(organizations: Iterable[UUID] | None, at: datetime) -> dict[UUID, dict[UUID, Away]]:
    """Members who are away at `at`, by organisation and user; None: of all organisations. One query."""
    rows = Absence.objects.around(at).with_cover()
    if organizations is not None:
        rows = rows.filter(organization__in=set(organizations))
    found: dict[UUID, dict[UUID, Away]] = {}
    for row in rows:
        if is_on(row.begins_on, row.ends_on, row.organization.time_zone, at):
            begun = datetime.combine(row.begins_on, time(), zone_named(row.organization.time_zone)).astimezone(UTC)
            away = Away(row.user_id, row.cover_id if row.is_covered else None, max(begun, row.made_at), row.ends_on)
            found.setdefault(row.organization_id, {})[row.user_id] = away
    return found


def stand_in(user: UUID, away: Mapping[UUID, Away]) -> UUID | None:
    """Who acts for `user`; None: the team.

    Themselves while they are here, else their cover. A cover who is away too passes it on to their own cover, once: where that
    one is away as well, or is the one whom it came from, it is the team's. So nothing goes in a circle, and nothing travels on to
    somebody whom the member never named or was named by.
    """
    if user not in away:
        return user
    first = away[user].cover
    if first is None or first not in away:
        return first
    second = away[first].cover
    return None if second in away else second
