"""One listener a process: reads the log of connected organisations and hands each socket its hints.

A bell says which organisation's log grew; besides, the heads of connected organisations are read every second, so that what
another process wrote arrives without Redis too. A hint that is lost costs nothing: the log is the truth.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from channels.layers import get_channel_layer
from django.db import close_old_connections

from network.accounts.credentials import Credential, actors_of
from network.core import feed, keepers
from network.core.actor import ANONYMOUS, Actor
from network.core.bell import GROUP
from network.core.clock import now
from network.core.kinds import KINDS, VISIBLE, Class
from network.core.logs import log
from network.core.models import Event, Head
from network.partners.crisis_lines import write_all
from network.referrals.models import Looking

from .tasks import keep_telling

QUEUE, PAGE = 64, 500
POLL, RECHECK, TELL, LINES = 1.0, 30.0, 3.0, 60.0
SOCKETS_A_USER, SOCKETS = 5, 5000
NOT_SIGNED_IN, CHANGED, SLOW_READER, OLD, TOO_MANY, OURS, RESTARTS = 4401, 4403, 4408, 4412, 4429, 1011, 1012
PRESENCE = "presence"
Result = TypeVar("Result")


@dataclass(eq=False, slots=True)
class Socket:
    """One open feed: who it is for, how many hints it was handed, and those that wait to be sent."""

    credential: Credential
    actor: Actor
    queue: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(QUEUE))
    count: int = 0
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    code: int = 0

    def hand(self, tail: str) -> None:
        """Queue a hint with this socket's own number; a reader that cannot keep up is let go and catches up by cursor."""
        self.count += 1
        try:
            self.queue.put_nowait(f'{{"seq":{self.count},{tail}')
        except asyncio.QueueFull:
            self.close(SLOW_READER)

    def close(self, code: int) -> None:
        if not self.closed.is_set():
            self.code = code
            self.closed.set()

    def control(self, kind: str, subject: str = "") -> str:
        """A frame that is no event: the number is the last one handed."""
        return json.dumps({"seq": self.count, "kind": kind, "subject": subject}, separators=(",", ":"))

    def tell(self, kind: str, subject: str) -> None:
        """Queue a frame that is no event and moves no cursor."""
        try:
            self.queue.put_nowait(self.control(kind, subject))
        except asyncio.QueueFull:
            self.close(SLOW_READER)


def encode_tail(event: Event) -> str:
    """The part of a frame that all its readers share: kind and subject."""
    return json.dumps({"kind": event.kind, "subject": event.subject}, separators=(",", ":"))[1:]


