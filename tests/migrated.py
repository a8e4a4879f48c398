"""A migrated database, made once and copied: every site and every run of the tests begins with the same tables."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What decides the tables: our migrations, the reference data that they load, and the versions of the others' migrations.
MADE_OF = (
    "network/*/migrations/*.py", "network/**/*.csv", "network/*/triggers.py", "network/referrals/reasons.py",
    "network/referrals/outcome_codes.py", "requirements.txt",
)  # fmt: skip


def digest(more: str = "") -> str:
    """What the tables depend on, and `more`, as the name of a folder."""
    found = hashlib.blake2b(more.encode(), digest_size=8)
    for path in sorted(path for pattern in MADE_OF for path in ROOT.glob(pattern)):
        found.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return found.hexdigest()


def template() -> Path:
    """The file, made by the first who asks; others wait for it."""
    folder = Path(tempfile.gettempdir()) / f"network-migrated-{os.getuid()}-{digest()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    made = folder / "network.sqlite3"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            _make(folder / "making", made)
    return made


def _make(folder: Path, made: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    migrate(folder)
    link = sqlite3.connect(folder / "network.sqlite3")
    link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    link.execute("PRAGMA journal_mode=DELETE")
    link.close()
    (folder / "network.sqlite3").replace(made)


def migrate(folder: Path, **more: str) -> None:
    """Run every migration, with `folder` for all that an installation keeps in files."""
    folder.mkdir(exist_ok=True)
    own = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    environment = {**own, "DJANGO_SETTINGS_MODULE": "network.settings", "VAR_DIR": str(folder), "DEBUG": "1", **more}
    command = [sys.executable, "manage.py", "migrate", "-v", "0"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def copy_to(path: Path) -> None:
    """A database of one's own at `path`."""
    shutil.copyfile(template(), path)
