"""The report of one revision: every measure, ranked, with the figures, assumptions and limits that belong to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from .cohesion import Indicators, fragmentation_rows, indicators
from .gaps import SHORTAGES, Action, Basis, Evidence, Gap, Kind, Ref, RefType, Settings, Unit, ranked
from .partnerships import Windows
from .resilience import single_point_rows
from .snapshot import Snapshot
from .ties import silent_tie_rows

if TYPE_CHECKING:
    from .shortages import Lacking

T = TypeVar("T")


class TooLittle(StrEnum):
    """Why a part of the report is silent: an empty state in words, never a wrong number."""

    NO_ZONES = "no-zones"  # no area with a need: the shortages cannot be measured
    NO_SERVICES = "no-services"  # nobody offers anything yet: all need is unmet
    NO_PARTNERS = "no-partners"
    NO_TIES = "no-ties"  # "no partnerships recorded yet"
    FEW_REFERRALS = "few-referrals"  # fewer than `Settings.first_picture`: the network measures wait


@dataclass(frozen=True, slots=True)
class Totals:
    """What the network did in the window, and what one model says of the whole."""

    partners: int
    services: int
    zones: int
    agreements: int
    sent: int  # offers in the window
    accepted: int
    declined: int
    expired: int
    completed: int
    need: tuple[float, float, float]  # people a month: low, point, high
    places: tuple[float, float, float]  # places a month
    unmet: tuple[float, float, float]  # people a month, over all needs
    recorded: int  # people in the window: rejected, expired, searches without result


@dataclass(frozen=True, slots=True)
class Report:
    """Shortages and frictions as two lists, each ranked; sizes of different rows overlap and are never added."""

    revision: int
    simulated: bool
    shortages: tuple[Gap, ...]
    frictions: tuple[Gap, ...]
    totals: Totals
    indicators: Indicators
    too_little: tuple[TooLittle, ...]
    cut: tuple[str, ...]  # "kind/variant" of which only the foremost rows are kept
    settings: Settings
    seconds: Mapping[str, float] = field(default_factory=dict, compare=False)  # CPU seconds by measure
    all_unmet: Lacking | None = field(default=None, compare=False, repr=False)  # by area, of the rows that are cut as well; not kept

    @property
    def gaps(self) -> tuple[Gap, ...]:
        return self.shortages + self.frictions

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; the same report gives the same text, but for `seconds`."""
        return {
            "revision": self.revision,
            "simulated": self.simulated,
            "shortages": [gap_as_dict(gap) for gap in self.shortages],
            "frictions": [gap_as_dict(gap) for gap in self.frictions],
            "totals": {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self.totals).items()},
            "indicators": asdict(self.indicators),
            "too_little": [str(state) for state in self.too_little],
            "cut": list(self.cut),
            "settings": _listed(asdict(self.settings)),
            "seconds": dict(self.seconds),
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Report:
        """The report that `as_dict` wrote; KeyError or ValueError for anything else."""
        totals: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in kept["totals"].items()}
        return cls(
            revision=kept["revision"],
            simulated=kept["simulated"],
            shortages=tuple(map(gap_from_dict, kept["shortages"])),
            frictions=tuple(map(gap_from_dict, kept["frictions"])),
            totals=Totals(**totals),
            indicators=Indicators(**kept["indicators"]),
            too_little=tuple(map(TooLittle, kept["too_little"])),
            cut=tuple(kept["cut"]),
            settings=settings_from_dict(kept["settings"]),
            seconds=dict(kept["seconds"]),
        )


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listed(inner) for key, inner in value.items()}
    return [_listed(inner) for inner in value] if isinstance(value, tuple | list) else value


def settings_from_dict(kept: Mapping[str, Any]) -> Settings:
    """Settings from plain values; a name that there is no setting for is a ValueError, one left out has its default."""
    if strange := set(kept) - {entry.name for entry in fields(Settings)}:
        raise ValueError(f"no such setting: {', '.join(sorted(strange))}")
    return Settings(**{name: _tupled(value) for name, value in kept.items()})


def _tupled(value: Any) -> Any:
    return tuple(map(_tupled, value)) if isinstance(value, list | tuple) else value


