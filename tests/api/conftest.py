"""The town with an object behind each route, and the OpenAPI file as the installation serves it."""

from __future__ import annotations

import json

import pytest

from tests.api import world as builder


@pytest.fixture
def world(town):
    return builder.build(town)


@pytest.fixture(scope="session")
def openapi():
    """The OpenAPI file, read through the route that serves it."""
    from django.test import Client

    answer = Client().get("/api/schema?format=json")
    assert answer.status_code == 200
    return json.loads(answer.content)
