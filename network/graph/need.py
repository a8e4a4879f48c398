"""How many people of an area need one kind of help in a month: a model of the area, corrected by who asked."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv

from .access import weighted_median
from .gaps import Basis
from .snapshot import Floats, amounts

QUANTILES = (0.1, 0.9)


@dataclass(frozen=True, slots=True)
class Needs:
    """What is known of the need of each area."""

    people: Floats  # (A, 3), people a month: low, point, high
    basis: NDArray[np.uint8]  # (A,)
    ratio: Floats  # (A,), asked to expected, shrunk towards 1; 1 where silence is not taken as an absence of need
    reached: float  # c, share of the modelled need that asks this network; NaN without a model


def adults(population: ArrayLike, under18_pct: ArrayLike) -> Floats:
    """Adults of each area: the distress rate is a rate of adults.

    Parameters
    ----------
    population : array_like, (A,)
        People.
    under18_pct : array_like, (A,)
        Share of people under 18, percent.

    Returns
    -------
    ndarray of float, (A,)

    Raises
    ------
    ValueError
        For negative, NaN or infinite values, unequal lengths and percentages above 100, naming the first bad row.

    Examples
    --------
    >>> from network.graph import adults
    >>> adults([1000, 400], [25, 0]).tolist()
    [750.0, 400.0]
    """
    people, young = amounts(population, "population"), _percent(under18_pct, "under18_pct")
    _same(people, young, "under18_pct")
    return people * (1 - young / 100)


def modelled(people: ArrayLike, distress_pct: ArrayLike, help_share: tuple[float, float, float], share: ArrayLike | None = None) -> Floats:
    """People a month who would look for one kind of help, if an area were like its rate of distress.

    Parameters
    ----------
    people : array_like, (A,)
        Adults.
    distress_pct : array_like, (A, 3) or (A,)
        Low, point and high rate of frequent distress among adults, percent; one column stands for all three. NaN: no rate.
    help_share : tuple of float
        Share of people in distress who look for this help in a month: low, point, high.
    share : array_like, (A,), optional
        Share of the area's people that belong to the group in question; taken to be as distressed as everybody.

    Returns
    -------
    ndarray of float, (A, 3)
        People a month, NaN where there is no rate.

    Raises
    ------
    ValueError
        For negative or infinite values, unequal lengths, percentages above 100, shares above 1 and triples that do not rise.

    Examples
    --------
    >>> from network.graph import modelled
    >>> modelled([10_000], [[10, 12, 15]], (0.01, 0.03, 0.08)).round(6).tolist()
    [[10.0, 36.0, 120.0]]
    """
    grown = amounts(people, "people")
    rate = np.asarray(distress_pct, "float64")
    rate = np.repeat(rate[:, None], 3, 1) if rate.ndim == 1 else rate
    if rate.shape != (len(grown), 3):
        raise ValueError(f"distress_pct: {len(grown)} rows of low, point and high are needed, not the shape {rate.shape}")
    bad = np.flatnonzero(~(np.isnan(rate).all(1) | ((rate >= 0).all(1) & (rate <= 100).all(1) & (rate[:, 1:] >= rate[:, :-1]).all(1))))
    if bad.size:
        raise ValueError(f"distress_pct: row {bad[0]} is {rate[bad[0]].tolist()}; percentages that rise are needed, or NaN alone")
    if not 0 <= help_share[0] <= help_share[1] <= help_share[2] <= 1:
        raise ValueError(f"help_share: {help_share}; three shares that rise are needed")
    if share is not None:
        part = amounts(share, "share")
        _same(grown, part, "share")
        if (part > 1).any():
            raise ValueError(f"share: row {int(np.argmax(part > 1))} is {part.max()}; a share is at most 1")
        grown = grown * part
    return np.asarray(grown[:, None] * rate / 100 * np.asarray(help_share), "float64")


def need_of(
    model: ArrayLike, asked: ArrayLike | None = None, *, months: float = 12.0, shrink: float = 10.0, access: ArrayLike | None = None
) -> Needs:
    """Need of each area for one kind of help: the model times the ratio of those who asked to those expected to.

    ``expected = c T model`` with ``c = Σ asked / (T Σ model)``; ``ratio = (t + asked) / (t + expected)``, the mean of a Gamma(t, t)
    prior after Poisson counts, so an area of few people keeps close to 1. A ratio below 1 counts only where access is at least the
    median of all areas: where nothing is offered nobody asks, and silence is not absence of need. The range takes the 10 % and
    90 % quantiles of Gamma(t + asked, t + expected) with the ends of the model. An area without a rate has its requests alone,
    a lower bound, with the limits of a Poisson count.

    Parameters
    ----------
    model : array_like, (A, 3)
        From `modelled`: people a month, NaN without a rate.
    asked : array_like, (A,), optional
        People who asked in the window. Without it, or when nobody asked anywhere, the ratio is 1.
    months : float
        T, months in the window.
    shrink : float
        t.
    access : array_like, (A,), optional
        `access_scores` with the model's point as need. Without it every ratio counts.

    Returns
    -------
    Needs
        Basis: modelled, inferred where requests corrected the model, counted where there is no rate.

    Raises
    ------
    ValueError
        For negative or infinite values, unequal lengths, and a window or prior that is not above 0.

    Notes
    -----
    O(A). The shrinkage is the usual one of area rates with a Gamma prior.

    Examples
    --------
    >>> from network.graph import need_of
    >>> need_of([[10, 30, 80], [10, 30, 80]], [60, 20], months=1, shrink=10).ratio.tolist()
    [1.4, 0.6]
    """
    base = np.asarray(model, "float64")
    if base.ndim != 2 or base.shape[1] != 3:
        raise ValueError(f"model: low, point and high are needed, not the shape {base.shape}")
    for what, value in (("months", months), ("shrink", shrink)):
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"{what}: {value}; a number above 0 is needed")
    rated = ~np.isnan(base).any(1)
    for column in base[rated].T:
        amounts(column, "model")
    counts = np.zeros(len(base)) if asked is None else amounts(asked, "asked")
    _same(base, counts, "asked")
    total = float(base[rated, 1].sum())
    reached = float(counts[rated].sum()) / (months * total) if total > 0 else math.nan
    ratio, low, high = _ratio(counts, np.where(rated, base[:, 1], 0.0), rated, months, shrink, reached)
    if access is not None:
        scores = amounts(access, "access")
        _same(base, scores, "access")
        median = weighted_median(scores[rated], base[rated, 1])
        silent = rated & (ratio < 1) & ~(scores >= median)
        ratio, low, high = np.where(silent, 1.0, ratio), np.where(silent, 1.0, low), np.where(silent, np.maximum(high, 1.0), high)
    people = np.stack([base[:, 0] * low, base[:, 1] * ratio, base[:, 2] * high], 1)
    people[:, 0], people[:, 2] = np.fmin(people[:, 0], people[:, 1]), np.fmax(people[:, 2], people[:, 1])
    people[~rated] = _counted(counts[~rated]) / months
    heard = bool(counts[rated].any())
    basis = np.where(rated, Basis.INFERRED if heard else Basis.MODELLED, Basis.COUNTED).astype("uint8")
    return Needs(people, basis, ratio, reached)


def _ratio(
    asked: Floats, model: Floats, rated: NDArray[np.bool_], months: float, t: float, reached: float
) -> tuple[Floats, Floats, Floats]:
    """The shrunk ratio and its quantiles; all 1 where nobody asked anywhere."""
    one = np.ones(len(asked))
    if not asked[rated].any() or math.isnan(reached):
        return one, one, one
    shape, rate = t + asked, t + reached * months * model
    low, high = (gammaincinv(shape, quantile) / rate for quantile in QUANTILES)
    return np.where(rated, shape / rate, 1.0), np.where(rated, low, 1.0), np.where(rated, high, 1.0)


def _counted(asked: Floats) -> Floats:
    """Low, point and high of a Poisson count: the exact limits at 10 % and 90 %; nothing is at least nothing."""
    low = np.where(asked > 0, gammaincinv(np.maximum(asked, 1e-9), QUANTILES[0]), 0.0)
    return np.stack([np.minimum(low, asked), asked, gammaincinv(asked + 1, QUANTILES[1])], 1)


def _percent(values: ArrayLike, what: str) -> Floats:
    column = amounts(values, what)
    if (column > 100).any():
        raise ValueError(f"{what}: row {int(np.argmax(column > 100))} is {column[np.argmax(column > 100)]}; a percentage is at most 100")
    return column


def _same(first: Floats, second: Floats, what: str) -> None:
    if len(first) != len(second):
        raise ValueError(f"{what}: {len(second)} rows beside {len(first)}")
