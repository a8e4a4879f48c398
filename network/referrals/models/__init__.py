"""A promise about a person, who was asked to keep it, who works on it, what was said and how it ended.

One module a topic, all names importable from here.
"""

from .alarms import Alarm, AlarmQuerySet, Alert, CrisisPlan, Responder, Watch, WatchQuerySet
from .asking import Strategy, Urgency
from .case import Audience, CaseMember, Help, Message, MessageQuerySet, Outcome
from .conversation import Attachment, AttachmentChunk, AttachmentQuerySet, ReadMark, Scanned
from .counters import READ, DemandDay, Tie, TieDay
from .offers import Offer, OfferQuerySet, standing_at
from .outcomes import (
    MOST_DESIRED,
    DesiredOutcome,
    FollowUp,
    FollowUpQuerySet,
    OutcomeCode,
    OutcomeCodeQuerySet,
    Reached,
    ReachedOutcome,
    Wellbeing,
)
from .reasons import ReasonCode, ReasonCodeQuerySet, RecordedGap
from .referrals import ALPHABET, Referral, ReferralQuerySet, new_reference
from .team import FORGOTTEN_AFTER, Looking, LookingQuerySet, Snooze, SnoozeQuerySet

__all__ = [
    "ALPHABET", "FORGOTTEN_AFTER", "MOST_DESIRED", "READ", "Alarm", "AlarmQuerySet", "Alert", "Attachment", "AttachmentChunk",
    "AttachmentQuerySet", "Audience", "CaseMember", "CrisisPlan", "DemandDay", "DesiredOutcome", "FollowUp", "FollowUpQuerySet", "Help",
    "Looking", "LookingQuerySet", "Message", "MessageQuerySet", "Offer", "OfferQuerySet", "Outcome", "OutcomeCode", "OutcomeCodeQuerySet",
    "Reached", "ReachedOutcome", "ReadMark", "ReasonCode", "ReasonCodeQuerySet", "RecordedGap", "Referral", "ReferralQuerySet",
    "Responder", "Scanned", "Snooze", "SnoozeQuerySet", "Strategy", "Tie", "TieDay", "Urgency", "Watch", "WatchQuerySet", "Wellbeing",
    "new_reference", "standing_at",
]  # fmt: skip
