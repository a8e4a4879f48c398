"""Imports of areas: streamed, idempotent, each bad row and shape named, nothing unknown drawn as zero. Twins, then the real files."""

from __future__ import annotations

import csv
import json
import os
import tracemalloc
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from network.core.models import Event
from network.demo import region
from network.partners import area_map, within
from network.partners.imports.areas import import_areas
from network.partners.models import Area, AreaFigure, AreaMap, ImportProblem, ImportRun, Location, Place
from network.partners.revision import revision
from tests.partners.test_import import facility
from tests.partners.test_import import run as run_directory
from tests.partners.test_import import written as written_directory

pytestmark = pytest.mark.django_db
HEADER = ["fips", "name", "state", "lat", "lon", "pop", "distress_pct", "distress_lo", "distress_hi", "npi_mh_providers", "svi"]
REAL = Path(os.environ["SHARED_DATA"]) / "data" if os.environ.get("SHARED_DATA") else None
real = [pytest.mark.shared_data, pytest.mark.skipif(REAL is None, reason="needs SHARED_DATA")]


def square(number, west=-116.0, south=43.0, **more):
    """A square of one degree; each number lies one further east."""
    west += number
    ring = [[west, south], [west + 1, south], [west + 1, south + 1], [west, south + 1], [west, south]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "id": f"{16000 + number:05}", "properties": {"name": f"Square {number}"}, "geometry": shape} | more


def shaped(number, coordinates, kind="Polygon"):
    return square(number, geometry={"type": kind, "coordinates": coordinates})


def row(number, **more):
    said = {
        "fips": f"{16000 + number:05}", "name": f"County {number}", "state": "ID", "lat": "43.5", "lon": f"{-115.5 + number}",
        "pop": "1000", "distress_pct": "14.2", "distress_lo": "13", "distress_hi": "15.5", "npi_mh_providers": "3", "svi": "0.4",
    }  # fmt: skip
    return said | more


def geo(folder, *features, **more):
    path = folder / "geo.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features), **more}))
    return path


def needs(folder, *rows, header=HEADER):
    path = folder / "needs.csv"
    with path.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, header)
        writer.writeheader()
        writer.writerows(rows)
    return path


def run(shapes, rows, **more):
    out = StringIO()
    call_command("import_areas", shapes, needs=rows, stdout=out, **more)
    return out.getvalue()


def problems(*, hints=False):
    found = ImportProblem.objects.filter(run=ImportRun.objects.latest("started_at"), is_hint=hints)
    return list(found.order_by("pk").values_list("line", "reason"))


def test_a_row_and_its_shape_are_one_area_with_figures_that_say_their_source_and_years(tmp_path):
    run(geo(tmp_path, square(0)), needs(tmp_path, row(0)))

    area = Area.objects.get()
    assert (area.code, area.name, area.region, area.population) == ("16000", "County 0", "ID", 1000)
    assert (area.west, area.south, area.east, area.north) == (-116, 43, -115, 44)
    assert area.polygon[0][0][0] == [-116, 43]
    assert area.extra == {"svi": "0.4"}
    distress = area.figures.get(figure="distress")
    assert (distress.value, distress.low, distress.high, distress.source, distress.years) == (14.2, 13, 15.5, "CDC PLACES", "2018–20")
    assert set(area.figures.values_list("figure", flat=True)) == {"population", "distress", "providers"}


def test_a_second_run_changes_nothing_and_tells_once(tmp_path):
    home = region.organization("Home", is_convening=True)
    files = geo(tmp_path, *(square(n) for n in range(3))), needs(tmp_path, *(row(n) for n in range(3)))
    run(*files)
    before, map_before = revision(), AreaMap.objects.get().digest
    run(*files)

    first, second = ImportRun.objects.order_by("started_at")
    assert (first.format, first.rows, first.inserted, first.failed) == ("areas", 3, 3, 0)
    assert (second.inserted, second.updated, second.unchanged) == (0, 0, 3)
    assert (revision(), AreaMap.objects.get().digest) == (before, map_before)
    assert Event.objects.filter(organization=home, kind="import.finished").count() == 2


