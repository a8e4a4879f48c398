"""Names and public ids of what a report speaks of: the measures know numbers only, which nobody is shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, F, Model, QuerySet, Value, When
from django.db.models.functions import Concat

from network.core.actor import Actor
from network.partners.models import Area, Organization, Service, TaxonomyTerm

from .figures import UNDETERMINED
from .gaps import Gap, Ref, RefType


@dataclass(frozen=True, slots=True)
class Named:
    """What a reader may know of a number."""

    id: UUID
    name: str
    is_said: bool = True  # False: stands for what nobody said, and is no part of a sentence


def refs_of(gaps: Iterable[Gap]) -> set[Ref]:
    """Everything that rows speak of: subjects, evidence and repairs."""
    found: set[Ref] = set()
    for gap in gaps:
        found.update(gap.subject)
        found.update(entry.ref for entry in gap.evidence if entry.ref is not None)
        if gap.action is not None:
            found.update(gap.action.subject)
    return found


def names_of(refs: Collection[Ref], actor: Actor) -> dict[Ref, Named]:
    """One query for each type. Victim services and what they offer are named to nobody but themselves."""
    wanted: dict[RefType, set[int]] = defaultdict(set)
    for ref in refs:
        wanted[ref.type].add(ref.number)
    found: dict[Ref, Named] = {}
    for kind, rows in _tables(actor).items():
        numbers = wanted.get(kind)
        if numbers:
            for pk, number, name, more in rows.filter(number__in=numbers).values_list("pk", "number", *COLUMNS[kind]):
                found[Ref(kind, number)] = _named(kind, pk, name, more)
    return found


# What is said of each, and what decides how.
COLUMNS = {
    RefType.AREA: ("full_name", "region"),
    RefType.NEED: ("label", "code"),
    RefType.GROUP: ("label", "code"),
    RefType.ORGANIZATION: ("name", "source"),
    RefType.SERVICE: ("name", "organization__name"),
}


def _named(kind: RefType, pk: UUID, name: str, more: str) -> Named:
    if kind is RefType.GROUP:
        return Named(pk, name, is_said=more != UNDETERMINED)
    if kind is RefType.SERVICE and more not in name:
        # Many partners call a service by its need alone.
        return Named(pk, f"{name} ({more})")
    return Named(pk, name)


def area_names() -> QuerySet[Any]:
    """Areas with their `full_name`: the region belongs to it where areas of several are known, for thirty states have a Washington."""
    several = len(Area.objects.exclude(region="").values_list("region", flat=True).order_by().distinct()[:2]) > 1
    with_region = Concat(F("name"), Value(", "), F("region"))
    name = Case(When(region="", then=F("name")), default=with_region) if several else F("name")
    return Area.objects.annotate(full_name=name)


def _tables(actor: Actor) -> dict[RefType, QuerySet[Model]]:
    open_names = Organization.objects.filter(is_victim_service=False) | Organization.objects.filter(pk__in=actor.organizations)
    terms = TaxonomyTerm.objects.all()
    return {
        RefType.AREA: area_names(),
        RefType.NEED: terms,
        RefType.GROUP: terms,
        RefType.ORGANIZATION: open_names,
        RefType.SERVICE: Service.objects.filter(organization__in=open_names.values("pk")),
    }


def numbers_of(organizations: Iterable[UUID]) -> set[int]:
    return set(Organization.objects.filter(pk__in=organizations).values_list("number", flat=True))
