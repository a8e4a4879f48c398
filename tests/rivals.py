"""Rivals that begin at the same moment, for scripts in a site."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from network.core.errors import Refusal


def at_once(pool: ThreadPoolExecutor, *works: Callable[[], object]) -> list[bool]:
    """Which were done and not refused. The pool has a thread for each."""
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> bool:
        gate.wait()
        try:
            work()
        except Refusal:
            return False
        else:
            return True
        finally:
            connection.close()

    return list(pool.map(run, works))
