"""A finished report and its rows as plain values: all that a reader of kept reports needs, without the measures and what they load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .gaps import Action, Basis, Evidence, Gap, Kind, Ref, RefType, Settings, Unit

if TYPE_CHECKING:
    from .shortages import Lacking


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
class Indicators:
    """The whole network in a few figures; None where one is undefined."""

    partners: int
    ties: int  # accepted, directed, in the window
    isolates: int  # neither sent nor received an offer in the window
    weak_components: int  # of two partners or more
    strong_components: int  # of two partners or more
    largest_share: float | None  # of partners in the largest weak component
    core_share: float | None  # of partners in the 3-core
    centralization: float | None  # Freeman's, of degree: star 1, ring 0
    reciprocity: float | None  # share of directed ties whose reverse exists
    recent_largest_share: float | None  # the same three in the last 90 days
    recent_core_share: float | None
    recent_reciprocity: float | None


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
