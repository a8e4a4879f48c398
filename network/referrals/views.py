"""The API of referrals and offers: parse, call one action or one queryset, render. Routes of moves come from the table."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case as SqlCase
from django.db.models import IntegerField, QuerySet, Value, When
from rest_framework.request import Request
from rest_framework.response import Response

from network.core import etags, idempotency
from network.core.actor import Actor, ActorKind
from network.core.api import Resource, documented
from network.core.clock import now
from network.core.errors import Malformed, NotFound, NotYours
from network.core.pagination import Chapters
from network.partners.models import Organization
from network.people.actions import Terms, disclosed

from . import actions, examples, serializers
from .lifecycle import CLOSED, MOVES, LiesOn, Status
from .models import Offer, ReasonCode, Referral, Snooze
from .reading import Reader, all_but_names, overdue
from .timeline import as_json, timeline

RELATED = ("sender", "need", "place", "reason", "consent", "person")


class Unmatched(Resource):
    """Searches that found nobody to ask."""

    write_scope = "referrals.write"
    pagination_class = None

    @documented(
        "Record a search without result", request=serializers.UnmatchedBody, response=serializers.UnmatchedSerializer,
        sends=examples.UNMATCHED_BODY, example=examples.UNMATCHED, status=201,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        def act() -> Response:
            if self.actor.organization not in self.actor.casework:
                raise NotYours(verb="record")
            body = serializers.UnmatchedBody(data=request.data)
            body.is_valid(raise_exception=True)
            gap = actions.record_unmatched(**body.validated_data, by=self.actor)
            return Response(serializers.unmatched_body(gap), status=201)

        return idempotency.once(request, act)


class ReferralResource(Resource):
    """What all views of referrals share."""

    read_scope, write_scope = "referrals.read", "referrals.write"
    serializer_class: Any = serializers.ReferralSerializer

    def rows(self) -> QuerySet[Referral]:
        return Referral.objects.visible_to(self.actor).select_related(*RELATED)

    def look_up(self, pk: UUID) -> Referral | None:
        return Referral.objects.select_related(*RELATED).one_visible_to(self.actor, pk)

    def tell(self, row: Referral) -> Response:
        """The referral in detail with the tag of what this caller sees; a read by another than the keeper is recorded first."""
        reader = Reader([row], self.actor)
        body = serializers.referral_body(row, reader, detail=True)
        if reader.is_full(row) and row.person.organization_id not in self.actor.organizations:
            disclosed(row.person_id, self.actor)
        return Response(body, headers={"ETag": tag_of(row, reader)})

    def again(self, pk: UUID, *, status: int = 200) -> Response:
        """The referral after a move, in detail for its keeper; 204 where the move ended the caller's sight of it."""
        row = self.look_up(pk)
        if row is None:
            return Response(status=204)
        reader = Reader([row], self.actor)
        body = serializers.referral_body(row, reader, detail=row.person.organization_id in self.actor.organizations)
        return Response(body, status=status, headers={"ETag": tag_of(row, reader)})


