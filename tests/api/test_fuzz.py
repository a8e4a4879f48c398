"""What schemathesis makes of the OpenAPI file: a thousand requests, well and badly formed, none of which may break us or surprise.

Each case must be answered below 500, with a documented status, in a documented media type, by a body that fits its schema.
"""

from __future__ import annotations

import os
import warnings
from collections import Counter

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from tests.api.test_matrix import ids_of

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 20 if os.environ.get("LONG") else 3
HOW = settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kept_connection():
    """The end of a request closes a connection of PostgreSQL, and with it the test's transaction: Django's own client sees to that."""
    ends = (request_started, request_finished)
    for end in ends:
        end.disconnect(close_old_connections)
    yield
    for end in ends:
        end.connect(close_old_connections)


def signed_in(user):
    """Cookies and headers of a signed-in browser."""
    client = Client()
    client.force_login(user)
    return {"session": client.cookies["session"].value, "csrf": "a" * 32}


def run(case, cookies, headers):
    """One request in process, taken back afterwards; the rate limit starts anew."""
    cache.clear()
    with transaction.atomic(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The client in process unpacks nothing.
        response = case.call(cookies=cookies, headers={"X-CSRFToken": cookies["csrf"], "Accept-Encoding": "identity", **headers})
        transaction.set_rollback(True)
    case.validate_response(response, checks=CHECKS)
    return response.status_code


def fuzz(operation, mode, pinned, cookies, answers):
    """Some cases of one operation; with a pinned id, at an object that is there and whatever its version."""
    if mode is GenerationMode.NEGATIVE and not takes_anything(operation, pinned):
        return
    headers = {"If-Match": "*"} if pinned else {}
    strategy = operation.as_strategy(generation_mode=mode, path_parameters=pinned)

    @HOW
    @given(case=strategy)
    def cases(case):
        answers[run(case, cookies, headers)] += 1

    cases()


def takes_anything(operation, pinned):
    """Whether there is anything to get wrong: a thousand drafts would be thrown away to learn that there is not."""
    free = () if pinned else operation.path_parameters
    return any(len(part) for part in (operation.query, operation.headers, operation.body, free))


@pytest.mark.parametrize("part", range(2))
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("who", ["quayside_user", "quayside_admin_user"])
def test_no_case_is_a_5xx_or_undocumented(town, world, openapi, who, mode, part):
    schema = schemathesis.openapi.from_dict(openapi)
    schema.app = get_wsgi_application()
    answers = Counter()

    for number, found in enumerate(schema.get_all_operations()):
        operation = found.ok()
        if number % 2 == part:
            known = ids_of(operation.path, world, town)
            fuzz(operation, mode, {"id": known} if known else None, signed_in(getattr(town, who)), answers)

    assert answers.total() >= 126  # eight such parts are over a thousand cases
    assert answers[401] == 0
    assert sum(answers[status] for status in (200, 201, 204, 400, 409, 422)) > answers.total() / 2, answers
