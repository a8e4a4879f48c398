"""Open calls: who may answer one, and with which of its services. The rule of `ReferralQuerySet.open_to`, for rows in hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from network.partners.models import Agreement, Service, ServiceTerm
from network.partners.models.services import ServiceStatus
from network.people.models import ConsentRecipient

from .models import Referral
from .strategies import ages_fit


def takers(row: Referral, at: datetime) -> set[UUID]:
    """The organisations that may answer an open call of this need now."""
    able = Service.objects.can_be_asked_by(row.sender_id, at.date()).filter(service_terms__term=row.need_id)
    found = {
        organization
        for organization, youngest, oldest in able.values_list("organization", "minimum_age", "maximum_age")
        if ages_fit(row.age_band, youngest, oldest)
    }
    if row.consent_id is None:
        return found
    return found & set(_agreed([row], at, found)[row.pk])


def takeable(rows: Sequence[Referral], organization: UUID, at: datetime) -> dict[UUID, list[Service]]:
    """The services by which `organization` may take each of `rows`, where there are any; three queries, however many rows."""
    calls = [row for row in rows if row.is_open_to_take and row.sender_id != organization]
    if not calls:
        return {}
    own = Service.objects.filter(organization=organization, status=ServiceStatus.ACTIVE, organization__is_active=True)
    by_need: dict[UUID, list[Service]] = defaultdict(list)
    terms = ServiceTerm.objects.filter(service__in=own, term__in={row.need_id for row in calls}).select_related("service")
    for term in terms.order_by("service__name", "service"):
        by_need[term.term_id].append(term.service)
    agreements = Agreement.objects.in_force(at.date()).filter(
        from_organization__in={row.sender_id for row in calls}, to_organization=organization
    )
    agreed = set(agreements.values_list("from_organization", "service"))
    named = _agreed(calls, at, {organization})
    found = {}
    for row in calls:
        if row.consent_id is not None and organization not in named[row.pk]:
            continue
        fitting = [
            service
            for service in by_need[row.need_id]
            if ages_fit(row.age_band, service.minimum_age, service.maximum_age)
            and (not service.by_agreement_only or agreed & {(row.sender_id, service.pk), (row.sender_id, None)})
        ]
        if fitting:
            found[row.pk] = fitting
    return found


def _agreed(rows: Sequence[Referral], at: datetime, organizations: set[UUID]) -> dict[UUID, set[UUID]]:
    """Which of the organisations each referral's consent names now."""
    named = ConsentRecipient.objects.filter(
        consent__in={row.consent_id for row in rows if row.consent_id}, organization__in=organizations, withdrawn_at__isnull=True,
        consent__withdrawn_at__isnull=True, consent__until__gt=at,
    )  # fmt: skip
    of: dict[UUID, set[UUID]] = defaultdict(set)
    for consent, organization in named.values_list("consent", "organization"):
        of[consent].add(organization)
    return {row.pk: of[row.consent_id] if row.consent_id else set() for row in rows}
