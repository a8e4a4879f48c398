"""The one reader of the database: every column of the report by a single statement, so that they all show the same state.

A database hands over a column as one joined text, which numpy reads at once; no row becomes an object on the way. Ties, of which there
are most, lie there packed: all columns of all rows come as one block.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from network.core.clock import now
from network.partners.models import Organization
from network.referrals.models import READ

from .columns import Column, Raw, Table
from .figures import FIGURES, MODELLED_NEED, NO_TRAVEL, UNDETERMINED
from .gaps import Settings

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Query:
    """One table to hand over: its columns with their types, and the rows they come from."""

    columns: dict[str, str]  # name: i (int64) or f (float64)
    sql: str
    params: Sequence[object] = ()
    is_packed: bool = False  # the rows are of one column `packed`, which holds all of them

    @property
    def texts(self) -> int:
        return 1 if self.is_packed else len(self.columns)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What SQLite and PostgreSQL say differently."""

    joined: str  # a column as one text
    packed: str  # packed rows as one block
    day: str  # days since 1970 of a date or a time
    number: str  # a truth as a number

    def join(self, name: str) -> str:
        return self.joined.format(name)

    def days(self, expression: str) -> str:
        return self.day.format(expression)

    def flag(self, expression: str) -> str:
        return self.number.format(expression)


DIALECTS = {
    "sqlite": Dialect("group_concat({0})", "group_concat(packed, '')", "CAST(julianday({0}) - 2440587.5 AS integer)", "({0})"),
    "postgresql": Dialect(
        "string_agg(({0})::text, ',')", "string_agg(packed, ''::bytea)", "(CAST({0} AS date) - DATE '1970-01-01')", "CAST(({0}) AS integer)"
    ),
}


def load(settings: Settings, at: datetime | None = None) -> Raw:
    """Read the present state. One statement sees one state, so the revision belongs to the rows."""
    day = (at or now()).date()
    queries = queries_of(DIALECTS[connection.vendor], settings, day)
    sql, params = statement(DIALECTS[connection.vendor], queries)
    row = fetched(sql, params)
    texts = iter(row[1:])
    tables = {name: table(query, [next(texts) for _ in range(query.texts)]) for name, query in queries.items()}
    return Raw(int(row[0]), (day - EPOCH).days, tables)


