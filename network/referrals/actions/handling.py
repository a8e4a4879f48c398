"""Who of a team has an offer, and who is on the case."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from network.core.errors import Complaint, NotYours, SayMore

from ..lifecycle import Side
from ..models import (
    CaseMember,
)
from .case import Standing, is_member, present
from .told import Told, person_of


def claimer(told: Told) -> Told:
    """A colleague has it, whom others can ask; a partner system is none."""
    if person_of(told) is None:
        raise NotYours(verb="claim")
    return told


def colleague_chosen(told: Told) -> Told:
    """Each side assigns its own people; for a colleague who is away it is whoever covers."""
    wanted, own = told.said.assignee, told.by.organization
    if wanted is None or own is None or not is_member(wanted, own):
        raise SayMore(verb="assign", errors=(Complaint("/assignee", "unknown", "Choose a colleague of your own organisation."),))
    # Who takes it on themselves while they are away knows what they do.
    here = wanted if wanted == person_of(told) else present(wanted, own, told.standing.now)
    if here is None:
        words = "This colleague is away, and nobody covers. Choose somebody else."
        raise SayMore(verb="assign", errors=(Complaint("/assignee", "away", words),))
    return replace(told, said=replace(told.said, assignee=here))


def claimed(told: Told) -> None:
    told.standing.claim(told.the_offer(), person_of(told), "claim")


def unclaimed(told: Told) -> None:
    """Back to the team, by a colleague or by the clock."""
    told.standing.claim(told.the_offer(), None, told.verb)


def covered(told: Told) -> None:
    """Whoever had it went away: it is their cover's, or the team's."""
    offer = told.the_offer()
    had = offer.claimed_by_id
    told.standing.claim(offer, present(had, offer.organization_id, told.standing.now) if had else None, "cover")


def handed_over(told: Told) -> None:
    """While an offer waits for an answer one colleague has it: assigning it hands it over. After that a case may have several."""
    offer = told.standing.waiting_offer(told.by.organization) if told.side is Side.RECEIVER else None
    if offer is not None:
        told.standing.claim(offer, told.said.assignee, "assign")


def joins_case(told: Told) -> None:
    """Whoever claims or accepts is on the case."""
    if (user := person_of(told)) is not None and told.by.organization is not None:
        put_on_case(told.standing, user, told.by.organization)


def assigned(told: Told) -> None:
    if told.said.assignee is not None and told.by.organization is not None:
        put_on_case(told.standing, told.said.assignee, told.by.organization)


def cover_joins(told: Told) -> None:
    offer = told.the_offer()
    if offer.claimed_by_id is not None:
        put_on_case(told.standing, offer.claimed_by_id, offer.organization_id)


def put_on_case(standing: Standing, user: UUID, organization: UUID) -> None:
    present = CaseMember.objects.filter(referral=standing.referral, organization=organization, user=user, until__isnull=True)
    if not present.exists():
        CaseMember.objects.create(referral=standing.referral, organization_id=organization, user_id=user, since=standing.now)
