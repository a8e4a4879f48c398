"""docs/gap-analysis.md explains every setting with its value, and every kind of gap."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import pytest

from network.graph.assumptions import CHANGEABLE, assumptions_of
from network.graph.gaps import Kind, Settings

TEXT = (Path(__file__).parents[2] / "docs" / "gap-analysis.md").read_text()
ROWS = dict(re.findall(r"^\| `([\w-]+)` \| ([^|]+) \|", TEXT, re.MULTILINE))


@pytest.mark.parametrize(("name", "value"), asdict(Settings()).items())
def test_each_setting_is_documented_with_its_value(name, value):
    said = ROWS[name].strip()
    values = value if isinstance(value, tuple) else (value,)

    assert said == (", ".join(f"{each:g}" for each in values) or "–")


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_is_documented(kind):
    assert str(kind) in ROWS


def test_what_can_be_changed_is_an_assumption_with_the_values_it_was_computed_with():
    known = {each.name: each for each in assumptions_of(Settings())}

    assert {name for name, each in known.items() if each.changeable} == set(CHANGEABLE)
    assert (known["help_share"].low, known["help_share"].point, known["help_share"].high) == (0.01, 0.03, 0.08)
    assert known["own-area-in-reach"].point == 15.0
    assert all(each.words.endswith(".") for each in known.values())
