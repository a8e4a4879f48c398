"""A report on the wire: public ids and names in place of numbers, sentences beside figures, small counts hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from network.core.actor import Actor

from .advice import action_sentence
from .assumptions import Assumption, assumptions_of
from .explain import sentence
from .gaps import Action, Basis, Evidence, Gap, Ref, RefType
from .grounds import evidence_sentence
from .names import Named, names_of, refs_of
from .phrasing import NGettext
from .privacy import suppressed
from .reading import Kept
from .results import TooLittle
from .sources import sources, years_of

EMPTY = {
    TooLittle.NO_ZONES: "No areas with a need are known yet. Import areas, or send a first referral.",
    TooLittle.NO_SERVICES: "No service that can be asked is known yet.",
    TooLittle.NO_PARTNERS: "No partner is on the network yet.",
    TooLittle.NO_TIES: "No partnerships recorded yet.",
    TooLittle.FEW_REFERRALS: "{sent} of {needed} referrals needed for a first picture of partnerships.",
}


class Wire:
    """Rows of one report for one reader: the names of all of them by one query for each type."""

    def __init__(self, kept: Kept, gaps: Sequence[Gap], ngettext: NGettext) -> None:
        self.kept, self.ngettext = kept, ngettext
        self.named: Mapping[Ref, Named] = names_of(refs_of(gaps), kept.actor)
        self.names = {ref: named.name for ref, named in self.named.items() if named.is_said}

    @cached_property
    def years(self) -> Mapping[str, str]:
        known = sources()
        return {what: years_of(known, what) for what in ("need", "clinicians")}

    def ref(self, ref: Ref) -> dict[str, Any]:
        known = self.named.get(ref)
        return {"type": ref.type.value, "id": str(known.id) if known else None, "name": known.name if known else None}

    def row(self, gap: Gap, *, with_evidence: bool = True) -> dict[str, Any]:
        """One gap with its sentence, evidence and repair."""
        hidden = self.kept.is_few(gap)
        return {
            "id": gap.id, "kind": gap.kind.value, "variant": gap.variant, "subject": [self.ref(ref) for ref in gap.subject],
            "unit": gap.unit.value, "people": None if hidden else round(gap.people, 1), "low": None if hidden else round(gap.low, 1),
            "high": None if hidden else round(gap.high, 1), "is_few": hidden, "certainty": gap.certainty.name.lower(),
            "basis": gap.basis.name.lower(),
            "recorded": None if gap.recorded is None or suppressed(gap.recorded, self.kept.report.settings.cell) else gap.recorded,
            "sentence": sentence(gap, self.names, self.ngettext, self.kept.report.settings.months), "simulated": gap.simulated,
            "evidence": [self.evidence(entry) for entry in gap.evidence] if with_evidence else [], "action": self.action(gap.action, gap),
        }  # fmt: skip

    def evidence(self, entry: Evidence) -> dict[str, Any]:
        entry = replace(entry, years=entry.years or self._years(entry))
        return {
            "what": entry.what, "ref": self.ref(entry.ref) if entry.ref is not None else None, "count": entry.count,
            "low": entry.low, "high": entry.high, "basis": entry.basis.name.lower() if entry.basis is not None else None,
            "years": entry.years, "sentence": evidence_sentence(entry, self.names, self.ngettext),
        }  # fmt: skip

    def _years(self, entry: Evidence) -> str:
        """The measures know figures without their years."""
        if entry.basis is not Basis.MODELLED:
            return ""
        of_area = entry.what == "service" and entry.ref is not None and entry.ref.type is RefType.AREA
        return self.years["clinicians"] if of_area else self.years.get(entry.what, "")

    def action(self, action: Action | None, gap: Gap) -> dict[str, Any] | None:
        if action is None:
            return None
        area = next((ref for ref in gap.subject if ref.type is RefType.AREA), None)
        return {
            "verb": action.verb, "subject": [self.ref(ref) for ref in action.subject], "gain": action.gain, "bound": action.bound,
            "sentence": action_sentence(action, self.names, self.ngettext, area=area),
        }  # fmt: skip


def rows_of(kept: Kept, gaps: Sequence[Gap], ngettext: NGettext, *, with_evidence: bool = True) -> list[dict[str, Any]]:
    wire = Wire(kept, gaps, ngettext)
    return [wire.row(gap, with_evidence=with_evidence) for gap in gaps]


def head_of(kept: Kept | None, actor: Actor, *, preparing: bool, months: Sequence[str]) -> dict[str, Any]:
    """What stands above the rows: how old it is, what it counts, what it takes for granted."""
    if kept is None:
        return {"state": "preparing", "preparing": preparing, "months": list(months), **dict.fromkeys(HEAD)}
    report = kept.report
    return {
        "state": "ready", "preparing": preparing, "months": list(months), "id": str(kept.row.pk), "revision": report.revision,
        "as_of": kept.as_of, "changes_since": kept.behind, "window_days": report.settings.window_days, "simulated": report.simulated,
        "totals": _totals(kept), "indicators": _indicators(kept),
        "too_little": [_empty(kept, state) for state in report.too_little], "settings": _settings(kept),
        "counts": {"shortages": len(kept.report.shortages), "frictions": len(kept.open_frictions())},
        "assumptions": [_assumption(each) for each in assumptions_of(report.settings)], "sources": [dict(each) for each in kept.sources],
    }  # fmt: skip


HEAD = (
    "id", "revision", "as_of", "changes_since", "window_days", "simulated", "totals", "indicators", "too_little", "settings", "counts",
    "assumptions", "sources",
)  # fmt: skip


def _assumption(each: Assumption) -> dict[str, Any]:
    return {"name": each.name, "words": each.words, "low": each.low, "point": each.point, "high": each.high, "changeable": each.changeable}


def _empty(kept: Kept, state: TooLittle) -> dict[str, str]:
    words = EMPTY[state].format(sent=kept.report.totals.sent, needed=kept.report.settings.first_picture)
    return {"code": state.value, "words": words}


def _totals(kept: Kept) -> dict[str, Any]:
    """Figures of the whole region; counts of people below eleven are hidden like all others."""
    totals, cell = kept.report.totals, kept.report.settings.cell
    counts = ("sent", "accepted", "declined", "expired", "completed", "recorded")
    shown = {name: None if suppressed(getattr(totals, name), cell) else getattr(totals, name) for name in counts}
    triples = {name: [round(value, 1) for value in getattr(totals, name)] for name in ("need", "places", "unmet")}
    return {
        "partners": totals.partners,
        "services": totals.services,
        "zones": totals.zones,
        "agreements": totals.agreements,
        **shown,
        **triples,
    }


def _indicators(kept: Kept) -> dict[str, Any]:
    from dataclasses import asdict

    found = asdict(kept.report.indicators)
    return {name: None if value != value else value for name, value in found.items()}  # noqa: PLR0124 - NaN is undefined, and no JSON


def _settings(kept: Kept) -> dict[str, Any]:
    from dataclasses import asdict

    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(kept.report.settings).items()}
