"""Every write about who works where, and which partner systems may act for an organisation."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from oauth2_provider.models import AccessToken

from network.core.actor import CASEWORK, Actor, ActorKind, Role
from network.core.clock import now
from network.core.errors import LinkUsed, NotYours, Stale, WrongState, complain
from network.core.events import Fact, record

from . import tasks
from .absence import zone_named
from .models import Absence, Application, Invitation, Membership, User

INVITATION_LASTS = timedelta(days=14)
LONGEST_ABSENCE = timedelta(days=366)

# What is given back in the transaction in which somebody stops to work for an organisation: (user, organisation, moment) to facts.
# Whoever hangs work on a member registers it, since nothing here may know of it. Locks are taken by key, as moves take them.
GivesBack = Callable[[UUID, UUID, datetime], list[Fact]]
GIVES_BACK: list[GivesBack] = []


def require_admin(organization: UUID, by: Actor) -> None:
    """Only an admin, acting for this organisation."""
    if by.organization != organization or organization not in by.administers:
        raise NotYours


def invite(*, by: Actor, organization: UUID, email: str, role: Role) -> Invitation:
    """Ask somebody to join an organisation by mail; an open invitation of the same address and role is sent again."""
    require_admin(organization, by)
    return write_invitation(by=by, organization=organization, email=email, role=role, invited_for=organization)


@transaction.atomic
def write_invitation(
    *, by: Actor, organization: UUID, email: str, role: Role, invited_for: UUID, others: Iterable[Fact] = ()
) -> Invitation:
    """The row of an invitation, its mail and its event; `others` are facts of the same transaction."""
    at = now()
    address = email.strip().lower()
    Invitation.objects.filter(
        Q(expires_at__lte=at), organization=organization, email__iexact=address, role=role, accepted_at__isnull=True,
        withdrawn_at__isnull=True,
    ).update(withdrawn_at=at)  # fmt: skip
    open_ones = Invitation.objects.open(at).filter(organization=organization, email__iexact=address, role=role)
    invitation = open_ones.first()
    if invitation is None:
        invitation = Invitation.objects.create(
            organization_id=organization, invited_for_id=invited_for, invited_by_id=by.id if by.kind is ActorKind.PERSON else None,
            email=address, role=role, created_at=at, expires_at=at + INVITATION_LASTS,
        )  # fmt: skip
    tasks.send_invitation.enqueue(str(invitation.pk))
    to = frozenset({organization, invited_for})
    record(*others, Fact("invitation.sent", f"invitation/{invitation.pk}", to), by=by, at=at)
    return invitation


@transaction.atomic
def withdraw_invitation(invitation: Invitation, *, by: Actor) -> None:
    """Take an invitation back before it is used."""
    if by.organization not in {invitation.organization_id, invitation.invited_for_id} or not (by.administers or by.coordinates):
        raise NotYours
    rows = Invitation.objects.filter(pk=invitation.pk, accepted_at__isnull=True, withdrawn_at__isnull=True)
    if not rows.update(withdrawn_at=now()):
        raise WrongState(state="accepted" if invitation.accepted_at else "withdrawn")
    to = frozenset({invitation.organization_id, invitation.invited_for_id})
    record(Fact("invitation.withdrawn", f"invitation/{invitation.pk}", to), by=by)


def invitation_of(token: str) -> Invitation:
    """The open invitation a link leads to; LinkUsed where it was used, withdrawn or is too old."""
    digest = hashlib.sha256(token.encode()).digest()
    found = Invitation.objects.open(now()).filter(token_hash=digest).select_related("organization").first()
    if found is None:
        raise LinkUsed
    return found


@transaction.atomic
def accept_invitation(invitation: Invitation, *, user: User) -> Membership:
    """Join: the invitation is taken once, by whoever holds its address."""
    if user.email.lower() != invitation.email.lower():
        raise NotYours
    at = now()
    if not Invitation.objects.open(at).filter(pk=invitation.pk).update(accepted_at=at, accepted_by=user):
        raise LinkUsed
    return join(user, invitation.organization_id, Role(invitation.role), others=frozenset({invitation.invited_for_id}))


def join(user: User, organization: UUID, role: Role, *, others: frozenset[UUID] = frozenset(), more: Iterable[Fact] = ()) -> Membership:
    """The membership and its event; part of a transaction of the caller."""
    membership, made = Membership.objects.get_or_create(
        user=user, organization_id=organization, role=role, until=None, defaults={"since": now()}
    )
    if user.acts_for_id is None:
        User.objects.filter(pk=user.pk).update(acts_for=organization)
    by = Actor(kind=ActorKind.PERSON, id=user.pk, organization=organization, roles=frozenset({(organization, role)}))
    joined = [Fact("member.joined", f"membership/{membership.pk}", others | {organization})] if made else []
    if joined or more:
        record(*joined, *more, by=by)
    return membership


@transaction.atomic
def create_user(invitation: Invitation, *, name: str, password: str) -> User:
    """A user whose address the invitation's link has proved."""
    try:
        with transaction.atomic():
            user = User.objects.create_user(invitation.email, password, name=name, joined_at=now())
    except IntegrityError:
        raise complain("/email", "known", "There is a sign-in for this address already. Sign in, and open the link again.") from None
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    accept_invitation(invitation, user=user)
    return User.objects.get(pk=user.pk)


