"""What a feed says, before it is compared with what is there."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

SPACE = UUID("2f0e9b1c-6a4e-5d53-9c53-0d6c1f2a7b11")
Ref = tuple[str, str]  # model name, external id


class Unreadable(Exception):  # noqa: N818 - about a whole file; its text is for people
    """Nothing of the file can be read from here on."""

    def __init__(self, reason: str, line: int = 0, *, about_shapes: bool = True) -> None:
        self.line = line
        self.about_shapes = about_shapes
        super().__init__(reason)


@dataclass(slots=True)
class Found:
    """One row of one table, by the feed's own id. `refs` are columns that name other rows of the feed."""

    model: str
    external: str
    values: dict[str, Any]
    line: int
    file: str = ""
    refs: dict[str, Ref] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    terms: tuple[tuple[str, str], ...] = ()
    town: tuple[str, str] | None = None

    def fingerprint(self) -> bytes:
        """16 bytes that are equal when the feed says the same again."""
        said = [self.values, sorted(self.refs.items()), self.extra, sorted(self.terms), self.town]
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).digest()[:16]


@dataclass(slots=True)
class Bad:
    """A row that could not be read, and why."""

    line: int
    reason: str
    file: str = ""
    subject: str = ""  # the id that the row named, where it could be read


def id_of(source: str, ref: Ref) -> UUID:
    """The id of a row: the feed's own where it is a UUID, else one that every run finds again."""
    try:
        return UUID(ref[1])
    except ValueError:
        return uuid.uuid5(SPACE, f"{source}|{ref[0]}|{ref[1]}")
