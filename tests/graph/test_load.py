"""The one statement of the report: each column as the ORM reads it, on the database in use."""

from __future__ import annotations

import datetime as dt
import math

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from network.core.actor import Role
from network.core.clock import now
from network.demo import region
from network.graph.capacity import DAYS_A_MONTH
from network.graph.columns import UNKNOWN
from network.graph.figures import FIGURES
from network.graph.gaps import Settings
from network.graph.load import EPOCH, load, unpacked
from network.partners.models import (
    Agreement,
    Area,
    AreaFigure,
    Language,
    Location,
    Organization,
    Service,
    ServiceAtLocation,
    ServiceCapacity,
    ServiceTerm,
    TaxonomyTerm,
)
from network.partners.revision import revision
from network.referrals import actions
from network.referrals.models import READ, DemandDay, Offer, Tie

pytestmark = pytest.mark.django_db


def rows(table):
    """The rows of a table of columns, as a sorted list."""
    return sorted(zip(*(column.tolist() for column in table.columns.values()), strict=True))


def days(moment):
    return ((moment.date() if isinstance(moment, dt.datetime) else moment) - EPOCH).days


@pytest.fixture
def county(town, accepted):
    """Areas with and without a centre and figures, sites open and confidential, capacities, agreements, and one partner that closed."""
    made = [
        Area.objects.create(code="1", name="Northside", latitude=45.06, longitude=-116.0, population=7_800),
        Area.objects.create(code="2", name="Nowhere", is_simulated=True),
    ]
    AreaFigure.objects.create(area=made[0], figure="distress", value=14.0, low=12.5, high=15.5, source="Survey", years="2020")
    AreaFigure.objects.create(area=made[0], figure="providers", value=9, source="Register", years="2022")
    AreaFigure.objects.create(area=made[1], figure="poverty", value=9, source="Register", years="2022")
    for organization, latitude, confidential in ((town.harbour, 45.0, False), (town.eastfield, 45.5, True)):
        area = None if confidential else made[0]
        site = Location.objects.create(
            organization=organization, name="Door", latitude=latitude, longitude=-116.0, is_confidential=confidential, area=area
        )
        ServiceAtLocation.objects.create(service=organization.services.get(), location=site)
    Language.objects.create(service=town.harbour_service, code="es")
    for ago, places in ((40, 9), (3, 4)):
        ServiceCapacity.objects.create(service=town.harbour_service, available=places, as_of=now() - dt.timedelta(days=ago))
    ServiceCapacity.objects.create(service=town.harbour_service, available=99, as_of=now(), basis="inferred")
    closed = region.organization("Closed", is_active=False)
    region.member(closed, "worker@closed.test", Role.CASEWORKER)
    region.service(closed, "Gone")
    long_ago = now().date() - dt.timedelta(days=200)
    for end, until in ((town.harbour, None), (town.eastfield, long_ago), (closed, None)):
        Agreement.objects.create(from_organization=town.quayside, to_organization=end, since=long_ago, until=until)
    return made


def test_it_is_one_statement(county):
    """On PostgreSQL by a cursor, which is declared, read and closed."""
    with CaptureQueriesContext(connection) as heard:
        load(Settings())

    assert sum("SELECT" in each["sql"] for each in heard.captured_queries) == 1


def test_organisations_are_those_on_the_network_with_their_first_public_site_and_who_began_there(county, town):
    raw = load(Settings())

    table = raw["organizations"]
    by_number = dict(zip(table["number"].tolist(), range(len(table)), strict=True))
    listed = Organization.objects.on_the_network().filter(is_active=True)
    assert set(by_number) == set(listed.values_list("number", flat=True))
    at = by_number[town.harbour.number]
    assert (table["latitude"][at], table["longitude"][at], table["area"][at]) == (45.0, -116.0, county[0].number)
    hidden = by_number[town.eastfield.number]
    assert (table["latitude"][hidden], table["area"][hidden]) == (UNKNOWN, -1)
    assert math.isnan(table.degrees("latitude")[hidden])
    assert table["entries"][by_number[town.quayside.number]] == 1
    assert table["entries"][at] == 0
    assert table["convening"][by_number[town.convening.number]] == 1
    assert set(table["since"].tolist()) == {days(row.created_at) for row in listed}


def test_ties_and_demand_are_what_the_counters_hold(county):
    raw = load(Settings())

    names = [name for name in READ if name not in {"sender", "receiver", "need"}]
    expected = Tie.objects.values_list("sender", "receiver", "need", *names)
    table = raw["ties"]
    assert sorted(zip(*(table[name].tolist() for name in ("sender", "receiver", "need", *names)), strict=True)) == sorted(expected)
    columns = ("asked", "placed", "rejected", "expired", "unmatched")
    sums = DemandDay.objects.values("area", "need", "group").annotate(**{f"s_{name}": Sum(name) for name in columns})
    assert rows(raw["demand"]) == sorted(
        (-1 if row["area"] is None else row["area"], row["need"], row["group"], *(row[f"s_{name}"] for name in columns)) for row in sums
    )


