"""Reports are computed by the worker, in a process of their own with a deadline and a limit of memory."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django_tasks import task

from network.core.clock import now
from network.core.logs import log
from network.core.models import Beat
from network.partners.revision import revision

from . import actions
from .gaps import Settings
from .models import GapReport, State

WATCH_EVERY = timedelta(minutes=5)
RETRY_AFTER = timedelta(hours=1)  # what failed would most likely fail again at once, and a process with it
LOST = "lost"  # its worker was killed: nothing is known against it
OUT_OF_MEMORY = 70  # exit code of `compute_report`


@task()
def compute(report_id: str) -> None:
    """Compute one report. If another one of its settings runs, this one waits until that is done."""
    report = actions.begin(UUID(report_id))
    if report is None:
        return
    failure = run_apart(report.pk)
    if failure:
        log.warning("report", code=failure, subject=f"report/{report.pk}")
        actions.give_up(report.pk, failure)
    waiting = GapReport.objects.filter(settings_key=report.settings_key, state=State.WANTED).first()
    if waiting is not None:
        compute.enqueue(str(waiting.pk))


def run_apart(pk: UUID) -> str:
    """Compute in a process of its own: what a huge graph does to it, it does to nobody else. Empty if it went well."""
    command = [sys.executable, "-m", "django", "compute_report", str(pk)]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "network.settings", "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - our own command and an id
            command, cwd=settings.BASE_DIR, env=environment, timeout=actions.DEADLINE.total_seconds(), check=False, capture_output=True
        )
    except subprocess.TimeoutExpired:
        return "deadline"
    return {0: "", OUT_OF_MEMORY: "memory"}.get(done.returncode, "error")


@task()
def watch() -> None:
    """Ask for a new report when the facts have changed, and take up what a killed worker left."""
    keep_watching()
    look()


def keep_watching(*, at_once: bool = False) -> bool:
    """Plan the next look; of many that ask at once, one row update wins."""
    at = now()
    Beat.objects.get_or_create(name="graph", defaults={"at": at - timedelta(days=1)})
    late = at - (2 * WATCH_EVERY if at_once else WATCH_EVERY / 2)
    with transaction.atomic():
        if not Beat.objects.filter(name="graph", at__lte=late).update(at=at):
            return False
        if at_once:
            watch.enqueue()
        else:
            watch.using(run_after=at + WATCH_EVERY).enqueue()
    return True


def look() -> None:
    """One look: lost reports are taken up again, and a changed revision asks for a new one."""
    at = now()
    for pk in GapReport.objects.filter(state=State.RUNNING, started_at__lte=at - 2 * actions.DEADLINE).values_list("pk", flat=True):
        actions.give_up(pk, LOST)
    for pk in GapReport.objects.filter(state=State.WANTED, wanted_at__lte=at - WATCH_EVERY).values_list("pk", flat=True):
        compute.enqueue(str(pk))
    standard = GapReport.objects.filter(settings_key=actions.STANDARD)
    newest = GapReport.objects.newest(actions.STANDARD)
    if newest is not None and newest.revision == revision():
        return
    if not standard.filter(state=State.FAILED, started_at__gt=at - RETRY_AFTER).exclude(failure=LOST).exists():
        actions.want(Settings())
