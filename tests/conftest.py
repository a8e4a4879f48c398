"""Fixtures that every package shares: organisations and their people, and a referral at each place of its life, made by the actions."""

from __future__ import annotations

import base64
import sqlite3
from types import SimpleNamespace

import pytest

from network.accounts.oauth import actors_of_users
from network.core.actor import Role
from network.demo import region
from network.referrals import actions
from network.referrals.actions import Decision, Draft, Said
from network.referrals.models import Offer
from tests import migrated
from tests.client import Caller


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker):
    """The tables of SQLite are copied into memory; on PostgreSQL they are those of the database beside, which is migrated."""
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    if connection.vendor != "sqlite":
        with django_db_blocker.unblock():
            connection.settings_dict["TEST"]["TEMPLATE"] = connection.settings_dict["NAME"]
            made = setup_databases(verbosity=0, interactive=False)
        yield
        with django_db_blocker.unblock():
            teardown_databases(made, verbosity=0)
        return
    with django_db_blocker.unblock():
        given = connection.settings_dict["NAME"]
        connection.close()
        connection.settings_dict["NAME"] = connection.creation._get_test_db_name()
        connection.ensure_connection()
        link = sqlite3.connect(migrated.template())
        link.backup(connection.connection)
        link.close()
    yield
    with django_db_blocker.unblock():
        connection.creation.destroy_test_db(given, verbosity=0)


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
    names = {"convening": "County Network", "quayside": "Quayside Advice", "harbour": "Harbour House", "eastfield": "Eastfield Centre"}
    wanted = ({"name": name, "is_convening": key == "convening"} for key, name in names.items())
    rows = dict(zip(names, region.organizations(*wanted), strict=True))
    made = SimpleNamespace(**rows)
    joining = {"coordinator": region.Joining(made.convening, "coordinator@county.test", (Role.COORDINATOR,), "Cora")}
    for key in ("quayside", "harbour", "eastfield"):
        joining[f"{key}_worker"] = region.Joining(rows[key], f"worker@{key}.test", (Role.CASEWORKER,), f"Worker of {key}")
        joining[f"{key}_admin"] = region.Joining(rows[key], f"admin@{key}.test", (Role.ADMIN,), f"Admin of {key}")
        setattr(made, f"{key}_service", region.service(rows[key], f"Housing advice at {rows[key].name}"))
    users = dict(zip(joining, region.members(*joining.values()), strict=True))
    actors = actors_of_users(users.values())
    for key, user in users.items():
        setattr(made, f"{key.removesuffix('_worker')}_user", user)
        setattr(made, key, actors[user.pk])
    made.place = region.place("Northside")
    made.person = region.person(made.quayside_worker, "AK", name="Amina Canary-Name")
    return made


@pytest.fixture
def call():
    """Call the API as a user, or as nobody."""
    return Caller


@pytest.fixture
def system(town):
    """A partner system of Quayside and its bearer token, within the scopes asked for."""
    from network.accounts.actions import create_application

    def connect(by=None, scopes=("referrals.read", "referrals.write", "identity.read", "directory.read")):
        application, secret = create_application(by=by or town.quayside_admin, name="Case system", scopes=frozenset(scopes))
        return token_of(application, secret)

    return connect


def token_of(application, secret):
    from django.test import Client

    basic = base64.b64encode(f"{application.client_id}:{secret}".encode()).decode()
    answer = Client().post("/o/token", {"grant_type": "client_credentials"}, headers={"Authorization": f"Basic {basic}"})
    assert answer.status_code == 200, answer.content
    return answer.json()["access_token"]


@pytest.fixture
def draft(town):
    return actions.create_draft(
        Draft(person=town.person.pk, need="housing-support", urgency="soon", place=town.place.pk, note="Canary-Note"),
        by=town.quayside_worker,
    )


def send_to(town, draft, service):
    terms = actions.usual_terms({service.organization_id}, how="in-person")
    said = Said(services=(service.pk,))
    return actions.send(draft, by=town.quayside_worker, said=said, decision=Decision(terms=terms))


@pytest.fixture
def sent(town, draft):
    return send_to(town, draft, town.harbour_service)


@pytest.fixture
def offer(sent):
    return Offer.objects.select_related("referral").get(referral=sent)


@pytest.fixture
def accepted(town, offer):
    return actions.move(offer, "accept", by=town.harbour_worker)


@pytest.fixture
def other_person(town):
    return region.person(town.quayside_worker, "BK", name="Somebody Else")


def pytest_make_parametrize_id(val, argname):
    """No file stands in a test's name: some are megabytes, and the lanes of a run must find the same names."""
    return argname if isinstance(val, bytes) else None


def pytest_collection_finish(session):
    """Groups keep a site, a browser and what a race needs in one process; a release of pytest let them be forgotten without a word."""
    if session.config.getoption("loadgroup", False):
        forgotten = [item.nodeid for item in session.items if item.get_closest_marker("xdist_group") and "@" not in item.nodeid]
        assert not forgotten, forgotten[:3]
