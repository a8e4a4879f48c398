"""One event to many sockets, ours and a stock Channels group send in the same run; and what a process weighs."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import websockets

from tests.servers import UVICORN, Site, free_port
from tests.systems import Partner

from .processes import cpu_of, memory_of

SOCKETS = int(os.environ.get("BENCH_SOCKETS", "500"))


@dataclass(frozen=True, slots=True)
class FanOut:
    """How one event reached its sockets: milliseconds from the ring, CPU of the server a frame, memory in megabytes."""

    first: float
    last: float
    cpu: float
    rest: float
    idle: float


async def fan_out(pid: int, connections: Sequence[Any], ring: Callable[[], Awaitable[Any]]) -> FanOut:
    """Open the sockets, ring once without and once with them, and see the frame arrive at each."""
    rest = memory_of(pid)
    await ring()  # what the first of its kind costs is not the fan-out's
    alone = await _cpu_of_ring(pid, ring)
    opened = [await connection for connection in connections]
    await asyncio.sleep(2)
    idle = memory_of(pid)
    before, begun = cpu_of(pid), time.monotonic()

    async def arrival(socket: Any) -> float:
        await asyncio.wait_for(socket.recv(), 30)
        return (time.monotonic() - begun) * 1000

    waiting = [asyncio.create_task(arrival(socket)) for socket in opened]
    await ring()
    arrivals = await asyncio.gather(*waiting)
    await asyncio.sleep(1)
    used = cpu_of(pid) - before - alone
    for socket in opened:
        await socket.close()
    return FanOut(min(arrivals), max(arrivals), max(used, 0) / len(opened) * 1000, rest, idle)


async def _cpu_of_ring(pid: int, ring: Callable[[], Awaitable[Any]]) -> float:
    """CPU seconds of a ring that nobody hears, over as long as the measured one."""
    before = cpu_of(pid)
    await ring()
    await asyncio.sleep(1)
    return cpu_of(pid) - before


async def ours(site: Site, port: int) -> FanOut:
    """Members of one organisation, each with a browser's socket, hear that a referral was sent to it."""
    site.manage("shell", "-v", "0", "-c", MEMBERS % SOCKETS)
    sessions = json.loads((site.folder / "sessions").read_text())
    quayside = Partner(port, site.partners["Quayside"])  # type: ignore[attr-defined]

    async def connect(key: str) -> Any:
        address, origin = f"ws://127.0.0.1:{port}/ws/feed/", f"http://127.0.0.1:{port}"
        socket = await websockets.connect(address, origin=origin, additional_headers={"Cookie": f"session={key}"})  # type: ignore[arg-type]
        await socket.recv()  # the greeting
        return socket

    def ring() -> Any:
        return asyncio.to_thread(quayside.send_to, site.partners["Harbour"], f"FAN-{time.monotonic_ns()}")  # type: ignore[attr-defined]

    return await fan_out(site.processes[port].pid, [connect(key) for key in sessions], ring)


async def stock(site: Site) -> FanOut:
    """The same frame by `group_send` to as many consumers, in a server of its own."""
    port = free_port()
    process = site._start(["-m", "uvicorn", "bench.stock:application", "--port", str(port), "--lifespan", "off", *UVICORN])  # noqa: SLF001
    site.processes[port] = process
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        for _ in range(200):
            try:
                await http.get("/healthz")
                break
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
        connections = [websockets.connect(f"ws://127.0.0.1:{port}/") for _ in range(SOCKETS)]
        return await fan_out(process.pid, connections, lambda: http.post("/ring"))


def worker_at_rest(site: Site) -> float:
    """Megabytes of a worker that has nothing to do."""
    process = site.start_worker()
    before, now = -1.0, 0.0
    while before < now:  # until it has loaded what it loads
        time.sleep(6)
        before, now = now, memory_of(process.pid)
    return now


def lines(site: Site, port: int) -> list[str]:
    """The section of the report."""
    mine, other, worker = asyncio.run(ours(site, port)), asyncio.run(stock(site)), worker_at_rest(site)
    return [
        f"## One event to {SOCKETS} sockets", "",
        "Ours is a browser's socket with its rights asked for each event; from the first of the four requests that send a referral. Stock is an",
        "`AsyncWebsocketConsumer` for each socket and one `group_send` over the in-memory layer, in a server of its own, from the request that rings.",
        "CPU a frame is what the ring cost the server with the sockets, less the same ring without them.", "",
        "| | first arrival, ms | last arrival, ms | first to last, ms | CPU ms a frame |", "|-|-|-|-|-|",
        *(f"| {name} | {f.first:.0f} | {f.last:.0f} | {f.last - f.first:.0f} | {f.cpu:.3f} |" for name, f in (("ours", mine), ("stock Channels group send", other))),
        "",
        f"Web process: {mine.rest:.0f} MB at rest, {mine.idle - mine.rest:.0f} MB more with {SOCKETS} idle sockets. Worker: {worker:.0f} MB at rest.", "",
    ]  # fmt: skip


MEMBERS = """
import json
from django.conf import settings
from django.contrib.auth import SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from network.accounts.models import User, Membership
from network.partners.models import Organization
from network.core.clock import now
row = Organization.objects.get(name="Harbour")
keys = []
for number in range(%d):
    user = User.objects.create(email=f"m{number}@bench.test", password="!", joined_at=now())
    Membership.objects.create(user=user, organization=row, role="caseworker", since=now())
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    keys.append(session.session_key)
(settings.VAR_DIR / "sessions").write_text(json.dumps(keys))
"""
