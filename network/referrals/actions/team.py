"""Who of a team has what: many assigned at once, what somebody who leaves had, what a person puts aside, who is looking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from network.core.actor import Actor, ActorKind
from network.core.clock import now
from network.core.errors import NotFound, NotYours, Refusal, WrongState, complain
from network.core.events import Fact

from .. import deadlines
from ..lifecycle import OPEN, Status
from ..models import FORGOTTEN_AFTER, CaseMember, Looking, Offer, Referral, Snooze, Urgency
from .case import is_member
from .engine import move, move_referral
from .facts import standing_as_seen_by
from .said import Said

MOST_AT_ONCE = 100


# -- many at once ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Handed:
    """What became of one offer of many: who has it now, or why it was not done."""

    offer: UUID
    to: UUID | None = None
    refusal: Refusal | None = None


def assign_many(offers: Sequence[UUID], *, by: Actor, assignee: UUID | None) -> list[Handed]:
    """Give each offer to a colleague, or back to the team (None). Each has its own transaction and its own result.

    Raises as `check_many` does; what stands against one offer is in its result. Never inside a transaction: it would hold the first
    referral and the log while it waits for the second, and whoever moves that one waits for the log.
    """
    return [assign_one(pk, by=by, assignee=assignee) for pk in check_many(offers, by=by, assignee=assignee)]


def check_many(offers: Sequence[UUID], *, by: Actor, assignee: UUID | None) -> list[UUID]:
    """The offers, each once; BadInput for more than a hundred, none, or somebody who is no colleague."""
    wanted = list(dict.fromkeys(offers))
    if not wanted or len(wanted) > MOST_AT_ONCE:
        raise complain("/offers", "count", f"Name from 1 to {MOST_AT_ONCE}.")
    if by.organization is None or by.organization not in by.casework:
        raise NotYours(verb="assign")
    if assignee is not None and not is_member(assignee, by.organization):
        raise complain("/assignee", "unknown", "Choose a colleague of your own organisation.")
    return wanted


def assign_one(pk: UUID, *, by: Actor, assignee: UUID | None) -> Handed:
    """One of many: what became of it, refusals included."""
    try:
        offer = Offer.objects.visible_to(by).select_related("referral").filter(pk=pk).first()
        if offer is None:
            raise NotFound
        if offer.organization_id != by.organization:
            raise NotYours(verb="assign")
        if offer.status != Status.REQUESTED:
            raise WrongState(verb="assign", **standing_as_seen_by(by, offer.referral_id))
        if assignee is None:
            return Handed(pk) if offer.claimed_by_id is None else Handed(pk, move(offer, "unclaim", by=by).claimed_by_id)
        move_referral(offer.referral, "assign", by=by, said=Said(assignee=assignee))
        return Handed(pk, Offer.objects.values_list("claimed_by", flat=True).get(pk=pk))
    except Refusal as refusal:
        return Handed(pk, refusal=refusal)


# -- somebody leaves ----------------------------------------------------------------------------------------------------------


def give_back(user: UUID, organization: UUID, at: datetime) -> list[Fact]:
    """What a colleague who leaves had goes back to the team: open claims and cases, one fact for each referral and offer.

    Part of the transaction in which the membership ends. Referrals are taken in key order, each before its offers, as moves take them.
    """
    claims = Offer.objects.had_by(user, organization)
    member = CaseMember.objects.filter(user=user, organization=organization, until__isnull=True)
    cases = set(member.filter(referral__status__in=[*OPEN, Status.DRAFT]).values_list("referral", flat=True))
    facts = []
    for referral in sorted({*claims.values_list("referral", flat=True), *cases}):
        Referral.objects.filter(pk=referral).update(version=F("version") + 1)
        # Asked again behind the lock: an answer may have come meanwhile.
        for offer in list(claims.filter(referral=referral).values_list("pk", flat=True)):
            rows = Offer.objects.filter(pk=offer)
            rows.update(claimed_by=None, claimed_at=None, claim_until=None, version=F("version") + 1)
            facts.append(Fact("offer.returned", f"offer/{offer}", frozenset({organization})))
        facts.append(Fact("referral.returned", f"referral/{referral}", frozenset({organization})))
    member.update(until=at)
    Snooze.objects.filter(user=user, offer__organization=organization).delete()
    Looking.objects.filter(user=user, organization=organization).delete()
    return facts


# -- one's own inbox ----------------------------------------------------------------------------------------------------------


def snooze(offer: Offer, *, by: Actor, until: datetime) -> Snooze:
    """Hide a row from the caller's own inbox until a time; it concerns nobody else, so the log does not tell it.

    It comes back sooner where anything happens on the offer, and at the last reminder: `until` is cut there. Raises NotYours,
    WrongState once the offer is answered or that reminder has come, or BadInput: never a crisis, nor a time that is past.
    """
    user = _person(by)
    if offer.organization_id not in by.casework:
        raise NotYours(verb="snooze")
    row = Offer.objects.select_related("referral").get(pk=offer.pk)
    at = now()
    if row.status != Status.REQUESTED or row.asked_at is None or row.respond_by is None:
        raise WrongState(verb="snooze", **standing_as_seen_by(by, row.referral_id))
    if row.referral.urgency == Urgency.CRISIS:
        raise complain("/until", "crisis", "A crisis is never put aside.")
    if until <= at:
        raise complain("/until", "past", "Give a time from now on.")
    # While a question waits the clock stands, and runs on when its time is over.
    last = row.question_until or deadlines.last_reminder_at(row.asked_at, row.respond_by)
    if last <= at:
        raise WrongState(verb="snooze", state=row.status, detail="The answer is nearly due. Answer it, or hand it to a colleague.")
    values = {"until": min(until, last), "version": row.version}
    return Snooze.objects.update_or_create(user_id=user, offer=row, defaults=values)[0]


def wake(offer: Offer, *, by: Actor) -> None:
    """Show a row again before its time."""
    Snooze.objects.filter(user=_person(by), offer=offer).delete()


# -- who is looking -----------------------------------------------------------------------------------------------------------


def look(referral: Referral, *, by: Actor) -> None:
    """Say that the caller has the referral open; no event. The first time, colleagues who are connected hear of it."""
    from network.core import bell

    user, organization, at = _person(by), _at_work(referral, by), now()
    rows = Looking.objects.filter(user=user, organization=organization, referral=referral)
    was_here = rows.now(at).exists()
    if not rows.update(at=at):
        Looking.objects.get_or_create(user_id=user, organization_id=organization, referral=referral, defaults={"at": at})
    if not was_here:
        transaction.on_commit(lambda: bell.looked(referral.pk), robust=True)


def _at_work(referral: Referral, by: Actor) -> UUID:
    """As whose colleague the caller sees it: of the organisation they act for, where that is a side of it, else of another of theirs."""
    asked = Offer.objects.standing().filter(referral=referral, organization__in=by.casework).values_list("organization", flat=True)
    sides = {referral.sender_id, *asked} & by.casework
    if by.organization in sides or not sides:
        return by.organization if by.organization is not None else min(by.casework)
    return min(sides)


def forget(at: datetime) -> None:
    """Drop what has had its time: rows that came back, and who has gone."""
    Snooze.objects.filter(until__lte=at).delete()
    Looking.objects.filter(at__lte=at - FORGOTTEN_AFTER).delete()


def _person(by: Actor) -> UUID:
    if by.kind is not ActorKind.PERSON or by.id is None:
        raise NotYours
    return by.id


__all__ = ["MOST_AT_ONCE", "Handed", "assign_many", "assign_one", "check_many", "forget", "give_back", "look", "snooze", "wake"]
