"""Limits of the classes that a map draws in: from quantiles, round, and kept from report to report. No Django."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

QUINTILES = (0.2, 0.4, 0.6, 0.8)
ACCESS = (0.5, 0.8, 1.25, 2.0)  # times the usual: fixed, for this scale has a middle that means something
LEAST_USED = 3  # classes that limits from before must still tell apart

Limits = list[float]


def limits_of(values: Sequence[float]) -> Limits:
    """Lower limits of the second to the last of at most five classes, each about as full; a class holds its lower limit.

    The quintiles of what is above nothing, rounded to the coarsest step of 1, 2 or 5 times a power of ten that keeps them apart.
    Fewer limits where fewer can be told apart, none where there is nothing.

    Examples
    --------
    >>> limits_of([1, 3, 4, 8, 11, 19, 22, 40, 61, 148])
    [5.0, 10.0, 20.0, 60.0]
    >>> limits_of([0, 0]), limits_of([7, 7, 7])
    ([], [])
    """
    above = np.asarray([value for value in values if value > 0], "float64")
    if len(np.unique(above)) < 2:
        return []
    cuts = sorted(set(np.quantile(above, QUINTILES, method="higher").tolist()) - {float(above.min())})
    for step in _steps(float(above.max())):
        rounded = [round(round(cut / step) * step, 10) for cut in cuts]
        # No two limits the same, and no class without an area.
        if rounded == sorted(set(rounded)) and len(np.unique(np.searchsorted(rounded, above, side="right"))) == len(rounded) + 1:
            return rounded
    return []


def _steps(largest: float) -> list[float]:
    """1, 2 and 5 times powers of ten, from as large as the values down to a hundred-thousandth of them."""
    top = int(np.floor(np.log10(largest)))
    return [unit * 10.0**power for power in range(top, top - 6, -1) for unit in (5, 2, 1)]


def class_of(value: float, limits: Sequence[float]) -> int:
    """The number of the class, 1 for the lowest.

    Examples
    --------
    >>> [class_of(value, [4, 10]) for value in (3.9, 4, 10)]
    [1, 2, 3]
    """
    return 1 + sum(value >= limit for limit in limits)


def kept_or_new(values: Sequence[float], before: Sequence[float]) -> Limits:
    """The limits from before while they still tell the areas apart: a colour that changes then is a fact that changed.

    Examples
    --------
    >>> kept_or_new([1, 5, 12], [4, 10]), kept_or_new([1000, 2000], [4, 10])
    ([4.0, 10.0], [2000.0])
    """
    used = {class_of(value, before) for value in values if value > 0}
    if before and len(used) >= min(LEAST_USED, len(before) + 1):
        return [float(limit) for limit in before]
    return limits_of(values)


def scales(areas: Mapping[str, Sequence[Any]], inhabitants: Mapping[int, float], before: Mapping[str, Any]) -> dict[str, dict[str, Limits]]:
    """Limits by need, of need for 10,000 inhabitants and of unmet demand; `areas` are the columns of a picture.

    Hidden figures take no part: a limit would tell of them.
    """
    found: dict[str, dict[str, Limits]] = {}
    for need in sorted(set(areas["need"])):
        rows = [place for place, other in enumerate(areas["need"]) if other == need]
        people = [(inhabitants.get(areas["area"][place], 0), areas["people"][place]) for place in rows]
        per = [said[1] * 10_000 / inhabited for inhabited, said in people if said and inhabited > 0]
        unmet = [areas["unmet"][place][1] for place in rows if areas["unmet"][place]]
        old = before.get(str(need), {})
        found[str(need)] = {"per": kept_or_new(per, old.get("per", [])), "unmet": kept_or_new(unmet, old.get("unmet", []))}
    return found
