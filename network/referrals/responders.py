"""Reads who answers a crisis in an organisation: the rota, the named responders, and the hours in which nobody is on call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from network.accounts.models import Membership, User
from network.core.actor import CASEWORK, Role
from network.partners.models import Organization

from .alarming import LOOK_AHEAD, Chain, Span, overlapping, uncovered
from .models import CrisisPlan, Responder, Watch


def chains_of(organizations: Iterable[UUID], at: datetime) -> dict[UUID, Chain]:
    """Who answers a crisis in each organisation at a moment, by three queries. Whoever left is in no chain."""
    wanted = set(organizations)
    team = _team(wanted)
    on_call, named = defaultdict(list), defaultdict(list)
    for pk, user in Watch.objects.filter(organization__in=wanted).at(at).values_list("organization", "user"):
        on_call[pk].append(user)
    for pk, user in Responder.objects.filter(organization__in=wanted).order_by("position").values_list("organization", "user"):
        named[pk].append(user)
    return {
        pk: Chain(tuple(u for u in on_call[pk] if u in team[pk]), tuple(u for u in named[pk] if u in team[pk]), tuple(team[pk]))
        for pk in wanted
    }


def _team(organizations: set[UUID]) -> dict[UUID, list[UUID]]:
    """Caseworkers first, then admins; the longest there first."""
    rows = Membership.objects.active().filter(organization__in=organizations, role__in=[role.value for role in CASEWORK])
    found: dict[UUID, list[UUID]] = {pk: [] for pk in organizations}
    ordered = sorted(rows.values_list("role", "since", "pk", "organization", "user"), key=lambda row: (row[0] != Role.CASEWORKER, row[1:3]))
    for *_, organization, user in ordered:
        if user not in found[organization]:
            found[organization].append(user)
    return found


@dataclass(frozen=True, slots=True)
class Readiness:
    """How an organisation stands for a crisis: its plan, who is who, and where the rota leaves nobody or two."""

    organization: Organization
    plan: CrisisPlan
    chain: Chain
    users: dict[UUID, User]
    watches: list[Watch]
    gaps: list[Span]
    overlaps: list[Span]

    @property
    def on_call(self) -> list[User]:
        return [self.users[pk] for pk in self.chain.on_call]

    @property
    def named(self) -> list[User]:
        return [self.users[pk] for pk in self.chain.named]

    @property
    def order(self) -> list[User]:
        """Whom an alarm alerts now, in this order."""
        return [self.users[pk] for pk in self.chain.order]

    @property
    def team(self) -> list[User]:
        return [self.users[pk] for pk in self.chain.team]

    @property
    def has_nobody_named(self) -> bool:
        return not self.chain.on_call and not self.chain.named


def readiness_of(organization: UUID, at: datetime) -> Readiness:
    """By seven queries, however long chain and rota are."""
    row = Organization.objects.get(pk=organization)
    plan = CrisisPlan.objects.filter(pk=organization).first() or CrisisPlan(organization=row, version=0)
    chain = chains_of([organization], at)[organization]
    ahead = Watch.objects.filter(organization=organization, ends_at__gt=at).select_related("user").order_by("begins_at", "id")
    watches = list(ahead)
    present = [watch for watch in watches if watch.user_id in chain.team]  # whoever left covers nothing
    spans = [Span(watch.begins_at, watch.ends_at) for watch in present]
    return Readiness(
        row, plan, chain, User.objects.in_bulk(chain.team), watches, uncovered(spans, at, at + LOOK_AHEAD), overlapping(spans)
    )  # fmt: skip


def step_minutes_of(organization: UUID) -> int:
    return (CrisisPlan.objects.filter(pk=organization).first() or CrisisPlan()).step_minutes
