"""The keys of a first start, made before the settings are read; nothing of Django is imported here."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def make_keys() -> None:
    """Write VAR_DIR/.env once: DEBUG on, a secret and a root key of this installation alone, readable by its owner."""
    folder = Path(os.environ.get("VAR_DIR", ROOT / "var"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / ".env"
    if path.exists():
        return
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    path.touch(mode=0o600)
    path.write_text(f"DEBUG=1\nSECRET_KEY={secrets.token_urlsafe(48)}\nFIELD_KEYS={key}\n")
