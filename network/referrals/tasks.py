"""Deferred work: planned in the transaction that needs it, right when run late, twice or never.

A task row is never the record of a duty: the domain row is, and the sweep finds whatever a lost task would have done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import F, Model, Q, QuerySet
from django_tasks import task
from django_tasks.base import Task, TaskResultStatus
from django_tasks_db.models import DBTaskResult

from network.accounts.absence import away_at
from network.core.actor import CLOCK
from network.core.clock import now
from network.core.errors import Refusal
from network.core.events import Fact, record
from network.core.logs import log
from network.core.models import Beat
from network.partners.hours import hours_of
from network.partners.rules import OpeningHours

from . import deadlines, ties
from .alarming import DRILL_LASTS
from .lifecycle import Business, Status
from .models import Alarm, Attachment, FollowUp, Offer, Outcome, Referral, Scanned, Urgency

SWEEP_EVERY = timedelta(seconds=60)
NIGHT = timedelta(days=1, minutes=5)
STALE_AFTER = timedelta(minutes=10)
PAGE = 200
Row = TypeVar("Row", bound=Model)
AT_ONCE = timedelta(seconds=5)  # of letting lapse, before other tasks have their turn
SETTLED_AT_ONCE = 2000
FIRST = 10  # where one worker serves all queues, what belongs to a crisis comes before whatever else is due


@dataclass(frozen=True, slots=True)
class Planned:
    """A task that is to run at a time, for one row."""

    task: Task[[str], None]
    at: datetime
    row: str


def enqueue(planned: Iterable[Planned]) -> None:
    """What `enqueue` of each would do, by one statement. Part of the transaction that needs it."""
    DBTaskResult.objects.bulk_create(
        DBTaskResult(
            args_kwargs={"args": [each.row], "kwargs": {}}, priority=each.task.priority, task_path=each.task.module_path,
            queue_name=each.task.queue_name, backend_name=each.task.backend, run_after=each.at,
        )
        for each in planned
    )  # fmt: skip


@task()
def expire(offer_id: str) -> None:
    """Let this overdue offer lapse and every other that is overdue: of thousands due in one minute, the first task does the work of all.

    After some seconds it makes way for a crisis, and a task of its own goes on. Raises what this offer itself failed by.
    """
    failed = _expire_overdue(now())
    if (own := failed.get(UUID(offer_id))) is not None:
        raise own


def _expire_overdue(at: datetime) -> dict[UUID, Exception]:
    """Offers that could not lapse, and why."""
    from .actions import expire_all

    done = expire_all(at, until=now() + AT_ONCE)
    if done.left is None:
        _settle(at)
    else:
        # Not without a time: what has none comes after everything that has one.
        expire.using(run_after=at).enqueue(str(done.left))
    return done.failed


def _settle(at: datetime) -> None:
    """Whatever was due by then was looked at: the tasks that came due before have nothing left to do, and are not run one by one."""
    due = DBTaskResult.objects.filter(status=TaskResultStatus.READY, priority=expire.priority, run_after__lte=at)
    due = due.filter(task_path=expire.module_path)
    while True:
        with transaction.atomic():
            # One that a worker has just taken is left to it.
            page = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:SETTLED_AT_ONCE])
            if page:
                DBTaskResult.objects.filter(pk__in=page).update(status=TaskResultStatus.SUCCESSFUL, started_at=at, finished_at=now())
        if len(page) < SETTLED_AT_ONCE:
            return


@task()
def remind(offer_id: str) -> None:
    """Say once at half and once at 80 % of the time that an answer is waited for."""
    offer = Offer.objects.filter(pk=UUID(offer_id), status=Status.REQUESTED, business_status=Business.NONE).first()
    if offer is not None:
        _remind(offer)


def _remind(offer: Offer) -> None:
    if offer.asked_at is None or offer.respond_by is None:
        return
    due = deadlines.reminder_at(offer.asked_at, offer.respond_by, offer.reminders)
    if due is None or due > now() or offer.respond_by <= now():
        return
    with transaction.atomic():
        rows = Offer.objects.filter(pk=offer.pk, status=Status.REQUESTED, reminders=offer.reminders)
        if rows.update(reminders=F("reminders") + 1):
            record(Fact("offer.reminder", f"offer/{offer.pk}", frozenset({offer.organization_id})), by=CLOCK)


@task()
def resume(offer_id: str) -> None:
    """A question that nobody answered lets the clock run on."""
    offer = Offer.objects.filter(pk=UUID(offer_id), question_until__lte=now()).select_related("referral").first()
    if offer is not None:
        _resume(offer)


def _resume(offer: Offer) -> None:
    """The clock's own answer: the question stays on the timeline, the deadline moves by the time it stood."""
    with transaction.atomic():
        if not Referral.objects.filter(pk=offer.referral_id, status=Status.REQUESTED).update(version=F("version") + 1):
            return
        rows = Offer.objects.filter(pk=offer.pk, business_status=Business.INFO_REQUESTED, version=offer.version)
        if offer.question_at is None or offer.respond_by is None or offer.question_until is None:
            return
        due = deadlines.resumed(offer.respond_by, offer.question_at, offer.question_until)
        changed = rows.update(
            business_status=Business.NONE,
            question_at=None,
            question_until=None,
            respond_by=due,
            claim_until=_claim_begins_anew(offer),
            version=F("version") + 1,
        )
        if not changed:
            return
        still_asking = Offer.objects.filter(referral=offer.referral_id, business_status=Business.INFO_REQUESTED).exists()
        if not still_asking:
            Referral.objects.filter(pk=offer.referral_id, business_status=Business.INFO_REQUESTED).update(business_status=Business.OFFERED)
        sender = Referral.objects.values_list("sender", flat=True).get(pk=offer.referral_id)
        record(
            Fact("referral.resume", f"referral/{offer.referral_id}", frozenset({sender})),
            Fact("offer.resume", f"offer/{offer.pk}", frozenset({offer.organization_id})),
            by=CLOCK,
        )


