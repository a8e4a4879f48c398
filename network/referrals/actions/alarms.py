"""Every write about an alarm: it is raised and ended by the moves of its referral, climbs by the clock, and is acknowledged by a person."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from network.core.actor import CLOCK, Actor, ActorKind
from network.core.clock import now
from network.core.errors import NotYours, WrongState, complain
from network.core.events import Fact, record

from .. import tasks
from ..alarming import Cause, causes, step_after
from ..lifecycle import At, Business, Status
from ..models import Alarm, Alert, Referral, Urgency
from ..responders import chains_of, step_minutes_of
from .case import Standing, is_member


def follow(standing: Standing) -> list[Fact]:
    """Raise and end the alarms of a referral as it stands after a move; part of the move's transaction, under the referral's lock."""
    row = standing.referral
    if row.urgency != Urgency.CRISIS:
        return []
    stands = At(Status(row.status), Business(row.business_status))
    wanted = causes(row.urgency, stands, row.sender_id, standing.candidates())
    present = {Cause(alarm.organization_id, alarm.offer_id): alarm for alarm in Alarm.objects.open().filter(referral=row)}
    facts = [_end(alarm, standing.now) for cause, alarm in present.items() if cause not in wanted]
    missing = sorted(wanted - present.keys(), key=lambda cause: (cause.organization, str(cause.offer)))
    raised = [_raise(cause.organization, standing.now, referral=row, offer_id=cause.offer) for cause in missing]
    return facts + [_fact("raised", alarm) for alarm in raised]


def _raise(organization: UUID, at: datetime, **about: Any) -> Alarm:
    """A new alarm, and the first of the chain alerted."""
    user, _ = chains_of([organization], at)[organization].following(())
    due = at + step_after(step_minutes_of(organization), 1)
    alarm = Alarm(organization_id=organization, raised_at=at, alerted_id=user, step_at=due, **about)
    alarm.save(force_insert=True)
    _alert(alarm, user, at)
    return alarm


def _alert(alarm: Alarm, user: UUID | None, at: datetime) -> None:
    if user is not None:
        Alert.objects.create(alarm=alarm, user_id=user, round=alarm.round, at=at)
    tasks.plan_alarm(alarm)


def _fact(verb: str, alarm: Alarm) -> Fact:
    return Fact(f"alarm.{verb}", f"alarm/{alarm.pk}", frozenset({alarm.organization_id}))


def _end(alarm: Alarm, at: datetime) -> Fact:
    ended = {"ended_at": max(at, alarm.raised_at), "step_at": None, "handing_to": None, "handing_at": None}
    Alarm.objects.open().filter(pk=alarm.pk).update(version=F("version") + 1, **ended)
    return _fact("ended", alarm)


@transaction.atomic
def climb(alarm: Alarm, *, by: Actor = CLOCK) -> None:
    """Nobody acknowledged in time: the next of the chain is alerted as well; after the last, the first again. WrongState if late."""
    at = now()
    if not Alarm.objects.due(at).filter(pk=alarm.pk).update(version=F("version") + 1):
        raise _moved_on("climb", alarm)
    present = Alarm.objects.get(pk=alarm.pk)
    alerted = set(Alert.objects.filter(alarm=present, round=present.round).values_list("user", flat=True))
    user, begins_anew = chains_of([present.organization_id], at)[present.organization_id].following(alerted)
    present.round += begins_anew
    present.step_at = at + step_after(step_minutes_of(present.organization_id), present.round)
    Alarm.objects.filter(pk=present.pk).update(alerted=user, round=present.round, step_at=present.step_at)
    _alert(present, user, at)
    record(_fact("stepped", present), by=by, at=at)


@transaction.atomic
def acknowledge(alarm: Alarm, *, by: Actor) -> Alarm:
    """One press of anybody of the team: it rings no more, and who pressed is responsible. Of two who press, one; WrongState names them."""
    user, at = _member(alarm, by), now()
    kept = {"acknowledged_by": user, "acknowledged_at": at, "responsible": user, "responsible_since": at}
    if not Alarm.objects.ringing().filter(pk=alarm.pk).update(step_at=None, version=F("version") + 1, **kept):
        raise _moved_on("acknowledge", alarm)
    record(_fact("acknowledged", alarm), *_told_to_sender(alarm), by=by, at=at)
    return _again(alarm)


def _told_to_sender(alarm: Alarm) -> list[Fact]:
    """The sender hears that somebody takes care of it; of whom, only their own colleagues."""
    if alarm.referral_id is None:
        return []
    sender = Referral.objects.values_list("sender", flat=True).get(pk=alarm.referral_id)
    return [Fact("referral.acknowledged", f"referral/{alarm.referral_id}", frozenset({alarm.organization_id, sender}))]


@transaction.atomic
def hand_over(alarm: Alarm, *, by: Actor, to: UUID) -> Alarm:
    """Ask a colleague to take over. Until they confirm, whoever is responsible stays so."""
    user = _member(alarm, by)
    present = _again(alarm)
    if present.acknowledged_at is None or present.ended_at is not None:
        raise _moved_on("hand-over", alarm)
    if present.responsible_id != user and alarm.organization_id not in by.administers:
        raise NotYours(verb="hand-over")
    if not is_member(to, alarm.organization_id):
        raise complain("/to", "unknown", "Choose a colleague of your own organisation.")
    if to == present.responsible_id:
        raise complain("/to", "responsible_already", "This colleague is responsible already. Choose another.")
    at = now()
    rows = Alarm.objects.open().filter(pk=alarm.pk, responsible=present.responsible_id)
    if not rows.update(handing_to=to, handing_at=at, version=F("version") + 1):
        raise _moved_on("hand-over", alarm)
    record(_fact("handing", alarm), by=by, at=at)
    return _again(alarm)


@transaction.atomic
def take_over(alarm: Alarm, *, by: Actor) -> Alarm:
    """Take over what one was asked to; from now on one is responsible."""
    user, at = _member(alarm, by), now()
    rows = Alarm.objects.open().filter(pk=alarm.pk, handing_to=user)
    if not rows.update(responsible=user, responsible_since=at, handing_to=None, handing_at=None, version=F("version") + 1):
        raise _moved_on("take-over", alarm)
    record(_fact("handed", alarm), by=by, at=at)
    return _again(alarm)


@transaction.atomic
def keep_alarm(alarm: Alarm, *, by: Actor) -> Alarm:
    """A hand-over that is taken back, or not taken on: whoever is responsible stays so."""
    user = _member(alarm, by)
    present = _again(alarm)
    if present.handing_to_id is None:
        raise _moved_on("keep", alarm)
    if user not in {present.handing_to_id, present.responsible_id}:
        raise NotYours(verb="keep")
    rows = Alarm.objects.open().filter(pk=alarm.pk, handing_to=present.handing_to_id)
    if not rows.update(handing_to=None, handing_at=None, version=F("version") + 1):
        raise _moved_on("keep", alarm)
    record(_fact("kept", alarm), by=by)
    return _again(alarm)


@transaction.atomic
def ring_again(alarm: Alarm, *, by: Actor = CLOCK) -> None:
    """Whoever was responsible works there no more: the chain begins anew, so that nobody believes in somebody who is gone."""
    at = now()
    nobody = dict.fromkeys(("acknowledged_by", "acknowledged_at", "responsible", "responsible_since", "handing_to", "handing_at"))
    if not Alarm.objects.left_alone().filter(pk=alarm.pk).update(step_at=at, round=F("round") + 1, version=F("version") + 1, **nobody):
        raise _moved_on("ring-again", alarm)
    present = Alarm.objects.get(pk=alarm.pk)
    user, _ = chains_of([present.organization_id], at)[present.organization_id].following(())
    present.step_at = at + step_after(step_minutes_of(present.organization_id), present.round)
    Alarm.objects.filter(pk=present.pk).update(alerted=user, step_at=present.step_at)
    _alert(present, user, at)
    record(_fact("stepped", present), by=by, at=at)


@transaction.atomic
def start_drill(*, by: Actor) -> Alarm:
    """An alarm without a referral for one's own organisation, to try the chain; one at a time."""
    own = by.organization
    if by.kind is not ActorKind.PERSON or own is None or own not in by.administers:
        raise NotYours(verb="drill")
    at = now()
    try:
        with transaction.atomic():
            alarm = _raise(own, at, is_drill=True)
    except IntegrityError:
        raise WrongState(verb="drill", state="running", detail="A drill is running already. End it before you start another.") from None
    tasks.plan_end_of_drill(alarm)
    record(_fact("raised", alarm), by=by, at=at)
    return alarm