def gap_as_dict(gap: Gap) -> dict[str, Any]:
    """A row as plain values, with its id and certainty."""
    return {
        "id": gap.id,
        "kind": str(gap.kind),
        "variant": gap.variant,
        "subject": [str(ref) for ref in gap.subject],
        "unit": str(gap.unit),
        "people": gap.people,
        "low": gap.low,
        "high": gap.high,
        "certainty": gap.certainty.name.lower(),
        "basis": gap.basis.name.lower(),
        "recorded": gap.recorded,
        "evidence": [_evidence_as_dict(entry) for entry in gap.evidence],
        "action": None if gap.action is None else _action_as_dict(gap.action),
        "simulated": gap.simulated,
    }


def _evidence_as_dict(entry: Evidence) -> dict[str, Any]:
    full = {
        "what": entry.what,
        "ref": None if entry.ref is None else str(entry.ref),
        "count": entry.count,
        "low": entry.low,
        "high": entry.high,
        "basis": None if entry.basis is None else entry.basis.name.lower(),
        "years": entry.years or None,
        "counts_people": entry.counts_people or None,
    }
    return {name: value for name, value in full.items() if value is not None}


def _action_as_dict(action: Action) -> dict[str, Any]:
    return {"verb": action.verb, "subject": [str(ref) for ref in action.subject], "gain": action.gain, "bound": action.bound}


BASES = {basis.name.lower(): basis for basis in Basis}


def gap_from_dict(kept: Mapping[str, Any]) -> Gap:
    """The row that `gap_as_dict` wrote."""
    action = kept["action"]
    return Gap(
        kind=Kind(kept["kind"]),
        variant=kept["variant"],
        subject=tuple(map(_ref, kept["subject"])),
        unit=Unit(kept["unit"]),
        people=kept["people"],
        low=kept["low"],
        high=kept["high"],
        basis=BASES[kept["basis"]],
        recorded=kept["recorded"],
        evidence=tuple(map(_evidence, kept["evidence"])),
        action=None if action is None else Action(action["verb"], tuple(map(_ref, action["subject"])), action["gain"], action["bound"]),
        simulated=kept["simulated"],
    )


def _evidence(kept: Mapping[str, Any]) -> Evidence:
    return Evidence(
        what=kept["what"],
        ref=_ref(kept["ref"]) if "ref" in kept else None,
        count=kept.get("count"),
        low=kept.get("low"),
        high=kept.get("high"),
        basis=BASES[kept["basis"]] if "basis" in kept else None,
        years=kept.get("years", ""),
        counts_people=kept.get("counts_people", False),
    )


@lru_cache(maxsize=50_000)
def _ref(text: str) -> Ref:
    """Rows speak of the same partners and areas again and again."""
    kind, number = text.split("/")
    return Ref(RefType(kind), int(number))


