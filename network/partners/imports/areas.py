"""Joins the shapes of areas with what a CSV says of them, and writes only what is new or says something else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from network.core.clock import now
from network.partners.area_map import draw
from network.partners.models import Area, AreaFigure, ImportProblem, ImportRun
from network.partners.revision import bump
from network.partners.within import link

from .found import Bad, Unreadable
from .needs import COLUMNS, Column, Said, columns_of, read_needs
from .shapes import Border, Outline, border_of, read_outlines
from .topojson import Broken
from .writer import MOST_PROBLEMS, SLICE, Counts, Run, copy_of, finish

FORMAT = "areas"


@dataclass(slots=True)
class Joined:
    """One area: its row, and its shape where that is known."""

    said: Said
    border: Border | None

    def fingerprint(self) -> bytes:
        """16 bytes that are equal when both files say the same again."""
        said = _fields(self.said) | {"line": 0, "border": self.border.polygons if self.border else None}
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=_fields).encode()).digest()[:16]


def _fields(said: Any) -> dict[str, Any]:
    """The fields of a row or of a part of it, as they are: `asdict` copies each value, which took as long as the digest."""
    return {name: getattr(said, name) for name in said.__dataclass_fields__}


@dataclass(slots=True)
class AreaRun:
    """What a run over both files did and found; of a rehearsal nothing is kept."""

    run: Run
    is_rehearsal: bool
    problems: list[ImportProblem] = field(default_factory=list)
    without_row: list[str] = field(default_factory=list)
    without_shape: list[str] = field(default_factory=list)

    @property
    def counts(self) -> Counts:
        return self.run.counts

    def complain(self, line: int, reason: str, file: str, *, is_hint: bool = False) -> None:
        self.counts.problems += 1
        self.counts.failed += not is_hint
        if self.counts.problems <= MOST_PROBLEMS:
            self.problems.append(ImportProblem(run=self.run.row, file=file[:200], line=line, reason=reason[:500], is_hint=is_hint))


def import_areas(
    *, source: str, geo: Path, needs: Path, object_name: str = "", columns: Path = COLUMNS, is_rehearsal: bool = False
) -> AreaRun:
    """Read both files to their ends. A file that cannot be read raises Unreadable, after what was read before has landed."""
    headings = columns_of(columns)
    run = Run(source, ImportRun(source=source, format=FORMAT, started_at=now()))
    done = AreaRun(run, is_rehearsal)
    if not is_rehearsal:
        run.row.save(force_insert=True)
    try:
        _read(done, geo, needs, object_name, headings)
    except Unreadable as reason:
        done.complain(reason.line, str(reason), geo.name if reason.about_shapes else needs.name)
        raise
    finally:
        if not is_rehearsal:
            _finish(done)
    return done


def _finish(done: AreaRun) -> None:
    """Towns find their areas, the map is drawn, and the run is told of once."""
    link(done.run.row.pk)
    draw()
    with transaction.atomic():
        ImportProblem.objects.bulk_create(done.problems, batch_size=500)
        finish(done.run)


def _read(done: AreaRun, geo: Path, needs: Path, object_name: str, headings: dict[str, Column]) -> None:
    rows, refused = _rows(done, needs, headings)
    stream = _joined(done, geo, needs, object_name, rows, refused)
    while batch := list(islice(stream, SLICE)):
        try:
            _slice(done, batch)
        except IntegrityError:
            for area in batch:
                _one(done, area, needs.name)


def _rows(done: AreaRun, needs: Path, headings: dict[str, Column]) -> tuple[dict[str, Said], set[str]]:
    """Rows by code, and the codes whose rows were refused. A row is small; the shapes, which are not, are never held together."""
    rows: dict[str, Said] = {}
    refused: set[str] = set()
    for found in read_needs(needs, headings):
        done.counts.rows += 1
        if isinstance(found, Bad):
            done.complain(found.line, found.reason, found.file)
            refused.add(found.subject)
        elif found.code in rows:
            done.complain(found.line, f"The area {found.code} stands on line {rows[found.code].line} already.", needs.name)
        else:
            rows[found.code] = found
    return rows, refused - set(rows)


def _joined(
    done: AreaRun, geo: Path, needs: Path, object_name: str, rows: dict[str, Said], refused: set[str]
) -> Iterator[Joined]:  # fmt: skip
    """Each row once: with its shape as the shapes are read, then those that no shape came for."""
    left = dict(rows)
    for outline in read_outlines(geo, object_name):
        said = left.pop(outline.code, None)
        if said is not None:
            yield from _with_shape(done, said, outline, geo.name)
        elif outline.code in rows:
            done.complain(outline.number, f"{_which(outline)} stands in the file already.", geo.name)
        elif outline.code not in refused:
            done.without_row.append(outline.code)
            done.complain(outline.number, f"{_which(outline)} has no row and is kept out.", geo.name, is_hint=True)
    for said in left.values():
        done.without_shape.append(said.code)
        done.complain(said.line, f"The area {said.code} has no shape: it is listed, and not drawn.", needs.name, is_hint=True)
        if _is_named(done, said, needs.name):
            yield Joined(said, None)


def _with_shape(done: AreaRun, said: Said, outline: Outline, file: str) -> Iterator[Joined]:
    border = None
    try:
        border = border_of(outline)
    except Broken as reason:
        done.complain(outline.number, f"{_which(outline)} is listed and not drawn. {reason}", file)
    for hint in border.hints if border else ():
        done.complain(outline.number, f"{_which(outline)}: {hint}", file, is_hint=True)
    said.name = said.name or outline.name[:200]
    if border and said.latitude is None:
        said.longitude, said.latitude = border.inside
    if _is_named(done, said, file):
        yield Joined(said, border)


def _is_named(done: AreaRun, said: Said, file: str) -> bool:
    if not said.name:
        done.complain(said.line, f"The area {said.code} has no name, here or with its shape.", file)
    return bool(said.name)


def _which(outline: Outline) -> str:
    return f"Shape {outline.number} ({outline.code or 'without a code'})"


def _one(done: AreaRun, area: Joined, file: str) -> None:
    before = copy_of(done.counts)
    try:
        _slice(done, [area])
    except IntegrityError as error:
        done.run.counts = before
        done.complain(area.said.line, f"The database refuses it: {type(error).__name__}.", file)


def _slice(done: AreaRun, batch: list[Joined]) -> None:
    """Look up all by one query, then insert the new and update the changed, in one transaction."""
    before = copy_of(done.counts)
    try:
        with transaction.atomic():
            _compare(done, {area.said.code: area for area in batch})
    except Exception:
        done.run.counts = before
        raise


def _compare(done: AreaRun, batch: dict[str, Joined]) -> None:
    known = {
        code: (pk, bytes(mark) if mark else b"")
        for code, pk, mark in Area.objects.filter(code__in=batch).values_list("code", "pk", "fingerprint")
    }
    fresh = {code: area for code, area in batch.items() if code not in known}
    changed = {known[code][0]: area for code, area in batch.items() if code in known and known[code][1] != area.fingerprint()}
    done.counts.inserted += len(fresh)
    done.counts.updated += len(changed)
    done.counts.unchanged += len(batch) - len(fresh) - len(changed)
    if done.is_rehearsal or not (fresh or changed):
        return
    rows = Area.objects.bulk_create(Area(**_columns(done, area)) for area in fresh.values())
    for pk, area in changed.items():
        Area.objects.filter(pk=pk).update(version=F("version") + 1, **_columns(done, area))
    AreaFigure.objects.filter(area__in=changed).delete()
    of = {row.pk: fresh[row.code] for row in rows} | changed
    AreaFigure.objects.bulk_create(figure for pk, area in of.items() for figure in _figures(pk, area.said))
    bump(done.run.row.pk)


def _columns(done: AreaRun, area: Joined) -> dict[str, Any]:
    """Columns of Area. A shape that is known stays where the file has none, or a broken one."""
    said = area.said
    columns: dict[str, Any] = {
        "code": said.code, "name": said.name, "region": said.region, "latitude": said.latitude, "longitude": said.longitude,
        "population": said.population, "extra": said.extra, "source": done.run.source, "fingerprint": area.fingerprint(),
        "is_simulated": False,
    }  # fmt: skip
    if area.border is not None:
        columns["polygon"] = area.border.polygons
        columns |= dict(zip(("west", "south", "east", "north"), area.border.box, strict=True))
    return columns


def _figures(area: UUID, said: Said) -> Iterator[AreaFigure]:
    for code, figure in said.figures.items():
        yield AreaFigure(
            area_id=area, figure=code, value=figure.value, low=figure.low, high=figure.high, source=figure.source, years=figure.years
        )
