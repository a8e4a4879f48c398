"""The start and the end of a web process: its loop carries the bells, its hub listens while it lives."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from network.core.bell import LOOP

from .hub import HUB

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Lifespan:
    """The ASGI lifespan protocol."""

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                LOOP.use(asyncio.get_running_loop())
                await HUB.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await HUB.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return
