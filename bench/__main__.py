"""Writes docs/benchmarks.md: what requests, sockets and imports cost, as ratios to a reference of the same run."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import json
import os
import platform
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import websockets

from tests import postgres
from tests.servers import ROOT, Site
from tests.systems import Partner, found

REFERRALS = int(os.environ.get("BENCH_REFERRALS", "10000"))
SOCKETS = int(os.environ.get("BENCH_SOCKETS", "500"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "4"))
CLIENTS = 4
TICK = os.sysconf("SC_CLK_TCK")
FILL = """
from network.core.actor import Actor, ActorKind, Role
from network.partners.models import Organization, Service
from network.referrals import actions
from network.referrals.actions import Decision, Draft, Said
from network.demo import region
from network.accounts.models import Membership
q, h = (Organization.objects.get(name=n) for n in ("Quayside", "Harbour"))
by = region.actor(Membership.objects.get(organization=q, role="caseworker").user)
service = Service.objects.get(organization=h)
import random
from django.core.cache import cache
from network.demo.history import Writer
from network.demo.stories import Candidate, Step, Story
from datetime import timedelta
from network.core.clock import now
worker = Membership.objects.get(organization=h, role="caseworker").user_id
place = region.place("Northside")
writer = Writer.make(random.Random(1), [q.pk, h.pk])
at = now()
for number in range(%d):
    begun = at - timedelta(minutes=30 + number %% 600)
    person = writer.person(organization=q.pk, author=by.id, at=begun, code_name=f"B{number}", name="Somebody", languages=[])
    c = Candidate(h.pk, service.pk, worker)
    writer.story(Story(begun, q.pk, by.id, person, "housing-support", "routine", place.pk, (), (c,), (Step(begun, "send", "sender", asks=c),)))
