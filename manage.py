#!/usr/bin/env python
"""Django's command line. Keys that a first start made are read from var/, where the environment does not say otherwise."""

import os
import sys
from pathlib import Path


def read_keys() -> None:
    """Take NAME=value lines from VAR_DIR/.env; the environment wins."""
    path = Path(os.environ.get("VAR_DIR", Path(__file__).parent / "var")) / ".env"
    if path.is_file():
        for line in path.read_text().splitlines():
            name, sign, value = line.partition("=")
            if sign:
                os.environ.setdefault(name.strip(), value.strip())


def main() -> None:
    read_keys()
    if len(sys.argv) > 1 and sys.argv[1] == "run":
        from network.demo.first_start import make_keys

        make_keys()
        read_keys()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "network.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
