"""Writes a past in bulk: the moves are made in memory by the engine's own code, then every row and event goes in at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from network.core import crypto
from network.core.actor import CLOCK, Actor, ActorKind, Role
from network.core.clock import now
from network.core.events import Fact, Told, known_as, write_history
from network.partners.hours import hours_of
from network.partners.models import TaxonomyTerm
from network.partners.rules import OpeningHours
from network.people.actions import Identity, seal_identity
from network.people.models import Consent, ConsentRecipient, FieldGroup, Grant, Person, PersonKey, SafeChannel, SafeContact
from network.referrals import deadlines
from network.referrals.actions import Said
from network.referrals.actions.case import Standing
from network.referrals.actions.engine import apply
from network.referrals.actions.facts import facts_of, facts_of_call
from network.referrals.actions.told import Told as Move
from network.referrals.lifecycle import MOVES, At, Business, Side, Status
from network.referrals.models import (
    Audience,
    CaseMember,
    DesiredOutcome,
    FollowUp,
    Message,
    Offer,
    Outcome,
    OutcomeCode,
    ReachedOutcome,
    ReasonCode,
    RecordedGap,
    Referral,
    Wellbeing,
)
from network.referrals.recount import rebuild
from network.referrals.strategies import OPEN, asked_at_once

from .stories import Candidate, Step, Story

CONSENT_FIELDS = sorted({FieldGroup.IDENTITY.value, FieldGroup.CONTACT.value, FieldGroup.LANGUAGES.value, FieldGroup.NOTE.value})
CONSENT_LASTS = timedelta(days=365)
ANSWERED_AFTER = timedelta(days=4)
ORDER: tuple[type[Model], ...] = (
    Person,
    PersonKey,
    SafeContact,
    SafeChannel,
    Consent,
    ConsentRecipient,
    Referral,
    Offer,
    CaseMember,
    Grant,
    Message,
    DesiredOutcome,
    Outcome,
    ReachedOutcome,
    FollowUp,
    RecordedGap,
)


@dataclass(slots=True)
class Kept:
    """A person of the history: what is said of them, and the key that seals it."""

    row: Person
    key: bytes
    ring: crypto.Keyring


@dataclass(slots=True)
class Writer:
    """Collects rows and events of many stories; `flush` writes them in one transaction."""

    random: Random
    hours: dict[UUID, OpeningHours]
    needs: dict[str, UUID]
    reasons: dict[tuple[str, str], ReasonCode]
    organization_keys: dict[UUID, bytes]
    index_keys: dict[UUID, bytes]
    codes: dict[str, UUID]
    until: datetime
    rows: dict[type[Model], list[Any]] = field(default_factory=lambda: {model: [] for model in ORDER})
    told: list[tuple[datetime, int, Told]] = field(default_factory=list)
    people: list[Kept] = field(default_factory=list)

    @classmethod
    def make(cls, random: Random, organizations: Iterable[UUID], until: datetime | None = None) -> Writer:
        """`until`: the present of the history, now if nothing is said."""
        wanted = list(organizations)
        return cls(
            random,
            hours_of(wanted),
            dict(TaxonomyTerm.objects.filter(scheme="need").values_list("code", "pk")),
            {(row.verb, row.code): row for row in ReasonCode.objects.all()},
            crypto.organization_keys(wanted),
            crypto.index_keys(wanted),
            dict(OutcomeCode.objects.values_list("code", "pk")),
            until or now(),
        )

    def new_id(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)

    def due(self, referral: Referral, offer: Offer | None, at: datetime) -> datetime:
        return deadlines.respond_by(referral.urgency, at, self.hours[offer.organization_id if offer else referral.sender_id])

    # -- people ----------------------------------------------------------------------------------------------------------------

    def person(self, *, organization: UUID, author: UUID, at: datetime, code_name: str, name: str | None, languages: Sequence[str]) -> int:
        """A person with a safe contact; their number among the history's people."""
        row = Person(
            id=self.new_id(),
            organization_id=organization,
            code_name=code_name,
            code_only=name is None,
            languages=list(languages),
            created_at=at,
        )
        key = crypto.new_key()
        ring = crypto.Keyring({row.pk: key})
        seal_identity(row, ring, Identity(name=name), self.index_keys[organization])
        self.rows[Person].append(row)
        self.rows[PersonKey].append(
            PersonKey(person=row, wrapped=crypto.wrap_person_key(self.organization_keys[organization], row.pk, key))
        )
        contact = SafeContact(id=self.new_id(), person=row, through_keeper=False)
        way = SafeChannel(id=self.new_id(), safe_contact=contact, person=row, channel="text", rule="allowed")
        ring.write(way, "address", "202-555-0100" if name else None)
        self.rows[SafeContact].append(contact)
        self.rows[SafeChannel].append(way)
        by = member(author, organization)
        for kind in ("person.created", "safe_contact.changed"):
            self.tell([Fact(kind, f"person/{row.pk}", frozenset({organization}), id=self.new_id())], by, at)
        self.people.append(Kept(row, key, ring))
        return len(self.people) - 1

    # -- stories ---------------------------------------------------------------------------------------------------------------

    def story(self, story: Story) -> Referral:
        """All moves of a story on rows in memory."""
        row = Referral(
            id=self.new_id(),
            sender_id=story.sender,
            person_id=self.people[story.person].row.pk,
            need_id=self.needs[story.need],
            urgency=story.urgency,
            place_id=story.place,
            languages=list(story.languages),
            created_at=story.begun,
            moved_at=story.begun,
        )
        self.rows[Referral].append(row)
        self._join(row, story.sender, story.author, story.begun)
        self.tell(
            [Fact("referral.draft", f"referral/{row.pk}", frozenset({story.sender}), id=self.new_id())],
            member(story.author, story.sender),
            story.begun,
        )
        offers: list[Offer] = []
        for step in story.steps:
            self._step(story, step, row, offers)
        self.rows[Offer].extend(offers)
        self.rows[DesiredOutcome] += [
            DesiredOutcome(id=self.new_id(), referral=row, code_id=self.codes[code], position=position)
            for position, code in enumerate(story.desired)
        ]
        return row

    def _step(self, story: Story, step: Step, row: Referral, offers: list[Offer]) -> None:
        offer = offers[step.offer] if step.offer is not None else None
        by = self._mover(story, step)
        standing = Standing(row, list(offers), step.at, due=self.due)
        standing.offers.sort(key=lambda each: each.pk)
        rule = MOVES[step.verb]
        reason = self.reasons.get((step.verb, step.reason or ""))
        said = Said(
            reason=step.reason, text=step.text, outcome=step.outcome, on=step.on, reached=dict(step.reached),
            may_ask_again=step.may_ask_again,
        )  # fmt: skip
        row.version += 1
        if step.verb == "take":
            offer = self._add(standing, step.asks[0])
        told = Move(rule, standing, Side(step.side), by, said, reason, offer)
        if step.verb == "send":
            self._send(story, step, standing)
        else:
            if step.verb in {"offer", "forward"}:
                self._ask(standing, step, forwarded_from=offer)
            apply(told)
            self._after(story, step, told)
        offers[:] = sorted(standing.offers, key=lambda each: each.position)
        new = {each.pk for each in standing.made}
        for changed in standing.offers:
            changed.version += changed.pk in standing.touched and changed.pk not in new
        facts = facts_of(rule, standing, by, offer) + facts_of_call(standing, {each.organization for each in story.candidates})
        self.tell([replace(fact, id=self.new_id()) for fact in facts], by, step.at)

    def _mover(self, story: Story, step: Step) -> Actor:
        if step.side == "clock":
            return CLOCK
        if step.side == "taker":
            return member(step.asks[0].worker, step.asks[0].organization)
        if step.side == "sender" or step.offer is None:
            return member(story.author, story.sender)
        candidate = story.candidates[step.offer]
        return member(candidate.worker, candidate.organization)

    def _send(self, story: Story, step: Step, standing: Standing) -> None:
        row = standing.referral
        consent = Consent(
            id=self.new_id(),
            person_id=row.person_id,
            given_by="person",
            purpose="referral",
            fields=CONSENT_FIELDS,
            given_at=step.at,
            until=step.at + CONSENT_LASTS,
            how="in-person",
            recorded_by_id=story.author,
        )
        self.rows[Consent].append(consent)
        recipients = {candidate.organization for candidate in story.candidates}
        self.rows[ConsentRecipient] += [ConsentRecipient(consent=consent, organization_id=pk) for pk in sorted(recipients)]
        row.consent_id = consent.pk
        if step.strategy == OPEN:
            standing.open_call()
        else:
            self._ask(standing, step)
        standing.place_referral(At(Status.REQUESTED, Business.OFFERED))
        row.sent_at = row.moved_at = step.at

    def _add(self, standing: Standing, asks: Candidate, forwarded_from: Offer | None = None) -> Offer:
        return standing.add(asks.organization, asks.service, id=self.new_id(), forwarded_from=forwarded_from)

    def _ask(self, standing: Standing, step: Step, forwarded_from: Offer | None = None) -> None:
        """Candidates in line, as many of them asked as the strategy says."""
        now_asked = asked_at_once(step.strategy, len(step.asks), somebody_is_asked=False)
        for number, asks in enumerate(step.asks):
            offer = self._add(standing, asks, forwarded_from)
            if number < now_asked:
                standing.ask(offer)
        if step.verb != "forward":
            standing.referral.strategy = step.strategy

    def _after(self, story: Story, step: Step, told: Move) -> None:
        """Rows of other tables, as the effects of the verb make them."""
        row, at = told.standing.referral, step.at
        ended = {each.organization_id for each in told.standing.offers if each.pk in told.standing.touched and each.ended_at}
        for grant in self.rows[Grant][-3:]:
            if grant.referral_id == row.pk and grant.ended_at is None and grant.organization_id in ended:
                grant.ended_at = at
        if step.verb in {"accept", "take"} and told.offer is not None:
            self.rows[Grant].append(
                Grant(
                    id=self.new_id(),
                    person_id=row.person_id,
                    organization_id=told.offer.organization_id,
                    referral=row,
                    consent_id=row.consent_id,
                    fields=CONSENT_FIELDS,
                    opened_at=at,
                    until=(row.sent_at or at) + CONSENT_LASTS,
                )
            )
            self._join(row, told.offer.organization_id, told.by.id or story.author, at)
        if step.verb == "complete" and told.offer is not None:
            self._outcome(story, step, told, told.offer)
        if step.verb == "give-up":
            self.rows[RecordedGap].append(
                RecordedGap(
                    id=self.new_id(),
                    referral=row,
                    organization_id=row.sender_id,
                    need_id=row.need_id,
                    place_id=row.place_id,
                    reason=told.reason,
                    at=at,
                )
            )
        if told.reason or step.text or step.on:
            self._message(told, step)

    def _outcome(self, story: Story, step: Step, told: Move, offer: Offer) -> None:
        row = told.standing.referral
        outcome = Outcome(
            id=self.new_id(), referral=row, offer=offer, organization_id=offer.organization_id, help=step.outcome or "", at=step.at,
            may_ask_again=step.may_ask_again,
        )  # fmt: skip
        self.rows[Outcome].append(outcome)
        self.rows[ReachedOutcome] += [
            ReachedOutcome(id=self.new_id(), outcome=outcome, code_id=self.codes[code], answer=answer) for code, answer in step.reached
        ]
        for days, answer in zip(deadlines.FOLLOW_UPS, story.answers, strict=False):
            due = step.at + timedelta(days=days)
            if not outcome.may_ask_again or due > self.until:
                return
            self._follow_up(outcome, days, due, answer, told.by)
            if answer == Wellbeing.DOES_NOT_WANT and due + ANSWERED_AFTER <= self.until:
                outcome.may_ask_again = False

    def _follow_up(self, outcome: Outcome, days: int, due: datetime, answer: str, by: Actor) -> None:
        """One question that came due, and what was said some days later; of those of the last days some still wait."""
        row = FollowUp(
            id=self.new_id(), outcome=outcome, referral=outcome.referral, organization_id=outcome.organization_id, days=days, due_at=due
        )
        self.rows[FollowUp].append(row)
        own, offer = frozenset({row.organization_id}), f"offer/{outcome.offer_id}"
        self.tell([Fact("offer.follow-up-due", offer, own, id=self.new_id())], CLOCK, due)
        answered, over = due + ANSWERED_AFTER, due + deadlines.FOLLOW_UP_WAITS
        if answer and answered <= self.until:
            row.answer, row.answered_at = answer, answered
            to = frozenset({outcome.referral.sender_id, row.organization_id})
            self.tell([Fact("referral.follow-up", f"referral/{row.referral_id}", to, id=self.new_id())], by, answered)
        elif over <= self.until:
            row.ended_at = over
            self.tell([Fact("offer.follow-up-ended", offer, own, id=self.new_id())], CLOCK, over)

    def _message(self, told: Move, step: Step) -> None:
        row = told.standing.referral
        self.rows[Message].append(
            Message(
                id=self.new_id(),
                referral=row,
                offer=told.offer,
                person_id=row.person_id,
                organization_id=told.by.organization,
                author_id=told.by.id,
                verb=step.verb,
                reason=told.reason,
                on=step.on,
                at=step.at,
                audience=Audience.BOTH,
            )
        )

    def _join(self, row: Referral, organization: UUID, user: UUID, at: datetime) -> None:
        self.rows[CaseMember].append(CaseMember(id=self.new_id(), referral=row, organization_id=organization, user_id=user, since=at))

    # -- writing ---------------------------------------------------------------------------------------------------------------

    def tell(self, facts: Iterable[Fact], by: Actor, at: datetime) -> None:
        for fact in facts:
            for organization in sorted(fact.to):
                row = Told(organization, fact.id, fact.kind, fact.subject, known_as(by, organization, fact), at)
                self.told.append((at, len(self.told), row))

    @transaction.atomic(savepoint=False)
    def flush(self) -> None:
        """Write every row, what they count, and the events in the order of their times."""
        for model in ORDER:
            model._default_manager.bulk_create(self.rows[model], batch_size=500)  # noqa: SLF001 - Django documents the name
        rebuild()
        write_history([row for _, _, row in sorted(self.told, key=lambda entry: entry[:2])])


def member(user: UUID, organization: UUID) -> Actor:
    """A caseworker of one organisation."""
    return Actor(kind=ActorKind.PERSON, id=user, organization=organization, roles=frozenset({(organization, Role.CASEWORKER)}))


Progress = Callable[[str], None]
