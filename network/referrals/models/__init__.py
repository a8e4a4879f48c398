"""A promise about a person, who was asked to keep it, who works on it, what was said and how it ended.

One module a topic, all names importable from here.
"""

from .asking import Strategy, Urgency
from .case import Audience, CaseMember, Help, Message, MessageQuerySet, Outcome
from .conversation import Attachment, AttachmentChunk, AttachmentQuerySet, ReadMark, Scanned
from .counters import DemandDay, Tie, TieDay
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

__all__ = [
    "ALPHABET", "MOST_DESIRED", "Attachment", "AttachmentChunk", "AttachmentQuerySet", "Audience", "CaseMember", "DemandDay",
    "DesiredOutcome", "FollowUp", "FollowUpQuerySet", "Help", "Message", "MessageQuerySet", "Offer", "OfferQuerySet", "Outcome",
    "OutcomeCode", "OutcomeCodeQuerySet", "Reached", "ReachedOutcome", "ReadMark", "ReasonCode", "ReasonCodeQuerySet", "RecordedGap",
    "Referral", "ReferralQuerySet", "Scanned", "Strategy", "Tie", "TieDay", "Urgency", "Wellbeing", "new_reference", "standing_at",
]  # fmt: skip