def _claim_begins_anew(offer: Offer) -> datetime | None:
    """A claim stood while the question waited; the sweep finds it when its time is over."""
    if offer.claimed_by_id is None:
        return None
    return deadlines.claim_until(offer.referral.urgency, now(), hours_of([offer.organization_id])[offer.organization_id])


@task()
def give_up(referral_id: str) -> None:
    """After five working days without a next step, record the gap."""
    from .actions import move_referral

    for referral in Referral.objects.filter(pk=UUID(referral_id), business_status=Business.UNPLACED):
        _try(lambda row=referral: move_referral(row, "give-up", by=CLOCK))  # type: ignore[misc]


@task()
def nudge_waiting(offer_id: str) -> None:
    """The expected date of a waiting list has passed."""
    at = now()
    for offer in Offer.objects.waiting_past(_soonest_day(at)).filter(pk=UUID(offer_id)).select_related("referral"):
        _nudge_waiting(offer)


def _soonest_day(at: datetime) -> date:
    """A day that is not over anywhere yet: zones go to fourteen hours before UTC."""
    return (at + timedelta(hours=14)).date()


def _nudge_waiting(offer: Offer) -> None:
    """Tell holder and sender once that the day has passed; a renewed date is a new one."""
    day, at = offer.expected_on, now()
    if day is None or not deadlines.is_past(day, hours_of([offer.organization_id])[offer.organization_id], at):
        return
    with transaction.atomic():
        if not Offer.objects.waiting_past(day + timedelta(days=1)).filter(pk=offer.pk, expected_on=day).update(nudged_on=day):
            return
        record(
            Fact("referral.wait-passed", f"referral/{offer.referral_id}", frozenset({offer.referral.sender_id})),
            Fact("offer.wait-passed", f"offer/{offer.pk}", frozenset({offer.organization_id})),
            by=CLOCK, at=at,
        )  # fmt: skip


def plan_waiting(offer: Offer) -> None:
    """The nudge of a waiting list."""
    if offer.expected_on is not None:
        at = deadlines.day_after(offer.expected_on, hours_of([offer.organization_id])[offer.organization_id])
        nudge_waiting.using(run_after=at).enqueue(str(offer.pk))


