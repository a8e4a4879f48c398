"""What a referral does after an offer ended: one pure function, NEXT of the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from .lifecycle import At, Business, Status


@dataclass(frozen=True, slots=True)
class Candidate:
    """An offer as this rule sees it."""

    id: UUID
    status: str
    business: str
    position: int
    holds: bool


@dataclass(frozen=True, slots=True)
class Next:
    """Where the referral stands now (None: as it was), and the queued offer to ask."""

    referral: At | None
    ask: UUID | None = None


def following(offers: Sequence[Candidate], urgency: str, standing: At) -> Next:
    """The next place of a referral that stood at `standing`, given its offers after the move."""
    if any(offer.status == Status.ACCEPTED for offer in offers):
        return Next(None)
    asked = [offer for offer in offers if offer.status == Status.REQUESTED]
    if asked:
        return Next(_asked(asked, urgency, standing))
    queued = sorted((offer for offer in offers if offer.status == Status.DRAFT), key=lambda offer: (offer.position, offer.id))
    if queued:
        return Next(At(Status.REQUESTED, _escalated_or(Business.OFFERED, urgency, standing)), queued[0].id)
    return Next(At(Status.REQUESTED, Business.ESCALATED if urgency == "crisis" else Business.UNPLACED))


def _asked(asked: Sequence[Candidate], urgency: str, standing: At) -> At:
    question = any(offer.business == Business.INFO_REQUESTED for offer in asked)
    return At(Status.REQUESTED, _escalated_or(Business.INFO_REQUESTED if question else Business.OFFERED, urgency, standing))


def _escalated_or(business: Business, urgency: str, standing: At) -> Business:
    """A crisis that escalated stays so until somebody accepts."""
    stays = urgency == "crisis" and standing.business is Business.ESCALATED
    return Business.ESCALATED if stays else business
