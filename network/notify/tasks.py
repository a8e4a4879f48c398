"""Deferred work of news: reading the logs, and knocking. Arguments are ids; the row that waits is the duty, not the task."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from smtplib import SMTPException
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max
from django_tasks import task

from network.accounts.models import User
from network.accounts.oauth import actors_of_users
from network.core.clock import now
from network.core.logs import log
from network.core.models import Beat
from network.partners.models import Organization
from network.referrals.tasks import FIRST

from . import alarms, mail, news, push
from .models import Notification, Preference, PushSubscription, Ring
from .topics import after_quiet

TELL_EVERY = timedelta(seconds=2)
# One mail stands for all that is unread, and another soon after would say the same; more so while the first led nobody in.
MAIL_EVERY, UNOPENED_EVERY = timedelta(hours=2), timedelta(hours=4)
LEASE = timedelta(minutes=5)  # a worker that dies while it sends leaves the rest to another
LOST_AFTER = timedelta(minutes=1)
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480, 1440))
# A call is tried again soon: the chain goes on in minutes, and whoever was called late may still be the first to answer.
CALL_LEASE, CALL_BACKOFF, MOST_CALLS = timedelta(seconds=30), timedelta(minutes=1), 5
PUSH_BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30))


@task()
def tell() -> None:
    """Read what the logs hold of new, and plan the knocks; find those whose task was lost."""
    plan(news.read_all())
    late = Notification.objects.waiting(now() - LOST_AFTER).values_list("user", flat=True).distinct()
    plan((user, now()) for user in list(late[:500]))
    for ring in list(Ring.objects.waiting(now()).values_list("pk", flat=True)[:500]):
        call.enqueue(str(ring))


def plan(wanted: Iterable[tuple[UUID, datetime]]) -> None:
    for user, at in sorted(set(wanted)):
        knock.using(run_after=at).enqueue(str(user))


def keep_telling() -> bool:
    """Enqueue `tell` where there is something for it; of many processes that ask at once, one row update wins."""
    at = now()
    lost = Notification.objects.waiting(at - LOST_AFTER).exists() or Ring.objects.waiting(at - CALL_LEASE).exists()
    if not lost and not news.behind().exists():
        return False
    Beat.objects.get_or_create(name="tell", defaults={"at": at - timedelta(days=1)})
    with transaction.atomic():
        if not Beat.objects.filter(name="tell", at__lte=at - TELL_EVERY).update(at=at):
            return False
        tell.enqueue()
    return True


@task(queue_name="outward")
def knock(user_id: str) -> None:
    """One mail and one knock at each browser for all that waits, if it still stands; right when run late, twice or never."""
    at = now()
    user = User.objects.filter(pk=UUID(user_id), is_active=True).first()
    rows = list(_still_standing(user, at)) if user else []
    if user is None or not rows:
        return
    if (until := _too_soon(user, rows, at)) is not None:
        Notification.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=until)
        plan([(user.pk, until)])
        return
    # Taken by a conditional update: of two tasks one sends. Until it is settled it is due again, later.
    mine = Notification.objects.waiting(at).filter(pk__in=[row.pk for row in rows])
    if not mine.update(due_at=at + LEASE, tries=F("tries") + 1):
        return
    _send(user, rows, at)


def _still_standing(user: User, at: datetime) -> Iterable[Notification]:
    """What waits and is still news; what is not, waits no longer."""
    waiting = Notification.objects.waiting(at).filter(user=user)
    news.settle_read(waiting)
    casework = actors_of_users([user])[user.pk].casework
    for row in waiting.order_by("made_at", "pk"):
        if news.still_stands(row, casework):
            yield row
        else:
            Notification.objects.filter(pk=row.pk, sent_at__isnull=True).update(due_at=None)


def _too_soon(user: User, rows: list[Notification], at: datetime) -> datetime | None:
    """When the next mail may go, where one went not long ago; a crisis and an unanswered call do not wait."""
    if any(row.is_crisis or row.is_escalated for row in rows):
        return None
    told = Notification.objects.filter(user=user, sent_at__isnull=False)
    last = told.aggregate(last=Max("sent_at"))["last"]
    if last is None:
        return None
    news.settle_read(told.filter(sent_at=last))
    gap = UNOPENED_EVERY if told.unread().filter(sent_at=last).exists() else MAIL_EVERY
    if last <= at - gap:
        return None
    zone = Organization.objects.values_list("time_zone", flat=True).get(pk=rows[0].organization_id)
    preference = Preference.objects.filter(user=user).first() or Preference(user=user)
    return after_quiet(preference.habits(zone), last + gap)


def _send(user: User, rows: list[Notification], at: datetime) -> None:
    taken = Notification.objects.filter(pk__in=[row.pk for row in rows])
    try:
        mail.send(user.email)
    except (SMTPException, OSError) as error:
        tries = max(row.tries for row in rows)
        log.warning("mail", error=type(error).__name__, count=tries + 1)
        again = at + BACKOFF[tries] if tries < len(BACKOFF) else None
        taken.update(due_at=again)
        if again:
            plan([(user.pk, again)])
    else:
        taken.update(sent_at=at, tries=0)
    if all(row.tries == 0 for row in rows):
        is_urgent = any(row.is_crisis or row.is_escalated for row in rows)
        for subscription in PushSubscription.objects.filter(user=user) if push.is_on() else ():
            knock_at.enqueue(str(subscription.pk), 0, is_urgent)


@task(queue_name="crisis", priority=FIRST)
def call(ring_id: str) -> None:
    """One mail and one knock at each browser of a responder, if the alarm still rings for them."""
    at = now()
    waiting = Ring.objects.waiting(at).filter(pk=UUID(ring_id)).select_related("alarm", "user")
    for ring in waiting:
        if not alarms.still_calls([ring]) or not ring.user.is_active:
            Ring.objects.filter(pk=ring.pk, sent_at__isnull=True).update(due_at=None)
        elif Ring.objects.waiting(at).filter(pk=ring.pk).update(due_at=at + CALL_LEASE, tries=F("tries") + 1):
            _call(ring, at)


def _call(ring: Ring, at: datetime) -> None:
    try:
        mail.call(ring.user.email, is_drill=ring.alarm.is_drill)
    except (SMTPException, OSError) as error:
        log.warning("call", error=type(error).__name__, count=ring.tries + 1)
        again = at + CALL_BACKOFF if ring.tries < MOST_CALLS else None
        Ring.objects.filter(pk=ring.pk).update(due_at=again)
        if again:
            call.using(run_after=again).enqueue(str(ring.pk))
    else:
        Ring.objects.filter(pk=ring.pk).update(sent_at=at)
    if ring.tries == 0:
        for subscription in PushSubscription.objects.filter(user=ring.user) if push.is_on() else ():
            knock_at.enqueue(str(subscription.pk), 0, is_urgent=True)


@task(queue_name="outward")
def knock_at(subscription_id: str, tries: int, is_urgent: bool) -> None:
    """Knock at one browser; one that is gone is forgotten."""
    row = PushSubscription.objects.filter(pk=UUID(subscription_id), user__is_active=True).first()
    if row is None:
        return
    found = push.knock(row.endpoint, is_urgent=is_urgent)
    if found.heard is push.Heard.TAKEN:
        PushSubscription.objects.filter(pk=row.pk).update(last_at=now())
    elif found.heard is push.Heard.GONE:
        row.delete()
    elif found.heard is push.Heard.LATER and tries < len(PUSH_BACKOFF):
        wait = max(PUSH_BACKOFF[tries], timedelta(seconds=found.wait))
        knock_at.using(run_after=now() + wait).enqueue(str(row.pk), tries + 1, is_urgent)
    log.info("push", code=found.heard.value, count=tries)
