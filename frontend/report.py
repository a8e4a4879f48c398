"""A gap report as its page shows it: what is asked for, the rows of each table in words, and the figures above them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from network.core.actor import Actor
from network.core.cursors import close_position, read_position
from network.core.errors import CursorInvalid
from network.graph import mapped
from network.graph.actions import STANDARD
from network.graph.gaps import Gap, Kind, Ref, RefType
from network.graph.layers import Point, few_of, points_of
from network.graph.names import names_of
from network.graph.reading import Chosen, Kept
from network.graph.wire import rows_of
from network.partners.models import TaxonomyTerm

from .words import BASES, CERTAINTIES, GAP_KINDS, GAP_METHODS, access_words, amount, size_of

SIZE = 50
MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
KEY = re.compile(r"standard|[0-9a-f]{24}")
TABLES = {
    "shortages": gettext_lazy("Shortages"),
    "frictions": gettext_lazy("Frictions"),
    "areas": gettext_lazy("Areas"),
    "partners": gettext_lazy("Partners"),
    "links": gettext_lazy("Between areas"),
}
LAYERS = {
    "unmet": gettext_lazy("People without a place"),
    "access": gettext_lazy("Places within reach"),
    "need": gettext_lazy("Need for 10,000 people"),
}
FEW = gettext_lazy("fewer than 11")
THIN = 5  # areas listed where none falls short


@dataclass(frozen=True, slots=True)
class Asked:
    """The state of the page, all of it in the address."""

    table: str
    need: str
    group: str
    month: str
    kind: str
    settings: str
    layer: str
    view: str

    @classmethod
    def of(cls, query: QueryDict) -> Asked:
        """What the address says; 404 for an address that no page ever gave."""
        month, settings = query.get("month", ""), query.get("settings", "") or STANDARD
        kind, table = query.get("kind", ""), query.get("list", "") or "shortages"
        layer, view = query.get("layer", "") or "unmet", query.get("view", "") or "table"
        known = (not month or MONTH.fullmatch(month)) and KEY.fullmatch(settings) and (not kind or kind in set(Kind))
        if not known or table not in TABLES or layer not in LAYERS or view not in {"table", "map"}:
            raise Http404
        return cls(table, query.get("need", "")[:80], query.get("group", "")[:80], month, kind, settings, layer, view)

    @property
    def is_standard(self) -> bool:
        return self.settings == STANDARD

    @property
    def is_filtered(self) -> bool:
        return bool(self.need or self.group or self.kind)


@dataclass(frozen=True, slots=True)
class Terms:
    """The needs and groups that a report speaks of, for the selectors."""

    needs: list[TaxonomyTerm]
    groups: list[TaxonomyTerm]

    @classmethod
    def of(cls, kept: Kept) -> Terms:
        wanted = {ref.number for gap in kept.report.gaps for ref in gap.subject if ref.type in {RefType.NEED, RefType.GROUP}}
        wanted |= set(kept.drawn["areas"]["need"])
        rows = list(TaxonomyTerm.objects.filter(scheme__in=["need", "language"]).order_by("label"))
        spoken = [row for row in rows if row.number in wanted]
        return cls([row for row in spoken if row.scheme == "need"], [row for row in spoken if row.scheme == "language"])

    def need(self, code: str) -> TaxonomyTerm | None:
        return next((row for row in self.needs if row.code == code), None)

    def group(self, code: str) -> TaxonomyTerm | None:
        return next((row for row in self.groups if row.code == code), None)


@dataclass(frozen=True, slots=True)
class GapRow:
    """One gap in words."""

    rank: int
    id: str
    kind: str
    sentence: str
    size: str  # empty where fewer than eleven are hidden
    certainty: str
    certainty_code: str
    certainty_means: str
    basis: str
    method: str
    recorded: int | None
    repair: str
    is_simulated: bool
    areas: str  # ids, for the map
    subjects: list[Mapping[str, Any]]
    evidence: list[str]
    silent: int  # lines of evidence that count nobody


def gap_rows(kept: Kept, gaps: Sequence[Gap], first: int = 1, *, with_evidence: bool = False) -> list[GapRow]:
    """Rows in words; what each rests on is read on its own page."""
    shown = [kept.shown(gap) for gap in gaps]
    return [_gap_row(body, rank) for rank, body in enumerate(rows_of(kept, shown, ngettext, with_evidence=with_evidence), first)]


def _gap_row(body: Mapping[str, Any], rank: int) -> GapRow:
    word, means = CERTAINTIES[body["certainty"]]
    said = [line for line in body["evidence"] if line["count"] != 0]
    return GapRow(
        rank=rank, id=body["id"], kind=str(GAP_KINDS.get(body["kind"], body["kind"])), sentence=body["sentence"],
        size="" if body["is_few"] else size_of(body["unit"], body["low"], body["people"], body["high"]),
        certainty=str(word), certainty_code=body["certainty"], certainty_means=str(means), basis=str(BASES[body["basis"]]),
        method=str(GAP_METHODS.get(body["kind"], "")), recorded=body["recorded"],
        repair=body["action"]["sentence"] if body["action"] else "", is_simulated=body["simulated"],
        areas=" ".join(ref["id"] for ref in body["subject"] if ref["type"] == "area" and ref["id"]),
        subjects=[ref for ref in body["subject"] if ref["id"] and ref["type"] in {"area", "organization", "service"}],
        evidence=[line["sentence"] for line in said], silent=len(body["evidence"]) - len(said),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class AreaLine:
    """An area of the map in words."""

    rank: int
    pk: str
    name: str
    unmet: str  # empty where hidden
    access: str
    per_10000: str
    people: str
    asked: str


def area_lines(rows: Iterable[mapped.AreaRow], first: int = 1) -> list[AreaLine]:
    return [
        AreaLine(
            rank=rank, pk=str(row.pk), name=row.name, unmet=_range(row.unmet), access=access_words(row.ratio),
            per_10000="" if row.people is None else _("not known") if row.per_10000 is None else f"{row.per_10000:,.1f}",
            people=_range(row.people), asked=str(FEW) if row.asked is None else f"{row.asked:,}",
        )
        for rank, row in enumerate(rows, first)
    ]  # fmt: skip


def _range(triple: mapped.Triple | None) -> str:
    if triple is None:
        return ""
    return _("nobody") if triple[2] <= 0 else size_of("people", *triple)


@dataclass(frozen=True, slots=True)
class PartnerLine:
    """A partner of the map in words."""

    rank: int
    pk: str
    name: str
    is_single: bool
    cut_off: str  # empty: nobody, or too few to say


def partner_lines(points: Iterable[Point], first: int = 1) -> list[PartnerLine]:
    return [
        PartnerLine(rank, str(point.pk), point.name, point.gap is not None, amount(point.cut_off) if point.cut_off else "")
        for rank, point in enumerate(points, first)
    ]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one table, and the cursor of the next."""

    rows: Sequence[Any]
    total: int
    after: str
    is_restarted: bool  # the cursor was of a report that was replaced: this is the beginning of the new one


