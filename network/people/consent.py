"""What may be shared with whom, judged anew at each read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

REFERRAL = "referral"


@dataclass(frozen=True, slots=True)
class Agreed:
    """A consent as this rule sees it; `recipients` maps each organisation to whether it was withdrawn for it."""

    recipients: Mapping[UUID, bool]
    fields: frozenset[str]
    purpose: str
    until: datetime
    withdrawn: bool


def may_share(agreed: Agreed | None, recipient: UUID, field_group: str, purpose: str, now: datetime) -> bool:
    """Whether `recipient` may see `field_group` for `purpose` at `now`. No consent is a no."""
    return (
        agreed is not None
        and not agreed.withdrawn
        and agreed.until > now
        and agreed.purpose == purpose
        and field_group in agreed.fields
        and agreed.recipients.get(recipient) is False
    )


def shared_fields(agreed: Agreed | None, recipient: UUID, purpose: str, now: datetime) -> frozenset[str]:
    """All field groups that `recipient` may see."""
    if agreed is None:
        return frozenset()
    return frozenset(group for group in agreed.fields if may_share(agreed, recipient, group, purpose, now))