def fetched(sql: str, params: list[Any]) -> Any:
    """The one row of the statement. PostgreSQL hands bytes over as bytes to a binary cursor alone, else as twice as many digits."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(sql, params)
            return cursor.fetchone()
        with transaction.atomic():
            cursor.execute(f"DECLARE report NO SCROLL BINARY CURSOR FOR {sql}", params)
            cursor.execute("FETCH report")
            row = cursor.fetchone()
            cursor.execute("CLOSE report")
            return row


def table(query: Query, texts: Sequence[Any]) -> Table:
    """The columns of a table from what the database handed over."""
    if query.is_packed:
        return Table(unpacked(texts[0], READ))
    return Table({column: parsed(text, kind) for (column, kind), text in zip(query.columns.items(), texts, strict=True)})


def unpacked(block: bytes | str | None, widths: Mapping[str, int]) -> dict[str, NDArray[np.int64]]:
    """The columns of packed rows, by name, each of so many bytes; ValueError where a row is not whole."""
    packed = block if isinstance(block, bytes) else bytes.fromhex(block or "")
    rows = np.frombuffer(packed, dtype=[(name, f">u{width}") for name, width in widths.items()])
    return {name: rows[name].astype(np.int64) for name in widths}


def parsed(text: str | None, kind: str) -> Column:
    """A joined text as numbers; nothing at all for an empty table."""
    if kind == "i":
        return np.fromstring(text or "", dtype=np.int64, sep=",")
    return np.fromstring(text or "", dtype=np.float64, sep=",")


def statement(dialect: Dialect, queries: dict[str, Query]) -> tuple[str, list[Any]]:
    """All tables in one SELECT: each becomes one row of texts. Who can be asked, and for what, is found once for all of them."""
    network, within = Organization.objects.on_the_network().filter(is_active=True).values("pk").query.sql_with_params()
    shared = (
        f"network (id) AS MATERIALIZED ({network}), active (id) AS MATERIALIZED (SELECT id FROM partners_service"
        " WHERE status = 'active' AND organization_id IN (SELECT id FROM network))"
    )
    params: list[Any] = [*within]
    parts: list[str] = []
    wanted: list[str] = []
    for name, query in queries.items():
        texts = {"packed": dialect.packed} if query.is_packed else {column: dialect.join(column) for column in query.columns}
        joined = ", ".join(f"{text} AS {name}_{column}" for column, text in texts.items())
        parts.append(f"(SELECT {joined} FROM ({query.sql}) q_{name}) t_{name}")
        wanted += [f"{name}_{column}" for column in texts]
        params += query.params
    revision = "(SELECT coalesce(sum(n), 0) FROM partners_revision)"
    return f"WITH {shared} SELECT {revision}, {', '.join(wanted)} FROM {' CROSS JOIN '.join(parts)}", params


def queries_of(dialect: Dialect, settings: Settings, day: date) -> dict[str, Query]:
    """Every table that a snapshot is made of. NULLs are named, for a joined text leaves them out."""
    since = day - timedelta(days=settings.window_days)
    half_year = day - timedelta(days=183)
    return {
        "organizations": _organizations(dialect, since),
        "ties": Query(dict.fromkeys(READ, "i"), "SELECT packed FROM referrals_tie", is_packed=True),
        "agreements": _agreements(dialect, day),
        "areas": Query(
            {"number": "i", "latitude": "f", "longitude": "f", "population": "i", "simulated": "i"},
            "SELECT number, coalesce(latitude, 999) AS latitude, coalesce(longitude, 999) AS longitude,"
            f" coalesce(population, -1) AS population, {dialect.flag('is_simulated')} AS simulated FROM partners_area",
        ),
        "figures": _figures(),
        "demand": Query(
            dict.fromkeys(("area", "need", "population", "asked", "placed", "rejected", "expired", "unmatched"), "i"),
            "SELECT coalesce(area_id, -1) AS area, need_id AS need, group_id AS population, sum(asked) AS asked, sum(placed) AS placed,"
            " sum(rejected) AS rejected, sum(expired) AS expired, sum(unmatched) AS unmatched"
            " FROM referrals_demandday WHERE day >= %s GROUP BY area_id, need_id, group_id",
            [since],
        ),
        **_services(dialect, day, half_year),
        "terms": Query(
            {"number": "i", "what": "i"},
            "SELECT number, CASE code WHEN %s THEN 0 WHEN %s THEN 1 ELSE 2 END AS what FROM partners_taxonomyterm"
            " WHERE (scheme = 'need' AND code = %s) OR (scheme = 'language' AND code IN (%s, 'en'))",
            [MODELLED_NEED, UNDETERMINED, MODELLED_NEED, UNDETERMINED],
        ),
    }


def _organizations(dialect: Dialect, since: date) -> Query:
    """Organisations on the network, with their first public location and how many people begin there."""
    sql = f"""
        SELECT o.number, coalesce(l.latitude, 999) AS latitude, coalesce(l.longitude, 999) AS longitude, coalesce(l.area, -1) AS area,
            {dialect.flag("o.is_victim_service")} AS confidential, {dialect.flag("o.is_convening")} AS convening,
            {dialect.days("o.created_at")} AS since, coalesce(e.people, 0) AS entries
        FROM partners_organization o
        LEFT JOIN (SELECT organization_id, min(latitude) AS latitude, min(longitude) AS longitude, min(area) AS area FROM (
            SELECT l.organization_id, l.latitude, l.longitude, a.number AS area,
                row_number() OVER (PARTITION BY l.organization_id ORDER BY l.id) AS place
            FROM partners_location l LEFT JOIN partners_area a ON a.id = l.area_id
            WHERE NOT l.is_confidential AND l.latitude IS NOT NULL) f WHERE place = 1 GROUP BY organization_id) l
            ON l.organization_id = o.id
        LEFT JOIN (SELECT sender_id, count(*) AS people FROM referrals_referral
            WHERE sent_at >= %s AND based_on_id IS NULL AND status <> 'entered-in-error' GROUP BY sender_id) e ON e.sender_id = o.id
        WHERE o.id IN (SELECT id FROM network)"""
    columns = {
        "number": "i", "latitude": "f", "longitude": "f", "area": "i", "confidential": "i", "convening": "i", "since": "i", "entries": "i",
    }  # fmt: skip
    return Query(columns, sql, [since])


def _agreements(dialect: Dialect, day: date) -> Query:
    """Agreements in force today, one row a need; -1: for every need."""
    sql = f"""
        SELECT f.number AS sender, t.number AS receiver, coalesce(n.number, -1) AS need, {dialect.days("a.since")} AS since
        FROM partners_agreement a
        JOIN partners_organization f ON f.id = a.from_organization_id AND f.is_active
        JOIN partners_organization t ON t.id = a.to_organization_id AND t.is_active
        LEFT JOIN partners_serviceterm s ON s.service_id = a.service_id
            AND s.term_id IN (SELECT id FROM partners_taxonomyterm WHERE scheme = 'need')
        LEFT JOIN partners_taxonomyterm n ON n.id = s.term_id
        WHERE a.since <= %s AND (a.until IS NULL OR a.until >= %s)"""
    return Query(dict.fromkeys(("sender", "receiver", "need", "since"), "i"), sql, [day, day])


def _figures() -> Query:
    """Figures of areas that the model reads, each by its number in FIGURES."""
    cases = " ".join(f"WHEN %s THEN {number}" for number in range(len(FIGURES)))
    listed = ", ".join(["%s"] * len(FIGURES))
    sql = f"""
        SELECT a.number AS area, CASE f.figure {cases} ELSE -1 END AS figure, f.value, coalesce(f.low, f.value) AS low,
            coalesce(f.high, f.value) AS high
        FROM partners_areafigure f JOIN partners_area a ON a.id = f.area_id WHERE f.figure IN ({listed})"""
    return Query({"area": "i", "figure": "i", "value": "f", "low": "f", "high": "f"}, sql, [*FIGURES, *FIGURES])


def _services(dialect: Dialect, day: date, half_year: date) -> dict[str, Query]:
    """Services of organisations that can be asked: where, for what, in which languages, and what their capacity is known from."""
    active = "SELECT id FROM active"
    listed = ", ".join(["%s"] * len(NO_TRAVEL))
    # Whole months of 487 / 16 days, by integers: a cast to one rounds on PostgreSQL and cuts off on SQLite.
    month = f"((%s - {dialect.days('f.accepted_at')}) * 16 / 487)"
    today = (day - EPOCH).days
    return {
        "services": Query(
            dict.fromkeys(("number", "organization", "by_agreement", "minimum_age", "maximum_age", "remote"), "i"),
            f"""
            SELECT s.number, o.number AS organization, {dialect.flag("s.by_agreement_only")} AS by_agreement,
                coalesce(s.minimum_age, -1) AS minimum_age, coalesce(s.maximum_age, -1) AS maximum_age,
                {dialect.flag("r.service_id IS NOT NULL")} AS remote
            FROM partners_service s JOIN partners_organization o ON o.id = s.organization_id
            LEFT JOIN (SELECT DISTINCT st.service_id FROM partners_serviceterm st JOIN partners_taxonomyterm t ON t.id = st.term_id
                WHERE t.scheme = 'access' AND t.code IN ({listed})) r ON r.service_id = s.id
            WHERE s.id IN ({active})""",
            NO_TRAVEL,
        ),
        "sites": Query(
            {"service": "i", "latitude": "f", "longitude": "f", "area": "i"},
            f"""
            SELECT s.number AS service, l.latitude, l.longitude, coalesce(a.number, -1) AS area
            FROM partners_serviceatlocation x JOIN partners_service s ON s.id = x.service_id
            JOIN partners_location l ON l.id = x.location_id LEFT JOIN partners_area a ON a.id = l.area_id
            WHERE NOT l.is_confidential AND l.latitude IS NOT NULL AND s.id IN ({active})""",
        ),
        "meets": Query(
            {"service": "i", "need": "i"},
            f"""
            SELECT s.number AS service, t.number AS need FROM partners_serviceterm x
            JOIN partners_service s ON s.id = x.service_id JOIN partners_taxonomyterm t ON t.id = x.term_id
            WHERE t.scheme = 'need' AND s.id IN ({active})""",
        ),
        "speaks": Query(
            {"service": "i", "language": "i"},
            f"""
            SELECT DISTINCT s.number AS service, t.number AS language FROM partners_language l
            JOIN partners_service s ON s.id = l.service_id JOIN partners_taxonomyterm t ON t.scheme = 'language' AND t.code = l.code
            WHERE s.id IN ({active})""",
        ),
        "stated": Query(
            {"service": "i", "places": "i", "as_of": "i"},
            f"""
            SELECT s.number AS service, c.available AS places, {dialect.days("c.as_of")} AS as_of FROM (
                SELECT service_id, available, as_of, row_number() OVER (PARTITION BY service_id ORDER BY as_of DESC, id) AS newest
                FROM partners_servicecapacity WHERE basis = 'stated') c
            JOIN partners_service s ON s.id = c.service_id WHERE c.newest = 1 AND s.id IN ({active})""",
        ),
        "months": Query(
            {"service": "i", "month": "i", "accepted": "i"},
            f"""
            SELECT s.number AS service, {month} AS month, count(*) AS accepted FROM referrals_offer f
            JOIN partners_service s ON s.id = f.service_id
            WHERE f.accepted_at >= %s AND f.status <> 'cancelled' AND s.id IN ({active}) GROUP BY 1, 2""",
            [today, half_year],
        ),
        "turned_away": Query(
            {"service": "i", "full_count": "i", "waiting": "i"},
            f"""
            SELECT s.number AS service, sum(CASE WHEN r.code = 'full' THEN 1 ELSE 0 END) AS full_count,
                sum(CASE WHEN f.status = 'accepted' AND NOT f.holds THEN 1 ELSE 0 END) AS waiting
            FROM referrals_offer f JOIN partners_service s ON s.id = f.service_id
            LEFT JOIN referrals_reasoncode r ON r.id = f.reason_id AND r.verb = 'reject'
            WHERE (f.ended_at >= %s OR f.status = 'accepted') AND s.id IN ({active}) GROUP BY 1""",
            [half_year],
        ),
    }
