"""What the sides of a referral say to each other, as one caller may read it: words, files, and whether the words were read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from network.core import crypto
from network.core.actor import Actor
from network.core.crypto import Keyring

from .files import CHUNK
from .models import Attachment, AttachmentChunk, Audience, Message, Referral
from .reading import TALK, Reader


@dataclass(frozen=True, slots=True)
class File:
    """A file beside a message; its name is for people who may read it."""

    row: Attachment
    name: str


@dataclass(frozen=True, slots=True)
class Words:
    """One message as it is read: who said it to whom, when, and what."""

    row: Message
    text: str | None
    by: str
    is_ours: bool
    is_new: bool
    files: tuple[File, ...]


def said_on(row: Referral, reader: Reader) -> QuerySet[Message]:
    """Messages that the caller reads: all of its side in full view; before an acceptance, questions and answers of its own offer."""
    actor = reader.actor
    rows = Message.objects.visible_to(actor).filter(referral=row, verb__in=TALK, audience=Audience.BOTH)
    if reader.may_talk(row):
        return rows
    if not reader.is_live(row):
        rows = rows.filter(organization__in=actor.casework)
    return rows.exclude(verb="message")


def files_of(row: Referral, reader: Reader) -> QuerySet[Attachment]:
    """Files that the caller may open: those of messages it reads, and its own that wait to be sent; in full view only."""
    rows = Attachment.objects.visible_to(reader.actor).filter(referral=row)
    return rows if reader.may_talk(row) else rows.none()


def read(messages: Sequence[Message], row: Referral, reader: Reader, *, read_to: datetime | None = None) -> list[Words]:
    """Messages in the order given, opened: four queries, however many there are."""
    actor = reader.actor
    ring = Keyring.for_people([row.person_id]) if messages else Keyring({})
    files: dict[UUID, list[File]] = defaultdict(list)
    if reader.may_talk(row) and messages:
        for file in Attachment.objects.filter(message__in=messages).order_by("at", "pk"):
            if file.message_id is not None:
                files[file.message_id].append(named(file, ring))
    return [_words(each, ring, actor, tuple(files[each.pk]), read_to) for each in messages]


def _words(row: Message, ring: Keyring, actor: Actor, files: tuple[File, ...], read_to: datetime | None) -> Words:
    ours = row.organization_id in actor.casework
    organization = row.organization.name if row.organization else ""
    by = str(row.author) if ours and row.author else organization
    is_new = not ours and (read_to is None or row.at > read_to)
    return Words(row, ring.read(row, "text"), by, ours, is_new, files)


def named(row: Attachment, ring: Keyring) -> File:
    return File(row, ring.read(row, "name") or "")


def written(content: bytes, row: Attachment, key: bytes) -> list[AttachmentChunk]:
    """The parts of a file, each sealed for its place."""
    parts = range(0, len(content), CHUNK)
    return [
        AttachmentChunk(attachment=row, number=number, blob=crypto.seal(key, _place(row, number), content[start : start + CHUNK]))
        for number, start in enumerate(parts)
    ]


def content_of(row: Attachment) -> bytes | None:
    """The file, whole; None where the person's key was destroyed or the file was refused."""
    key = Keyring.for_people([row.person_id]).keys.get(row.person_id)
    chunks: Iterable[AttachmentChunk] = row.chunks.order_by("number")
    if key is None:
        return None
    content = b"".join(crypto.unseal(key, _place(row, chunk.number), chunk.blob) for chunk in chunks)
    if len(content) != row.size:
        return None
    return content


def _place(row: Attachment, number: int) -> str:
    return f"{AttachmentChunk._meta.db_table}|blob|{row.pk}|{number}"  # noqa: SLF001 - public by Django's documentation