class Tables:
    """The five tables of one report; only the one that is asked for is made."""

    def __init__(self, kept: Kept, asked: Asked, terms: Terms, actor: Actor) -> None:
        self.kept, self.asked, self.actor = kept, asked, actor
        self.need = terms.need(asked.need) if asked.need else None
        self.group = terms.group(asked.group) if asked.group else None

    def chosen(self, *, shortages: bool) -> list[Gap]:
        """Gaps that pass the filters; a need or group that the report does not know has none."""
        asked = self.asked
        if (asked.need and self.need is None) or (asked.group and self.group is None):
            return []
        chosen = Chosen(
            frozenset({Kind(asked.kind)}) if asked.kind else frozenset(), self.need.number if self.need else None, None,
            self.group.number if self.group else None,
        )  # fmt: skip
        return chosen.of(self.kept.report.shortages if shortages else self.kept.open_frictions())

    def page(self, request: HttpRequest, mapped_need: int | None) -> Page:
        rows = self._all(mapped_need)
        start, restarted = self._start(request)
        shown = rows[start : start + SIZE]
        after = close_position(self.actor, request.path, [str(self.kept.row.pk), start + SIZE]) if len(rows) > start + SIZE else ""
        return Page(self._in_words(shown, start + 1), len(rows), after, restarted)

    def _start(self, request: HttpRequest) -> tuple[int, bool]:
        text = request.GET.get("after")
        if not text:
            return 0, False
        try:
            report, start = read_position(self.actor, request.path, text)
        except CursorInvalid:
            raise Http404 from None
        return (int(start), False) if report == str(self.kept.row.pk) else (0, True)

    def _all(self, mapped_need: int | None) -> Sequence[Any]:
        table = self.asked.table
        if table in {"shortages", "frictions"}:
            return self.chosen(shortages=table == "shortages")
        if table == "areas":
            return mapped.areas_of(self.kept, mapped_need) if mapped_need is not None else []
        if table == "partners":
            return sorted(points_of(self.kept), key=lambda point: (point.gap is None, -(point.cut_off or 0), point.name))
        return mapped.between_of(self.kept)

    def _in_words(self, rows: Sequence[Any], first: int) -> Sequence[Any]:
        if self.asked.table in {"shortages", "frictions"}:
            return gap_rows(self.kept, rows, first)
        if self.asked.table == "links":
            return rows
        return area_lines(rows, first) if self.asked.table == "areas" else partner_lines(rows, first)