def choose_undo_time(by: Actor, seconds: int) -> None:
    """A person's own setting: nobody else is concerned, so the log does not tell it."""
    if by.kind is ActorKind.PERSON and by.id is not None:
        User.objects.filter(pk=by.id).update(undo_seconds=seconds)


@transaction.atomic
def change_role(membership: Membership, *, by: Actor, role: Role, version: int) -> Membership:
    """Give a member another role; the last admin stays one."""
    require_admin(membership.organization_id, by)
    _keep_an_admin(membership)
    if not Membership.objects.filter(pk=membership.pk, until__isnull=True, version=version).update(until=now(), version=F("version") + 1):
        raise Stale
    at = now()
    present, _ = Membership.objects.get_or_create(
        user=membership.user, organization=membership.organization, role=role, until=None, defaults={"since": at}
    )
    to = frozenset({membership.organization_id})
    given_back = _give_back(membership, at)
    record(
        *given_back, Fact("member.left", f"membership/{membership.pk}", to),
        Fact("member.role_changed", f"membership/{present.pk}", to), by=by, at=at,
    )  # fmt: skip
    return present


@transaction.atomic
def end_membership(membership: Membership, *, by: Actor, version: int) -> None:
    """Let somebody go; their reads end with the next request, and what they had goes back to the team in this transaction."""
    if membership.user_id != by.id:
        require_admin(membership.organization_id, by)
    _keep_an_admin(membership)
    at = now()
    if not Membership.objects.filter(pk=membership.pk, until__isnull=True, version=version).update(until=at, version=F("version") + 1):
        raise Stale
    given_back = _give_back(membership, at)
    record(*given_back, Fact("member.left", f"membership/{membership.pk}", frozenset({membership.organization_id})), by=by, at=at)


def _give_back(left: Membership, at: datetime) -> list[Fact]:
    """What ends when nobody of that name does casework there any more: their work, their absence, and what they covered for."""
    user, organization = left.user_id, left.organization_id
    if Membership.objects.active().filter(user=user, organization=organization, role__in=CASEWORK).exists():
        return []
    Absence.objects.filter(user=user, organization=organization).delete()
    covered = Absence.objects.filter(cover=user, organization=organization)
    members = Membership.objects.active().filter(organization=organization, user__in=list(covered.values_list("user", flat=True)))
    covered.update(cover=None)
    facts = [
        Fact("member.away", f"membership/{pk}", frozenset({organization})) for pk in members.order_by("pk").values_list("pk", flat=True)
    ]
    return [*(fact for give_back in GIVES_BACK for fact in give_back(user, organization, at)), *facts]


