"""One referral and its offers as they stand inside a move: loaded once, changed in memory, written by conditional updates."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from network.accounts.absence import Away, away_at, stand_in
from network.accounts.models import Membership
from network.core.actor import Actor, ActorKind, Role
from network.core.clock import now
from network.core.errors import Stale
from network.partners.hours import answer_times, hours_of
from network.partners.rules import OpeningHours

from .. import deadlines
from ..calls import takeable
from ..guards import Case
from ..lifecycle import CLOSED, OPEN_OFFER, At, Business, Guard, Side, Status
from ..models import Offer, Referral, Strategy
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
    if offer is None and referral.is_open_to_take and by.organization is not None and takeable([referral], by.organization, now()):
        sides.add(Side.TAKER)
    return frozenset(sides)


Due = Callable[[Referral, Offer | None, datetime], datetime]


@dataclass(slots=True)
class Standing:
    """The rows of one case under the referral's lock, which offers were changed, and which are new."""

    referral: Referral
    offers: list[Offer]
    now: datetime
    before: At = field(init=False)
    held_before: UUID | None = field(init=False)
    was_open_to_take: bool = field(init=False)
    touched: dict[UUID, str] = field(default_factory=dict)
    were: dict[UUID, tuple[str, str]] = field(default_factory=dict)
    made: list[Offer] = field(default_factory=list)
    released: set[tuple[UUID, UUID]] = field(default_factory=set)  # (organisation, colleague) who no longer have it
    due: Due = field(default_factory=lambda: due_for)  # a builder of histories brings hours that it has read once

    def __post_init__(self) -> None:
        self.before = At(Status(self.referral.status), Business(self.referral.business_status))
        self.held_before = self.holder()
        self.was_open_to_take = self.referral.is_open_to_take

    @classmethod
    def load(cls, referral: UUID, at: datetime) -> Standing:
        """Read the rows after the referral was taken."""
        row = Referral.objects.select_related("consent").get(pk=referral)
        return cls(row, list(Offer.objects.filter(referral=referral).order_by("pk")), at)

    @classmethod
    def take_all(cls, referrals: Iterable[UUID], places: frozenset[At]) -> list[Standing]:
        """Those of the referrals that stand at one of `places` and that nobody else has in hand, locked until commit, as they stand now.

        Whoever has one in hand is not waited for, so two that take many never wait for each other in a circle. SQLite, where a
        transaction is the only writer from its beginning on, has no such locks and needs none.
        """
        free = Referral.objects.select_related("consent").select_for_update(of=("self",), no_key=True, skip_locked=True)
        rows = list(free.filter(pk__in=set(referrals)).standing_at(places).order_by("pk"))
        locked = Offer.objects.select_for_update(no_key=True).filter(referral__in=[row.pk for row in rows]).order_by("pk")
        offers: dict[UUID, list[Offer]] = {row.pk: [] for row in rows}
        for offer in locked:
            offers[offer.referral_id].append(offer)
        at = now()
        return [cls(row, offers[row.pk], at) for row in rows]

    def holder(self) -> UUID | None:
        return next((offer.organization_id for offer in self.offers if offer.holds), None)

    def open_offers(self) -> list[Offer]:
        return [offer for offer in self.offers if offer.status in OPEN_OFFER]

    def candidates(self) -> list[Candidate]:
        return [candidate_of(offer) for offer in self.offers]

    def add(self, organization: UUID, service: UUID, *, position: int | None = None, **values: Any) -> Offer:
        """A new candidate, last in line unless a place is named; asked by `ask`, kept by `save`."""
        last = max((offer.position for offer in self.offers), default=-1)
        offer = Offer(
            referral=self.referral, organization_id=organization, service_id=service, created_at=self.now,
            position=last + 1 if position is None else position, **values,
        )  # fmt: skip
        self.offers.append(offer)
        self.made.append(offer)
        return offer

    def open_call(self, due: datetime | None = None) -> None:
        """Anybody eligible may take it, until a time that the referral carries itself."""
        row = self.referral
        row.strategy, row.is_open_to_take = Strategy.OPEN, True
        row.respond_by = due or self.due(row, None, self.now)

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
        # A claim stands while a question waits; once it is answered, its time begins anew.
        is_waiting = at.status is Status.REQUESTED and not values["business_status"] and offer.claimed_by_id is not None
        values |= {"claim_until": self.claim_until(offer) if is_waiting else None}
        # Whatever else happens to the offer comes before a decline that can still be undone.
        values |= {"decline_at": None, "decline_by_id": None, "decline_reason_id": None, "decline_comment": None}
        self.set_offer(offer, why, **values)

    def place_referral(self, at: At) -> None:
        """Put the referral at its end of a move; what its place implies follows."""
        row = self.referral
        row.status, row.business_status = at.status, at.business or Business.NONE
        row.closed_at = (row.closed_at or self.now) if at.status in CLOSED else None
        unplaced = at.status is Status.REQUESTED and at.business is Business.UNPLACED
        row.unplaced_at = (row.unplaced_at or self.now) if unplaced else None
        row.is_open_to_take = row.is_open_to_take and at.status is Status.REQUESTED and not unplaced

    def ask(self, offer: Offer, due: datetime | None = None) -> None:
        """Ask a candidate: its clock begins, or the old one runs on."""
        due = due or self.due(self.referral, offer, self.now)
        self.set_offer(
            offer,
            "asked",
            status=Status.REQUESTED,
            business_status=Business.NONE,
            asked_at=self.now,
            respond_by=due,
            reminders=0,
            claim_until=self.claim_until(offer) if offer.claimed_by_id else None,
        )

    def claim(self, offer: Offer, user: UUID | None, why: str) -> None:
        """While an offer waits for an answer, one colleague has it, or the team (None); whoever had it before is off the case."""
        if offer.claimed_by_id is not None and offer.claimed_by_id != user:
            self.released.add((offer.organization_id, offer.claimed_by_id))
        is_waiting = offer.status == Status.REQUESTED and offer.business_status == Business.NONE
        self.set_offer(
            offer, why, claimed_by_id=user, claimed_at=self.now if user else None,
            claim_until=self.claim_until(offer) if user and is_waiting else None,
        )  # fmt: skip

    def claim_until(self, offer: Offer) -> datetime:
        hours = hours_of([offer.organization_id])[offer.organization_id]
        return deadlines.claim_until(self.referral.urgency, self.now, hours)

    def waiting_offer(self, organization: UUID | None) -> Offer | None:
        """The offer by which this organisation is asked and has not answered."""
        return next((o for o in self.offers if o.organization_id == organization and o.status == Status.REQUESTED), None)

    def save(self) -> None:
        """Write what changed: those that stop holding first, so that at most one holds at every moment; what is new comes last,

        since an organisation has one open offer at a time.
        """
        new = {offer.pk for offer in self.made}
        for offer in sorted((o for o in self.offers if o.pk in self.touched and o.pk not in new), key=lambda o: (o.holds, o.pk)):
            values = {name: getattr(offer, name) for name in OFFER_COLUMNS}
            if not Offer.objects.filter(pk=offer.pk, version=offer.version).update(version=F("version") + 1, **values):
                raise Stale
            offer.version += 1
        for offer in self.made:
            offer.save(force_insert=True)
        values = {name: getattr(self.referral, name) for name in REFERRAL_COLUMNS}
        Referral.objects.filter(pk=self.referral.pk).update(**values)

    def claimer_away(self, offer: Offer) -> Away | None:
        """The absence of whoever has the offer, where they claimed it before; what they take on while they are away is their own wish."""
        if offer.claimed_by_id is None or offer.claimed_at is None:
            return None
        away = away_at([offer.organization_id], self.now).get(offer.organization_id, {}).get(offer.claimed_by_id)
        return away if away is not None and offer.claimed_at <= away.since else None

    def guard_case(self, guards: Collection[Guard], side: Side, by: Actor, offer: Offer | None) -> Case:
        """The facts that these guards may look at; what takes a query of its own is read for the guard that wants it."""
        row, unplaced = self.referral, self.referral.unplaced_at
        may_give_up = Guard.UNPLACED_5_DAYS_IF_CLOCK in guards and side is Side.CLOCK
        hours = hours_of([row.sender_id])[row.sender_id] if unplaced and may_give_up else None
        away = self.claimer_away(offer) if offer is not None and Guard.CLAIMER_AWAY in guards else None
        by_author = Guard.CORRECTOR in guards and side is Side.SENDER
        return Case(
            side=side, now=self.now, urgency=row.urgency, status=row.status, business=row.business_status,
            created_at=row.created_at, moved_at=row.moved_at, review_on=row.review_on, expected_on=row.expected_on,
            closed_at=row.closed_at, give_up_at=deadlines.give_up_at(unplaced, hours) if unplaced and hours else None,
            is_admin=(by.organization, Role.ADMIN) in by.roles,
            is_author=row.case_members.filter(user=by.id, organization=row.sender_id).exists() if by_author else False,
            accepted=any(o.accepted_at for o in self.offers),
            offer_holds=bool(offer and offer.holds),
            offer_waitlisted=bool(offer and offer.status == Status.ACCEPTED and not offer.holds),
            offer_due=due_of(row, offer),
            offer_accepted_at=offer.accepted_at if offer else None,
            offer_started=bool(offer and offer.started_at),
            somebody_else_holds=any(o.holds for o in self.offers if offer is None or o.pk != offer.pk),
            is_open_to_take=row.is_open_to_take,
            is_escalated=bool(offer.escalated_at) if offer else row.business_status == Business.ESCALATED,
            consent_until=row.consent.until if row.consent else None,
            consent_withdrawn=bool(row.consent and row.consent.withdrawn_at),
            claim_until=offer.claim_until if offer and offer.decline_at is None else None, claimer_away=away is not None,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Before:
    """The columns of locked rows as they were read, so that what changed can be written by as many statements as there are changes."""

    referrals: Mapping[UUID, Mapping[str, Any]]
    offers: Mapping[UUID, Mapping[str, Any]]

    @classmethod
    def of(cls, standings: Iterable[Standing]) -> Before:
        every = list(standings)
        return cls(
            {each.referral.pk: _columns(each.referral, REFERRAL_COLUMNS) for each in every},
            {offer.pk: _columns(offer, OFFER_COLUMNS) for each in every for offer in each.offers},
        )

    def save(self, standings: Iterable[Standing]) -> None:
        """What `Standing.save` writes of each, rows that changed alike by one statement. The rows are locked: no version can have moved."""
        changed: dict[tuple[tuple[str, Any], ...], list[UUID]] = {}
        moved: dict[tuple[tuple[str, Any], ...], list[UUID]] = {}
        for each in standings:
            if each.made or each.released:
                raise AssertionError("nothing new is written together, and nobody is taken off a case")
            for offer in each.offers:
                if offer.pk in each.touched:
                    changed.setdefault(_difference(self.offers[offer.pk], offer), []).append(offer.pk)
                    offer.version += 1
            moved.setdefault(_difference(self.referrals[each.referral.pk], each.referral), []).append(each.referral.pk)
            each.referral.version += 1
        for rows, model in ((changed, Offer), (moved, Referral)):
            for values, keys in rows.items():
                every: Any = model.objects
                every.filter(pk__in=keys).update(version=F("version") + 1, **dict(values))


def _columns(row: Offer | Referral, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _difference(before: Mapping[str, Any], row: Offer | Referral) -> tuple[tuple[str, Any], ...]:
    return tuple((name, getattr(row, name)) for name, was in before.items() if getattr(row, name) != was)


OFFER_COLUMNS = (
    "status", "business_status", "holds", "reason_id", "asked_at", "respond_by", "reminders", "seen_at", "claimed_by_id", "claimed_at",
    "claim_until",
    "question_at", "question_until", "accepted_at", "started_at", "expected_on", "ended_at", "escalated_at", "suggested_id", "decline_at",
    "decline_by_id", "decline_reason_id", "decline_comment",
)  # fmt: skip
REFERRAL_COLUMNS = (
    "status", "business_status", "reason_id", "sent_at", "moved_at", "respond_by", "unplaced_at", "expected_on", "review_on", "closed_at",
    "nudges", "consent_id", "duplicate_reason_id", "strategy", "is_open_to_take",
)  # fmt: skip


def candidate_of(offer: Offer) -> Candidate:
    """The offer as the pure rules see it."""
    return Candidate(
        offer.pk, offer.status, offer.business_status, offer.position, offer.holds, offer.organization_id, offer.respond_by,
        offer.question_until, offer.decline_at, offer.escalated_at is not None,
    )  # fmt: skip


def due_of(referral: Referral, offer: Offer | None) -> datetime | None:
    """When the clock of an offer, or of an open call, runs out; None while it stands."""
    if offer is None:
        return referral.respond_by if referral.is_open_to_take else None
    stands = offer.business_status != Business.NONE or offer.decline_at is not None
    return None if stands else offer.respond_by


@dataclass(frozen=True, slots=True)
class Calendar:
    """Opening hours of organisations and in which time they promise to answer: read once, for one row or for many."""

    hours: Mapping[UUID, OpeningHours]
    promises: Mapping[UUID, Mapping[str, tuple[int, str]]]

    @classmethod
    def of(cls, organizations: Iterable[UUID]) -> Calendar:
        wanted = set(organizations)
        return cls(hours_of(wanted), answer_times(wanted))

    def due(self, referral: Referral, offer: Offer | None, at: datetime) -> datetime:
        """When an answer of this candidate is due, by its own hours and promises; of an open call, by the sender's hours."""
        if offer is None:
            return deadlines.respond_by(referral.urgency, at, self.hours[referral.sender_id])
        own = self.promises.get(offer.organization_id, {}).get(referral.urgency)
        return deadlines.respond_by(referral.urgency, at, self.hours[offer.organization_id], deadlines.AnswerWithin(*own) if own else None)


def due_for(referral: Referral, offer: Offer | None, at: datetime) -> datetime:
    """The same of one row, whose calendar nobody has read yet."""
    return Calendar.of([offer.organization_id if offer else referral.sender_id]).due(referral, offer, at)


def present(user: UUID, organization: UUID, at: datetime) -> UUID | None:
    """The colleague, or whoever stands in for them while they are away; None: the team."""
    return stand_in(user, away_at([organization], at).get(organization, {}))


def is_member(user: UUID | None, organization: UUID | None) -> bool:
    """Whether somebody works for the organisation now, as caseworker or admin."""
    roles = [Role.CASEWORKER, Role.ADMIN]
    return Membership.objects.active().filter(user=user, organization=organization, role__in=roles).exists()
