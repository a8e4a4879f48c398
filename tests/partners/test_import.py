"""Imports: streamed, idempotent, each bad row named, nothing of a feed lost. Twins of the real files, then the real ones."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import call_command

from network.core.models import Event
from network.demo import region
from network.partners.models import ImportProblem, ImportRun, Location, Organization, Phone, Service, ServiceTerm
from tests.servers import ROOT, Site

pytestmark = pytest.mark.django_db
HEADER = ["id", "name1", "name2", "street1", "city", "state", "zip", "phone", "website", "lat", "lon", "fips", "codes"]
REAL = Path(os.environ["SHARED_DATA"]) / "data" if os.environ.get("SHARED_DATA") else None
real = [pytest.mark.shared_data, pytest.mark.skipif(REAL is None, reason="needs SHARED_DATA")]


def facility(number, **more):
    row = {
        "id": f"f-{number}",
        "name1": f"Facility {number}",
        "name2": "Outpatient",
        "street1": f"{number} Main Street",
        "city": f"Town {number % 40}",
        "state": "ID",
        "zip": "83000",
        "phone": "208-555-0100",
        "website": "http://example.org",
        "lat": "43.5",
        "lon": "-116.2",
        "fips": "16001",
        "codes": "peer cm sp zz",
    }
    return row | more


def written(path, rows):
    with path.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, HEADER)
        writer.writeheader()
        writer.writerows(rows)
    return path


def run(path, source="feed", **more):
    call_command("import_directory", path, source=source, stdout=open(os.devnull, "w"), **more)  # noqa: PTH123, SIM115
    return ImportRun.objects.latest("started_at")


def test_one_row_is_one_organisation_one_location_one_service(tmp_path):
    run(written(tmp_path / "a.csv", [facility(1)]))

    service = Service.objects.get()
    assert (Organization.objects.count(), Location.objects.count()) == (1, 1)
    assert set(ServiceTerm.objects.values_list("term__code", flat=True)) == {"peer-support", "mental-health-case-management"}
    assert list(service.languages.values_list("code", flat=True)) == ["es"]
    assert service.extra["codes"] == "peer cm sp zz"
    assert Location.objects.get().place.name == "Town 1"


def test_a_second_run_changes_nothing_and_tells_once(tmp_path):
    home = region.organization("Home", is_convening=True)
    path = written(tmp_path / "a.csv", [facility(n) for n in range(450)])
    first, second = run(path), run(path)

    assert (first.inserted, first.failed) == (450 * 6, 0)
    assert (second.inserted, second.updated, second.unchanged) == (0, 0, 450 * 6)
    assert Event.objects.filter(organization=home, kind="import.finished").count() == 2
    assert Event.objects.count() == 2


def test_a_changed_row_updates_itself_alone_and_ids_stay(tmp_path):
    run(written(tmp_path / "a.csv", [facility(1), facility(2)]))
    before = dict(Phone.objects.values_list("external_id", "pk"))
    changed = run(written(tmp_path / "a.csv", [facility(1), facility(2, phone="208-555-0199")]))

    assert (changed.updated, changed.inserted) == (1, 0)
    assert dict(Phone.objects.values_list("external_id", "pk")) == before
    assert Phone.objects.get(external_id="f-2").number == "208-555-0199"


def test_each_bad_row_is_named_and_the_rest_lands(tmp_path):
    rows = [facility(1), facility(2, name1=""), facility(3, lat="north"), facility(4, lat="120"), facility(5, name1="x" * 400), facility(6)]
    result = run(written(tmp_path / "a.csv", rows))

    bad = list(ImportProblem.objects.filter(run=result, is_hint=False).values_list("line", "reason"))
    assert {line for line, _ in bad} == {3, 4, 5, 6}
    assert ("lat and lon are not numbers.") in {reason for _, reason in bad}
    assert set(Service.objects.values_list("external_id", flat=True)) == {"f-1", "f-4", "f-6"}


def test_an_unusable_web_address_costs_nobody_their_entry(tmp_path):
    run(written(tmp_path / "a.csv", [facility(1, website="see our page")]))

    row = Organization.objects.get()
    assert row.website == ""
    assert "see our page" in row.extra["website"]


def test_equal_names_are_hinted_at_and_never_merged(tmp_path):
    run(written(tmp_path / "a.csv", [facility(1)]))
    second = run(written(tmp_path / "b.csv", [facility(9, name1="Facility 1")]), source="other")

    assert ImportProblem.objects.get(run=second).is_hint
    assert Organization.objects.filter(name="Facility 1").count() == 2


NESTED = {
    "id": "0f1b1a52-3f0e-4b7e-9d0c-000000000001",
    "name": "Organisation",
    "tax_status": "kept",
    "surprise": {"deep": [1, 2]},
    "phones": [{"id": "p1", "number": "555"}],
    "services": [
        {
            "id": "0f1b1a52-3f0e-4b7e-9d0c-000000000002",
            "name": "Advice",
            "status": "active",
            "minimum_age": 16,
            "languages": [{"id": "l1", "code": "ar"}],
            "schedules": [{"id": "s1", "freq": "WEEKLY", "byday": "MO,TU", "opens_at": "09:00", "closes_at": "17:00"}],
            "service_at_locations": [
                {
                    "id": "a1",
                    "location": {
                        "id": "0f1b1a52-3f0e-4b7e-9d0c-000000000003",
                        "location_type": "physical",
                        "latitude": 43.5,
                        "longitude": -116.2,
                        "addresses": [{"address_1": "1 Quay", "city": "Harbour", "state_province": "ID"}],
                    },
                }
            ],
        }
    ],
}


@pytest.mark.parametrize("form", ["object", "list", "page", "lines"])
def test_nested_hsds_lands_whole_and_keeps_what_it_does_not_know(tmp_path, form):
    text = {
        "object": json.dumps(NESTED),
        "list": json.dumps([NESTED]),
        "page": json.dumps({"total_items": 1, "contents": [NESTED]}),
        "lines": json.dumps(NESTED) + "\n",
    }[form]
    path = tmp_path / "feed.json"
    path.write_text(text)
    first, second = run(path), run(path)

    assert (first.failed, second.inserted, second.updated) == (0, 0, 0)
    organization = Organization.objects.get(pk=NESTED["id"])
    assert organization.extra["surprise"] == {"deep": [1, 2]}
    service = Service.objects.get()
    assert (service.organization, service.minimum_age, service.at_locations.get().location.city) == (organization, 16, "Harbour")
    assert service.schedules.get().closes_at.hour == 17


def test_a_broken_file_is_named(tmp_path):
    path = tmp_path / "feed.json"
    path.write_text('{"id": "1", ')
    result = run(path)

    assert ImportProblem.objects.get(run=result).reason == "This is not JSON."


@pytest.mark.timeout(300)
def test_memory_for_many_rows_is_that_for_few(tmp_path):
    """Peak memory of the command over 11,375 rows and over 132, by a process of its own; at most a tenth more."""
    site = Site(tmp_path / "site", {"DEBUG": "0", "ALLOWED_HOSTS": "localhost"})
    site.migrate()
    code = (
        "import resource, sys, django; django.setup(); from django.core.management import call_command;"
        "call_command('import_directory', sys.argv[1], source=sys.argv[2], stdout=open('/dev/null', 'w'));"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks, seconds = [], []
    for count in (132, 11_375):
        path = written(tmp_path / f"{count}.csv", (facility(n, id=f"{count}-{n}") for n in range(count)))
        begun = time.monotonic()
        environment = {**site.environment, "DJANGO_SETTINGS_MODULE": "network.settings"}
        command = [sys.executable, "-c", code, str(path), f"feed {count}"]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=200, check=True)
        peaks.append(int(done.stdout.split()[-1]))
        seconds.append(time.monotonic() - begun)
    assert peaks[1] < peaks[0] * 1.1, peaks
    assert seconds[1] < 60


@pytest.mark.parametrize(
    "name", ["us/demo_idaho_organizations.csv", "hsds/ohana_sample", "hsds/spec_examples", "hsds/spec_examples/service_full.json"]
)
@pytest.mark.parametrize("marks", [pytest.param(None, marks=real)])
def test_a_real_feed_is_imported_once(name, marks):
    first, second = run(REAL / name), run(REAL / name)

    assert first.inserted > 0
    assert (second.inserted, second.updated, second.unchanged) == (0, 0, first.inserted)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["samhsa_mh_facilities_2015.csv", "samhsa_mh_facilities_2020.csv"])
@pytest.mark.parametrize("marks", [pytest.param(None, marks=real)])
def test_a_whole_country_is_imported_once(name, marks):
    first, second = run(REAL / "us" / name), run(REAL / "us" / name)

    assert first.failed == 0
    assert (second.inserted, second.updated, second.unchanged) == (0, 0, first.inserted)