def test_a_changed_row_updates_itself_alone_and_ids_and_numbers_stay(tmp_path):
    shapes = geo(tmp_path, square(0), square(1))
    run(shapes, needs(tmp_path, row(0), row(1)))
    before, counted = list(Area.objects.order_by("code").values_list("pk", "number")), revision()
    figures = set(AreaFigure.objects.filter(area__code="16000").values_list("pk", flat=True))

    said = run(shapes, needs(tmp_path, row(0), row(1, distress_pct="15", pop="")))

    assert "0 inserted, 1 updated, 1 unchanged, 0 failed" in said
    assert list(Area.objects.order_by("code").values_list("pk", "number")) == before
    assert list(Area.objects.order_by("code").values_list("version", "population")) == [(1, 1000), (2, None)]
    assert set(AreaFigure.objects.filter(area__code="16000").values_list("pk", flat=True)) == figures
    assert AreaFigure.objects.get(area__code="16001", figure="distress").value == 15
    assert revision() > counted


def test_what_is_not_known_is_never_zero(tmp_path):
    run(geo(tmp_path, square(0), square(1)), needs(tmp_path, row(0, npi_mh_providers="", pop="")))

    area = Area.objects.get()
    assert area.population is None
    assert set(area.figures.values_list("figure", flat=True)) == {"distress"}


def test_shapes_without_a_row_are_reported_and_kept_out_and_rows_without_a_shape_are_listed_and_not_drawn(tmp_path):
    said = run(geo(tmp_path, square(0), square(1)), needs(tmp_path, row(0), row(7)))

    assert "1 shapes have no row and are kept out: 16001" in said
    assert "1 rows have no shape: 16007" in said
    assert [line for line, _ in problems(hints=True)] == [2, 3]
    assert dict(Area.objects.values_list("code", "polygon")).keys() == {"16000", "16007"}
    assert Area.objects.get(code="16007").polygon is None
    assert [feature["properties"]["code"] for feature in drawn()["features"]] == ["16000"]


def drawn():
    import gzip

    return json.loads(gzip.decompress(area_map.packed()[1]))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"distress_pct": "-1"}, "distress_pct is negative"),
        ({"distress_pct": "nan"}, "distress_pct is no number: 'nan'"),
        ({"distress_pct": "inf"}, "distress_pct is no number: 'inf'"),
        ({"distress_pct": "1e999"}, "distress_pct is too large"),
        ({"distress_pct": "140"}, "too large for a percentage"),
        ({"distress_pct": "16"}, "distress 16 is not within its own range, 13 to 15.5"),
        ({"distress_pct": ""}, "distress lacks its value"),
        ({"distress_lo": ""}, "distress lacks its value or one end"),
        ({"pop": "many"}, "pop is no number: 'many'"),
        ({"pop": "10.5"}, "population is no number of people"),
        ({"pop": "9999999999"}, "population is no number of people"),
        ({"fips": ""}, "It has no code"),
        ({"fips": "1" * 41}, "fips has at most 40"),
        ({"name": "x" * 201}, "name has at most 200"),
        ({"name": "a\tb"}, "printable"),
        ({"lat": "91"}, "lat is not on Earth"),
        ({"lon": ""}, "half a centre"),
        ({"svi": "\x00"}, "no text"),
        ({"npi_mh_providers": "-999"}, "Leave a figure that is not known empty"),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_the_good_ones_land(tmp_path, values, words):
    run(geo(tmp_path, square(0), square(1), square(2)), needs(tmp_path, row(0), row(1, **values), row(2)))

    ((line, reason),) = problems()
    assert line == 3
    assert words in reason
    assert set(Area.objects.values_list("code", flat=True)) == {"16000", "16002"}


