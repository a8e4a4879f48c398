"""Who is alarmed about a crisis that nobody has answered, who is alerted next, and when nobody would be there. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from .lifecycle import At, Business, Status
from .strategies import Candidate

STEP_MINUTES = 5  # an organisation may choose another number
DRILL_LASTS = timedelta(hours=1)
LOOK_AHEAD = timedelta(days=14)  # for hours in which nobody is on call


QUICK_ROUNDS, SLOWER = 3, 6  # who was called three times hears of it less often, and coordinators have long been shown it


def step_after(minutes: int, round_number: int) -> timedelta:
    """How long the one who is alerted has, before the next is."""
    return timedelta(minutes=minutes if round_number <= QUICK_ROUNDS else SLOWER * minutes)


@dataclass(frozen=True, slots=True)
class Cause:
    """An organisation that must be alarmed, and the offer of its that is late; None: it sent the referral, and nobody else is left."""

    organization: UUID
    offer: UUID | None = None


def causes(urgency: str, at: At, sender: UUID, offers: Iterable[Candidate]) -> frozenset[Cause]:
    """Every alarm that must stand while a referral stands like this.

    Whoever let a crisis wait is alarmed until the referral is answered or their offer is over; its sender is, while nobody is
    asked who still has time. So an escalated crisis always has somebody who is alarmed or somebody whose clock runs.
    """
    if urgency != "crisis" or at.status is not Status.REQUESTED:
        return frozenset()
    asked = [offer for offer in offers if offer.status == Status.REQUESTED]
    found = {Cause(offer.organization, offer.id) for offer in asked if offer.is_late and offer.organization is not None}
    if at.business is Business.ESCALATED and all(offer.is_late for offer in asked):
        found.add(Cause(sender))
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Chain:
    """Who answers a crisis in an organisation: those on call now, then the named responders; the team where nobody is named."""

    on_call: tuple[UUID, ...] = ()
    named: tuple[UUID, ...] = ()
    team: tuple[UUID, ...] = ()

    @property
    def order(self) -> list[UUID]:
        return list(dict.fromkeys([*self.on_call, *self.named])) or list(self.team)

    def following(self, alerted: Collection[UUID]) -> tuple[UUID | None, bool]:
        """Whom to alert next, and whether that begins a new round, as all were alerted; None where nobody works there."""
        order = self.order
        left = [user for user in order if user not in alerted]
        return (left[0], False) if left else (order[0] if order else None, True)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time."""

    begins: datetime
    ends: datetime


def uncovered(watches: Iterable[Span], start: datetime, until: datetime) -> list[Span]:
    """The stretches from `start` to `until` in which nobody is on call."""
    gaps, covered_to = [], start
    for watch in sorted(watches, key=lambda span: (span.begins, span.ends)):
        if watch.begins >= until:
            break
        if watch.begins > covered_to:
            gaps.append(Span(covered_to, watch.begins))
        covered_to = max(covered_to, watch.ends)
    return [*gaps, Span(covered_to, until)] if covered_to < until else gaps


def overlapping(watches: Sequence[Span]) -> list[Span]:
    """The stretches in which more than one is on call, each once, in order."""
    edges = sorted([(span.begins, 1) for span in watches] + [(span.ends, -1) for span in watches])
    found: list[Span] = []
    depth, begun = 0, None
    for at, step in edges:
        depth += step
        if (depth, step) == (2, 1):
            begun = at
        elif (depth, step) == (1, -1) and begun is not None and begun < at:
            if found and found[-1].ends == begun:
                begun = found.pop().begins
            found.append(Span(begun, at))
    return found
