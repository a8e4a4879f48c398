"""The API of alarms, drills, the chain of responders and the rota."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from network.core import etags, idempotency
from network.core.api import Resource, documented
from network.core.clock import now
from network.core.errors import Malformed, NotFound, NotYours

from . import actions, alarm_serializers, examples
from .alarm_serializers import AlarmSerializer, NoBody
from .lane import RELATED, shown_of
from .models import Alarm, CrisisPlan, Watch
from .responders import readiness_of

STATES: dict[str, Callable[[Any], Any]] = {
    "": lambda rows: rows,
    "ringing": lambda rows: rows.ringing(),
    "acknowledged": lambda rows: rows.open().filter(step_at__isnull=True),
    "ended": lambda rows: rows.filter(ended_at__isnull=False),
}


class AlarmResource(Resource):
    """What all views of alarms share."""

    read_scope, write_scope = "referrals.read", "referrals.write"
    serializer_class: Any = AlarmSerializer
    ordering = ("-raised_at", "id")

    def rows(self) -> QuerySet[Alarm]:
        return Alarm.objects.visible_to(self.actor).select_related(*RELATED)

    def tell(self, pk: UUID, status: int = 200) -> Response:
        shown = shown_of([self.find(pk)], now())[0]
        return Response(alarm_serializers.alarm_body(shown, self.actor), status=status)


class Alarms(AlarmResource):
    """Alarms of the caller's organisations, drills among them."""

    filters = frozenset({"state"})

    @documented("Alarms", response=AlarmSerializer(many=True), example=[examples.ALARM], query={"state": "ringing, acknowledged or ended"})
    def get(self, request: Request) -> Response:
        state = self.query_text("state", 20)
        if state not in STATES:
            raise Malformed(detail="state is one of: ringing, acknowledged, ended.")
        chosen = self.chosen(STATES[state](self.rows()))
        return self.get_paginated_response([alarm_serializers.alarm_body(row, self.actor) for row in shown_of(chosen, now())])


class OneAlarm(AlarmResource):
    """One alarm."""

    @documented("One alarm", response=AlarmSerializer, example=examples.ALARM)
    def get(self, request: Request, pk: UUID) -> Response:
        return self.tell(pk)


class ActOnAlarm(AlarmResource):
    """What a person does about an alarm. No tag is asked for: the action itself says where somebody was first."""

    http_method_names = ["post", "options"]

    def act(self, request: Request, pk: UUID, work: Callable[[Alarm], Alarm]) -> Response:
        row = self.find(pk)

        def done() -> Response:
            work(row)
            return self.tell(pk)

        return idempotency.once(request, done)


class Acknowledge(ActOnAlarm):
    """The alarm was heard."""

    @documented("Acknowledge an alarm", request=NoBody, response=AlarmSerializer, sends={}, example=examples.ALARM)
    def post(self, request: Request, pk: UUID) -> Response:
        return self.act(request, pk, lambda row: actions.acknowledge(row, by=self.actor))


class HandOver(ActOnAlarm):
    """A colleague is asked to take over."""

    @documented("Ask a colleague to take over", request=alarm_serializers.HandOverBody, response=AlarmSerializer,
                sends={"to": examples.ID(9)}, example=examples.ALARM)  # fmt: skip
    def post(self, request: Request, pk: UUID) -> Response:
        return self.act(
            request, pk, lambda row: actions.hand_over(row, by=self.actor, to=alarm_serializers.HandOverBody.parse(request)["to"])
        )


class TakeOver(ActOnAlarm):
    """Whoever was asked to take over does."""

    @documented("Take over an alarm", request=NoBody, response=AlarmSerializer, sends={}, example=examples.ALARM)
    def post(self, request: Request, pk: UUID) -> Response:
        return self.act(request, pk, lambda row: actions.take_over(row, by=self.actor))


class Keep(ActOnAlarm):
    """A hand-over that does not happen."""

    @documented("Take back or turn down a hand-over", request=NoBody, response=AlarmSerializer, sends={}, example=examples.ALARM)
    def post(self, request: Request, pk: UUID) -> Response:
        return self.act(request, pk, lambda row: actions.keep_alarm(row, by=self.actor))


