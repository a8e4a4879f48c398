"""Processes of the product, forked from one that has loaded it: loading is most of what a short process spends.

A fork is a process like any other, with settings, connections, loop and threads of its own, and is ended by its number. That
the processes begin from nothing as well is the matter of tests/core/test_processes.py.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired

ROOT = Path(__file__).resolve().parent.parent
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.loaded"])


class Forked:
    """`python command` in an environment: as much of `subprocess.Popen` as tests use. What it says goes to `out` and `err`."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], out: str = os.devnull, err: str = os.devnull) -> None:
        self.command = command
        self.process = CONTEXT.Process(target=become, args=(list(command), dict(environment), out, err), daemon=True)
        self.process.start()
        self.pid = self.process.pid

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self.process.join(timeout)
        if self.process.exitcode is None:
            raise TimeoutExpired(list(self.command), timeout or 0)
        return self.process.exitcode

    def terminate(self) -> None:
        self.process.terminate()

    def kill(self) -> None:
        self.process.kill()


def run(command: Sequence[str], environment: Mapping[str, str], seconds: float) -> CompletedProcess[str]:
    """Its end and what it said; TimeoutExpired, and it is killed, where it takes longer."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        err.touch()
        process = Forked(command, environment, str(out), str(err))
        try:
            code = process.wait(seconds)
        except TimeoutExpired:
            process.kill()
            process.wait(5)
            raise
        return CompletedProcess(list(command), code, out.read_text(), err.read_text())


def become(command: list[str], environment: dict[str, str], out: str, err: str) -> None:
    """In the fork: run the command as if this process had begun with it."""
    for number, path in ((1, out), (2, err)):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    forget_settings()
    if "BROKEN" in os.environ:
        from tests.faults.broken import MISTAKES

        MISTAKES[os.environ["BROKEN"]]()
    multiprocessing.current_process()._config["daemon"] = False  # it may have children, as it had without us
    if command[:2] == ["-m", "uvicorn"]:
        import uvicorn

        uvicorn.main.main(command[2:])
    elif command[0] == "-c":
        exec(command[1], {"__name__": "__main__"})
    else:
        import manage

        sys.argv = command
        manage.main()


def forget_settings() -> None:
    """Settings come from this environment, and nothing is left of what was made of those before."""
    from channels.layers import channel_layers
    from django.conf import settings
    from django.core.cache import caches
    from django.core.files.storage import storages
    from django.db import connections
    from django.utils.functional import empty
    from django_tasks import task_backends

    import network.settings

    importlib.reload(network.settings)
    settings._wrapped = empty
    for handler in (connections, caches, task_backends, storages):
        handler.__dict__.clear()
        handler.__init__()
    channel_layers.backends.clear()
