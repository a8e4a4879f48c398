"""The processes of an installation as an operator starts them, from nothing; other tests fork theirs from one that is loaded."""

from __future__ import annotations

import time

import httpx
import pytest

from tests.servers import Site

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]
ASK = """
from network.referrals.tasks import sweep
sweep.enqueue()
"""
DONE = """
from django_tasks_db.models import DBTaskResult
print("DONE", DBTaskResult.objects.filter(task_path="network.referrals.tasks.sweep", status="SUCCESSFUL").count())
"""


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path, is_forked=False)
    made.migrate()
    yield made
    made.stop()


def test_web_process_and_worker_begin_from_nothing_work_and_end_when_they_are_told(site):
    port, worker = site.start_web(), site.start_worker()
    assert httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=10).json() == {"ready": True}
    assert httpx.get(f"http://127.0.0.1:{port}/accounts/login/", timeout=10).status_code == 200

    site.manage("shell", "-v", "0", "-c", ASK)
    deadline = time.monotonic() + 30
    while "DONE 0" in (said := site.manage("shell", "-v", "0", "-c", DONE)):
        assert time.monotonic() < deadline
    assert "DONE" in said

    ends = [site.processes[port], worker]
    for process in ends:
        process.terminate()
    assert [process.wait(8) in {0, -15} for process in ends] == [True, True]