@task()
def follow_up(referral_id: str, days: int) -> None:
    """So many days after an outcome, somebody is to be asked how it is going."""
    from .actions.follow_ups import fall_due

    for outcome in Outcome.objects.to_ask_again(days, now()).filter(referral=UUID(referral_id)):
        fall_due(outcome, days)


def plan_follow_ups(referral: UUID, at: datetime) -> None:
    for days in deadlines.FOLLOW_UPS:
        follow_up.using(run_after=at + timedelta(days=days)).enqueue(str(referral), days)


@task()
def roll_ties() -> None:
    """Begin a day in the counters: what fell silent, and the day that leaves the window."""
    _roll(now())


def _roll(at: datetime) -> None:
    if ties.roll(at):
        # Whoever moved the window plans the next night; a second run of the same night moves nothing.
        roll_ties.using(run_after=ties.midnight(at.date()) + NIGHT).enqueue()


@task()
def scan_attachment(attachment_id: str) -> None:
    """Look into a file that waits to be served."""
    from .actions.conversation import scan

    for row in Attachment.objects.filter(pk=UUID(attachment_id), state=Scanned.PENDING):
        scan(row)


@task(queue_name="crisis", priority=FIRST)
def escalate(offer_id: str) -> None:
    """A crisis that nobody answered in time: the next in line is asked as well."""
    from .actions import move

    for offer in Offer.objects.escalating(now()).filter(pk=UUID(offer_id)).select_related("referral"):
        _try(lambda row=offer: move(row, "escalate", by=CLOCK))  # type: ignore[misc]


@task(queue_name="crisis", priority=FIRST)
def end_call(referral_id: str) -> None:
    """An open call that nobody took in time."""
    for referral in Referral.objects.calls_overdue(now()).filter(pk=UUID(referral_id)):
        _end_call(referral)


def _end_call(referral: Referral) -> None:
    """A crisis stays open and escalates; all else is looked for another way."""
    from .actions import move_referral

    verb = "escalate" if referral.urgency == Urgency.CRISIS else "expire"
    _try(lambda: move_referral(referral, verb, by=CLOCK))


@task(queue_name="crisis", priority=FIRST)
def step_alarm(alarm_id: str) -> None:
    """Nobody acknowledged an alarm in time: the next of the chain is alerted."""
    from .actions import climb

    for alarm in Alarm.objects.due(now()).filter(pk=UUID(alarm_id)):
        _try(lambda row=alarm: climb(row))  # type: ignore[misc]


@task(queue_name="crisis", priority=FIRST)
def stop_drill(alarm_id: str) -> None:
    """A drill is over after an hour, whatever became of it."""
    from .actions import end_drill

    for alarm in Alarm.objects.drills_over(now()).filter(pk=UUID(alarm_id)):
        _try(lambda row=alarm: end_drill(row, by=CLOCK))  # type: ignore[misc]


def plan_alarm(alarm: Alarm) -> None:
    if alarm.step_at is not None:
        step_alarm.using(run_after=alarm.step_at).enqueue(str(alarm.pk))


def plan_end_of_drill(alarm: Alarm) -> None:
    stop_drill.using(run_after=alarm.raised_at + DRILL_LASTS).enqueue(str(alarm.pk))


@task()
def run_decline(offer_id: str) -> None:
    """A decline whose time to be undone is over is made."""
    from .actions import run_held

    for offer in Offer.objects.declining(now()).filter(pk=UUID(offer_id)).select_related("referral"):
        _try(lambda row=offer: run_held(row))  # type: ignore[misc]


@task()
def lapse(offer_id: str) -> None:
    """A claim without an answer goes back to the team."""
    from .actions import move

    for offer in Offer.objects.claims_over(now()).filter(pk=UUID(offer_id)).select_related("referral"):
        _try(lambda row=offer: move(row, "lapse", by=CLOCK))  # type: ignore[misc]


def clock_of_claim(offer: Offer) -> Iterator[Planned]:
    if offer.claim_until is not None:
        yield Planned(lapse, offer.claim_until, str(offer.pk))


def plan_decline(offer: Offer) -> None:
    if offer.decline_at is not None:
        run_decline.using(run_after=offer.decline_at).enqueue(str(offer.pk))


