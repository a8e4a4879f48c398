"""What one update of a tie costs: microseconds of SQL inside an open transaction, on a table that is full."""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests import postgres
from tests.servers import Site

TIES = int(os.environ.get("BENCH_TIES", "20000"))
UPDATES = 5000
WORK = """
import json, random, time
from django.db import connection, transaction
from network.core.clock import now
from network.partners.models import Organization, TaxonomyTerm
from network.referrals import ties
from network.referrals.models import Tie, TieDay
from bench.ties import IN_THE_SERVER, Stopwatch

rows = [Organization(name=f"O{n}", created_at=now()) for n in range(400)]
Organization.objects.bulk_create(rows)
need = TaxonomyTerm.objects.filter(scheme="need").values_list("number", flat=True).first()
chosen, today = random.Random(1), now().date()
pairs = [(a.number, b.number) for a in rows for b in rows if a is not b]
keys = [(a, b, need) for a, b in chosen.sample(pairs, TIES)]
Tie.objects.bulk_create([Tie(sender_id=a, receiver_id=b, need_id=n, sent=1) for a, b, n in keys], batch_size=2000)
TieDay.objects.bulk_create([TieDay(sender_id=a, receiver_id=b, need_id=n, day=today, sent=1) for a, b, n in keys], batch_size=2000)
watch = Stopwatch()
with transaction.atomic(), connection.execute_wrapper(watch):
    for key in chosen.choices(keys, k=UPDATES):
        ties._add_to_ties({(key, today): {"sent": 1}}, today)
found = {"statement": watch.took}
if connection.vendor == "postgresql":
    with transaction.atomic(), connection.cursor() as cursor:
        found["trip"] = []
        for _ in range(UPDATES):
            begun = time.perf_counter()
            cursor.execute("SELECT 1")
            found["trip"].append((time.perf_counter() - begun) * 1e6)
        cursor.execute("CREATE TEMPORARY TABLE took (micros float) ON COMMIT DROP")
        cursor.execute(IN_THE_SERVER.replace("MANY", str(UPDATES)))
        cursor.execute("SELECT micros FROM took")
        found["server"] = [row[0] for row in cursor.fetchall()]
print("TOOK" + json.dumps(found))
"""
# The same update without the way to the server and back, planned once.
IN_THE_SERVER = """
DO $$ DECLARE tie record; begun timestamptz; BEGIN
    FOR tie IN SELECT sender_id, receiver_id, need_id FROM referrals_tie ORDER BY random() LIMIT MANY LOOP
        begun := clock_timestamp();
        UPDATE referrals_tie SET sent = sent + 1
            WHERE sender_id = tie.sender_id AND receiver_id = tie.receiver_id AND need_id = tie.need_id;
        INSERT INTO took VALUES (extract(epoch FROM clock_timestamp() - begun) * 1e6);
    END LOOP;
END $$
"""


class Stopwatch:
    """Times the statements on ties, of Django's cursor, without the building of SQL."""

    def __init__(self) -> None:
        self.took: list[float] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            if sql.startswith('UPDATE "referrals_tie" '):
                self.took.append((time.perf_counter() - begun) * 1e6)


def tie_updates() -> dict[str, dict[str, tuple[float, float]]]:
    """Median and 99th percentile in microseconds, by database: of Django's statement; on PostgreSQL of an empty trip and in the server too."""
    found = {}
    for vendor in ("sqlite", "postgresql") if postgres.binaries() else ("sqlite",):
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            more = {"DATABASE_URL": stack.enter_context(postgres.running())} if vendor == "postgresql" else {}
            site = Site(Path(folder), more, is_forked=False)
            try:
                site.manage("migrate", "-v", "0")
                script = WORK.replace("TIES", str(TIES)).replace("UPDATES", str(UPDATES))
                out = site.manage("shell", "-v", "0", "-c", script)
            finally:
                site.stop()
            took = json.loads(out[out.index("TOOK") + 4 :])
            found[vendor] = {what: (statistics.median(each), statistics.quantiles(each, n=100)[98]) for what, each in took.items()}
    return found


def said(found: dict[str, dict[str, tuple[float, float]]]) -> str:
    """The figures as sentences."""
    names = {"statement": "", "trip": ", of which an empty statement alone", "server": ", and in the server, planned once,"}
    each = [
        f"{vendor}:" + "".join(f"{names[what]} median {median:.0f} µs, p99 {last:.0f} µs" for what, (median, last) in took.items())
        for vendor, took in found.items()
    ]
    return "; ".join(each)
