"""How a report comes about: wanted once, computed apart within limits, taken up again, and announced to coordinators alone."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import pytest
import time_machine
from django.db import IntegrityError, transaction

from network.core import feed, keepers
from network.core.clock import now
from network.core.models import Event
from network.graph import actions, tasks
from network.graph.compute import body_of
from network.graph.gaps import Settings
from network.graph.models import GapReport, State
from network.notify.hub import encode_tail
from network.partners.revision import bump
from tests.servers import Site

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]


@pytest.fixture
def enqueued(monkeypatch):
    """Ids of the reports that a worker was asked to compute."""
    asked = []
    monkeypatch.setattr(tasks.compute.__class__, "enqueue", lambda task, *args: asked.append((task.name, *args)))
    return asked


@pytest.fixture
def quietly(monkeypatch):
    """The process of its own ends at once, as is said."""
    said = {"failure": ""}

    def run_apart(pk):
        if not said["failure"]:
            revision, body = body_of(Settings())
            actions.finish(GapReport.objects.get(pk=pk), body=body, revision=revision)
        return said["failure"]

    monkeypatch.setattr(tasks, "run_apart", run_apart)
    return said


def states():
    return sorted(GapReport.objects.values_list("state", flat=True))


def test_of_many_that_ask_at_once_one_waits(town, enqueued):
    first, second = actions.want(Settings()), actions.want(Settings())

    assert first.pk == second.pk
    assert [name for name, *_ in enqueued] == ["compute"]
    with pytest.raises(IntegrityError), transaction.atomic():
        GapReport.objects.create(settings_key=actions.STANDARD, wanted_at=now())


def test_while_one_runs_another_waits_and_a_third_is_the_second(town, enqueued):
    running = actions.begin(actions.want(Settings()).pk)
    waiting = actions.want(Settings())

    assert actions.want(Settings()).pk == waiting.pk
    assert actions.begin(waiting.pk) is None
    assert states() == [State.RUNNING, State.WANTED]
    assert running.pk != waiting.pk


def test_what_waited_is_computed_when_the_other_is_done(town, enqueued, quietly):
    first = actions.want(Settings())
    running = actions.begin(first.pk)
    waiting = actions.want(Settings())
    tasks.compute.func(str(waiting.pk))
    assert states() == [State.RUNNING, State.WANTED]

    revision, body = body_of(Settings())
    actions.finish(running, body=body, revision=revision)
    tasks.compute.func(str(waiting.pk))
    assert states() == [State.READY, State.READY]


def test_a_report_with_other_assumptions_is_one_of_its_own(town, enqueued):
    changed = actions.settings_of({"help_share": [0.01, 0.02, 0.05]})

    standard, other = actions.want(Settings()), actions.want(changed)
    assert standard.settings_key == actions.STANDARD
    assert other.settings == {"help_share": [0.01, 0.02, 0.05]}
    assert actions.begin(standard.pk)
    assert actions.begin(other.pk)


def test_a_look_asks_for_a_report_when_the_facts_have_changed_and_not_before(town, enqueued, quietly):
    tasks.look()
    tasks.compute.func(str(GapReport.objects.get().pk))
    enqueued.clear()
    tasks.look()
    assert enqueued == []

    bump(town.quayside.pk)
    tasks.look()
    assert [name for name, *_ in enqueued] == ["compute"]


def test_what_failed_is_not_tried_again_at_once(town, enqueued, quietly):
    quietly["failure"] = "memory"
    tasks.compute.func(str(actions.want(Settings()).pk))
    assert GapReport.objects.get().failure == "memory"
    enqueued.clear()

    tasks.look()
    assert enqueued == []
    with time_machine.travel(now() + dt.timedelta(hours=2)):
        tasks.look()
    assert len(enqueued) == 1


def test_what_a_killed_worker_left_is_taken_up_again(town, enqueued):
    lost = actions.begin(actions.want(Settings()).pk)
    tasks.look()
    assert GapReport.objects.get(pk=lost.pk).state == State.RUNNING

    enqueued.clear()
    with time_machine.travel(now() + dt.timedelta(minutes=11)):
        tasks.look()
    assert GapReport.objects.get(pk=lost.pk).failure == tasks.LOST
    assert len(GapReport.objects.filter(state=State.WANTED)) == 1
    assert enqueued
    # What the lost process writes after all changes nothing.
    actions.finish(lost, body={}, revision=1)
    assert GapReport.objects.get(pk=lost.pk).state == State.FAILED


def test_the_watch_is_kept_by_one_of_many_and_begun_again_by_a_web_process(town, enqueued, monkeypatch):
    assert set(keepers.KEEPERS) >= {"sweep", "report"}
    keepers.keep_all()
    assert sorted(name for name, *_ in enqueued) == ["sweep", "watch"]

    enqueued.clear()
    keepers.keep_all()
    assert enqueued == []


def test_one_keeper_that_fails_stops_no_other(monkeypatch):
    asked = []

    def fails():
        raise RuntimeError("no")

    monkeypatch.setattr(keepers, "KEEPERS", {"a": fails, "b": lambda: asked.append("b")})
    keepers.keep_all()
    assert asked == ["b"]


def test_a_new_report_is_announced_to_coordinators_by_its_id_alone(town, enqueued, quietly):
    tasks.compute.func(str(actions.want(Settings()).pk))

    event = Event.objects.get(kind="graph.report")
    assert event.organization_id == town.convening.pk
    assert event.subject == f"report/{GapReport.objects.get().pk}"
    assert encode_tail(event) == f'"kind":"graph.report","subject":"{event.subject}"}}'
    assert feed.visible([event], town.coordinator) == [event]
    for actor in (town.quayside_worker, town.harbour_admin):
        assert feed.visible([event], actor) == []


def test_old_reports_go_but_for_the_newest_and_the_last_of_each_month(town, enqueued, quietly):
    at = dt.datetime(2026, 1, 20, 6, tzinfo=dt.UTC)
    for day in range(20):
        with time_machine.travel(at + dt.timedelta(days=day), tick=False):
            tasks.compute.func(str(actions.want(Settings()).pk))

    kept = sorted(row.ready_at.date() for row in GapReport.objects.all())
    assert kept == [dt.date(2026, 1, 31), *(dt.date(2026, 2, day) for day in range(4, 9))]


def test_the_deadline_ends_the_process(town, enqueued, monkeypatch):
    monkeypatch.setattr(actions, "DEADLINE", dt.timedelta(seconds=0.5))
    run, begun = subprocess.run, []

    def sleeps(command, **options):
        begun.append(command)
        return run([sys.executable, "-c", "import time; time.sleep(60)"], **options)

    monkeypatch.setattr(subprocess, "run", sleeps)
    report = actions.want(Settings())
    tasks.compute.func(str(report.pk))

    report.refresh_from_db()
    assert (report.state, report.failure) == (State.FAILED, "deadline")
    assert begun[0][-2:] == ["compute_report", str(report.pk)]


@pytest.mark.faults
@pytest.mark.xdist_group("servers")
def test_the_limit_of_memory_is_enforced_in_a_process_of_its_own(tmp_path):
    site = Site(tmp_path / "site")
    site.migrate()
    say = "from network.graph.models import GapReport as G; print([(r.state, r.failure) for r in G.objects.order_by('wanted_at')][-1])"
    names = "from network.graph import actions as a, tasks as t; from network.graph.gaps import Settings; "
    compute = names + "t.compute.func(str(a.want(Settings()).pk))"
    shell = ("shell", "-v", "0", "-c")
    site.manage(*shell, compute)
    assert site.manage(*shell, say).strip() == "('ready', '')"

    site.environment["GRAPH_MEMORY_MB"] = "64"
    site.manage(*shell, compute)
    assert site.manage(*shell, say).strip() == "('failed', 'memory')"
