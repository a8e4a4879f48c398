"""What every sentence needs: the reader's language, the names that they may read, and how a number is said.

Every sentence holds one plural number. `ngettext` is a parameter, so that a page passes its own language; messages are found by that name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from gettext import ngettext

from .gaps import Ref, RefType, Settings
from .privacy import CELL, suppressed

NGettext = Callable[[str, str, int], str]
plain: NGettext = ngettext  # no language but the messages' own
MONTHS = Settings().months
FORM = 100  # the number whose plural form stands where a sentence has no number of its own


@dataclass(frozen=True, slots=True)
class Words:
    """The reader's language and the names that they may read."""

    names: Mapping[Ref, str]
    ngettext: NGettext = plain
    months: float = MONTHS  # in the window

    def name(self, ref: Ref | None) -> str:
        """The name, or what stands for one that is not to be known."""
        ngettext = self.ngettext
        if ref is not None and ref in self.names:
            return self.names[ref]
        unnamed = {
            RefType.AREA: ngettext("an area", "an area", 1),
            RefType.NEED: ngettext("help", "help", 1),
            RefType.GROUP: ngettext("a group", "a group", 1),
            RefType.ORGANIZATION: ngettext("a partner that is not named", "a partner that is not named", 1),
            RefType.SERVICE: ngettext("a confidential service", "a confidential service", 1),
        }
        return unnamed[RefType.SERVICE if ref is None else ref.type]

    def first(self, refs: tuple[Ref, ...], kind: RefType) -> Ref | None:
        return next((ref for ref in refs if ref.type is kind), None)

    def need(self, refs: tuple[Ref, ...]) -> str:
        return self.name(self.first(refs, RefType.NEED) or Ref(RefType.NEED, -1))

    def amount(self, value: float) -> str:
        """People who were counted; of fewer than eleven only that there are so few."""
        if suppressed(value):
            return self.ngettext("fewer than {limit}", "fewer than {limit}", CELL).format(limit=CELL)
        return f"{whole(value):,}"

    def size(self, value: float, *, counted: bool = False) -> str:
        """So many a month. Where that is a count of people in other words, and of fewer than eleven, only that there are so few."""
        if counted and suppressed(value * self.months):
            limit = math.ceil(CELL / self.months)
            return self.ngettext("fewer than {limit}", "fewer than {limit}", limit).format(limit=limit)
        return figure(value)

    def form(self, value: float, *, counted: bool = False) -> int:
        """The number that decides the plural of a size; a part of one has the plural."""
        if counted and suppressed(value * self.months):
            return math.ceil(CELL / self.months)
        return math.floor(value) + 2 if "." in figure(value) else round(value)


def figure(value: float) -> str:
    """One decimal below ten; a little is not nothing."""
    if not 0 < value < 9.95:
        return f"{round(value):,}"
    return f"{max(value, 0.1):.1f}".removesuffix(".0")


def whole(value: float) -> int:
    """The nearest whole number; a little is not nothing."""
    return math.ceil(value) if 0 < value < 1 else round(value)


def form_of(value: float) -> int:
    """The number that decides the plural of a count: of "fewer than 11" it is 11."""
    return CELL if suppressed(value) else whole(value)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
