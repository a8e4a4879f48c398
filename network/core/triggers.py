"""The log's triggers: append-only, without holes, heads that never fall. One set for each database.

Migrations install them; tests that flush tables drop and reinstall them from here. Nothing that runs in production does.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

SIX_YEARS = "6 years"

SQLITE = {
    "core_event_no_update": """
        CREATE TRIGGER core_event_no_update BEFORE UPDATE ON core_event
        BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
    "core_event_no_delete": f"""
        CREATE TRIGGER core_event_no_delete BEFORE DELETE ON core_event
        WHEN OLD.at > datetime('now', '-{SIX_YEARS}')
          OR OLD.seq > (SELECT floor FROM core_head WHERE organization_id = OLD.organization_id)
        BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
    "core_event_follows": """
        CREATE TRIGGER core_event_follows BEFORE INSERT ON core_event
        WHEN NEW.seq <> 1 + coalesce(
            (SELECT max(seq) FROM core_event WHERE organization_id = NEW.organization_id),
            (SELECT floor FROM core_head WHERE organization_id = NEW.organization_id), -1)
        BEGIN SELECT RAISE(ABORT, 'events have no holes'); END""",
    "core_head_never_falls": """
        CREATE TRIGGER core_head_never_falls BEFORE UPDATE ON core_head
        WHEN NEW.seq < OLD.seq OR NEW.floor < OLD.floor
        BEGIN SELECT RAISE(ABORT, 'a head never falls'); END""",
    "core_head_no_delete": """
        CREATE TRIGGER core_head_no_delete BEFORE DELETE ON core_head
        BEGIN SELECT RAISE(ABORT, 'a head is never deleted'); END""",
}

# ORDER BY, not max(seq): without statistics, as in a transaction that fills the table, max is planned as a walk through all events of the
# organisation. coalesce(floor, -1): an organisation without a head gets no first event at all.
POSTGRESQL_FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION core_guard_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE last bigint;
BEGIN
  IF TG_OP = 'INSERT' THEN
    SELECT seq INTO last FROM core_event WHERE organization_id = NEW.organization_id ORDER BY seq DESC LIMIT 1;
    IF NOT FOUND THEN
      last := coalesce((SELECT floor FROM core_head WHERE organization_id = NEW.organization_id), -1);
    END IF;
    IF NEW.seq <> last + 1 THEN
      RAISE EXCEPTION 'events have no holes' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
  ELSIF TG_OP = 'DELETE' AND OLD.at <= now() - interval '{SIX_YEARS}'
    AND OLD.seq <= (SELECT floor FROM core_head WHERE organization_id = OLD.organization_id) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'events are append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE OR REPLACE FUNCTION core_guard_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW.seq >= OLD.seq AND NEW.floor >= OLD.floor THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION 'a head never falls' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE OR REPLACE FUNCTION core_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'events are append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""
POSTGRESQL = {
    "core_event_guard": (
        "core_event",
        "BEFORE INSERT OR UPDATE OR DELETE ON core_event FOR EACH ROW EXECUTE FUNCTION core_guard_event()",
    ),
    "core_event_no_truncate": ("core_event", "BEFORE TRUNCATE ON core_event EXECUTE FUNCTION core_refuse()"),
    "core_head_guard": (
        "core_head",
        "BEFORE UPDATE OR DELETE ON core_head FOR EACH ROW EXECUTE FUNCTION core_guard_head()",
    ),
    "core_head_no_truncate": ("core_head", "BEFORE TRUNCATE ON core_head EXECUTE FUNCTION core_refuse()"),
}


def install(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers of this database in place."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for statement in SQLITE.values():
                cursor.execute(statement)
            return
        define(connection)
        for name, (_, body) in POSTGRESQL.items():
            cursor.execute(f"CREATE TRIGGER {name} {body}")


def define(connection: BaseDatabaseWrapper) -> None:
    """Write the functions of PostgreSQL's triggers anew; those of SQLite hold their own text."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(POSTGRESQL_FUNCTIONS)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take them away: for a migration backwards, and for tests that must flush."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in SQLITE:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            return
        for name, (table, _) in POSTGRESQL.items():
            cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Triggers that should be there and are not; `/readyz` and the start of production ask."""
    catalogue, wanted = (
        ("SELECT name FROM sqlite_master WHERE type = 'trigger'", SQLITE)
        if connection.vendor == "sqlite"
        else ("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal", POSTGRESQL)
    )
    with connection.cursor() as cursor:
        cursor.execute(catalogue)
        present = {name for (name,) in cursor.fetchall()}
    return sorted(set(wanted) - present)
