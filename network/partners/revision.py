"""The revision of what a gap report is made of: it grows with every change, and readers compare it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import F, Sum

from .models.areas import STRIPES, Revision


def stripe_of(organization: UUID) -> int:
    return organization.int % STRIPES


def bump(*organizations: UUID) -> None:
    """Count one change of each organisation. Part of the caller's transaction, before its `record`.

    Rows are touched in key order, each by one statement: two writers that share stripes wait for each other, never in a circle.
    """
    for stripe in sorted({stripe_of(organization) for organization in organizations}):
        if not Revision.objects.filter(stripe=stripe).update(n=F("n") + 1):
            _put_back(stripe)


def _put_back(stripe: int) -> None:
    """A row that is missing (a table that was emptied) must not hide a change."""
    Revision.objects.bulk_create([Revision(stripe=stripe)], ignore_conflicts=True)
    Revision.objects.filter(stripe=stripe).update(n=F("n") + 1)


def revision() -> int:
    """The sum of all stripes: equal twice means that nothing was counted between."""
    return int(Revision.objects.aggregate(n=Sum("n"))["n"] or 0)


def open_stripes(model: Any) -> None:
    """Make the rows that are missing. `model` is Revision, or its stand-in of a migration."""
    present = set(model.objects.values_list("stripe", flat=True))
    model.objects.bulk_create(model(stripe=stripe, n=0) for stripe in range(STRIPES) if stripe not in present)
