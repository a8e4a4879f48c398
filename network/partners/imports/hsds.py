"""HSDS 3.x: nested JSON rooted at an organisation, a service or a location, and the CSV data package of the same tables."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from .found import Bad, Found, Ref

# model: our column → the field of HSDS that fills it; whatever else a row says is kept in `extra`.
FIELDS: dict[str, dict[str, str]] = {
    "Organization": {
        "name": "name",
        "alternate_name": "alternate_name",
        "description": "description",
        "email": "email",
        "website": "website",
    },
    "Location": {
        "location_type": "location_type",
        "name": "name",
        "description": "description",
        "latitude": "latitude",
        "longitude": "longitude",
        "address_1": "address_1",
        "address_2": "address_2",
        "city": "city",
        "state_province": "state_province",
        "postal_code": "postal_code",
        "country": "country",
    },
    "Service": {
        "name": "name",
        "alternate_name": "alternate_name",
        "description": "description",
        "url": "url",
        "email": "email",
        "status": "status",
        "interpretation_services": "interpretation_services",
        "application_process": "application_process",
        "fees_description": "fees_description",
        "eligibility_description": "eligibility_description",
        "minimum_age": "minimum_age",
        "maximum_age": "maximum_age",
        "assured_on": "assured_date",
        "alert": "alert",
    },
    "ServiceAtLocation": {"description": "description"},
    "Phone": {"number": "number", "extension": "extension", "type": "type", "description": "description"},
    "Language": {"code": "code", "name": "name", "note": "note"},
    "Schedule": {
        "freq": "freq",
        "byday": "byday",
        "opens_at": "opens_at",
        "closes_at": "closes_at",
        "valid_from": "valid_from",
        "valid_to": "valid_to",
        "notes": "notes",
    },
}
LINKS = {
    "organization_id": "Organization",
    "service_id": "Service",
    "location_id": "Location",
    "service_at_location_id": "ServiceAtLocation",
}
OWN_LINKS: dict[str, tuple[str, ...]] = {
    "Organization": (),
    "Location": ("organization_id",),
    "Service": ("organization_id",),
    "ServiceAtLocation": ("service_id", "location_id"),
    "Phone": ("service_id", "location_id", "organization_id"),
    "Language": ("service_id", "location_id"),
    "Schedule": ("service_at_location_id", "service_id", "location_id", "organization_id"),
}
# A row of these belongs to one thing: the first link that it has.
PARENT = {model: link.removesuffix("_id") for link, model in LINKS.items()}
ONE_LINK = frozenset({"Phone", "Language", "Schedule"})
NESTED = {"phones": "Phone", "languages": "Language", "schedules": "Schedule"}
TABLES = (
    ("organizations", "Organization"),
    ("locations", "Location"),
    ("services", "Service"),
    ("service_at_location", "ServiceAtLocation"),
    ("service_at_locations", "ServiceAtLocation"),
    ("phones", "Phone"),
    ("languages", "Language"),
    ("schedules", "Schedule"),
)
NUMBERS = frozenset({"latitude", "longitude"})
WHOLE = frozenset({"minimum_age", "maximum_age"})
CHUNK = 1 << 16


def found_row(model: str, row: dict[str, Any], line: int, file: str, refs: dict[str, Ref]) -> Found | Bad:
    """A row of a table as ours; Bad where it has no id or a number is none."""
    key = str(row.get("id") or "").strip()
    if not key:
        return Bad(line, f"A row of {model} has no id.", file)
    values: dict[str, Any] = {}
    used = {"id", *OWN_LINKS[model]}
    for column, name in FIELDS[model].items():
        used.add(name)
        value = row.get(name)
        if value is None or value == "" or isinstance(value, list | dict):
            continue
        try:
            values[column] = float(value) if column in NUMBERS else int(value) if column in WHOLE else str(value)
        except (TypeError, ValueError):
            return Bad(line, f"{model} {key[:40]}: {name} is not a number.", file)
    extra = {name: value for name, value in row.items() if name not in used and value not in (None, "", [], {})}
    found = Found(model, key, values, line, file, refs=refs, extra=extra)
    if model == "Location" and values.get("city"):
        found.town = (values["city"], values.get("state_province", ""))
    return found


# -- nested JSON ---------------------------------------------------------------------------------------------------------------


def read_json(path: Path) -> Iterator[list[Found] | Bad]:
    """Every root object of the file: one object, a list, a page with `contents`, or one object a line."""
    with path.open(encoding="utf-8-sig") as text:
        try:
            for number, item in enumerate(objects(text), start=1):
                yield _tree(item, number, path.name) if isinstance(item, dict) else Bad(number, "This is no object.", path.name)
        except (ValueError, RecursionError):
            yield Bad(1, "This is not JSON.", path.name)


def objects(text: IO[str]) -> Iterator[Any]:
    """The root objects one by one, without holding the file: a buffer grows until the next one is whole."""
    decoder, buffer, is_done = json.JSONDecoder(), "", False
    while True:
        buffer = buffer.lstrip(" \r\n\t,")
        if buffer.startswith(("[", "]")):
            buffer = buffer[1:]
            continue
        try:
            item, end = decoder.raw_decode(buffer)
        except ValueError:
            if is_done:
                if buffer.strip():
                    raise
                return
            chunk = text.read(CHUNK)
            is_done = not chunk
            buffer += chunk
            continue
        buffer = buffer[end:]
        yield from item["contents"] if isinstance(item, dict) and isinstance(item.get("contents"), list) else [item]


def _tree(root: dict[str, Any], line: int, file: str) -> list[Found] | Bad:
    """All rows of a nested object; its children name their parent."""
    rows: list[Found] = []
    model = "Location" if "location_type" in root else "Organization" if "services" in root or "tax_status" in root else "Service"
    if model == "Service" and "organization" not in root and "status" not in root and "service_at_locations" not in root:
        model = "Organization"
    try:
        _walk(model, root, line, file, {}, rows)
    except _Wrong as wrong:
        return wrong.bad
    return rows


class _Wrong(Exception):  # noqa: N818
    def __init__(self, bad: Bad) -> None:
        self.bad = bad
        super().__init__(bad.reason)


def _walk(model: str, row: dict[str, Any], line: int, file: str, refs: dict[str, Ref], rows: list[Found]) -> None:
    own: Ref = (model, str(row.get("id") or ""))
    flat, children = _split(model, row)
    if model == "Service" and isinstance(row.get("organization"), dict):
        _walk("Organization", row["organization"], line, file, {}, rows)
        refs = {**refs, "organization": ("Organization", str(row["organization"].get("id") or ""))}
    found = found_row(model, flat, line, file, refs)
    if isinstance(found, Bad):
        raise _Wrong(found)
    rows.append(found)
    for child_model, child in children:
        if child_model == "ServiceAtLocation":
            _at_location(child, line, file, own, rows)
        else:
            link = {
                "Organization": "organization",
                "Service": "service",
                "Location": "location",
                "ServiceAtLocation": "service_at_location",
            }[model]
            _walk(child_model, child, line, file, {link: own}, rows)


def _at_location(child: dict[str, Any], line: int, file: str, service: Ref, rows: list[Found]) -> None:
    refs: dict[str, Ref] = {"service": service}
    if isinstance(child.get("location"), dict):
        _walk("Location", child["location"], line, file, {}, rows)
        refs["location"] = ("Location", str(child["location"].get("id") or ""))
    _walk("ServiceAtLocation", {name: value for name, value in child.items() if name != "location"}, line, file, refs, rows)


def _split(model: str, row: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]:
    """A row without its children of tables of ours, and those children."""
    nested = dict(NESTED) | ({"services": "Service", "locations": "Location"} if model == "Organization" else {})
    nested |= {"service_at_locations": "ServiceAtLocation"} if model == "Service" else {}
    if model in ONE_LINK:
        nested = {}
    children = [(kind, child) for name, kind in nested.items() for child in row.get(name) or () if isinstance(child, dict)]
    flat = {name: value for name, value in row.items() if name not in nested and not (model == "Service" and name == "organization")}
    if model == "Location" and isinstance(row.get("addresses"), list) and row["addresses"] and isinstance(row["addresses"][0], dict):
        flat |= {name: value for name, value in row["addresses"][0].items() if name in FIELDS["Location"]}
    return flat, children


# -- CSV data package ------------------------------------------------------------------------------------------------------------


def read_package(folder: Path) -> Iterator[list[Found] | Bad]:
    """The tables in the order of their links; addresses are laid into their locations."""
    addresses = _by_location(folder)
    given: dict[str, str] = {}
    for table, model in TABLES:
        path = _table(folder, table)
        if path is None:
            continue
        for line, row in _rows(path):
            if isinstance(row, Bad):
                yield row
                continue
            if model == "Location":
                row |= {name: value for name, value in addresses.get(row.get("id", ""), {}).items() if name in FIELDS["Location"]}
                given[row.get("id", "")] = row.get("organization_id", "")
            if model == "Service" and not row.get("organization_id") and row.get("location_id"):
                row["organization_id"] = given.get(row["location_id"], "")
            found = found_row(model, dict(row), line, path.name, _links(model, row))
            yield found if isinstance(found, Bad) else [found, *_given_at(model, row, found)]


def _given_at(model: str, row: dict[str, str], found: Found) -> list[Found]:
    """The older tables name a service's location in its own row."""
    if model != "Service" or not row.get("location_id"):
        return []
    refs: dict[str, Ref] = {"service": ("Service", found.external), "location": ("Location", row["location_id"])}
    return [Found("ServiceAtLocation", f"{found.external}/{row['location_id']}", {}, found.line, found.file, refs=refs)]


def _links(model: str, row: dict[str, str]) -> dict[str, Ref]:
    refs = {name.removesuffix("_id"): (LINKS[name], row[name]) for name in OWN_LINKS[model] if row.get(name)}
    return dict(list(refs.items())[:1]) if model in ONE_LINK else refs


def _by_location(folder: Path) -> dict[str, dict[str, str]]:
    path = _table(folder, "addresses")
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for _, row in _rows(path) if path else ():
        if isinstance(row, dict):
            found.setdefault(row.get("location_id", ""), row)
    return found


def _table(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / f"{name}.csv", folder / f"csv_{name}.csv") if path.is_file()), None)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str] | Bad]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        for row in reader:
            if None in row:
                yield reader.line_num, Bad(reader.line_num, "The line has more columns than the first.", path.name)
            else:
                yield reader.line_num, {name: value for name, value in row.items() if value is not None}
