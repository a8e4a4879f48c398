"""The listener of a process, where the database is slow or away for a moment: no hint and no ended right waits for it."""

from __future__ import annotations

import asyncio
import threading
from uuid import uuid4

import pytest

from network.accounts.credentials import Credential
from network.core.actor import ANONYMOUS, Actor, ActorKind, Role
from network.notify import consumers, hub
from network.notify.hub import CHANGED, NOT_SIGNED_IN, Hub, Socket
from tests.systems import run_async

PK = uuid4()
WORKER = Actor(kind=ActorKind.PERSON, id=uuid4(), organization=PK, roles=frozenset({(PK, Role.CASEWORKER)}))
GONE = Actor(kind=ActorKind.PERSON, id=WORKER.id)
LOSES_ITS_ROLES, SIGNS_OUT = (GONE, CHANGED), (ANONYMOUS, NOT_SIGNED_IN)


class Rights:
    """Who every credential stands for, as the test says; `fails` so many times before it answers."""

    def __init__(self, actor):
        self.actor, self.fails, self.asked = actor, 0, 0

    def __call__(self, credentials):
        self.asked += 1
        if self.fails:
            self.fails -= 1
            raise OSError("the database is away")
        return dict.fromkeys(credentials, self.actor)


@pytest.fixture
def rights(monkeypatch):
    """A hub without a database: its reads answer at once, and its chores do nothing."""
    made = Rights(WORKER)
    monkeypatch.setattr(hub, "actors_of", made)
    monkeypatch.setattr(hub, "_heads", lambda organizations: dict.fromkeys(organizations, 0))
    monkeypatch.setattr(hub, "_looks", lambda organizations: set())
    monkeypatch.setattr(hub, "close_old_connections", lambda: None)
    for chore in ("keep_telling", "write_all"):
        monkeypatch.setattr(hub, chore, lambda: None)
    monkeypatch.setattr(hub.keepers, "keep_all", lambda: None)
    return made


def with_socket(then):
    """What `then` makes of a running hub and a socket that it let in."""

    async def work():
        listener = Hub()
        await listener.start()
        try:
            socket = await asyncio.wait_for(listener.admit(Credential(session="one")), 3)
            return await then(listener, socket)
        finally:
            await listener.stop()

    return run_async(work())


async def closed(socket, seconds=3):
    await asyncio.wait_for(socket.closed.wait(), seconds)
    return socket.code


@pytest.mark.parametrize(("actor", "code"), [LOSES_ITS_ROLES, SIGNS_OUT])
def test_a_revoked_user_is_let_go_at_once(rights, actor, code):
    async def revoke(listener, socket):
        await asyncio.sleep(0.1)
        rights.actor = actor
        listener._hear({"type": "log.revoke", "user": str(WORKER.id)})
        return await closed(socket, 0.9)

    assert with_socket(revoke) == code


def test_rights_that_could_not_be_asked_are_asked_again_a_second_later(rights):
    async def revoke(listener, socket):
        await asyncio.sleep(0.1)
        rights.actor, rights.fails = GONE, 2
        listener._hear({"type": "log.revoke", "user": str(WORKER.id)})
        return await closed(socket)

    assert with_socket(revoke) == CHANGED


def test_rights_that_ended_while_a_socket_was_let_in_end_it(rights, monkeypatch):
    """The end stands in the log before the place from which this socket reads, so no event will tell."""

    def heads(organizations):
        rights.actor = GONE
        return dict.fromkeys(organizations, 7)

    monkeypatch.setattr(hub, "_heads", heads)

    async def wait(listener, socket):
        return await closed(socket)

    assert with_socket(wait) == CHANGED


def test_a_chore_that_waits_for_the_database_holds_up_no_hint(rights, monkeypatch):
    """On SQLite what writes may wait for another writer, for many seconds."""
    free = threading.Event()
    for chore in ("keep_telling", "write_all"):
        monkeypatch.setattr(hub, chore, lambda: free.wait(9))
    monkeypatch.setattr(hub.keepers, "keep_all", lambda: free.wait(9))

    async def revoke(listener, socket):
        await asyncio.sleep(0.2)
        rights.actor = GONE
        listener._hear({"type": "log.revoke", "user": str(WORKER.id)})
        try:
            return await closed(socket)
        finally:
            free.set()

    assert with_socket(revoke) == CHANGED


def test_a_hint_that_comes_in_the_same_moment_keeps_no_socket_open():
    """The writer is stopped while it wakes for the hint: `asyncio.wait_for` of Python 3.11 would return the hint and forget the stop."""
    sent = []

    async def send(message):
        sent.append(message)

    async def work():
        socket = Socket(Credential(session="one"), WORKER)
        serving = asyncio.create_task(consumers._serve(socket, asyncio.Event().wait, send))
        await asyncio.sleep(0.05)
        socket.hand('"kind":"referral.accept","subject":"referral/1"}')
        socket.close(CHANGED)
        try:
            async with asyncio.timeout(2):
                await serving
        finally:
            serving.cancel()

    run_async(work())

    assert sent[-1] == {"type": "websocket.close", "code": CHANGED}


def test_one_read_that_fails_keeps_no_right_open(rights, monkeypatch):
    async def revoke(listener, socket):
        await asyncio.sleep(0.1)

        def heads(organizations):
            raise OSError("the database is away")

        monkeypatch.setattr(hub, "_heads", heads)
        rights.actor = GONE
        listener._hear({"type": "log.revoke", "user": str(WORKER.id)})
        return await closed(socket)

    assert with_socket(revoke) == CHANGED
