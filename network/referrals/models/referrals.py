"""A promise about a person: one need, from a sender, to be answered."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Case, CheckConstraint, Exists, Index, OuterRef, Q, Value, When

from network.core.actor import Actor
from network.core.clock import now
from network.core.constraints import iff, one_of
from network.core.fields import SealedField
from network.partners.models import Agreement, Service
from network.partners.models.services import ServiceStatus
from network.people.models import ConsentRecipient

from ..counting import ANSWERS, ASKED
from ..lifecycle import CLOSED, OPEN, At, Business, Status
from ..strategies import AGES
from .asking import Strategy, Urgency
from .offers import Offer, standing_at

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_reference() -> str:
    """A short name for the telephone, without letters that are misheard or misread: 7F3K-92QD."""
    letters = [secrets.choice(ALPHABET) for _ in range(8)]
    return f"{''.join(letters[:4])}-{''.join(letters[4:])}"


class ReferralQuerySet(models.QuerySet["Referral"]):
    """Reads of referrals."""

    def visible_to(self, actor: Actor) -> Self:
        """What `actor` works on, and open calls that one of their organisations may answer: of these the summary."""
        return self.filter(self._worked_on(actor) | Q(pk__in=Referral.objects.open_to(actor).values("pk")))

    def one_visible_to(self, actor: Actor, pk: uuid.UUID) -> Referral | None:
        """That one, if it is `visible_to` the actor.

        Asked in two statements: who asks works on it almost always, and the rule of who may take a call is the longest there is. Of its
        own offers it looks at these alone, not at all that the organisation was ever asked.
        """
        return self.filter(self._worked_on(actor, pk), pk=pk).first() or self.open_to(actor).filter(pk=pk).first()

    def worked_on_by(self, actor: Actor) -> Self:
        """Referrals sent by one of the actor's organisations, or asked of one and standing."""
        return self.filter(self._worked_on(actor))

    @staticmethod
    def _worked_on(actor: Actor, pk: uuid.UUID | None = None) -> Q:
        asked = Offer.objects.standing().filter(organization__in=actor.casework)
        if pk is not None:
            asked = asked.filter(referral=pk)
        return Q(sender__in=actor.casework) | Q(pk__in=asked.values("referral"))

    def calls_overdue(self, at: datetime) -> Self:
        """Open calls past their time; a crisis that escalated stays open without an end."""
        late = self.filter(is_open_to_take=True, respond_by__lte=at)
        return late.exclude(urgency=Urgency.CRISIS, business_status=Business.ESCALATED)

    def open_to(self, actor: Actor) -> Self:
        """Open calls that one of the actor's organisations may answer.

        It has a service for the need and the age that the sender may ask, and the person agreed to it where a name is shared.
        `calls.takeable` is the same rule for rows in hand.
        """
        at = now()
        agreed = Agreement.objects.in_force(at.date()).filter(
            Q(service=OuterRef("pk")) | Q(service__isnull=True),
            from_organization=OuterRef(OuterRef("sender")), to_organization=OuterRef("organization"),
        )  # fmt: skip
        fitting = (
            Service.objects.filter(organization__in=actor.casework, organization__is_active=True, status=ServiceStatus.ACTIVE)
            .filter(~Q(organization=OuterRef("sender")), service_terms__term=OuterRef("need"))
            .filter(Q(by_agreement_only=False) | Exists(agreed))
            .filter(Q(minimum_age__isnull=True) | Q(minimum_age__lte=OuterRef("last_age")))
            .filter(Q(maximum_age__isnull=True) | Q(maximum_age__gte=OuterRef("first_age")))
        )
        named = ConsentRecipient.objects.filter(
            consent=OuterRef(OuterRef("consent")), organization=OuterRef("organization"), withdrawn_at__isnull=True,
            consent__withdrawn_at__isnull=True, consent__until__gt=at,
        )  # fmt: skip
        may = Q(Exists(fitting.filter(Exists(named)))) | Q(Exists(fitting), consent__isnull=True)
        # What nobody said excludes nobody: an unknown band is older than any lower limit and younger than any upper one.
        first = Case(*(When(age_band=band, then=Value(ages[0])) for band, ages in AGES.items()), default=Value(0))
        last = Case(*(When(age_band=band, then=Value(ages[1])) for band, ages in AGES.items()), default=Value(1000))
        return self.alias(first_age=first, last_age=last).filter(may, is_open_to_take=True)

    def counted_for(self, actor: Actor, whose: str) -> Self:
        """Referrals that may be counted for the actor, never shown one by one: of the network for coordinators, of the organisation

        that the actor acts for (sent by it, or said yes to), or those whose case the actor is or was on.
        """
        if whose == "network":
            return self if actor.coordinates else self.none()
        if whose == "organisation":
            held = Offer.objects.filter(organization=actor.organization, accepted_at__isnull=False)
            return self.filter(Q(sender=actor.organization) | Q(pk__in=held.values("referral")))
        from .case import CaseMember

        mine = CaseMember.objects.filter(user=actor.id, organization__in=actor.casework)
        return self.filter(pk__in=mine.values("referral"))

    def sent_by(self, actor: Actor) -> Self:
        return self.filter(sender__in=actor.casework)

    def open(self) -> Self:
        return self.filter(status__in=OPEN)

    def open_crises(self) -> Self:
        return self.filter(urgency=Urgency.CRISIS, status__in=sorted(OPEN))

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
    hopes = SealedField(help_text="What the person hopes for, in their own words; opens as the note does.")
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
    respond_by = models.DateTimeField(null=True, help_text="Of an open call, which has no offer to carry it.")
    is_open_to_take = models.BooleanField(default=False, help_text="Anybody eligible may take it now.")
    unplaced_at = models.DateTimeField(null=True)
    expected_on = models.DateField(null=True, help_text="Expected start or end of the wait.")
    review_on = models.DateField(null=True, help_text="When a pause is looked at again.")
    closed_at = models.DateTimeField(null=True)
    area = models.ForeignKey(
        "partners.Area", null=True, on_delete=models.PROTECT, to_field="number", related_name="+", db_index=False,
        help_text="Where it counts as demand: the area of its place when it was sent.",
    )  # fmt: skip
    group = models.ForeignKey(
        "partners.TaxonomyTerm", null=True, on_delete=models.PROTECT, to_field="number", related_name="+", db_index=False,
        help_text="As whose demand: the term of the first language asked for, else `und`; empty until it is sent.",
    )  # fmt: skip
    counts_as = models.CharField(max_length=10, blank=True, help_text="As what it counts in demand; empty: it does not.")
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
                name="referral_open_to_take_while_nobody_said_yes",
                condition=Q(is_open_to_take=False)
                | Q(
                    status=Status.REQUESTED,
                    business_status__in=[Business.OFFERED, Business.INFO_REQUESTED, Business.ESCALATED],
                    strategy=Strategy.OPEN,
                    respond_by__isnull=False,
                ),
            ),
            CheckConstraint(
                name="referral_requested_and_on_hold_say_how",
                condition=~Q(status__in=[Status.REQUESTED, Status.ON_HOLD], business_status=Business.NONE),
            ),
            CheckConstraint(
                name="referral_counts_as_known",
                condition=Q(counts_as="") | Q(counts_as__in=sorted({ASKED, *ANSWERS}), sent_at__isnull=False, group__isnull=False),
            ),
        ]
        indexes = [
            # What one person asked for one need: it counts once in 30 days.
            Index(name="referral_of_same_need", fields=["person", "need", "sent_at"], condition=~Q(counts_as="")),
            # "Sent" of one organisation, newest first.
            Index(name="referral_sent", fields=["sender", "-created_at", "id"]),
            # The warning about an open referral for the same person and need.
            Index(name="referral_open_same_need", fields=["person", "need"], condition=Q(status__in=sorted(OPEN))),
            # What stands on top of every inbox.
            Index(name="referral_crises", fields=["status"], condition=Q(urgency=Urgency.CRISIS)),
            # Clocks: silence and giving up.
            Index(name="referral_open_by_silence", fields=["moved_at"], condition=Q(status__in=sorted(OPEN))),
            # Open calls: who may answer them, and when they end.
            Index(name="referral_open_to_take", fields=["respond_by", "id"], condition=Q(is_open_to_take=True)),
            # What came of a referral that was handed on.
            Index(name="referral_handed_on", fields=["based_on"], condition=Q(based_on__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def sealed_by(self) -> uuid.UUID:
        """The person whose key seals this row."""
        return self.person_id
