"""Conditions that stand in many constraints, by the names people use for them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from django.db.models import Q


def all_or_none(*fields: str) -> Q:
    """Either every one of `fields` is set, or none."""
    return Q(**{f"{field}__isnull": False for field in fields}) | Q(**{f"{field}__isnull": True for field in fields})


def iff(one: Q, other: Q) -> Q:
    """Both hold, or neither does."""
    return (one & other) | (~one & ~other)


def one_of(field: str, values: Iterable[Enum]) -> Q:
    """`field` holds one of the values of an enumeration."""
    return Q(**{f"{field}__in": [member.value for member in values]})
