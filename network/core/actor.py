"""Who is asking, and for which organisations: the one value every read and write is given."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class ActorKind(StrEnum):
    """What kind of caller this is; it decides how an event names them."""

    PERSON = "user"
    APPLICATION = "application"
    LINK = "link"
    CLOCK = "clock"
    OPERATOR = "operator"
    ANONYMOUS = "anonymous"


class Role(StrEnum):
    """What a member does for one organisation."""

    CASEWORKER = "caseworker"
    COORDINATOR = "coordinator"
    ADMIN = "admin"


CASEWORK = frozenset({Role.CASEWORKER, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Actor:
    """A caller, built from the credential alone: never from a body, header, URL or bundle.

    Reads cover every membership; a write acts for `organization`, the one chosen at sign-in and kept on the server.
    """

    kind: ActorKind
    id: UUID | None = None
    organization: UUID | None = None
    roles: frozenset[tuple[UUID, Role]] = frozenset()
    scopes: frozenset[str] = frozenset()

    @property
    def ref(self) -> str:
        """`user/<uuid>` and the like, as an event of the actor's own organisation names them."""
        return f"{self.kind}/{self.id or ''}"

    @property
    def organizations(self) -> frozenset[UUID]:
        """Every organisation this actor belongs to."""
        return frozenset(organization for organization, _ in self.roles)

    @property
    def casework(self) -> frozenset[UUID]:
        """Organisations whose referrals this actor works on: as caseworker or admin, or an application that may read them."""
        if self.kind is ActorKind.APPLICATION:
            return self.organizations if "referrals.read" in self.scopes else frozenset()
        return frozenset(organization for organization, role in self.roles if role in CASEWORK)

    @property
    def administers(self) -> frozenset[UUID]:
        """Organisations this actor is an admin of; an application is never one."""
        return self._as(Role.ADMIN)

    @property
    def coordinates(self) -> frozenset[UUID]:
        """The convening organisation, where this actor is a coordinator; empty for all others."""
        return self._as(Role.COORDINATOR)

    def may(self, scope: str) -> bool:
        """Whether the credential reaches as far as `scope`; people are bounded by their roles instead."""
        return self.kind is not ActorKind.APPLICATION or scope in self.scopes

    def acts_as(self, *roles: Role) -> bool:
        """Whether the actor holds one of `roles` in the organisation it acts for."""
        return any((self.organization, role) in self.roles for role in roles)

    def _as(self, role: Role) -> frozenset[UUID]:
        return frozenset(organization for organization, held in self.roles if held is role)


CLOCK = Actor(kind=ActorKind.CLOCK)
ANONYMOUS = Actor(kind=ActorKind.ANONYMOUS)