@transaction.atomic
def be_away(membership: Membership, *, by: Actor, begins_on: date, ends_on: date, cover: UUID | None = None) -> Absence:
    """Say when a member is away, and which colleague covers; it replaces what was said before.

    The member says it, or an admin for them. While they are away, what they had claimed before and what is newly assigned to them
    goes to whoever covers, and news of their cases too (`absence.stand_in` has the rule); without a cover it is the team's.
    """
    _require_self_or_admin(membership, by)
    at, organization = now(), membership.organization_id
    today = at.astimezone(zone_named(membership.organization.time_zone)).date()
    if ends_on < begins_on:
        raise complain("/ends_on", "before_it_begins", "The last day comes after the first.")
    if ends_on < today:
        raise complain("/ends_on", "over", "These days are over. Give a last day from today on.")
    if ends_on - begins_on > LONGEST_ABSENCE or begins_on - today > LONGEST_ABSENCE:
        raise complain("/ends_on", "too_far", "At most a year ahead, and a year long.")
    if cover is not None and (cover == membership.user_id or not _works_here(cover, organization)):
        raise complain("/cover", "unknown", "Choose another colleague of your own organisation.")
    values = {"begins_on": begins_on, "ends_on": ends_on, "cover_id": cover, "made_at": at}
    row, _ = Absence.objects.update_or_create(user_id=membership.user_id, organization_id=organization, defaults=values)
    record(Fact("member.away", f"membership/{membership.pk}", frozenset({organization})), by=by, at=at)
    return row


@transaction.atomic
def be_back(membership: Membership, *, by: Actor) -> None:
    """Forget the absence of a member; what passed on stays where it is."""
    _require_self_or_admin(membership, by)
    found, _ = Absence.objects.filter(user=membership.user_id, organization=membership.organization_id).delete()
    if found:
        record(Fact("member.back", f"membership/{membership.pk}", frozenset({membership.organization_id})), by=by)


def _require_self_or_admin(membership: Membership, by: Actor) -> None:
    is_own = by.kind is ActorKind.PERSON and membership.user_id == by.id
    if not is_own or membership.until is not None:
        require_admin(membership.organization_id, by)


def _works_here(user: UUID, organization: UUID) -> bool:
    return Membership.objects.active().filter(user=user, organization=organization, role__in=CASEWORK).exists()


def _keep_an_admin(leaving: Membership) -> None:
    """An organisation whose last admin left could let nobody in."""
    if leaving.role != Role.ADMIN:
        return
    # The rows are taken by an update first, so that two admins who leave at once cannot both find the other.
    admins = Membership.objects.active().filter(organization=leaving.organization_id, role=Role.ADMIN)
    taken = Membership.objects.filter(pk__in=list(admins.values_list("pk", flat=True)), until__isnull=True).update(role=Role.ADMIN)
    if taken <= 1:
        raise WrongState(state="last_admin", detail="The last admin cannot leave. Make somebody else an admin first.")


@transaction.atomic
def create_application(*, by: Actor, name: str, scopes: frozenset[str], system: UUID | None = None) -> tuple[Application, str]:
    """A credential of a partner system and its secret, which is shown once and kept only as a hash."""
    organization = by.organization
    if organization is None:
        raise NotYours
    require_admin(organization, by)
    if unknown := sorted(scopes - set(settings.SCOPES)):
        raise complain("/scopes", "unknown", f"Not a scope: {unknown[0][:40]}.")
    if not scopes:
        raise complain("/scopes", "required", "Name at least one scope.")
    secret = secrets.token_urlsafe(48)
    row = Application(
        name=name, organization_id=organization, granted_scopes=f" {' '.join(sorted(scopes))} ", granted_by_id=by.id, client_secret=secret,
        client_type=Application.CLIENT_CONFIDENTIAL, authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
        **({"system": system} if system else {}),
    )  # fmt: skip
    row.save(force_insert=True)
    record(Fact("application.created", f"application/{row.pk}", frozenset({organization})), by=by)
    return row, secret


@transaction.atomic
def revoke_application(application: Application, *, by: Actor) -> None:
    """End a credential; its tokens end in the same transaction."""
    require_admin(application.organization_id, by)
    if not Application.objects.filter(pk=application.pk, revoked_at__isnull=True).update(revoked_at=now()):
        raise WrongState(state="revoked")
    AccessToken.objects.filter(application=application).delete()
    record(Fact("application.revoked", f"application/{application.pk}", frozenset({application.organization_id})), by=by)
