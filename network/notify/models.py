"""What somebody is told beside the page: news, how they want it, the devices it may knock at, and how far each log was read."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from network.core.constraints import all_or_none, one_of

from .topics import DEFAULTS, Habits, Topic, When


class Position(models.Model):
    """How far an organisation's log was read for news."""

    organization = models.OneToOneField("partners.Organization", primary_key=True, on_delete=models.CASCADE, related_name="+")
    epoch = models.CharField(max_length=32, help_text="Of the head; another one means that a backup was restored.")
    seq = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.pk} at {self.seq}"


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Reads of news."""

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)

    def waiting(self, at: datetime) -> Self:
        """News that may leave now and has not."""
        return self.unread().filter(sent_at__isnull=True, due_at__lte=at)


class Notification(models.Model):
    """News of one referral for one user: ids and a kind. More of the same topic joins it until it was read."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="notifications")
    organization = models.ForeignKey(
        "partners.Organization", on_delete=models.CASCADE, related_name="+", help_text="In whose log it stood."
    )
    referral = models.ForeignKey("referrals.Referral", on_delete=models.CASCADE, related_name="+")
    topic = models.CharField(max_length=10)
    kind = models.CharField(max_length=60, help_text="Of the last event that joined it.")
    fact = models.UUIDField(help_text="Of the last event that joined it.")
    made_at = models.DateTimeField()
    at = models.DateTimeField(help_text="When the last of it happened.")
    count = models.PositiveIntegerField(default=1)
    is_crisis = models.BooleanField(default=False)
    is_escalated = models.BooleanField(default=False, help_text="The whole team was told, as nobody had opened it.")
    due_at = models.DateTimeField(null=True, help_text="When it may leave by mail and push; empty: it does not.")
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            CheckConstraint(name="notification_topic_known", condition=one_of("topic", Topic)),
            UniqueConstraint(
                name="notification_unread_once", fields=["user", "referral", "topic"], condition=Q(read_at__isnull=True)
            ),
            CheckConstraint(name="notification_grows", condition=Q(at__gte=F("made_at")) & Q(count__gt=0)),
        ]  # fmt: skip
        indexes = [
            # What is to leave, and what was lost on the way.
            Index(name="notification_due", fields=["due_at"], condition=Q(sent_at__isnull=True, read_at__isnull=True)),
            # When somebody was last knocked at.
            Index(name="notification_sent", fields=["user", "-sent_at"]),
        ]

    def __str__(self) -> str:
        return str(self.pk)


def when_field(topic: Topic) -> models.CharField[str, str]:
    return models.CharField(max_length=6, choices=[(w.value, w.value) for w in When], default=DEFAULTS[topic].value)


class Preference(models.Model):
    """How somebody wants to hear of each topic; whoever has no row has the defaults."""

    user = models.OneToOneField("accounts.User", primary_key=True, on_delete=models.CASCADE, related_name="+")
    asked = when_field(Topic.ASKED)
    answered = when_field(Topic.ANSWERED)
    messages = when_field(Topic.MESSAGES)
    changes = when_field(Topic.CHANGES)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)

    class Meta:
        constraints = [
            CheckConstraint(name="preference_when_known", condition=Q(*[one_of(topic.value, When) for topic in Topic])),
            CheckConstraint(name="preference_quiet_both_or_none", condition=all_or_none("quiet_from", "quiet_until")),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def when(self, topic: Topic) -> When:
        return When(getattr(self, topic.value))

    def habits(self, zone: str) -> Habits:
        return Habits(zone, self.quiet_from, self.quiet_until)


class PushSubscription(models.Model):
    """A browser that may be knocked at. Nothing is sent but the knock, so the keys for a content are not kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="push_subscriptions")
    endpoint = models.CharField(max_length=1000, unique=True)
    made_at = models.DateTimeField()
    last_at = models.DateTimeField(null=True, help_text="When a knock was last taken.")

    def __str__(self) -> str:
        return str(self.pk)


class RingQuerySet(models.QuerySet["Ring"]):
    """Reads of calls."""

    def waiting(self, at: datetime) -> Self:
        """Calls that may leave now and have not."""
        return self.filter(sent_at__isnull=True, due_at__lte=at)


class Ring(models.Model):
    """One responder is called by an alarm, at once and whatever they chose about news: ids, and whether the call has left."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    alarm = models.ForeignKey("referrals.Alarm", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    fact = models.UUIDField(help_text="Of the event that called them.")
    made_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, help_text="Empty: it need not leave any more.")
    sent_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)

    objects = RingQuerySet.as_manager()

    class Meta:
        constraints = [UniqueConstraint(name="ring_once_a_call", fields=["fact", "user"])]
        indexes = [Index(name="ring_due", fields=["due_at"], condition=Q(sent_at__isnull=True, due_at__isnull=False))]

    def __str__(self) -> str:
        return str(self.pk)
