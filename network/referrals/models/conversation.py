"""What the sides of a case say to each other beside its moves: files, and how far somebody has read."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint

from network.core.actor import Actor
from network.core.constraints import iff, one_of
from network.core.fields import SealedField

from ..files import FileKind, Why
from .case import Message
from .referrals import Referral


class Scanned(models.TextChoices):
    """Whether a file was looked into: nothing is served until it was found clean."""

    PENDING = "pending"
    CLEAN = "clean"
    REFUSED = "refused"


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    """Reads of files."""

    def visible_to(self, actor: Actor) -> Self:
        """Files of messages that the actor may see, and those of one's own side that were not sent yet.

        Whether the caller is in full view of the referral is for `conversation.Conversations`, which every edge asks besides.
        """
        seen = Referral.objects.visible_to(actor)
        sent = Q(message__in=Message.objects.visible_to(actor).values("pk"))
        return self.filter(sent | Q(message__isnull=True, organization__in=actor.casework), referral__in=seen.values("pk"))

    def unsent(self) -> Self:
        return self.filter(message__isnull=True)

    def unscanned(self, before: datetime) -> Self:
        """Files whose look was planned before that moment and has not come."""
        return self.filter(state=Scanned.PENDING, scan_at__lte=before)


class Attachment(models.Model):
    """A file with a message. Its name and its bytes are sealed under the person's key; what it is and how large is not."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="attachments")
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.CASCADE, related_name="attachments")
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+", help_text="The referral's; names the key.")
    organization = models.ForeignKey("partners.Organization", on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey("accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    name = SealedField(help_text="As people know it; a name may name a person.")
    kind = models.CharField(max_length=10)
    size = models.PositiveIntegerField(help_text="Bytes, as kept.")
    state = models.CharField(max_length=10, choices=Scanned.choices, default=Scanned.PENDING)
    why = models.CharField(max_length=20, blank=True, help_text="Of a refused one.")
    at = models.DateTimeField()
    scan_at = models.DateTimeField(help_text="When it is looked into, or was; a look that never came is planned again.")
    tries = models.PositiveSmallIntegerField(default=0)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        constraints = [
            CheckConstraint(name="attachment_kind_known", condition=one_of("kind", FileKind)),
            CheckConstraint(name="attachment_state_known", condition=one_of("state", Scanned)),
            CheckConstraint(name="attachment_why_known", condition=one_of("why", Why) | Q(why="")),
            CheckConstraint(name="attachment_why_iff_refused", condition=iff(Q(state=Scanned.REFUSED), ~Q(why=""))),
        ]
        indexes = [
            # The files of a page of messages.
            Index(name="attachment_of_referral", fields=["referral", "message"]),
            # The sweep: what was never looked into, and what was never sent.
            Index(name="attachment_unscanned", fields=["scan_at"], condition=Q(state=Scanned.PENDING)),
            Index(name="attachment_unsent", fields=["at"], condition=Q(message__isnull=True)),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def sealed_by(self) -> uuid.UUID:
        return self.person_id


class AttachmentChunk(models.Model):
    """A part of a file, sealed for its place in it: parts can be neither moved nor swapped."""

    attachment = models.ForeignKey(Attachment, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveSmallIntegerField()
    blob = models.BinaryField()

    class Meta:
        constraints = [UniqueConstraint(fields=["attachment", "number"], name="attachment_chunk_once")]

    def __str__(self) -> str:
        return f"{self.attachment_id} {self.number}"


class ReadMark(models.Model):
    """How far one user has read what was said on a referral. Nobody else is told, so it is no event."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="read_marks")
    at = models.DateTimeField()

    class Meta:
        constraints = [UniqueConstraint(fields=["user", "referral"], name="read_mark_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.at}"
