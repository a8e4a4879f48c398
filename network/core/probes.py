"""Is it alive, and is it ready: for proxies and whoever is on call. Details only with the token."""

from __future__ import annotations

import hmac
import shutil
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from . import triggers
from .clock import now
from .models import Beat

WORKER_LATE = timedelta(minutes=3)
LEAST_DISK = 200 * 1024 * 1024


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("alive\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """Whether requests would be served; 503 while one of the conditions fails. The worker is reported, not required."""
    results = _results()
    ready = all(held for name, held in results.items() if name not in REPORTED)
    body: dict[str, object] = {"ready": ready}
    token = request.headers.get("X-Probe-Token", "")
    if settings.PROBE_TOKEN and hmac.compare_digest(token, settings.PROBE_TOKEN):
        body["checks"] = results
    return JsonResponse(body, status=200 if ready else 503, headers={} if ready else {"Retry-After": "5"})


def _results() -> dict[str, bool]:
    """What holds. A database that is away is asked once: each question would wait for a connection, and the probe with it."""
    there = _holds(database)
    return {"database": there, **{name: there and _holds(check) for name, check in OF_THE_DATABASE.items()}, "disk": _holds(disk)}


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception:  # noqa: BLE001 - a probe reports, whatever is broken
        return False


def database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone())


def migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def disk() -> bool:
    return shutil.disk_usage(settings.VAR_DIR if settings.VAR_DIR.exists() else settings.BASE_DIR).free > LEAST_DISK


def worker() -> bool:
    return Beat.objects.filter(name="sweep", at__gt=now() - WORKER_LATE).exists()


OF_THE_DATABASE: dict[str, Callable[[], bool]] = {
    "migrations": migrated,
    "triggers": lambda: not triggers.missing(connection),
    "worker": worker,
}
REPORTED = {"worker"}
