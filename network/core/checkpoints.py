"""Heads of the log, kept on another disk or host, one line each."""

from __future__ import annotations

import json
import os
from pathlib import Path

from django.conf import settings

from .clock import now
from .feed import published
from .models import Head


def publish() -> tuple[Path, int]:
    """Append all heads, synced to the disk before it returns; the file and how many."""
    folder: Path = settings.CHECKPOINT_DIR
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "heads.jsonl"
    rows = published(Head.objects.order_by("pk"))
    at = now().isoformat()
    with path.open("a", encoding="ascii") as lines:
        lines.writelines(json.dumps({**row, "at": at}) + "\n" for row in rows)
        lines.flush()
        os.fsync(lines.fileno())
    return path, len(rows)