def summary(kept: Kept, need: int | None) -> str:
    """The first sentence of the page: how many areas fall short, how many of them for certain, and which most.

    From the map, which has every area; of the rows only the foremost are kept. Without a need, over all of them.
    """
    columns, few = kept.drawn["areas"], few_of(kept)
    short: list[tuple[float, float, int, bool]] = []  # middle, low, place in the columns, hidden
    for place, unmet in enumerate(columns["unmet"]):
        pair = columns["area"][place], columns["need"][place]
        if need is not None and pair[1] != need:
            continue
        hidden = unmet is None or pair in few
        if hidden or unmet[1] > 0:
            low = unmet[0] if unmet else 0.0
            short.append((0.0, low, place, True) if hidden else (unmet[1], low, place, False))
    if not short:
        return ""
    areas = {columns["area"][place] for _middle, _low, place, _hidden in short}
    firm = {columns["area"][place] for _middle, low, place, _hidden in short if low > 0}
    _middle, _low, most, hidden = max(short)
    where = Ref(RefType.AREA, columns["area"][most])
    named = names_of([where], kept.actor)
    said = ngettext("%(n)s area falls short,", "%(n)s areas fall short,", len(areas)) % {"n": f"{len(areas):,}"}
    sure = ngettext("%(n)s of them for certain.", "%(n)s of them for certain.", len(firm)) % {"n": f"{len(firm):,}" if firm else _("none")}
    size = _("fewer than 11 people a month") if hidden else size_of("people", *columns["unmet"][most])
    return f"{said} {sure} " + _("Most: %(area)s, %(size)s.") % {
        "area": named[where].name if where in named else _("an area"),
        "size": size,
    }


def share(value: float | None) -> str:
    return _("not known") if value is None else f"{value:.0%}"


def network_facts(head: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Totals and indicators in words, as terms and what is said of them."""
    totals, known = head["totals"], head["indicators"]
    ends = ("accepted", "declined", "expired", "completed")
    counted = {name: str(FEW) if totals[name] is None else f"{totals[name]:,}" for name in ("sent", "recorded", *ends)}
    facts = [
        (_("Look for help"), size_of("people", *totals["need"])),
        (_("Places"), size_of("places", *totals["places"])),
        (_("Cannot be placed"), size_of("people", *totals["unmet"])),
        (_("People who ended without help here, in a year"), counted["recorded"]),
        (_("Partners on the network"), f"{totals['partners']:,}"),
        (_("Agreements in force"), f"{totals['agreements']:,}"),
        (_("Requests sent in a year"), counted["sent"]),
        (_("Accepted, declined, expired, completed"), ", ".join(counted[name] for name in ends)),
    ]  # fmt: skip
    if known["ties"]:
        facts += [
            (_("Partners that are joined, directly or through others"), share(known["largest_share"])),
            (_("Partners in the core, with three partners each or more"), share(known["core_share"])),
            (_("Partnerships that go both ways"), share(known["reciprocity"])),
            (_("Partners that neither sent nor received"), f"{known['isolates']:,}"),
        ]
    return facts


def about(kept: Kept, ref: Ref) -> list[Gap]:
    """Every row that speaks of something."""
    return [gap for gap in (*kept.report.shortages, *kept.open_frictions()) if ref in gap.subject]
