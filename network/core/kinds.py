"""What can be recorded: each kind of event, registered once with its class and what it may reach."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from .actor import Actor


class Class(StrEnum):
    """What an event is about, and so who acts on it."""

    WORK = "work"
    ACCESS = "access"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Kind:
    """`<type>.<verb>`, and whether a frame or a webhook may tell of it."""

    name: str
    subject: str
    klass: Class
    frame: bool
    webhook: bool


Visible = Callable[[Actor, Iterable[UUID]], set[UUID]]
KINDS: dict[str, Kind] = {}
VISIBLE: dict[str, Visible] = {}


def register(subject: str, klass: Class, *names: str, frame: bool = True, webhook: bool = True) -> None:
    """Allow `names` to be recorded about `subject`."""
    for name in names:
        KINDS[name] = Kind(name, subject, klass, frame and klass is not Class.AUDIT, webhook and klass is not Class.AUDIT)


def register_subject(subject: str, model: Any) -> None:
    """Say which model's `visible_to` decides who may see events about this type."""

    def visible(actor: Actor, ids: Iterable[UUID]) -> set[UUID]:
        return set(model.objects.visible_to(actor).filter(pk__in=set(ids)).values_list("pk", flat=True))

    VISIBLE[subject] = visible
