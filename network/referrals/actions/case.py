"""One referral and its offers as they stand inside a move: loaded once, changed in memory, written by conditional updates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from network.accounts.models import Membership
from network.core.actor import Actor, ActorKind, Role
from network.core.errors import Stale
from network.partners.hours import answer_times, hours_of

from .. import deadlines
from ..guards import Case
from ..lifecycle import CLOSED, OPEN_OFFER, At, Business, Side, Status
from ..models import Offer, Referral
from ..strategies import Candidate


def side_of(referral: Referral, offer: Offer | None, by: Actor) -> frozenset[Side]:
    """The sides that `by` may act for: a write acts for one organisation, the clock for none."""
    if by.kind is ActorKind.CLOCK:
        return frozenset({Side.CLOCK})
    if by.organization not in by.casework:
        return frozenset()
    sides = set()
    if referral.sender_id == by.organization:
        sides.add(Side.SENDER)
    if offer is not None and offer.organization_id == by.organization:
        sides.add(Side.RECEIVER)
    return frozenset(sides)


Due = Callable[[Referral, Offer, datetime], datetime]


@dataclass(slots=True)
class Standing:
    """The rows of one case under the referral's lock, and which offers were changed."""

    referral: Referral
    offers: list[Offer]
    now: datetime
    before: At = field(init=False)
    held_before: UUID | None = field(init=False)
    touched: dict[UUID, str] = field(default_factory=dict)
    were: dict[UUID, tuple[str, str]] = field(default_factory=dict)
    due: Due = field(default_factory=lambda: due_for)  # a builder of histories brings hours that it has read once

    def __post_init__(self) -> None:
        self.before = At(Status(self.referral.status), Business(self.referral.business_status))
        self.held_before = self.holder()

    @classmethod
    def load(cls, referral: UUID, at: datetime) -> Standing:
        """Read the rows after the referral was taken."""
        row = Referral.objects.select_related("consent").get(pk=referral)
        return cls(row, list(Offer.objects.filter(referral=referral).order_by("pk")), at)

    def holder(self) -> UUID | None:
        return next((offer.organization_id for offer in self.offers if offer.holds), None)

    def open_offers(self) -> list[Offer]:
        return [offer for offer in self.offers if offer.status in OPEN_OFFER]

    def candidates(self) -> list[Candidate]:
        return [Candidate(o.pk, o.status, o.business_status, o.position, o.holds) for o in self.offers]

    def set_offer(self, offer: Offer, why: str, **values: Any) -> None:
        """Change an offer in memory; `why` is the verb its organisation is told."""
        self.were.setdefault(offer.pk, (offer.status, offer.business_status))
        self.touched[offer.pk] = why
        for name, value in values.items():
            setattr(offer, name, value)

    def place_offer(self, offer: Offer, at: At, why: str) -> None:
        """Put an offer at its end of a move; what its place implies follows."""
        values: dict[str, Any] = {"status": at.status, "business_status": at.business or Business.NONE}
        if at.status not in OPEN_OFFER:
            values |= {"holds": False, "ended_at": self.now}
        if values["business_status"] != Business.INFO_REQUESTED:
            values |= {"question_at": None, "question_until": None}
        self.set_offer(offer, why, **values)

    def place_referral(self, at: At) -> None:
        """Put the referral at its end of a move; what its place implies follows."""
        row = self.referral
        row.status, row.business_status = at.status, at.business or Business.NONE
        row.closed_at = (row.closed_at or self.now) if at.status in CLOSED else None
        unplaced = at.status is Status.REQUESTED and at.business is Business.UNPLACED
        row.unplaced_at = (row.unplaced_at or self.now) if unplaced else None

    def ask(self, offer: Offer) -> None:
        """Ask a candidate: its clock begins."""
        due = self.due(self.referral, offer, self.now)
        self.set_offer(
            offer,
            "asked",
            status=Status.REQUESTED,
            business_status=Business.NONE,
            asked_at=self.now,
            respond_by=due,
            reminders=0,
        )

    def save(self) -> None:
        """Write what changed: those that stop holding first, so that at most one holds at every moment."""
        for offer in sorted((o for o in self.offers if o.pk in self.touched), key=lambda o: (o.holds, o.pk)):
            values = {name: getattr(offer, name) for name in OFFER_COLUMNS}
            if not Offer.objects.filter(pk=offer.pk, version=offer.version).update(version=F("version") + 1, **values):
                raise Stale
            offer.version += 1
        values = {name: getattr(self.referral, name) for name in REFERRAL_COLUMNS}
        Referral.objects.filter(pk=self.referral.pk).update(**values)

    def guard_case(self, side: Side, by: Actor, offer: Offer | None) -> Case:
        """The facts that guards may look at."""
        row, unplaced = self.referral, self.referral.unplaced_at
        hours = hours_of([row.sender_id])[row.sender_id] if unplaced and side is Side.CLOCK else None
        return Case(
            side=side, now=self.now, urgency=row.urgency, status=row.status, business=row.business_status,
            created_at=row.created_at, moved_at=row.moved_at, review_on=row.review_on, expected_on=row.expected_on,
            closed_at=row.closed_at, give_up_at=deadlines.give_up_at(unplaced, hours) if unplaced and hours else None,
            is_admin=(by.organization, Role.ADMIN) in by.roles,
            is_author=row.case_members.filter(user=by.id, organization=row.sender_id).exists() if side is Side.SENDER else False,
            accepted=any(o.accepted_at for o in self.offers),
            offer_holds=bool(offer and offer.holds),
            offer_waitlisted=bool(offer and offer.status == Status.ACCEPTED and not offer.holds),
            offer_due=offer.respond_by if offer and offer.business_status == Business.NONE else None,
            offer_accepted_at=offer.accepted_at if offer else None,
            offer_started=bool(offer and offer.started_at),
            somebody_else_holds=any(o.holds for o in self.offers if offer is None or o.pk != offer.pk),
        )  # fmt: skip


OFFER_COLUMNS = (
    "status", "business_status", "holds", "reason_id", "asked_at", "respond_by", "reminders", "seen_at", "claimed_by_id", "claimed_at",
    "question_at", "question_until", "accepted_at", "started_at", "expected_on", "ended_at",
)  # fmt: skip
REFERRAL_COLUMNS = (
    "status", "business_status", "reason_id", "sent_at", "moved_at", "respond_by", "unplaced_at", "expected_on", "review_on", "closed_at",
    "nudges", "consent_id", "duplicate_reason_id",
)  # fmt: skip


def due_for(referral: Referral, offer: Offer, at: datetime) -> datetime:
    """When an answer of this candidate is due, by its own hours and promises."""
    pk = offer.organization_id
    own = answer_times(pk).get(referral.urgency)
    within = deadlines.AnswerWithin(*own) if own else None
    return deadlines.respond_by(referral.urgency, at, hours_of([pk])[pk], within)


def is_member(user: UUID | None, organization: UUID | None) -> bool:
    """Whether somebody works for the organisation now, as caseworker or admin."""
    roles = [Role.CASEWORKER, Role.ADMIN]
    return Membership.objects.active().filter(user=user, organization=organization, role__in=roles).exists()