def plan_call(referral: Referral) -> None:
    """The clock of an open call."""
    if referral.respond_by is not None:
        end_call.using(run_after=referral.respond_by).enqueue(str(referral.pk))


def clocks_of_offer(offer: Offer, urgency: str) -> Iterator[Planned]:
    """The clocks of an offer that was just asked, or whose question was answered."""
    if offer.respond_by is None or offer.asked_at is None:
        return
    pk = str(offer.pk)
    for given in range(len(deadlines.REMINDERS)):
        if (at := deadlines.reminder_at(offer.asked_at, offer.respond_by, given)) is not None:
            yield Planned(remind, at, pk)
    yield Planned(escalate if urgency == Urgency.CRISIS else expire, offer.respond_by, pk)


def clock_of_giving_up(referral: Referral, hours: OpeningHours) -> Planned:
    """`hours` are the sender's."""
    if referral.unplaced_at is None:
        raise AssertionError("only what is unplaced is given up")
    return Planned(give_up, deadlines.give_up_at(referral.unplaced_at, hours), str(referral.pk))


@task()
def sweep() -> None:
    """Find what is overdue, whatever became of its task, and plan the next sweep."""
    keep_sweeping()
    sweep_once()


def keep_sweeping(*, at_once: bool = False) -> bool:
    """Beat, and enqueue the next sweep; True if this caller did. Of many that ask at once, one row update wins."""
    at = now()
    Beat.objects.get_or_create(name="sweep", defaults={"at": at - timedelta(days=1)})
    late = at - (2 * SWEEP_EVERY if at_once else SWEEP_EVERY / 2)
    with transaction.atomic():
        if not Beat.objects.filter(name="sweep", at__lte=late).update(at=at):
            return False
        if at_once:
            sweep.enqueue()
        else:
            sweep.using(run_after=at + SWEEP_EVERY).enqueue()
    return True


def sweep_once() -> None:
    """One pass over every clock, in pages; a poisoned item stops no other. What the first of them failed by is raised at the end."""
    from .actions import conversation, team

    at = now()
    _fail_stale_tasks(at)
    conversation.sweep(at)
    team.forget(at)
    failed = _each(*_of_alarms(at), *_of_unanswered(at))
    failed += _expire_overdue(at).values()
    failed += _each(*_of_offers(at), *_of_referrals(at), *_of_outcomes(at))
    if ties.is_behind(at):
        _roll(at)
    if failed:
        raise failed[0]


def _each(*duties: tuple[QuerySet[Any], Callable[[Any], object]]) -> list[Exception]:
    """Do each by itself; what some of them failed by."""
    errors = (attempt(partial(work, row)) for rows, work in duties for row in _pages(rows))
    return [error for error in errors if error is not None]


def _of_alarms(at: datetime) -> Iterable[tuple[QuerySet[Any], Callable[[Any], object]]]:
    """What is due of alarms; a drill that is over alerts nobody more."""
    from .actions import climb, end_drill, ring_again

    yield Alarm.objects.drills_over(at), lambda row: end_drill(row, by=CLOCK)
    yield Alarm.objects.left_alone(), ring_again
    yield Alarm.objects.due(at), climb


def _of_unanswered(at: datetime) -> Iterable[tuple[QuerySet[Any], Callable[[Any], object]]]:
    """Offers for which somebody else is to be asked, and what is done with each; those that only lapse come after them, together."""
    from .actions import move, run_held

    yield Offer.objects.escalating(at).select_related("referral"), lambda row: move(row, "escalate", by=CLOCK)
    yield Offer.objects.declining(at).select_related("referral"), run_held


def _of_offers(at: datetime) -> Iterable[tuple[QuerySet[Any], Callable[[Any], object]]]:
    """What else is due of offers, and what is done with each."""
    from .actions import move

    asked = Offer.objects.filter(status=Status.REQUESTED)
    yield Offer.objects.claims_over(at).select_related("referral"), lambda row: move(row, "lapse", by=CLOCK)
    yield _of_those_away(at)
    yield asked.filter(question_until__lte=at).select_related("referral"), _resume
    yield asked.filter(business_status=Business.NONE, respond_by__gt=at, reminders__lt=2), _remind
    yield Offer.objects.waiting_past(_soonest_day(at)).select_related("referral"), _nudge_waiting
    yield _silent(at).select_related("referral"), _nudge_or_close