@transaction.atomic
def end_drill(alarm: Alarm, *, by: Actor) -> Alarm:
    """By an admin, or by the clock after an hour."""
    if by.kind is not ActorKind.CLOCK and (by.organization != alarm.organization_id or alarm.organization_id not in by.administers):
        raise NotYours(verb="end")
    at = now()
    if not alarm.is_drill:
        raise WrongState(
            verb="end", state="no_drill", detail="An alarm of a referral ends when the referral is answered, or by its sender."
        )
    if not Alarm.objects.open().filter(pk=alarm.pk).update(version=F("version") + 1):
        raise _moved_on("end", alarm)
    record(_end(alarm, at), by=by, at=at)
    return _again(alarm)


def _member(alarm: Alarm, by: Actor) -> UUID:
    """The person who acts, of the alarmed organisation: a partner system cannot promise that somebody cares."""
    if by.kind is not ActorKind.PERSON or by.id is None or by.organization != alarm.organization_id or by.organization not in by.casework:
        raise NotYours
    return by.id


def _again(alarm: Alarm) -> Alarm:
    return Alarm.objects.select_related("acknowledged_by", "responsible", "handing_to").get(pk=alarm.pk)


def _moved_on(verb: str, alarm: Alarm) -> WrongState:
    """Where the alarm stands, and who is responsible since when: only colleagues see an alarm at all."""
    present = _again(alarm)
    if present.ended_at is not None:
        return WrongState(verb=verb, state="ended", at=present.ended_at.isoformat())
    if present.responsible is None or present.responsible_since is None:
        return WrongState(verb=verb, state="ringing", at=present.raised_at.isoformat())
    state = "handing" if present.handing_to_id else "acknowledged"
    since = present.responsible_since.isoformat()
    return WrongState(verb=verb, state=state, at=since, by=str(present.responsible_id), name=str(present.responsible))
