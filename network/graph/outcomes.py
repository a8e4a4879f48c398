"""Did it help, whom less, and is it getting better: shares with their intervals, from counts that nobody can be found in. No Django.

A *tally* counts referrals of one row (a need, an area, a month) by how they ended. A *figure* divides parts of it by others. A
figure is shown for a row, or hidden whole: numerator, denominator and share together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from itertools import combinations
from math import sqrt

import numpy as np

from .privacy import CELL, suppressed
from .shares import wilson

Z95 = 1.959964  # of an interval that holds 95 % of a normal distribution
LEAST = 30  # closed cases below which a share says little: counts only


class End(StrEnum):
    """How a referral stands; each is in exactly one part."""

    GOT_HELP = "got-help"
    PARTLY = "partly"
    REFERRED_ON = "referred-on"
    NOT_REACHED = "not-reached"
    OTHER_END = "other-end"
    MISSING = "missing"  # accepted, and closed by the clock because nobody said how it went
    GIVEN_UP = "given-up"
    STOPPED = "stopped"  # by the sender or the person
    OPEN = "open"


HELPED = frozenset({End.GOT_HELP, End.PARTLY})
RECORDED = HELPED | {End.REFERRED_ON, End.NOT_REACHED, End.OTHER_END}
ACCEPTED_AND_CLOSED = RECORDED | {End.MISSING}


@dataclass(frozen=True, slots=True)
class Figure:
    """A share: parts that count for it, of these and those that do not."""

    name: str
    yes: frozenset[str]
    no: frozenset[str]


HELP = Figure("help", HELPED, frozenset({End.NOT_REACHED, End.OTHER_END, End.MISSING, End.GIVEN_UP}))
LOOP = Figure("loop", RECORDED, frozenset({End.MISSING}))
UNREACHED = Figure("unreached", frozenset({End.NOT_REACHED}), ACCEPTED_AND_CLOSED - {End.NOT_REACHED})
REROUTED = Figure("rerouted", frozenset({"bounced-placed"}), frozenset({"bounced-lost"}))
IN_TIME = Figure("in-time", frozenset({"in-time"}), frozenset({"late", "silent"}))
STILL_30, STILL_90 = (
    Figure(
        f"still-{days}",
        frozenset({f"{days}-still-helped", f"{days}-partly"}),
        frozenset({f"{days}-no", f"{days}-not-reached", f"{days}-does-not-want", f"{days}-over"}),
    )
    for days in (30, 90)
)
REACHED = Figure("reached", frozenset({"hope-yes", "hope-partly"}), frozenset({"hope-no", "hope-not-known"}))
# Of one partition, in the order in which they are given up: a later one is hidden wherever an earlier one is.
ENDS = (HELP, LOOP, UNREACHED)
FIGURES = (*ENDS, REROUTED, IN_TIME, REACHED, STILL_30, STILL_90)
SENT = "sent"


@dataclass(slots=True)
class Tally:
    """Cases of one row by part, whose they are, and how many hours answers took.

    A referral, each request about it and each follow-up after it are cases of partitions of their own.
    """

    key: str
    counts: Counter[str] = field(default_factory=Counter)
    people: dict[str, set[str]] = field(default_factory=dict)  # by part
    hours: Counter[int] = field(default_factory=Counter)

    def count(self, part: str, person: str) -> None:
        self.counts[part] += 1
        self.people.setdefault(part, set()).add(person)

    def of(self, parts: Iterable[str]) -> int:
        return sum(self.counts[part] for part in parts)

    def is_of_few(self, parts: Iterable[str], cell: int) -> bool:
        """Whether the cases of these parts are about somebody, and about fewer than `cell` different people."""
        sets = [people for part in parts if (people := self.people.get(part))]
        # No large set is joined to find out that it is large.
        return not any(len(people) >= cell for people in sets) and suppressed(len(set().union(*sets)), cell)

    def add(self, other: Tally) -> None:
        """Take in another row's cases."""
        self.counts.update(other.counts)
        self.hours.update(other.hours)
        for part, people in other.people.items():
            self.people.setdefault(part, set()).update(people)


@dataclass(frozen=True, slots=True)
class Share:
    """`yes` of `of`; the share and its 95 % interval where enough are closed. All None: hidden."""

    yes: int | None = None
    of: int | None = None
    share: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_hidden(self) -> bool:
        return self.of is None

    @property
    def is_thin(self) -> bool:
        """Too few for a share: the counts stand alone."""
        return self.of is not None and self.share is None