def test_packed_ties_are_the_columns_beside_them_up_to_the_largest_number(county):
    tie = Tie.objects.get()
    Tie.objects.filter(pk=tie.pk).update(sent=2**31 - 1, declined=16, recent=0)

    table = load(Settings())["ties"]

    assert [table[name].tolist() for name in READ] == [[value] for value in Tie.objects.values_list(*READ).get()]
    assert table["sent"].tolist() == [2**31 - 1]


def test_a_count_that_does_not_fit_into_a_packed_row_is_refused_by_the_database(county):
    with pytest.raises(DatabaseError), transaction.atomic():
        Tie.objects.update(sent=2**32)


def test_what_is_packed_is_whole_or_an_error():
    widths = {"key": 8, "count": 4}
    assert [len(column) for column in unpacked(None, widths).values()] == [0, 0]
    digits = "000000000000000a" + "ffffffff" + "0010000000000000" + "00000001"
    for block in (digits, bytes.fromhex(digits)):
        found = unpacked(block, widths)
        assert {name: column.tolist() for name, column in found.items()} == {"key": [10, 2**52], "count": [2**32 - 1, 1]}
    with pytest.raises(ValueError, match="multiple"):
        unpacked("0000000a", widths)


def test_areas_and_figures_name_what_is_not_known(county):
    raw = load(Settings())

    assert rows(raw["areas"]) == sorted([(county[0].number, 45.06, -116.0, 7_800, 0), (county[1].number, UNKNOWN, UNKNOWN, -1, 1)])
    assert rows(raw["figures"]) == sorted(
        [
            (county[0].number, FIGURES.index("distress"), 14.0, 12.5, 15.5),
            (county[0].number, FIGURES.index("providers"), 9.0, 9.0, 9.0),
        ]
    )


def test_an_agreement_that_ended_or_whose_partner_closed_is_not_there(county, town):
    raw = load(Settings())

    need = town.harbour_service
    assert {row[:2] for row in rows(raw["agreements"])} == {(town.quayside.number, town.harbour.number)}
    assert {row[2] for row in rows(raw["agreements"])} == {-1}
    Agreement.objects.filter(to_organization=town.harbour).update(service=need)
    housing = TaxonomyTerm.objects.get(scheme="need", code="housing-support")
    assert {row[2] for row in rows(load(Settings())["agreements"])} == {housing.number}


def test_services_sites_needs_languages_and_places_are_those_of_partners_who_can_be_asked(county, town):
    raw = load(Settings())

    asked = Service.objects.filter(status="active", organization__in=Organization.objects.on_the_network().filter(is_active=True))
    assert set(raw["services"]["number"].tolist()) == set(asked.values_list("number", flat=True))
    assert rows(raw["sites"]) == [(town.harbour_service.number, 45.0, -116.0, county[0].number)]
    needs = ServiceTerm.objects.filter(service__in=asked, term__scheme="need").values_list("service__number", "term__number")
    assert rows(raw["meets"]) == sorted(needs)
    spanish = TaxonomyTerm.objects.get(scheme="language", code="es")
    assert rows(raw["speaks"]) == [(town.harbour_service.number, spanish.number)]
    # The newest that was stated; what was inferred is no statement.
    assert rows(raw["stated"]) == [(town.harbour_service.number, 4, raw.today - 3)]


@pytest.mark.parametrize(("ago", "month"), [(0, 0), (30, 0), (31, 1), (60, 1), (61, 2), (181, 5)])
def test_months_are_whole_ones_on_either_database(county, town, ago, month):
    Offer.objects.update(accepted_at=now() - dt.timedelta(days=ago))

    assert rows(load(Settings())["months"]) == [(town.harbour_service.number, month, 1)]
    assert month == int(ago / DAYS_A_MONTH)


def test_who_is_full_or_waits_is_counted(county, town, accepted):
    assert rows(load(Settings())["turned_away"]) == [(town.harbour_service.number, 0, 0)]
    Offer.objects.update(holds=False)

    assert rows(load(Settings())["turned_away"]) == [(town.harbour_service.number, 0, 1)]


def test_the_revision_is_that_of_the_rows(county, town, other_person):
    before = load(Settings()).revision
    assert before == revision()

    actions.create_draft(actions.Draft(person=other_person.pk, need="food"), by=town.quayside_worker)
    assert load(Settings()).revision == revision()


def test_an_empty_database_gives_empty_tables():
    raw = load(Settings())

    assert {name: len(table) for name, table in raw.tables.items() if name != "terms"} == dict.fromkeys(set(raw.tables) - {"terms"}, 0)


def test_one_organisation_without_a_place_is_one_row():
    only = region.organization("Only")
    region.member(only, "only@only.test", Role.CASEWORKER)

    table = load(Settings())["organizations"]
    assert (table["number"].tolist(), table["latitude"].tolist(), table["area"].tolist()) == ([only.number], [UNKNOWN], [-1])
