"""Reports made by hand for the page's tests: rows, figures by area and totals as the worker would keep them."""

from __future__ import annotations

from typing import Any

from network.core.clock import now
from network.graph import actions
from network.graph.classes import scales
from network.graph.gaps import Action, Basis, Evidence, Gap, Kind, Ref, RefType, Settings, Unit
from network.graph.models import GapReport, State
from network.graph.reporting import report
from network.graph.snapshot import Snapshot
from network.partners.models import Area, AreaFigure, TaxonomyTerm
from network.partners.revision import revision


def need(code: str = "counselling") -> TaxonomyTerm:
    return TaxonomyTerm.objects.get(scheme="need", code=code)


def areas(count: int, *, simulated: bool = False) -> list[Area]:
    """Squares side by side, with population and a rate of distress from named sources."""
    made = []
    for number in range(count):
        west = -116 + number * 0.1
        ring = [[west, 45.0], [west + 0.1, 45.0], [west + 0.1, 45.1], [west, 45.1], [west, 45.0]]
        made.append(
            Area(code=f"A{number:04}", name=f"Area {number:04}", population=10_000, polygon=[[ring]], is_simulated=simulated,
                 west=west, east=west + 0.1, south=45.0, north=45.1, latitude=45.05, longitude=west + 0.05)
        )  # fmt: skip
    Area.objects.bulk_create(made)
    AreaFigure.objects.bulk_create(
        AreaFigure(area=area, figure=figure, value=value, source=source, years=years)
        for area in made
        for figure, value, source, years in (("distress", 12.5, "CDC PLACES", "2018–20"), ("providers", 3.0, "NPPES", "2022"))
    )
    return made


def unmet(area: Area, people: float, *, low: float = 0.0, of: TaxonomyTerm | None = None, **more: Any) -> Gap:
    """A shortage of one area, with evidence and a repair."""
    subject = (Ref(RefType.AREA, area.number), Ref(RefType.NEED, (of or need()).number))
    wanted = Evidence("need", None, people + 30, people, people + 60, Basis.MODELLED)
    values = {
        "basis": Basis.MODELLED, "evidence": (wanted, Evidence("rejected", count=0, counts_people=True)),
        "action": Action("add-places", (Ref(RefType.AREA, area.number),), people, people),
        **more,
    }  # fmt: skip
    return Gap(Kind.UNMET_DEMAND, "", tuple(sorted(subject)), Unit.PEOPLE, people, low, people * 2, **values)


def figures(rows: list[tuple[Area, TaxonomyTerm, Any, Any]], *, asked: int = 0) -> dict[str, list[Any]]:
    """Columns of the map: area, need, people, and those without a place; None is hidden."""
    return {
        "area": [area.number for area, *_ in rows], "need": [term.number for _area, term, *_ in rows],
        "people": [people for *_, people, _unmet in rows], "unmet": [without for *_, without in rows],
        "access": [0.2] * len(rows), "usual": [0.4] * len(rows), "asked": [asked] * len(rows), "recorded": [0] * len(rows),
    }  # fmt: skip


def keep(
    gaps: list[Gap],
    drawn: dict[str, list[Any]] | None = None,
    *,
    settings: Settings | None = None,
    ties: Any = None,
    at: Any = None,
    **head: Any,
) -> GapReport:
    """A report that is ready, as `actions.finish` leaves one."""
    rules = settings or Settings()
    body = report(Snapshot(), rules).as_dict()
    from network.graph.gaps import SHORTAGES
    from network.graph.results import gap_as_dict

    body |= {
        "revision": revision(), "too_little": [],
        "shortages": [gap_as_dict(gap) for gap in gaps if gap.kind in SHORTAGES],
        "frictions": [gap_as_dict(gap) for gap in gaps if gap.kind not in SHORTAGES], **head,
    }  # fmt: skip
    columns = drawn or figures([])
    inhabitants = dict(Area.objects.values_list("number", "population"))
    picture = {
        "areas": columns,
        "ties": ties or {"from": [], "to": [], "sent": [], "accepted": []},
        "scale": scales(columns, inhabitants, {}),
    }
    moment = at or now()
    return GapReport.objects.create(
        settings_key=actions.key_of(rules), settings=actions.differences(rules), state=State.READY, revision=body["revision"],
        wanted_at=moment, ready_at=moment, body={"report": body, "map": picture},
    )  # fmt: skip