def test_a_torn_line_costs_itself_alone(tmp_path):
    path = needs(tmp_path, row(0), row(1))
    path.write_text(path.read_text() + "16002,Too,short\n16003,One,ID,1,1,1,1,1,1,1,1,too,long\n")
    run(geo(tmp_path, square(0), square(1), square(2)), path)

    assert [line for line, _ in problems()] == [4, 5]
    assert Area.objects.count() == 2


def test_the_same_area_twice_lands_once(tmp_path):
    run(geo(tmp_path, square(0), square(0), square(1)), needs(tmp_path, row(0), row(1), row(0, name="Again")))

    assert [(line, reason.rpartition(" stands ")[0]) for line, reason in problems()] == [(4, "The area 16000"), (2, "Shape 2 (16000)")]
    assert set(Area.objects.values_list("name", flat=True)) == {"County 0", "County 1"}


BOW_TIE = [[[-115, 43], [-114, 44], [-114, 43], [-115, 44], [-115, 43]]]
OPEN = [[[-115, 43], [-114, 43], [-114, 44], [-115, 44]]]
FAR = [[[-115, 43], [-114, 43], [-114, 144], [-115, 44], [-115, 43]]]
METRES = shaped(0, [[[500000, 4649776], [500100, 4649776], [500000, 4649876], [500000, 4649776]]])
LINE = [[[-115, 43], [-114, 43], [-115, 43]]]
OVERLAP = [[[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]], [[[1, 1], [3, 1], [3, 3], [1, 3], [1, 1]]]]


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        (shaped(1, BOW_TIE), "Its border crosses itself near longitude -114.5, latitude 43.5."),
        (shaped(1, OVERLAP, "MultiPolygon"), "crosses itself"),
        (shaped(1, OPEN), "A ring is not closed: it begins at longitude -115, latitude 43"),
        (shaped(1, FAR), "A point is not on Earth: -114, 144"),
        (shaped(1, LINE), "collapsed to a line"),
        (shaped(1, []), "collapsed to a line"),
        (shaped(1, [[]]), "One of its rings is empty"),
        (shaped(1, "round"), "no lists of rings"),
        (shaped(1, None), "no lists of rings"),
        (shaped(1, [[["a", "b"]]]), "no pair of numbers"),
        (shaped(1, [[[1]]]), "no pair of numbers"),
        (shaped(1, [-114.5, 43.5], "Point"), "It is a Point, not an area"),
        (square(1, geometry=None), "It has no shape"),
    ],
)
def test_a_bad_shape_is_named_and_its_area_is_listed_and_not_drawn(tmp_path, feature, words):
    run(geo(tmp_path, square(0), feature, square(2)), needs(tmp_path, row(0), row(1), row(2)))

    ((line, reason),) = problems()
    assert (line, reason.split(".")[0]) == (2, "Shape 2 (16001) is listed and not drawn")
    assert words in reason
    assert dict(Area.objects.values_list("code", "polygon"))["16001"] is None
    assert Area.objects.filter(polygon__isnull=False).count() == 2


def test_a_nick_that_rounding_leaves_in_a_border_is_mended_and_said(tmp_path):
    nick = [[[-115, 43], [-114, 43], [-114, 44], [-114.5, 44], [-114.5, 44.0001], [-114.4999, 44], [-115, 44], [-115, 43]]]
    run(geo(tmp_path, square(0), shaped(1, nick)), needs(tmp_path, row(0), row(1)))

    assert problems() == []
    ((line, reason),) = problems(hints=True)
    assert line == 2
    assert "crossed itself near longitude -114.5" in reason
    assert within.shape_of(Area.objects.get(code="16001").polygon).is_valid


def test_a_ring_that_collapsed_is_left_out_and_said(tmp_path):
    whole = square(1)["geometry"]["coordinates"]
    run(geo(tmp_path, square(0), shaped(1, [whole, LINE], "MultiPolygon")), needs(tmp_path, row(0), row(1)))

    assert len(Area.objects.get(code="16001").polygon) == 1
    assert "1 of its rings had collapsed" in problems(hints=True)[0][1]


