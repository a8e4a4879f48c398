"""Plain sentences that are often needed, by verb and reason: reference data of ours, chosen in a form and mended at will."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data" / "phrases.csv"


@dataclass(frozen=True, slots=True)
class Phrase:
    """One sentence, whole as it stands: nothing in it waits to be filled in, so that it can be sent without a script."""

    verb: str
    code: str
    reason: str  # the coded reason it belongs to; empty: any
    label: str
    text: str


@cache
def phrases() -> tuple[Phrase, ...]:
    """All of them, in the order of the file."""
    with DATA.open(encoding="utf-8", newline="") as lines:
        return tuple(Phrase(**row) for row in csv.DictReader(lines))


def for_verb(verb: str) -> tuple[Phrase, ...]:
    return tuple(phrase for phrase in phrases() if phrase.verb == verb)


def find(verb: str, code: str) -> Phrase | None:
    return next((phrase for phrase in for_verb(verb) if phrase.code == code), None)


def joined(verb: str, code: str | None, text: str | None) -> str:
    """What is said: the chosen sentence, then one's own words."""
    phrase = find(verb, code) if code else None
    return "\n\n".join(part for part in (phrase.text if phrase else "", (text or "").strip()) if part)
