"""What victim services may keep, refused by the database: a code name and nothing else (34 USC 12291(b)(2)).

A CHECK cannot read another table, so triggers tie `code_only` to the organisation's flag, and the sealed columns of a
safe contact to the person's.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

FLAGGED = "(SELECT is_victim_service FROM partners_organization WHERE id = NEW.organization_id)"
CODE_ONLY = "(SELECT code_only FROM people_person WHERE id = NEW.person_id)"

# name: (table, event, condition under which it refuses)
RULES = {
    "people_code_only_insert": ("people_person", "INSERT", f"{FLAGGED} AND NOT NEW.code_only"),
    "people_code_only_update": ("people_person", "UPDATE", f"{FLAGGED} AND NOT NEW.code_only"),
    "people_code_only_stays": ("people_person", "UPDATE", "OLD.code_only AND NOT NEW.code_only"),
    "people_flag_with_identities": (
        "partners_organization",
        "UPDATE",
        "NEW.is_victim_service AND EXISTS (SELECT 1 FROM people_person p WHERE p.organization_id = NEW.id AND NOT p.code_only)",
    ),
    "people_safe_contact_insert": (
        "people_safecontact", "INSERT", f"{CODE_ONLY} AND (NEW.safe_name IS NOT NULL OR NEW.note IS NOT NULL)",
    ),
    "people_safe_contact_update": (
        "people_safecontact", "UPDATE", f"{CODE_ONLY} AND (NEW.safe_name IS NOT NULL OR NEW.note IS NOT NULL)",
    ),
    "people_safe_channel_insert": ("people_safechannel", "INSERT", f"{CODE_ONLY} AND NEW.address IS NOT NULL"),
    "people_safe_channel_update": ("people_safechannel", "UPDATE", f"{CODE_ONLY} AND NEW.address IS NOT NULL"),
}  # fmt: skip
REASON = "this organisation keeps code names only"


def install(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers of this database in place."""
    with connection.cursor() as cursor:
        for name, (table, event, condition) in RULES.items():
            if connection.vendor == "sqlite":
                cursor.execute(
                    f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{REASON}'); END"
                )
                continue
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN"
                f" RAISE EXCEPTION '{REASON}' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
            )
            cursor.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def remove(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for name, (table, _, _) in RULES.items():
            on = "" if connection.vendor == "sqlite" else f" ON {table}"
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")
