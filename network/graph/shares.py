"""Shares with what is not known about them: Wilson's interval, and shares drawn towards what is usual."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Z80 = 1.2816  # of an interval that holds 80 % of a normal distribution
LEAST_FOR_PRIOR = 5  # ties; with fewer there is nothing to draw towards
STRENGTH = (2.0, 50.0)  # of a prior, in observations


def wilson(x: float, n: float, z: float = Z80) -> tuple[float, float]:
    """Wilson's score interval of the share x / n; (0, 1) when nothing was observed.

    Raises ValueError unless 0 ≤ x ≤ n. Source: Wilson (1927), J. Am. Stat. Assoc. 22(158), doi 10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> [round(x, 2) for x in wilson(4, 10)]
    [0.23, 0.6]
    """
    if not 0 <= x <= n:
        raise ValueError(f"a share needs 0 ≤ x ≤ n, not {x} of {n}")
    if n == 0:
        return 0.0, 1.0
    share, spread = x / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / n + spread / n / 4) / (1 + spread)
    # Rounding may leave 1e-17 where the bound is 0 or 1 by definition.
    return (0.0 if x == 0 else max(0.0, middle - half)), (1.0 if x == n else min(1.0, middle + half))


@dataclass(frozen=True, slots=True)
class Prior:
    """What is usual among the ties of one need: a share, and how many observations it is worth."""

    mean: float
    strength: float


def prior_of(x: ArrayLike, n: ArrayLike) -> Prior | None:
    """The Beta prior of these shares by moments, its strength held between 2 and 50; None with fewer than five ties observed.

    Examples
    --------
    >>> prior_of([1, 2, 3, 4, 5], [10, 10, 10, 10, 10]).mean
    0.3
    >>> prior_of([1], [10]) is None
    True
    """
    hits, tries = np.asarray(x, "float64"), np.asarray(n, "float64")
    hits, tries = hits[tries > 0], tries[tries > 0]
    if len(tries) < LEAST_FOR_PRIOR:
        return None
    mean = float(hits.sum() / tries.sum())
    # Variance between ties, less what chance alone would give to shares of so few observations.
    between = float(np.var(hits / tries)) - mean * (1 - mean) * float(np.mean(1 / tries))
    strength = STRENGTH[1] if between <= 0 else mean * (1 - mean) / between - 1
    return Prior(mean, min(max(strength, STRENGTH[0]), STRENGTH[1]))


def shrunk_share(x: float, n: float, prior: Prior) -> float:
    """The share of x in n drawn towards the prior's: n = 0 gives the prior, a large n the raw share.

    Examples
    --------
    >>> shrunk_share(4, 10, Prior(mean=0.5, strength=10))
    0.45
    """
    return (x + prior.strength * prior.mean) / (n + prior.strength)


def share_intervals(x: ArrayLike, n: ArrayLike, prior: Prior | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Low and high ends that hold 80 %: of Beta(x + kμ, n − x + k(1 − μ)) with a prior, Wilson's without.

    Examples
    --------
    >>> low, high = share_intervals([4], [10], None)
    >>> round(float(low[0]), 2), round(float(high[0]), 2)
    (0.23, 0.6)
    """
    hits, tries = np.asarray(x, "float64"), np.asarray(n, "float64")
    if prior is None or not 0 < prior.mean < 1:
        ends = np.array([wilson(a, b) for a, b in zip(hits, tries, strict=True)]).reshape(-1, 2)
        return ends[:, 0], ends[:, 1]
    from scipy.special import betaincinv  # here: whoever draws Wilson's interval alone does not need it

    a = hits + prior.strength * prior.mean
    b = tries - hits + prior.strength * (1 - prior.mean)
    return betaincinv(a, b, 0.1), betaincinv(a, b, 0.9)
