"""Web processes forked from one that has loaded the product: a thousand kills could not wait for a thousand starts.

Run as a program with a site's environment, each line on its standard input is a port; a process forked from it serves there,
and its number is the answer. What is killed is a whole server all the same: its loop, threads and connections are its own.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Self

from tests.servers import ROOT, UVICORN, Site, free_port, wait_until_it_answers


class Forks:
    """The parent of a site's web processes; leaving the context ends it and what it has begun."""

    def __init__(self, site: Site) -> None:
        command = [sys.executable, "-m", "tests.faults.forks"]
        self.parent = subprocess.Popen(
            command, env=site.environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.begun: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in list(self.begun):
            self.kill(pid)
        self.parent.terminate()
        self.parent.wait(10)

    def start_web(self) -> tuple[int, int]:
        """The port and the process id of a web process that answers."""
        port = free_port()
        assert self.parent.stdin is not None
        assert self.parent.stdout is not None
        self.parent.stdin.write(f"{port}\n")
        self.parent.stdin.flush()
        pid = int(self.parent.stdout.readline())
        self.begun.add(pid)
        wait_until_it_answers(port)
        return port, pid

    def kill(self, pid: int) -> None:
        """SIGKILL, and wait until the process is no more."""
        self.begun.discard(pid)
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.005)
        raise AssertionError("the killed process is still there")


def main() -> None:
    """Fork a server for each port that is read."""
    import uvicorn

    import network.asgi  # noqa: F401 - loaded once, for all that are forked

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who was killed leaves nothing behind
    for line in iter(sys.stdin.readline, ""):
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            uvicorn.main.main(["network.asgi:application", "--port", line.strip(), *UVICORN])
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
