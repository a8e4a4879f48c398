"""How many mails a month of the demo region's traffic gives a caseworker: `python -m bench.notices` over a loaded demo.

Each log is read in the order of time by the same code that reads it live, event by event, with everybody's choices at their
defaults; a mail is sent when the same rules say so. Two readers are played: one who never opens anything until the next morning
at eight, and one who opens what a mail told of after ten minutes.
"""

from __future__ import annotations

import os
import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "network.settings")
DAYS = 30


@dataclass(slots=True)
class Reader:
    """One caseworker's post: what is unread, what waits, and when the last mail came."""

    zone: str
    opens_after: timedelta
    unread: dict[tuple[UUID, str], bool] = field(default_factory=dict)  # and whether a mail told of it
    due: list[tuple[datetime, tuple[UUID, str]]] = field(default_factory=list)
    last: datetime | None = None
    opened_at: datetime | None = None
    mails: Counter[str] = field(default_factory=Counter)

    def hear(self, key: tuple[UUID, str], at: datetime, due: datetime | None) -> None:
        self.pass_time(at)
        if key not in self.unread:
            self.unread[key] = False
            if due is not None:
                self.due.append((due, key))

    def pass_time(self, upto: datetime) -> None:
        from network.notify.tasks import MAIL_EVERY, UNOPENED_EVERY

        while self.due:
            self.due.sort()
            at = self.due[0][0]
            if self.last is not None:
                at = max(at, self.last + (UNOPENED_EVERY if any(self.unread.values()) else MAIL_EVERY))
            if self.opened_at is not None and self.opened_at <= min(at, upto):
                self.open()
                continue
            if at > upto:
                return
            told = [key for due, key in self.due if due <= at]
            self.due = [(due, key) for due, key in self.due if due > at]
            for key in told:
                self.unread[key] = True
            self.last, self.opened_at = at, self.opened_at or at + self.opens_after
            self.mails[at.date().isoformat()] += 1
        if self.opened_at is not None and self.opened_at <= upto:
            self.open()

    def open(self) -> None:
        """Signs in and reads everything; what was read needs no mail."""
        self.unread, self.due, self.opened_at = {}, [], None


def measure(opens_after: timedelta) -> tuple[list[int], int, int]:
    """Mails a day of each caseworker who was told of anything, news, and events that were read."""
    from network.accounts.models import Membership
    from network.core.actor import Role
    from network.core.clock import now
    from network.core.models import Event
    from network.notify import news
    from network.notify.models import Preference
    from network.notify.topics import due

    begin = now() - timedelta(days=DAYS)
    caseworkers = Membership.objects.active().filter(role=Role.CASEWORKER).values_list("user", "organization", "organization__time_zone")
    readers = {user: Reader(zone, opens_after) for user, _, zone in caseworkers}
    heard = read = 0
    by_organization: dict[UUID, list[Event]] = defaultdict(list)
    for event in Event.objects.filter(at__gte=begin).order_by("at", "seq").iterator(2000):
        by_organization[event.organization_id].append(event)
    for organization, events in by_organization.items():
        read += len(events)
        page = news.News.of(organization, events, begin)
        for each in page.told:
            for user in page.recipients(each):
                if user in readers:
                    heard += 1
                    preference = page.preferences.get(user) or Preference(user_id=user)
                    habits = preference.habits(page.zone)
                    at = due(preference.when(each.topic), habits, each.event.at, timedelta(seconds=10), is_crisis=page.is_crisis(each))
                    readers[user].hear((each.referral.pk, each.topic), each.event.at, at)
    days = []
    for reader in readers.values():
        reader.pass_time(now() + timedelta(days=2))
        if reader.mails:
            days += [reader.mails.get((begin + timedelta(days=n)).date().isoformat(), 0) for n in range(1, DAYS)]
    return days, heard, read


def main() -> None:
    django.setup()
    for words, opens_after in (("opened after ten minutes", timedelta(minutes=10)), ("opened the next day", timedelta(hours=24))):
        days, heard, read = measure(opens_after)
        days.sort()
        p95 = days[int(len(days) * 0.95)] if days else 0
        print(
            f"{words}: {read} events, {heard} pieces of news, {sum(days)} mails; a caseworker's day has"
            f" {statistics.mean(days):.2f} on average, {p95} at the 95th percentile, {days[-1]} at most"
        )


if __name__ == "__main__":
    main()
