"""Numbers become coordinates of plots. Pure: the templates draw them with classes, and a table beside each has the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH = 640
LABELS = 200  # left of the bars, for names
ROW = 28
TOP, BOTTOM = 8, 28
FIFTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis and what stands there."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of a funnel."""

    name: str
    value: int
    y: float
    middle: float
    width: float


@dataclass(frozen=True, slots=True)
class Funnel:
    """Steps, each no longer than the one before; the first as wide as the plot."""

    bars: list[Bar]
    height: float
    width: int = WIDTH
    left: int = LABELS


def funnel(steps: Sequence[tuple[str, int]]) -> Funnel:
    """Bars of (name, count), in their order.

    Examples
    --------
    >>> [(bar.name, bar.width) for bar in funnel([("sent", 100), ("helped", 25)]).bars]
    [('sent', 360.0), ('helped', 90.0)]
    """
    most = max((count for _, count in steps), default=0) or 1
    room = WIDTH - LABELS - 80  # for the number behind the bar
    bars = [
        Bar(name, count, TOP + number * ROW, TOP + number * ROW + ROW / 2, round(room * count / most, 1))
        for number, (name, count) in enumerate(steps)
    ]
    return Funnel(bars, TOP + len(bars) * ROW + TOP)


@dataclass(frozen=True, slots=True)
class Ranged:
    """A share with its interval, to be drawn."""

    name: str
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Whisker:
    """A row of a plot of intervals."""

    name: str
    y: float
    x: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Intervals:
    """Rows of intervals over an axis from none to all, and where the total lies."""

    rows: list[Whisker]
    ticks: list[Tick]
    reference: float | None
    height: float
    bottom: float
    width: int = WIDTH
    left: int = LABELS


def across(share: float) -> float:
    """Where a share lies between the names and the right edge."""
    return round(LABELS + (WIDTH - LABELS - 20) * share, 1)


def intervals(rows: Sequence[Ranged], reference: float | None = None) -> Intervals:
    """One whisker for each row, in the order given.

    Examples
    --------
    >>> plot = intervals([Ranged("Spanish", 0.5, 0.4, 0.6)], reference=0.75)
    >>> plot.rows[0].low, plot.rows[0].x, plot.rows[0].high, plot.reference
    (368.0, 410.0, 452.0, 515.0)
    """
    whiskers = [
        Whisker(row.name, TOP + number * ROW + ROW / 2, across(row.share), across(row.low), across(row.high))
        for number, row in enumerate(rows)
    ]
    bottom = TOP + len(whiskers) * ROW
    ticks = [Tick(across(part), str(round(part * 100))) for part in FIFTHS]
    return Intervals(whiskers, ticks, None if reference is None else across(reference), bottom + BOTTOM, bottom)


@dataclass(frozen=True, slots=True)
class Point:
    """A month of a line."""

    name: str
    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Trend:
    """A line over months, broken where a month may not be shown or says too little."""

    points: list[Point] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)  # of SVG's `points`
    ticks: list[Tick] = field(default_factory=list)  # months
    steps: list[Tick] = field(default_factory=list)  # shares
    width: int = WIDTH
    height: int = 240
    left: int = 44
    right: int = WIDTH - 12
    bottom: int = 204


def trend(months: Sequence[tuple[str, Ranged | None]]) -> Trend:
    """The line of (month, share); None breaks it.

    Examples
    --------
    >>> plot = trend([("2026-01", Ranged("", 0.5, 0.4, 0.6)), ("2026-02", None), ("2026-03", Ranged("", 1.0, 0.9, 1.0))])
    >>> plot.lines, [(point.x, point.y) for point in plot.points]
    (['44.0,106.0', '628.0,8.0'], [(44.0, 106.0), (628.0, 8.0)])
    """
    empty = Trend()
    between = (empty.right - empty.left) / max(len(months) - 1, 1)

    def up(share: float) -> float:
        return round(empty.bottom - (empty.bottom - TOP) * share, 1)

    points, runs = [], [[]]  # type: tuple[list[Point], list[list[Point]]]
    for number, (name, found) in enumerate(months):
        if found is None:
            runs.append([])
            continue
        point = Point(name, round(empty.left + number * between, 1), up(found.share), up(found.low), up(found.high))
        points.append(point)
        runs[-1].append(point)
    every = -(-len(months) // 7)  # not more labels than there is room for
    ticks = [Tick(round(empty.left + number * between, 1), name) for number, (name, _) in enumerate(months) if number % every == 0]
    lines = [" ".join(f"{point.x},{point.y}" for point in run) for run in runs if run]
    return Trend(points, lines, ticks, [Tick(up(part), str(round(part * 100))) for part in FIFTHS])
