"""Builders of a believable region: the same ones feed tests, the first start and the demo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from allauth.account.models import EmailAddress
from django.db import transaction

from network.accounts.models import Membership, User
from network.accounts.oauth import actor_of_user
from network.core.actor import Actor, Role
from network.core.clock import now
from network.partners.actions import describe, open_organizations
from network.partners.models import Organization, Place, Service
from network.people.actions import Identity, Safety, SafeWay, create_person, set_safe_contact
from network.people.models import Person


def organization(name: str, **values: Any) -> Organization:
    """An organisation with its head and keys."""
    return organizations({"name": name, **values})[0]


@transaction.atomic
def organizations(*wanted: Mapping[str, Any]) -> list[Organization]:
    """Organisations, each by its columns, with their heads and keys: three statements, however many they are."""
    rows = [Organization(created_at=now(), **values) for values in wanted]
    open_organizations(rows)
    return rows


class Joining(NamedTuple):
    """Who joins an organisation, and as what."""

    of: Organization
    email: str
    roles: tuple[Role, ...]
    name: str = ""
    password: str | None = None
    is_demo: bool = False


def member(of: Organization, email: str, *roles: Role, name: str = "", password: str | None = None, is_demo: bool = False) -> User:
    """A user with a verified address and one membership for each role."""
    return members(Joining(of, email, roles, name, password, is_demo))[0]


def members(*joining: Joining) -> list[User]:
    """Users, each with a verified address and one membership for each role: three statements, however many they are."""
    at = now()
    users = [User(email=each.email.lower(), name=each.name, joined_at=at, acts_for=each.of, is_demo=each.is_demo) for each in joining]
    for user, each in zip(users, joining, strict=True):
        user.set_password(each.password)
    User.objects.bulk_create(users)
    EmailAddress.objects.bulk_create(EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users)
    Membership.objects.bulk_create(
        Membership(user=user, organization=each.of, role=role, since=at)
        for user, each in zip(users, joining, strict=True)
        for role in each.roles
    )
    return users


def actor(user: User) -> Actor:
    return actor_of_user(user)


def service(of: Organization, name: str, needs: Iterable[str] = ("housing-support",), **values: Any) -> Service:
    row = Service.objects.create(organization=of, name=name, assured_on=now().date(), **values)
    describe(row, {("need", code) for code in needs})
    return row


def place(name: str, latitude: float = 45.0, longitude: float = -116.0, region: str = "") -> Place:
    return Place.objects.get_or_create(name=name, region=region, country="US", defaults={"latitude": latitude, "longitude": longitude})[0]


def person(by: Actor, code_name: str, *, name: str | None = None, languages: Sequence[str] = (), reachable: bool = True) -> Person:
    """A person kept by the actor's organisation; with an identity where a name is given."""
    row = create_person(by=by, code_name=code_name, identity=Identity(name=name), code_only=name is None, languages=languages)
    if reachable:
        way = SafeWay(channel="text", rule="allowed", address="202-555-0100" if name else None)
        set_safe_contact(row, by=by, safety=Safety(through_keeper=False, ways=[way]))
    return row
