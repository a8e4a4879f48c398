"""Fixtures that every package's tests share: two organisations, their people, a service of each."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from network.core.actor import Role
from network.demo import region


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def empty_cache():
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def town(db):
    """Quayside sends, Harbour House and Eastfield receive; the convening organisation has a coordinator."""
    convening = region.organization("County Network", is_convening=True)
    quayside, harbour, eastfield = (region.organization(name) for name in ("Quayside Advice", "Harbour House", "Eastfield Centre"))
    made = SimpleNamespace(convening=convening, quayside=quayside, harbour=harbour, eastfield=eastfield)
    made.coordinator_user = region.member(convening, "coordinator@county.test", Role.COORDINATOR, name="Cora")
    for name in ("quayside", "harbour", "eastfield"):
        organization = getattr(made, name)
        user = region.member(organization, f"worker@{name}.test", Role.CASEWORKER, name=f"Worker of {name}")
        admin = region.member(organization, f"admin@{name}.test", Role.ADMIN, name=f"Admin of {name}")
        setattr(made, f"{name}_user", user)
        setattr(made, f"{name}_worker", region.actor(user))
        setattr(made, f"{name}_admin_user", admin)
        setattr(made, f"{name}_admin", region.actor(admin))
        setattr(made, f"{name}_service", region.service(organization, f"Housing advice at {organization.name}"))
    made.coordinator = region.actor(made.coordinator_user)
    made.place = region.place("Northside")
    made.person = region.person(made.quayside_worker, "AK", name="Amina Canary-Name")
    return made
