"""Compares found rows with what is there, a slice at a time, and writes only what is new or says something else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.dateparse import parse_date, parse_time

from network.core.actor import CLOCK
from network.core.clock import now
from network.core.events import Fact, record
from network.partners import models
from network.partners.actions import open_organizations
from network.partners.revision import bump
from network.partners.within import link

from .found import Bad, Found, id_of

SLICE = 200
ORDER = ("Organization", "Location", "Service", "ServiceAtLocation", "Phone", "Language", "Schedule")
SOFT = ("website", "url", "email")
OURS = frozenset({"id", "source", "external_id", "fingerprint", "extra", "number"})
ZONES = {"ID": "America/Boise", "CA": "America/Los_Angeles", "NY": "America/New_York", "TX": "America/Chicago"}
MOST_PROBLEMS = 10_000


@dataclass(slots=True)
class Counts:
    """What a run did to rows of the directory."""

    rows: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    problems: int = 0


@dataclass(slots=True)
class Run:
    """One run over one feed."""

    source: str
    row: models.ImportRun
    counts: Counts = field(default_factory=Counts)


def import_rows(source: str, kind: str, feed: Iterable[list[Found] | Bad]) -> models.ImportRun:
    """Read the feed to its end; each slice is one transaction, and a slice that fails is tried again row by row."""
    run = Run(source, models.ImportRun.objects.create(source=source, format=kind, started_at=now()))
    stream = iter(feed)
    while batch := list(islice(stream, SLICE)):
        run.counts.rows += len(batch)
        bad = [item for item in batch if isinstance(item, Bad)]
        bundles = [item for item in batch if not isinstance(item, Bad)]
        for item in bad:
            _problem(run, item.line, item.reason, item.file)
        run.counts.failed += len(bad)
        try:
            _slice(run, bundles)
        except (IntegrityError, ValidationError):
            for bundle in bundles:
                _one(run, bundle)
    link(run.row.pk)
    finish(run)
    return run.row


def _one(run: Run, bundle: list[Found]) -> None:
    before = copy_of(run.counts)
    try:
        _slice(run, [bundle])
    except (IntegrityError, ValidationError) as error:
        run.counts = before
        run.counts.failed += 1
        _problem(run, bundle[0].line, f"The database refuses it: {type(error).__name__}.", bundle[0].file)


def copy_of(counts: Counts) -> Counts:
    return Counts(counts.rows, counts.inserted, counts.updated, counts.unchanged, counts.failed, counts.problems)


def finish(run: Run) -> None:
    """The run's row and one event; none for each row."""
    with transaction.atomic():
        at = now()
        for name in ("rows", "inserted", "updated", "unchanged", "failed"):
            setattr(run.row, name, getattr(run.counts, name))
        run.row.finished_at = at
        run.row.save()
        home = models.Organization.objects.filter(is_convening=True).values_list("pk", flat=True).first()
        if home is not None:
            record(Fact("import.finished", f"organization/{home}", frozenset({home})), by=CLOCK, at=at)


@transaction.atomic
def _slice(run: Run, bundles: list[list[Found]]) -> None:
    before = copy_of(run.counts)
    try:
        found = _by_model(bundles)
        there: dict[str, set[UUID]] = {}
        for model in ORDER:
            if found.get(model):
                _write(run, model, found[model], there)
        if (run.counts.inserted, run.counts.updated) != (before.inserted, before.updated):
            bump(run.row.pk)
    except Exception:
        run.counts = before
        raise


def _by_model(bundles: list[list[Found]]) -> dict[str, dict[str, Found]]:
    rows: dict[str, dict[str, Found]] = {}
    for bundle in bundles:
        for found in bundle:
            rows.setdefault(found.model, {})[found.external] = found
    return rows


