"""Alarms as their organisation reads them: who was alerted, who is next, who is responsible, and what one may press now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from network.accounts.models import User
from network.core.actor import Actor, ActorKind

from .models import Alarm, Alert
from .responders import chains_of

RELATED = (
    "organization", "referral__sender", "referral__need", "referral__place", "alerted", "acknowledged_by", "responsible", "handing_to",
)  # fmt: skip
LONGEST = 60  # alerts shown of one alarm, the last ones


@dataclass(frozen=True, slots=True)
class Shown:
    """One alarm with its chain."""

    alarm: Alarm
    alerts: list[Alert]
    next: User | None

    @property
    def state(self) -> str:
        if self.alarm.ended_at is not None:
            return "ended"
        return "ringing" if self.alarm.is_ringing else "acknowledged"

    @property
    def minutes(self) -> int | None:
        """Whole minutes from the alarm to the acknowledgement."""
        at = self.alarm.acknowledged_at
        return None if at is None else int((at - self.alarm.raised_at).total_seconds() // 60)

    def verbs(self, actor: Actor) -> list[str]:
        """What this person may do now, the next best first."""
        alarm = self.alarm
        mine = actor.kind is ActorKind.PERSON and actor.organization == alarm.organization_id and actor.organization in actor.casework
        is_admin = alarm.organization_id in actor.administers
        if not mine or alarm.ended_at is not None:
            return []
        found = ["acknowledge"] if alarm.is_ringing else []
        if alarm.handing_to_id == actor.id:
            found.append("take-over")
        if alarm.handing_to_id is not None and actor.id in {alarm.handing_to_id, alarm.responsible_id}:
            found.append("keep")
        if alarm.responsible_id is not None and (alarm.responsible_id == actor.id or is_admin):
            found.append("hand-over")
        return [*found, *(["end"] if alarm.is_drill and is_admin else [])]


def shown_of(alarms: Iterable[Alarm], at: datetime) -> list[Shown]:
    """A page of alarms; five queries, however many they are."""
    rows = list(alarms)
    alerts: dict[UUID, list[Alert]] = {row.pk: [] for row in rows}
    found = Alert.objects.filter(alarm__in=rows).select_related("user").order_by("at", "pk") if rows else ()
    for alert in found:
        alerts[alert.alarm_id].append(alert)
    ringing = [row for row in rows if row.is_ringing]
    chains = chains_of({row.organization_id for row in ringing}, at) if ringing else {}
    following = {
        row.pk: chains[row.organization_id].following({a.user_id for a in alerts[row.pk] if a.round == row.round})[0] for row in ringing
    }
    users = User.objects.in_bulk([pk for pk in following.values() if pk]) if following else {}
    return [Shown(row, alerts[row.pk][-LONGEST:], users.get(following.get(row.pk))) for row in rows]


def lane_of(actor: Actor) -> QuerySet[Alarm]:
    """The crisis lane: what is open, ringing first, then the oldest."""
    return Alarm.objects.visible_to(actor).open().select_related(*RELATED).order_by("acknowledged_at", "raised_at", "id")


def calling(actor: Actor) -> QuerySet[Alarm]:
    """What calls this very person now: alarms that ring and alerted them, and what they are asked to take over."""
    alerted = Q(step_at__isnull=False, pk__in=Alert.objects.filter(user=actor.id).values("alarm"))
    mine = Alarm.objects.visible_to(actor).open().filter(alerted | Q(handing_to=actor.id))
    return mine.select_related("referral__need", "referral__place").order_by("raised_at", "id")
