"""Rings when an organisation's log has grown: a hint to other processes, never waited for, lost without harm."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer

GROUP = "log"


class _Loop:
    """One event loop for the life of the process, so that the layer keeps its connection."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def use(self, loop: asyncio.AbstractEventLoop) -> None:
        """The web process lends its own."""
        self._loop = loop

    def get(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._loop.is_closed():
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="bell", daemon=True).start()
            return self._loop


LOOP = _Loop()
_waiting: set[UUID] = set()
_waiting_lock = threading.Lock()


def ring(organization: UUID) -> None:
    """Tell whoever listens that `organization` has news. Bells that have not left yet are one."""
    with _waiting_lock:
        if organization in _waiting:
            return
        _waiting.add(organization)
    _later(_send_ring(organization))


def looked(referral: UUID) -> None:
    """Tell every process that somebody has opened a referral; whoever may see it reads who."""
    _later(_send({"type": "log.looked", "referral": str(referral)}))


def revoke(user: UUID) -> None:
    """Tell every process that the sockets of `user` end."""
    _later(_send({"type": "log.revoke", "user": str(user)}))


def _later(work: Any) -> None:
    asyncio.run_coroutine_threadsafe(work, LOOP.get())


async def _send_ring(organization: UUID) -> None:
    with _waiting_lock:
        _waiting.discard(organization)
    await _send({"type": "log.grew", "organization": str(organization)})


async def _send(message: dict[str, str]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    # A dead layer must cost a write nothing: the heads are read every second besides.
    with contextlib.suppress(Exception):
        async with asyncio.timeout(2):
            await layer.group_send(GROUP, message)
