"""Start the web process and the worker on this machine, with a demo region on the first start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from network.accounts.models import User
from network.demo.load import SIGN_INS
from network.demo.sign_ins import demo_password


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
        parser.add_argument("--no-demo", action="store_true", help="an empty network")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("This start is for one's own machine. docs/deploy.md says how to serve people.")
        port = options["port"]
        if _is_taken(port):
            raise CommandError(f"Port {port} is taken. Choose another: make run PORT=8001")
        call_command("migrate", verbosity=0)
        if not options["no_demo"]:
            call_command("load_demo", if_empty=True, stdout=self.stdout)
        self.say(port)
        stop = _Stop()
        processes = [subprocess.Popen(command, env=_environment(port)) for command in _commands(port)]  # noqa: S603 - our own
        try:
            while not stop.asked and all(process.poll() is None for process in processes):
                time.sleep(0.2)
        finally:
            _end(processes)

    def say(self, port: int) -> None:
        address = f"http://127.0.0.1:{port}/"
        self.stdout.write(f"\n  {address}        API {address}api/docs\n  Mail is written to {settings.EMAIL_FILE_PATH}\n")
        if User.objects.filter(is_demo=True).exists():
            self.stdout.write(f"  Sign in with the password {demo_password()} as")
            for email, organization, role, _ in SIGN_INS:
                self.stdout.write(f"    {email:34} {role.value} of {organization}")
        self.stdout.write("\n  Stop with Ctrl-C.\n")
        self.stdout.flush()


class _Stop:
    """Whether the process was asked to end."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.ask)

    def ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True


def _commands(port: int) -> list[list[str]]:
    web = ["-m", "uvicorn", "network.asgi:application", "--host", "127.0.0.1", "--port", str(port), *UVICORN]
    worker = ["manage.py", "db_worker", "--queue-name", "*", "--no-reload", "--no-startup-delay", "-v", "0"]
    return [[sys.executable, *web], [sys.executable, *worker]]


UVICORN = (
    "--log-level",
    "warning",
    "--no-access-log",
    "--ws-max-size",
    "4096",
    "--ws-per-message-deflate",
    "false",
    "--timeout-graceful-shutdown",
    "20",
    "--no-server-header",
)


def _environment(port: int) -> dict[str, str]:
    return {
        **os.environ,
        "SITE_URL": os.environ.get("SITE_URL", f"http://127.0.0.1:{port}"),
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
    }


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    """The first signal ends them in order; what does not end in time is killed."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        try:
            process.wait(25)
        except subprocess.TimeoutExpired:
            process.kill()
