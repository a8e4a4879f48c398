"""A promise about a person, who was asked to keep it, who works on it, what was said and how it ended."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, Exists, F, Index, OuterRef, Q, UniqueConstraint

from network.core.actor import Actor
from network.core.constraints import all_or_none, iff, one_of
from network.core.fields import SealedField

from .lifecycle import CLOSED, OPEN, OPEN_OFFER, At, Business, Status

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_reference() -> str:
    """A short name for the telephone, without letters that are misheard or misread: 7F3K-92QD."""
    letters = [secrets.choice(ALPHABET) for _ in range(8)]
    return f"{''.join(letters[:4])}-{''.join(letters[4:])}"


class Urgency(models.TextChoices):
    """How soon an answer is needed."""

    ROUTINE = "routine"
    SOON = "soon"
    URGENT = "urgent"
    CRISIS = "crisis"


class Strategy(models.TextChoices):
    """How candidates are asked."""

    DIRECT = "direct"
    CASCADE = "cascade"
    BROADCAST = "broadcast"
    OPEN = "open"


def standing_at(places: frozenset[At]) -> Q:
    """Rows that stand at one of `places`."""
    found = Q(pk__in=[])
    for at in places:
        found |= Q(status=at.status) if at.business is None else Q(status=at.status, business_status=at.business)
    return found


class ReferralQuerySet(models.QuerySet["Referral"]):
    """Reads of referrals."""

    def visible_to(self, actor: Actor) -> Self:
        """Referrals that `actor` works on: sent by one of their organisations, or asked of one and standing."""
        asked = Offer.objects.standing().filter(organization__in=actor.casework)
        return self.filter(Q(sender__in=actor.casework) | Q(pk__in=asked.values("referral")))

    def sent_by(self, actor: Actor) -> Self:
        return self.filter(sender__in=actor.casework)

    def open(self) -> Self:
        return self.filter(status__in=OPEN)

    def standing_at(self, places: frozenset[At]) -> Self:
        return self.filter(standing_at(places))


class Referral(models.Model):
    """One need of one person, promised by a sender to be answered; FHIR ServiceRequest with its coordinating Task."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=9, unique=True, default=new_reference, editable=False)
    bundle = models.UUIDField(null=True, blank=True, help_text="Shared by needs that were sent together.")
    sender = models.ForeignKey("partners.Organization", on_delete=models.PROTECT, related_name="referrals_sent")
    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="referrals")
    based_on = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="handed_on")
    need = models.ForeignKey("partners.TaxonomyTerm", on_delete=models.PROTECT, related_name="+")
    urgency = models.CharField(max_length=10, choices=Urgency.choices, blank=True, help_text="No default; a draft may not have said yet.")
    strategy = models.CharField(max_length=10, choices=Strategy.choices, default=Strategy.DIRECT)
    place = models.ForeignKey("partners.Place", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    languages = models.JSONField(default=list, blank=True)
    age_band = models.CharField(max_length=10, blank=True)
    constraints = models.JSONField(default=list, blank=True, help_text="Codes of access terms: step-free, evenings …")
    note = SealedField(help_text="What they must know, not the whole story; opens on acceptance.")
    consent = models.ForeignKey("people.Consent", null=True, blank=True, on_delete=models.PROTECT, related_name="referrals")
    contact_through_sender = models.BooleanField(
        default=False, help_text="The receiver reaches the person only through the sender: the code-name route."
    )
    duplicate_reason = models.ForeignKey("referrals.ReasonCode", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    status = models.CharField(max_length=20, default=Status.DRAFT)
    business_status = models.CharField(max_length=30, default=Business.NONE, blank=True)
    reason = models.ForeignKey("referrals.ReasonCode", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(help_text="When anything last happened; what silence is measured from.")
    respond_by = models.DateTimeField(null=True, help_text="Of an open referral, which has no offer to carry it.")
    unplaced_at = models.DateTimeField(null=True)
    expected_on = models.DateField(null=True, help_text="Expected start or end of the wait.")
    review_on = models.DateField(null=True, help_text="When a pause is looked at again.")
    closed_at = models.DateTimeField(null=True)
    nudges = models.PositiveSmallIntegerField(default=0, help_text="How many nudges of the present silence were given.")
    version = models.PositiveIntegerField(default=1)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        constraints = [
            CheckConstraint(name="referral_status_known", condition=one_of("status", Status)),
            CheckConstraint(name="referral_business_status_known", condition=one_of("business_status", Business)),
            CheckConstraint(
                name="referral_closed_at_iff_closed",
                condition=iff(Q(status__in=sorted(CLOSED)), Q(closed_at__isnull=False)),
            ),
            CheckConstraint(name="referral_sent_at_unless_draft", condition=iff(Q(status=Status.DRAFT), Q(sent_at__isnull=True))),
            CheckConstraint(
                name="referral_urgency_known_once_sent",
                condition=Q(urgency__in=Urgency.values) | Q(status=Status.DRAFT, urgency=""),
            ),
            CheckConstraint(name="referral_strategy_known", condition=one_of("strategy", Strategy)),
            CheckConstraint(
                name="referral_unplaced_at_iff_unplaced",
                condition=iff(Q(status=Status.REQUESTED, business_status=Business.UNPLACED), Q(unplaced_at__isnull=False)),
            ),
            CheckConstraint(
                name="referral_business_status_belongs_to_its_status",
                condition=Q(business_status=Business.NONE)
                | Q(
                    status=Status.REQUESTED,
                    business_status__in=[
                        Business.OFFERED,
                        Business.INFO_REQUESTED,
                        Business.UNPLACED,
                        Business.ESCALATED,
                    ],
                )
                | Q(status=Status.ON_HOLD, business_status__in=[Business.WAITLISTED, Business.PAUSED])
                | Q(status=Status.COMPLETED, business_status=Business.REFERRED_ON)
                | Q(status=Status.FAILED, business_status=Business.NO_OUTCOME_RECORDED)
                | Q(status=Status.CANCELLED, business_status=Business.CONSENT_WITHDRAWN),
            ),
            CheckConstraint(
                name="referral_requested_and_on_hold_say_how",
                condition=~Q(status__in=[Status.REQUESTED, Status.ON_HOLD], business_status=Business.NONE),
            ),
        ]
        indexes = [
            # "Sent" of one organisation, newest first.
            Index(name="referral_sent", fields=["sender", "-created_at", "id"]),
            # The warning about an open referral for the same person and need.
            Index(name="referral_open_same_need", fields=["person", "need"], condition=Q(status__in=sorted(OPEN))),
            # Clocks: silence and giving up.
            Index(name="referral_open_by_silence", fields=["moved_at"], condition=Q(status__in=sorted(OPEN))),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def sealed_by(self) -> uuid.UUID:
        """The person whose key seals this row."""
        return self.person_id


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
        waiting = self.filter(status=Status.REQUESTED, business_status=Business.NONE, respond_by__lte=at)
        return waiting.exclude(referral__urgency=Urgency.CRISIS)

    def standing_at(self, places: frozenset[At]) -> Self:
        return self.filter(standing_at(places))

    def with_unread(self) -> Self:
        """Adds `has_question`: an open question of this candidate."""
        asked = Offer.objects.filter(pk=OuterRef("pk"), business_status=Business.INFO_REQUESTED)
        return self.annotate(has_question=Exists(asked))


class Offer(models.Model):
    """One candidate asked, for one service; FHIR Task partOf the referral's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="offers")
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
    question_at = models.DateTimeField(null=True, help_text="When the clock stopped for a question.")
    question_until = models.DateTimeField(null=True, help_text="When it runs on without an answer.")
    accepted_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    expected_on = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
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
            CheckConstraint(name="offer_claimed_all_or_none", condition=all_or_none("claimed_by", "claimed_at")),
            CheckConstraint(
                name="offer_clock_stopped_iff_asked_back",
                condition=iff(Q(status=Status.REQUESTED, business_status=Business.INFO_REQUESTED), Q(question_at__isnull=False))
                & all_or_none("question_at", "question_until"),
            ),
            CheckConstraint(name="offer_position_in_order", condition=Q(position__gte=0)),
            CheckConstraint(
                name="offer_ends_after_it_was_made",
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("created_at")),
            ),
        ]
        indexes = [
            # The inbox: open work for one organisation, the most overdue first.
            Index(name="offer_inbox", fields=["organization", "respond_by"], condition=Q(status=Status.REQUESTED)),
            # What an organisation holds, and what stands: the second half of every visible_to.
            Index(name="offer_of_organization", fields=["organization", "status", "referral"]),
            # The clocks.
            Index(name="offer_due", fields=["respond_by"], condition=Q(status=Status.REQUESTED)),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_standing(self) -> bool:
        """The same rule as `standing()` of the queryset, for a row in hand."""
        live = self.status in {Status.REQUESTED, Status.ACCEPTED} or self.business_status == Business.CLOSED
        ended = self.status == Status.CANCELLED and self.business_status in {Business.BY_SENDER, Business.CORRECTED}
        return live or (ended and self.accepted_at is not None)


class CaseMember(models.Model):
    """Somebody who works on a case, for one side of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="case_members")
    organization = models.ForeignKey("partners.Organization", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="cases")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["referral", "organization", "user"], condition=Q(until__isnull=True), name="case_member_once")
        ]
        indexes = [Index(name="case_member_of_user", fields=["user", "referral"], condition=Q(until__isnull=True))]

    def __str__(self) -> str:
        return str(self.pk)


class Audience(models.TextChoices):
    """Who may read what was said."""

    BOTH = "both"
    OWN = "own"


class MessageQuerySet(models.QuerySet["Message"]):
    """Reads of what was said."""

    def visible_to(self, actor: Actor) -> Self:
        """One's own side's words, and those for both sides on an offer of one's own or a referral one sent."""
        mine = Q(organization__in=actor.casework)
        to_me = Q(audience=Audience.BOTH) & (
            Q(referral__sender__in=actor.casework)
            | Q(offer__organization__in=actor.casework)
            | Q(offer__isnull=True, referral__in=Referral.objects.visible_to(actor).values("pk"))
        )
        return self.filter(mine | to_me)


class Message(models.Model):
    """What was said with a move, or between the sides: its words are sealed, its code and day are not."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="messages")
    offer = models.ForeignKey(Offer, null=True, blank=True, on_delete=models.CASCADE, related_name="messages")
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+", help_text="The referral's; names the key.")
    organization = models.ForeignKey("partners.Organization", null=True, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey("accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    verb = models.CharField(max_length=20, help_text="The move it came with.")
    reason = models.ForeignKey("referrals.ReasonCode", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    on = models.DateField(null=True, blank=True, help_text="A date said with the move: expected, review, appointment.")
    text = SealedField()
    audience = models.CharField(max_length=5, choices=Audience.choices, default=Audience.BOTH)
    at = models.DateTimeField()

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [CheckConstraint(name="message_audience_known", condition=one_of("audience", Audience))]
        # The timeline, in order.
        indexes = [Index(name="message_of_referral", fields=["referral", "at"])]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def sealed_by(self) -> uuid.UUID:
        return self.person_id


class Help(models.TextChoices):
    """Whether the person got what was asked for."""

    GOT_HELP = "got-help"
    PARTLY = "partly"


class Outcome(models.Model):
    """How a completed referral ended; a reopened one gets a new row and keeps the old."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="outcomes")
    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="outcomes")
    organization = models.ForeignKey("partners.Organization", on_delete=models.PROTECT, related_name="+")
    help = models.CharField(max_length=10, choices=Help.choices)
    at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(name="outcome_help_known", condition=one_of("help", Help)),
            UniqueConstraint(fields=["referral"], condition=Q(superseded_at__isnull=True), name="outcome_one_stands"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ReasonCodeQuerySet(models.QuerySet["ReasonCode"]):
    """Reads of reasons."""

    def choosable(self, verb: str, at: datetime) -> Self:
        """Reasons for `verb` that may be chosen on that day; an old code stays readable."""
        day = at.date()
        return self.filter(Q(effective_to__isnull=True) | Q(effective_to__gte=day), verb=verb, effective_from__lte=day)


class ReasonCode(models.Model):
    """A coded reason for a verb, valid from a day until a day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.SlugField(max_length=60)
    verb = models.CharField(max_length=20)
    label = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField(default=0)
    comment_required = models.BooleanField(default=False)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True, blank=True)

    objects = ReasonCodeQuerySet.as_manager()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["verb", "code"], name="reason_once_a_verb"),
            CheckConstraint(
                name="reason_valid_in_order",
                condition=Q(effective_to__isnull=True) | Q(effective_to__gte=F("effective_from")),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class RecordedGap(models.Model):
    """A need that nobody could be found for, kept for the gap analysis."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.OneToOneField(Referral, null=True, on_delete=models.SET_NULL, related_name="gap")
    organization = models.ForeignKey("partners.Organization", on_delete=models.PROTECT, related_name="+")
    need = models.ForeignKey("partners.TaxonomyTerm", on_delete=models.PROTECT, related_name="+")
    place = models.ForeignKey("partners.Place", null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.ForeignKey(ReasonCode, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [Index(name="recorded_gap_by_need", fields=["need", "place"])]

    def __str__(self) -> str:
        return str(self.pk)
