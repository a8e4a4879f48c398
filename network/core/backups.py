"""Two artefacts: the data without the keys of organisations and people, and those keys.

Whoever finds the first alone can read nobody; the second is kept for thirty days at most, so that a person whose key was
destroyed is unreadable in every older copy as well.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from .events import Flaw, verify
from .models import Head, random_epoch

KEY_TABLES = ("core_organizationkey", "people_personkey")
DATA, KEYS = "data", "keys"


class CannotBackUp(Exception):  # noqa: N818
    """Why not, in words for the operator."""


def backup(folder: Path) -> list[Path]:
    """Write both artefacts of one moment into an empty folder, readable by their owner alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise CannotBackUp("The folder is not empty.")
    paths = _backup_sqlite(folder) if connection.vendor == "sqlite" else _backup_postgresql(folder)
    for path in paths:
        path.chmod(0o600)
        _sync(path)
    return paths


def restore(folder: Path, published: list[dict[str, Any]]) -> list[Flaw]:
    """Put both artefacts into an empty database, check the log, and begin a new epoch: cursors from before lead nowhere."""
    if connection.vendor == "sqlite":
        _restore_sqlite(folder)
    else:
        _restore_postgresql(folder)
    flaws = verify(published=published)
    for pk in Head.objects.values_list("pk", flat=True):
        Head.objects.filter(pk=pk).update(epoch=random_epoch())
    return flaws


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# -- SQLite ------------------------------------------------------------------------------------------------------------------


def _backup_sqlite(folder: Path) -> list[Path]:
    data, keys = folder / f"{DATA}.sqlite3", folder / f"{KEYS}.sqlite3"
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(data)])  # a consistent copy while others write
    link = sqlite3.connect(data)
    try:
        link.execute("ATTACH DATABASE ? AS keys", (str(keys),))
        for table in KEY_TABLES:
            link.execute(f"CREATE TABLE keys.{table} AS SELECT * FROM main.{table}")  # noqa: S608 - a constant of ours
            link.execute(f"DELETE FROM main.{table}")  # noqa: S608
        link.commit()
        link.execute("DETACH DATABASE keys")
        link.execute("VACUUM")  # else the deleted bytes stay in the file
    finally:
        link.close()
    return [data, keys]


def _restore_sqlite(folder: Path) -> None:
    target = Path(settings.DATABASES["default"]["NAME"])
    data, keys = folder / f"{DATA}.sqlite3", folder / f"{KEYS}.sqlite3"
    if not data.is_file() or not keys.is_file():
        raise CannotBackUp("The folder must hold data.sqlite3 and keys.sqlite3.")
    if target.exists() and target.stat().st_size:
        raise CannotBackUp("There is a database already. Restore into an empty place.")
    connection.close()
    shutil.copyfile(data, target)
    target.chmod(0o600)
    link = sqlite3.connect(target)
    try:
        link.execute("ATTACH DATABASE ? AS keys", (str(keys),))
        for table in KEY_TABLES:
            link.execute(f"INSERT INTO main.{table} SELECT * FROM keys.{table}")  # noqa: S608
        link.commit()
    finally:
        link.close()


# -- PostgreSQL --------------------------------------------------------------------------------------------------------------


def _backup_postgresql(folder: Path) -> list[Path]:
    data, keys = folder / f"{DATA}.dump", folder / f"{KEYS}.dump"
    with connection.cursor() as cursor:
        # Both dumps see one moment: the transaction that exports it stays open meanwhile.
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
            common = ["-Fc", "--no-owner", f"--snapshot={snapshot}"]
            _run("pg_dump", *common, *(f"--exclude-table-data={table}" for table in KEY_TABLES), "-f", str(data))
            _run("pg_dump", *common, "--data-only", *(f"--table={table}" for table in KEY_TABLES), "-f", str(keys))
        finally:
            cursor.execute("ROLLBACK")
    return [data, keys]


def _restore_postgresql(folder: Path) -> None:
    data, keys = folder / f"{DATA}.dump", folder / f"{KEYS}.dump"
    if not data.is_file() or not keys.is_file():
        raise CannotBackUp("The folder must hold data.dump and keys.dump.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        if cursor.fetchone()[0]:
            raise CannotBackUp("There are tables already. Restore into an empty database.")
    name = settings.DATABASES["default"]["NAME"]
    for path in (data, keys):
        _run("pg_restore", "--no-owner", "--exit-on-error", "-d", name, str(path))


def _run(program: str, *arguments: str) -> None:
    """One of PostgreSQL's own tools, found on PATH, with the connection of the settings; no word on the command line."""
    options = settings.DATABASES["default"]
    environment = {
        **os.environ, "PGHOST": options["HOST"], "PGPORT": options["PORT"], "PGUSER": options["USER"], "PGPASSWORD": options["PASSWORD"],
        "PGDATABASE": options["NAME"],
    }  # fmt: skip
    found = shutil.which(program)
    if found is None:
        raise CannotBackUp(f"{program} is not on PATH. Install PostgreSQL's client programs.")
    done = subprocess.run([found, *arguments], env=environment, capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        raise CannotBackUp(f"{program} ended with {done.returncode}.")
