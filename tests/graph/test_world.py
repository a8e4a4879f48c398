"""From raw columns to a snapshot: zones, need, places and links, on towns drawn by hand."""

from __future__ import annotations

from itertools import starmap

import numpy as np
import pytest

from network.graph.columns import UNKNOWN, Raw, Table
from network.graph.corners import Corners
from network.graph.figures import DISTRESS, DRIVE_MINUTES, PROVIDERS, UNDER_18
from network.graph.gaps import Basis, Kind, RefType, Settings
from network.graph.reporting import report
from network.graph.snapshot import Mode
from network.graph.world import build

COUNSELLING, HOUSING = 100, 101
UND, ENGLISH, SPANISH = 200, 201, 202
NORTH, SOUTH, FAR, NOWHERE = 1, 2, 3, 4  # areas: 11 km apart, 222 km apart, without a centre
A, B, C, SAFE = 10, 11, 12, 13  # organisations
COLUMNS = {
    "organizations": "number latitude longitude area confidential convening since entries",
    "ties": "sender receiver need sent accepted declined expired completed silent recent",
    "agreements": "sender receiver need since",
    "areas": "number latitude longitude population simulated",
    "figures": "area figure value low high",
    "demand": "area need population asked placed rejected expired unmatched",
    "services": "number organization by_agreement minimum_age maximum_age remote",
    "sites": "service latitude longitude area",
    "meets": "service need",
    "speaks": "service language",
    "stated": "service places as_of",
    "months": "service month accepted",
    "turned_away": "service full_count waiting",
    "terms": "number what",
}
TODAY = 20_000
AREAS = [
    (NORTH, 45.0, -116.0, 1_000, 0),
    (SOUTH, 44.9, -116.0, 1_000, 0),
    (FAR, 43.0, -116.0, 1_000, 0),
    (NOWHERE, UNKNOWN, UNKNOWN, 500, 0),
]
ORGANIZATIONS = [(number, 45.0, -116.0, NORTH, int(number == SAFE), 0, TODAY - 400, 12) for number in (A, B, C, SAFE)]


def raw(**tables):
    """Raw columns of a region of three areas; tables are lists of rows."""
    given = {
        "organizations": ORGANIZATIONS, "areas": AREAS, "terms": [(COUNSELLING, 0), (UND, 1), (ENGLISH, 2)], **tables,
    }  # fmt: skip
    assert set(given) <= set(COLUMNS)
    made = {}
    for name, columns in COLUMNS.items():
        values = np.array(given.get(name, []), "float64").reshape(-1, len(columns.split()))
        made[name] = Table(dict(zip(columns.split(), values.T, strict=True)))
    return Raw(7, TODAY, made)


def service(number, *, of=A, by_agreement=0, remote=0):
    return (number, of, by_agreement, -1, -1, remote)


def site(number, area=NORTH):
    return (number, *{NORTH: (45.0, -116.0), SOUTH: (44.9, -116.0), FAR: (43.0, -116.0)}[area], area)


def asked(area, need=HOUSING, group=UND, people=24):
    return (area, need, group, people, people, 0, 0, 0)


def links(snapshot):
    """Area, group and service of each link."""
    zone, at = snapshot.link_zone, snapshot.link_service
    ends = (snapshot.zone_area[zone].tolist(), snapshot.zone_group[zone].tolist(), snapshot.service_id[at].tolist())
    return set(zip(*ends, strict=True))


def built(**tables):
    return build(raw(**tables), Settings()).checked()


def test_a_zone_is_an_area_a_need_and_a_group_with_who_asked_a_month():
    found = built(demand=[asked(NORTH), asked(NORTH, group=SPANISH, people=12), asked(SOUTH)])

    assert set(zip(found.zone_area.tolist(), found.zone_group.tolist(), strict=True)) == {(NORTH, UND), (NORTH, SPANISH), (SOUTH, UND)}
    assert found.zone_people[:, 1].round(2).tolist() == [2.0, 1.0, 2.0]
    assert set(found.zone_basis.tolist()) == {Basis.COUNTED}
    assert ((found.zone_people[:, 0] <= found.zone_people[:, 1]) & (found.zone_people[:, 1] <= found.zone_people[:, 2])).all()


def test_modelled_need_is_there_where_nobody_asked_and_is_divided_by_who_did():
    rates = [(NORTH, DISTRESS, 10, 8, 12), (NORTH, UNDER_18, 20, 20, 20), (SOUTH, DISTRESS, 10, 8, 12)]
    silent = built(figures=rates)

    # 1,000 people, a fifth of them children, a tenth of the adults in distress, 3 % of these look for help.
    assert silent.zone_people[silent.zone_area == NORTH][:, 1].tolist() == [pytest.approx(2.4)]
    assert silent.zone_people[silent.zone_area == SOUTH][:, 1].tolist() == [pytest.approx(3.0)]
    assert set(silent.zone_group.tolist()) == {UND}
    assert set(silent.zone_basis.tolist()) == {Basis.MODELLED}

    heard = built(figures=rates[:2], demand=[asked(NORTH, COUNSELLING, ENGLISH, 30), asked(NORTH, COUNSELLING, SPANISH, 10)])
    by_group = dict(zip(heard.zone_group.tolist(), heard.zone_people[:, 1].tolist(), strict=True))
    assert by_group[ENGLISH] == pytest.approx(3 * by_group[SPANISH])
    assert set(heard.zone_basis.tolist()) == {Basis.INFERRED}


