"""How many places a person has near, compared with others: two-step floating catchments."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .snapshot import Floats, Mode, amounts, pairs

Rows = NDArray[np.int32] | NDArray[np.int64]
NOBODY = 1e-9  # people; a service that reaches fewer reaches nobody, and its places would be shared by next to nothing
EDGE = math.exp(-0.5)  # the Gaussian at the rim of the catchment, taken off so that the weight falls to 0 there


def weights_of(minutes: ArrayLike, catchment: float, mode: ArrayLike | None = None) -> Floats:
    """Nearness of each link: a Gaussian that is 1 at no distance and 0 from the rim of the catchment on.

    ``w(d) = (exp(-(d/D)**2 / 2) - exp(-1/2)) / (1 - exp(-1/2))`` for d ≤ D, else 0; help without travel is as near as can be.

    Parameters
    ----------
    minutes : array_like, (E,)
        Minutes of travel.
    catchment : float
        D, minutes.
    mode : array_like, (E,), optional
        `Mode` of each link; without it every link is travelled.

    Returns
    -------
    ndarray of float, (E,)
        Weights between 0 and 1.

    Raises
    ------
    ValueError
        For negative, NaN or infinite minutes, naming the first bad row; for a catchment that is not above 0; for unequal lengths.

    Examples
    --------
    >>> from network.graph import weights_of
    >>> weights_of([0, 15, 30, 45], 30).round(3).tolist()
    [1.0, 0.701, 0.0, 0.0]
    """
    if not (math.isfinite(catchment) and catchment > 0):
        raise ValueError(f"catchment: {catchment}; minutes above 0 are needed")
    distance = amounts(minutes, "minutes")
    weights = np.where(distance <= catchment, (np.exp(-((distance / catchment) ** 2) / 2) - EDGE) / (1 - EDGE), 0.0)
    if mode is not None:
        modes = np.asarray(mode)
        if modes.shape != distance.shape:
            raise ValueError(f"mode: {modes.shape} for minutes of {distance.shape}")
        weights[modes == Mode.NO_TRAVEL] = 1.0
    return weights


def access_scores(need: ArrayLike, places: ArrayLike, links: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Places a person, by zone, near ones weighing more (two-step floating catchment).

    Step one shares the places of each service among all in its reach, ``R_j = places_j / Σ_i w_ij need_i``; step two adds up what
    reaches a zone, ``A_i = Σ_j w_ij R_j``. People are spread by distance and not by choice, and demand counts once in each
    catchment it lies in: areas midway between services, and at the edge of the region, look worse than they are.

    Parameters
    ----------
    need : array_like, (Z,)
        People a month by zone.
    places : array_like, (S,)
        Places a month by service.
    links : array_like, (E, 2)
        Row numbers of zone and service. Of a pair that is given twice the greater weight counts.
    weights : array_like, (E,), optional
        Nearness between 0 and 1, see `weights_of`; 1 for each link without it.

    Returns
    -------
    ndarray of float, (Z,)
        Places per person. A zone that no places reach has 0.

    Raises
    ------
    ValueError
        For negative, NaN or infinite values, unequal lengths and link ends out of range, naming the first bad row.

    Notes
    -----
    Two sums over the links, O(E). Holds to the conservation law ``Σ need_i A_i = Σ places_j`` over the services that anybody
    reaches; those without any need in reach have R = 0. Source: Luo and Wang (2003), doi 10.1068/b29120, for the two steps.

    Examples
    --------
    >>> from network.graph import access_scores
    >>> access_scores([60, 40, 30], [50, 45], [(0, 0), (1, 0), (1, 1)]).tolist()
    [0.5, 1.625, 0.0]
    """
    people, room = amounts(need, "need"), amounts(places, "places")
    zone, service = pairs(links, len(people), len(room))
    near = np.ones(len(zone)) if weights is None else amounts(weights, "weights")
    if len(near) != len(zone):
        raise ValueError(f"weights: {len(near)} for {len(zone)} links")
    return spread(people, room, *merged(zone, service, near, len(room)))


def spread(people: Floats, room: Floats, zone: Rows, service: Rows, near: Floats) -> Floats:
    """`access_scores` on columns that are known to be sound, each pair once."""
    reach = np.bincount(service, near * people[zone], minlength=len(room))
    served = reach > NOBODY
    shared = np.divide(room, reach, out=np.zeros(len(room)), where=served)
    scores = np.bincount(zone, near * shared[service], minlength=len(people))
    assert math.isclose(float(people @ scores), float(room[served].sum()), rel_tol=1e-6, abs_tol=1e-9), "places are neither lost nor made"
    return np.asarray(scores, "float64")


def merged(zone: Rows, service: Rows, near: Floats, services: int) -> tuple[Rows, Rows, Floats]:
    """Each pair once, with its greatest weight."""
    keys = zone.astype("int64") * services + service
    if np.all(keys[1:] > keys[:-1]):
        return zone, service, near
    order = np.lexsort((-near, keys))
    order = order[np.concatenate([[True], np.diff(keys[order]) > 0])]
    return zone[order], service[order], near[order]


def weighted_median(values: ArrayLike, weights: ArrayLike) -> float:
    """The least value that at least half of the weight does not exceed; NaN where there is no weight.

    Examples
    --------
    >>> weighted_median([3, 1, 2], [1, 1, 5])
    2.0
    """
    column, weight = np.asarray(values, "float64"), np.asarray(weights, "float64")
    total = float(weight.sum())
    if total <= 0:
        return math.nan
    order = np.argsort(column, kind="stable")
    return float(column[order][np.searchsorted(np.cumsum(weight[order]), total / 2 * (1 - 1e-12))])