def test_a_shape_that_is_known_stays_where_a_later_file_has_none(tmp_path):
    run(geo(tmp_path, square(0)), needs(tmp_path, row(0)))
    run(geo(tmp_path, square(3)), needs(tmp_path, row(0, pop="2000")))

    area = Area.objects.get()
    assert area.population == 2000
    assert area.polygon is not None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (json.dumps({"type": "FeatureCollection", "features": [METRES]}), "missing projection"),
        (json.dumps({"type": "FeatureCollection", "crs": {"properties": {"name": "EPSG:5070"}}}), "Its projection is EPSG:5070"),
        ('{"type": "FeatureCollection", "crs": {}, "features": []}', "Its projection is not named"),
        ('{"type": "Feature"}', "neither a GeoJSON FeatureCollection nor a TopoJSON"),
        ("[]", "neither a GeoJSON"),
        ("no json", "cannot be read"),
        ("", "cannot be read"),
        ('{"type": "Topology", "objects": {"a": {}, "b": {}}, "arcs": []}', "It holds a, b: say which with --object"),
        ('{"type": "Topology", "objects": {}, "arcs": []}', "It holds no objects"),
        ('{"type": "Topology", "objects": {"a": {"type": "Polygon", "arcs": [[0]]}}, "arcs": []}', "no shapes under the object 'a'"),
        ('{"type": "Topology", "transform": {"scale": [1]}, "objects": {"a": {}}, "arcs": []}', "The transform is not two pairs"),
        ('{"type": "Topology", "objects": {"a": {}}, "arcs": [[["x", 1]]]}', "An arc is no list of pairs"),
    ],
)  # fmt: skip
def test_a_file_of_shapes_that_cannot_be_read_says_why_and_writes_no_area(tmp_path, text, words):
    path = tmp_path / "geo.json"
    path.write_text(text)

    with pytest.raises(CommandError) as error:
        run(path, needs(tmp_path, row(0)))

    assert words in str(error.value)
    assert words in problems()[0][1]
    assert not Area.objects.exists()


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326", "EPSG:4269"])
def test_a_projection_in_degrees_is_taken(tmp_path, name):
    run(geo(tmp_path, square(0), crs={"type": "name", "properties": {"name": name}}), needs(tmp_path, row(0)))

    assert Area.objects.get().polygon


def test_a_file_torn_in_the_middle_keeps_what_was_read_before(tmp_path):
    path = geo(tmp_path, *(square(n, west=-120 + n / 100) for n in range(250)))
    text = path.read_text()
    path.write_text(text[: int(len(text) * 0.95)])

    with pytest.raises(CommandError, match=r"cannot be read after shape 2\d\d"):
        run(path, needs(tmp_path, *(row(n, lon="") | {"lat": ""} for n in range(250))))

    assert Area.objects.count() == 200
    assert ImportRun.objects.get().finished_at


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (["fips", "name"], "it needs the columns fips and pop"),
        (["fips", "pop", "pop"], "Two columns of the needs are headed 'pop'"),
    ],
)
def test_a_csv_that_is_no_table_of_areas_says_what_it_lacks(tmp_path, header, words):
    path = tmp_path / "needs.csv"
    path.write_text(",".join(header) + "\n")

    with pytest.raises(CommandError, match=words):
        run(geo(tmp_path, square(0)), path)


def test_a_dry_run_tells_all_of_it_and_writes_nothing(tmp_path):
    said = run(geo(tmp_path, square(0), shaped(1, BOW_TIE)), needs(tmp_path, row(0), row(1), row(2, pop="-1")), dry_run=True)

    assert "3 read, 2 inserted, 0 updated, 0 unchanged, 2 failed" in said
    assert "nothing was written" in said
    assert "crosses itself" in said
    assert [model.__name__ for model in (Area, ImportRun, ImportProblem, AreaMap) if model.objects.exists()] == []