def test_a_link_needs_the_same_need_and_reach():
    found = built(
        demand=[asked(NORTH), asked(SOUTH), asked(FAR)],
        services=list(map(service, (1, 2, 3))), meets=[(1, HOUSING), (2, COUNSELLING), (3, HOUSING)],
        sites=[site(1), site(2), site(3, FAR)],
    )  # fmt: skip

    assert links(found) == {(NORTH, UND, 1), (SOUTH, UND, 1), (FAR, UND, 3)}
    minutes = dict(zip(found.zone_area[found.link_zone].tolist(), found.link_minutes.tolist(), strict=True))
    assert minutes[SOUTH] == pytest.approx(11.12 / 50 * 60, abs=0.1)
    assert set(found.link_mode.tolist()) == {Mode.DISTANCE}


def test_one_s_own_area_is_in_reach_at_the_narrowest_catchment_however_long_the_drive():
    found = built(
        demand=[asked(NORTH)], services=[service(1)], meets=[(1, HOUSING)], sites=[site(1)], figures=[(NORTH, DRIVE_MINUTES, 90, 90, 90)]
    )

    assert found.link_minutes.tolist() == [15.0]
    assert found.link_mode.tolist() == [Mode.DRIVE]


def test_by_phone_or_online_nobody_has_to_travel_and_people_whose_area_nobody_knows_reach_all():
    found = built(
        demand=[asked(FAR), asked(-1), asked(NOWHERE)], services=[service(1, remote=1), service(2)], meets=[(1, HOUSING), (2, HOUSING)],
        sites=[site(1), site(2)],
    )  # fmt: skip

    assert links(found) == {(FAR, UND, 1), (-1, UND, 1), (-1, UND, 2), (NOWHERE, UND, 1), (NOWHERE, UND, 2)}
    assert set(found.link_mode.tolist()) == {Mode.NO_TRAVEL}


def test_a_language_is_spoken_or_not_and_who_says_nothing_fits_everywhere():
    groups = [asked(NORTH, group=group) for group in (UND, ENGLISH, SPANISH)]
    found = built(
        demand=groups, services=list(map(service, (1, 2, 3))), meets=[(1, HOUSING), (2, HOUSING), (3, HOUSING)],
        sites=list(map(site, (1, 2, 3))), speaks=[(1, SPANISH), (2, ENGLISH)],
    )  # fmt: skip

    # Nothing is known of the third: it fits the usual language.
    expected = {(UND, 1), (UND, 2), (UND, 3), (SPANISH, 1), (ENGLISH, 2), (ENGLISH, 3)}
    assert {(group, number) for _, group, number in links(found)} == expected


def test_a_service_by_agreement_is_open_to_the_areas_that_a_partner_with_one_serves():
    tables = {
        "demand": [asked(NORTH), asked(FAR)], "meets": [(1, HOUSING), (2, HOUSING)], "sites": [site(1), site(2)],
        "services": [service(1, of=B, by_agreement=1, remote=1), service(2, of=A)],
    }  # fmt: skip
    closed = built(**tables)
    opened = built(**tables, agreements=[(A, B, -1, TODAY - 100)])
    for_another_need = built(**tables, agreements=[(A, B, COUNSELLING, TODAY - 100)])

    assert links(closed) == links(for_another_need) == {(NORTH, UND, 2)}
    assert links(opened) == {(NORTH, UND, 1), (NORTH, UND, 2)}  # A serves the north, so nobody from far away
    assert opened.link_agreements.tolist() == [0]
    assert opened.agreement_days.tolist() == [100]


def test_an_agreement_with_an_organisation_that_is_not_there_opens_nothing():
    found = built(
        demand=[asked(NORTH)], services=[service(1, of=B, by_agreement=1)], meets=[(1, HOUSING)], sites=[site(1)],
        agreements=[(99, B, -1, TODAY - 100), (A, 99, -1, TODAY - 100)],
    )  # fmt: skip

    assert links(found) == set()
    assert len(found.agreement_from) == 0


@pytest.mark.parametrize(("count", "is_open"), [(1, False), (2, False), (3, True)])
def test_confidential_services_are_open_to_all_where_there_are_three_and_never_placed(count, is_open):
    numbers = list(range(1, count + 1))
    found = built(
        demand=[asked(NORTH), asked(FAR)], services=[service(number, of=SAFE) for number in numbers],
        meets=[(number, HOUSING) for number in numbers], sites=list(map(site, numbers)),
    )  # fmt: skip

    assert links(found) == ({(area, UND, number) for area in (NORTH, FAR) for number in numbers} if is_open else set())
    assert set(found.link_mode.tolist()) <= {Mode.NO_TRAVEL}
    assert set(found.service_area.tolist()) == {-1}
    assert np.isnan(found.org_lat[found.org_confidential]).all()


