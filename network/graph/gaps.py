"""What a gap is: its kind, its size with a range, how sure it is, what it rests on and what could be done. Values only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Kind(StrEnum):
    """One name a measure."""

    UNMET_DEMAND = "unmet-demand"
    BOTTLENECK = "bottleneck"
    LOW_ACCESS = "low-access"
    POOR_FOLLOW_THROUGH = "poor-follow-through"
    SINGLE_POINT = "single-point"
    STRUCTURAL_HOLE = "structural-hole"
    FRAGMENTATION = "fragmentation"
    SILENT_TIE = "silent-tie"
    INEQUITY = "inequity"
    NEXT_STEP = "next-step"


SHORTAGES = frozenset({Kind.UNMET_DEMAND, Kind.BOTTLENECK, Kind.LOW_ACCESS, Kind.INEQUITY})


class Unit(StrEnum):
    """What a size counts, a month."""

    PEOPLE = "people/month"
    PLACES = "places/month"
    REFERRALS = "referrals/month"


class Certainty(IntEnum):
    """Whether the gap is there at every setting, at the point one, or only at the harsh one; sorts firm first."""

    FIRM = 0
    LIKELY = 1
    POSSIBLE = 2


class Basis(IntEnum):
    """Where a figure comes from; the larger number is the weaker."""

    COUNTED = 0
    STATED = 1
    INFERRED = 2
    MODELLED = 3


class RefType(StrEnum):
    """What a subject is."""

    AREA = "area"
    NEED = "need"
    GROUP = "group"
    ORGANIZATION = "organization"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """A typed number: the measures know numbers only, names come in where a sentence is made."""

    type: RefType
    number: int

    def __str__(self) -> str:
        return f"{self.type}/{self.number}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A count, or a figure with its basis, that a row rests on."""

    what: str  # a stable code: "declined:full", "places", "need", "piece" …
    ref: Ref | None = None
    count: float | None = None
    low: float | None = None
    high: float | None = None
    basis: Basis | None = None
    years: str = ""  # of the source, "" for what this network counted itself
    counts_people: bool = False  # suppressed below eleven


@dataclass(frozen=True, slots=True)
class Action:
    """The cheapest repair: a verb, whom it is about, what it could gain in the unit of its gap, and a bound where one was computed."""

    verb: str
    subject: tuple[Ref, ...] = ()
    gain: float | None = None
    bound: float | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """One row of the report."""

    kind: Kind
    variant: str  # a finer kind, "" if none: "bridge", "dormant-agreement", "isolates"
    subject: tuple[Ref, ...]  # sorted
    unit: Unit
    people: float  # size at the point settings, in `unit`
    low: float  # at the mild settings
    high: float  # at the harsh settings; low ≤ people ≤ high
    basis: Basis  # the weakest input used
    recorded: int | None = None  # recorded gaps in the window, people; shown beside `people`, never added to it
    evidence: tuple[Evidence, ...] = ()
    action: Action | None = None
    simulated: bool = False

    def __post_init__(self) -> None:
        if not self.low <= self.people <= self.high:
            raise ValueError(f"a gap needs low ≤ people ≤ high, not {self.low}, {self.people}, {self.high}")
        if list(self.subject) != sorted(self.subject):
            raise ValueError("the subject of a gap is sorted, so that its id is its own")

    @property
    def certainty(self) -> Certainty:
        if self.low > 0:
            return Certainty.FIRM
        return Certainty.LIKELY if self.people > 0 else Certainty.POSSIBLE

    @property
    def id(self) -> str:
        """The same for the same kind, variant and subject, across revisions."""
        return gap_id(self.kind, self.variant, self.subject)


def gap_id(kind: Kind, variant: str, subject: Iterable[Ref]) -> str:
    """A short digest; `subject` is sorted."""
    text = "|".join([kind, variant, *map(str, subject)])
    return "g-" + hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def ranked(gaps: Iterable[Gap]) -> list[Gap]:
    """Firm before likely before possible, then the largest first; equal ones by id."""
    return sorted(gaps, key=lambda gap: (gap.certainty, -gap.people, -gap.low, gap.id))


@dataclass(frozen=True, slots=True)
class Settings:
    """Every default that nobody has calibrated, in one place; printed with each report.

    Each triple is (low, point, high). Sources and reasons: docs/gap-analysis.md.
    """

    window_days: int = 365
    recent_days: int = 90
    silent_after_days: int = 60
    help_share: tuple[float, float, float] = (0.01, 0.03, 0.08)  # of adults in distress who look for one kind of help in a month
    clinician_places: tuple[float, float, float] = (2.0, 4.0, 8.0)  # new people a clinician a month
    unknown_places: tuple[float, float, float] = (0.0, 5.0, 20.0)  # a kind of service without any evidence, places a month
    shrink: float = 10.0  # t of the Gamma(t, t) prior on an area's ratio of asked to expected
    stated_days: int = 90  # how long a stated capacity counts
    long_wait_days: int = 30  # a median wait above it says that a service is at its limit
    minutes: tuple[float, float, float] = (45.0, 30.0, 20.0)  # catchment at the mild, point and harsh settings
    km_per_hour: float = 50.0  # where only a distance is known
    bad_share: float = 0.25  # a row says something bad of a partner from this lower bound on
    least_ties: int = 5  # offers needed before anything is said of a tie
    agreement_days: int = 90  # an agreement younger than this is not dormant
    new_partner_days: int = 90
    first_picture: int = 30  # referrals needed before the network measures speak
    top_exact: int = 50  # rows of measures 1 and 2 whose ranges are solved exactly
    exact_arcs: int = 10_000_000  # that the searches of one measure may look at for it; rows beyond keep their outer limits
    most_rows: int = 1_000  # of one variant in a report: the foremost
    cell: int = 11  # a count of people below it is not shown
    assumptions: tuple[tuple[str, str], ...] = field(default=())  # what imported data made us assume: (name, value), shown as it is

    @property
    def months(self) -> float:
        return self.window_days / 30.4375
