"""Small counts of people are not shown, and cannot be found by subtraction either."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .gaps import Basis, Evidence, Gap, Unit
from .snapshot import Ints

CELL = 11  # a count of 1 to 10 is not shown
HIDDEN = -1  # stands for one of those, or for one that would give such a count away
CANDIDATES = 24  # companions looked at along each line, the cheapest first


def suppressed(value: float | None, cell: int = CELL) -> bool:
    """Whether a count of people is too small to be shown; nobody at all may be said.

    Examples
    --------
    >>> suppressed(10), suppressed(11), suppressed(0), suppressed(None)
    (True, False, False, False)
    """
    return value is not None and 0 < value < cell


# Evidence that is so many a month: a count of people is that times the months of the window.
MONTHLY = frozenset({"need", "placed", "places", "service", "more-services", "cut-off", "flow-lost", "entry", "free-places"})


def is_few(gap: Gap, months: float, cell: int = CELL) -> bool:
    """Whether a size is a count of people in other words, and of fewer than eleven in the window.

    What rests on a model, or on stated places beside a need of eleven or more, is not a count of persons. A need that was counted and
    is hidden already hides its row.
    """
    if gap.unit is Unit.PLACES:
        return False
    need = next((entry for entry in gap.evidence if entry.what == "need"), None)
    if need is not None and need.basis is Basis.COUNTED and (need.count is None or suppressed(need.count * months, cell)):
        return True
    return gap.basis is Basis.COUNTED and suppressed(gap.people * months, cell)


def published(evidence: Evidence, cell: int = CELL, months: float = 1.0, *, few: bool = False) -> Evidence:
    """The same line without a count of people below eleven, nor the range and share that would give it away.

    `months` are those of the window; `few` says that the row itself is not to be counted out.

    Examples
    --------
    >>> published(Evidence("rejected", count=4.0, counts_people=True)).count is None
    True
    >>> published(Evidence("places", count=4.0)).count
    4.0
    """
    counts = evidence.counts_people or (evidence.what == "need" and evidence.basis is Basis.COUNTED)
    scale = months if evidence.what in MONTHLY else 1.0
    values = (value * scale for value in (evidence.count, evidence.low, evidence.high) if value is not None)
    hidden = (few and evidence.what in OF_THE_ROW) or (counts and any(suppressed(value, cell) for value in values))
    return replace(evidence, count=None, low=None, high=None, counts_people=True) if hidden else evidence


OF_THE_ROW = frozenset({"need", "placed", "access"})  # each gives the need of the row away, beside its places


@dataclass(frozen=True, slots=True)
class Table:
    """One published table: area × need with the region's total as last row and the total of all needs as last column."""

    counts: Ints  # (areas + 1, needs + 1); a hidden cell holds -1
    hidden: NDArray[np.bool_]


def tables(counts: ArrayLike, before: NDArray[np.bool_] | None = None, cell: int = CELL) -> list[Table]:
    """What may be shown of people counted by area, need and month: one table a month, with the totals of the region and of all needs.

    Parameters
    ----------
    counts : (areas, needs, months), people
    before : (months, areas + 1, needs + 1), cells that an earlier revision hid: they stay hidden, else the two could be subtracted

    Raises
    ------
    ValueError
        For a negative count, naming the first, and for another shape.

    Notes
    -----
    Only this hierarchy is published: no totals over months, no free filters. See `hide` for what is hidden, and why that is enough.

    Examples
    --------
    >>> [month] = tables([[[20], [3]], [[30], [40]]])
    >>> month.counts.tolist()
    [[-1, -1, 23], [-1, -1, 70], [50, 43, 93]]
    """
    people = np.asarray(counts, "int64")
    if people.ndim != 3:
        raise ValueError(f"counts: area × need × month is needed, not the shape {people.shape}")
    bad = np.argwhere(people < 0)
    if len(bad):
        raise ValueError(f"counts: {tuple(bad[0].tolist())} is {people[tuple(bad[0])]}; people are counted from 0 up")
    return [hide(with_totals(people[:, :, month]), None if before is None else before[month], cell) for month in range(people.shape[2])]


def with_totals(counts: Ints) -> Ints:
    """The table with a last row and a last column of totals."""
    rows = np.vstack([counts, counts.sum(0, keepdims=True)])
    return np.hstack([rows, rows.sum(1, keepdims=True)])