def _of_those_away(at: datetime) -> tuple[QuerySet[Offer], Callable[[Offer], object]]:
    """What is with somebody who is away somewhere, and passes on where they claimed it before: two queries, however many are away."""
    from .actions import move

    away = away_at(None, at)
    rows = Offer.objects.filter(status=Status.REQUESTED, claimed_by__in={user for members in away.values() for user in members})

    def pass_on(offer: Offer) -> None:
        gone = away.get(offer.organization_id, {}).get(offer.claimed_by_id) if offer.claimed_by_id else None
        if gone is not None and offer.claimed_at is not None and offer.claimed_at <= gone.since:
            move(offer, "cover", by=CLOCK)

    return rows.select_related("referral"), pass_on


def _of_referrals(at: datetime) -> Iterable[tuple[QuerySet[Any], Callable[[Any], object]]]:
    """What is due of referrals, and what is done with each."""
    from .actions import discard, move_referral

    unplaced = Referral.objects.filter(status=Status.REQUESTED, business_status=Business.UNPLACED)
    yield Referral.objects.calls_overdue(at), _end_call
    yield unplaced.filter(unplaced_at__lte=at - timedelta(days=5)), lambda row: move_referral(row, "give-up", by=CLOCK)
    yield Referral.objects.filter(status=Status.DRAFT, created_at__lte=at - deadlines.DRAFT_KEPT), lambda row: discard(row, by=CLOCK)


def _of_outcomes(at: datetime) -> Iterable[tuple[QuerySet[Any], Callable[[Any], object]]]:
    """Follow-ups that come due, and those that waited too long."""
    from .actions.follow_ups import fall_due, let_lapse

    for days in deadlines.FOLLOW_UPS:
        yield Outcome.objects.to_ask_again(days, at), partial(fall_due, days=days)
    yield FollowUp.objects.lapsed(at - deadlines.FOLLOW_UP_WAITS).select_related("outcome"), let_lapse


def _silent(at: datetime) -> QuerySet[Offer]:
    held = Q(holds=True) | Q(referral__business_status=Business.WAITLISTED)
    return Offer.objects.filter(held, status=Status.ACCEPTED, referral__moved_at__lte=at - deadlines.NUDGES[0])


def _nudge_or_close(offer: Offer) -> None:
    """A nudge at 14, 28 and 60 days of silence, then the end without an outcome at 90."""
    from .actions import move

    silence = now() - offer.referral.moved_at
    if silence >= deadlines.SILENT_AFTER:
        move(offer, "close-silent", by=CLOCK)
        return
    given = offer.referral.nudges
    if given < len(deadlines.NUDGES) and silence >= deadlines.NUDGES[given]:
        with transaction.atomic():
            rows = Referral.objects.filter(pk=offer.referral_id, nudges=given)
            if rows.update(nudges=F("nudges") + 1):
                record(Fact("offer.nudge", f"offer/{offer.pk}", frozenset({offer.organization_id})), by=CLOCK)


def _pages(rows: QuerySet[Row]) -> Iterable[Row]:
    """All rows by key, a page at a time; what a page changed does not shift the next."""
    last = None
    while True:
        page = list((rows.filter(pk__gt=last) if last else rows).order_by("pk")[:PAGE])
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1].pk


def _try(work: Callable[[], object]) -> None:
    """A clock that is refused came second to somebody: that is no failure."""
    try:
        work()
    except Refusal as refusal:
        log.info("clock", code=refusal.code)


def attempt(work: Callable[[], object]) -> Exception | None:
    """What the work failed by, for whoever has others to do first."""
    try:
        _try(work)
    except OperationalError:
        raise  # the database is away: no row is to blame
    except Exception as error:  # noqa: BLE001 - raised again once the others are done
        return error
    return None


def _fail_stale_tasks(at: datetime) -> None:
    """A worker that was killed leaves its task running for ever; its duty is found by this sweep instead."""
    stale = DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING, started_at__lte=at - STALE_AFTER)
    stale.update(status=TaskResultStatus.FAILED, finished_at=at)
