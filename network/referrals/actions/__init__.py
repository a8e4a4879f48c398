"""Every write about a referral; no statement elsewhere sets a status."""

from .alarms import acknowledge, climb, end_drill, hand_over, keep_alarm, ring_again, start_drill, take_over
from .conversation import attach, detach, mark_read, send_message
from .crisis_plans import add_watch, remove_watch, set_plan
from .drafts import Decision, Draft, create_draft, discard, edit_draft, open_alike, send, usual_terms
from .engine import move, move_referral
from .follow_ups import answer_follow_up
from .said import NOTHING, Said
from .searches import record_unmatched
from .team import Handed, assign_many, assign_one, check_many, look, snooze, wake
from .together import expire_all, expire_together
from .undo import decline_now, hold_decline, run_held, undo_accept, undo_decline, undo_send

__all__ = [
    "NOTHING", "Decision", "Draft", "Handed", "Said", "acknowledge", "add_watch", "answer_follow_up", "assign_many", "assign_one", "attach",
    "check_many", "climb", "create_draft", "decline_now", "detach", "discard", "edit_draft", "end_drill", "expire_all", "expire_together",
    "hand_over", "hold_decline", "keep_alarm", "look", "mark_read", "move", "move_referral", "open_alike", "record_unmatched",
    "remove_watch", "ring_again", "run_held", "send", "send_message", "set_plan", "snooze", "start_drill", "take_over", "undo_accept",
    "undo_decline", "undo_send", "usual_terms", "wake",
]  # fmt: skip