def test_another_source_brings_its_own_table_of_headings(tmp_path):
    table = tmp_path / "columns.csv"
    table.write_text("heading,becomes,part,source,years\nkey,code,,,\npeople,population,value,Census office,2031\n")
    path = needs(tmp_path, {"key": "16000", "people": "12", "pop": "7"}, header=["key", "people", "pop"])
    run(geo(tmp_path, square(0)), path, columns=table)

    area = Area.objects.get()
    assert (area.population, area.name, area.extra) == (12, "Square 0", {"pop": "7"})
    assert list(area.figures.values_list("source", "years")) == [("Census office", "2031")]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("people,luck,value,X,2031", "no figure"),
        ("people,population,,X,2031", "value, low or high"),
        ("people,population,value,,", "source and years"),
    ],
)
def test_a_table_of_headings_that_does_not_fit_says_why(tmp_path, line, words):
    table = tmp_path / "columns.csv"
    table.write_text(f"heading,becomes,part,source,years\nkey,code,,,\n{line}\n")

    with pytest.raises(CommandError, match=words):
        run(geo(tmp_path, square(0)), needs(tmp_path, row(0)), columns=table)


def topology(folder, **more):
    """Two squares that share a border: arc 1 runs up it, and the second shape goes it backwards."""
    said = {
        "type": "Topology",
        "transform": {"scale": [0.5, 0.5], "translate": [-116, 43]},
        "arcs": [[[2, 2], [-2, 0], [0, -2], [2, 0]], [[2, 0], [0, 2]], [[2, 2], [2, 0], [0, -2], [-2, 0]]],
        "objects": {"squares": {"type": "GeometryCollection", "geometries": [
            {"type": "Polygon", "id": "16000", "arcs": [[0, 1]]},
            {"type": "MultiPolygon", "id": "16001", "arcs": [[[2, 1]]]},
            {"type": "Polygon", "id": "16002", "arcs": [[9]]},
            {"type": "Polygon", "id": "16003", "arcs": [[0, 0]]},
            {"type": None, "id": "16004"},
        ]}, **more},
    }  # fmt: skip
    path = folder / "topo.json"
    path.write_text(json.dumps(said))
    return path


def test_topojson_gives_the_same_squares_and_names_what_does_not_join(tmp_path):
    run(topology(tmp_path), needs(tmp_path, *(row(n) for n in range(5))))

    kept = {area.code: within.shape_of(area.polygon) for area in Area.objects.filter(polygon__isnull=False)}
    assert kept["16000"].bounds == (-116, 43, -115, 44)
    assert kept["16001"].bounds == (-115, 43, -114, 44)
    assert [reason.partition("drawn. ")[2] for _, reason in problems()] == [
        "It names arc 9, which is not there.",
        "Arc 0 does not begin where the one before it ended.",
        "It has no shape.",
    ]


def test_of_several_objects_the_one_that_is_named_is_read(tmp_path):
    path = topology(tmp_path, nation={"type": "GeometryCollection", "geometries": []})
    run(path, needs(tmp_path, row(0)), object="squares")

    assert Area.objects.get().polygon
    with pytest.raises(CommandError, match=r"no shapes under the object 'states'\. It holds squares, nation"):
        run(path, needs(tmp_path, row(0)), object="states")


def test_towns_and_public_locations_find_their_area(tmp_path, town):
    inside, outside = region.place("Inside", 43.5, -115.5), region.place("Outside", 10, 10)
    shown = Location.objects.create(organization=town.quayside, latitude=43.2, longitude=-115.2)
    refuge = Location.objects.create(organization=town.quayside, latitude=43.2, longitude=-115.2, is_confidential=True)
    type(town.harbour).objects.filter(pk=town.harbour.pk).update(is_victim_service=True)
    victims = Location.objects.create(organization=town.harbour, latitude=43.2, longitude=-115.2)
    run(geo(tmp_path, square(0)), needs(tmp_path, row(0)))

    area = Area.objects.get().pk
    assert dict(Place.objects.values_list("pk", "area")).items() >= {inside.pk: area, outside.pk: None}.items()
    assert dict(Location.objects.values_list("pk", "area")) == {shown.pk: area, refuge.pk: None, victims.pk: None}


