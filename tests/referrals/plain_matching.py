"""Matching said again as a plain loop over one service at a time: the oracle of the array code, and the reference of its benchmark."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random

import numpy as np

from network.referrals.matching import AGES, EARTH_KM, HOUSE, HURRIED, MONTHS, REMOTE, Columns, Free, Want, Weights

NEEDS = ("housing-support", "food", "counselling")
SPOKEN = ("en", "es", "ar")
ACCESS = ("step-free", "evenings", "phone", "interpreter")
POPULATIONS = ("veterans", "young-people")
WORD = 0xFFFFFFFFFFFFFFFF


@dataclass
class Plain:
    """One service, with what is known of it; None: not known."""

    key: int
    terms: set = field(default_factory=lambda: {("need", "housing-support")})
    spoken: set = field(default_factory=set)
    points: list = field(default_factory=list)
    is_secret: bool = False
    minimum_age: float | None = None
    maximum_age: float | None = None
    free: Free = Free.UNKNOWN
    is_active: bool = True
    on_network: bool = True
    by_agreement_only: bool = False
    has_agreement: bool = False
    catchment_km: float | None = None
    confirmed_days: float | None = None
    places: float | None = None
    places_days: float | None = None
    wait_days: float | None = None
    accepted: int = 0
    open_work: int = 0
    full_lately: int = 0
    language_lately: int = 0
    area_lately: int = 0
    silent_lately: int = 0
    answers: int = 0
    answer_days: float | None = None
    asked_days: float = math.inf
    opens_in_hours: float | None = None

    def has(self, scheme, code):
        return code in self.spoken if scheme == "language" else (scheme, code) in self.terms


FLOATS = (
    "minimum_age", "maximum_age", "catchment_km", "confirmed_days", "places", "places_days", "wait_days", "answer_days", "asked_days",
    "opens_in_hours",
)  # fmt: skip
COUNTS = ("accepted", "open_work", "full_lately", "language_lately", "area_lately", "silent_lately", "answers")
FLAGS = ("is_secret", "is_active", "on_network", "by_agreement_only", "has_agreement")


def columns_of(services):
    """The same services as columns."""
    pairs = {pair for each in services for pair in each.terms} | {("language", code) for each in services for code in each.spoken}
    points = [(number, lat, lon) for number, each in enumerate(services) for lat, lon in each.points]
    return Columns(
        key=np.array([each.key for each in services], np.uint64),
        terms={pair: np.array([each.has(*pair) for each in services], np.bool_) for pair in pairs},
        says_languages=np.array([bool(each.spoken) for each in services], np.bool_),
        point_row=np.array([row for row, _, _ in points], np.intp),
        point_lat=np.array([lat for _, lat, _ in points], np.float64),
        point_lon=np.array([lon for _, _, lon in points], np.float64),
        free=np.array([each.free.number for each in services], np.int8),
        **{name: np.array([_or_nan(getattr(each, name)) for each in services], np.float64) for name in FLOATS},
        **{name: np.array([getattr(each, name) for each in services], np.int64) for name in COUNTS},
        **{name: np.array([getattr(each, name) for each in services], np.bool_) for name in FLAGS},
    )


def _or_nan(value):
    return math.nan if value is None else value


def rank_plainly(services, want: Want, weights: Weights = HOUSE):
    """Numbers of the services that fit, in order, and of the near misses."""
    fits, near = [], []
    for number, each in enumerate(services):
        km = km_of(each, want)
        failed = failures_of(each, want, km)
        effort = effort_of(each, want, km, weights)
        size = each.places if is_stated(each, weights) else each.accepted / MONTHS
        load = each.open_work / max(1.0, size)
        key = (failed, math.floor(effort / weights.band), load, -each.asked_days, effort, turn(each.key, want.day))
        if not failed:
            fits.append((key, number))
        elif any(each.has("need", need) for need in want.needs):
            near.append((key, number))
    return [number for _, number in sorted(fits)], [number for _, number in sorted(near)]


def km_of(each, want):
    if want.at is None or each.is_secret or not each.points:
        return None
    lat, lon = math.radians(want.at[0]), math.radians(want.at[1])
    found = []
    for there, beside in each.points:
        north = math.sin((math.radians(there) - lat) / 2) ** 2
        east = math.sin((math.radians(beside) - lon) / 2) ** 2
        half = north + math.cos(lat) * math.cos(math.radians(there)) * east
        found.append(math.floor(2 * EARTH_KM * math.asin(math.sqrt(min(half, 1.0))) * 10 + 0.5) / 10)
    return min(found)


def failures_of(each, want, km):
    """How many of the hard rules are broken."""
    failed = [
        any(not each.has("need", need) for need in want.needs), not each.is_active, not each.on_network,
        each.by_agreement_only and not each.has_agreement, km is not None and each.catchment_km is not None and km > each.catchment_km,
        km is not None and km > want.within_km and not is_remote(each),
    ]  # fmt: skip
    if want.age_band:
        low, high = AGES[want.age_band]
        failed.append(
            (each.minimum_age is not None and each.minimum_age > high) or (each.maximum_age is not None and each.maximum_age < low)
        )
    if want.languages and want.language_is_required:
        failed.append(bool(each.spoken) and not each.spoken & set(want.languages) and not each.has("access", "interpreter"))
    return sum(failed)


def is_remote(each):
    return any(each.has("access", code) for code in REMOTE)


def is_stated(each, weights):
    return each.places_days is not None and each.places_days <= weights.stated_days


def effort_of(each, want, km, weights):
    """The sum of the parts, in the order in which they are documented."""
    haste = weights.haste[want.urgency]
    effort = travel(each, want, km, weights) + language(each, want, weights)
    effort += weights.access_missing * sum(not each.has("access", code) for code in want.access)
    effort += weights.culture_missing * sum(not each.has("population", code) for code in want.populations)
    if want.age_band:
        low, high = AGES[want.age_band]
        if (each.minimum_age is not None and each.minimum_age > low) or (each.maximum_age is not None and each.maximum_age < high):
            effort += weights.age_in_part
    effort += {Free.FREE: 0.0, Free.COSTS: weights.costs, Free.UNKNOWN: weights.cost_unknown}[each.free]
    effort += places(each, weights) * haste + answer(each, weights) * haste
    if want.is_timed or want.urgency in HURRIED:
        hours = each.opens_in_hours
        effort += weights.hours_unknown if hours is None else weights.closed_then * (hours > 0)
    effort += 0.0 if each.has_agreement else weights.no_agreement
    effort += 0.0 if each.confirmed_days is not None and each.confirmed_days <= weights.confirmed_days else weights.stale
    return effort


def travel(each, want, km, weights):
    if want.at is None:
        return 0.0
    way = 0.0 if is_remote(each) or each.is_secret else weights.unknown_travel if km is None else km / weights.km_a_step
    return way + weights.declined_lately * (each.area_lately > 0)


def language(each, want, weights):
    if not want.languages:
        return 0.0
    lately = weights.declined_lately * (each.language_lately > 0)
    if each.spoken & set(want.languages):
        return lately
    return lately + (weights.interpreter if each.has("access", "interpreter") else weights.no_language)


def places(each, weights):
    if is_stated(each, weights):
        wait = min((each.wait_days or 0.0) / weights.wait_days_a_step, weights.wait_at_most)
        found = wait + (weights.full if each.places == 0 else 0.0)
    else:
        found = 0.0 if each.accepted >= weights.known_from else weights.places_unknown
    return found + weights.full_lately * (each.full_lately > 0)


def answer(each, weights):
    late = 0.0
    if each.answers >= weights.known_from and each.answer_days is not None:
        late = min(max((each.answer_days - weights.prompt_days) / weights.answer_days_a_step, 0.0), weights.answer_at_most)
    return late + weights.silent_lately * (each.silent_lately > 0)


def turn(key, day):
    z = (key + day * 0x9E3779B97F4A7C15) & WORD
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WORD
    return z ^ (z >> 31)


def some_services(count, seed=1):
    """Services of every kind, the same for the same seed."""
    random = Random(seed)

    def maybe(chance, value):
        return value() if random.random() < chance else None

    made = []
    for key in random.sample(range(2**52), count):
        terms = {("need", need) for need in NEEDS if random.random() < 0.6}
        terms |= {("access", code) for code in ACCESS if random.random() < 0.3}
        terms |= {("population", code) for code in POPULATIONS if random.random() < 0.2}
        lowest = maybe(0.4, lambda: random.choice((12.0, 18.0, 21.0)))
        made.append(Plain(
            key, terms, {code for code in SPOKEN if random.random() < 0.4},
            [(45 + random.uniform(-1, 1), -116 + random.uniform(-1, 1)) for _ in range(random.choice((0, 1, 1, 1, 2)))],
            is_secret=random.random() < 0.05, minimum_age=lowest,
            maximum_age=maybe(0.2, lambda low=lowest: (low or 0) + random.choice((5.0, 30.0))),
            free=random.choice(list(Free)), is_active=random.random() < 0.95, on_network=random.random() < 0.7,
            by_agreement_only=random.random() < 0.2, has_agreement=random.random() < 0.4,
            catchment_km=maybe(0.2, lambda: random.choice((20.0, 60.0))),
            confirmed_days=maybe(0.8, lambda: float(random.randrange(400))), places=float(random.randrange(6)),
            places_days=maybe(0.6, lambda: random.uniform(0, 150)), wait_days=maybe(0.3, lambda: float(random.randrange(60))),
            accepted=random.randrange(40), open_work=random.randrange(12), full_lately=random.randrange(2) * random.randrange(4),
            language_lately=int(random.random() < 0.1), area_lately=int(random.random() < 0.1), silent_lately=int(random.random() < 0.15),
            answers=random.randrange(20), answer_days=maybe(0.8, lambda: float(random.choice((1, 2, 3, 5, 10, 30)))),
            asked_days=random.choice((math.inf, random.uniform(0, 100))),
            opens_in_hours=maybe(0.7, lambda: random.choice((0.0, 0.0, 14.5, 60.0))),
        ))  # fmt: skip
    return made
