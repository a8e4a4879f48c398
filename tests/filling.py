"""Sent referrals between the organisations of a test's town or site, by the thousand: written in bulk, as a past is."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from network.accounts.models import Membership
from network.core.actor import Role
from network.core.clock import now
from network.demo import region
from network.demo.history import Writer
from network.demo.stories import Candidate, Step, Story
from network.partners.models import Service


class Filling:
    """Collects what is sent; `write` puts it into the database by one transaction."""

    def __init__(self, seed: int = 1) -> None:
        service = dict(Service.objects.values_list("organization", "pk"))
        rows = Membership.objects.filter(role=Role.CASEWORKER).values_list("organization__name", "organization", "user")
        self.able = {name: Candidate(pk, service[pk], user) for name, pk, user in rows}
        self.place = region.place("Northside")
        self.writer = Writer.make(Random(seed), [each.organization for each in self.able.values()])

    def send(
        self, sender: str, *to: str, at: datetime, code: str, urgency: str, strategy: str = "direct", accepted: bool = False
    ) -> None:  # fmt: skip
        """The first of `to` says yes a minute after where it is accepted."""
        by, asks = self.able[sender], tuple(self.able[name] for name in to)
        person = self.writer.person(
            organization=by.organization, author=by.worker, at=at, code_name=code, name="Somebody", languages=[]
        )  # fmt: skip
        steps = [Step(at, "send", "sender", asks=asks, strategy=strategy)]
        if accepted:
            steps.append(Step(at + timedelta(minutes=1), "accept", "receiver", 0))
        self.writer.story(Story(at, by.organization, by.worker, person, "housing-support", urgency, self.place.pk, (), asks, tuple(steps)))

    def contest(self, rounds: int) -> None:
        """Referrals of Quayside for which Harbour and Eastfield are both asked, and of whom one can say yes; written."""
        at = now() - timedelta(minutes=5)
        for number in range(rounds):
            self.send("Quayside", "Harbour", "Eastfield", at=at, code=f"C{number}", urgency="soon", strategy="broadcast")
        self.write()

    def write(self) -> None:
        self.writer.flush()


def harbour_was_asked(count: int, start: int = 0, *, every_second_accepted: bool = False) -> None:
    """So many referrals of Quayside Advice to Harbour House, for lists that shall be long."""
    filling = Filling(1 + start)  # its ids are made of this
    for number in range(start, start + count):
        accepted = every_second_accepted and number % 2 == 1
        filling.send(
            "Quayside Advice", "Harbour House", at=now() - timedelta(minutes=5), code=f"P{number}", urgency="soon", accepted=accepted
        )
    filling.write()
