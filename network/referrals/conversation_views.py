"""The API of a conversation: messages, files and how far one has read."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from network.core import idempotency
from network.core.actor import Actor
from network.core.api import Resource, documented
from network.core.crypto import Keyring
from network.core.errors import NotFound, Refusal, TooLarge, WrongState, complain
from network.core.parsing import StrictJSONParser
from network.people.actions import disclosed

from . import actions, conversation, examples, phrases
from . import conversation_serializers as wire
from .files import LARGEST, MEDIA_TYPES, WORDS, FileKind, NotTaken, Taken, Why, take
from .models import Attachment, ReadMark, Scanned
from .reading import Reader
from .views import ReferralResource

# A file is never a page of ours, whatever a browser makes of it.
FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


class Messages(ReferralResource):
    """What the sides said to each other, newest first."""

    serializer_class: Any = wire.MessageSerializer
    ordering = ("-at", "id")

    @documented("Messages", response=wire.MessageSerializer(many=True), example=[examples.MESSAGE])
    def get(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk)
        reader = Reader([row], self.actor)
        chosen = self.chosen(conversation.said_on(row, reader).select_related("organization", "author"))
        if chosen and reader.may_talk(row) and row.person.organization_id not in self.actor.organizations:
            disclosed(row.person_id, self.actor)
        read_to = ReadMark.objects.filter(user=self.actor.id, referral=row).values_list("at", flat=True).first()
        words = conversation.read(chosen, row, reader, read_to=read_to)
        return self.get_paginated_response([wire.message_body(each) for each in words])

    @documented(
        "Say something",
        request=wire.MessageBody,
        response=wire.MessageSerializer,
        sends=examples.SAYS,
        example=examples.MESSAGE,
        status=201,
    )
    def post(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk)

        def act() -> Response:
            fields, wrong = wire.MessageBody.understood(request)
            said = actions.send_message(row, by=self.actor, wrong=wrong, **fields)
            (words,) = conversation.read([said], row, Reader([row], self.actor))
            return Response(wire.message_body(words), status=201)

        return idempotency.once(request, act, about=row.person_id)


class MarkRead(ReferralResource):
    """How far the caller has read."""

    @documented("Mark as read", request=wire.ReadBody, sends={"upto": examples.AT}, status=204)
    def post(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk)
        actions.mark_read(row, by=self.actor, upto=wire.ReadBody.parse(request)["upto"])
        return Response(status=204)


class Attachments(ReferralResource):
    """Files of a referral, newest first; a new one waits for the message that it is sent with."""

    serializer_class: Any = wire.AttachmentSerializer
    parser_classes = [MultiPartParser, StrictJSONParser]
    ordering = ("-at", "id")

    @documented("Files", response=wire.AttachmentSerializer(many=True), example=[examples.ATTACHMENT])
    def get(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk)
        reader = Reader([row], self.actor)
        chosen = self.chosen(conversation.files_of(row, reader))
        ring = Keyring.for_people([row.person_id]) if chosen else Keyring({})
        return self.get_paginated_response([wire.attachment_body(conversation.named(each, ring)) for each in chosen])

    @documented(
        "Upload a file",
        request={"multipart/form-data": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}},
        response=wire.AttachmentSerializer, example=examples.ATTACHMENT, status=201,
    )  # fmt: skip
    def post(self, request: Request, pk: UUID) -> Response:
        row = self.find(pk)
        # Asked before ten megabytes are looked at, and again under the lock.
        actions.conversation.require_voice(row, self.actor)
        actions.conversation.require_place(row, self.actor)
        name, content = self.sent(request)

        def act() -> Response:
            file = actions.attach(row, by=self.actor, file=taken(name, content))
            ring = Keyring.for_people([row.person_id])
            return Response(wire.attachment_body(conversation.named(file, ring)), status=201)

        asked = {"name": name, "sha256": hashlib.sha256(content).hexdigest()}
        return idempotency.once(request, act, about=row.person_id, asked=asked)

    @staticmethod
    def sent(request: Request) -> tuple[str, bytes]:
        """The one file of the form."""
        found = request.FILES.get("file") if hasattr(request, "FILES") else None
        if not isinstance(found, UploadedFile) or len(request.FILES.getlist("file")) != 1:
            raise complain("/file", "required", "Send one file, as the part `file` of a form.")
        if (found.size or 0) > LARGEST:
            raise TooLarge(limit=LARGEST)
        return found.name or "", found.read()


def taken(name: str, content: bytes) -> Taken:
    """The file as it may be kept, or the refusal in words."""
    try:
        return take(name, content)
    except NotTaken as refused:
        if refused.why is Why.TOO_LARGE:
            raise TooLarge(limit=LARGEST) from None
        raise complain("/file", refused.why, WORDS[refused.why]) from None


class OneAttachment(Resource):
    """One file, served so that no browser runs or guesses anything."""

    read_scope, write_scope = "referrals.read", "referrals.write"

    def rows(self) -> QuerySet[Attachment]:
        return Attachment.objects.visible_to(self.actor).select_related("referral__person", "referral__consent")

    @extend_schema(summary="Open a file", responses={(200, media): OpenApiTypes.BINARY for media in MEDIA_TYPES.values()})
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        return served(self.find(pk), self.actor)

    @documented("Take back a file that was not sent", status=204)
    def delete(self, request: Request, pk: UUID) -> Response:
        actions.detach(self.find(pk), by=self.actor)
        return Response(status=204)


def served(row: Attachment, actor: Actor) -> HttpResponse:
    """The bytes of a clean file for a caller in full view; a read by another than the keeper is recorded first."""
    referral = row.referral
    if not Reader([referral], actor).may_talk(referral):
        raise NotFound
    if row.state != Scanned.CLEAN:
        raise not_served(row)
    content = conversation.content_of(row)
    if content is None:
        raise NotFound
    if referral.person.organization_id not in actor.organizations:
        disclosed(referral.person_id, actor)
    name = Keyring.for_people([row.person_id]).read(row, "name") or str(row.pk)
    return HttpResponse(content, content_type=MEDIA_TYPES[FileKind(row.kind)], headers={
        "Content-Disposition": content_disposition_header(True, name) or "attachment",
        "X-Content-Type-Options": "nosniff", "Content-Security-Policy": FILE_POLICY, "Cache-Control": "no-store",
    })  # fmt: skip


def not_served(row: Attachment) -> Refusal:
    if row.state == Scanned.PENDING:
        return WrongState(state=row.state, detail="This file is still being checked. Try again in a minute.")
    return WrongState(state=row.state, detail=WORDS[Why(row.why)])


class Phrases(Resource):
    """Sentences that are often needed."""

    read_scope = "referrals.read"
    filters = frozenset({"verb"})
    pagination_class = None

    @documented(
        "Sentences to choose from",
        response=wire.PhraseSerializer(many=True),
        example=[examples.PHRASE],
        query={"verb": "only of this verb"},
    )
    def get(self, request: Request) -> Response:
        verb = self.query_text("verb", 20)
        return Response([wire.phrase_body(each) for each in (phrases.for_verb(verb) if verb else phrases.phrases())])
