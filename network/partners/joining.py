"""How organisations come onto the network: the first one, by invitation, or by claiming the entry that lists them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F

from network.accounts.actions import join, write_invitation
from network.accounts.models import Claim, ClaimState, Invitation, User
from network.accounts.tasks import new_link
from network.core.actor import CLOCK, Actor, ActorKind, Role
from network.core.clock import now
from network.core.errors import NotFound, NotYours, Stale, WrongState, complain
from network.core.events import Fact, record

from .actions import open_organizations
from .crisis_lines import write_soon
from .models import CrisisLine, Organization
from .revision import bump

CRISIS_COLUMNS = (
    "region",
    "name",
    "phone",
    "text_number",
    "text_keyword",
    "chat_url",
    "hours",
    "weekly",
    "time_zone",
    "languages",
    "about",
    "position",
)


def convening() -> Organization:
    """The organisation whose coordinators run the network."""
    found = Organization.objects.filter(is_convening=True).first()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class Started:
    """What the first start made: the convening organisation and its coordinator's link, which is shown once."""

    organization: Organization
    link: str


@transaction.atomic
def start_network(*, name: str, email: str, crisis_lines: Sequence[Mapping[str, Any]]) -> Started:
    """Make the convening organisation, its first invitation, and the crisis lines of its region."""
    if Organization.objects.filter(is_convening=True).exists():
        raise WrongState(state="started")
    row = Organization(name=name, is_convening=True, created_at=now())
    open_organizations([row])
    for number, given in enumerate(crisis_lines):
        values = {key: given[key] for key in CRISIS_COLUMNS if key in given}
        line = CrisisLine(**{"position": number, "hours": "", **values})
        try:
            line.clean()
            with transaction.atomic():
                line.save(force_insert=True)
        except ValidationError:
            raise complain(
                f"/crisis_lines/{number}/weekly", "unreadable", "weekly has byday, opens_at and closes_at; time_zone is an IANA name."
            ) from None
        except IntegrityError:
            raise complain(f"/crisis_lines/{number}", "unusable", "A line needs region, name and a number or address, once each.") from None
    write_soon()
    bump(row.pk)
    joined = Fact("organization.joined", f"organization/{row.pk}", frozenset({row.pk}))
    invitation = write_invitation(by=CLOCK, organization=row.pk, email=email, role=Role.COORDINATOR, invited_for=row.pk, others=[joined])
    return Started(row, new_link(invitation))


@transaction.atomic
def invite_organization(*, by: Actor, email: str, organization: UUID | None = None, name: str = "") -> Invitation:
    """A coordinator invites a listed organisation, or one that is not listed yet, by its first admin's address."""
    if not by.coordinates:
        raise NotYours
    home = next(iter(by.coordinates))
    facts = []
    if organization is None:
        if not name.strip():
            raise complain("/name", "required", "Say what the organisation is called.")
        row = Organization(name=name.strip(), created_at=now())
        open_organizations([row])
        organization = row.pk
        bump(row.pk)
        facts = [Fact("organization.changed", f"organization/{row.pk}", frozenset({row.pk, home}))]
    elif not Organization.objects.filter(pk=organization, is_active=True).exists():
        raise NotFound
    return write_invitation(by=by, organization=organization, email=email, role=Role.ADMIN, invited_for=home, others=facts)


@transaction.atomic
def ask_claim(*, user: User, organization: UUID, evidence: str) -> Claim:
    """Say that a listed organisation is one's own; a coordinator checks it outside this system."""
    row = Organization.objects.filter(pk=organization, is_active=True).first()
    if row is None:
        raise NotFound
    if Organization.objects.on_the_network().filter(pk=organization).exists():
        raise WrongState(state="on_network", detail="This organisation works here already. Ask one of its admins to invite you.")
    if not evidence.strip():
        raise complain("/evidence", "required", "Say how we can check it: a work telephone, or a page that names you.")
    claim = Claim(organization=row, user=user, evidence=evidence.strip(), created_at=now())
    try:
        with transaction.atomic():
            claim.save(force_insert=True)
    except IntegrityError:
        raise WrongState(state="asked", detail="You have asked already. A coordinator will answer.") from None
    by = Actor(kind=ActorKind.PERSON, id=user.pk, organization=organization)
    record(Fact("claim.asked", f"claim/{claim.pk}", frozenset({convening().pk})), by=by)
    return claim


@transaction.atomic
def decide_claim(claim: Claim, *, by: Actor, approve: bool, version: int) -> Claim:
    """A coordinator answers; whoever is approved becomes the organisation's admin, and it is on the network."""
    if not by.coordinates:
        raise NotYours
    state = ClaimState.APPROVED if approve else ClaimState.REFUSED
    rows = Claim.objects.filter(pk=claim.pk, state=ClaimState.ASKED)
    if not rows.filter(version=version).update(state=state, decided_at=now(), decided_by_id=by.id, version=F("version") + 1):
        raise Stale if rows.exists() else WrongState(state=Claim.objects.get(pk=claim.pk).state)
    kind = "claim.approved" if approve else "claim.refused"
    decided = Fact(kind, f"claim/{claim.pk}", by.coordinates)
    if not approve:
        record(decided, by=by)
    else:
        bump(claim.organization_id)
        joined = Fact("organization.joined", f"organization/{claim.organization_id}", by.coordinates | {claim.organization_id})
        join(claim.user, claim.organization_id, Role.ADMIN, more=[decided, joined])
    return Claim.objects.get(pk=claim.pk)
