"""What the region lacks on purpose, so that its gap report has something true to find and tell.

A hub that everybody asks and that is full; a town whose Spanish speakers find no counselling; a partner who alone joins four others
to the rest; an agreement that nobody uses. Everything else in the region is roomy enough not to drown these.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from .words import ORGANIZATIONS, WANTED

HUB, HUB_NEED = "Harbour House", "housing-support"
TOWN, LANGUAGE, HELP = "Dry Wells", "es", "counselling"
SPEAKS, ONLINE = "Many Tongues", "Northside Counselling"  # who counsels in Spanish, in one place; who counsels anywhere, in English
JOINS, APART = "Long Valley Outreach", ("Rural Roots", "Upper Fork Peer Network", "Pine Ridge Clinic", "Nourish")
RURAL_TOWNS = ("High Prairie", "Upper Fork", "Pine Ridge", "Willow Creek", "Long Valley")
IDLE_FROM, IDLE_TO = "County Mental Health Team", "Clear Springs Rehabilitation"

# Places a month, where the story needs a figure of its own.
PLACES: Mapping[tuple[str, str], int] = {
    (HUB, HUB_NEED): 14, ("Quayside Advice", HUB_NEED): 16, ("Homeward", HUB_NEED): 14, ("Veterans' Anchor", HUB_NEED): 5,
    (JOINS, "housing-support"): 18, (JOINS, "transport"): 18, (JOINS, "benefits-advice"): 18,
    (IDLE_TO, "community-rehabilitation"): 12, (IDLE_TO, "supported-living"): 10, (IDLE_TO, "alcohol-drug-group"): 12,
    (SPEAKS, HELP): 16, (ONLINE, HELP): 70, ("Cedar Counselling", HELP): 16,
    ("Young Minds Project", HELP): 14,
}  # fmt: skip
ROOM = (1.3, 1.7)  # elsewhere: places for each person who is expected to ask
SELDOM = (2, 4)  # where hardly anybody asks


@dataclass(frozen=True, slots=True)
class Plant:
    """Referrals that are there for one of these gaps."""

    senders: tuple[str, ...]  # any, if empty
    need: str
    asks: tuple[str, ...]  # whom first, then whom next; any, where there are none
    towns: tuple[str, ...]  # any, if empty
    language: str
    plots: tuple[str, ...]
    reason: str = "full"  # why a decline


FULL = ("declined-then-helped", "declined-then-helped", "declined-then-given-up", "waited", "helped")
OUT = ("helped", "helped", "helped", "partly", "failed")
# One of so many referrals: the hub, the town, from the four through the one who joins them, and back.
PLANTS: tuple[tuple[int, tuple[Plant, ...]], ...] = (
    (18, (Plant((), HUB_NEED, (HUB, "Quayside Advice"), (), "en", FULL),)),
    (40, (
        Plant((JOINS, "Quayside Advice"), HELP, (SPEAKS, "Cedar Counselling"), (TOWN,), LANGUAGE, ("declined-then-given-up",), "language"),
        Plant(("Ferry Point Community Hub",), HELP, (SPEAKS,), (TOWN,), LANGUAGE, ("helped", "failed")),
    )),
    (11, tuple(Plant(APART, need, (JOINS,), RURAL_TOWNS, "en", OUT) for need in ("housing-support", "transport", "benefits-advice"))),
    (60, (
        Plant((JOINS,), "peer-support", ("Upper Fork Peer Network",), RURAL_TOWNS, "en", OUT),
        Plant((JOINS,), "talking-therapy", ("Pine Ridge Clinic",), RURAL_TOWNS, "en", OUT),
        Plant((JOINS,), "loneliness", ("Rural Roots",), RURAL_TOWNS, "en", OUT),
    )),
)  # fmt: skip


def plants(count: int, random: Random) -> Iterator[Plant]:
    """The planted ones among `count` referrals, in the share of each."""
    for one_of, kinds in PLANTS:
        for number in range(count // one_of):
            yield kinds[number % len(kinds)] if one_of != PLANTS[2][0] else random.choice(kinds)


def places(name: str, need: str, asked_a_month: float, random: Random) -> int:
    """Places for new people a month at one service, stated: what the story needs, else enough for those who are expected there."""
    if (name, need) in PLACES:
        return PLACES[name, need]
    sizes = {other: size * size for other, _, needs, size in ORGANIZATIONS if need in needs and other not in APART}
    wanted = dict(WANTED).get(need, 0) / sum(weight for _, weight in WANTED)
    if not wanted or name not in sizes:
        return random.randint(*SELDOM)
    return 1 + math.ceil(asked_a_month * wanted * sizes[name] / sum(sizes.values()) * random.uniform(*ROOM))


def languages(name: str, need: str, size: int, random: Random) -> list[str]:
    """Languages of a service: large partners have interpreters, counselling in Spanish is given in one place alone."""
    if need == HELP:
        return ["en", "es", "ar", "uk"] if name == SPEAKS else ["en"]
    return ["en", *(code for code, chance in (("es", 0.34), ("ar", 0.25), ("uk", 0.25)) if random.random() < chance * size)]


def access(name: str, need: str, random: Random) -> list[str]:
    """How a service can be reached besides; counselling beyond its own house by one partner alone."""
    if need == HELP:
        return ["online", "phone"] if name == ONLINE else ["step-free"]
    if need == HUB_NEED:
        return ["phone", "step-free"]
    return [code for code in ("step-free", "evenings", "online", "phone") if random.random() < 0.35]
