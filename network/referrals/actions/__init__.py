"""Every write about a referral; no statement elsewhere sets a status."""

from .conversation import attach, detach, mark_read, send_message
from .drafts import Decision, Draft, create_draft, discard, edit_draft, open_alike, send, usual_terms
from .engine import move, move_referral
from .follow_ups import answer_follow_up
from .said import NOTHING, Said
from .searches import record_unmatched
from .undo import decline_now, hold_decline, run_held, undo_accept, undo_decline, undo_send

__all__ = [
    "NOTHING", "Decision", "Draft", "Said", "answer_follow_up", "attach", "create_draft", "decline_now", "detach", "discard", "edit_draft",
    "hold_decline", "mark_read", "move", "move_referral", "open_alike", "record_unmatched", "run_held", "send", "send_message",
    "undo_accept", "undo_decline", "undo_send", "usual_terms",
]  # fmt: skip
