"""A move with everything that was said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from network.core.actor import Actor, ActorKind
from network.core.events import Fact

from ..lifecycle import Move, Side
from ..models import (
    Offer,
    ReasonCode,
)
from .case import Standing
from .said import Said


@dataclass(frozen=True, slots=True)
class Told:
    """A move with everything that was said of it."""

    rule: Move
    standing: Standing
    side: Side
    by: Actor
    said: Said
    reason: ReasonCode | None
    offer: Offer | None
    more: list[Fact] = field(default_factory=list)  # what the move tells besides itself

    @property
    def verb(self) -> str:
        return self.rule.verb

    def the_offer(self) -> Offer:
        if self.offer is None:
            raise AssertionError("this verb lies on an offer")
        return self.offer


Effect = Callable[[Told], None]


def person_of(told: Told) -> UUID | None:
    return told.by.id if told.by.kind is ActorKind.PERSON else None
