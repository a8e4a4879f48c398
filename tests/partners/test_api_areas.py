"""The API of areas: who reads them, what is said of each figure, and the map that is sent as it is kept."""

from __future__ import annotations

import gzip
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from network.partners import area_map
from network.partners.models import Area, AreaFigure

RING = [[-116.0, 45.0], [-115.0, 45.0], [-115.0, 46.0], [-116.0, 46.0], [-116.0, 45.0]]


def make(number, **values):
    row = Area.objects.create(code=f"{16000 + number}", **{"name": f"County {number}", "region": "ID", **values})
    AreaFigure.objects.create(area=row, figure="distress", value=14, low=13, high=15, source="CDC PLACES", years="2018–20")
    AreaFigure.objects.create(area=row, figure="providers", value=3, source="NPPES", years="2022")
    return row


def squares(count):
    """A row of squares that share their borders."""
    return [make(n, polygon=[[[[x + n, y] for x, y in RING]]]) for n in range(count)]


@pytest.fixture
def worker(town, call):
    return call(town.quayside_user)


def test_one_area_says_the_source_and_years_of_each_figure(worker):
    row = make(1, population=1000)
    answer = worker.get(f"/api/v1/areas/{row.pk}").json()

    assert (answer["code"], answer["population"], answer["is_simulated"]) == ("16001", 1000, False)
    assert [figure["figure"] for figure in answer["figures"]] == ["distress", "providers"]
    assert answer["figures"][0] == {
        "figure": "distress", "label": "Adults with 14 or more days of poor mental health a month", "unit": "percent of adults",
        "value": 14, "low": 13, "high": 15, "source": "CDC PLACES", "years": "2018–20",
    }  # fmt: skip
    assert "number" not in answer


def test_areas_are_found_by_region_by_the_beginning_of_their_name_and_by_code(worker):
    make(1)
    make(2, region="OR", name="Union")

    found = {
        query: [row["code"] for row in worker.get(f"/api/v1/areas?{query}").json()["results"]]
        for query in ("region=ID", "q=uni", "q=16002")
    }
    assert found == {"region=ID": ["16001"], "q=uni": ["16002"], "q=16002": ["16002"]}


def test_a_list_takes_as_many_queries_for_three_areas_as_for_thirty(worker):
    worker.get("/api/v1/areas")  # what is looked up once a process is there
    counted = []
    for numbers in (range(3), range(3, 30)):
        for number in numbers:
            make(number)
        with CaptureQueriesContext(connection) as queries:
            worker.get("/api/v1/areas")
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_the_map_is_a_feature_collection_whose_neighbours_share_a_border(worker):
    squares(2)
    area_map.draw()
    answer = worker.get("/api/v1/areas/shapes")

    first, second = answer.json()["features"]
    shared = {tuple(point) for point in first["geometry"]["coordinates"][0]} & {
        tuple(point) for point in second["geometry"]["coordinates"][0]
    }
    assert shared == {(-115, 45), (-115, 46)}
    assert first["properties"] == {"code": "16000", "name": "County 0", "region": "ID"}
    assert first["id"] == str(Area.objects.get(code="16000").pk)


def test_the_map_has_a_strong_tag_and_under_its_digest_it_may_be_kept(worker):
    squares(1)
    area_map.draw()
    digest = area_map.packed()[0]
    answer = worker.client.get("/api/v1/areas/shapes", headers={"Accept-Encoding": "gzip"})

    assert answer["ETag"] == f'"{digest}-gzip"'
    assert answer["Cache-Control"] == "private, no-cache"
    assert json.loads(gzip.decompress(answer.content))["features"]
    again = worker.client.get("/api/v1/areas/shapes", headers={"Accept-Encoding": "gzip", "If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "immutable" in worker.get(f"/api/v1/areas/shapes?v={digest}")["Cache-Control"]
    assert "immutable" not in worker.get("/api/v1/areas/shapes?v=old")["Cache-Control"]


def test_an_area_too_small_for_the_map_is_still_on_it(worker):
    tiny = [[[[x / 1e6, y / 1e6] for x, y in RING]]]
    make(1, polygon=tiny)
    area_map.draw()

    assert len(worker.get("/api/v1/areas/shapes").json()["features"]) == 1


def test_without_areas_the_map_is_empty(worker):
    assert worker.get("/api/v1/areas/shapes").json() == {"type": "FeatureCollection", "features": []}


def test_drawing_again_what_is_the_same_writes_nothing(db):
    squares(2)

    assert area_map.draw()
    assert not area_map.draw()


def test_a_made_up_area_says_so_on_the_map(worker):
    make(1, polygon=[[RING]], is_simulated=True)
    area_map.draw()

    assert worker.get("/api/v1/areas/shapes").json()["features"][0]["properties"]["simulated"] is True
