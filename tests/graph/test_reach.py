"""Who can reach what, against the definition pair by pair."""

import numpy as np
import pytest

from network.graph.gaps import Settings
from network.graph.reach import OWN_AREA_MINUTES, Areas, Links, Sites, ground_km, near, on_a_ball
from network.graph.snapshot import Mode
from network.graph.supply import Supply
from network.graph.wants import Zones
from network.graph.world import LEAST_CONFIDENTIAL, reached

RULES = Settings()


def places(dice):
    """Areas of which some know their own minutes; sites of services, some in an area, some services with several."""
    count, sites = int(dice.integers(0, 12)), int(dice.integers(0, 20))
    number = np.sort(dice.choice(1_000, count, replace=False))
    point = on_a_ball(dice.uniform(43, 44.2, count), dice.uniform(-116, -114.5, count))
    own = np.where(dice.random(count) < 0.5, np.nan, dice.uniform(5, 40, count))
    known = np.append(number, -1)
    where = Sites(
        dice.integers(0, 8, sites), on_a_ball(dice.uniform(43, 44.2, sites), dice.uniform(-116, -114.5, sites)), dice.choice(known, sites)
    )
    return Areas(number, point, own), where


def plainly_near(areas, sites):
    """(area's row, service): (minutes, mode), what is known by road before what is guessed, then the shortest way."""
    found = {}
    for row, (number, at, own) in enumerate(zip(areas.number, areas.point, areas.own_minutes, strict=True)):
        for service, place, area in zip(sites.service.tolist(), sites.point, sites.area, strict=True):
            away = float(ground_km(np.linalg.norm(at - place))) / RULES.km_per_hour * 60
            ways = [(Mode.DISTANCE, away)] if away <= RULES.minutes[0] else []
            if area == number:
                most = RULES.minutes[2] * OWN_AREA_MINUTES
                ways.append((Mode.DISTANCE, min(away, most)) if np.isnan(own) else (Mode.DRIVE, min(float(own), most)))
            for way in ways:
                found[row, service] = min(found.get((row, service), way), way)
    return found


@pytest.mark.parametrize("seed", range(100))
def test_an_area_is_near_the_services_within_the_widest_catchment_and_those_of_its_own(seed):
    areas, sites = places(np.random.default_rng(seed))
    found, expected = near(areas, sites, RULES), plainly_near(areas, sites)

    assert list(zip(found.zone.tolist(), found.service.tolist(), strict=True)) == sorted(expected)
    assert found.mode.tolist() == [expected[key][0] for key in sorted(expected)]
    assert found.minutes == pytest.approx([expected[key][1] for key in sorted(expected)])


@pytest.mark.parametrize("seed", range(100))
def test_a_zone_reaches_what_meets_its_need_close_by_or_without_travel(seed):
    dice = np.random.default_rng(seed)
    areas, sites = places(dice)
    needs = 2**51 + np.arange(3)  # numbers of this size: a key of two of them would not fit into 64 bits
    count, zones = 8, int(dice.integers(0, 15))
    hidden, remote = dice.random(count) < 0.4, dice.random(count) < 0.3
    kept = ~hidden[sites.service]  # a confidential service is never placed
    sites = Sites(sites.service[kept], sites.point[kept], sites.area[kept])
    meets = np.array([(service, need) for service in range(count) for need in needs if dice.random() < 0.5]).reshape(-1, 2)
    dice.shuffle(meets)
    none = np.zeros(0, "int64")
    supply = Supply(
        number=np.arange(count), organization=np.full(count, -1), area=np.full(count, -1), places=np.zeros((count, 3)),
        basis=np.zeros(count, "uint8"), by_agreement=np.zeros(count, bool), confidential=hidden, remote=remote,
        listed=np.zeros(count, bool), meets_service=meets[:, 0], meets_need=meets[:, 1],
        speaks_service=none, speaks_language=none, sites=sites,
    )  # fmt: skip
    wanting = Zones(
        dice.choice(np.append(areas.number, -1), zones), dice.choice(needs, zones), np.zeros(zones, "int64"), np.zeros((zones, 5), "int64")
    )
    close: Links = near(areas, sites, RULES)
    by_place = {
        (zone, service): (mode, minutes)
        for zone, service, minutes, mode in zip(
            close.zone.tolist(), close.service.tolist(), close.minutes.tolist(), close.mode.tolist(), strict=True
        )
    }
    expected = {}
    for zone, (area, need) in enumerate(zip(wanting.area.tolist(), wanting.need.tolist(), strict=True)):
        for service in (service for service, met in meets.tolist() if met == need):
            alike = sum(hidden[other] for other, met in meets.tolist() if met == need)
            home = areas.number.tolist().index(area) if area in areas.number else None
            if hidden[service]:
                way = (Mode.NO_TRAVEL, 0.0) if alike >= LEAST_CONFIDENTIAL else None
            elif remote[service] or home is None:
                way = (Mode.NO_TRAVEL, 0.0)
            else:
                way = by_place.get((home, service))
            if way is not None:
                expected[zone, service] = way

    found = reached(wanting, supply, areas, close)

    assert list(zip(found.zone.tolist(), found.service.tolist(), strict=True)) == sorted(expected)
    assert list(zip(found.mode.tolist(), found.minutes.tolist(), strict=True)) == [expected[key] for key in sorted(expected)]
