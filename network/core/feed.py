"""The event feed: everything an actor may see after a sealed cursor, and a cursor that tells nothing of what it may not."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from .actor import Actor
from .cursors import close, read
from .errors import CursorInvalid, CursorReset
from .kinds import KINDS, VISIBLE, Class
from .models import Event, Head

ROUTE = "events"
PAGE = 500
# Organisation, epoch and number: of one width for each membership, so that a cursor's length tells only how many there are.
POSITION = struct.Struct(">16s16sQ")
Positions = dict[UUID, tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Answer:
    """Events in order, the cursor after them, and whether another visible one exists."""

    events: list[Event]
    next: str
    more: bool


def heads_of(actor: Actor) -> dict[UUID, Head]:
    return Head.objects.in_bulk(actor.organizations)


def cursor_now(actor: Actor) -> str:
    """The position after everything that has happened; taken before a page reads its state."""
    return _close(actor, {pk: (head.epoch, head.seq) for pk, head in heads_of(actor).items()})


def since(actor: Actor, after: str | None, limit: int) -> Answer:
    """Visible events after the cursor; without one, from where the log begins.

    The heads are read first, so that the answer covers everything up to them; what is not visible now is left out.
    """
    heads = heads_of(actor)
    at = _open(actor, after, heads) if after else {pk: (head.epoch, head.floor) for pk, head in heads.items()}
    found: list[Event] = []
    for pk in sorted(heads):
        reached = at[pk][1]
        while len(found) <= limit and reached < heads[pk].seq:
            rows = list(Event.objects.filter(organization=pk, seq__gt=reached, seq__lte=heads[pk].seq).order_by("seq")[:PAGE])
            for event in visible(rows, actor):
                if len(found) > limit:
                    break
                found.append(event)
            reached = rows[-1].seq if rows else heads[pk].seq
    answered = found[:limit]
    more = len(found) > limit
    return Answer(answered, _close(actor, _reached(at, heads, found, limit)), more)


def _reached(at: Positions, heads: dict[UUID, Head], found: Sequence[Event], limit: int) -> Positions:
    """After the last event given for an organisation that was cut short, at its head for one that was read to the end."""
    cut = found[limit] if len(found) > limit else None
    reached: Positions = {}
    for pk in sorted(heads):
        if cut is None or pk < cut.organization_id:
            reached[pk] = (heads[pk].epoch, heads[pk].seq)
        elif pk == cut.organization_id:
            reached[pk] = (heads[pk].epoch, cut.seq - 1)
        else:
            reached[pk] = (heads[pk].epoch, at[pk][1])
    return reached


def reads_all(actor: Actor) -> bool:
    """Whether the caller sees the whole sequence with its numbers: a partner system that was granted it."""
    return "events.all" in actor.scopes


def visible(rows: Sequence[Event], actor: Actor) -> list[Event]:
    """Those whose subject the actor may see now: one query for each type of subject."""
    if reads_all(actor):
        return list(rows)
    wanted: dict[str, set[UUID]] = defaultdict(set)
    for event in rows:
        kind, _, key = event.subject.partition("/")
        wanted[kind].add(UUID(key))
    seen = {kind: VISIBLE[kind](actor, ids) for kind, ids in wanted.items() if kind in VISIBLE}
    return [event for event in rows if _is_told(event) and _key(event) in seen.get(event.subject.partition("/")[0], set())]


def _key(event: Event) -> UUID:
    return UUID(event.subject.partition("/")[2])


def _is_told(event: Event) -> bool:
    kind = KINDS.get(event.kind)
    return kind is None or kind.klass is not Class.AUDIT


def _close(actor: Actor, positions: Positions) -> str:
    packed = (POSITION.pack(pk.bytes, bytes.fromhex(epoch), number) for pk, (epoch, number) in sorted(positions.items()))
    return close(actor, ROUTE, b"".join(packed))


def _open(actor: Actor, text: str, heads: dict[UUID, Head]) -> Positions:
    """The positions of a cursor; CursorReset where they lead nowhere any more."""
    content = read(actor, ROUTE, text)
    if len(content) % POSITION.size:
        raise CursorInvalid
    found = {UUID(bytes=pk): (epoch.hex(), number) for pk, epoch, number in POSITION.iter_unpack(content)}
    if set(found) != set(heads):
        raise CursorReset
    for pk, (epoch, number) in found.items():
        if epoch != heads[pk].epoch or number < heads[pk].floor:
            raise CursorReset
    return found


def published(heads: Iterable[Head]) -> list[dict[str, object]]:
    """Heads as partners keep them: what the log was at a moment."""
    return [{"organization": str(head.pk), "epoch": head.epoch, "seq": head.seq, "digest": bytes(head.digest).hex()} for head in heads]
