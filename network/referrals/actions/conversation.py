"""Every write of a conversation: a message, the files with it, what a scan found, and how far somebody has read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.module_loading import import_string

from network.core.actor import CLOCK, Actor, ActorKind, Role
from network.core.clock import now
from network.core.crypto import Keyring
from network.core.errors import Complaint, NotFound, NotYours, SayMore, WrongState
from network.core.events import Fact, record
from network.core.logs import log
from network.people.consent import REFERRAL, shared_fields
from network.people.models import Grant
from network.people.reading import agreements

from .. import phrases
from ..conversation import content_of, written
from ..files import FileKind, Scanner, Taken, Why
from ..lifecycle import Status
from ..models import Attachment, Audience, CaseMember, Message, Offer, ReadMark, Referral, Scanned
from .facts import standing_as_seen_by

TALKING = (Status.ACCEPTED, Status.IN_PROGRESS, Status.ON_HOLD)
MOST_FILES = 10
LONGEST_TEXT = 2000
UNSENT_KEPT = timedelta(hours=24)
SCAN_WITHIN = timedelta(minutes=2)
SCAN_TRIES = 5


@transaction.atomic
def send_message(
    referral: Referral,
    *,
    by: Actor,
    text: str = "",
    template: str | None = None,
    attachments: Sequence[UUID] = (),
    wrong: tuple[Complaint, ...] = (),
) -> Message:
    """Say something to the other side. `wrong` is what of the words could not be understood, answered after whose they are.

    Raises NotYours, WrongState while nobody has said yes (before that there are questions and answers), or SayMore.
    """
    require_voice(referral, by)
    offer = _take(referral, by)
    at = now()
    words = phrases.joined("message", template, text)
    if complaints := wrong or _complaints(words, template, attachments):
        raise SayMore(verb="message", errors=complaints)
    row = Message(
        referral=referral, offer=offer, person_id=referral.person_id, organization_id=by.organization,
        author_id=by.id if by.kind is ActorKind.PERSON else None, verb="message", audience=Audience.BOTH, at=at,
    )  # fmt: skip
    Keyring.for_people([referral.person_id]).write(row, "text", words)
    row.save(force_insert=True)
    # Somebody is at work on it: silence is measured from here.
    Referral.objects.filter(pk=referral.pk).update(moved_at=at, nudges=0)
    _send_along(row, attachments, by)
    if by.kind is ActorKind.PERSON and by.id is not None:
        _mark(by.id, referral, at)
    both = frozenset({referral.sender_id, offer.organization_id})
    facts = [Fact("message.sent", f"referral/{referral.pk}", both)]
    if attachments:
        facts.append(Fact("attachment.added", f"referral/{referral.pk}", both - {by.organization}))
    record(*facts, by=by, at=at)
    return row


def require_voice(referral: Referral, by: Actor) -> UUID:
    """The side that the caller speaks for: as its caseworker, on the case, or as a partner system that may know who it is about."""
    organization = by.organization
    if organization is None or organization not in by.casework:
        raise NotYours(verb="message")
    if referral.sender_id != organization and not Offer.objects.standing().filter(referral=referral, organization=organization).exists():
        raise NotYours(verb="message")
    if by.kind is ActorKind.APPLICATION:
        if "identity.read" not in by.scopes:
            raise NotYours(verb="message")
        return organization
    on_case = CaseMember.objects.filter(referral=referral, organization=organization, user=by.id, until__isnull=True)
    if (organization, Role.CASEWORKER) not in by.roles and not on_case.exists():
        raise NotYours(verb="message")
    return organization


def _take(referral: Referral, by: Actor) -> Offer:
    """Hold the referral until commit: whoever withdraws a consent meanwhile waits, or was first and this is refused."""
    Referral.objects.filter(pk=referral.pk).update(nudges=F("nudges"))
    return require_place(referral, by)


def require_place(referral: Referral, by: Actor) -> Offer:
    """The offer of whoever said yes: between them and the sender there is a conversation, while the consent lasts."""
    offers = Offer.objects.filter(referral=referral, referral__status__in=TALKING, status=Status.ACCEPTED)
    offer = offers.order_by("-holds").first()
    if offer is None or by.organization not in {referral.sender_id, offer.organization_id}:
        raise WrongState(
            verb="message", **standing_as_seen_by(by, referral.pk),
            detail="Messages begin once somebody has said yes, and end with the referral. Before that, ask a question or answer one.",
        )  # fmt: skip
    grant = Grant.objects.standing().filter(referral=referral, organization=offer.organization_id).select_related("consent").first()
    if grant is None or not _is_shared(grant):
        raise WrongState(verb="message", state=referral.status, detail="The consent has ended. Ask for a new one first.")
    return offer


def _is_shared(grant: Grant) -> bool:
    """Whether the holder may see anything of the person now; by the code-name route there is nothing to see, and no end to it."""
    if grant.consent is None:
        return True
    agreed = agreements([grant.consent]).get(grant.consent.pk)
    return bool(shared_fields(agreed, grant.organization_id, REFERRAL, now()))


def _complaints(words: str, template: str | None, attachments: Sequence[UUID]) -> tuple[Complaint, ...]:
    found = []
    if template and phrases.find("message", template) is None:
        found.append(Complaint("/template", "unknown", "Choose one of the listed sentences."))
    if not words and not attachments:
        found.append(Complaint("/text", "required", "Write a few words, or attach a file."))
    if len(words) > LONGEST_TEXT + 500:
        found.append(Complaint("/text", "too_long", f"A message has at most {LONGEST_TEXT} characters."))
    if len(set(attachments)) > MOST_FILES:
        found.append(Complaint("/attachments", "too_many", f"A message has at most {MOST_FILES} files."))
    return tuple(found)


def _send_along(message: Message, attachments: Sequence[UUID], by: Actor) -> None:
    """Bind the files to the message: each was uploaded here by the same side, was not sent, and was not refused."""
    wanted = set(attachments)
    rows = Attachment.objects.unsent().filter(pk__in=wanted, referral=message.referral_id, organization=by.organization)
    if wanted and rows.exclude(state=Scanned.REFUSED).update(message=message) != len(wanted):
        raise SayMore(
            verb="message", errors=(Complaint("/attachments", "unknown", "Upload these files first. One that was refused cannot be sent."),)
        )


@transaction.atomic
def attach(referral: Referral, *, by: Actor, file: Taken) -> Attachment:
    """Keep a file for a message that is being written; nobody is served it before it was looked into."""
    side = require_voice(referral, by)
    _take(referral, by)
    at = now()
    if Attachment.objects.unsent().filter(referral=referral, organization=side, author=by.id).count() >= MOST_FILES:
        raise SayMore(
            verb="attach", errors=(Complaint("/file", "too_many", f"A message has at most {MOST_FILES} files. Send them first."),)
        )
    row = Attachment(
        referral=referral, person_id=referral.person_id, organization_id=side,
        author_id=by.id if by.kind is ActorKind.PERSON else None, kind=file.kind, size=len(file.content), at=at, scan_at=at,
    )  # fmt: skip
    ring = Keyring.for_people([referral.person_id])
    ring.write(row, "name", file.name)
    row.save(force_insert=True)
    row.chunks.bulk_create(written(file.content, row, ring.keys[referral.person_id]), batch_size=8)
    _plan_scan(row)
    record(Fact("attachment.added", f"referral/{referral.pk}", frozenset({row.organization_id})), by=by, at=at)
    return row


@transaction.atomic
def detach(attachment: Attachment, *, by: Actor) -> None:
    """Take back a file that was not sent."""
    if by.kind is not ActorKind.CLOCK:
        require_voice(attachment.referral, by)
        if attachment.organization_id != by.organization:
            raise NotYours(verb="detach")
    deleted, _ = Attachment.objects.unsent().filter(pk=attachment.pk).delete()
    if not deleted:
        raise WrongState(verb="detach", detail="This file was sent; what was said stays.")
    record(Fact("attachment.removed", f"referral/{attachment.referral_id}", frozenset({attachment.organization_id})), by=by)


def mark_read(referral: Referral, *, by: Actor, upto: datetime | None = None) -> None:
    """Remember how far this user has read. It concerns nobody else: no event, and no trace of it on the referral."""
    if by.kind is not ActorKind.PERSON or by.id is None:
        raise NotYours(verb="read")
    with transaction.atomic():
        _mark(by.id, referral, min(upto, now()) if upto else now())


def _mark(user: UUID, referral: Referral, at: datetime) -> None:
    """Reading goes forward: of two pages the later one counts."""
    row, made = ReadMark.objects.get_or_create(user_id=user, referral=referral, defaults={"at": at})
    if not made:
        ReadMark.objects.filter(pk=row.pk, at__lt=at).update(at=at)


# -- What the scan found -------------------------------------------------------------------------------------------------------


def _plan_scan(row: Attachment) -> None:
    from .. import tasks

    tasks.scan_attachment.enqueue(str(row.pk))


def scan(attachment: Attachment) -> None:
    """Look into a file and say what was found. Right when run late, twice or never: the row is the duty, and settled once."""
    content = content_of(attachment)
    if content is None:
        _settle(attachment, Why.NOT_CHECKED)
        return
    scanner: Scanner = import_string(settings.ATTACHMENT_SCANNER)
    try:
        found = scanner(FileKind(attachment.kind), content)
    except Exception as error:  # noqa: BLE001 - the scanner is another's; what it could not look into is never served
        log.warning("scan", error=type(error).__name__)
        _try_later(attachment)
    else:
        _settle(attachment, found)


def _try_later(row: Attachment) -> None:
    if row.tries + 1 >= SCAN_TRIES:
        _settle(row, Why.NOT_CHECKED)
        return
    Attachment.objects.filter(pk=row.pk, tries=row.tries).update(tries=row.tries + 1, scan_at=now())


@transaction.atomic
def _settle(row: Attachment, why: Why | None) -> None:
    state = Scanned.REFUSED if why else Scanned.CLEAN
    if not Attachment.objects.filter(pk=row.pk, state=Scanned.PENDING).update(state=state, why=why or "", scan_at=now()):
        return
    if why:
        row.chunks.all().delete()
    sent = Message.objects.filter(attachments=row.pk).values_list("referral__sender", "offer__organization").first()
    to = frozenset(pk for pk in sent if pk) if sent else frozenset({row.organization_id})
    record(Fact("attachment.checked", f"referral/{row.referral_id}", to), by=CLOCK)


def sweep(at: datetime) -> None:
    """Look into files whose task was lost, and let go of those that were never sent."""
    for row in Attachment.objects.unscanned(at - SCAN_WITHIN).order_by("scan_at")[:50]:
        scan(row)
    for row in Attachment.objects.unsent().filter(at__lte=at - UNSENT_KEPT).select_related("referral")[:200]:
        try:
            detach(row, by=CLOCK)
        except (WrongState, NotFound):
            continue  # it was sent at this moment
