"""Areas: what the database refuses of them, who reads them, and the revision that says when facts have changed."""

from __future__ import annotations

import uuid

import pytest
from django.db import IntegrityError, transaction

from network.core.actor import ANONYMOUS
from network.partners.models import Area, AreaFigure, Location, Revision
from network.partners.revision import bump, revision, stripe_of

SQUARE = [[[[-116.0, 45.0], [-115.0, 45.0], [-115.0, 46.0], [-116.0, 46.0], [-116.0, 45.0]]]]


def area(code="16001", **values):
    return Area.objects.create(code=code, **{"name": "Ada", "region": "ID", **values})


def figure(of, **values):
    return AreaFigure(area=of, **{"figure": "distress", "value": 12.0, "source": "CDC PLACES", "years": "2018–20", **values})


def refused(act):
    with pytest.raises(IntegrityError), transaction.atomic():
        act()


@pytest.mark.parametrize(
    "values", [{"name": ""}, {"code": ""}, {"latitude": 91.0, "longitude": 0.0}, {"latitude": 45.0}, {"population": -1}]
)
def test_an_area_has_a_code_a_name_a_whole_centre_and_no_fewer_than_no_people(db, values):
    refused(lambda: Area.objects.bulk_create([Area(**{"code": "1", "name": "Ada", **values})]))


def test_a_code_names_one_area(db):
    area("16001")

    refused(lambda: area("16001", name="Another"))


@pytest.mark.parametrize(
    "values",
    [
        {"value": -1.0}, {"value": float("nan")}, {"value": float("inf")}, {"value": 1e16}, {"low": 1.0}, {"high": 20.0},
        {"low": 13.0, "high": 14.0}, {"low": 10.0, "high": 11.0}, {"low": -1.0, "high": 20.0}, {"low": 1.0, "high": float("inf")},
        {"low": float("nan"), "high": 20.0}, {"source": ""}, {"years": ""}, {"figure": ""},
    ],
)  # fmt: skip
def test_a_figure_is_finite_never_negative_within_its_range_and_says_source_and_years(db, values):
    of = area()

    refused(lambda: AreaFigure.objects.bulk_create([figure(of, **values)]))


def test_an_area_has_each_figure_once(db):
    of = area()
    figure(of).save()

    refused(lambda: figure(of).save())


def test_a_confidential_location_is_in_no_area(town):
    of = area()
    refuge = Location.objects.create(organization=town.quayside, is_confidential=True)

    refused(lambda: Location.objects.filter(pk=refuge.pk).update(area=of))


def test_an_area_that_goes_leaves_its_towns(town):
    of = area()
    town.place.area = of
    town.place.save()

    of.delete()

    town.place.refresh_from_db()
    assert town.place.area is None


def test_nobody_who_is_not_signed_in_reads_areas(town):
    area()

    assert Area.objects.visible_to(town.quayside_worker).count() == 1
    assert not Area.objects.visible_to(ANONYMOUS).exists()


def test_the_revision_has_64_stripes_and_no_more(db):
    assert list(Revision.objects.order_by("stripe").values_list("stripe", flat=True)) == list(range(64))
    refused(lambda: Revision.objects.create(stripe=64))


def test_a_change_moves_the_stripe_of_each_organisation_once(db, django_assert_num_queries):
    one, two = uuid.UUID(int=64 + 7), uuid.UUID(int=3)
    before, total = dict(Revision.objects.values_list("stripe", "n")), revision()

    with django_assert_num_queries(2):
        bump(one, two, one)

    moved = {stripe for stripe, n in Revision.objects.values_list("stripe", "n") if n == before[stripe] + 1}
    assert moved == {3, 7} == {stripe_of(one), stripe_of(two)}
    assert revision() == total + 2


def test_a_stripe_that_is_missing_is_put_back_and_counted(db):
    Revision.objects.all().delete()

    bump(uuid.UUID(int=5))

    assert revision() == 1
