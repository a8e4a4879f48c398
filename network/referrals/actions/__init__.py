"""Every write about a referral; no statement elsewhere sets a status."""

from .conversation import attach, detach, mark_read, send_message
from .drafts import Decision, Draft, create_draft, discard, edit_draft, open_alike, send, usual_terms
from .engine import move, move_referral
from .said import NOTHING, Said
from .searches import record_unmatched
from .team import Handed, assign_many, assign_one, check_many, look, snooze, wake
from .undo import decline_now, hold_decline, run_held, undo_accept, undo_decline, undo_send

__all__ = [
    "NOTHING", "Decision", "Draft", "Handed", "Said", "assign_many", "assign_one", "attach", "check_many", "create_draft", "decline_now",
    "detach", "discard", "edit_draft", "hold_decline", "look", "mark_read", "move", "move_referral", "open_alike", "record_unmatched",
    "run_held", "send", "send_message", "snooze", "undo_accept", "undo_decline", "undo_send", "usual_terms", "wake",
]  # fmt: skip
