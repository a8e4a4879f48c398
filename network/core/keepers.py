"""Chains of work that must not break: whoever has one registers how it is begun again, and web processes ask each to see to its own."""

from __future__ import annotations

from collections.abc import Callable

from .logs import log

# By name, how a chain of tasks is begun again if it has broken; it does nothing where it has not.
KEEPERS: dict[str, Callable[[], object]] = {}


def register(name: str, begin_again: Callable[[], object]) -> None:
    KEEPERS[name] = begin_again


def keep_all() -> None:
    """Ask every keeper; one that fails stops no other, and is asked again in a minute."""
    for name, begin_again in KEEPERS.items():
        try:
            begin_again()
        except Exception as error:  # noqa: BLE001 - asked again in a minute
            log.warning(name, error=type(error).__name__)