class EndDrill(ActOnAlarm):
    """A drill is over before its hour is."""

    @documented("End a drill", request=NoBody, response=AlarmSerializer, sends={}, example=examples.ALARM)
    def post(self, request: Request, pk: UUID) -> Response:
        return self.act(request, pk, lambda row: actions.end_drill(row, by=self.actor))


class Drills(AlarmResource):
    """Alarms without a referral, to try the chain."""

    @documented("Start a drill", request=NoBody, response=AlarmSerializer, sends={}, example=examples.DRILL, status=201)
    def post(self, request: Request) -> Response:
        return idempotency.once(request, lambda: self.tell(actions.start_drill(by=self.actor).pk, 201))


class Unanswered(Resource):
    """For coordinators: crises whose chain was alerted to its end and did not answer. References and organisations, nothing else."""

    ordering = ("raised_at", "id")

    @documented("Alarms that nobody answers", response=alarm_serializers.UnansweredSerializer(many=True), example=[examples.UNANSWERED])
    def get(self, request: Request) -> Response:
        if not self.actor.coordinates:
            raise NotFound
        chosen = self.chosen(Alarm.objects.unanswered().select_related("organization", "referral"))
        return self.get_paginated_response([alarm_serializers.unanswered_body(alarm) for alarm in chosen])


class Plan(Resource):
    """How the organisation that the caller acts for answers a crisis."""

    read_scope, write_scope = "referrals.read", "referrals.write"
    pagination_class = None

    def own(self) -> UUID:
        if self.actor.organization is None or self.actor.organization not in self.actor.casework:
            raise NotYours
        return self.actor.organization

    def tell(self, request: Request) -> Response:
        ready = readiness_of(self.own(), now())
        return etags.answer(request, alarm_serializers.plan_body(ready), ready.plan)

    @documented("The crisis plan", response=alarm_serializers.PlanSerializer, example=examples.CRISIS_PLAN)
    def get(self, request: Request) -> Response:
        return self.tell(request)

    @documented("Change the crisis plan", request=alarm_serializers.PlanBody, response=alarm_serializers.PlanSerializer,
                sends=examples.CRISIS_PLAN_SAID, example=examples.CRISIS_PLAN)  # fmt: skip
    def put(self, request: Request) -> Response:
        own = self.own()
        if own not in self.actor.administers:
            raise NotYours
        version = etags.require(request, CrisisPlan.objects.filter(pk=own).first() or CrisisPlan(pk=own, version=0))
        actions.set_plan(by=self.actor, version=version, **alarm_serializers.PlanBody.parse(request))
        return self.tell(request)


class Watches(Resource):
    """The rota of the caller's organisations, from now on."""

    read_scope, write_scope = "referrals.read", "referrals.write"
    serializer_class: Any = alarm_serializers.WatchSerializer
    ordering = ("begins_at", "id")

    def rows(self) -> QuerySet[Watch]:
        return Watch.objects.visible_to(self.actor).select_related("user")

    @documented("The rota", response=alarm_serializers.WatchSerializer(many=True), example=[examples.WATCH])
    def get(self, request: Request) -> Response:
        chosen = self.chosen(self.rows().filter(ends_at__gt=now()))
        return self.get_paginated_response([alarm_serializers.watch_body(watch) for watch in chosen])

    @documented("Put a colleague on call", request=alarm_serializers.WatchBody, response=alarm_serializers.WatchSerializer,
                sends=examples.WATCH_SAID, example=examples.WATCH, status=201)  # fmt: skip
    def post(self, request: Request) -> Response:
        def act() -> Response:
            if not self.actor.administers:
                raise NotYours
            watch = actions.add_watch(by=self.actor, **alarm_serializers.WatchBody.parse(request))
            return Response(alarm_serializers.watch_body(watch), status=201)

        return idempotency.once(request, act)


class OneWatch(Watches):
    """One entry of the rota."""

    http_method_names = ["delete", "options"]

    @documented("Take an entry off the rota", status=204)
    def delete(self, request: Request, pk: UUID) -> Response:
        actions.remove_watch(self.find(pk), by=self.actor)
        return Response(status=204)
