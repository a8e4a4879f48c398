"""The wire: what callers send, and what they are told of referrals and offers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from network.core.api import Body, TextField, TimeOfDayField
from network.people.models import FieldGroup, Giver

from .actions import Draft, Said
from .actions.drafts import LONGEST_HOPES
from .available import Available
from .lifecycle import Status
from .models import MOST_DESIRED, FollowUp, Help, Offer, Reached, RecordedGap, Referral, Strategy, Urgency, Wellbeing
from .reading import Reader

LONGEST_NOTE = 2000

# -- What is sent ------------------------------------------------------------------------------------------------------------


class DraftBody(Body):
    """A need of a person, before it is sent."""

    person = serializers.UUIDField()
    need = TextField(longest=80)
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False, default="", allow_blank=True)
    place = serializers.UUIDField(required=False, allow_null=True, default=None)
    languages = serializers.ListField(child=TextField(longest=12), max_length=10, required=False, default=list)
    age_band = TextField(longest=10, required=False, allow_blank=True, default="")
    constraints = serializers.ListField(child=TextField(longest=80), max_length=20, required=False, default=list)
    note = TextField(longest=LONGEST_NOTE, required=False, allow_blank=True, default="")
    desired_outcomes = serializers.ListField(child=TextField(longest=60), max_length=MOST_DESIRED, required=False, default=None)
    hopes = TextField(longest=LONGEST_HOPES, required=False, allow_blank=True, default=None)
    contact_through_sender = serializers.BooleanField(required=False, default=False)
    bundle = serializers.UUIDField(required=False, allow_null=True, default=None)

    def draft(self) -> Draft:
        return Draft(**self.validated_data)


class UnmatchedBody(Body):
    """A search that found nobody to ask: the need, and from where and in which language where that was said."""

    need = TextField(longest=80)
    place = serializers.UUIDField(required=False, allow_null=True, default=None)
    language = TextField(longest=12, required=False, allow_blank=True, default="")


class SaidBody(Body):
    """What a move is given; each verb's `needs` say which fields it wants."""

    reason = TextField(longest=60, required=False)
    text = TextField(longest=LONGEST_NOTE, required=False)
    on = serializers.DateField(required=False)
    outcome = serializers.ChoiceField(choices=Help.choices, required=False)
    reached = serializers.DictField(child=serializers.ChoiceField(choices=Reached.choices), required=False)
    may_ask_again = serializers.BooleanField(required=False, allow_null=True)
    services = serializers.ListField(child=serializers.UUIDField(), max_length=10, required=False)
    assignee = serializers.UUIDField(required=False)
    recipient = serializers.UUIDField(required=False)
    strategy = serializers.ChoiceField(choices=Strategy.choices, required=False)

    @classmethod
    def said(cls, request: Any) -> Said:
        """The words of a move, and what of them could not be understood."""
        fields, wrong = cls.understood(request)
        return said_from(fields, wrong)


def said_from(fields: dict[str, Any], wrong: Any = ()) -> Said:
    names = ("reason", "text", "on", "outcome", "assignee", "recipient", "strategy", "may_ask_again")
    return Said(
        reached=dict(fields.get("reached", {})),
        services=tuple(fields.get("services", ())),
        wrong=tuple(wrong),
        **{name: fields.get(name) for name in names},
    )


class TermsBody(Body):
    """What the person agreed to, recorded with the sending."""

    recipients = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=20)
    fields = serializers.ListField(child=serializers.ChoiceField(choices=FieldGroup.choices), min_length=1)  # type: ignore[assignment]
    until = serializers.DateTimeField()
    how = serializers.ChoiceField(choices=["in-person", "by-phone", "in-writing"])
    given_by = serializers.ChoiceField(choices=Giver.choices, default=Giver.PERSON)
    before_acceptance = serializers.BooleanField(default=False)


class SendBody(Body):
    """Who is asked, and what the person decided: a consent that stands, the terms of a new one, or neither by the code-name route."""

    services = serializers.ListField(child=serializers.UUIDField(), max_length=10, required=False)
    strategy = serializers.ChoiceField(choices=Strategy.choices, required=False)
    consent = serializers.UUIDField(required=False)
    terms = TermsBody(required=False)
    reason = TextField(longest=60, required=False)
    text = TextField(longest=LONGEST_NOTE, required=False)


# -- What is told ------------------------------------------------------------------------------------------------------------


