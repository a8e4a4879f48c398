"""The crisis page while the database is stopped, really: its server is ended, and the page is asked for by a stranger and a colleague."""

from __future__ import annotations

import statistics
import time

import httpx
import pytest

from tests import postgres
from tests.servers import Site

pytestmark = [pytest.mark.faults, pytest.mark.postgres, pytest.mark.timeout(300)]
LINE = "from network.partners.models import CrisisLine; CrisisLine.objects.create(region='US', name='Line', phone='988', hours='always')"
WITHIN = 0.05  # seconds


@pytest.fixture
def stopped(tmp_path):
    """The address of a web process whose PostgreSQL has ended."""
    site = Site(tmp_path)
    try:
        with postgres.running() as url:
            site.environment["DATABASE_URL"] = url
            site.migrate()
            site.manage("shell", "-v", "0", "-c", LINE)
            address = f"http://127.0.0.1:{site.start_web()}"
            deadline = time.monotonic() + 20
            # Written at the start, before anybody asks.
            while not (tmp_path / "crisis" / "US.en.json").is_file():
                assert time.monotonic() < deadline, "the page was not written at the start"
                time.sleep(0.1)
        yield address
    finally:
        site.stop()


def ask(address, **options):
    begun = time.perf_counter()
    answer = httpx.get(f"{address}/crisis/", timeout=10, **options)
    return answer, time.perf_counter() - begun


def test_the_page_is_there_while_the_database_is_stopped(stopped):
    assert httpx.get(f"{stopped}/services/", timeout=30).status_code == 503
    for cookies in ({}, {"session": "of-somebody"}):
        answer, _ = ask(stopped, cookies=cookies)
        assert answer.status_code == 200
        assert "988" in answer.text


@pytest.mark.slow
def test_the_page_comes_within_fifty_milliseconds_while_the_database_is_stopped(stopped):
    taken = sorted(seconds for _ in range(100) for answer, seconds in [ask(stopped)] if answer.status_code == 200)

    assert len(taken) == 100
    assert statistics.median(taken) < WITHIN, f"median {statistics.median(taken):.4f} s, p95 {taken[94]:.4f} s"
