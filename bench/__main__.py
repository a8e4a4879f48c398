"""Writes docs/benchmarks.md: what requests, sockets and imports cost, as ratios to a reference of the same run."""

from __future__ import annotations

import contextlib
import csv
import os
import platform
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx

from bench import sockets
from bench.processes import cpu_of
from tests import postgres
from tests.servers import ROOT, Site
from tests.systems import Partner, found

from . import graph

REFERRALS = int(os.environ.get("BENCH_REFERRALS", "10000"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "4"))
CLIENTS = 4
FILL = """
from datetime import timedelta
from network.core.clock import now
from tests.filling import Filling
filling, at = Filling(), now()
for number in range(%d):
    filling.send("Quayside", "Harbour", at=at - timedelta(minutes=30 + number %% 600), code=f"B{number}", urgency="routine")
filling.write()
"""


@contextlib.contextmanager
def site_on(vendor: str, folder: Path) -> Iterator[tuple[Site, int]]:
    """A site with REFERRALS open referrals in one inbox, and its port."""
    with contextlib.ExitStack() as stack:
        more = {"DJANGO_SETTINGS_MODULE": "bench.settings", "SOCKET_RATE_FACTOR": "100000", "BENCH": "1"}
        if vendor == "postgresql":
            more["DATABASE_URL"] = stack.enter_context(postgres.running())
        site = Site(folder, more, is_forked=False)
        site.manage("migrate", "-v", "0")
        site.partners = found(site)  # type: ignore[attr-defined]
        site.manage("shell", "-v", "0", "-c", FILL % REFERRALS, seconds=900)
        try:
            yield site, site.start_web()
        finally:
            site.stop()


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


def imports() -> tuple[float, float]:
    """Seconds for the first and the second import of 11,375 rows."""
    columns = ["id", "name1", "name2", "street1", "city", "state", "zip", "phone", "website", "lat", "lon", "codes"]
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder) / "site", {"DEBUG": "0", "ALLOWED_HOSTS": "localhost"}, is_forked=False)
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
        _write(lines)
    with tempfile.TemporaryDirectory() as folder, site_on("sqlite", Path(folder)) as (site, port):
        lines += sockets.lines(site, port)
    _write(lines)
    first, second = imports()
    lines += [
        "## Import of 11,375 facilities",
        "",
        f"First run {first:.1f} s, second run, which changes nothing, {second:.1f} s, start-up included.",
        "",
    ]
    _write(lines)
    lines += graph.lines()
    _write(lines)
    sys.stdout.write("\n".join(lines))


def _write(lines: list[str]) -> None:
    """After each part, so that a later one that fails costs nothing of the others."""
    (ROOT / "docs" / "benchmarks.md").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
