"""One log: a gapless sequence and a hash chain for each organisation; audit, outbox and realtime stream at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from . import bell
from .actor import Actor, ActorKind
from .clock import now
from .kinds import KINDS
from .models import NOTHING, Event, Head

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to `subject`, told to the organisations `to`.

    `elsewhere` are those for whom it was another candidate's move: they learn that it happened, not who moved.
    """

    kind: str
    subject: str
    to: frozenset[UUID]
    elsewhere: frozenset[UUID] = frozenset()
    id: UUID = field(default_factory=uuid4)


def canonical(organization: UUID, seq: int, fact: UUID, kind: str, subject: str, actor: str, at: datetime) -> bytes:
    """The bytes that are chained: an ASCII JSON array without spaces, the time in whole microseconds since 1970."""
    row = [1, str(organization), seq, str(fact), kind, subject, actor, (at - EPOCH) // MICROSECOND]
    return json.dumps(row, separators=(",", ":")).encode("ascii")


def chain(previous: bytes | memoryview, row: bytes) -> bytes:
    return hashlib.sha256(bytes(previous) + row).digest()


def known_as(by: Actor, organization: UUID, fact: Fact) -> str:
    """The actor as this organisation may know them: its own member by name, everybody else by their organisation."""
    if organization in fact.elsewhere:
        return "network/"
    if by.kind in {ActorKind.PERSON, ActorKind.APPLICATION} and organization not in by.organizations:
        return f"organization/{by.organization}"
    return by.ref


def open_heads(organizations: Iterable[UUID]) -> None:
    """Begin the sequences of new organisations."""
    Head.objects.bulk_create(Head(organization_id=pk) for pk in organizations)


def record(*facts: Fact, by: Actor, at: datetime | None = None) -> None:
    """Append `facts` to the sequences they concern, each in the order given. Once per transaction, as its last write.

    Heads are taken in key order over all facts, so two recorders never wait for each other in a circle; a second call in
    one transaction could ask for a lower head while holding a higher. `at` is the moment of the rows it tells of, where
    the caller has read the clock already.
    """
    if not connection.in_atomic_block:
        raise AssertionError("an event belongs to the transaction of its change")
    unknown = [fact.kind for fact in facts if fact.kind not in KINDS]
    if unknown:
        raise ValueError(f"unregistered kinds: {unknown}")
    at = at or now()
    wanted = sorted((organization, number) for number, fact in enumerate(facts) for organization in fact.to)
    heads = _take_heads({organization for organization, _ in wanted})
    rows = []
    for organization, number in wanted:
        fact = facts[number]
        told = Told(organization, fact.id, fact.kind, fact.subject, known_as(by, organization, fact), at)
        rows.append(_chained(told, heads[organization]))
    _insert(rows)
    for pk, head in heads.items():
        Head.objects.filter(pk=pk).update(seq=head.seq, digest=head.digest)
        transaction.on_commit(lambda pk=pk: bell.ring(pk), robust=True)  # type: ignore[misc]


def _take_heads(organizations: set[UUID]) -> dict[UUID, Head]:
    """The heads in key order, locked until commit: numbers have no holes and become visible in order.

    SQLite has no such lock and needs none: a transaction has the one writer's place from its beginning on.
    """
    heads = {head.pk: head for head in Head.objects.select_for_update(no_key=True).filter(pk__in=organizations).order_by("pk")}
    if len(heads) < len(organizations):
        raise Head.DoesNotExist(f"no sequence was begun for {sorted(organizations - heads.keys())}")
    return heads


@dataclass(frozen=True, slots=True)
class Told:
    """One row of history for one organisation, made by a builder that writes a past in bulk."""

    organization: UUID
    fact: UUID
    kind: str
    subject: str
    actor: str
    at: datetime


def write_history(rows: Sequence[Told]) -> None:
    """Append many rows at once with a valid chain, each organisation's in the order given. For builders, not for actions."""
    heads = {head.pk: head for head in Head.objects.all()}
    # No savepoint: of one, SQLite in memory keeps what it changed in a list that each guarded row walks through.
    with transaction.atomic(savepoint=False):
        _insert([_chained(row, heads[row.organization]) for row in rows])
        for pk in {row.organization for row in rows}:
            Head.objects.filter(organization=pk).update(seq=heads[pk].seq, digest=heads[pk].digest)


def _chained(row: Told, head: Head) -> tuple[Any, ...]:
    """The columns of the event that follows `head`, which moves on to it."""
    seq, previous = head.seq + 1, bytes(head.digest)
    digest = chain(previous, canonical(row.organization, seq, row.fact, row.kind, row.subject, row.actor, row.at))
    head.seq, head.digest = seq, digest
    key = _native_key(row.organization), seq, _native_key(row.fact)
    return (*key, row.kind, row.subject, row.actor, connection.ops.adapt_datetimefield_value(row.at), previous, digest)


def _insert(rows: Sequence[tuple[Any, ...]]) -> None:
    """In the order of each sequence, since the triggers look at the row before.

    By cursor: building many model objects and their SQL takes ten times as long as the insert.
    """
    with connection.cursor() as cursor:
        cursor.executemany(INSERT, rows)


INSERT = (
    "INSERT INTO core_event (organization_id, seq, fact, kind, subject, actor, at, previous, digest)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


def _native_key(pk: UUID) -> UUID | str:
    """How this database takes a UUID outside the ORM."""
    return pk if connection.features.has_native_uuid_field else pk.hex


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first row of its kind that does not hold."""

    organization: UUID
    seq: int
    what: str


def verify(organizations: Iterable[UUID] | None = None, published: Iterable[dict[str, Any]] = ()) -> list[Flaw]:
    """Check numbers, links, digests, heads and published heads; empty where all holds. Reads tuples, about 7 µs a row."""
    heads = Head.objects.order_by("pk").values_list("organization", "epoch", "seq", "digest", "floor", "floor_digest")
    if organizations is not None:
        heads = heads.filter(pk__in=set(organizations))
    flaws: list[Flaw] = []
    kept = list(published)
    for pk, epoch, seq, digest, floor, floor_digest in heads:
        mine = {row["seq"]: row["digest"] for row in kept if row["organization"] == str(pk) and row["epoch"] == epoch}
        flaws += _verify_one(pk, seq, bytes(digest), floor, bytes(floor_digest), mine)
    return flaws + _facts_that_differ()


def _verify_one(pk: UUID, seq: int, digest: bytes, floor: int, floor_digest: bytes, published: dict[int, str]) -> list[Flaw]:
    flaws: dict[str, Flaw] = {}
    number, link = floor, floor_digest
    rows = Event.objects.filter(organization=pk, seq__gt=floor).order_by("seq")
    columns = ("seq", "fact", "kind", "subject", "actor", "at", "previous", "digest")
    for at_seq, fact, kind, subject, actor, at, previous, found in rows.values_list(*columns).iterator(2000):
        checks = {
            "a number is missing": at_seq == number + 1,
            "the link to the row before is wrong": bytes(previous) == link,
            "the digest does not fit the row": chain(previous, canonical(pk, at_seq, fact, kind, subject, actor, at)) == bytes(found),
            "the published head is another": published.get(at_seq, bytes(found).hex()) == bytes(found).hex(),
        }  # fmt: skip
        for what, holds in checks.items():
            if not holds:
                flaws.setdefault(what, Flaw(pk, at_seq, what))
        number, link = at_seq, bytes(found)
    if (number, link) != (seq, digest):
        flaws["head"] = Flaw(pk, number, "the last row is not the head")
    if published and max(published) > number:
        flaws["tail"] = Flaw(pk, max(published), "a published row is gone")
    return list(flaws.values())


def _facts_that_differ() -> list[Flaw]:
    """A forger must rewrite every chain that tells a fact; where they disagree, one was."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(seq), fact FROM core_event GROUP BY fact"
            " HAVING min(kind) <> max(kind) OR min(subject) <> max(subject) OR min(at) <> max(at) LIMIT 1"
        )
        row = cursor.fetchone()
    if row is None:
        return []
    event = Event.objects.filter(fact=row[1]).order_by("seq").first()
    return [Flaw(event.organization_id, event.seq, "two organisations tell one fact differently")] if event else []


__all__ = ["NOTHING", "Fact", "Flaw", "Told", "open_heads", "record", "verify", "write_history"]
