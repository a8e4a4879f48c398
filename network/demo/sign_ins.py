"""The password of the demo sign-ins: random for each installation, kept in var/ beside its keys."""

from __future__ import annotations

import secrets
from pathlib import Path

from django.conf import settings


def demo_password() -> str:
    """The installation's own; made at the first call."""
    path = Path(settings.VAR_DIR) / "demo-password"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text("-".join(secrets.token_hex(3) for _ in range(3)))
    return path.read_text()