def tag_of(row: Referral, reader: Reader) -> str:
    """A candidate's tag is its offer's: what others answer does not change it."""
    if reader.is_call(row):
        # What others do with it does not change what somebody who may take it sees.
        return etags.tag(OpenCall(row.pk), "open")
    own = reader.own_offer(row)
    return etags.tag(own, "referral") if own is not None else etags.tag(row)


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A referral as an organisation that may take it sees it: it does not change while the call is open."""

    pk: UUID
    version: int = 1


class Referrals(ReferralResource):
    """Referrals of the caller's organisations, and new ones."""

    filters = frozenset({"box", "status", "urgency", "need", "person", "reference"})

    @documented(
        "Referrals", response=serializers.ReferralSerializer(many=True), example=[examples.REFERRAL],
        query={
            "box": "inbox (waits for your answer, most urgent first), snoozed (put aside by you), open (you may take it), "
            "held, sent, mine, or closed",
            "status": "FHIR Task code",
            "urgency": "routine, soon, urgent or crisis", "need": "code of the taxonomy", "person": "id of a person you keep",
            "reference": "the short name, like 7F3K-92QD",
        },
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        box = request.query_params.get("box", "")
        if box not in BOXES:
            raise Malformed(detail=f"box is one of: {', '.join(name for name in BOXES if name)}.")
        if box == "inbox":
            return self.inbox()
        if box == "open":
            self.ordering = CALLS_IN_ORDER  # type: ignore[misc]
            rows = open_calls_of(self.actor).select_related(*RELATED)
            return self.told(self.filtered(rows))
        rows, self.ordering = BOXES[box](self.rows(), self.actor)  # type: ignore[misc]
        return self.told(self.filtered(rows))

    def told(self, rows: QuerySet[Referral]) -> Response:
        chosen = self.chosen(rows)
        reader = Reader(chosen, self.actor)
        return self.get_paginated_response([serializers.referral_body(row, reader, detail=False) for row in chosen])

    def inbox(self) -> Response:
        """Offers that wait for an answer of ours, each as its referral: crises first, then by the time they are due."""
        self.ordering = INBOX_ORDER  # type: ignore[misc]
        is_narrowed = set(self.request.query_params) & (self.filters - {"box"})
        offers = self.chosen(inbox_of(self.actor, self.filtered(Referral.objects.all()) if is_narrowed else None))
        rows = referrals_of(offers)
        reader = Reader(rows, self.actor)
        return self.get_paginated_response([serializers.referral_body(row, reader, detail=False) for row in rows])

    def filtered(self, rows: QuerySet[Referral]) -> QuerySet[Referral]:
        if status := self.query_text("status", 20):
            rows = rows.filter(status=status)
        if urgency := self.query_text("urgency", 10):
            rows = rows.filter(urgency=urgency)
        if need := self.query_text("need", 80):
            rows = rows.filter(need__code=need)
        if (person := self.query_uuid("person")) is not None:
            rows = rows.filter(person=person, sender__in=self.actor.casework)
        if reference := self.query_text("reference", 9):
            rows = rows.filter(reference=reference.upper())
        return rows

    @documented(
        "Begin a referral", request=serializers.DraftBody, response=serializers.ReferralSerializer, sends=examples.DRAFT,
        example=examples.REFERRAL, status=201,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        def act() -> Response:
            if self.actor.organization not in self.actor.casework:
                raise NotYours(verb="send")
            body = serializers.DraftBody(data=request.data)
            body.is_valid(raise_exception=True)
            return self.again(actions.create_draft(body.draft(), by=self.actor).pk, status=201)

        return idempotency.once(request, act, about=_person_named(request, self.actor))


def _person_named(request: Request, actor: Actor) -> UUID | None:
    """Whose key seals the kept answer: the person the draft is about, if there is one of the caller's."""
    from network.core.api import parse_uuid
    from network.people.models import Person

    text = dict(request.data).get("person")
    try:
        pk = parse_uuid(text if isinstance(text, str) else None, "person")
    except Malformed:
        return None
    return pk if pk and Person.objects.kept_by(actor).filter(pk=pk, erased_at__isnull=True).exists() else None


INBOX_ORDER = ("chapter", "respond_by", "id")


def asleep_for(actor: Actor) -> dict[UUID, datetime]:
    """Offers that the actor has put aside, and until when; few, and asked for by themselves as crises are."""
    return dict(Snooze.objects.asleep(actor, now()).values_list("offer", "until")) if actor.kind is ActorKind.PERSON else {}


def inbox_of(actor: Actor, among: QuerySet[Referral] | None = None, asleep: Collection[UUID] | None = None) -> Chapters:
    """Offers that wait for an answer of the actor's organisations: crises first, the others by the index that has their order.

    What the actor has put aside is left out; never a crisis. `asleep`, where the caller has read it already.

    One queryset ordered by urgency and time would sort every waiting offer to show a page of them.
    """
    waiting = Offer.objects.asked_of(actor).filter(status=Status.REQUESTED).only("id", "referral_id", "respond_by")
    if among is not None:
        waiting = waiting.filter(referral__in=among.values("pk"))
    # A few ids, asked for first: as a subquery each would be looked for among all that waits.
    crises = list(Referral.objects.open_crises().values_list("pk", flat=True))
    first, then = waiting.filter(referral__in=crises), waiting.exclude(referral__in=crises)
    if put_aside := asleep_for(actor) if asleep is None else asleep:
        then = then.exclude(pk__in=list(put_aside))
    return Chapters((first.annotate(chapter=Value(0)), then.annotate(chapter=Value(1))))


CALLS_IN_ORDER = ("rank", "respond_by", "id")


def open_calls_of(actor: Actor) -> QuerySet[Referral]:
    """Open calls that the actor's organisations may answer and were not asked themselves: crises first, then by their end."""
    rank = SqlCase(When(urgency="crisis", then=Value(0)), default=Value(1), output_field=IntegerField())
    asked = Offer.objects.open().filter(organization__in=actor.casework)
    return Referral.objects.open_to(actor).exclude(pk__in=asked.values("referral")).annotate(rank=rank)


def referrals_of(offers: Sequence[Offer]) -> list[Referral]:
    """The referrals of a page of offers, each once, in the same order."""
    wanted = list(dict.fromkeys(offer.referral_id for offer in offers))
    found = Referral.objects.select_related(*RELATED).defer(*all_but_names(sender=Organization)).in_bulk(wanted)
    return [found[pk] for pk in wanted]


def _held(rows: QuerySet[Referral], actor: Actor) -> tuple[QuerySet[Referral], tuple[str, ...]]:
    held = Offer.objects.filter(organization__in=actor.casework, status=Status.ACCEPTED)
    return rows.filter(pk__in=held.values("referral")), ("-moved_at", "id")


def _snoozed(rows: QuerySet[Referral], actor: Actor) -> tuple[QuerySet[Referral], tuple[str, ...]]:
    return rows.filter(pk__in=Offer.objects.filter(pk__in=list(asleep_for(actor))).values("referral")), ("-created_at", "id")


BOXES: dict[str, Any] = {
    "": lambda rows, actor: (rows, ("-created_at", "id")),
    "inbox": None,
    "open": None,
    "snoozed": _snoozed,
    "held": _held,
    "sent": lambda rows, actor: (rows.filter(sender__in=actor.casework).exclude(status__in=CLOSED), ("-created_at", "id")),
    "mine": lambda rows, actor: (
        rows.filter(case_members__user=actor.id, case_members__until__isnull=True).exclude(status__in=CLOSED), ("-moved_at", "id"),
    ),
    "closed": lambda rows, actor: (rows.filter(status__in=CLOSED), ("-moved_at", "id")),
}  # fmt: skip


class OneReferral(ReferralResource):
    """One referral, and the draft's changes."""

    @documented("One referral", response=serializers.ReferralSerializer, example=examples.REFERRAL)
    def get(self, request: Request, pk: UUID) -> Response:
        return self.tell(self.find(pk))

    @documented(
        "Change a draft", request=serializers.DraftBody, response=serializers.ReferralSerializer, sends=examples.DRAFT,
        example=examples.REFERRAL,
    )  # fmt: skip
    def put(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk)
        version = etags.require(request, row)
        if row.sender_id != self.actor.organization:
            raise NotYours(verb="edit")
        body = serializers.DraftBody(data=request.data)
        body.is_valid(raise_exception=True)
        return self.again(actions.edit_draft(row, body.draft(), by=self.actor, version=version).pk)


class MoveReferral(ReferralResource):
    """A move that lies on the referral."""

    verb = ""

    def post(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk)
        return idempotency.once(request, lambda: self.move(request, row), about=row.person_id if self.verb != "discard" else None)

    def move(self, request: Request, row: Referral) -> Response:
        said = serializers.SaidBody.said(request)
        fresh, version = self.seen(request, row)
        actions.move_referral(row, self.verb, by=self.actor, said=said, fresh=fresh, version=version)
        return self.again(row.pk)

    def seen(self, request: Request, row: Referral) -> tuple[bool, int | None]:
        """Whether the tag is the present one, and the version to hold it to; a candidate's tag is its offer's."""
        reader = Reader([row], self.actor)
        own = reader.own_offer(row)
        if reader.is_call(row):
            return etags.seen(request, OpenCall(row.pk), "open"), None
        if own is not None:
            return etags.seen(request, own, "referral"), None
        return etags.seen(request, row), None if etags.any_version(request) else row.version


class Discard(MoveReferral):
    """A draft that is not wanted any more."""

    verb = "discard"

    def move(self, request: Request, row: Referral) -> Response:
        fresh, _ = self.seen(request, row)
        actions.discard(row, by=self.actor, fresh=fresh)
        return Response(status=204)


class Send(MoveReferral):
    """Ask the candidate."""

    verb = "send"

    def move(self, request: Request, row: Referral) -> Response:
        fields, wrong = serializers.SendBody.understood(request)
        fresh, _ = self.seen(request, row)
        decision = actions.Decision(consent=fields.get("consent"), terms=_terms(fields.get("terms")))
        actions.send(row, by=self.actor, said=serializers.said_from(fields, wrong), decision=decision, fresh=fresh)
        return self.again(row.pk)


def _terms(said: dict[str, Any] | None) -> Terms | None:
    if said is None:
        return None
    return Terms(**{**said, "recipients": frozenset(said["recipients"]), "fields": frozenset(said["fields"])})


class Timeline(ReferralResource):
    """What happened, in order, as the caller's side may know it."""

    pagination_class = None

    @documented("Timeline", response=serializers.HappenedSerializer(many=True), example=[examples.HAPPENED])
    def get(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk)
        reader = Reader([row], self.actor)
        entries = timeline(row, reader.offers_of(row), self.actor, only_own_words=not reader.is_live(row))
        return Response([serializers.HappenedSerializer(as_json(entry)).data for entry in entries[-LONGEST_TIMELINE:]])


LONGEST_TIMELINE = 500


class Reasons(Resource):
    """Coded reasons, valid from a day until a day."""

    read_scope = "referrals.read"
    filters = frozenset({"verb"})
    pagination_class = None

    @documented("Reasons", response=serializers.ReasonSerializer(many=True), example=[examples.REASON], query={"verb": "only of this verb"})
    def get(self, request: Request) -> Response:
        rows = ReasonCode.objects.order_by("verb", "position")
        if verb := self.query_text("verb", 20):
            rows = rows.filter(verb=verb)
        return Response(serializers.ReasonSerializer(rows, many=True).data)


class OfferResource(Resource):
    """What all views of offers share."""

    read_scope, write_scope = "referrals.read", "referrals.write"
    serializer_class = serializers.OfferSerializer

    def rows(self) -> QuerySet[Offer]:
        related = [f"referral__{name}" for name in RELATED]
        return Offer.objects.visible_to(self.actor).select_related(*related)

    def tell(self, pk: UUID) -> Response:
        row = self.find(pk)
        reader = Reader([row.referral], self.actor)
        shown = next(offer for offer in reader.offers[row.referral_id] if offer.pk == pk)
        own = own_words(shown, self.actor)
        body = {**serializers.offer_body(shown, reader), "words": own}
        return Response(body, headers={"ETag": etags.tag(shown)})


def own_words(offer: Offer, actor: Actor) -> list[dict[str, Any]]:
    """What the caller's own side said with its moves on this offer."""
    entries = timeline(offer.referral, [offer], actor, only_own_words=True)
    return [{"verb": e.verb, "reason": e.reason, "text": e.text, "at": e.at} for e in entries if e.text or e.reason]


class Offers(OfferResource):
    """Offers that the caller's organisations were asked, stubs of those that ended among them."""

    filters = frozenset({"status"})
    ordering = ("-asked_at", "id")

    @documented(
        "Offers asked of you", response=serializers.OfferSerializer(many=True), example=[examples.OFFER], query={"status": "FHIR Task code"}
    )
    def get(self, request: Request) -> Response:
        rows = self.rows().filter(organization__in=self.actor.casework, asked_at__isnull=False)
        if status := self.query_text("status", 20):
            rows = rows.filter(status=status)
        chosen = self.chosen(rows)
        reader = Reader({offer.referral_id: offer.referral for offer in chosen}.values(), self.actor)
        shown = {offer.pk: offer for offers in reader.offers.values() for offer in offers}
        return self.get_paginated_response([serializers.offer_body(shown[offer.pk], reader) for offer in chosen])


class OneOffer(OfferResource):
    """One offer."""

    @documented("One offer", response=serializers.OfferDetail, example={**examples.OFFER, "words": []})
    def get(self, request: Request, pk: UUID) -> Response:
        return self.tell(pk)


class MoveOffer(OfferResource):
    """A move that lies on an offer."""

    verb = ""

    def post(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk, Offer.objects.visible_to(self.actor).select_related("referral"))
        return idempotency.once(request, lambda: self.move(request, row), about=row.referral.person_id)

    def move(self, request: Request, row: Offer) -> Response:
        said = serializers.SaidBody.said(request)
        fresh = etags.seen(request, row)
        version = None if etags.any_version(request) else row.version
        actions.move(row, self.verb, by=self.actor, said=said, fresh=fresh, version=version)
        return self.tell(row.pk)


class Overdue(Resource):
    """For coordinators: references of referrals whose answer is overdue, and between whom; nothing of a person."""

    ordering = ("respond_by", "id")

    @documented("Overdue answers", response=serializers.OverdueSerializer(many=True), example=[examples.OVERDUE])
    def get(self, request: Request) -> Response:
        if not self.actor.coordinates:
            raise NotFound
        chosen = self.chosen(overdue(now()))
        return self.get_paginated_response([overdue_body(offer) for offer in chosen])


def overdue_body(offer: Offer) -> dict[str, Any]:
    return {
        "reference": offer.referral.reference, "sender": serializers.named(offer.referral.sender),
        "organization": serializers.named(offer.organization), "due_since": offer.respond_by,
        "is_crisis": offer.referral.urgency == "crisis", "alarm_round": getattr(offer, "alarm_round", None),
        "acknowledged_at": getattr(offer, "alarm_acknowledged_at", None),
    }  # fmt: skip


def view_of(verb: str) -> Any:
    """The view of one verb of the table, described by what it needs."""
    move = MOVES[verb]
    base = {"send": Send, "discard": Discard}.get(verb, MoveReferral if move.lies_on is LiesOn.REFERRAL else MoveOffer)
    body = serializers.SendBody if verb == "send" else serializers.SaidBody
    on_offer = move.lies_on is LiesOn.OFFER
    described = documented(
        f"Move: {verb}", request=body, response=serializers.OfferDetail if on_offer else serializers.ReferralSerializer,
        sends=examples.said(verb), example={**examples.OFFER, "words": []} if on_offer else examples.REFERRAL, may_vanish=not on_offer,
    )  # fmt: skip
    name = "".join(part.title() for part in verb.split("-")) + ("Offer" if on_offer else "Referral")

    def post(self: Any, request: Request, pk: UUID) -> Response:
        return base.post(self, request, pk)

    return described(type(name, (base,), {"verb": verb, "__doc__": f"The move `{verb}` of the table.", "post": post}))
