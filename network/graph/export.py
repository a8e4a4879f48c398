"""A report as files: rows as CSV, areas as GeoJSON, partners and what passes between them as GraphML."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from network.core.actor import Actor
from network.partners.models import Area, Organization
from network.referrals.models import Tie

from .layers import layers_of
from .phrasing import NGettext
from .privacy import suppressed
from .reading import Kept
from .wire import rows_of

if TYPE_CHECKING:
    import networkx as nx

COLUMNS = (
    "rank", "list", "kind", "variant", "subject", "unit", "people", "low", "high", "certainty", "basis", "recorded", "sentence", "action",
    "simulated", "revision", "as_of",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")
FEW = "fewer than 11"


def safe(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text


def as_csv(kept: Kept, ngettext: NGettext) -> str:
    """Both lists in their order, all fields quoted."""
    out = io.StringIO()
    write = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    write.writerow(COLUMNS)
    for name, gaps in (("shortages", kept.shortages()), ("frictions", kept.frictions())):
        for rank, row in enumerate(rows_of(kept, gaps, ngettext), 1):
            write.writerow(map(safe, _cells(kept, name, rank, row)))
    return out.getvalue()


def _cells(kept: Kept, name: str, rank: int, row: dict[str, Any]) -> Sequence[Any]:
    sizes = [FEW, "", ""] if row["is_few"] else [row["people"], row["low"], row["high"]]
    subject = "; ".join(ref["name"] or ref["type"] for ref in row["subject"])
    action = row["action"]["sentence"] if row["action"] else ""
    return [
        rank, name, row["kind"], row["variant"], subject, row["unit"], *sizes, row["certainty"], row["basis"], row["recorded"],
        row["sentence"], action, "yes" if row["simulated"] else "no", kept.report.revision, f"{kept.as_of:%Y-%m-%dT%H:%MZ}",
    ]  # fmt: skip


def as_geojson(kept: Kept) -> str:
    """Every area with a shape, and its figures by need."""
    figures: dict[str, list[dict[str, Any]]] = {}
    for row in layers_of(kept)["areas"]:
        figures.setdefault(row["area"]["id"], []).append({name: value for name, value in row.items() if name != "area"})
    features = [
        {
            "type": "Feature", "id": str(area.pk), "geometry": {"type": "MultiPolygon", "coordinates": area.polygon},
            "properties": {
                "code": area.code, "name": area.name, "region": area.region, "population": area.population,
                "figures": figures.get(str(area.pk), []), "simulated": area.is_simulated or kept.report.simulated,
                "revision": kept.report.revision,
            },
        }
        for area in Area.objects.exclude(polygon=None).order_by("code").iterator(chunk_size=200)
    ]  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":"))


def as_graphml(kept: Kept, actor: Actor) -> str:
    """Partners and their ties, summed over needs; counts of fewer than eleven people are left out, and no positions are given."""
    import networkx as nx

    graph = nx.DiGraph(revision=kept.report.revision, as_of=f"{kept.as_of:%Y-%m-%dT%H:%MZ}", simulated=kept.report.simulated)
    rows = Organization.objects.on_the_network().filter(is_active=True, is_convening=False, is_victim_service=False)
    ids = {number: str(pk) for number, pk, name in _named(graph, rows.values_list("number", "pk", "name"))}
    for sender, receiver, sent, accepted, completed in _summed():
        if sender in ids and receiver in ids:
            counts = {"sent": sent, "accepted": accepted, "completed": completed}
            shown = {name: count for name, count in counts.items() if not suppressed(count, kept.report.settings.cell)}
            graph.add_edge(ids[sender], ids[receiver], **shown, is_few=len(shown) < len(counts))
    return "\n".join(nx.generate_graphml(graph))


def _named(graph: nx.DiGraph, rows: Iterable[tuple[int, Any, str]]) -> Iterable[tuple[int, Any, str]]:
    for number, pk, name in rows:
        graph.add_node(str(pk), name=name)
        yield number, pk, name


def _summed() -> Iterable[tuple[Any, ...]]:
    from django.db.models import Sum

    rows = Tie.objects.filter(sent__gt=0).values("sender", "receiver").order_by("sender", "receiver")
    sums = rows.annotate(all_sent=Sum("sent"), all_accepted=Sum("accepted"), all_completed=Sum("completed"))
    return ((row["sender"], row["receiver"], row["all_sent"], row["all_accepted"], row["all_completed"]) for row in sums)
