"""What is refused and what is recorded stands in the documents, every code and kind of it."""

from __future__ import annotations

import pathlib

from network.core import errors, problems, refusals
from network.core.kinds import KINDS

DOCS = pathlib.Path(__file__).parents[2] / "docs"


def cells(name):
    """The rows of a document's table, without its marks."""
    lines = (DOCS / name).read_text().splitlines()
    return {tuple(part.strip(" `") for part in line.strip("|").split("|")) for line in lines if line.startswith("| `")}


def refusals_of(kind):
    for found in kind.__subclasses__():
        yield found
        yield from refusals_of(found)


def test_every_refusal_is_documented_with_its_status():
    coded = {(found.code, str(found.status)) for found in refusals_of(errors.Refusal)}
    coded |= {(code, str(status)) for status, code in problems.CODES.items()}

    assert {row[:2] for row in cells("errors.md")} == coded


def test_every_reason_not_to_start_is_documented():
    text = (DOCS / "errors.md").read_text()

    assert [words for words in [*refusals.UNSAFE, *refusals.UNSAFE_DATABASE] if f"- {words}\n" not in text] == []


def test_every_kind_of_event_is_documented():
    said = {True: "yes", False: "no"}
    wanted = {(k.name, k.subject, k.klass.value, said[k.frame], said[k.webhook]) for k in KINDS.values()}

    assert cells("events.md") == wanted
