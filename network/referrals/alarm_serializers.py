"""The wire of alarms, of the chain that answers them, and of the rota. Colleagues alone read it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from network.core.actor import Actor
from network.core.api import Body, TextField

from .actions.crisis_plans import MOST_RESPONDERS, PROTOCOL
from .alarming import Span
from .lane import Shown
from .models import Alarm, Watch
from .responders import Readiness
from .serializers import Named, named


class PlanBody(Body):
    """How one's own organisation answers a crisis."""

    step_minutes = serializers.IntegerField(min_value=1, max_value=60)
    protocol = TextField(longest=PROTOCOL, allow_blank=True)
    chain = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_RESPONDERS)


class WatchBody(Body):
    user = serializers.UUIDField()
    begins_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class HandOverBody(Body):
    to = serializers.UUIDField()


class NoBody(Body):
    """Nothing need be said."""


class SpanSerializer(serializers.Serializer[Any]):
    begins_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class WatchSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    user = Named()
    begins_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class PlanSerializer(serializers.Serializer[Any]):
    organization = Named()
    step_minutes = serializers.IntegerField()
    protocol = serializers.CharField(allow_blank=True)
    chain = Named(many=True)
    on_call = Named(many=True)
    alerted_in_this_order = Named(many=True)
    gaps = SpanSerializer(many=True)
    overlaps = SpanSerializer(many=True)
    version = serializers.IntegerField()


class AlertSerializer(serializers.Serializer[Any]):
    user = Named()
    round = serializers.IntegerField()
    at = serializers.DateTimeField()


class AlarmSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    is_drill = serializers.BooleanField()
    organization = Named()
    referral = serializers.UUIDField(allow_null=True)
    reference = serializers.CharField(allow_null=True)
    offer = serializers.UUIDField(allow_null=True)
    state = serializers.ChoiceField(choices=["ringing", "acknowledged", "ended"])
    raised_at = serializers.DateTimeField()
    round = serializers.IntegerField()
    alerted = Named(allow_null=True)
    next = Named(allow_null=True)
    next_at = serializers.DateTimeField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = Named(allow_null=True)
    responsible = Named(allow_null=True)
    responsible_since = serializers.DateTimeField(allow_null=True)
    handing_to = Named(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    alerts = AlertSerializer(many=True)
    actions = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))


class UnansweredSerializer(serializers.Serializer[Any]):
    reference = serializers.CharField()
    organization = Named()
    raised_at = serializers.DateTimeField()
    rounds = serializers.IntegerField()
    has_somebody_to_alert = serializers.BooleanField()


def span_body(span: Span) -> dict[str, Any]:
    return {"begins_at": span.begins, "ends_at": span.ends}


def plan_body(ready: Readiness) -> dict[str, Any]:
    return {
        "organization": named(ready.organization), "step_minutes": ready.plan.step_minutes, "protocol": ready.plan.protocol,
        "chain": [named(user) for user in ready.named], "on_call": [named(user) for user in ready.on_call],
        "alerted_in_this_order": [named(user) for user in ready.order], "gaps": [span_body(span) for span in ready.gaps],
        "overlaps": [span_body(span) for span in ready.overlaps], "version": ready.plan.version,
    }  # fmt: skip


def watch_body(watch: Watch) -> dict[str, Any]:
    return {"id": watch.pk, "user": named(watch.user), "begins_at": watch.begins_at, "ends_at": watch.ends_at}


def alarm_body(shown: Shown, actor: Actor) -> dict[str, Any]:
    alarm = shown.alarm
    return {
        "id": alarm.pk, "is_drill": alarm.is_drill, "organization": named(alarm.organization), "referral": alarm.referral_id,
        "reference": alarm.referral.reference if alarm.referral else None, "offer": alarm.offer_id, "state": shown.state,
        "raised_at": alarm.raised_at, "round": alarm.round, "alerted": named(alarm.alerted), "next": named(shown.next),
        "next_at": alarm.step_at, "acknowledged_at": alarm.acknowledged_at, "acknowledged_by": named(alarm.acknowledged_by),
        "responsible": named(alarm.responsible), "responsible_since": alarm.responsible_since, "handing_to": named(alarm.handing_to),
        "ended_at": alarm.ended_at,
        "alerts": [{"user": named(alert.user), "round": alert.round, "at": alert.at} for alert in shown.alerts],
        "actions": [{"verb": verb, "href": f"/api/v1/alarms/{alarm.pk}/{verb}"} for verb in shown.verbs(actor)],
    }  # fmt: skip


def unanswered_body(alarm: Alarm) -> dict[str, Any]:
    return {
        "reference": alarm.referral.reference if alarm.referral else "", "organization": named(alarm.organization),
        "raised_at": alarm.raised_at, "rounds": alarm.round, "has_somebody_to_alert": alarm.alerted_id is not None,
    }  # fmt: skip
