"""Which services fit a need, in which order, and why: columns in, ranked rows and reasons out. docs/matching.md has the rule in words.

A hard failure makes a near miss. What fits is ordered by effort: a sum of few named parts, each in steps (one step is
worth ten kilometres). Efforts within one band are equals, and equals take turns: the least open work for their size
first, then who was asked longest ago, then by the day.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]

EARTH_KM = 6371.0
AGES = {"under-12": (0, 11), "12-17": (12, 17), "18-24": (18, 24), "25-64": (25, 64), "65-over": (65, 130)}
REMOTE = ("home-visits", "phone", "online")  # access terms that spare the person the way
HURRIED = frozenset({"urgent", "crisis"})
MONTHS = 6  # in which accepted offers are counted


class Failure(StrEnum):
    """Why a service cannot be asked for this; each makes a near miss."""

    NEED = "need_not_met"
    AGE = "wrong_age"
    LANGUAGE = "language_absent"
    TOO_FAR = "too_far"
    CATCHMENT = "outside_catchment"
    CLOSED = "closed"
    AGREEMENT = "agreement_missing"
    NETWORK = "not_on_network"


class Part(StrEnum):
    """The named parts of effort."""

    TRAVEL = "travel"
    LANGUAGE = "language"
    ACCESS = "access"
    CULTURE = "culture"
    AGE = "age"
    COST = "cost"
    PLACES = "places"
    ANSWER = "answer"
    HOURS = "hours"
    AGREEMENT = "agreement"
    FRESHNESS = "freshness"


class Free(StrEnum):
    """What is known of the cost, and the number that stands for it in a column."""

    UNKNOWN = "unknown"
    COSTS = "costs"
    FREE = "free"

    @property
    def number(self) -> int:
        return list(Free).index(self)


@dataclass(frozen=True, slots=True)
class Weights:
    """House values, in steps unless the name says otherwise."""

    km_a_step: float = 10.0
    unknown_travel: float = 2.0
    interpreter: float = 1.0
    no_language: float = 2.0
    access_missing: float = 2.0  # for each
    culture_missing: float = 1.0  # for each
    age_in_part: float = 0.5
    costs: float = 1.0
    cost_unknown: float = 0.25
    full: float = 3.0
    full_lately: float = 2.0
    places_unknown: float = 0.5
    wait_days_a_step: float = 14.0
    wait_at_most: float = 4.0
    prompt_days: float = 2.0  # an answer within these costs nothing
    answer_days_a_step: float = 5.0
    answer_at_most: float = 2.0
    silent_lately: float = 1.0
    declined_lately: float = 0.5  # for the language, or as outside the area
    closed_then: float = 1.0
    hours_unknown: float = 0.5
    no_agreement: float = 0.25
    stale: float = 0.5
    stated_days: float = 90.0  # as long a stated capacity counts
    confirmed_days: float = 180.0
    confirmed_lately_days: float = 30.0
    known_from: int = 5  # answers or acceptances from which a figure is said
    band: float = 0.5  # efforts within one band are equals
    haste: Mapping[str, float] = field(default_factory=lambda: {"": 1.0, "routine": 1.0, "soon": 1.5, "urgent": 2.0, "crisis": 3.0})


HOUSE = Weights()


@dataclass(frozen=True, slots=True)
class Want:
    """What somebody needs; nobody is named. What is not said is not asked of a service."""

    needs: tuple[str, ...]
    languages: tuple[str, ...] = ()  # one of them is enough
    language_is_required: bool = True
    access: tuple[str, ...] = ()
    populations: tuple[str, ...] = ()
    age_band: str = ""
    at: tuple[float, float] | None = None  # latitude, longitude
    within_km: float = math.inf
    urgency: str = ""
    is_timed: bool = False  # a moment was named, so hours count
    day: int = 0  # ordinal; turns among equals change with it


@dataclass(frozen=True, slots=True)
class Columns:
    """Services as columns of n rows. NaN: not known."""

    key: npt.NDArray[np.uint64]  # of the service: unique, and independent of the order of rows
    terms: Mapping[tuple[str, str], Flags]  # (scheme, code); a pair that is absent is met by none
    says_languages: Flags
    point_row: Rows  # locations that may be known: whose they are, ascending
    point_lat: Floats
    point_lon: Floats
    is_secret: Flags  # never located: a victim service, or confidential addresses alone
    minimum_age: Floats
    maximum_age: Floats
    free: npt.NDArray[np.int8]  # Free.number
    is_active: Flags
    on_network: Flags
    by_agreement_only: Flags
    has_agreement: Flags
    catchment_km: Floats
    confirmed_days: Floats  # since the organisation last confirmed the entry or its places
    places: Floats  # stated last, for new people
    places_days: Floats  # since then
    wait_days: Floats
    accepted: npt.NDArray[np.int64]  # within MONTHS
    open_work: npt.NDArray[np.int64]  # asked and unanswered, and held
    full_lately: npt.NDArray[np.int64]  # declines in the last 90 days, by reason
    language_lately: npt.NDArray[np.int64]
    area_lately: npt.NDArray[np.int64]
    silent_lately: npt.NDArray[np.int64]
    answers: npt.NDArray[np.int64]
    answer_days: Floats  # half of the answers came within these
    asked_days: Floats  # since it was last asked; infinite if never
    opens_in_hours: Floats  # from the moment wanted; 0 is open

    def __len__(self) -> int:
        return len(self.key)

    def having(self, scheme: str, code: str) -> Flags:
        found = self.terms.get((scheme, code))
        return np.zeros(len(self), np.bool_) if found is None else found


@dataclass(frozen=True, slots=True)
class Reason:
    """One fact for or against, by its code; `about` is a code of the taxonomy, numbers are in the unit that the code implies."""

    part: Part | Failure
    code: str
    about: str = ""
    number: float | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Rows that fit, best first, and near misses, nearest first; with all that the order was made of."""

    fits: Rows
    near: Rows
    km: Floats  # NaN: not known, or never told
    failures: Mapping[Failure, Flags]
    parts: Mapping[Part, Floats]  # steps
    band: Floats
    load: Floats  # open work for each place


