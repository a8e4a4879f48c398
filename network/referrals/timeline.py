"""What happened to a referral, in order, as one side may know it: events of its own sequence with the words that belong to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from network.accounts.models import Membership, User
from network.core.actor import Actor
from network.core.crypto import Keyring
from network.core.models import Event
from network.partners.models import Organization

from .models import Audience, Message, Offer, Referral

# Kept in the log, but no news to a reader of the timeline.
# What is said between the sides has a place of its own, and rules of its own on who reads it.
QUIET = frozenset({
    "referral.draft", "offer.see", "person.disclosed", "offer.declining", "offer.kept", "message.sent", "attachment.added",
    "attachment.checked", "attachment.removed",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Happened:
    """One entry of a timeline."""

    id: UUID
    kind: str
    verb: str
    at: datetime
    by: str  # a colleague's name, an organisation's, or what moved it
    organization: UUID | None
    reason: str | None
    reason_label: str | None
    text: str | None
    on: date | None
    is_own_note: bool


def timeline(referral: Referral, offers: Sequence[Offer], actor: Actor, *, only_own_words: bool) -> list[Happened]:
    """Entries oldest first; five queries, however long it is."""
    subjects = [f"referral/{referral.pk}", *(f"offer/{offer.pk}" for offer in offers if offer.organization_id in actor.casework)]
    rows = Event.objects.filter(subject__in=subjects, organization__in=actor.casework).exclude(kind__in=QUIET)
    events: dict[UUID, Event] = {}
    for event in rows.order_by("at", "seq"):
        events.setdefault(event.fact, event)
    words = _words(referral, offers, actor, only_own_words=only_own_words)
    names = Names.of(events.values())
    return [_entry(event, words, names) for event in _without_echoes(list(events.values()))]


def _without_echoes(events: list[Event]) -> list[Event]:
    """One move is told as `referral.<verb>` and as `offer.<verb>`: whoever hears both reads the first."""
    told = {(event.kind.partition(".")[2], event.at) for event in events if event.kind.startswith("referral.")}
    return [event for event in events if event.kind.startswith("referral.") or (event.kind.partition(".")[2], event.at) not in told]


def _words(
    referral: Referral, offers: Sequence[Offer], actor: Actor, *, only_own_words: bool
) -> dict[tuple[str, datetime], tuple[Message, str | None]]:
    """Messages by the move they came with: verb and moment."""
    mine = Q(organization__in=actor.casework)
    if not only_own_words:
        shared = Q(audience=Audience.BOTH)
        mine |= shared if referral.sender_id in actor.casework else shared & (Q(offer__in=[o.pk for o in offers]) | Q(offer__isnull=True))
    rows = list(Message.objects.filter(mine, referral=referral).exclude(verb="message").select_related("reason"))
    ring = Keyring.for_people([referral.person_id]) if rows else Keyring({})
    return {(row.verb, row.at): (row, ring.read(row, "text")) for row in rows}


def _entry(event: Event, words: dict[tuple[str, datetime], tuple[Message, str | None]], names: Names) -> Happened:
    verb = event.kind.partition(".")[2]
    message, text = words.get((verb, event.at), (None, None))
    reason = message.reason if message else None
    return Happened(
        id=event.fact, kind=event.kind, verb=verb, at=event.at, by=names.tell(event.actor), organization=names.organization(event.actor),
        reason=reason.code if reason else None, reason_label=reason.label if reason else None, text=text,
        on=message.on if message else None, is_own_note=bool(message and message.audience == Audience.OWN),
    )  # fmt: skip


def given_back_by(left: Membership) -> list[UUID]:
    """Referrals that went back to the team with the end of a membership: the log knows, by the moment that both share."""
    if left.until is None:
        return []
    rows = Event.objects.filter(organization=left.organization_id, kind="referral.returned", at=left.until)
    return [UUID(subject.partition("/")[2]) for subject in rows.values_list("subject", flat=True)]


@dataclass(frozen=True, slots=True)
class Names:
    """Names of the actors of some events, by two queries."""

    users: dict[str, str]
    organizations: dict[str, str]

    @classmethod
    def of(cls, events: Iterable[Event]) -> Names:
        refs = {event.actor for event in events}
        users = User.objects.filter(pk__in=_ids(refs, "user/"))
        organizations = Organization.objects.filter(pk__in=_ids(refs, "organization/")).values_list("pk", "name")
        return cls({str(user.pk): str(user) for user in users}, {str(pk): name for pk, name in organizations})

    def tell(self, ref: str) -> str:
        kind, _, key = ref.partition("/")
        match kind:
            case "user":
                return self.users.get(key, "")
            case "organization":
                return self.organizations.get(key, "")
            case _:
                return {"clock": "clock", "application": "system", "network": "another organisation"}.get(kind, kind)

    def organization(self, ref: str) -> UUID | None:
        kind, _, key = ref.partition("/")
        return UUID(key) if kind == "organization" else None


def _ids(refs: Iterable[str], prefix: str) -> list[str]:
    return [ref.removeprefix(prefix) for ref in refs if ref.startswith(prefix)]


def as_json(entry: Happened) -> dict[str, Any]:
    return {
        "id": entry.id, "kind": entry.kind, "at": entry.at, "by": entry.by, "organization": entry.organization, "reason": entry.reason,
        "text": entry.text, "on": entry.on,
    }  # fmt: skip
