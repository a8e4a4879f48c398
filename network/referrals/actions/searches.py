"""A search without a result, recorded: the community lacks something, and nobody need be named for it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from network.core.actor import Actor
from network.core.clock import now
from network.core.errors import NotYours, complain
from network.core.events import Fact, record
from network.partners.models import Place, TaxonomyTerm
from network.partners.revision import bump

from .. import ties
from ..models import ReasonCode, RecordedGap


@transaction.atomic
def record_unmatched(need: str, *, by: Actor, place: UUID | None = None, language: str = "") -> RecordedGap:
    """Keep that nothing was found for a need, from where and in which language. It counts today, in demand, as unmatched."""
    if by.organization is None or by.organization not in by.casework:
        raise NotYours(verb="record")
    term = TaxonomyTerm.objects.filter(scheme="need", code=need, retired_at__isnull=True).first()
    if term is None:
        raise complain("/need", "unknown", "Choose one of the listed needs.")
    if place is not None and not Place.objects.filter(pk=place).exists():
        raise complain("/place", "unknown", "Choose a place of the directory.")
    if language and not TaxonomyTerm.objects.filter(scheme="language", code=language).exists():
        raise complain("/language", "unknown", "Choose one of the listed languages.")
    at, group = now(), ties.group_of(language)
    gap = RecordedGap.objects.create(
        organization_id=by.organization, need=term, place_id=place, group_id=group, at=at,
        reason=ReasonCode.objects.get(verb="give-up", code="no-service-found"),
    )  # fmt: skip
    ties.add_unmatched((ties.area_of(place), term.number, group), at.date())
    bump(by.organization)
    record(Fact("search.unmatched", f"organization/{by.organization}", frozenset({by.organization})), by=by, at=at)
    return gap
