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


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """The address of a web process whose PostgreSQL has ended."""
    site = Site(tmp_path_factory.mktemp("site"))
    try:
        with postgres.running() as url:
            site.environment["DATABASE_URL"] = url
            site.manage("shell", "-v", "0", "-c", LINE)
            address = f"http://127.0.0.1:{site.start_web()}"
            deadline = time.monotonic() + 20
            # Written at the start, before anybody asks.
            while not (site.folder / "crisis" / "US.en.json").is_file():
                assert time.monotonic() < deadline, "the page was not written at the start"
                time.sleep(0.1)
        yield address
    finally:
        site.stop()


def ask(client):
    begun = time.perf_counter()
    answer = client.get("/crisis/")
    return answer.status_code, answer.text, time.perf_counter() - begun


def test_the_page_is_there_while_the_database_is_stopped(stopped):
    for cookies in ({}, {"session": "of-somebody"}):
        with httpx.Client(base_url=stopped, cookies=cookies, timeout=60) as client:
            assert client.get("/services/").status_code == 503
            status, text, _ = ask(client)
        assert (status, "988" in text) == (200, True)


@pytest.mark.slow
def test_the_page_comes_within_fifty_milliseconds_while_the_database_is_stopped(stopped):
    with httpx.Client(base_url=stopped, timeout=10) as client:  # made before the clock runs: its certificates take longer than the page
        answers = [ask(client) for _ in range(100)]
    taken = sorted(seconds for _, _, seconds in answers)

    assert {status for status, _, _ in answers} == {200}
    assert statistics.median(taken) < WITHIN, f"median {statistics.median(taken):.4f} s, p95 {taken[94]:.4f} s"
