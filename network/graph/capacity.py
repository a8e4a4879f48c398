"""How many new people a service can take in a month: as it says, else as it has shown, else as others of its kind say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .gaps import Basis, Settings
from .snapshot import Floats, amounts

DAYS_A_MONTH = 30.4375


@dataclass(frozen=True, slots=True)
class Capacities:
    """What is known of the places of each service."""

    places: Floats  # (S, 3), places for new people a month: low, point, high
    basis: NDArray[np.uint8]  # (S,)


def capacity_of(
    accepted: ArrayLike,
    *,
    stated: ArrayLike | None = None,
    stated_days_ago: ArrayLike | None = None,
    turned_away: ArrayLike | None = None,
    kind: ArrayLike | None = None,
    settings: Settings | None = None,
) -> Capacities:
    """Places of each service, with a range and where they come from.

    Stated, and fresh: all three are what was said. Else from the accepted offers a month, a = their mean and b = their best month:
    a service that turned people away is at its limit (low = point = a, high = b); another has shown only what it can do at least
    (low = a, point = b, high = the greater of b and the median that its kind states). Without any evidence: low 0, point half and
    high all of the median that its kind states; where nobody of its kind states any, `Settings.unknown_places`.

    Parameters
    ----------
    accepted : array_like, (S, M)
        Accepted offers of each of the last months; NaN for a month before the service was on the network. Six months are usual.
    stated : array_like, (S,), optional
        Places for new people a month; NaN: none stated.
    stated_days_ago : array_like, (S,), optional
        Age of the statement; without it all are fresh. Fresh is up to and with `Settings.stated_days`.
    turned_away : array_like of bool, (S,), optional
        Declined as full, a waiting list, or a median wait above `Settings.long_wait_days`.
    kind : array_like of int, (S,), optional
        Number of the kind of service; without it all are of one kind.
    settings : Settings, optional

    Returns
    -------
    Capacities
        Basis: stated, inferred or modelled.

    Raises
    ------
    ValueError
        For negative or infinite values and unequal lengths, naming the first bad row.

    Examples
    --------
    >>> from network.graph import capacity_of
    >>> unknown = float("nan")
    >>> accepted, stated = [[4, 6], [4, 6], [0, 0], [1, 1]], [unknown, unknown, unknown, 12]
    >>> capacity_of(accepted, stated=stated, turned_away=[1, 0, 0, 0]).places.tolist()
    [[5.0, 5.0, 6.0], [5.0, 6.0, 12.0], [0.0, 6.0, 12.0], [12.0, 12.0, 12.0]]
    """
    rules = settings or Settings()
    months = np.asarray(accepted, "float64")
    if months.ndim != 2:
        raise ValueError(f"accepted: services by months are needed, not the shape {months.shape}")
    size = len(months)
    for column in np.nan_to_num(months, nan=0.0, posinf=np.inf, neginf=-np.inf).T:
        amounts(column, "accepted")
    said, fresh = _stated(stated, stated_days_ago, size, rules.stated_days)
    full = np.zeros(size, "bool") if turned_away is None else np.asarray(turned_away, "bool")
    kinds = np.zeros(size, "int64") if kind is None else np.asarray(kind, "int64")
    for what, column in (("turned_away", full), ("kind", kinds)):
        if column.shape != (size,):
            raise ValueError(f"{what}: {column.shape} beside {size} services")
    known = (~np.isnan(months)).sum(1)
    mean = np.nansum(months, 1) / np.maximum(known, 1)
    best = np.fmax.reduce(months, axis=1, initial=0.0)
    usual = _medians(np.where(fresh, said, np.nan), kinds)
    at_limit = np.stack([mean, mean, best], 1)
    at_least = np.stack([mean, best, np.fmax(best, usual)], 1)
    by_kind = np.where(np.isnan(usual)[:, None], np.array(rules.unknown_places), usual[:, None] * np.array([0.0, 0.5, 1.0]))
    shown = (best > 0) | full
    places = np.where(full[:, None], at_limit, np.where(shown[:, None], at_least, by_kind))
    places = np.where(fresh[:, None], said[:, None], places)
    basis = np.where(fresh, Basis.STATED, np.where(shown, Basis.INFERRED, Basis.MODELLED)).astype("uint8")
    return Capacities(places, basis)


def clinician_capacity(clinicians: ArrayLike, settings: Settings | None = None) -> Capacities:
    """Places of the listed clinicians of each area, at so many new people each a month; a head count is not full-time work.

    Examples
    --------
    >>> from network.graph import clinician_capacity
    >>> clinician_capacity([10]).places.tolist()
    [[20.0, 40.0, 80.0]]
    """
    heads = amounts(clinicians, "clinicians")
    return Capacities(heads[:, None] * np.array((settings or Settings()).clinician_places), np.full(len(heads), Basis.MODELLED, "uint8"))


def wait_days(waiting: ArrayLike, accepted: ArrayLike) -> Floats:
    """Days that a new person waits: those waiting by those accepted a month (Little's law). Nobody waiting: 0; nobody accepted: infinite.

    Examples
    --------
    >>> from network.graph import wait_days
    >>> wait_days([20, 0, 3], [10, 0, 0]).tolist()
    [60.875, 0.0, inf]
    """
    people, pace = amounts(waiting, "waiting"), amounts(accepted, "accepted")
    if len(people) != len(pace):
        raise ValueError(f"accepted: {len(pace)} rows beside {len(people)}")
    unending = np.where(people > 0, np.inf, 0.0)
    return np.divide(people * DAYS_A_MONTH, pace, out=unending, where=pace > 0)


def _stated(stated: ArrayLike | None, age: ArrayLike | None, size: int, limit: int) -> tuple[Floats, NDArray[np.bool_]]:
    """What was said, and whether it still counts."""
    said = np.full(size, np.nan) if stated is None else np.asarray(stated, "float64")
    days = np.zeros(size) if age is None else np.asarray(age, "float64")
    for what, column in (("stated", said), ("stated_days_ago", days)):
        if column.shape != (size,):
            raise ValueError(f"{what}: {column.shape} beside {size} services")
    amounts(np.where(np.isnan(said), 0.0, said), "stated")
    return said, ~np.isnan(said) & (days <= limit)


def _medians(said: Floats, kinds: NDArray[np.int64]) -> Floats:
    """For each service the median that its kind states; NaN where nobody of its kind does."""
    usual = np.full(len(said), np.nan)
    for kind in np.unique(kinds[~np.isnan(said)]).tolist():
        of_kind = kinds == kind
        usual[of_kind] = np.nanmedian(said[of_kind])
    return usual
