"""Real servers for tests: web processes and a worker on loopback, in a folder of their own, stopped by process id."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests import forked, migrated
from tests.forked import ROOT, Forked

UVICORN = [
    "--log-level", "warning", "--no-access-log", "--ws-max-size", "4096", "--ws-per-message-deflate", "false",
    "--timeout-graceful-shutdown", "5",
]  # fmt: skip
WORKER = ["--queue-name", "*", "--no-reload", "--no-startup-delay", "-v", "0", "--interval", "0.2"]
Process = subprocess.Popen[bytes] | Forked


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_it_answers(port: int, is_alive: Callable[[], bool] = lambda: True) -> None:
    """Until the web process at `port` is ready."""
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=1).status_code == 200:
                return
        assert is_alive(), "the web process ended at its start"
        time.sleep(0.02)
    raise AssertionError("the web process does not answer")


@dataclass
class Site:
    """One installation: its folder, its environment, and the processes that serve it."""

    folder: Path
    more: dict[str, str] = field(default_factory=dict)
    is_forked: bool = True  # from a process that has loaded the product; False: as an operator starts them
    processes: dict[int, Process] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.environment = {
            **{k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}},
            "DEBUG": "1", "VAR_DIR": str(self.folder), "SECRET_KEY": secrets.token_hex(30), "LOG_LEVEL": "ERROR",
            "FIELD_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(), "SOCKET_RATE_FACTOR": "1000", **self.more,
        }  # fmt: skip

    def manage(self, *arguments: str, seconds: float = 180) -> str:
        """What `manage.py` prints; AssertionError with its last words where it fails."""
        command = ["manage.py", *arguments]
        if self.is_forked:
            done = forked.run(command, self.environment, seconds)
        else:
            begun = {"env": self.environment, "cwd": ROOT, "timeout": seconds}
            done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False, **begun)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def migrate(self) -> None:
        """The tables of SQLite, copied, for a migration of all takes as long as many a test; a PostgreSQL of `tests.postgres` has them."""
        if "DATABASE_URL" not in self.environment:
            migrated.copy_to(self.folder / "network.sqlite3")

    def start_web(self, port: int | None = None) -> int:
        """A web process that answers; its port."""
        port = port or free_port()
        process = self._start(["-m", "uvicorn", "network.asgi:application", "--port", str(port), *UVICORN])
        try:
            wait_until_it_answers(port, lambda: process.poll() is None)
        except AssertionError:
            process.kill()
            raise
        self.processes[port] = process
        return port

    def start_worker(self) -> Process:
        process = self._start(["manage.py", "db_worker", *WORKER])
        self.processes[-process.pid] = process
        return process

    def _start(self, command: list[str]) -> Process:
        if self.is_forked:
            return Forked(command, self.environment)
        command = [sys.executable, *command]
        return subprocess.Popen(command, env=self.environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self, port: int) -> None:
        """SIGKILL, and wait until the process is no more."""
        process = self.processes.pop(port)
        process.kill()
        process.wait(10)

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(8)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        self.processes.clear()