def _write(run: Run, name: str, rows: dict[str, Found], there: dict[str, set[UUID]]) -> None:
    """Rows of one table: look up all by one query, then insert the new and update the changed."""
    model: type[Model] = getattr(models, name)
    wanted = {id_of(run.source, (name, external)): found for external, found in rows.items()}
    known = {
        pk: (source, bytes(mark) if mark else b"")
        for pk, source, mark in model._default_manager.filter(pk__in=wanted).values_list("pk", "source", "fingerprint")  # noqa: SLF001
    }
    changed = {pk: found for pk, found in wanted.items() if known.get(pk, ("", b""))[1] != found.fingerprint()}
    run.counts.unchanged += len(wanted) - len(changed)
    there[name] = set(known)
    towns = _towns(changed.values()) if name == "Location" else {}
    fresh: list[Any] = []
    for pk, found in changed.items():
        reason = _wrong(run, found, known.get(pk), there)
        row = None if reason else _row(run, model, pk, found, towns)
        if reason is None and row is not None:
            reason = _does_not_fit(row)
        if reason is not None or row is None:
            run.counts.failed += 1
            _problem(run, found.line, reason or "It cannot be kept.", found.file)
            continue
        there[name].add(pk)
        if pk in known:
            _update(model, row, found)
            run.counts.updated += 1
        else:
            fresh.append(row)
    _insert(run, name, fresh, wanted)


def _insert(run: Run, name: str, fresh: list[Any], wanted: dict[UUID, Found]) -> None:
    if name == "Organization":
        _hint_at_equal_names(run, fresh, wanted)
        open_organizations(fresh)
    else:
        getattr(models, name).objects.bulk_create(fresh)
    run.counts.inserted += len(fresh)
    if name == "Service":
        _describe({row.pk: wanted[row.pk] for row in fresh})


def _update(model: type[Model], row: Any, found: Found) -> None:
    """Only what the feed says: what was said here (capacity, agreements, who works there) stays."""
    columns = {name: getattr(row, name) for name in (*found.values, "fingerprint", "extra")}
    columns |= {f"{name}_id": getattr(row, f"{name}_id") for name in found.refs}
    if found.town:
        columns["place_id"] = row.place_id
    model._default_manager.filter(pk=row.pk).update(**columns)  # noqa: SLF001
    if found.model == "Service":
        models.ServiceTerm.objects.filter(service=row.pk).delete()
        _describe({row.pk: found})


def _row(run: Run, model: type[Any], pk: UUID, found: Found, towns: dict[tuple[str, str], UUID]) -> Any:
    values = {name: _plain(name, value) for name, value in found.values.items()}
    links = {f"{name}_id": id_of(run.source, ref) for name, ref in found.refs.items()}
    row = model(id=pk, source=run.source, external_id=found.external, fingerprint=found.fingerprint(), extra=found.extra, **values, **links)
    if found.model == "Organization":
        row.created_at = now()
        row.time_zone = ZONES.get(found.extra.get("state", ""), "UTC")
    if found.town:
        row.place_id = towns.get(found.town)
    return row


def _plain(name: str, value: Any) -> Any:
    if name in {"opens_at", "closes_at"}:
        return parse_time(value)
    return parse_date(value[:10]) if name in {"valid_from", "valid_to", "assured_on"} else value


def _wrong(run: Run, found: Found, known: tuple[str, bytes] | None, there: dict[str, set[UUID]]) -> str | None:
    """Why a row cannot be kept, before it is built."""
    if known is not None and known[0] != run.source:
        return "This id belongs to another feed."
    for name, ref in found.refs.items():
        pk = id_of(run.source, ref)
        if pk not in there.get(ref[0], set()) and not getattr(models, ref[0]).objects.filter(pk=pk).exists():
            return f"The {name.replace('_', ' ')} it names is not there."
    if found.model == "Service" and "organization" not in found.refs:
        return "It names no organisation."
    if found.model in {"Phone", "Language", "Schedule"} and not found.refs:
        return "It belongs to nothing that is imported."
    return None


