"""Facility lists: one row is an organisation, its location and its service; codes become terms by a table of ours."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from network.partners.taxonomy import DATA

from .found import Bad, Found
from .tables import rows_of

COLUMNS = {"id", "name1", "name2", "street1", "city", "state", "zip", "phone", "website", "lat", "lon", "codes"}
WIDEST = 200


@cache
def terms_of_codes() -> dict[str, tuple[str, str]]:
    """Facility code to scheme and term."""
    with (DATA / "facility_codes.csv").open(encoding="utf-8", newline="") as lines:
        return {row["code"]: (row["scheme"], row["term"]) for row in csv.DictReader(lines)}


def read_facilities(path: Path, state: str = "") -> Iterator[list[Found] | Bad]:
    """Rows of the file, one at a time; each gives its rows of our tables, or what is wrong with it."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        headings = next(csv.reader(lines), [])
    if len(headings) > WIDEST or not {"id", "name1"} <= set(headings):
        yield Bad(1, "This is no facility list: it needs the columns id and name1.", path.name)
        return
    for found in rows_of(path):
        if isinstance(found, Bad):
            yield found
        elif not state or found[1].get("state") == state:
            yield _facility(found[1], found[0], path.name)


def _facility(row: dict[str, str], line: int, file: str) -> list[Found] | Bad:
    key, name = row["id"].strip(), " ".join((row["name1"].strip(), row.get("name2", "").strip())).strip()
    if not key or not row["name1"].strip():
        return Bad(line, "id or name1 is empty.", file)
    place = _coordinates(row)
    if isinstance(place, str):
        return Bad(line, place, file)
    codes = row.get("codes", "").split()
    known = terms_of_codes()
    terms = tuple(sorted({known[code] for code in codes if code in known and known[code][0] != "language"}))
    spoken = sorted({known[code][1] for code in codes if code in known and known[code][0] == "language"})
    kept = {name: value for name, value in row.items() if name not in COLUMNS and value}
    organization = Found(
        "Organization", key, {"name": row["name1"].strip(), "website": row.get("website", "").strip()}, line, file, extra=kept
    )
    location = Found(
        "Location", key,
        {
            "name": name, "address_1": row.get("street1", ""), "city": row.get("city", ""), "state_province": row.get("state", ""),
            "postal_code": row.get("zip", ""), "country": "US", "latitude": place[0], "longitude": place[1],
        },
        line, file, refs={"organization": ("Organization", key)}, town=(row.get("city", "").strip(), row.get("state", "").strip()),
    )  # fmt: skip
    service = Found(
        "Service", key, {"name": name, "status": "active"}, line, file, refs={"organization": ("Organization", key)},
        extra={"codes": row["codes"]} if codes else {}, terms=terms,
    )  # fmt: skip
    at = Found("ServiceAtLocation", key, {}, line, file, refs={"service": ("Service", key), "location": ("Location", key)})
    found = [organization, location, service, at]
    if row.get("phone", "").strip():
        found.append(Found("Phone", key, {"number": row["phone"].strip()}, line, file, refs={"service": ("Service", key)}))
    found += [Found("Language", f"{key}/{code}", {"code": code}, line, file, refs={"service": ("Service", key)}) for code in spoken]
    return found


def _coordinates(row: dict[str, str]) -> tuple[float | None, float | None] | str:
    """Both, or neither; words where they are no numbers."""
    if not row.get("lat", "").strip() and not row.get("lon", "").strip():
        return None, None
    try:
        return float(row["lat"]), float(row["lon"])
    except ValueError:
        return "lat and lon are not numbers."
