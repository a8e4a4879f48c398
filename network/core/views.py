"""The event feed by API, and the probes of those who run the installation."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from network.core.errors import MissingScope

from . import feed
from .actor import ActorKind
from .api import Resource, documented
from .models import Event, Head
from .pagination import page_size

EXAMPLE = {
    "id": "6f1b1a52-3f0e-4b7e-9d0c-0000000000aa", "kind": "referral.accept",
    "subject": "referral/6f1b1a52-3f0e-4b7e-9d0c-0000000000bb", "at": "2026-03-02T09:30:00Z",
    "by": "organization/6f1b1a52-3f0e-4b7e-9d0c-0000000000cc",
}  # fmt: skip


class EventSerializer(serializers.Serializer[Any]):
    """What happened, to what: ids alone. Readers of the whole sequence get its numbers and its chain besides."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    subject = serializers.CharField()
    at = serializers.DateTimeField()
    by = serializers.CharField()
    organization = serializers.UUIDField(required=False)
    number = serializers.IntegerField(required=False)
    actor = serializers.CharField(required=False)
    previous = serializers.CharField(required=False)
    digest = serializers.CharField(required=False)


class EventsSerializer(serializers.Serializer[Any]):
    events = EventSerializer(many=True)
    next = serializers.CharField()
    more = serializers.BooleanField()


class HeadSerializer(serializers.Serializer[Any]):
    organization = serializers.UUIDField()
    epoch = serializers.CharField()
    seq = serializers.IntegerField()
    digest = serializers.CharField()


class Events(Resource):
    """Everything visible after a cursor; frames and webhooks are hints at it."""

    read_scope = "referrals.read"
    filters = frozenset({"after"})

    @documented(
        "Events after a cursor", response=EventsSerializer, example={"events": [EXAMPLE], "next": "AbCd", "more": False},
        query={"after": "cursor of an earlier answer; `now` for none but a cursor", "limit": "at most 200"},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        after = request.query_params.get("after")
        limit = page_size(request.query_params.get("limit", "100"))
        if after == "now":
            return Response({"events": [], "next": feed.cursor_now(self.actor), "more": False})
        answer = feed.since(self.actor, after, limit)
        whole = feed.reads_all(self.actor)
        return Response({"events": [event_body(event, whole=whole) for event in answer.events], "next": answer.next, "more": answer.more})


def event_body(event: Event, *, whole: bool) -> dict[str, Any]:
    body: dict[str, Any] = {"id": event.fact, "kind": event.kind, "subject": event.subject, "at": event.at, "by": event.actor}
    if whole:
        body |= {
            "organization": event.organization_id, "number": event.seq, "actor": event.actor,
            "previous": bytes(event.previous).hex(), "digest": bytes(event.digest).hex(),
        }  # fmt: skip
    return body


class EventHead(Resource):
    """The last row of one's own sequence: whoever keeps it can tell if history is rewritten."""

    read_scope = "events.all"
    pagination_class = None

    @documented(
        "Head of the sequence", response=HeadSerializer(many=True),
        example=[{"organization": EXAMPLE["by"].partition("/")[2], "epoch": "0" * 32, "seq": 41, "digest": "8640" * 16}],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        if self.actor.kind is not ActorKind.APPLICATION:
            raise MissingScope(scope="events.all")
        return Response(feed.published(Head.objects.filter(pk__in=self.actor.organizations).order_by("pk")))