class Named(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class Coded(serializers.Serializer[Any]):
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name, not the label of one


class ReasonSerializer(Coded):
    verb = serializers.CharField()
    comment_required = serializers.BooleanField()
    effective_from = serializers.DateField()
    effective_to = serializers.DateField(allow_null=True)


class ActionReason(Coded):
    comment_required = serializers.BooleanField()


class ActionSerializer(serializers.Serializer[Any]):
    """A move the caller may make now."""

    verb = serializers.CharField()
    href = serializers.CharField()
    needs = serializers.ListField(child=serializers.CharField())
    reasons = ActionReason(many=True)


class WordsSerializer(serializers.Serializer[Any]):
    verb = serializers.CharField()
    reason = serializers.CharField(allow_null=True)
    text = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()


class OfferSerializer(serializers.Serializer[Any]):
    """One organisation asked."""

    id = serializers.UUIDField()
    referral = serializers.UUIDField(allow_null=True)
    reference = serializers.CharField()
    organization = Named()
    service = Named()
    position = serializers.IntegerField()
    status = serializers.CharField()
    business_status = serializers.CharField()
    holds = serializers.BooleanField()
    reason = Coded(allow_null=True)
    suggested = Named(allow_null=True)
    asked_at = serializers.DateTimeField(allow_null=True)
    respond_by = serializers.DateTimeField(allow_null=True)
    seen_at = serializers.DateTimeField(allow_null=True)
    claimed_by = Named(allow_null=True)
    claim_until = serializers.DateTimeField(allow_null=True)
    snoozed_until = serializers.DateTimeField(allow_null=True)
    accepted_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    expected_on = serializers.DateField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    declining_at = serializers.DateTimeField(allow_null=True)
    actions = ActionSerializer(many=True)


class OfferDetail(OfferSerializer):
    """With the caller's own words about it."""

    words = WordsSerializer(many=True)


class ChannelRead(serializers.Serializer[Any]):
    channel = serializers.CharField()
    rule = serializers.CharField()
    may_leave_message = serializers.BooleanField(allow_null=True)
    address = serializers.CharField(allow_null=True)


class SafeContactRead(serializers.Serializer[Any]):
    through_keeper = serializers.BooleanField()
    opens_at = TimeOfDayField(required=False, allow_null=True)
    closes_at = TimeOfDayField(required=False, allow_null=True)
    weekdays = serializers.CharField(required=False, allow_blank=True)
    time_zone = serializers.CharField(required=False)
    language = serializers.CharField(required=False, allow_blank=True)
    safe_name = serializers.CharField(required=False, allow_null=True)
    note = serializers.CharField(required=False, allow_null=True)
    channels = ChannelRead(many=True, required=False)


class PersonShown(serializers.Serializer[Any]):
    """What the caller may see of the person now; fields that it may not see are absent."""

    id = serializers.UUIDField()
    code_name = serializers.CharField(allow_null=True)
    name = serializers.CharField(required=False, allow_null=True)
    birth_date = serializers.CharField(required=False, allow_null=True)
    address = serializers.CharField(required=False, allow_null=True)
    languages = serializers.ListField(child=serializers.CharField(), required=False)
    safe_contact = SafeContactRead(required=False, allow_null=True)
    note = serializers.CharField(required=False, allow_null=True)
    hopes = serializers.CharField(required=False, allow_null=True)


class CaseMemberSerializer(serializers.Serializer[Any]):
    user = Named()
    organization = serializers.UUIDField()
    since = serializers.DateTimeField()


class ReachedSerializer(Coded):
    """A hope and what came of it: yes, partly, no or not-known; null while nobody said."""

    answer = serializers.CharField(allow_null=True)


class OutcomeSerializer(serializers.Serializer[Any]):
    help = serializers.CharField()
    at = serializers.DateTimeField()
    reached = ReachedSerializer(many=True)
    may_ask_again = serializers.BooleanField(allow_null=True)


class FollowUpSerializer(serializers.Serializer[Any]):
    """A question that is or was due, so many days after the outcome."""

    id = serializers.UUIDField()
    referral = serializers.UUIDField()
    reference = serializers.CharField()
    need = Coded()
    organization = Named()
    days = serializers.IntegerField()
    due_at = serializers.DateTimeField()
    answer = serializers.CharField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class OutcomeCodeSerializer(Coded):
    domain = serializers.CharField(allow_blank=True)
    effective_from = serializers.DateField()
    effective_to = serializers.DateField(allow_null=True)


class AnswerBody(Body):
    """What the person said when they were asked how it is going."""

    answer = serializers.ChoiceField(choices=Wellbeing.choices)


class AskedSerializer(serializers.Serializer[Any]):
    """Somebody who was asked or is next in line, and what they said; for the sender."""

    offer = serializers.UUIDField()
    organization = Named()
    service = Named()
    state = serializers.CharField()
    asked_at = serializers.DateTimeField(allow_null=True)
    respond_by = serializers.DateTimeField(allow_null=True)
    seen_at = serializers.DateTimeField(allow_null=True)
    reason = Coded(allow_null=True)
    suggested = Named(allow_null=True)


class NextStepSerializer(serializers.Serializer[Any]):
    """What happens next, until when, by whom, and who is asked then; for the sender. Nobody named: anybody eligible."""

    verb = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    who = Named(many=True)
    then = Named(allow_null=True)


class ReferralSerializer(serializers.Serializer[Any]):
    """A referral as this caller may see it: `view` says how much."""

    id = serializers.UUIDField()
    reference = serializers.CharField()
    bundle = serializers.UUIDField(allow_null=True)
    view = serializers.ChoiceField(choices=["summary", "full"])
    based_on = serializers.UUIDField(allow_null=True)
    handed_on = serializers.ListField(child=serializers.UUIDField())
    sender = Named()
    need = Coded()
    urgency = serializers.CharField(allow_blank=True)
    strategy = serializers.CharField()
    is_open_to_take = serializers.BooleanField()
    respond_by = serializers.DateTimeField(allow_null=True)
    takeable_by = Named(many=True)
    place = Named(allow_null=True)
    languages = serializers.ListField(child=serializers.CharField())
    age_band = serializers.CharField(allow_blank=True)
    constraints = serializers.ListField(child=serializers.CharField())
    contact_through_sender = serializers.BooleanField()
    status = serializers.CharField()
    business_status = serializers.CharField(allow_blank=True)
    reason = Coded(allow_null=True)
    created_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
    moved_at = serializers.DateTimeField()
    expected_on = serializers.DateField(allow_null=True)
    review_on = serializers.DateField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    consent = serializers.UUIDField(allow_null=True)
    person = PersonShown(allow_null=True)
    offers = OfferSerializer(many=True)
    asked = AskedSerializer(many=True)
    next_step = NextStepSerializer(allow_null=True)
    case_members = CaseMemberSerializer(many=True)
    looking = Named(many=True)
    desired_outcomes = Coded(many=True)
    outcome = OutcomeSerializer(allow_null=True)
    unread = serializers.IntegerField()
    actions = ActionSerializer(many=True)


class HappenedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    at = serializers.DateTimeField()
    by = serializers.CharField(allow_blank=True)
    organization = serializers.UUIDField(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    text = serializers.CharField(allow_null=True)
    on = serializers.DateField(allow_null=True)


class UnmatchedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    need = serializers.CharField()
    place = serializers.UUIDField(allow_null=True)
    language = serializers.CharField()
    at = serializers.DateTimeField()


def unmatched_body(gap: RecordedGap) -> dict[str, Any]:
    """`language` as it counts: `und` where none was said."""
    language = gap.group.code if gap.group else ""
    return {"id": gap.pk, "need": gap.need.code, "place": gap.place_id, "language": language, "at": gap.at}


class OverdueSerializer(serializers.Serializer[Any]):
    reference = serializers.CharField()
    sender = Named()
    organization = Named()
    due_since = serializers.DateTimeField()
    is_crisis = serializers.BooleanField()
    alarm_round = serializers.IntegerField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)


def named(row: Any) -> dict[str, Any] | None:
    return {"id": row.pk, "name": str(row)} if row is not None else None


def coded(row: Any) -> dict[str, Any] | None:
    return {"code": row.code, "label": row.label} if row is not None else None


def action_body(available: Available) -> dict[str, Any]:
    reasons = [{"code": r.code, "label": r.label, "comment_required": r.comment_required} for r in available.reasons]
    return {"verb": available.verb, "href": available.href, "needs": list(available.needs), "reasons": reasons}


def offer_body(offer: Offer, reader: Reader) -> dict[str, Any]:
    """An offer; a stub, once it is over, no longer leads to its referral."""
    own = offer.organization_id in reader.casework
    return {
        "id": offer.pk, "referral": offer.referral_id if reader.leads_on(offer) else None, "reference": offer.referral.reference,
        "organization": named(offer.organization), "service": named(offer.service), "position": offer.position,
        "status": offer.status, "business_status": offer.business_status, "holds": offer.holds, "reason": coded(offer.reason),
        "suggested": named(offer.suggested),
        "asked_at": offer.asked_at, "respond_by": offer.respond_by, "seen_at": offer.seen_at,
        "claimed_by": named(offer.claimed_by) if own else None, "claim_until": offer.claim_until if own else None,
        "snoozed_until": reader.snoozed.get(offer.pk) if own else None,
        "accepted_at": offer.accepted_at, "started_at": offer.started_at, "expected_on": offer.expected_on, "ended_at": offer.ended_at,
        "declining_at": offer.decline_at if own else None,
        "actions": [action_body(found) for found in reader.possible.on_offer(offer)],
    }  # fmt: skip


def referral_body(row: Referral, reader: Reader, *, detail: bool) -> dict[str, Any]:
    """A referral as its reader may see it; in a list a person is a name at most."""
    return {
        "id": row.pk, "reference": row.reference, "bundle": row.bundle, "view": "full" if reader.may_read(row) else "summary",
        "based_on": row.based_on_id if reader.is_sender(row) else None, "handed_on": reader.handed_on(row),
        "sender": named(row.sender), "need": coded(row.need), "urgency": row.urgency, "strategy": row.strategy,
        "is_open_to_take": row.is_open_to_take, "respond_by": row.respond_by if row.is_open_to_take else None,
        "takeable_by": [named(service) for service in reader.possible.takeable.get(row.pk, ())],
        "place": named(row.place), "languages": row.languages, "age_band": row.age_band, "constraints": row.constraints,
        "contact_through_sender": row.contact_through_sender, "status": row.status, "business_status": row.business_status,
        "reason": coded(row.reason), "created_at": row.created_at, "sent_at": row.sent_at, "moved_at": row.moved_at,
        "expected_on": row.expected_on, "review_on": row.review_on, "closed_at": row.closed_at,
        "consent": row.consent_id if reader.is_sender(row) else None,
        "person": reader.person(row, detail=detail),
        "offers": [offer_body(offer, reader) for offer in reader.offers_of(row)],
        "asked": [asked_body(offer) for offer in reader.asked(row)],
        "next_step": _next_step(row, reader),
        "case_members": [_case_member(member) for member in reader.case_members[row.pk]],
        "looking": [named(user) for user in reader.looking.get(row.pk, ())],
        "desired_outcomes": [coded(code) for code in reader.desired(row)],
        "outcome": reader.outcome(row),
        "unread": reader.unread.get(row.pk, 0),
        "actions": [action_body(found) for found in reader.possible.on_referral(row.pk)],
    }  # fmt: skip


def follow_up_body(row: FollowUp) -> dict[str, Any]:
    return {
        "id": row.pk, "referral": row.referral_id, "reference": row.referral.reference, "need": coded(row.referral.need),
        "organization": named(row.organization), "days": row.days, "due_at": row.due_at, "answer": row.answer or None,
        "answered_at": row.answered_at, "ended_at": row.ended_at,
    }  # fmt: skip


def asked_body(offer: Offer) -> dict[str, Any]:
    return {
        "offer": offer.pk, "organization": named(offer.organization), "service": named(offer.service), "state": state_of(offer),
        "asked_at": offer.asked_at, "respond_by": offer.respond_by, "seen_at": offer.seen_at, "reason": coded(offer.reason),
        "suggested": named(offer.suggested),
    }  # fmt: skip


def state_of(offer: Offer) -> str:
    """What became of an asking in one word: queued, asked, info-requested, accepted, or how it ended."""
    if offer.business_status:
        return offer.business_status
    return {Status.DRAFT: "queued", Status.REQUESTED: "asked"}.get(Status(offer.status), offer.status)


def _next_step(row: Referral, reader: Reader) -> dict[str, Any] | None:
    step = reader.next_step(row)
    if step is None:
        return None
    names = {offer.organization_id: named(offer.organization) for offer in reader.offers[row.pk]} | {row.sender_id: named(row.sender)}
    return {"verb": step.verb, "at": step.at, "who": [names[pk] for pk in step.who], "then": names[step.then] if step.then else None}


def _case_member(member: Any) -> dict[str, Any]:
    return {"user": named(member.user), "organization": member.organization_id, "since": member.since}
