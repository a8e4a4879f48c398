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
pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("postgresql"), pytest.mark.timeout(SECONDS + 20)]
SUITES = ["tests/core", "tests/referrals", "tests/people", "tests/partners", "tests/accounts"]
if LONG:  # everything that needs no server of its own, whole imports of a country among it
    SUITES += ["tests/api", "tests/demo", "tests/frontend"]


def test_the_suites_of_the_database_hold_on_postgresql():
    with postgres.running() as url:
        environment = {**os.environ, "DATABASE_URL": url}
        suites = [suite for suite in SUITES if (ROOT / suite).is_dir()]
        chosen = ["-m", "not faults" if LONG else "not faults and not slow", "-p", "no:cacheprovider"]
        command = [sys.executable, "-m", "pytest", "-q", "-x", *chosen, *suites]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
