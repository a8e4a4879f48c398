"""What is kept at an end: outcomes and hopes, a draft that goes on, a recorded gap, a consent that ended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from network.core.crypto import Keyring
from network.core.errors import Complaint, SayMore
from network.core.events import Fact
from network.people.actions import end_consent, open_grant
from network.people.models import FieldGroup, Grant

from ..models import (
    CaseMember,
    DesiredOutcome,
    FollowUp,
    Outcome,
    Reached,
    ReachedOutcome,
    ReasonCode,
    RecordedGap,
    Referral,
)
from .follow_ups import end_follow_ups
from .handling import joins_case
from .told import Told, person_of

COPIED = ("person_id", "need_id", "urgency", "place_id", "languages", "age_band", "constraints", "contact_through_sender", "bundle")


def reached_said(told: Told) -> Told:
    """Each hope is answered: what came of it. Nothing else is."""
    hoped = [row.code for row in desired_of(told.standing.referral)]
    wrong = [
        Complaint(f"/reached/{code.code}", "required", f"Say what came of it: {code.label}.")
        for code in hoped
        if told.said.reached.get(code.code) not in Reached.values
    ]
    known = {code.code for code in hoped}
    wrong += [Complaint(f"/reached/{code}", "unknown", "This was not hoped for.") for code in sorted(set(told.said.reached) - known)]
    if wrong:
        raise SayMore(verb="complete", errors=tuple(wrong))
    return told


def desired_of(referral: Referral) -> list[DesiredOutcome]:
    return list(DesiredOutcome.objects.filter(referral=referral).select_related("code").order_by("position"))


def keep_desired(referral: Referral, codes: Iterable[UUID]) -> None:
    DesiredOutcome.objects.bulk_create(
        DesiredOutcome(referral=referral, code_id=code, position=position) for position, code in enumerate(codes)
    )


def outcome_kept(told: Told) -> None:
    """How it ended, what came of each hope, and whether the person wants to be asked again."""
    offer, said = told.the_offer(), told.said
    outcome = Outcome.objects.create(
        referral=told.standing.referral, offer=offer, organization_id=offer.organization_id, help=said.outcome or "", at=told.standing.now,
        may_ask_again=said.may_ask_again,
    )  # fmt: skip
    codes = {row.code.code: row.code_id for row in desired_of(told.standing.referral)}
    ReachedOutcome.objects.bulk_create(
        ReachedOutcome(outcome=outcome, code_id=codes[code], answer=answer) for code, answer in said.reached.items()
    )


def outcome_superseded(told: Told) -> None:
    """The old outcome stays with what was said with it; nobody is asked about it any more."""
    row = told.standing.referral
    Outcome.objects.filter(referral=row, superseded_at__isnull=True).update(superseded_at=told.standing.now)
    FollowUp.objects.unanswered().filter(referral=row).update(ended_at=told.standing.now)
    opens_grant(told)
    # Who was handed the person sees them again too.
    earlier = Grant.objects.filter(referral=row, organization=row.sender_id).order_by("-opened_at").first()
    if earlier is not None:
        open_grant(row.person_id, row.sender_id, row.pk, earlier.consent, at=told.standing.now, fields=earlier.fields)


def handed_on(told: Told) -> None:
    """A new draft of the receiver's own about the same need, and a grant of the same fields for as long as it lasts."""
    row, offer, at = told.standing.referral, told.the_offer(), told.standing.now
    fields = sorted(row.consent.fields) if row.consent else []
    draft = copy_of(row, sender=offer.organization_id, at=at, based_on=row, with_note=FieldGroup.NOTE in fields)
    draft.save(force_insert=True)
    keep_desired(draft, [each.code_id for each in desired_of(row)])
    open_grant(row.person_id, offer.organization_id, draft.pk, row.consent, at=at, fields=fields)
    if (user := person_of(told)) is not None:
        CaseMember.objects.create(referral=draft, organization_id=offer.organization_id, user_id=user, since=at)
    told.more.append(Fact("referral.draft", f"referral/{draft.pk}", frozenset({offer.organization_id})))


def opened_again(told: Told) -> None:
    """A sending that was undone opens its form again: a new draft with the same content."""
    row = told.standing.referral
    if told.said.again is None:
        return
    draft = copy_of(row, sender=row.sender_id, at=told.standing.now, based_on=row.based_on, pk=told.said.again)
    draft.save(force_insert=True)
    keep_desired(draft, [each.code_id for each in desired_of(row)])
    if row.based_on_id is not None:
        earlier = Grant.objects.filter(referral=row, organization=row.sender_id).order_by("-opened_at").first()
        if earlier is not None:
            open_grant(row.person_id, row.sender_id, draft.pk, earlier.consent, at=told.standing.now, fields=earlier.fields)
    if (user := person_of(told)) is not None:
        CaseMember.objects.create(referral=draft, organization_id=row.sender_id, user_id=user, since=told.standing.now)
    told.more.append(Fact("referral.draft", f"referral/{draft.pk}", frozenset({row.sender_id})))


def copy_of(
    row: Referral, *, sender: UUID, at: datetime, based_on: Referral | None, pk: UUID | None = None, with_note: bool = True
) -> Referral:
    """A draft about the same need of the same person; the note is sealed anew, for its own place."""
    draft = Referral(sender_id=sender, based_on=based_on, created_at=at, moved_at=at, **{name: getattr(row, name) for name in COPIED})
    draft.pk = pk or draft.pk
    if with_note and (row.note is not None or row.hopes is not None):
        ring = Keyring.for_people([row.person_id])
        for column in ("note", "hopes"):
            ring.write(draft, column, ring.read(row, column))
    return draft


def gap_recorded(told: Told) -> None:
    """Nobody could be found: the gap analysis counts it as unmet need."""
    row = told.standing.referral
    reason = told.reason or ReasonCode.objects.get(verb="give-up", code="no-answer-in-time")
    RecordedGap.objects.get_or_create(
        referral=row,
        defaults={
            "organization_id": row.sender_id,
            "need_id": row.need_id,
            "place_id": row.place_id,
            "reason": reason,
            "at": told.standing.now,
        },
    )


def consent_ended(told: Told) -> None:
    """The person's no reaches everybody it was given to, or the one that was named."""
    row = told.standing.referral
    if row.consent is None or row.consent.withdrawn_at is not None:
        return
    to = told.said.recipient
    if to is None or row.consent.recipients.filter(organization=to, withdrawn_at__isnull=True).exists():
        end_consent(row.consent, at=told.standing.now, recipient=to)
        end_follow_ups(row.consent, at=told.standing.now, recipient=to)


def opens_grant(told: Told) -> None:
    row = told.standing.referral
    open_grant(row.person_id, told.the_offer().organization_id, row.pk, row.consent, at=told.standing.now)


def acceptance_kept(told: Told) -> None:
    opens_grant(told)
    joins_case(told)
