"""The gap map, for coordinators: what the community lacks, for whom, why, and the cheapest repair. The table is the page."""

from __future__ import annotations

import gzip
import json
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from frontend import report
from frontend.asking import acting, coordinators
from frontend.forms import AssumptionsForm
from frontend.report import Asked, Tables, Terms, about, area_lines, gap_rows, network_facts, summary
from frontend.words import GAP_KINDS, access_words, size_of
from network.core.errors import NotFound
from network.graph import actions, mapped, reading
from network.graph.assumptions import CHANGEABLE
from network.graph.gaps import Kind, Ref, RefType
from network.graph.layers import few_of
from network.graph.partner import body_of_partner
from network.graph.reading import Kept
from network.graph.sources import all_years, sources
from network.graph.wire import head_of
from network.partners.area_map import digest
from network.partners.imports.needs import figures_known
from network.partners.models import Area, Organization, TaxonomyTerm

ROWS = 100  # of one thing's page


@coordinators
def gaps(request: HttpRequest) -> HttpResponse:
    """The page; a POST asks for a report with other assumptions."""
    asked = Asked.of(request.GET)
    present = reading.assumptions_of(asked.settings)
    values = {name: getattr(present, name) for name in CHANGEABLE}
    if request.method != "POST":
        return _page(request, asked, AssumptionsForm(values))
    form = AssumptionsForm(values, request.POST)
    if not form.is_valid():
        return _page(request, asked, form, 422)
    wanted = actions.settings_of(form.changed())
    key = actions.key_of(wanted)
    newest = reading.newest(acting(request), key)
    if newest is None or newest.behind:
        actions.want(wanted)
    query = request.GET.copy()
    for name in ("after", "month", "settings"):
        query.pop(name, None)
    if key != actions.STANDARD:
        query["settings"] = key
    address = redirect("gaps")
    address["Location"] += f"?{query.urlencode()}" if query else ""
    address.status_code = 303
    return address


def _page(request: HttpRequest, asked: Asked, form: AssumptionsForm, status: int = 200) -> HttpResponse:
    actor = acting(request)
    kept = reading.newest(actor, asked.settings, asked.month)
    preparing = reading.is_preparing(asked.settings)
    months = reading.months()
    context: dict[str, Any] = {
        "asked": asked, "form": form, "layers": report.LAYERS, "months": months,
        "head": head_of(kept, actor, preparing=preparing, months=months), "is_form_open": bool(form.errors) or not asked.is_standard,
        "failure": reading.last_failure(asked.settings),
    }  # fmt: skip
    if kept is not None:
        context |= _ready(request, kept, asked)
    return render(request, "frontend/gaps/page.html", context, status=status)


def _ready(request: HttpRequest, kept: Kept, asked: Asked) -> dict[str, Any]:
    terms, known = Terms.of(kept), sources()
    tables = Tables(kept, asked, terms, acting(request))
    shown = _mapped(kept, asked, terms)
    page = tables.page(request, shown.number if shown else None)
    head = head_of(kept, acting(request), preparing=False, months=[])
    thin = not page.rows and asked.table == "shortages" and shown is not None
    return {
        "kept": kept, "page": page, "terms": terms, "need": shown, "digest": digest(),
        "tables": report.TABLES, "kinds": _kinds(kept, asked),
        "summary": summary(kept, _number(asked, shown)),
        "facts": network_facts(head), "sources": known, "years": all_years(known),
        "is_cut": asked.table in {"shortages", "frictions"} and bool(kept.report.cut), "most_rows": kept.report.settings.most_rows,
        "too_little": _too_little(head, asked.table),
        "thin": _thinnest(kept, shown.number) if thin and shown else [],
    }  # fmt: skip


def _number(asked: Asked, need: TaxonomyTerm | None) -> int | None:
    """The need that the first sentence is about; -1, which nobody has, for one that the report does not know."""
    return (need.number if need else -1) if asked.need else None


def _thinnest(kept: Kept, need: int) -> list[report.AreaLine]:
    """Where none falls short: the areas that come nearest to it."""
    return area_lines([row for row in mapped.areas_of(kept, need) if row.ratio is not None][: report.THIN])


def _mapped(kept: Kept, asked: Asked, terms: Terms) -> TaxonomyTerm | None:
    """The need that the map shows: the one chosen, else the one that most are without a place for."""
    if asked.need:
        return terms.need(asked.need)
    number = mapped.worst_need(kept)
    return next((row for row in terms.needs if row.number == number), None)


def _kinds(kept: Kept, asked: Asked) -> list[tuple[str, Any]]:
    """Kinds of the present table that it has rows of."""
    gaps = kept.report.frictions if asked.table == "frictions" else kept.report.shortages
    found = {gap.kind.value for gap in gaps}
    return [(kind.value, GAP_KINDS.get(kind.value, kind.value)) for kind in Kind if kind.value in found]


