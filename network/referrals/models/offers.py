"""Who was asked to keep a promise, and what became of the asking."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, Exists, F, Index, OuterRef, Q, UniqueConstraint

from network.core.actor import Actor
from network.core.constraints import all_or_none, iff, one_of
from network.core.fields import SealedField

from ..lifecycle import OPEN_OFFER, At, Business, Status
from .asking import Urgency


def standing_at(places: frozenset[At]) -> Q:
    """Rows that stand at one of `places`."""
    found = Q(pk__in=[])
    for at in places:
        found |= Q(status=at.status) if at.business is None else Q(status=at.status, business_status=at.business)
    return found


class OfferQuerySet(models.QuerySet["Offer"]):
    """Reads of offers."""

    def visible_to(self, actor: Actor) -> Self:
        """Offers asked of the actor's organisations, and those of referrals that they sent; queued ones the sender's alone."""
        asked = Q(organization__in=actor.casework, asked_at__isnull=False)
        return self.filter(asked | Q(referral__sender__in=actor.casework))

    def asked_of(self, actor: Actor) -> Self:
        return self.filter(organization__in=actor.casework, asked_at__isnull=False)

    def standing(self) -> Self:
        """Offers that make their referral visible: asked, accepted, closed, and ended by the sender after acceptance."""
        live = Q(status__in=[Status.REQUESTED, Status.ACCEPTED]) | Q(business_status=Business.CLOSED)
        ended_after_acceptance = Q(
            status=Status.CANCELLED,
            business_status__in=[Business.BY_SENDER, Business.CORRECTED],
            accepted_at__isnull=False,
        )
        return self.filter(live | ended_after_acceptance)

    def open(self) -> Self:
        return self.filter(status__in=OPEN_OFFER)

    def overdue(self, at: datetime) -> Self:
        """Asked, unanswered past their time with no question in between; a crisis never lapses."""
        return self.late(at).exclude(referral__urgency=Urgency.CRISIS)

    def escalating(self, at: datetime) -> Self:
        """Crises that nobody answered in time and that nobody was alarmed about yet."""
        return self.late(at).filter(referral__urgency=Urgency.CRISIS, referral__status=Status.REQUESTED, escalated_at__isnull=True)

    def late(self, at: datetime) -> Self:
        """Past their time, with neither a question that stops the clock nor a decline that can still be undone."""
        return self.filter(status=Status.REQUESTED, business_status=Business.NONE, respond_by__lte=at, decline_at__isnull=True)

    def claims_over(self, at: datetime) -> Self:
        """Claimed, and not answered within the time that a claim stands; a decline that can still be undone is an answer."""
        return self.filter(status=Status.REQUESTED, claim_until__lte=at, decline_at__isnull=True)

    def had_by(self, user: uuid.UUID, organization: uuid.UUID) -> Self:
        """Open offers that this colleague has, answered or not."""
        return self.open().filter(organization=organization, claimed_by=user)

    def declining(self, at: datetime) -> Self:
        """Declines whose time to be undone is over."""
        return self.filter(status=Status.REQUESTED, decline_at__lte=at)

    def waiting_past(self, day: date) -> Self:
        """On a waiting list whose expected date was before `day`, and whose holder was not told of it."""
        # Accepted and not holding is on a waiting list. By columns of the row alone: of two clocks the second finds it told.
        waiting = self.filter(status=Status.ACCEPTED, holds=False, expected_on__lt=day)
        return waiting.filter(Q(nudged_on__isnull=True) | ~Q(nudged_on=F("expected_on")))

    def standing_at(self, places: frozenset[At]) -> Self:
        return self.filter(standing_at(places))

    def with_unread(self) -> Self:
        """Adds `has_question`: an open question of this candidate."""
        asked = Offer.objects.filter(pk=OuterRef("pk"), business_status=Business.INFO_REQUESTED)
        return self.annotate(has_question=Exists(asked))


class Offer(models.Model):
    """One candidate asked, for one service; FHIR Task partOf the referral's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey("referrals.Referral", on_delete=models.CASCADE, related_name="offers")
    organization = models.ForeignKey("partners.Organization", on_delete=models.PROTECT, related_name="offers")
    service = models.ForeignKey("partners.Service", on_delete=models.PROTECT, related_name="offers")
    position = models.PositiveSmallIntegerField(default=0, help_text="Rank in the order of asking.")
    status = models.CharField(max_length=20, default=Status.DRAFT)
    business_status = models.CharField(max_length=30, default=Business.NONE, blank=True)
    holds = models.BooleanField(default=False, help_text="This candidate keeps the promise now.")
    reason = models.ForeignKey("referrals.ReasonCode", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, help_text="Empty while queued; one that was never asked stays invisible.")
    respond_by = models.DateTimeField(null=True)
    reminders = models.PositiveSmallIntegerField(
        default=0, help_text="How many reminders of the present clock were given: at half and at 80 %."
    )
    seen_at = models.DateTimeField(null=True)
    claimed_by = models.ForeignKey("accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    claimed_at = models.DateTimeField(null=True)
    claim_until = models.DateTimeField(null=True, help_text="When an unanswered claim goes back to the team; empty while a question waits.")
    question_at = models.DateTimeField(null=True, help_text="When the clock stopped for a question.")
    question_until = models.DateTimeField(null=True, help_text="When it runs on without an answer.")
    accepted_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    expected_on = models.DateField(null=True)
    nudged_on = models.DateField(null=True, help_text="The expected date whose passing its holder was told of.")
    ended_at = models.DateTimeField(null=True)
    is_silent = models.BooleanField(default=False, help_text="Counted as silent; set by the clock, ended by the next move.")
    escalated_at = models.DateTimeField(null=True, help_text="When others were asked as well, because a crisis was not answered in time.")
    forwarded_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="forwarded_to", help_text="Who passed the request on."
    )
    suggested = models.ForeignKey(
        "partners.Service",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Named by a receiver that could not pass the request on itself.",
    )
    decline_at = models.DateTimeField(null=True, help_text="When a decline that can still be undone is made.")
    decline_by = models.ForeignKey("accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decline_reason = models.ForeignKey("referrals.ReasonCode", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decline_comment = SealedField(help_text="The words of the decline, until it is made.")
    version = models.PositiveIntegerField(default=1)

    objects = OfferQuerySet.as_manager()

    class Meta:
        constraints = [
            UniqueConstraint(name="offer_one_holds", fields=["referral"], condition=Q(holds=True)),
            UniqueConstraint(
                name="offer_open_once_an_organization",
                fields=["referral", "organization"],
                condition=Q(status__in=sorted(OPEN_OFFER)),
            ),
            CheckConstraint(name="offer_status_known", condition=one_of("status", Status)),
            CheckConstraint(name="offer_business_status_known", condition=one_of("business_status", Business)),
            CheckConstraint(name="offer_holds_only_if_accepted", condition=Q(holds=False) | Q(status=Status.ACCEPTED)),
            CheckConstraint(
                name="offer_asked_at_once_asked",
                condition=Q(asked_at__isnull=False) | Q(status__in=[Status.DRAFT, Status.CANCELLED]),
            ),
            CheckConstraint(name="offer_queued_is_not_asked", condition=~Q(status=Status.DRAFT) | Q(asked_at__isnull=True)),
            CheckConstraint(
                name="offer_ended_at_iff_ended",
                condition=iff(Q(status__in=sorted(OPEN_OFFER)), Q(ended_at__isnull=True)),
            ),
            CheckConstraint(
                name="offer_accepted_at_once_accepted",
                condition=~Q(status=Status.ACCEPTED) | Q(accepted_at__isnull=False),
            ),
            CheckConstraint(name="offer_silent_only_once_accepted", condition=Q(is_silent=False) | Q(accepted_at__isnull=False)),
            CheckConstraint(name="offer_claimed_all_or_none", condition=all_or_none("claimed_by", "claimed_at")),
            CheckConstraint(
                name="offer_claim_ends_only_while_asked",
                condition=Q(claim_until__isnull=True) | Q(claimed_by__isnull=False, status=Status.REQUESTED, business_status=Business.NONE),
            ),
            CheckConstraint(
                name="offer_clock_stopped_iff_asked_back",
                condition=iff(Q(status=Status.REQUESTED, business_status=Business.INFO_REQUESTED), Q(question_at__isnull=False))
                & all_or_none("question_at", "question_until"),
            ),
            CheckConstraint(
                name="offer_decline_all_or_none",
                condition=all_or_none("decline_at", "decline_by", "decline_reason")
                & (Q(decline_comment__isnull=True) | Q(decline_at__isnull=False)),
            ),
            CheckConstraint(name="offer_decline_held_only_while_asked", condition=Q(decline_at__isnull=True) | Q(status=Status.REQUESTED)),
            CheckConstraint(
                name="offer_suggestion_with_a_decline",
                condition=Q(suggested__isnull=True) | Q(status=Status.REJECTED, business_status=Business.DECLINED),
            ),
            CheckConstraint(name="offer_escalated_once_asked", condition=Q(escalated_at__isnull=True) | Q(asked_at__isnull=False)),
            CheckConstraint(name="offer_position_in_order", condition=Q(position__gte=0)),
            CheckConstraint(
                name="offer_ends_after_it_was_made",
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("created_at")),
            ),
        ]
        indexes = [
            # The inbox: open work for one organisation, the most overdue first.
            Index(name="offer_inbox", fields=["organization", "respond_by", "id"], condition=Q(status=Status.REQUESTED)),
            # What an organisation holds, and what stands: the second half of every visible_to.
            Index(name="offer_of_organization", fields=["organization", "status", "referral"]),
            # The clocks.
            Index(name="offer_due", fields=["respond_by"], condition=Q(status=Status.REQUESTED)),
            # Claims whose time runs out, and what somebody who goes away has.
            Index(name="offer_claim_until", fields=["claim_until"], condition=Q(claim_until__isnull=False)),
            Index(name="offer_claimed", fields=["claimed_by"], condition=Q(claimed_by__isnull=False, status=Status.REQUESTED)),
            # Waiting lists whose expected date passes.
            Index(
                name="offer_waiting", fields=["expected_on"], condition=Q(status=Status.ACCEPTED, holds=False, expected_on__isnull=False)
            ),
            # Declines that wait out their time to be undone.
            Index(name="offer_declining", fields=["decline_at"], condition=Q(decline_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def sealed_by(self) -> uuid.UUID:
        """The person whose key seals the words of a decline."""
        return self.referral.person_id

    @property
    def is_standing(self) -> bool:
        """The same rule as `standing()` of the queryset, for a row in hand."""
        live = self.status in {Status.REQUESTED, Status.ACCEPTED} or self.business_status == Business.CLOSED
        ended = self.status == Status.CANCELLED and self.business_status in {Business.BY_SENDER, Business.CORRECTED}
        return live or (ended and self.accepted_at is not None)