writer.flush()
"""


@contextlib.contextmanager
def site_on(vendor: str, folder: Path) -> Iterator[tuple[Site, int]]:
    """A site with REFERRALS open referrals in one inbox, and its port."""
    with contextlib.ExitStack() as stack:
        more = {"DJANGO_SETTINGS_MODULE": "bench.settings", "SOCKET_RATE_FACTOR": "100000", "BENCH": "1"}
        if vendor == "postgresql":
            more["DATABASE_URL"] = stack.enter_context(postgres.running())
        site = Site(folder, more)
        site.manage("migrate", "-v", "0")
        site.partners = found(site)  # type: ignore[attr-defined]
        site.manage("shell", "-v", "0", "-c", FILL % REFERRALS)
        try:
            yield site, site.start_web()
        finally:
            site.stop()


def cpu_of(pid: int) -> float:
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / TICK


def memory_of(pid: int) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def load(pid: int, ask: Callable[[int], httpx.Response]) -> tuple[float, float]:
    """Requests a second and CPU milliseconds a request, by CLIENTS threads for SECONDS."""
    counts = [0] * CLIENTS
    end = time.monotonic() + SECONDS

    def work(number: int) -> None:
        while time.monotonic() < end:
            answer = ask(number)
            if answer.status_code >= 400 and answer.status_code != 429:
                raise AssertionError(answer.text[:300])
            counts[number] += 1

    before, begun = cpu_of(pid), time.monotonic()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = max(sum(counts), 1)
    return total / (time.monotonic() - begun), (cpu_of(pid) - before) / total * 1000


def requests(vendor: str) -> list[tuple[str, float, float]]:
    with tempfile.TemporaryDirectory() as folder, site_on(vendor, Path(folder)) as (site, port):
        pid = site.processes[port].pid
        harbour = [Partner(port, site.partners["Harbour"]) for _ in range(CLIENTS)]  # type: ignore[attr-defined]
        quayside = [Partner(port, site.partners["Quayside"]) for _ in range(CLIENTS)]  # type: ignore[attr-defined]
        rows = [partner.get("referrals?box=inbox&limit=200") for partner in harbour[:1]][0]["results"]
        detail = rows[0]["id"]
        person = quayside[0].post("people", {"code_name": "BENCH"}).json()["id"]
        offers = iter([row["offers"][0]["id"] for row in rows])
        lock = threading.Lock()

        def accept(number: int) -> httpx.Response:
            with lock:
                offer = next(offers, None)
            return harbour[number].post(f"offers/{offer}/accept") if offer else harbour[number].http.get("/healthz")

        asks: dict[str, Callable[[int], httpx.Response]] = {
            "reference: one indexed query": lambda n: harbour[n].http.get("/bench/one"),
            "inbox, 50 of %d" % REFERRALS: lambda n: harbour[n].http.get("/api/v1/referrals?box=inbox"),
            "detail": lambda n: harbour[n].http.get(f"/api/v1/referrals/{detail}"),
            "directory search": lambda n: harbour[n].http.get("/api/v1/services?q=housing"),
            "create a draft": lambda n: quayside[n].post("referrals", {"person": person, "need": "housing-support"}),
            "accept (200 at most)": accept,
        }
        return [(name, *load(pid, ask)) for name, ask in asks.items()]


async def _fan_out(site: Site, port: int) -> dict[str, float]:
    """One event to SOCKETS sockets: first and last arrival, CPU a frame; and memory."""
    pid = site.processes[port].pid
    site.manage("shell", "-v", "0", "-c", MEMBERS % SOCKETS)
    sessions = json.loads((site.folder / "sessions").read_text())
    at_rest = memory_of(pid)
    origin = f"http://127.0.0.1:{port}"
    sockets = []
    for key in sessions:
        socket = await websockets.connect(f"ws://127.0.0.1:{port}/ws/feed/", origin=origin, additional_headers={"Cookie": f"session={key}"})
        await socket.recv()
        sockets.append(socket)
    idle = memory_of(pid)
    quayside = Partner(port, site.partners["Quayside"])  # type: ignore[attr-defined]
    before, begun = cpu_of(pid), time.monotonic()

    async def first(socket: Any) -> float:
        await asyncio.wait_for(socket.recv(), 30)
        return time.monotonic() - begun

    waiting = [asyncio.create_task(first(socket)) for socket in sockets]
    await asyncio.to_thread(quayside.send_to, site.partners["Harbour"], "FAN")  # type: ignore[attr-defined]
    arrivals = sorted(await asyncio.gather(*waiting))
    used = cpu_of(pid) - before
    for socket in sockets:
        await socket.close()
    return {
        "first": arrivals[0] * 1000,
        "middle": statistics.median(arrivals) * 1000,
        "last": arrivals[-1] * 1000,
        "cpu": used / len(sockets) * 1000,
        "rest": at_rest,
        "idle": idle,
    }


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


def imports() -> tuple[float, float]:
    """Seconds for the first and the second import of 11,375 rows."""
    columns = ["id", "name1", "name2", "street1", "city", "state", "zip", "phone", "website", "lat", "lon", "codes"]
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder) / "site", {"DEBUG": "0", "ALLOWED_HOSTS": "localhost"})
        site.manage("migrate", "-v", "0")
        path = Path(folder) / "rows.csv"
        with path.open("w", newline="") as lines:
            writer = csv.writer(lines)
            writer.writerow(columns)
            for n in range(11_375):
                writer.writerow(
                    [f"f{n}", f"Facility {n}", "", f"{n} Main", f"Town {n % 900}", "ID", "83000", "555", "", "43.5", "-116.2", "peer cm sp"]
                )
        seconds = []
        for _ in range(2):
            begun = time.monotonic()
            site.manage("import_directory", str(path), "--source", "bench")
            seconds.append(time.monotonic() - begun)
        return seconds[0], seconds[1]


def main() -> None:
    lines = [
        "# Benchmarks", "",
        f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()},"
        f" {CLIENTS} clients on the same machine. Figures of one machine: read the ratios.", "",
    ]  # fmt: skip
    for vendor in ("sqlite", "postgresql"):
        if vendor == "postgresql" and postgres.binaries() is None:
            lines += [f"## Requests, {vendor}", "", "not run: no PostgreSQL here", ""]
            continue
        rows = requests(vendor)
        base = rows[0]
        lines += [f"## Requests, {vendor}", "", "| request | a second | CPU ms each | CPU, ratio to the reference |", "|-|-|-|-|"]
        lines += [f"| {name} | {rate:.0f} | {cpu:.2f} | {cpu / base[2]:.1f} |" for name, rate, cpu in rows] + [""]
    with tempfile.TemporaryDirectory() as folder, site_on("sqlite", Path(folder)) as (site, port):
        fan = asyncio.run(_fan_out(site, port))
    lines += [
        f"## One event to {SOCKETS} sockets", "",
        f"From the first of the four requests that send a referral to the frame: first {fan['first']:.0f} ms, median {fan['middle']:.0f} ms, last"
        f" {fan['last']:.0f} ms. CPU of the web process, those requests included, {fan['cpu']:.2f} ms a socket.", "",
        "Against a stock Channels group send: not run.", "",
        f"Web process: {fan['rest']:.0f} MB at rest, {fan['idle'] - fan['rest']:.0f} MB more with {SOCKETS} idle sockets.", "",
    ]  # fmt: skip
    first, second = imports()
    lines += [
        "## Import of 11,375 facilities",
        "",
        f"First run {first:.1f} s, second run, which changes nothing, {second:.1f} s, start-up included.",
        "",
    ]
    (ROOT / "docs" / "benchmarks.md").write_text("\n".join(lines))
    sys.stdout.write("\n".join(lines))


if __name__ == "__main__":
    main()
