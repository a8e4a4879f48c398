"""Every write about a referral; no statement elsewhere sets a status."""

from .drafts import Decision, Draft, create_draft, discard, edit_draft, open_alike, send, usual_terms
from .engine import move, move_referral
from .said import NOTHING, Said
from .searches import record_unmatched

__all__ = [
    "NOTHING", "Decision", "Draft", "Said", "create_draft", "discard", "edit_draft", "move", "move_referral", "open_alike",
    "record_unmatched", "send", "usual_terms",
]  # fmt: skip
