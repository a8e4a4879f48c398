"""What a task that failed leaves in its row: the frames. The words of an error may quote whom it was about."""

from __future__ import annotations

import re
from typing import Any

from django.db.models.signals import pre_save
from django_tasks_db.models import DBTaskResult

FRAME = re.compile(r'\s*File ".+", line \d+, in \S+')


def frames_of(text: str) -> str:
    """The lines of a traceback that name a place in the code; the kind of the error has a column of its own."""
    return "\n".join(line for line in text.splitlines() if FRAME.fullmatch(line))


def connect() -> None:
    """The library writes its row by itself; before it is written is the only place to stand."""
    pre_save.connect(_without_words, sender=DBTaskResult)


def _without_words(instance: DBTaskResult[..., Any], **_: Any) -> None:
    instance.traceback = frames_of(instance.traceback)