class Hub:
    """The sockets of this process and their place in each organisation's log."""

    def __init__(self) -> None:
        self.sockets: set[Socket] = set()
        self.positions: dict[UUID, int] = {}
        self.grown: set[UUID] = set()
        self.looking: set[Look] = set()
        self.doubted: set[Socket] = set()
        self.watched = 0.0
        self.wake = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []
        self.threads = ThreadPoolExecutor(2, thread_name_prefix="hub")
        # What writes has a thread of its own: on SQLite it may wait for another writer, and no hint may wait with it.
        self.chores = ThreadPoolExecutor(1, thread_name_prefix="chores")
        self.reading = asyncio.Lock()

    async def start(self) -> None:
        self.tasks = [asyncio.create_task(work()) for work in self._duties()]

    def _duties(self) -> tuple[Callable[[], Coroutine[Any, Any, None]], ...]:
        return (self._listen, self._poll, self._recheck, self._keep, self._keep_telling, self._keep_lines)

    async def stop(self) -> None:
        """Tell every socket that the server restarts, and end."""
        for socket in list(self.sockets):
            socket.close(RESTARTS)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for threads in (self.threads, self.chores):
            threads.shutdown(wait=False, cancel_futures=True)

    # -- sockets -------------------------------------------------------------------------------------------------------------

    async def admit(self, credential: Credential) -> Socket | int:
        """A registered socket, or the code with which it is refused."""
        actor = (await self.in_thread(actors_of, [credential]))[credential]
        if actor is ANONYMOUS or actor.id is None:
            return NOT_SIGNED_IN
        if len(self.sockets) >= SOCKETS or sum(socket.actor.id == actor.id for socket in self.sockets) >= SOCKETS_A_USER:
            return TOO_MANY
        socket = Socket(credential, actor)
        new = [pk for pk in actor.organizations if pk not in self.positions]
        self.sockets.add(socket)
        if new:
            async with self.reading:
                heads = await self.in_thread(_heads, new)
                for pk, seq in heads.items():
                    self.positions.setdefault(pk, seq)
            self.doubt([socket])  # its rights may have ended before the place in the log from which we read
        return socket

    def release(self, socket: Socket) -> None:
        self.sockets.discard(socket)
        wanted = self.connected()
        for pk in [pk for pk in self.positions if pk not in wanted]:
            del self.positions[pk]

    def connected(self) -> set[UUID]:
        return {pk for socket in self.sockets for pk in socket.actor.organizations}

    # -- the log -----------------------------------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        """Bells from this process and, with Redis, from others."""
        while True:
            with contextlib.suppress(Exception):
                layer = get_channel_layer()
                if layer is None:
                    return
                channel = await layer.new_channel()
                await layer.group_add(GROUP, channel)
                while True:
                    self._hear(await layer.receive(channel))
            await asyncio.sleep(1)

    def _hear(self, message: dict[str, Any]) -> None:
        if message.get("type") == "log.grew":
            self.grown.add(UUID(message["organization"]))
            self.wake.set()
        elif message.get("type") == "log.looked":
            self.watched = 0.0
            self.wake.set()
        elif message.get("type") == "log.revoke":
            self.doubt(socket for socket in self.sockets if str(socket.actor.id) == message["user"])

    async def _poll(self) -> None:
        """On a bell at once, and every second whatever was heard."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL):
                    await self.wake.wait()
            self.wake.clear()
            grown, self.grown = self.grown, set()
            if self.sockets:
                for work in (self.read(grown & self.connected() or self.connected()), self.settle(), self.watch()):
                    try:
                        await work
                    except Exception as error:  # noqa: BLE001 - the hub outlives any one failure: the next second reads again
                        log.warning("hub", error=type(error).__name__)

    async def read(self, organizations: Iterable[UUID]) -> None:
        """Hand over what each log holds beyond our position, in order and without a hole."""
        async with self.reading:
            heads = await self.in_thread(_heads, list(organizations))
            for pk, seq in heads.items():
                while self.positions.get(pk, seq) < seq:
                    audience = self._audience(pk)
                    rows, told = await self.in_thread(_read, pk, self.positions[pk], seq, list(audience))
                    self._hand_over(rows, told, audience)
                    if pk in self.positions:
                        self.positions[pk] = rows[-1].seq if rows else seq
                    if any(_ends_access(event) for event in rows):
                        self.doubt(socket for sockets in audience.values() for socket in sockets)

    async def watch(self) -> None:
        """Tell colleagues where somebody has begun to look at a referral, or has stopped: the difference from the last time.

        Once a second at most, or at once where a process says that somebody has come.
        """
        if monotonic() - self.watched < POLL:
            return
        self.watched = monotonic()
        found = await self.in_thread(_looks, list(self.connected()))
        changed = found ^ self.looking
        self.looking = found
        for organization in {look.organization for look in changed}:
            audience = self._audience(organization)
            referrals = {look.referral for look in changed if look.organization == organization}
            told = await self.in_thread(_may_see, referrals, list(audience))
            for actor, sockets in audience.items():
                for referral in told[actor]:
                    for socket in sockets:
                        socket.tell(PRESENCE, f"referral/{referral}")

    def _audience(self, organization: UUID) -> dict[Actor, list[Socket]]:
        """Sockets of an organisation by what they may see: visibility hangs on roles and scopes, so one of a kind is asked."""
        found: dict[Actor, list[Socket]] = defaultdict(list)
        for socket in self.sockets:
            if organization in socket.actor.organizations:
                found[_alike(socket.actor)].append(socket)
        return found

    def _hand_over(self, rows: Sequence[Event], told: dict[Actor, set[int]], audience: dict[Actor, list[Socket]]) -> None:
        for event in rows:
            kind = KINDS.get(event.kind)
            if kind is None or not kind.frame:
                continue
            tail = encode_tail(event)
            for actor, sockets in audience.items():
                if event.seq in told[actor]:
                    for socket in sockets:
                        socket.hand(tail)

    # -- rights ------------------------------------------------------------------------------------------------------------------

    def doubt(self, sockets: Iterable[Socket]) -> None:
        """Ask again who these are for, before this second is over."""
        self.doubted |= set(sockets)
        self.wake.set()

    async def settle(self) -> None:
        """Ask for those in doubt; where the answer fails they stay in doubt, and are asked for again in a second."""
        asked, self.doubted = self.doubted & self.sockets, set()
        sockets = list(asked)
        try:
            for start in range(0, len(sockets), PAGE):
                await self.authorize(sockets[start : start + PAGE])
        except Exception:
            self.doubted |= asked
            raise

    async def _recheck(self) -> None:
        while True:
            await asyncio.sleep(RECHECK)
            self.doubt(self.sockets)

    async def authorize(self, sockets: Sequence[Socket]) -> None:
        """Ask again who each socket is for: ended sign-ins close with 4401, changed rights with 4403."""
        actors = await self.in_thread(actors_of, [socket.credential for socket in sockets])
        for socket in sockets:
            actor = actors[socket.credential]
            if actor is ANONYMOUS:
                socket.close(NOT_SIGNED_IN)
            elif (actor.roles, actor.scopes) != (socket.actor.roles, socket.actor.scopes):
                socket.close(CHANGED)

    # -- chores ------------------------------------------------------------------------------------------------------------------

    async def _keep(self) -> None:
        """A web process starts the sweep of the clocks and the watch over the report again, should such a chain of tasks ever break."""
        await self._every(2 * RECHECK, "keepers", keepers.keep_all)

    async def _keep_telling(self) -> None:
        """What the logs hold of new is read by a task: nobody calls us about an event."""
        await self._every(TELL, "tell", keep_telling)

    async def _keep_lines(self) -> None:
        """The crisis page of this host is written at its start, and again soon after another host changed a line."""
        await self._every(LINES, "crisis lines", write_all)

    async def _every(self, seconds: float, name: str, work: Callable[[], object]) -> None:
        """What nobody waits for, again and again: it writes, and may have to wait for its turn."""
        while True:
            try:
                await asyncio.get_running_loop().run_in_executor(self.chores, _with_connection, work, (), {})
            except Exception as error:  # noqa: BLE001 - without a thread or a database there is nothing to do; asked again
                log.warning(name, error=type(error).__name__)
            await asyncio.sleep(seconds)

    async def in_thread(self, work: Callable[..., Result], *args: Any, **options: Any) -> Result:
        """Database work in the hub's own two threads, whose connections persist."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, _with_connection, work, args, options)