def rank(columns: Columns, want: Want, weights: Weights = HOUSE) -> Ranking:
    """Order all rows at once. Cost O(n log n) and a pass over the n rows for each thing wanted; oracle: the plain loop of the tests."""
    km = distances(columns, want)
    failures = _failures(columns, want, km)
    parts = _parts(columns, want, km, weights)
    effort = np.zeros(len(columns))
    for part in parts.values():
        effort += part
    band = np.floor(effort / weights.band)
    load = columns.open_work / np.maximum(1.0, _size(columns, weights))
    count = np.zeros(len(columns), np.int64)
    for failed in failures.values():
        count += failed
    order = np.lexsort((turns(columns.key, want.day), effort, -columns.asked_days, load, band, count))
    failed_in_order = count[order] > 0
    near = order[failed_in_order]
    meets_any = np.zeros(len(columns), np.bool_)
    for need in want.needs:
        meets_any |= columns.having("need", need)
    return Ranking(order[~failed_in_order], near[meets_any[near]], km, failures, parts, band, load)


def turns(key: npt.NDArray[np.uint64], day: int) -> npt.NDArray[np.uint64]:
    """A number for each key that nobody chose and that changes by the day (splitmix64)."""
    z = key + np.uint64((day * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def distances(columns: Columns, want: Want) -> Floats:
    """Great-circle km from the place wanted to the nearest location of each row, to a tenth: what is read is what orders."""
    far = np.full(len(columns), np.inf)
    if want.at is not None and len(columns.point_row):
        lat, lon = math.radians(want.at[0]), math.radians(want.at[1])
        there = np.radians(columns.point_lat)
        half = np.sin((there - lat) / 2) ** 2 + math.cos(lat) * np.cos(there) * np.sin((np.radians(columns.point_lon) - lon) / 2) ** 2
        km = 2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
        np.minimum.at(far, columns.point_row, np.floor(km * 10 + 0.5) / 10)
    return np.where(columns.is_secret | np.isinf(far), np.nan, far)


def is_remote(columns: Columns) -> Flags:
    remote = np.zeros(len(columns), np.bool_)
    for code in REMOTE:
        remote |= columns.having("access", code)
    return remote


def speaks(columns: Columns, want: Want) -> Flags:
    spoken = np.zeros(len(columns), np.bool_)
    for code in want.languages:
        spoken |= columns.having("language", code)
    return spoken


def _size(columns: Columns, weights: Weights) -> Floats:
    """Places as stated, while that counts; else people accepted a month."""
    return np.where(_is_stated(columns, weights), columns.places, columns.accepted / MONTHS)


def _is_stated(columns: Columns, weights: Weights) -> Flags:
    # A comparison with NaN is false: never stated is not stated.
    return columns.places_days <= weights.stated_days


def _failures(columns: Columns, want: Want, km: Floats) -> dict[Failure, Flags]:
    none = np.zeros(len(columns), np.bool_)
    unmet = none.copy()
    for need in want.needs:
        unmet |= ~columns.having("need", need)
    wrong_age = none
    if want.age_band:
        low, high = AGES[want.age_band]
        wrong_age = (columns.minimum_age > high) | (columns.maximum_age < low)
    absent = none
    if want.languages and want.language_is_required:
        absent = columns.says_languages & ~speaks(columns, want) & ~columns.having("access", "interpreter")
    needs_travel = ~is_remote(columns)
    return {
        Failure.NEED: unmet, Failure.AGE: wrong_age, Failure.LANGUAGE: absent, Failure.TOO_FAR: needs_travel & (km > want.within_km),
        Failure.CATCHMENT: km > columns.catchment_km, Failure.CLOSED: ~columns.is_active,
        Failure.AGREEMENT: columns.by_agreement_only & ~columns.has_agreement, Failure.NETWORK: ~columns.on_network,
    }  # fmt: skip


def _parts(columns: Columns, want: Want, km: Floats, weights: Weights) -> dict[Part, Floats]:
    none = np.zeros(len(columns))
    haste = weights.haste[want.urgency]
    missing = none.copy()
    for code in want.access:
        missing += ~columns.having("access", code)
    strange = none.copy()
    for code in want.populations:
        strange += ~columns.having("population", code)
    return {
        Part.TRAVEL: _travel(columns, want, km, weights),
        Part.LANGUAGE: _language(columns, want, weights),
        Part.ACCESS: missing * weights.access_missing,
        Part.CULTURE: strange * weights.culture_missing,
        Part.AGE: _age_in_part(columns, want) * weights.age_in_part,
        Part.COST: np.array([weights.cost_unknown, weights.costs, 0.0])[columns.free],
        Part.PLACES: _places(columns, weights) * haste,
        Part.ANSWER: _answer(columns, weights) * haste,
        Part.HOURS: _hours(columns, want, weights),
        Part.AGREEMENT: np.where(columns.has_agreement, 0.0, weights.no_agreement),
        Part.FRESHNESS: np.where(columns.confirmed_days <= weights.confirmed_days, 0.0, weights.stale),
    }


def _travel(columns: Columns, want: Want, km: Floats, weights: Weights) -> Floats:
    if want.at is None:
        return np.zeros(len(columns))
    way = np.where(np.isnan(km), weights.unknown_travel, km / weights.km_a_step)
    way = np.where(is_remote(columns) | columns.is_secret, 0.0, way)
    steps: Floats = way + (columns.area_lately > 0) * weights.declined_lately
    return steps


def _language(columns: Columns, want: Want, weights: Weights) -> Floats:
    if not want.languages:
        return np.zeros(len(columns))
    otherwise = np.where(columns.having("access", "interpreter"), weights.interpreter, weights.no_language)
    steps: Floats = np.where(speaks(columns, want), 0.0, otherwise) + (columns.language_lately > 0) * weights.declined_lately
    return steps


def _age_in_part(columns: Columns, want: Want) -> Flags:
    if not want.age_band:
        return np.zeros(len(columns), np.bool_)
    low, high = AGES[want.age_band]
    return (columns.minimum_age > low) | (columns.maximum_age < high)


def _places(columns: Columns, weights: Weights) -> Floats:
    wait = np.minimum(np.nan_to_num(columns.wait_days) / weights.wait_days_a_step, weights.wait_at_most)
    stated = np.where(columns.places == 0, weights.full, 0.0) + wait
    known = columns.accepted >= weights.known_from
    inferred = np.where(known, 0.0, weights.places_unknown)
    steps: Floats = np.where(_is_stated(columns, weights), stated, inferred) + (columns.full_lately > 0) * weights.full_lately
    return steps


def _answer(columns: Columns, weights: Weights) -> Floats:
    late = np.clip((columns.answer_days - weights.prompt_days) / weights.answer_days_a_step, 0.0, weights.answer_at_most)
    known = np.where(columns.answers >= weights.known_from, np.nan_to_num(late), 0.0)
    steps: Floats = known + (columns.silent_lately > 0) * weights.silent_lately
    return steps


def _hours(columns: Columns, want: Want, weights: Weights) -> Floats:
    if not hours_count(want):
        return np.zeros(len(columns))
    return np.where(np.isnan(columns.opens_in_hours), weights.hours_unknown, (columns.opens_in_hours > 0) * weights.closed_then)


def hours_count(want: Want) -> bool:
    return want.is_timed or want.urgency in HURRIED


# -- reasons, for the rows that are shown ------------------------------------------------------------------------------------


def missing(columns: Columns, want: Want, ranking: Ranking, row: int) -> tuple[Reason, ...]:
    """Why a near miss is one."""
    found = []
    for failure, failed in ranking.failures.items():
        if failed[row]:
            found += _why_failed(failure, columns, want, ranking, row)
    return tuple(found)


def _why_failed(failure: Failure, columns: Columns, want: Want, ranking: Ranking, row: int) -> list[Reason]:
    numbers: dict[Failure, Floats] = {Failure.TOO_FAR: ranking.km, Failure.CATCHMENT: columns.catchment_km}
    if failure is Failure.NEED:
        return [Reason(failure, failure.value, need) for need in want.needs if not columns.having("need", need)[row]]
    if failure is Failure.AGE:
        if columns.maximum_age[row] < AGES[want.age_band][0]:
            return [Reason(failure, "up_to_age", number=float(columns.maximum_age[row]))]
        return [Reason(failure, "from_age", number=float(columns.minimum_age[row]))]
    if failure is Failure.LANGUAGE:
        return [Reason(failure, failure.value, want.languages[0])]
    return [Reason(failure, failure.value, number=float(numbers[failure][row]) if failure in numbers else None)]


@dataclass(frozen=True, slots=True)
class Explained:
    """What speaks for a row, and what against it."""

    pro: tuple[Reason, ...]
    contra: tuple[Reason, ...]


def explain(columns: Columns, want: Want, ranking: Ranking, row: int, weights: Weights = HOUSE) -> Explained:
    """Every fact that counted, as a reason for or against; never both."""
    pro: list[Reason] = [Reason(Failure.NEED, "meets_need", need) for need in want.needs if columns.having("need", need)[row]]
    contra: list[Reason] = []
    for weigh in (_on_travel, _on_language, _on_terms, _on_age, _on_cost, _on_places, _on_answer, _on_hours, _on_agreement, _on_freshness):
        for reason, speaks_for in weigh(columns, want, ranking, row, weights):
            (pro if speaks_for else contra).append(reason)
    return Explained(tuple(pro), tuple(contra))


Weighed = list[tuple[Reason, bool]]


def _on_travel(columns: Columns, want: Want, ranking: Ranking, row: int, weights: Weights) -> Weighed:
    found: Weighed = []
    remote = next((code for code in REMOTE if columns.having("access", code)[row]), None)
    km = float(ranking.km[row])
    if remote is not None:
        found.append((Reason(Part.TRAVEL, "no_travel", remote), True))
    elif want.at is not None and bool(columns.is_secret[row]):
        found.append((Reason(Part.TRAVEL, "confidential_place"), True))
    elif want.at is not None and math.isnan(km):
        found.append((Reason(Part.TRAVEL, "place_unknown"), False))
    elif want.at is not None:
        found.append((Reason(Part.TRAVEL, "distance", number=km), km <= min(weights.km_a_step, want.within_km)))
    if want.at is not None and columns.area_lately[row]:
        found.append((Reason(Part.TRAVEL, "declined_area_lately", "lately"), False))
    return found


def _on_language(columns: Columns, want: Want, ranking: Ranking, row: int, weights: Weights) -> Weighed:
    if not want.languages:
        return []
    found: Weighed = []
    spoken = next((code for code in want.languages if columns.having("language", code)[row]), None)
    if spoken is not None:
        found.append((Reason(Part.LANGUAGE, "speaks", spoken), True))
    elif columns.having("access", "interpreter")[row]:
        found.append((Reason(Part.LANGUAGE, "interpreter", want.languages[0]), False))
    else:
        code = "language_missing" if columns.says_languages[row] else "languages_unknown"
        found.append((Reason(Part.LANGUAGE, code, want.languages[0]), False))
    if columns.language_lately[row]:
        found.append((Reason(Part.LANGUAGE, "declined_language_lately", "lately"), False))
    return found


def _on_terms(columns: Columns, want: Want, ranking: Ranking, row: int, weights: Weights) -> Weighed:
    found: Weighed = []
    for part, scheme, codes in ((Part.ACCESS, "access", want.access), (Part.CULTURE, "population", want.populations)):
        for code in dict.fromkeys(codes):
            has = bool(columns.having(scheme, code)[row])
            found.append((Reason(part, f"{scheme}_offered" if has else f"{scheme}_not_stated", code), has))
    return found


def _on_age(columns: Columns, want: Want, ranking: Ranking, row: int, weights: Weights) -> Weighed:
    if not want.age_band:
        return []
    if not _age_in_part(columns, want)[row]:
        has_limits = not (math.isnan(columns.minimum_age[row]) and math.isnan(columns.maximum_age[row]))
        return [(Reason(Part.AGE, "age_fits"), True)] if has_limits else []
    low, _ = AGES[want.age_band]
    if columns.minimum_age[row] > low:
        return [(Reason(Part.AGE, "only_from_age", number=float(columns.minimum_age[row])), False)]
    return [(Reason(Part.AGE, "only_up_to_age", number=float(columns.maximum_age[row])), False)]


def _on_cost(columns: Columns, want: Want, ranking: Ranking, row: int, weights: Weights) -> Weighed:
    known = list(Free)[int(columns.free[row])]
    return [(Reason(Part.COST, {Free.FREE: "free", Free.COSTS: "costs", Free.UNKNOWN: "cost_unknown"}[known]), known is Free.FREE)]


def _on_places(columns: Columns, want: Want, ranking: Ranking, row: int, weights: Weights) -> Weighed:
    found: Weighed = []
    if _is_stated(columns, weights)[row]:
        places, wait = float(columns.places[row]), float(columns.wait_days[row])
        if places == 0:
            found.append((Reason(Part.PLACES, "full"), False))
        else:
            found.append((Reason(Part.PLACES, "free_places", number=places), True))
        if wait > 0:
            found.append((Reason(Part.PLACES, "wait", "wait", wait), wait <= weights.wait_days_a_step))
    elif columns.accepted[row] >= weights.known_from:
        found.append((Reason(Part.PLACES, "accepts_a_month", number=round(columns.accepted[row] / MONTHS, 1)), True))
    else:
        found.append((Reason(Part.PLACES, "places_unknown"), False))
    if columns.full_lately[row]:
        found.append((Reason(Part.PLACES, "full_lately", "lately"), False))
    return found


def _on_answer(columns: Columns, want: Want, ranking: Ranking, row: int, weights: Weights) -> Weighed:
    found: Weighed = []
    days = float(columns.answer_days[row])
    if columns.answers[row] >= weights.known_from and not math.isnan(days):
        found.append((Reason(Part.ANSWER, "answers_within", number=days), days <= weights.prompt_days))
    if columns.silent_lately[row]:
        found.append((Reason(Part.ANSWER, "silent_lately", "lately"), False))
    return found


def _on_hours(columns: Columns, want: Want, ranking: Ranking, row: int, weights: Weights) -> Weighed:
    if not hours_count(want):
        return []
    hours = float(columns.opens_in_hours[row])
    if math.isnan(hours):
        return [(Reason(Part.HOURS, "hours_unknown"), False)]
    return [(Reason(Part.HOURS, "opens_in", number=hours), False)] if hours > 0 else [(Reason(Part.HOURS, "open_then"), True)]


def _on_agreement(columns: Columns, want: Want, ranking: Ranking, row: int, weights: Weights) -> Weighed:
    return [(Reason(Part.AGREEMENT, "agreement"), True)] if columns.has_agreement[row] else []


def _on_freshness(columns: Columns, want: Want, ranking: Ranking, row: int, weights: Weights) -> Weighed:
    days = float(columns.confirmed_days[row])
    if math.isnan(days):
        return [(Reason(Part.FRESHNESS, "never_confirmed"), False)]
    if days > weights.confirmed_days:
        return [(Reason(Part.FRESHNESS, "confirmed_long_ago", number=days), False)]
    return [(Reason(Part.FRESHNESS, "confirmed", number=days), True)] if days <= weights.confirmed_lately_days else []


def why_not_first(ranking: Ranking, row: int, columns: Columns) -> tuple[Reason, ...]:
    """What the first has over this row: the two parts that differ most, or what decided between equals."""
    if not len(ranking.fits) or row == ranking.fits[0]:
        return ()
    first = int(ranking.fits[0])
    if ranking.band[row] == ranking.band[first]:
        if ranking.load[row] > ranking.load[first]:
            return (Reason(Part.PLACES, "equal_but_more_work"),)
        if columns.asked_days[row] < columns.asked_days[first]:
            return (Reason(Part.ANSWER, "equal_but_asked_later"),)
    lead = {part: float(steps[row] - steps[first]) for part, steps in ranking.parts.items()}
    most = sorted((part for part in lead if lead[part] > 0), key=lambda part: -lead[part])
    return tuple(Reason(part, f"first_{part.value}") for part in most[:2]) or (Reason(Part.ANSWER, "equal_by_turn"),)
