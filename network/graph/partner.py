"""One partner among the others: what passes between them, by need, and which rows of the report speak of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import F, Q

from network.core.actor import Actor
from network.core.clock import now
from network.partners.models import Agreement, Organization
from network.referrals.models import Tie

from .gaps import Ref, RefType, Settings
from .phrasing import NGettext
from .privacy import suppressed
from .reading import Kept
from .wire import rows_of

COUNTS = ("sent", "accepted", "declined", "expired", "completed", "silent")
MOST = 200  # ties of one direction


def body_of_partner(row: Organization, kept: Kept | None, actor: Actor, ngettext: NGettext) -> dict[str, Any]:
    """Ties, agreements and rows of one partner. One's own counts are one's own; small ones of others are hidden."""
    own = row.pk in actor.organizations
    about = Ref(RefType.ORGANIZATION, row.number)
    gaps = [gap for gap in kept.frictions() if about in gap.subject] if kept else []
    return {
        "organization": {"id": str(row.pk), "name": row.name},
        "sends_to": _ties(Tie.objects.filter(sender__number=row.number), "receiver", actor, own=own),
        "receives_from": _ties(Tie.objects.filter(receiver__number=row.number), "sender", actor, own=own),
        "agreements": _agreements(row, actor),
        "gaps": rows_of(kept, gaps, ngettext) if kept else [],
    }


def _hidden(name: str | None, pk: Any, *, unnamed: bool) -> dict[str, Any]:
    return {"id": None, "name": None} if unnamed else {"id": str(pk), "name": name}


def _ties(rows: Any, end: str, actor: Actor, *, own: bool) -> list[dict[str, Any]]:
    columns = (f"{end}__pk", f"{end}__name", f"{end}__is_victim_service", "need__pk", "need__label", *COUNTS)
    found = rows.filter(sent__gt=0).order_by("-sent", "pk").annotate(other=F(end)).values_list(*columns)[:MOST]
    return [_tie(values, actor, own=own) for values in found]


def _tie(values: Iterable[Any], actor: Actor, *, own: bool) -> dict[str, Any]:
    pk, name, confidential, need, label, *counts = values
    cell = Settings().cell
    few = not own and any(suppressed(count, cell) for count in counts)
    # Where one is hidden all are: the others would give it away.
    shown = dict(zip(COUNTS, [None] * len(counts) if few else counts, strict=True))
    unnamed = confidential and not own and pk not in actor.organizations
    return {"partner": _hidden(name, pk, unnamed=unnamed), "need": {"id": str(need), "name": label}, **shown, "is_few": few}


def _agreements(row: Organization, actor: Actor) -> list[dict[str, Any]]:
    rows = Agreement.objects.visible_to(actor).in_force(now().date())
    rows = rows.filter(Q(from_organization=row) | Q(to_organization=row)).select_related("from_organization", "to_organization")
    found = []
    for agreement in rows.order_by("-since", "id")[:MOST]:
        other = agreement.to_organization if agreement.from_organization_id == row.pk else agreement.from_organization
        unnamed = other.is_victim_service and row.pk not in actor.organizations
        found.append({
            "partner": _hidden(other.name, other.pk, unnamed=unnamed), "is_from_here": agreement.from_organization_id == row.pk,
            "since": agreement.since,
        })  # fmt: skip
    return found
