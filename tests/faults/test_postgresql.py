"""What hangs on the database runs on PostgreSQL as well: log, triggers, constraints, actions, feed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests import postgres
from tests.faults.conftest import LONG
from tests.servers import ROOT

SECONDS = 3500 if LONG else 380
pytestmark = [pytest.mark.postgres, pytest.mark.timeout(SECONDS + 20)]
# What rests on the database itself: constraints, triggers, the log, and the actions that move rows.
SUITES = [
    "tests/core/test_events.py", "tests/core/test_feed.py", "tests/people", "tests/partners/test_areas.py",
    "tests/partners/test_joining.py", "tests/graph/test_load.py",
    "tests/referrals/test_actions.py", "tests/referrals/test_strategies.py", "tests/referrals/test_undo.py",
    "tests/referrals/test_conversation.py", "tests/referrals/test_inbox.py",
]  # fmt: skip
# A long run: everything that needs no site of its own, whole imports of a country among it, and the pages in a browser.
FOLDERS = ["core", "referrals", "people", "partners", "notify", "api", "demo", "frontend", "graph", "browser"]


@pytest.mark.parametrize("suites", [[f"tests/{name}"] for name in FOLDERS] if LONG else [SUITES], ids=FOLDERS if LONG else ["suites"])
def test_the_suites_of_the_database_hold_on_postgresql(suites):
    with postgres.running() as url:
        environment = {**os.environ, "DATABASE_URL": url}
        chosen = ["-m", "not faults" if LONG else "not faults and not slow", "-p", "no:cacheprovider"]
        command = [sys.executable, "-m", "pytest", "-q", "-x", *chosen, *suites]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
