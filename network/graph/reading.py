"""What of a report a reader may see: coordinators all of it, others what speaks of areas, and of their own organisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from network.core.actor import Actor
from network.partners.revision import revision

from . import actions
from .gaps import SHORTAGES, Gap, Kind, Ref, RefType, Settings
from .models import GapReport, State
from .names import numbers_of
from .privacy import is_few, published
from .results import Report

OF_PARTNERS = frozenset({RefType.ORGANIZATION, RefType.SERVICE})


def reads_reports(actor: Actor) -> bool:
    """Whether the gap analysis is there for this actor at all."""
    return bool(actor.coordinates) or (bool(actor.organizations) and actor.may("reports.read"))


@dataclass(frozen=True, slots=True)
class Kept:
    """A report that is ready, as one reader may see it."""

    row: GapReport
    report: Report
    actor: Actor
    own: frozenset[int]  # numbers of the reader's organisations
    present: int  # the revision now
    sources: tuple[Mapping[str, str], ...] = ()  # of the figures of areas

    @property
    def as_of(self) -> datetime:
        if self.row.ready_at is None:
            raise AssertionError("a report that is ready has its time")
        return self.row.ready_at

    @property
    def behind(self) -> int:
        """Changes since."""
        return max(0, self.present - (self.row.revision or 0))

    @property
    def sees_all(self) -> bool:
        return bool(self.actor.coordinates)

    @property
    def drawn(self) -> dict[str, Any]:
        """Columns of the map, of the same revision as the rows."""
        return _drawn(self.row.pk)

    def is_few(self, gap: Gap) -> bool:
        """A size that is a count of people in other words, and of fewer than eleven in the window."""
        return is_few(gap, self.report.settings.months, self.report.settings.cell)

    def shortages(self) -> list[Gap]:
        return [self.shown(gap) for gap in self.report.shortages]

    def frictions(self) -> list[Gap]:
        return [self.shown(gap) for gap in self.open_frictions()]

    def open_frictions(self) -> list[Gap]:
        """Those that name partners are theirs and the coordinators'; not yet without their small counts."""
        return [gap for gap in self.report.frictions if self.sees_all or self._is_own(gap)]

    def gap(self, key: str) -> Gap | None:
        found = next((gap for gap in (*self.report.shortages, *self.open_frictions()) if gap.id == key), None)
        return None if found is None else self.shown(found)

    def _is_own(self, gap: Gap) -> bool:
        return any(ref.type is RefType.ORGANIZATION and ref.number in self.own for ref in gap.subject)

    def shown(self, gap: Gap) -> Gap:
        """The row without small counts of people; for others than coordinators without what it says of single partners."""
        rules = self.report.settings
        few = self.is_few(gap)
        evidence = tuple(published(entry, rules.cell, rules.months, few=few) for entry in gap.evidence)
        if few and gap.action is not None:
            gap = replace(gap, action=replace(gap.action, gain=None, bound=None))
        if self.sees_all or self._is_own(gap):
            return replace(gap, evidence=evidence)
        kept = tuple(entry for entry in evidence if entry.ref is None or entry.ref.type not in OF_PARTNERS)
        action = gap.action if gap.action is None or not any(ref.type in OF_PARTNERS for ref in gap.action.subject) else None
        return replace(gap, evidence=kept, action=action)


def newest(actor: Actor, settings: str = actions.STANDARD, month: str = "") -> Kept | None:
    """The last complete report for these settings, or the last one of a month (YYYY-MM). Asks for one if there is none."""
    rows = GapReport.objects.filter(settings_key=settings, state=State.READY)
    if month:
        year, _, number = month.partition("-")
        rows = rows.filter(ready_at__year=int(year), ready_at__month=int(number))
    row = rows.defer("body").order_by("-ready_at").first()
    if row is None:
        if settings == actions.STANDARD and not month:
            actions.want(Settings())
        return None
    return _kept(row, actor)


def one(actor: Actor, pk: UUID) -> Kept | None:
    """The report of this id, for coordinators: a map asks for the one that the table beside it was drawn from."""
    row = GapReport.objects.visible_to(actor).filter(pk=pk, state=State.READY).defer("body").first()
    return None if row is None else _kept(row, actor)


def _kept(row: GapReport, actor: Actor) -> Kept:
    report, sources = _opened(row.pk)
    return Kept(row, report, actor, frozenset(numbers_of(actor.organizations)), revision(), sources)


@lru_cache(maxsize=4)
def _opened(pk: UUID) -> tuple[Report, tuple[Mapping[str, str], ...]]:
    """The rows of one report and its sources. It never changes once it is ready, so a process opens it once."""
    rows, sources = GapReport.objects.values_list("body__report", "body__sources").get(pk=pk)
    return Report.from_dict(rows), tuple(sources or ())


@lru_cache(maxsize=4)
def _drawn(pk: UUID) -> dict[str, Any]:
    return dict(GapReport.objects.values_list("body__map", flat=True).get(pk=pk))


def months() -> list[str]:
    """Months of which a report is kept, the newest first."""
    times = GapReport.objects.filter(settings_key=actions.STANDARD, state=State.READY).values_list("ready_at", flat=True)
    return sorted({f"{at:%Y-%m}" for at in times if at is not None}, reverse=True)


def is_preparing(settings: str = actions.STANDARD) -> bool:
    return GapReport.objects.filter(settings_key=settings, state__in=[State.WANTED, State.RUNNING]).exists()


def last_failure(settings: str = actions.STANDARD) -> str:
    """Why the last run gave nothing: deadline, memory or error; empty if it did, or if one is on its way."""
    last = GapReport.objects.filter(settings_key=settings).order_by("-wanted_at").values_list("state", "failure").first()
    return last[1] if last and last[0] == State.FAILED else ""


def assumptions_of(settings: str) -> Settings:
    """The settings behind a key, as far as any report still knows them; the standard ones otherwise."""
    changed = GapReport.objects.filter(settings_key=settings).order_by("-wanted_at").values_list("settings", flat=True).first()
    return actions.settings_of(changed or {})


@dataclass(frozen=True, slots=True)
class Chosen:
    """Filters of a list of rows; numbers, empty for all."""

    kinds: frozenset[Kind] = frozenset()
    need: int | None = None
    area: int | None = None
    group: int | None = None
    shortages: bool | None = None

    def of(self, gaps: Sequence[Gap]) -> list[Gap]:
        return [gap for gap in gaps if self._takes(gap)]

    def _takes(self, gap: Gap) -> bool:
        if self.kinds and gap.kind not in self.kinds:
            return False
        if self.shortages is not None and (gap.kind in SHORTAGES) is not self.shortages:
            return False
        wanted = ((RefType.NEED, self.need), (RefType.AREA, self.area), (RefType.GROUP, self.group))
        return all(number is None or Ref(kind, number) in gap.subject for kind, number in wanted)
