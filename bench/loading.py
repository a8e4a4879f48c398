"""Reading ties from SQL into columns, against building networkx from the same table; and what one update of a tie costs."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests import postgres
from tests.servers import Site

from . import ties

ORGANIZATIONS = int(os.environ.get("BENCH_LOAD", "100000"))
RUNS = 7
SECONDS = 1_500
WORK = """
import gc, json, statistics, time
import networkx as nx
import numpy as np
from django.db import connection
from bench.generator import generate
from network.accounts.models import Membership, User
from network.core.clock import now
from network.graph import load
from network.graph.gaps import Settings
from network.referrals.models import READ
from network.partners.models import Organization, TaxonomyTerm

read = list(READ)
made, at = generate(ORGANIZATIONS, quiet=True), now()
need = TaxonomyTerm.objects.filter(scheme="need").values_list("number", flat=True).first()
user = User.objects.create(email="bench@example.org", password="!", joined_at=at)
rows = [Organization(name=f"O{n}", number=n, created_at=at) for n in made.org_id.tolist()]
Organization.objects.bulk_create(rows, batch_size=2000)
Membership.objects.bulk_create([Membership(user=user, organization=row, role="caseworker", since=at) for row in rows], batch_size=2000)
del rows
counts = [getattr(made, f"tie_{name}") for name in read[3:]]
answered = made.tie_accepted + made.tie_declined
days = [answered if bucket == 2 else np.zeros_like(answered) for bucket in range(8)]  # in the table, and read by nobody here
ends = [made.org_id[made.tie_from], made.org_id[made.tie_to], np.full(len(made.tie_from), need)]
table = zip(*(column.tolist() for column in (*ends, *counts, *days)), strict=True)
names = ["sender_id", "receiver_id", "need_id", *read[3:]]
listed = ", ".join(names)
filled = [*names, *(f"days_{bucket}" for bucket in range(8))]
columns = ", ".join(filled)
with connection.cursor() as cursor:
    if connection.vendor == "postgresql":
        with cursor.copy(f"COPY referrals_tie ({columns}) FROM STDIN") as copy:
            for row in table:
                copy.write_row(row)
    else:
        cursor.executemany(f"INSERT INTO referrals_tie ({columns}) VALUES ({', '.join(['%s'] * len(filled))})", list(table))
    cursor.execute("ANALYZE")
del table, ends, counts, days

def rows_of(columns):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM referrals_tie")
        return cursor.fetchall()

def networkx_of_all():
    graph = nx.DiGraph()
    graph.add_edges_from((row[0], row[1], dict(zip(names[2:], row[2:]))) for row in rows_of(listed))
    return graph.number_of_edges()

def networkx_of_ends():
    graph = nx.DiGraph()
    graph.add_edges_from(rows_of("sender_id, receiver_id"))
    return graph.number_of_edges()

def ours_of_ties():
    dialect = load.DIALECTS[connection.vendor]
    query = load.queries_of(dialect, Settings(), at.date())["ties"]
    sql, params = load.statement(dialect, {"ties": query})
    return len(load.table(query, load.fetched(sql, params)[1:]))

def ours_of_everything():
    return len(load.load(Settings())["ties"])

works = (ours_of_ties, ours_of_everything, networkx_of_all, networkx_of_ends)
took = {work.__name__: [] for work in works}
for _ in range(RUNS):  # in turn, since a machine is not as fast in one minute as in the next
    for work in works:
        gc.collect()
        begun = time.perf_counter()
        if work() != len(made.tie_from):
            raise AssertionError(work.__name__)
        took[work.__name__].append(time.perf_counter() - begun)
print("TOOK" + json.dumps({"ties": len(made.tie_from), **{name: statistics.median(each) for name, each in took.items()}}))
"""


def loads() -> dict[str, dict[str, float] | None]:
    """Seconds by the clock, as a server works beside us, medians of seven, by database; None where there is none."""
    found: dict[str, dict[str, float] | None] = {}
    for vendor in ("sqlite", "postgresql"):
        if vendor == "postgresql" and postgres.binaries() is None:
            found[vendor] = None
            continue
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            more = {"DATABASE_URL": stack.enter_context(postgres.running())} if vendor == "postgresql" else {}
            site = Site(Path(folder), more, is_forked=False)
            site.manage("migrate", "-v", "0")
            script = WORK.replace("ORGANIZATIONS", str(ORGANIZATIONS)).replace("RUNS", str(RUNS))
            out = site.manage("shell", "-v", "0", "-c", script, seconds=SECONDS)
            found[vendor] = json.loads(out[out.index("TOOK") + 4 :])
    return found


def lines() -> list[str]:
    found = loads()
    count = next(each["ties"] for each in found.values() if each)
    written = [
        "### Loading from SQL", "",
        f"{ORGANIZATIONS:,} organisations, {count:,.0f} ties. Ours reads the ten columns of every tie by one statement; \"everything\" is the"
        " whole statement of a report, organisations included. networkx is built from the same table by `fetchall`: with all counts as"
        " attributes, and, less than ours, with the two ends alone. Seconds by the clock, medians of seven runs in turn. Goal: at most 1/8.", "",
        "| database | ours, ties | ours, everything | networkx, all counts | ours / it | networkx, ends alone | ours / it |",
        "|-|-|-|-|-|-|-|",
    ]  # fmt: skip
    for vendor, took in found.items():
        if took is None:
            written.append(f"| {vendor} | not run | | | | | |")
            continue
        mine, whole, bare = took["ours_of_ties"], took["networkx_of_all"], took["networkx_of_ends"]
        written.append(
            f"| {vendor} | {mine:.2f} | {took['ours_of_everything']:.2f} | {whole:.2f} | 1/{whole / mine:.1f} | {bare:.2f} | 1/{bare / mine:.1f} |"
        )
    return [
        *written, "",
        "### One update of a tie", "",
        f"One statement in an open transaction, on {ties.TIES:,} ties, Django's cursor included: {ties.said(ties.tie_updates())}. Goal: p99 below 100 µs.", "",
    ]  # fmt: skip