def _with_connection(work: Callable[..., Result], args: tuple[Any, ...], options: dict[str, Any]) -> Result:
    close_old_connections()
    try:
        return work(*args, **options)
    finally:
        close_old_connections()


def _alike(actor: Actor) -> Actor:
    """The actor without a name where its name decides nothing; a person's own claims are the one thing that it does."""
    return actor if not actor.casework and not actor.coordinates else Actor(
        kind=actor.kind, organization=actor.organization, roles=actor.roles, scopes=actor.scopes
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody of an organisation has a referral open."""

    organization: UUID
    referral: UUID
    user: UUID


def _looks(organizations: Sequence[UUID]) -> set[Look]:
    rows = Looking.objects.now(now()).filter(organization__in=organizations)
    return {Look(*row) for row in rows.values_list("organization", "referral", "user")}


def _may_see(referrals: set[UUID], actors: Sequence[Actor]) -> dict[Actor, set[UUID]]:
    """Of each kind of reader, which of the referrals it may see."""
    return {actor: VISIBLE["referral"](actor, referrals) for actor in actors}


def _heads(organizations: Sequence[UUID]) -> dict[UUID, int]:
    return dict(Head.objects.filter(pk__in=organizations).values_list("pk", "seq"))


def _read(organization: UUID, after: int, upto: int, actors: Sequence[Actor]) -> tuple[list[Event], dict[Actor, set[int]]]:
    """A page of rows, and for each kind of reader the numbers it may be told."""
    rows = list(Event.objects.filter(organization=organization, seq__gt=after, seq__lte=upto).order_by("seq")[:PAGE])
    return rows, {actor: {event.seq for event in feed.visible(rows, actor)} for actor in actors}


def _ends_access(event: Event) -> bool:
    kind = KINDS.get(event.kind)
    return kind is not None and kind.klass is Class.ACCESS


def monotonic() -> float:
    """The clock of intervals; a seam for tests."""
    return time.monotonic()


HUB = Hub()