@dataclass(frozen=True, slots=True)
class Wait:
    """Whole hours until an answer: the median, and the order statistics that hold it with 95 %. All None: hidden, or under thirty.

    How many answers there were is not told: less those in time, it would count the late ones.
    """

    median: int | None = None
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A row's share less that of all others, and its 95 % interval."""

    points: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Line:
    """What may be shown of a row."""

    key: str
    sent: int | None
    shares: Mapping[str, Share]
    wait: Wait
    apart: Difference | None = None  # of `help`


def share_of(yes: int, of: int) -> Share:
    """The share with Wilson's interval; under thirty the counts alone.

    Examples
    --------
    >>> found = share_of(40, 100)
    >>> round(found.share, 2), round(found.low, 2), round(found.high, 2)
    (0.4, 0.31, 0.5)
    >>> share_of(10, 20)
    Share(yes=10, of=20, share=None, low=None, high=None)
    """
    if of < LEAST:
        return Share(yes, of)
    low, high = wilson(yes, of, Z95)
    return Share(yes, of, yes / of, low, high)


def median_of(hours: Mapping[int, int]) -> Wait:
    """The median of whole hours by how often each occurs, between two order statistics.

    The interval runs from the r-th shortest to the r-th longest, r the largest rank for which a fair coin thrown n times shows
    fewer than r heads with at most 2.5 %. It needs no assumption on how answers are spread. Source: Thompson (1936), Ann. Math. Stat. 7(3),
    doi 10.1214/aoms/1177732502.

    Examples
    --------
    >>> median_of({hour: 1 for hour in range(1, 41)})
    Wait(median=20, low=14, high=27)
    >>> median_of({3: 5})
    Wait(median=None, low=None, high=None)
    """
    values = sorted(hours)
    upto = np.cumsum([hours[value] for value in values]) if values else np.zeros(0, int)
    n = int(upto[-1]) if len(upto) else 0
    if n < LEAST:
        return Wait()
    from scipy.special import bdtr  # here: most pages show no median, and a web process starts sooner without it

    rank = int((bdtr(np.arange(n // 2), n, 0.5) <= 0.025).sum())  # at least 9 of 30

    def at(which: int) -> int:
        return int(values[int(np.searchsorted(upto, which))])

    return Wait(at((n + 1) // 2), at(rank), at(n + 1 - rank))


def difference(yes: int, of: int, others_yes: int, others_of: int) -> Difference:
    """The difference of two shares with Newcombe's interval, which is built from Wilson's two.

    Source: Newcombe (1998), Stat. Med. 17(8), method 10, doi 10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.

    Examples
    --------
    >>> found = difference(56, 70, 48, 80)
    >>> round(found.points, 2), round(found.low, 4), round(found.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    one, other = yes / of, others_yes / others_of
    (low, high), (other_low, other_high) = wilson(yes, of, Z95), wilson(others_yes, others_of, Z95)
    apart = one - other
    return Difference(
        apart, apart - sqrt((one - low) ** 2 + (other_high - other) ** 2), apart + sqrt((high - one) ** 2 + (other - other_low) ** 2)
    )


# -- what may be shown -------------------------------------------------------------------------------------------------------


def lines(rows: Sequence[Tally], cell: int = CELL, aside: str = "") -> tuple[Line, list[Line]]:
    """All together, and each row, with nothing in them by which fewer than eleven people could be told.

    Parameters
    ----------
    rows : every case stands in one of them, so they add up to all
    aside : key of a row that the others are not compared with

    Notes
    -----
    A figure is shown if both of its sides are of nobody, or of eleven people or more, and if no sum or difference with the figures
    before it counts one to ten referrals (`determined`). What is hidden in some rows could be found together, by subtraction from
    all: so their sum must itself be one that may be shown, and they must be two at least, or more rows are hidden, the smallest
    first. If that leaves none, only the total is shown.

    Examples
    --------
    >>> housing, food = Tally("housing"), Tally("food")
    >>> for number in range(40):
    ...     housing.count("got-help" if number < 25 else "other-end", f"person {number}")
    >>> for number in range(12):
    ...     food.count("got-help", f"person {number}")
    >>> total, (first, second) = lines([housing, food])
    >>> total.shares["help"].yes, total.shares["help"].of, first.shares["help"].share, second.shares["help"].share
    (37, 52, 0.625, None)
    """
    total = Tally("")
    for row in rows:
        total.add(row)
    shown_of_all = _allowed(total, cell)
    shown = {row.key: shown_of_all & _allowed(row, cell) for row in rows}
    for name in ORDER:
        hidden = _hidden(name, rows, shown, cell) if name in shown_of_all else set()
        for key in hidden:
            shown[key] -= _after(name)
    others = _others(total, [row for row in rows if row.key == aside], shown) if HELP.name in shown_of_all else None
    return _line(total, shown_of_all, None), [_line(row, shown[row.key], None if row.key == aside else others) for row in rows]


def _others(total: Tally, aside: Sequence[Tally], shown: Mapping[str, set[str]]) -> Counter[str] | None:
    """All cases but those set aside; None where they may not be known, since the comparison would give them away."""
    if any(HELP.name not in shown[row.key] for row in aside):
        return None
    left = Counter(total.counts)
    for row in aside:
        left.subtract(row.counts)
    return left


ORDER = (HELP.name, SENT, LOOP.name, UNREACHED.name, *(figure.name for figure in FIGURES[len(ENDS) :]))
BY_NAME = {figure.name: figure for figure in FIGURES}


def _after(name: str) -> set[str]:
    """The figure and those that are hidden with it."""
    chain = ORDER[: len(ENDS) + 1]
    return set(chain[chain.index(name) :]) if name in chain else {name}


def _hidden(name: str, rows: Sequence[Tally], shown: Mapping[str, set[str]], cell: int) -> set[str]:
    """Rows that must not show the figure."""
    filled = sorted((row for row in rows if _cases(row, name)), key=lambda row: (name in shown[row.key], _cases(row, name), row.key))
    hidden = [row for row in filled if name not in shown[row.key]]
    if not hidden:
        return set()
    together = Tally("")
    for row in hidden:
        together.add(row)
    # Anybody can find the sum over hidden rows.
    while len(hidden) < len(filled) and (len(hidden) < 2 or name not in _allowed(together, cell)):
        more = filled[len(hidden)]
        hidden.append(more)
        together.add(more)
    return {row.key for row in hidden}


def _cases(row: Tally, name: str) -> int:
    return row.of(End) if name == SENT else row.of(BY_NAME[name].yes | BY_NAME[name].no)


def _allowed(row: Tally, cell: int) -> set[str]:
    """Figures that may be shown of a row by itself; those of the partition of ends up to the first that may not."""
    found: set[str] = set()
    for figure in FIGURES[len(ENDS) :]:
        if _has_no_small_side(row, figure, cell):
            found.add(figure.name)
    for number, name in enumerate(ORDER[: len(ENDS) + 1], 1):
        is_small = row.is_of_few(End, cell) if name == SENT else not _has_no_small_side(row, BY_NAME[name], cell)
        if is_small or any(row.is_of_few(parts, cell) for parts in determined(number)):
            break
        found.add(name)
    return found


def _has_no_small_side(row: Tally, figure: Figure, cell: int) -> bool:
    return not (row.is_of_few(figure.yes, cell) or row.is_of_few(figure.no, cell))


@cache
def determined(number: int) -> tuple[frozenset[str], ...]:
    """Every set of ends whose count can be computed from the first `number` figures: their sides, sums and differences.

    Examples
    --------
    >>> [[str(part) for part in parts] for parts in determined(3) if len(parts) == 1]
    [['missing']]
    """
    parts = list(End)
    sides = [side for name in ORDER[:number] for side in ((frozenset(End),) if name == SENT else (BY_NAME[name].yes, BY_NAME[name].no))]
    known = np.array([[part in side for part in parts] for side in sides], float)
    rank = np.linalg.matrix_rank(known)
    sets = (frozenset(chosen) for size in range(1, len(parts) + 1) for chosen in combinations(parts, size))
    return tuple(chosen for chosen in sets if np.linalg.matrix_rank(np.vstack([known, [float(part in chosen) for part in parts]])) == rank)


def _line(row: Tally, shown: set[str], beside: Mapping[str, int] | None) -> Line:
    shares = {figure.name: _share(row, figure) if figure.name in shown else Share() for figure in FIGURES}
    wait = median_of(row.hours) if IN_TIME.name in shown else Wait()
    return Line(row.key, row.of(End) if SENT in shown else None, shares, wait, _apart(shares[HELP.name], beside))


def _apart(own: Share, beside: Mapping[str, int] | None) -> Difference | None:
    """How far a row lies from the others, where both have a share."""
    if beside is None or own.share is None or own.yes is None or own.of is None:
        return None
    yes = sum(beside[part] for part in HELP.yes) - own.yes
    of = sum(beside[part] for part in HELP.yes | HELP.no) - own.of
    return difference(own.yes, own.of, yes, of) if of >= LEAST else None


def _share(row: Tally, figure: Figure) -> Share:
    return share_of(row.of(figure.yes), row.of(figure.yes | figure.no))