def _does_not_fit(row: Any) -> str | None:
    """The model's own rules of length, range and form, in words; an address of the web or of mail is mended or set aside."""
    _mend(row)
    skipped = [f.name for f in type(row)._meta.fields if f.is_relation or f.name in OURS]  # noqa: SLF001 - Django documents _meta
    try:
        row.clean_fields(exclude=skipped)
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        return f"{name}: {messages[0]}"
    at = (getattr(row, "latitude", None), getattr(row, "longitude", None))
    if at != (None, None) and (None in at or not on_earth(*at)):
        return "latitude and longitude are not on Earth."
    return None


def _mend(row: Any) -> None:
    """An unusable address must not cost the entry: it is kept as it was given, in `extra`, and not shown as a link."""
    for name in SOFT:
        value = getattr(row, name, "")
        if not value:
            continue
        field = type(row)._meta.get_field(name)  # noqa: SLF001
        value = value.strip() if "@" in value or re.match(r"https?://", value) else f"http://{value.strip()}"
        try:
            setattr(row, name, field.clean(value, row))
        except ValidationError:
            row.extra = {**row.extra, name: getattr(row, name)}
            setattr(row, name, "")


def on_earth(latitude: float | None, longitude: float | None) -> bool:
    return latitude is not None and longitude is not None and -90 <= latitude <= 90 and -180 <= longitude <= 180


def _describe(services: dict[UUID, Found]) -> None:
    """The terms of services that are new or changed."""
    codes = {code for found in services.values() for _, code in found.terms}
    terms = {(t.scheme, t.code): t.pk for t in models.TaxonomyTerm.objects.filter(code__in=codes)} if codes else {}
    models.ServiceTerm.objects.bulk_create(
        models.ServiceTerm(service_id=pk, term_id=terms[key]) for pk, found in services.items() for key in found.terms if key in terms
    )


def _towns(rows: Iterable[Found]) -> dict[tuple[str, str], UUID]:
    """The place of each town, made from the first address in it that says where it is."""
    wanted: dict[tuple[str, str], Found] = {}
    for found in rows:
        if found.town and found.values.get("latitude") is not None:
            wanted.setdefault(found.town, found)
    known = _known_towns(wanted)
    new = [
        models.Place(
            name=town[0][:120], region=town[1][:80], country="US", latitude=found.values["latitude"], longitude=found.values["longitude"]
        )
        for town, found in wanted.items()
        if town not in known and town[0] and on_earth(found.values["latitude"], found.values.get("longitude"))
    ]
    models.Place.objects.bulk_create(new, ignore_conflicts=True)
    return known | {(row.name, row.region): row.pk for row in new}


def _known_towns(wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    names = {name for name, _ in wanted}
    rows = models.Place.objects.filter(name__in=names).values_list("name", "region", "pk")
    return {(name, region): pk for name, region, pk in rows}


def _hint_at_equal_names(run: Run, fresh: list[Any], wanted: dict[UUID, Found]) -> None:
    """Equal names may be one organisation or two: a person decides."""
    names = {row.name for row in fresh}
    same = set(models.Organization.objects.filter(name__in=names).exclude(pk__in=wanted).values_list("name", flat=True))
    for row in fresh:
        if row.name in same:
            _problem(run, wanted[row.pk].line, "Another organisation has this name.", wanted[row.pk].file, is_hint=True)


def _problem(run: Run, line: int, reason: str, file: str, *, is_hint: bool = False) -> None:
    run.counts.problems += 1
    if run.counts.problems <= MOST_PROBLEMS:
        models.ImportProblem.objects.create(run=run.row, file=file, line=line, reason=reason[:500], is_hint=is_hint)


def problems_of(row: models.ImportRun) -> Iterator[models.ImportProblem]:
    return models.ImportProblem.objects.filter(run=row).order_by("file", "line", "pk").iterator(500)
