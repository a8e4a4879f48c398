"""Sites on SQLite and PostgreSQL, each with two organisations and their systems."""

from __future__ import annotations

import contextlib
import os

import pytest

from tests import postgres
from tests.servers import Site
from tests.systems import found

LONG = bool(os.environ.get("LONG"))


@contextlib.contextmanager
def founded(folder, vendor, more=None):
    """A migrated site on one of the databases."""
    with contextlib.ExitStack() as stack:
        environment = dict(more or {})
        if vendor == "postgresql":
            environment["DATABASE_URL"] = stack.enter_context(postgres.running())
        site = Site(folder, environment)
        site.vendor = vendor
        site.migrate()
        site.partners = found(site)
        try:
            yield site
        finally:
            site.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request, tmp_path):
    with founded(tmp_path, request.param) as made:
        yield made
