"""Colours are computed, not trusted: the ratios of WCAG over the tokens of the one stylesheet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).resolve().parents[2] / "frontend/static/frontend/css/app.css").read_text()
BOTH = dict(re.findall(r"--([\w-]+): light-dark\((#\w{6}, #\w{6})\)", CSS))
LIGHT = {name: pair.split(", ")[0] for name, pair in BOTH.items()}
DARK = {name: pair.split(", ")[1] for name, pair in BOTH.items()}
GROUNDS = ("page", "surface", "sunk")
# text on ground, and the least ratio
PAIRS = [
    *((word, ground, 4.5) for word in ("text", "muted") for ground in GROUNDS),
    *((f"{name}", f"{name}-soft", 4.5) for name in ("accent", "wait", "ok", "stop", "done", "danger")),
    ("on-accent", "accent", 4.5), ("on-accent", "accent-hover", 4.5), ("on-crisis", "crisis", 7.0),
    *(("edge", ground, 3.0) for ground in GROUNDS), *(("accent", ground, 4.5) for ground in GROUNDS), ("danger", "surface", 4.5),
]  # fmt: skip


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground", "least"), PAIRS)
def test_contrast(theme, text, ground, least):
    tokens = LIGHT if theme == "light" else DARK

    assert ratio(tokens[text], tokens[ground]) >= least


def test_an_old_browser_gets_the_light_values():
    plain = dict(re.findall(r"--([\w-]+): (#\w{6})", CSS.partition("@supports")[0]))

    assert {name: plain[name] for name in LIGHT} == LIGHT


def test_the_stylesheet_is_small_enough_for_the_crisis_page():
    import gzip

    assert len(gzip.compress(CSS.encode())) <= 6500