def test_a_point_on_a_border_lies_in_the_first_area_by_code(tmp_path):
    on_it = region.place("Border", 43.5, -115.0)
    run(geo(tmp_path, square(1), square(0)), needs(tmp_path, row(1), row(0)))

    on_it.refresh_from_db()
    assert on_it.area.code == "16000"
    assert within.area_at(43.5, -115.0) == on_it.area.pk


def test_a_directory_that_comes_after_the_areas_finds_them_and_the_areas_it_names_come_first(tmp_path):
    run(geo(tmp_path, square(0), square(1)), needs(tmp_path, row(0), row(1)))
    rows = [
        facility(1, fips="16001", lat="43.5", lon="-115.5"),
        facility(2, fips="", lat="43.5", lon="-115.5"),
        facility(3, fips="99", lat="", lon=""),
    ]
    counted = revision()
    run_directory(written_directory(tmp_path / "a.csv", rows))

    assert dict(Location.objects.values_list("external_id", "area__code")) == {"f-1": "16001", "f-2": "16000", "f-3": None}
    assert set(Place.objects.filter(area__code="16000").values_list("name", flat=True)) == {"Town 1", "Town 2"}
    assert revision() > counted


def test_linking_again_changes_nothing(tmp_path):
    place = region.place("Inside", 43.5, -115.5)
    run(geo(tmp_path, square(0)), needs(tmp_path, row(0)))
    counted = revision()

    assert within.link(place.pk) == 0
    assert revision() == counted


def test_many_shapes_are_read_one_at_a_time(tmp_path):
    """Twice the shapes, the same memory: but for the rows, which are small, nothing is held."""

    def peak(count):
        corners = [[-120 + n / 1000, 43.0] for n in range(2000)]
        ring = [*corners, [-119, 44.0], corners[0]]
        shapes = geo(tmp_path, *(shaped(n, [ring]) for n in range(count)))
        rows = needs(tmp_path, *(row(n) for n in range(5)))
        tracemalloc.start()
        import_areas(source="x", geo=shapes, needs=rows, is_rehearsal=True)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    assert peak(80) < 1.5 * peak(20)


class TestReal:
    pytestmark = real

    def test_all_counties_land_and_the_89_shapes_without_a_row_are_named_and_not_drawn(self):
        files = REAL / "geo" / "us-counties-10m.topo.json", REAL / "us" / "counties.csv"
        first = run(*files, object="counties")
        second = run(*files, object="counties")

        assert "3142 read, 3142 inserted, 0 updated, 0 unchanged, 1 failed" in first
        assert "89 shapes have no row and are kept out" in first
        assert "3142 read, 0 inserted, 0 updated, 3142 unchanged, 1 failed" in second
        assert list(Area.objects.filter(polygon__isnull=True).values_list("code", flat=True)) == ["51610"]
        assert len(drawn()["features"]) == 3141
        assert len(area_map.packed()[1]) < 300_000
        assert AreaFigure.objects.filter(figure="drive-minutes").count() == 3142 - 16  # what is empty in the file is no zero here

    def test_idaho_is_44_counties_and_every_town_of_its_directory_lies_in_one(self):
        run(REAL / "geo" / "us-counties-10m.topo.json", REAL / "us" / "demo_idaho_counties.csv", object="counties")
        run_directory(REAL / "us" / "demo_idaho_organizations.csv")

        assert Area.objects.filter(polygon__isnull=False).count() == 44
        assert not Location.objects.filter(area__isnull=True).exists()
        assert not Place.objects.filter(area__isnull=True).exists()
