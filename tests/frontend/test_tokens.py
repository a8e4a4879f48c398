"""Colours are computed, not trusted: the ratios of WCAG over the tokens of the one stylesheet."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "frontend/static/frontend/css"
CSS = (FOLDER / "app.css").read_text()
MAP = (FOLDER / "gaps.css").read_text()
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


# -- the scales of the gap map -----------------------------------------------------------------------------------------------

SCALES = {
    name: (light, dark) for name, light, dark in re.findall(r"--((?:map|split)-\d): light-dark\((#\w{6}), (#\w{6})\)", MAP)
}  # fmt: skip
# Machado, Oliveira and Fernandes (2009), doi 10.1109/TVCG.2009.113, severity 1.0: on linear RGB.
SIGHTS = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
LEAST_APART = 9  # distance in OKLab, times 100
STEP = {"light": 1.4, "dark": 1.7}  # luminance ratio of neighbours of the sequential scale


def linear(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]


def oklab(rgb):
    """Ottosson (2020): linear sRGB to a space whose distances are what eyes see."""
    red, green, blue = (min(1, max(0, c)) for c in rgb)
    cones = [
        (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3),
        (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3),
        (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3),
    ]
    matrix = (
        (0.2104542553, 0.7936177850, -0.0040720468),
        (1.9779984951, -2.4285922050, 0.4505937099),
        (0.0259040371, 0.7827717662, -0.8086757660),
    )
    return [sum(weight * cone for weight, cone in zip(row, cones, strict=True)) for row in matrix]


def seen(colour, sight):
    rgb = linear(colour)
    return oklab([sum(weight * part for weight, part in zip(row, rgb, strict=True)) for row in SIGHTS[sight]])


def scale(name, theme):
    return [SCALES[f"{name}-{n}"][theme == "dark"] for n in range(1, 6)]


def test_black_and_white_are_a_hundred_apart_and_red_is_where_its_author_puts_it():
    assert math.dist(oklab(linear("#FFFFFF")), oklab(linear("#000000"))) == pytest.approx(1, abs=1e-3)
    assert oklab(linear("#FF0000")) == pytest.approx([0.6280, 0.2249, 0.1258], abs=1e-3)  # Ottosson's own table


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_neighbours_of_the_sequential_scale_differ_in_luminance_and_go_one_way(theme):
    shades = scale("map", theme)
    steps = [ratio(one, other) for one, other in itertools.pairwise(shades)]

    assert min(steps) >= STEP[theme]
    assert [luminance(shade) for shade in shades] == sorted((luminance(shade) for shade in shades), reverse=theme == "light")


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["map", "split"])
def test_any_two_classes_are_told_apart_by_every_sight(name, theme, sight):
    shades = [seen(colour, sight) for colour in scale(name, theme)]
    distances = [100 * math.dist(one, other) for one, other in itertools.combinations(shades, 2)]

    assert min(distances) >= LEAST_APART


def test_an_old_browser_gets_the_light_scale():
    plain = dict(re.findall(r"--((?:map|split)-\d): (#\w{6})", MAP.partition("@supports")[0]))

    assert plain == {name: light for name, (light, _dark) in SCALES.items()}
    assert len(plain) == 10


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_focus_is_seen_on_every_class(theme):
    for light, dark in SCALES.values():
        colour = light if theme == "light" else dark
        assert max(ratio("#FFD03B", colour), ratio("#101418", colour)) >= 3.6
