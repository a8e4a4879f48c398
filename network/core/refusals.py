"""Why production would be unsafe to start, each reason by name. Web and worker ask; `manage.py` itself always starts."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection

from . import probes, triggers

SHORTEST_SECRET = 50
NEVER_BACKENDS = ("console", "filebased", "dummy", "locmem")


def reasons() -> list[str]:
    """Every reason why this installation must not serve people; empty where it may, and always while DEBUG is on."""
    if settings.DEBUG:
        return []
    found = [words for words, unsafe in UNSAFE.items() if _is(unsafe)]
    try:
        found += [words for words, unsafe in UNSAFE_DATABASE.items() if unsafe()]
    except DatabaseError:
        found.append("The database cannot be read: are DATABASE_URL and the migrations right?")
    return found


def refuse_if_unsafe() -> None:
    """End the process and name each reason."""
    if found := reasons():
        sys.stderr.write("Not started:\n" + "".join(f"  - {reason}\n" for reason in found))
        raise SystemExit(78)


def _is(unsafe: Callable[[], bool]) -> bool:
    try:
        return unsafe()
    except (ValueError, OSError):
        return True


def _weak_secret() -> bool:
    return len(settings.SECRET_KEY) < SHORTEST_SECRET or len(set(settings.SECRET_KEY)) < 10


def _weak_keys() -> bool:
    keys = [base64.b64decode(key, validate=True) for key in settings.FIELD_KEYS]
    return not keys or any(len(key) != 32 or len(set(key)) < 10 for key in keys)


def _checkpoints() -> bool:
    """Heads are kept so that whoever can rewrite the database cannot rewrite them as well: not beside it, not in var/."""
    folder: Path = settings.CHECKPOINT_DIR.resolve()
    beside = Path(connection.settings_dict["NAME"]).resolve().parent if connection.vendor == "sqlite" else None
    probe = folder / ".writable"
    probe.touch()
    probe.unlink()
    return (
        folder.is_relative_to((settings.BASE_DIR / "var").resolve())
        or folder.is_relative_to(settings.VAR_DIR.resolve())
        or folder == beside
    )


def _mail() -> bool:
    return any(name in settings.EMAIL_BACKEND for name in NEVER_BACKENDS)


def _demo() -> bool:
    return bool(apps.get_model("accounts", "User").objects.filter(is_demo=True).exists())


def _no_crisis_line() -> bool:
    known = set(apps.get_model("partners", "CrisisLine").objects.values_list("region", flat=True))
    return not known & set(settings.REGIONS)


def _weak_durability() -> bool:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous")
            return bool(cursor.fetchone()[0] < 2)
        cursor.execute(
            "SELECT count(*) FROM pg_settings WHERE name IN ('fsync','full_page_writes','synchronous_commit') AND setting = 'off'"
        )
        return bool(cursor.fetchone()[0])


def _too_mighty() -> bool:
    """On PostgreSQL the application's role must not be able to drop the log's triggers."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)"
            " OR (SELECT tableowner = current_user FROM pg_tables WHERE tablename = 'core_event')"
        )
        row = cursor.fetchone()
        return bool(row and row[0])


UNSAFE: dict[str, Callable[[], bool]] = {
    "SECRET_KEY is missing, short or too plain: at least 50 random characters.": _weak_secret,
    "FIELD_KEYS is missing or not 32 random bytes in base64.": _weak_keys,
    "ALLOWED_HOSTS is empty or allows every host.": lambda: not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS,
    "HTTPS is not 1: people's sign-ins would travel in the open.": lambda: not settings.HTTPS,
    "CHECKPOINT_DIR is unset, not writable, in var/ or beside the database.": _checkpoints,
    "EMAIL_BACKEND does not send mail: invitations would reach nobody.": _mail,
}
UNSAFE_DATABASE: dict[str, Callable[[], bool]] = {
    "Migrations are missing: run manage.py migrate.": lambda: not probes.migrated(),
    "The log's triggers are missing: run manage.py migrate.": lambda: bool(triggers.missing(connection)),
    "Demo accounts exist: their passwords were shown on a screen.": _demo,
    "There is no crisis line for any of REGIONS.": _no_crisis_line,
    "The database may lose acknowledged writes: synchronous, fsync or full_page_writes is off.": _weak_durability,
    "The database role owns the tables or bypasses row security: it could remove the log's triggers.": _too_mighty,
}
