"""The wire of a conversation: what is said, what is told, and files as they are shown."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from network.core.api import Body, TextField

from .conversation import File, Words
from .files import WORDS, Why
from .phrases import Phrase
from .serializers import LONGEST_NOTE


class MessageBody(Body):
    """Words for the other side, one of the listed sentences before them, and files that were uploaded first."""

    text = TextField(longest=LONGEST_NOTE, required=False, allow_blank=True, default="")
    template = TextField(longest=60, required=False, allow_null=True, default=None)
    attachments = serializers.ListField(child=serializers.UUIDField(), max_length=10, required=False, default=list)


class ReadBody(Body):
    """How far one has read; without a moment, up to now."""

    upto = serializers.DateTimeField(required=False, allow_null=True, default=None)


class AttachmentSerializer(serializers.Serializer[Any]):
    """A file: `href` serves it once it was found clean."""

    id = serializers.UUIDField()
    message = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=["pdf", "png", "jpeg", "text"])
    size = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["pending", "clean", "refused"])
    why = serializers.CharField(allow_null=True)
    detail = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()
    href = serializers.CharField(allow_null=True)


class MessageSerializer(serializers.Serializer[Any]):
    """Something that was said: `verb` is message, ask or answer."""

    id = serializers.UUIDField()
    verb = serializers.CharField()
    by = serializers.CharField(allow_blank=True)
    organization = serializers.UUIDField(allow_null=True)
    is_ours = serializers.BooleanField()
    is_new = serializers.BooleanField()
    text = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()
    attachments = AttachmentSerializer(many=True)


class PhraseSerializer(serializers.Serializer[Any]):
    """A sentence that is often needed."""

    verb = serializers.CharField()
    code = serializers.CharField()
    reason = serializers.CharField(allow_null=True)
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name, not the label of one
    text = serializers.CharField()


def attachment_body(file: File) -> dict[str, Any]:
    row = file.row
    return {
        "id": row.pk, "message": row.message_id, "name": file.name, "kind": row.kind, "size": row.size, "state": row.state,
        "why": row.why or None, "detail": WORDS[Why(row.why)] if row.why else None, "at": row.at,
        "href": f"/api/v1/attachments/{row.pk}" if row.state == "clean" else None,
    }  # fmt: skip


def message_body(words: Words) -> dict[str, Any]:
    row = words.row
    return {
        "id": row.pk, "verb": row.verb, "by": words.by, "organization": row.organization_id, "is_ours": words.is_ours,
        "is_new": words.is_new, "text": words.text, "at": row.at, "attachments": [attachment_body(file) for file in words.files],
    }  # fmt: skip


def phrase_body(phrase: Phrase) -> dict[str, Any]:
    return {"verb": phrase.verb, "code": phrase.code, "reason": phrase.reason or None, "label": phrase.label, "text": phrase.text}
