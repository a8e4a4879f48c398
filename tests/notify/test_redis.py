"""With Redis a hint crosses processes at once; without it, or when it dies or forgets, a second later; a write never waits for it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import time

import pytest
import websockets

from tests.servers import Site, free_port
from tests.systems import Partner, found, run_async

pytestmark = [pytest.mark.faults, pytest.mark.redis, pytest.mark.xdist_group("servers"), pytest.mark.timeout(180)]


class Redis:
    """A server without persistence on a free loopback port."""

    def __init__(self):
        self.port = free_port()
        self.start()

    def start(self):
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.5)

    def stop(self):
        self.process.kill()
        self.process.wait(5)


@pytest.fixture
def redis():
    if shutil.which("redis-server") is None:
        if os.environ.get("REQUIRE_ALL"):
            pytest.fail("redis-server is missing")
        pytest.skip("needs redis-server")
    made = Redis()
    yield made
    made.stop()


def test_hints_by_redis_and_without(redis, tmp_path):
    site = Site(tmp_path, {"REDIS_URL": f"redis://127.0.0.1:{redis.port}/0"})
    site.migrate()
    partners = found(site)
    try:
        here, there = site.start_web(), site.start_web()
        quayside, harbour = Partner(there, partners["Quayside"]), Partner(here, partners["Harbour"])

        async def watch():
            address = f"ws://127.0.0.1:{here}/ws/feed/"
            async with websockets.connect(address, additional_headers={"Authorization": f"Bearer {harbour.token}"}) as socket:
                await socket.recv()
                cursor = harbour.get("events?after=now")["next"]
                await asyncio.sleep(11)  # an idle subscription must not die of a socket timeout
                waits = [await wait_for_hint(socket, "idle")]
                redis.stop()
                waits.append(await wait_for_hint(socket, "dead"))
                redis.start()  # back, and it knows nothing of anybody
                await asyncio.sleep(2)
                waits.append(await wait_for_hint(socket, "flushed"))
                return waits, cursor

        async def wait_for_hint(socket, code):
            begun = time.monotonic()
            sent = await asyncio.to_thread(quayside.send_to, partners["Harbour"], code)
            written = time.monotonic() - begun
            assert written < 3, written  # four writes, none of which waited for Redis
            async with asyncio.timeout(6):
                while True:
                    frame = json.loads(await socket.recv())
                    if frame["subject"] == f"offer/{sent['offers'][0]['id']}":
                        return time.monotonic() - begun - written

        waits, cursor = run_async(watch())
        told = {event["subject"] for event in harbour.get(f"events?after={cursor}")["events"]}
        asked = {f"offer/{offer['id']}" for offer in harbour.get("offers")["results"]}
        assert told == asked
        assert waits[0] < 0.5
        assert max(waits) < 3
    finally:
        site.stop()
