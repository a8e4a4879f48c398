"""Every write about a referral; no statement elsewhere sets a status."""

from .conversation import attach, detach, mark_read, send_message
from .drafts import Decision, Draft, create_draft, discard, edit_draft, open_alike, send, usual_terms
from .engine import move, move_referral
from .said import NOTHING, Said
from .searches import record_unmatched

__all__ = [
    "NOTHING", "Decision", "Draft", "Said", "attach", "create_draft", "detach", "discard", "edit_draft", "mark_read", "move",
    "move_referral", "open_alike", "record_unmatched", "send", "send_message", "usual_terms",
]  # fmt: skip
