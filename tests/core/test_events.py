"""The log: gapless, chained, append-only; and what finds a forger."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from network.core import events, triggers
from network.core.actor import CLOCK
from network.core.events import Fact, canonical, chain, record
from network.core.models import Event, Head
from network.demo import region

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(db):
    return sorted((region.organization("One"), region.organization("Two")), key=lambda row: row.pk)


def fill(organizations, count=10):
    to = frozenset(row.pk for row in organizations)
    for _ in range(count):
        with transaction.atomic():
            record(Fact("organization.changed", f"organization/{uuid4()}", to), by=CLOCK)


def test_the_published_vector():
    row = canonical(
        UUID("6f1b1a52-3f0e-4b7e-9d0c-000000000001"), 1, UUID("6f1b1a52-3f0e-4b7e-9d0c-0000000000aa"), "referral.send",
        "referral/6f1b1a52-3f0e-4b7e-9d0c-0000000000bb", "user/6f1b1a52-3f0e-4b7e-9d0c-0000000000cc", datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip

    assert chain(bytes(32), row).hex() == "864004707c02b2e5d612c44cd2500137d57a61dd4f7851a6ca1c47c9d63e5cf3"


def test_numbers_run_without_a_hole_and_the_chain_holds(two):
    fill(two, 20)

    for row in two:
        assert list(Event.objects.filter(organization=row).order_by("seq").values_list("seq", flat=True)) == list(range(1, 21))
    assert events.verify() == []


def test_a_refused_transaction_leaves_no_event_and_no_hole(two):
    fill(two, 2)

    @transaction.atomic
    def refused():
        record(Fact("organization.changed", f"organization/{uuid4()}", frozenset({two[0].pk})), by=CLOCK)
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        refused()
    fill(two, 1)

    assert Event.objects.filter(organization=two[0]).count() == 3
    assert events.verify() == []


def test_a_kind_that_was_not_registered_is_refused(two):
    with pytest.raises(ValueError, match="unregistered"), transaction.atomic():
        record(Fact("referral.invented", f"referral/{uuid4()}", frozenset({two[0].pk})), by=CLOCK)


STATEMENTS = {
    "update": "UPDATE core_event SET kind = 'referral.accept'",
    "delete": "DELETE FROM core_event",
    "hole": "INSERT INTO core_event (organization_id, seq, fact, kind, subject, actor, at, previous, digest)"
    " SELECT organization_id, seq + 5, subject, kind, subject, actor, at, previous, digest FROM core_event WHERE seq = 3",
    "a head that falls": "UPDATE core_head SET seq = 1",
    "a head that goes": "DELETE FROM core_head",
}


@pytest.mark.parametrize("what", STATEMENTS)
def test_the_database_refuses(two, what):
    fill(two, 3)
    statement = STATEMENTS[what]
    if connection.vendor == "postgresql":
        statement = statement.replace("seq + 5, subject,", "seq + 5, gen_random_uuid(),")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert events.verify() == []


def test_insert_or_replace_is_no_way_around(two):
    if connection.vendor != "sqlite":
        pytest.skip("a statement of SQLite")
    fill(two, 3)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT OR REPLACE INTO core_event SELECT * FROM core_event WHERE seq = 2")


def rows_read():
    """Of the log, by this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'core_event'")
        return cursor.fetchone()[0]


def test_an_event_costs_the_same_however_many_there_are(two):
    """A table without statistics, as in a transaction that fills it, must not be read through for each new row."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN SELECT max(seq) FROM core_event WHERE organization_id = 'x'")
            assert "USING COVERING INDEX" in cursor.fetchone()[3]  # of which it reads the end
        return
    before = rows_read()
    fill(two, 150)

    assert rows_read() - before <= 2 * 150


COLUMNS = ("kind", "subject", "actor")


def test_each_of_two_hundred_forged_rows_is_named(two):
    fill(two, 30)
    dice = random.Random(7)
    triggers.remove(connection)
    missed = []
    for _ in range(200):
        row = dice.choice(list(Event.objects.all()))
        column = dice.choice(COLUMNS)
        text = getattr(row, column)
        place = dice.randrange(len(text))
        forged = text[:place] + chr(33 + (ord(text[place]) - 33 + dice.randrange(1, 90)) % 94) + text[place + 1 :]
        Event.objects.filter(pk=row.pk).update(**{column: forged})
        if (row.organization_id, row.seq) not in {(flaw.organization, flaw.seq) for flaw in events.verify()}:
            missed.append((row.seq, column))
        Event.objects.filter(pk=row.pk).update(**{column: text})
    triggers.install(connection)
    assert missed == []
    assert events.verify() == []


def test_a_tail_that_was_cut_is_found_against_the_published_head(two):
    from network.core.feed import published

    fill(two, 5)
    kept = published(Head.objects.all())
    triggers.remove(connection)
    last = Event.objects.get(organization=two[0], seq=4)
    Event.objects.filter(organization=two[0], seq=5).delete()
    Head.objects.filter(pk=two[0].pk).update(seq=4, digest=last.digest)
    triggers.install(connection)

    assert events.verify() == []
    assert [flaw.what for flaw in events.verify(published=kept)] == ["a published row is gone"]


def test_a_fact_that_two_organisations_tell_differently_is_found(two):
    fill(two, 2)
    triggers.remove(connection)
    row = Event.objects.get(organization=two[1], seq=2)
    digest = chain(row.previous, canonical(row.organization_id, 2, row.fact, "service.created", row.subject, row.actor, row.at))
    Event.objects.filter(pk=row.pk).update(kind="service.created", digest=digest)
    Head.objects.filter(pk=two[1].pk).update(digest=digest)
    triggers.install(connection)

    assert [flaw.what for flaw in events.verify()] == ["two organisations tell one fact differently"]