def test_listed_clinicians_are_one_service_of_their_area_less_the_places_of_its_partners():
    rates = [(NORTH, DISTRESS, 10, 8, 12), (NORTH, PROVIDERS, 10, 10, 10)]
    alone = built(figures=rates)
    beside = built(
        figures=rates, services=[service(1)], meets=[(1, COUNSELLING)], sites=[site(1)], stated=[(1, 15, TODAY - 1)], speaks=[(1, ENGLISH)]
    )

    assert alone.service_places.tolist() == [[20, 40, 80]]
    assert beside.service_places.tolist() == [[15, 15, 15], [5, 25, 65]]
    assert beside.service_id.tolist() == [1, -1]
    assert beside.service_org.tolist()[1] == -1
    assert links(beside) == {(NORTH, UND, 1), (NORTH, UND, -1)}


def test_partners_with_more_places_than_the_listed_clinicians_leave_none_over():
    found = built(
        figures=[(NORTH, DISTRESS, 10, 8, 12), (NORTH, PROVIDERS, 10, 10, 10)],
        services=[service(1)], meets=[(1, COUNSELLING)], sites=[site(1)], stated=[(1, 500, TODAY)],
    )  # fmt: skip

    assert found.service_places.tolist()[1] == [0, 0, 0]


def test_ties_of_those_who_left_and_of_the_convening_organisation_fall_out():
    convening = (14, UNKNOWN, UNKNOWN, -1, 0, 1, TODAY - 400, 0)
    tie = (HOUSING, 5, 3, 1, 1, 2, 0, 1)
    found = built(organizations=[*ORGANIZATIONS, convening], ties=[(B, A, *tie), (A, B, *tie), (A, 99, *tie), (14, A, *tie), (A, A, *tie)])

    ends = zip(found.org_id[found.tie_from].tolist(), found.org_id[found.tie_to].tolist(), strict=True)
    assert list(ends) == [(A, B), (B, A)]
    assert 14 not in found.org_id
    assert found.org_entry.round(3).tolist() == [pytest.approx(12 / Settings().months, abs=1e-3)] * 4


def test_nothing_at_all_is_an_empty_snapshot_and_a_report_in_words():
    found = build(raw(organizations=[], areas=[], terms=[]), Settings()).checked()

    assert [str(state) for state in report(found).too_little] == ["no-zones", "no-services", "no-partners", "no-ties"]


def test_one_organisation_alone_is_a_report_in_words():
    found = report(build(raw(organizations=ORGANIZATIONS[:1], areas=[]), Settings()).checked())

    assert found.gaps == ()
    assert found.totals.partners == 1


def test_a_service_with_more_places_than_can_be_counted_is_refused_by_name():
    found = built(demand=[asked(NORTH)], services=[service(1)], meets=[(1, HOUSING)], sites=[site(1)], stated=[(1, 2**31 - 1, TODAY)])

    with pytest.raises(ValueError, match="service_places: row 0"):
        Corners.of(found, Settings())


@pytest.mark.parametrize("bad", [101.0, -1.0, float("inf"), float("nan")])
def test_a_rate_that_is_none_is_refused(bad):
    with pytest.raises(ValueError, match=f"row 0 is .*{bad}"):
        built(figures=[(NORTH, DISTRESS, bad, bad, bad), (SOUTH, DISTRESS, 10, 8, 12)])


def test_an_area_without_people_known_has_no_modelled_need():
    found = built(areas=[(NORTH, 45.0, -116.0, -1, 0)], figures=[(NORTH, DISTRESS, 10, 8, 12)])

    assert found.zone_people.tolist() == [[0, 0, 0]]


def test_a_shortage_of_one_language_asks_for_that_language():
    found = built(
        demand=[asked(NORTH, group=ENGLISH), asked(NORTH, group=SPANISH, people=240)], services=[service(1)], meets=[(1, HOUSING)],
        sites=[site(1)], speaks=[(1, ENGLISH)], stated=[(1, 50, TODAY)],
    )  # fmt: skip

    first = next(gap for gap in report(found).shortages if gap.kind is Kind.BOTTLENECK)
    assert first.action.verb == "add-language"
    assert {ref.type: ref.number for ref in first.action.subject} == {RefType.AREA: NORTH, RefType.NEED: HOUSING, RefType.GROUP: SPANISH}


def test_the_order_of_the_rows_changes_nothing():
    tables = {
        "demand": list(starmap(asked, [(NORTH,), (SOUTH, HOUSING, SPANISH), (FAR,)])), "services": list(map(service, (1, 2, 3))),
        "meets": [(1, HOUSING), (2, HOUSING), (3, HOUSING)], "sites": [site(1), site(2, SOUTH), site(3, FAR)], "speaks": [(2, SPANISH)],
    }  # fmt: skip
    turned = {name: list(reversed(rows)) for name, rows in tables.items()}

    assert report(built(**tables)) == report(built(**turned))
