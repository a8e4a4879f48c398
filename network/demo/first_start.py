"""The keys of a first start, made before the settings are read; nothing of Django is imported here."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

CURVE_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ROOT = Path(__file__).resolve().parent.parent.parent


def make_keys() -> None:
    """Write VAR_DIR/.env once: DEBUG on, a secret and a root key of this installation alone, readable by its owner."""
    folder = Path(os.environ.get("VAR_DIR", ROOT / "var"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / ".env"
    if not path.exists():
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        path.touch(mode=0o600)
        path.write_text(f"DEBUG=1\nSECRET_KEY={secrets.token_urlsafe(48)}\nFIELD_KEYS={key}\n")
    if "VAPID_KEY=" not in path.read_text():
        with path.open("a") as lines:
            lines.write(f"VAPID_KEY={_new_vapid_key()}\n")


def _new_vapid_key() -> str:
    """What signs web push: a number of 32 bytes below the order of the curve P-256, which all but one in four thousand million are."""
    while True:
        number = secrets.token_bytes(32)
        if 0 < int.from_bytes(number, "big") < CURVE_ORDER:
            return base64.urlsafe_b64encode(number).decode().rstrip("=")
