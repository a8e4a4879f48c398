"""Open hours and working days of an organisation, in its own time zone. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Hours = tuple[tuple[time, time], ...]
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
OFFICE: Hours = ((time(9), time(17)),)
# What counts where an organisation has not said when it is open.
OFFICE_WEEK: Mapping[int, Hours] = dict.fromkeys(range(5), OFFICE)
HORIZON = 400  # days looked ahead; an organisation without any open hour in a year answers by the clock instead


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """When an organisation is open: by weekday (0 = Monday), with holidays that replace a day's hours."""

    time_zone: str = "UTC"
    weekly: Mapping[int, Hours] = field(default_factory=lambda: OFFICE_WEEK)
    holidays: Mapping[date, Hours] = field(default_factory=dict)

    def on(self, day: date) -> Hours:
        return self.holidays.get(day, self.weekly.get(day.weekday(), ()))

    def is_open(self, at: datetime) -> bool:
        here = at.astimezone(ZoneInfo(self.time_zone))
        return any(opens <= here.time() < closes for opens, closes in self.on(here.date()))

    def opens_after(self, at: datetime) -> datetime | None:
        """When it opens next, where it is closed now; None where it is open, or never is."""
        begin = next((begin for begin, _ in self.spans(at)), None)
        return begin if begin is not None and begin > at else None

    def spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Open stretches from `start` on, in UTC; hours that daylight saving takes or gives are real hours."""
        zone = ZoneInfo(self.time_zone)
        first = start.astimezone(zone).date()
        for offset in range(HORIZON):
            day = first + timedelta(days=offset)
            for opens, closes in sorted(self.on(day)):
                begin = max(datetime.combine(day, opens, zone).astimezone(UTC), start)
                end = datetime.combine(day, closes, zone).astimezone(UTC)
                if begin < end:
                    yield begin, end

    def add_open_time(self, start: datetime, amount: timedelta) -> datetime:
        """The moment by which it will have been open for `amount` since `start`."""
        left = amount
        for begin, end in self.spans(start):
            if end - begin >= left:
                return begin + left
            left -= end - begin
        return start + amount

    def add_working_days(self, start: datetime, days: int) -> datetime:
        """The close of the `days`-th working day after the one in which `start` falls, or from which it is counted."""
        zone = ZoneInfo(self.time_zone)
        day, left = start.astimezone(zone).date(), days
        for _ in range(HORIZON):
            day += timedelta(days=1)
            if hours := self.on(day):
                left -= 1
                if left == 0:
                    return datetime.combine(day, max(closes for _, closes in hours), zone).astimezone(UTC)
        return start + timedelta(days=days)


def weekly_of(rows: Iterable[Any]) -> dict[int, Hours]:
    """Hours by weekday from `{"byday": "MO,TU", "opens_at": "09:00", "closes_at": "21:00"}`; ValueError says what is wrong.

    Hours that pass midnight are two rows; 24:00 is written 23:59.
    """
    found: dict[int, Hours] = {}
    for row in rows:
        if not isinstance(row, Mapping) or set(row) != {"byday", "opens_at", "closes_at"}:
            raise ValueError("each entry has byday, opens_at and closes_at")
        opens, closes = time.fromisoformat(str(row["opens_at"])), time.fromisoformat(str(row["closes_at"]))
        if opens >= closes:
            raise ValueError("it closes after it opens")
        for code in str(row["byday"]).split(","):
            if code not in DAYS:
                raise ValueError(f"days are {', '.join(DAYS)}")
            day = DAYS.index(code)
            found[day] = (*found.get(day, ()), (opens, closes))
    return found
