"""The end of a consent, wherever it was relied on."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from network.core.actor import Actor
from network.core.clock import now
from network.core.errors import WrongState
from network.core.events import Fact, record
from network.people.actions import end_consent, require_keeper
from network.people.models import Consent, Grant

from ..models import Referral
from .engine import move_referral
from .follow_ups import end_follow_ups
from .said import Said


def withdraw_consent(consent: Consent, *, by: Actor, recipient: UUID | None = None) -> None:
    """The person no longer agrees. Access ends first, at once and for all; then each open referral that relied on it ends.

    What is read after the first step sees nothing, whatever becomes of the others: each is a transaction of its own.
    """
    require_keeper(consent.person, by)
    _end(consent, by=by, recipient=recipient)
    for referral in Referral.objects.open().filter(consent=consent):
        move_referral(referral, "withdraw", by=by, said=Said(recipient=recipient))


@transaction.atomic
def _end(consent: Consent, *, by: Actor, recipient: UUID | None) -> None:
    at = now()
    if recipient is not None and not consent.recipients.filter(organization=recipient, withdrawn_at__isnull=True).exists():
        raise WrongState(state="withdrawn")
    grants = Grant.objects.filter(consent=consent, ended_at__isnull=True)
    if recipient is not None:
        grants = grants.filter(organization=recipient)
    readers = set(grants.values_list("organization", flat=True))
    end_consent(consent, at=at, recipient=recipient)
    end_follow_ups(consent, at=at, recipient=recipient)
    grants.update(ended_at=at)
    person = consent.person
    record(Fact("consent.withdrawn", f"person/{person.pk}", frozenset({person.organization_id, *readers})), by=by, at=at)
