"""Whether it is safe to reach a person this way, now. Pure; what is not known to be safe is a no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class Way:
    """One channel: allowed or never, and whether a message may be left."""

    rule: str
    may_leave_message: bool | None = None


@dataclass(frozen=True, slots=True)
class Safe:
    """A safe contact as this rule sees it."""

    ways: Mapping[str, Way]
    through_keeper: bool
    time_zone: str = "UTC"
    opens_at: time | None = None
    closes_at: time | None = None
    weekdays: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to contact once; every sender takes one, and only `may_contact` builds it."""

    channel: str
    purpose: str
    at: datetime
    may_leave_message: bool


@dataclass(frozen=True, slots=True)
class No:
    """Why not."""

    reason: str


def may_contact(  # noqa: PLR0911 - each return is one rule, the strongest first
    safe: Safe | None, channel: str, purpose: str, at: datetime, *, leaves_message: bool
) -> Permit | No:
    """A Permit, or the reason why not. The never-list beats all, urgency and consent too."""
    if safe is None:
        return No("nothing is known about how to reach the person safely")
    way = safe.ways.get(channel)
    if way is not None and way.rule == "never":
        return No("never by this way")
    if safe.through_keeper:
        return No("only through the organisation that keeps the record")
    if way is None:
        return No("not known to be safe")
    if leaves_message and not way.may_leave_message:
        return No("no message may be left")
    if not within_hours(safe, at):
        return No("not at this time")
    return Permit(channel, purpose, at, bool(way.may_leave_message))


def within_hours(safe: Safe, at: datetime) -> bool:
    """Whether `at` lies in the person's own hours and days; hours that pass midnight are meant."""
    here = at.astimezone(ZoneInfo(safe.time_zone))
    if safe.weekdays and DAYS[here.weekday()] not in safe.weekdays:
        return False
    if safe.opens_at is None or safe.closes_at is None:
        return True
    if safe.opens_at <= safe.closes_at:
        return safe.opens_at <= here.time() < safe.closes_at
    return here.time() >= safe.opens_at or here.time() < safe.closes_at