def hide(counts: Ints, before: NDArray[np.bool_] | None = None, cell: int = CELL) -> Table:
    """Hide each cell of 1 to 10, and as many others that every such cell could still be anything from 1 to 10.

    A small cell is safe when people could be moved between hidden cells, without changing a shown one, so that it becomes 1, and so
    that it becomes 10. For each the cheapest such move is found (within its row, its column, a rectangle, or with the totals) and
    its cells are hidden. To hide more never makes a move impossible, so one pass is enough. A table without visible small cells,
    hidden cells being -1, comes back as it is.
    """
    hidden: NDArray[np.bool_] = np.asarray((counts < 0) | ((counts > 0) & (counts < cell)))
    if before is not None:
        hidden |= before
    small = np.argwhere((counts > 0) & (counts < cell))
    last = (counts.shape[0] - 1, counts.shape[1] - 1)
    # Single cells first: what they hide often makes the totals safe already.
    for row, column in sorted(small.tolist(), key=lambda at: (at[0] == last[0]) + (at[1] == last[1])):
        moves = _moves(counts, hidden, row, column, cell)
        cheapest = min(moves, key=lambda cells: _cost(counts, hidden, cells), default=())
        for at in cheapest:
            hidden[at] = True
    return Table(np.where(hidden, -1, counts), hidden)


Cells = tuple[tuple[int, int], ...]


def _cost(counts: Ints, hidden: NDArray[np.bool_], cells: Cells) -> tuple[int, int, Cells]:
    """People who would no longer be shown; of equals the fewest cells, then the first."""
    fresh = [at for at in cells if not hidden[at]]
    return sum(int(counts[at]) for at in fresh), len(fresh), cells


def _moves(counts: Ints, hidden: NDArray[np.bool_], row: int, column: int, cell: int) -> Iterator[Cells]:
    region, total = counts.shape[0] - 1, counts.shape[1] - 1
    if row == region and column == total:
        return  # the whole table is below eleven: all of it is hidden already, and any multiple of it looks the same
    if column == total:
        yield from _moves_of_total(counts, hidden, row, cell)
    elif row == region:
        yield from (tuple((b, a) for a, b in cells) for cells in _moves_of_total(counts.T, hidden.T, column, cell))
    else:
        yield from _moves_of_cell(counts, hidden, row, column, cell)


def _moves_of_cell(counts: Ints, hidden: NDArray[np.bool_], row: int, column: int, cell: int) -> Iterator[Cells]:
    """Sets of cells whose hiding lets a single cell move; only single cells are moved, totals follow."""
    region, total = counts.shape[0] - 1, counts.shape[1] - 1
    up, down = cell - 1 - int(counts[row, column]), int(counts[row, column]) - 1
    columns = _companions(counts[row, :-1], hidden[row, :-1], column, up)
    rows = _companions(counts[:-1, column], hidden[:-1, column], row, up)
    yield (row, total), (region, column), (region, total)
    for other in columns:
        yield (row, other), (region, column), (region, other)
    for other in rows:
        yield (other, column), (row, total), (other, total)
    for across in columns:
        for along in rows:
            if counts[along, across] >= down:
                yield (row, across), (along, column), (along, across)


def _moves_of_total(counts: Ints, hidden: NDArray[np.bool_], row: int, cell: int) -> Iterator[Cells]:
    """An area's total below eleven: all its cells are hidden; they move together, with the region's totals or against another area."""
    region, total = counts.shape[0] - 1, counts.shape[1] - 1
    columns = [int(column) for column in np.flatnonzero(counts[row, :-1] > 0)]
    up = cell - 1 - int(counts[row, total])
    yield (*((region, column) for column in columns), (region, total))
    able: NDArray[np.bool_] = np.asarray((counts[:-1][:, columns] >= up).any(1))
    able[row] = False
    others = np.flatnonzero(able)
    cost = np.where(hidden[others][:, columns], 0, counts[others][:, columns]).sum(1)
    for other in others[np.argsort(cost, kind="stable")[:CANDIDATES]].tolist():
        yield (*((other, column) for column in columns), (other, total))


def _companions(line: Ints, hidden: NDArray[np.bool_], own: int, least: int) -> list[int]:
    """Places along a line that can give `least` people: hidden ones first, then the smallest."""
    able = np.flatnonzero((line >= max(least, 1)) & (np.arange(len(line)) != own))
    order = np.lexsort((line[able], ~hidden[able]))
    return [int(place) for place in able[order[:CANDIDATES]]]
