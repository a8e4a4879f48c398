"""Every route in every situation against one table of statuses: a route without a row fails, and so does a row without a route."""

from __future__ import annotations

import csv
import pathlib
from datetime import timedelta
from functools import lru_cache

import pytest
from django.core.cache import cache
from django.db import transaction
from django.urls import URLPattern, URLResolver

from network.core.clock import now
from network.referrals import examples
from network.referrals.lifecycle import MOVES, LiesOn, Side
from network.urls import api
from tests.client import Caller
from tests.conftest import token_of

TABLE = pathlib.Path(__file__).with_name("matrix.csv")
METHODS = ("get", "post", "put", "patch", "delete")
SITUATIONS = (
    "anonymous", "sender", "sender admin", "receiver before", "receiver after", "other organisation", "coordinator", "application",
    "application without", "withdrawn consent", "deactivated",
)  # fmt: skip

pytestmark = pytest.mark.django_db


@lru_cache
def rows():
    with TABLE.open(newline="") as file:
        return {(row["method"], row["path"]): row for row in csv.DictReader(file)}


def routes_of_urls(patterns=api, prefix="/api/v1/"):
    """Every method of every view under the prefix, as the URL conf has it."""
    for entry in patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes_of_urls(entry.url_patterns, route)
        elif isinstance(entry, URLPattern):
            view = entry.callback.view_class
            taken = entry.callback.view_initkwargs.get("http_method_names") or view.http_method_names
            yield from (
                (method, route.replace("<uuid:pk>", "{id}").replace("<slug:gap>", "{gap}"))
                for method in METHODS
                if method in taken and hasattr(view, method)
            )


def routes_of_openapi(openapi):
    return {(method, path) for path, item in openapi["paths"].items() for method in item if method in METHODS}


def ids_of(path, world, town, case="asked"):
    """The object behind a route: what the sender keeps, and the referral in the situation asked for."""
    if "{id}" not in path:
        return None
    situation = getattr(world, case)
    found = {
        "agreements": world.agreement, "alarms": world.alarm, "applications": world.application, "areas": world.area,
        "attachments": world.attachment, "claims": world.claim, "follow-ups": world.follow_up,
        "invitations": world.invitation, "locations": world.location, "members": world.membership,
        "offers": situation.offer, "organizations": town.quayside,
        "services": town.quayside_service, "watches": world.watch, "people": situation.person, "referrals": situation.referral,
    }  # fmt: skip
    kind = path.split("/")[3]
    return str((town.quayside if kind == "graph" else found[kind]).pk)


def body_of(method, path, world, town):
    """A body that is right for the route, so that only who asks, and where it stands, decides."""
    until = (now() + timedelta(days=30)).isoformat()
    verb = path.rpartition("/")[2]
    if path.startswith(("/api/v1/offers/{id}/", "/api/v1/referrals/{id}/")) and verb in MOVES:
        return said(verb, town)
    draft = {"person": world.asked.person.pk, "need": "housing-support"}
    bodies = {
        ("put", "members/{id}/absence"): {"begins_on": now().date(), "ends_on": (now() + timedelta(days=2)).date(), "cover": None},
        ("post", "offers/assign"): {"offers": [world.asked.offer.pk], "assignee": None},
        ("post", "offers/{id}/snooze"): {"until": (now() + timedelta(hours=1)).isoformat()},
        ("put", "me"): {"organization": town.quayside.pk},
        ("put", "members/{id}"): {"role": "admin"},
        ("post", "invitations"): {"email": "worker@example.test", "role": "caseworker"},
        ("post", "applications"): {"name": "Another", "scopes": ["referrals.read"]},
        ("post", "organizations"): {"email": "head@example.test", "name": "Third Hall"},
        ("patch", "organizations/{id}"): {"website": "https://example.test"},
        ("put", "organizations/{id}/hours"): {"weekly": [], "holidays": []},
        ("post", "services"): {"name": "Advice", "needs": ["housing-support"]},
        ("patch", "services/{id}"): {"name": "Housing advice"},
        ("post", "capacity"): {"service": town.quayside_service.pk, "available": 4},
        ("post", "locations"): {"name": "Front desk", "city": "Northside"},
        ("post", "agreements"): {"from_organization": town.harbour.pk, "to_organization": town.quayside.pk},
        ("post", "agreements/{id}/end"): {"on": now().date()},
        ("post", "claims"): {"organization": world.other_claim.pk, "evidence": "I am named on its page."},
        ("post", "people"): {"code_name": "ZZ"},
        ("post", "people/find"): {"name": "Canary B1"},
        ("patch", "people/{id}"): {"languages": ["ar"]},
        ("put", "people/{id}/safe-contact"): {"through_keeper": True},
        ("post", "people/{id}/consents"): {"recipients": [town.harbour.pk], "fields": ["identity"], "until": until, "how": "in-person"},
        ("post", "matches"): {"needs": ["housing-support"]},
        ("post", "referrals"): draft,
        ("post", "unmatched"): {"need": "housing-support", "place": town.place.pk, "language": "ar"},
        ("post", "follow-ups/{id}/answer"): {"answer": "still-helped"},
        ("post", "referrals/{id}/messages"): {"text": "Thursday is good."},
        ("put", "referrals/{id}"): draft,
        ("post", "alarms/{id}/hand-over"): {"to": town.quayside_admin_user.pk},
        ("put", "crisis-plan"): {"step_minutes": 5, "protocol": "", "chain": [town.quayside_user.pk]},
        ("post", "watches"): {"user": town.quayside_user.pk, "begins_at": until, "ends_at": (now() + timedelta(days=31)).isoformat()},
    }  # fmt: skip
    return bodies.get((method, path.removeprefix("/api/v1/")), {})


