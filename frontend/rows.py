"""Referrals as rows of a list and as one page: everything a template needs, so that it asks nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from network.core.actor import Actor
from network.core.clock import now
from network.partners.models import Service
from network.referrals.available import Available
from network.referrals.models import Offer, Referral
from network.referrals.reading import Reader

from .words import Shown, looking_words, status_of, wait_words, when


@dataclass(frozen=True, slots=True)
class Row:
    """A referral in a list."""

    referral: Referral
    own: Offer | None
    status: Shown
    name: str
    other: str
    due: datetime | None
    due_words: str
    is_overdue: bool
    verbs: dict[str, Available]
    unread: int = 0
    services: list[Service] = field(default_factory=list)  # by which an open call may be taken
    is_call: bool = False
    holder: str = ""  # the colleague who has it; empty where nobody or the reader has
    is_mine: bool = False
    looking: str = ""  # which colleagues have it open
    snoozed_until: datetime | None = None
    wait: str = ""  # about when there will be a place

    @property
    def subject(self) -> str:
        """What the feed calls this row: a candidate's rows carry their offer."""
        offer = f"offer/{self.own.pk} " if self.own else ""
        return f"{offer}referral/{self.referral.pk}"

    @property
    def id(self) -> str:
        return f"referral-{self.referral.pk}"


def rows_of(referrals: Iterable[Referral], actor: Actor) -> list[Row]:
    """One row for each, with the verbs that the actor may make."""
    reader = Reader(referrals, actor)
    at = now()
    return [row_of(row, reader, at) for row in reader.referrals]


def row_of(row: Referral, reader: Reader, at: datetime) -> Row:
    own = reader.own_offer(row)
    offers = reader.offers_of(row)
    is_call = reader.is_call(row)
    due = row.respond_by if is_call else own.respond_by if own and own.status == "requested" else _soonest(offers) if own is None else None
    person = reader.person(row, detail=False) or {}
    asked = [offer.organization.name for offer in offers if offer.status in {"requested", "accepted"} or offer.business_status == "closed"]
    return Row(
        referral=row, own=own, status=status_of(row, own, reader.help_of(row), is_call=is_call),
        name=person.get("name") or person.get("code_name") or "",
        other=row.sender.name if own or is_call else ", ".join(asked), due=due, due_words=when(due, at), is_overdue=bool(due and due < at),
        verbs={found.verb: found for found in reader.actions(row)}, services=reader.possible.takeable.get(row.pk, []), is_call=is_call,
        unread=reader.unread.get(row.pk, 0), wait=wait_words(row, at),
        looking=looking_words(reader.looking.get(row.pk, ())), **_having(own, reader),
    )  # fmt: skip


def _having(own: Offer | None, reader: Reader) -> dict[str, Any]:
    """Who of our team has an offer that waits for an answer, and whether the reader has put it aside."""
    if own is None or own.status != "requested":
        return {}
    is_mine = own.claimed_by_id is not None and own.claimed_by_id == reader.actor.id
    holder = str(own.claimed_by) if own.claimed_by is not None and not is_mine else ""
    return {"holder": holder, "is_mine": is_mine, "snoozed_until": reader.snoozed.get(own.pk)}


def _soonest(offers: Iterable[Offer]) -> datetime | None:
    return min((offer.respond_by for offer in offers if offer.status == "requested" and offer.respond_by), default=None)
