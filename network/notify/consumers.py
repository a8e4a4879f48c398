"""The feed: one way, hints only. Who may connect, how long, and with which code it ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache

from network.accounts.credentials import from_headers

from .hub import HUB, OLD, OURS, SLOW_READER, TOO_MANY, Socket, monotonic

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HEARTBEAT, STALLED, LIFE = 25.0, 10.0, 12 * 3600.0
INBOUND_A_SECOND = 10
OPENS_A_MINUTE = 20


async def feed(scope: Message, receive: Receive, send: Send) -> None:
    """The ASGI application of `/ws/feed/`."""
    if (await receive())["type"] != "websocket.connect":
        return
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    if not may_connect(headers):
        await send({"type": "websocket.close"})  # before acceptance: HTTP 403
        return
    await send({"type": "websocket.accept"})
    if not _opens_within_rate(scope):
        await send({"type": "websocket.close", "code": TOO_MANY})
        return
    cookies = {name: morsel.value for name, morsel in SimpleCookie(headers.get("cookie", "")).items()}
    try:
        admitted = await HUB.admit(from_headers(headers, cookies))
    except Exception:  # noqa: BLE001 - the database may be away; the client comes back
        await send({"type": "websocket.close", "code": OURS})
        return
    if isinstance(admitted, int):
        await send({"type": "websocket.close", "code": admitted})
        return
    try:
        await _serve(admitted, receive, send)
    finally:
        HUB.release(admitted)


def may_connect(headers: dict[str, str]) -> bool:
    """A browser must come from our own origin, or one that is trusted by name; a bearer token needs none."""
    if "authorization" in headers:
        return True
    origin = headers.get("origin", "")
    parts = urlsplit(origin)
    scheme = "https" if settings.HTTPS else "http"
    own = parts.scheme == scheme and bool(parts.netloc) and parts.netloc == headers.get("host", "")
    return (own and origin == f"{scheme}://{parts.netloc}") or origin in settings.CSRF_TRUSTED_ORIGINS


def _opens_within_rate(scope: Message) -> bool:
    address = (scope.get("client") or ("", 0))[0]
    key = f"rate|socket|{address}"
    with contextlib.suppress(Exception):
        cache.add(key, 0, 60)
        return bool(cache.incr(key) <= OPENS_A_MINUTE * settings.SOCKET_RATE_FACTOR)
    return True


async def _serve(socket: Socket, receive: Receive, send: Send) -> None:
    """Until somebody ends it: write hints, hear the client out, stop at the end of its life."""
    works = [_write(socket, send), _hear(socket, receive), _age(socket)]
    tasks = [asyncio.create_task(work) for work in works]
    await socket.closed.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if socket.code:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(STALLED):
                await send({"type": "websocket.close", "code": socket.code})


async def _write(socket: Socket, send: Send) -> None:
    """Hint by hint until it is cancelled. Never by `asyncio.wait_for`, which before Python 3.12 may forget that it was."""
    text = socket.control("hello")
    beat = monotonic() + HEARTBEAT
    while True:
        try:
            async with asyncio.timeout(STALLED):
                await send({"type": "websocket.send", "text": text})
        except Exception:  # noqa: BLE001 - stalled or gone: either way it catches up by cursor
            socket.close(SLOW_READER)
            return
        try:
            async with asyncio.timeout(max(beat - monotonic(), 0)):
                text = await socket.queue.get()
        except TimeoutError:
            text, beat = socket.control("heartbeat"), monotonic() + HEARTBEAT


async def _hear(socket: Socket, receive: Receive) -> None:
    """Nothing a client says matters, but too much of it does."""
    second, heard = monotonic(), 0
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            socket.close(0)
            return
        if monotonic() - second >= 1:
            second, heard = monotonic(), 0
        heard += 1
        if heard > INBOUND_A_SECOND:
            socket.close(TOO_MANY)
            return


async def _age(socket: Socket) -> None:
    await asyncio.sleep(LIFE)
    socket.close(OLD)