def said(verb, town):
    """Enough for any verb, with a reason that is valid for it and ids that exist."""
    words = examples.said(verb)
    if "services" in words:
        words["services"] = [town.eastfield_service.pk]
    if "on" in words:
        words["on"] = (now() + timedelta(days=5)).date()
    if "assignee" in words:
        words["assignee"] = town.quayside_user.pk
    if "terms" in words:
        words["terms"] = {**words["terms"], "recipients": [town.eastfield.pk], "until": (now() + timedelta(days=30)).isoformat()}
    return words


def caller_in(situation, world, town):
    """Who asks, and which of the referrals it is about."""
    users = {
        "sender": (town.quayside_user, "asked"), "sender admin": (town.quayside_admin_user, "asked"),
        "receiver before": (town.harbour_user, "asked"), "receiver after": (town.harbour_user, "accepted"),
        "other organisation": (town.eastfield_user, "accepted"), "coordinator": (town.coordinator_user, "accepted"),
        "withdrawn consent": (town.harbour_user, "withdrawn"), "deactivated": (town.quayside_user, "asked"),
    }  # fmt: skip
    tokens = {"application": (world.application, world.secret), "application without": (world.narrow, world.narrow_secret)}
    if situation in tokens:
        return Caller(token=token_of(*tokens[situation])), "asked"
    user, case = users.get(situation, (None, "asked"))
    caller = Caller(user)
    if situation == "deactivated":
        type(user).objects.filter(pk=user.pk).update(is_active=False)
    return caller, case


def ask(caller, method, path, body):
    """The status, taken back afterwards so that each cell finds the same world."""
    cache.clear()
    with transaction.atomic():
        answer = caller.get(path) if method == "get" else caller.send(method.upper(), path, body, tag="*")
        transaction.set_rollback(True)
    if answer.status_code >= 400:
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"]
    return answer.status_code


def test_the_url_conf_the_openapi_file_and_the_table_name_the_same_routes(openapi):
    assert set(routes_of_urls()) == routes_of_openapi(openapi) == set(rows())


def test_every_move_that_a_caller_may_make_has_its_route():
    expected = {
        ("post", f"/api/v1/{move.lies_on}s/{{id}}/{move.verb}")
        for move in MOVES.values()
        if move.sides - {Side.CLOCK} and LiesOn(move.lies_on)
    }

    assert expected <= set(rows())


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_route_answers_as_the_table_says(town, world, situation):
    caller, case = caller_in(situation, world, town)
    found = {}
    for method, path in rows():
        known = ids_of(path, world, town, case)
        place = path.replace("{id}", known) if known else path.replace("{gap}", world.report)
        found[method, path] = ask(caller, method, place, body_of(method, path, world, town))

    wrong = {route: (status, int(rows()[route][situation])) for route, status in found.items() if status != int(rows()[route][situation])}
    assert wrong == {}, "found, expected"