def _too_little(head: dict[str, Any], table: str) -> list[str]:
    """Why a table is silent, where it is for want of facts."""
    of_network = {"no-partners", "no-ties", "few-referrals"}
    states = head["too_little"]
    if table in {"frictions", "partners", "links"}:
        return [state["words"] for state in states if state["code"] in of_network]
    return [state["words"] for state in states if state["code"] not in of_network]


@coordinators
@require_GET
def figures(request: HttpRequest) -> HttpResponse:
    """What the map draws: all layers of one need, of the one report that the table beside it shows."""
    try:
        kept = reading.one(acting(request), UUID(request.GET.get("report", "")))
    except ValueError:
        raise Http404 from None
    need = TaxonomyTerm.objects.filter(scheme="need", code=request.GET.get("need", "")[:80]).values_list("number", flat=True).first()
    if kept is None or need is None:
        raise Http404
    body = json.dumps(mapped.columns_of(kept, need), separators=(",", ":")).encode()
    headers = {"Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        # Nothing that the asker sent is in it, so that its length tells nobody anything.
        body, headers = gzip.compress(body, 5, mtime=0), {**headers, "Content-Encoding": "gzip"}
    return HttpResponse(body, content_type="application/json", headers=headers)


@coordinators
@require_GET
def gap(request: HttpRequest, gap: str) -> HttpResponse:
    """One row with its evidence."""
    asked = Asked.of(request.GET)
    kept = _kept(request, asked)
    found = kept.gap(gap)
    if found is None:
        raise NotFound
    return _drawer(request, "gap", asked, kept, {"row": gap_rows(kept, [found], with_evidence=True)[0]})


@coordinators
@require_GET
def area(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One area: its figures with their sources, each need, and every row that names it."""
    asked = Asked.of(request.GET)
    kept = _kept(request, asked)
    found = Area.objects.visible_to(acting(request)).filter(pk=pk).prefetch_related("figures").first()
    if found is None:
        raise NotFound
    gaps = about(kept, Ref(RefType.AREA, found.number))
    context = {
        "area": found,
        "figures": _figures(found),
        "needs": _needs_of(kept, found),
        "rows": gap_rows(kept, gaps[:ROWS]),
        "more": len(gaps) - ROWS,
    }
    return _drawer(request, "area", asked, kept, context)


def _figures(area: Area) -> list[dict[str, Any]]:
    """What is known of an area, each with its source and years."""
    known = figures_known()
    return [
        {
            "label": known[row.figure].label if row.figure in known else row.figure, "value": f"{row.value:,.6g}",
            "unit": known[row.figure].unit if row.figure in known else "", "low": row.low, "high": row.high,
            "source": row.source, "years": row.years,
        }
        for row in area.figures.all()
    ]  # fmt: skip


def _needs_of(kept: Kept, area: Area) -> list[dict[str, str]]:
    """What the map says of an area, need by need."""
    columns = kept.drawn["areas"]
    here = {columns["need"][place] for place, number in enumerate(columns["area"]) if number == area.number}
    labels = dict(TaxonomyTerm.objects.filter(number__in=here).values_list("number", "label"))
    few = few_of(kept)
    found = []
    for place, number in enumerate(columns["area"]):
        need = columns["need"][place]
        if number != area.number or need not in labels:
            continue
        people, unmet = columns["people"][place], None if (number, need) in few else columns["unmet"][place]
        access, usual = columns["access"][place], columns["usual"][place]
        found.append({
            "need": labels[need], "people": size_of("people", *people) if people else "",
            "unmet": size_of("people", *unmet) if unmet and unmet[2] > 0 else "", "is_few": "1" if unmet is None else "",
            "access": access_words(access / usual if usual and access is not None else None),
        })  # fmt: skip
    return sorted(found, key=lambda line: line["need"])


@coordinators
@require_GET
def partner(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One partner among the others: what passes between them, and what its loss would cut off."""
    actor, asked = acting(request), Asked.of(request.GET)
    found = Organization.objects.visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound
    kept = _kept(request, asked)
    body = body_of_partner(found, kept, actor, ngettext)
    gaps = about(kept, Ref(RefType.ORGANIZATION, found.number))
    single = [gap for gap in gaps if gap.kind is Kind.SINGLE_POINT]
    rows = gap_rows(kept, [*single, *(gap for gap in gaps if gap.kind is not Kind.SINGLE_POINT)][:ROWS])
    return _drawer(request, "partner", asked, kept, {"organization": found, "partner": body, "rows": rows, "is_single": bool(single)})


def _kept(request: HttpRequest, asked: Asked) -> Kept:
    kept = reading.newest(acting(request), asked.settings, asked.month)
    if kept is None:
        raise NotFound
    return kept


def _drawer(request: HttpRequest, part: str, asked: Asked, kept: Kept, context: dict[str, Any]) -> HttpResponse:
    """A page of its own, or the part beside the table where the map's script asks for it."""
    template = f"frontend/gaps/_{part}.html" if request.headers.get("HX-Request") else "frontend/gaps/one.html"
    answer = render(request, template, {**context, "part": f"frontend/gaps/_{part}.html", "asked": asked, "kept": kept})
    patch_vary_headers(answer, ["HX-Request"])
    return answer
