"""What the database hands over: raw columns of one revision, before they become a snapshot. No Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.int64] | NDArray[np.float64]
UNKNOWN = 999.0  # a degree that is none: SQL's NULL would be left out of a joined text


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of equal length, read in one pass and so in the same order."""

    columns: Mapping[str, Column]

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def ints(self, name: str) -> NDArray[np.int64]:
        return np.asarray(self.columns[name], dtype="int64")

    def floats(self, name: str) -> NDArray[np.float64]:
        return np.asarray(self.columns[name], dtype="float64")

    def degrees(self, name: str) -> NDArray[np.float64]:
        """A latitude or longitude, NaN where it is not known."""
        found = self.floats(name)
        return np.where(found == UNKNOWN, np.nan, found)


@dataclass(frozen=True, slots=True)
class Raw:
    """Every table of one revision; `today` in days since 1970."""

    revision: int
    today: int
    tables: Mapping[str, Table]

    def __getitem__(self, name: str) -> Table:
        return self.tables[name]