def report(snapshot: Snapshot, settings: Settings | None = None) -> Report:
    """Run measures 1, 2, 3, 5, 7 and 8 on a snapshot.

    Parameters
    ----------
    snapshot : Snapshot
    settings : Settings, optional
        The house values; printed with the report.

    Returns
    -------
    Report
        Deterministic: the same snapshot and settings give the same rows in the same order.

    Raises
    ------
    ValueError
        For amounts that are none, or too large to be counted, naming the first bad row.

    Notes
    -----
    Where there is too little to measure the report says so and the measures concerned give no rows: no zones, no partners, no ties,
    or fewer referrals than `Settings.first_picture`. Fragmentation and single points would then name nearly everybody.

    Examples
    --------
    >>> from network.graph.snapshot import Snapshot
    >>> found = report(Snapshot())
    >>> found.gaps, [str(state) for state in found.too_little]
    ((), ['no-zones', 'no-services', 'no-partners', 'no-ties'])
    """
    # Imported here: the flows bring scipy's solvers, which a reader of kept reports never needs.
    from .shortages import Corners, bottleneck_gaps, low_access_gaps, organization_losses, unmet_demand_rows

    rules = settings or Settings()
    clock, windows = _Clock(), Windows(snapshot)
    too_little = _too_little(snapshot, rules)
    rows: list[Gap] = []
    unmet, lacking = (0.0, 0.0, 0.0), None
    losses: list[tuple[int, float, float, float | None]] = []
    if TooLittle.NO_ZONES not in too_little:
        corners = clock("flow", lambda: Corners.of(snapshot, rules))
        unmet = (corners.mild.unmet, corners.point.unmet, corners.harsh.unmet)
        unplaced, lacking = clock(Kind.UNMET_DEMAND, lambda: unmet_demand_rows(snapshot, rules, corners))
        rows += unplaced
        rows += clock(Kind.BOTTLENECK, lambda: bottleneck_gaps(snapshot, rules, corners))
        rows += clock(Kind.LOW_ACCESS, lambda: low_access_gaps(snapshot, rules, corners))
        losses = list(clock("losses", lambda: organization_losses(snapshot, rules, solved=corners.point)))
    if not {TooLittle.NO_TIES, TooLittle.FEW_REFERRALS, TooLittle.NO_PARTNERS} & set(too_little):
        rows += clock(Kind.SINGLE_POINT, lambda: single_point_rows(snapshot, rules, losses, windows))
        rows += clock(Kind.FRAGMENTATION, lambda: fragmentation_rows(snapshot, rules, windows))
        rows += clock(Kind.SILENT_TIE, lambda: silent_tie_rows(snapshot, rules))
    figures = clock("indicators", lambda: indicators(snapshot, windows))
    kept, cut = _foremost(rows, rules.most_rows)
    return Report(
        revision=snapshot.revision,
        simulated=snapshot.simulated,
        shortages=tuple(gap for gap in kept if gap.kind in SHORTAGES),
        frictions=tuple(gap for gap in kept if gap.kind not in SHORTAGES),
        totals=_totals(snapshot, unmet),
        indicators=figures,
        too_little=too_little,
        cut=cut,
        settings=rules,
        seconds=clock.seconds,
        all_unmet=lacking,
    )


class _Clock:
    """CPU seconds by measure."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, what: str, run: Callable[[], T]) -> T:
        begun = time.process_time()
        result = run()
        self.seconds[str(what)] = round(time.process_time() - begun, 6)
        return result


def _too_little(snapshot: Snapshot, settings: Settings) -> tuple[TooLittle, ...]:
    sent = int(snapshot.tie_sent.sum())
    states = (
        (TooLittle.NO_ZONES, len(snapshot.zone_area) == 0),
        (TooLittle.NO_SERVICES, len(snapshot.service_id) == 0),
        (TooLittle.NO_PARTNERS, len(snapshot.org_id) == 0),
        (TooLittle.NO_TIES, sent == 0),
        (TooLittle.FEW_REFERRALS, 0 < sent < settings.first_picture),
    )
    return tuple(state for state, holds in states if holds)


def _foremost(rows: Iterable[Gap], most: int) -> tuple[list[Gap], tuple[str, ...]]:
    """The rows in their order, no more than `most` of one variant, and the variants that were cut."""
    kept: list[Gap] = []
    seen: dict[str, int] = {}
    for gap in ranked(rows):
        name = f"{gap.kind}/{gap.variant}"
        seen[name] = seen.get(name, 0) + 1
        if seen[name] <= most:
            kept.append(gap)
    return kept, tuple(sorted(name for name, count in seen.items() if count >= most))


def _totals(snapshot: Snapshot, unmet: tuple[float, float, float]) -> Totals:
    ended = (snapshot.zone_rejected, snapshot.zone_expired, snapshot.zone_unmatched)
    return Totals(
        partners=len(snapshot.org_id),
        services=len(snapshot.service_id),
        zones=len(snapshot.zone_area),
        agreements=len(snapshot.agreement_from),
        sent=int(snapshot.tie_sent.sum()),
        accepted=int(snapshot.tie_accepted.sum()),
        declined=int(snapshot.tie_declined.sum()),
        expired=int(snapshot.tie_expired.sum()),
        completed=int(snapshot.tie_completed.sum()),
        need=_triple(snapshot.zone_people),
        places=_triple(snapshot.service_places),
        unmet=unmet,
        recorded=int(sum(int(column.sum()) for column in ended)),
    )


def _triple(columns: Any) -> tuple[float, float, float]:
    low, point, high = columns.sum(0).tolist()
    return low, point, high
