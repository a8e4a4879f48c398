"""Examples for the OpenAPI file: one referral between two organisations that do not exist."""

from __future__ import annotations

from typing import Any

from .lifecycle import MOVES, Need

ID = "6f1b1a52-3f0e-4b7e-9d0c-0000000000{:02x}".format
AT = "2026-03-02T09:30:00Z"
SENDER = {"id": ID(1), "name": "Quayside Advice"}
RECEIVER = {"id": ID(2), "name": "Harbour House"}
ACTION = {"verb": "accept", "href": f"/api/v1/offers/{ID(4)}/accept", "needs": [], "reasons": []}
OFFER: dict[str, Any] = {
    "id": ID(4), "referral": ID(3), "reference": "7F3K-92QD", "organization": RECEIVER,
    "service": {"id": ID(5), "name": "Housing advice"}, "position": 0, "status": "requested", "business_status": "", "holds": False,
    "reason": None, "suggested": None, "declining_at": None, "asked_at": AT, "respond_by": "2026-03-04T17:00:00Z",
    "seen_at": None, "claimed_by": None, "claim_until": None, "snoozed_until": None, "accepted_at": None, "started_at": None,
    "expected_on": None, "ended_at": None,
    "actions": [ACTION],
}  # fmt: skip
COLLEAGUE = {"id": ID(9), "name": "Sam Harbour"}
HANDED: dict[str, Any] = {"results": [
    {"offer": ID(4), "done": True, "claimed_by": ID(9), "code": None, "detail": None},
    {"offer": ID(12), "done": False, "claimed_by": None, "code": "wrong_state",
     "detail": "This has moved on; load it again to see where it stands."},
]}  # fmt: skip
ASKED: dict[str, Any] = {
    "offer": ID(4), "organization": RECEIVER, "service": {"id": ID(5), "name": "Housing advice"}, "state": "asked", "asked_at": AT,
    "respond_by": "2026-03-04T17:00:00Z", "seen_at": None, "reason": None, "suggested": None,
}  # fmt: skip
NEXT_STEP: dict[str, Any] = {
    "verb": "reply", "at": "2026-03-04T17:00:00Z", "who": [RECEIVER], "then": {"id": ID(10), "name": "Eastfield Centre"},
}  # fmt: skip
REFERRAL: dict[str, Any] = {
    "id": ID(3), "reference": "7F3K-92QD", "bundle": None, "view": "summary", "based_on": None, "handed_on": [],
    "sender": SENDER, "is_open_to_take": False, "respond_by": None, "takeable_by": [],
    "need": {"code": "housing-support", "label": "Housing support"}, "urgency": "soon", "strategy": "direct",
    "place": {"id": ID(6), "name": "Northside"}, "languages": ["ar"], "age_band": "25-64", "constraints": ["step-free"],
    "contact_through_sender": False, "status": "requested", "business_status": "offered", "reason": None, "created_at": AT,
    "sent_at": AT, "moved_at": AT, "expected_on": None, "review_on": None, "closed_at": None, "consent": None, "person": None,
    "offers": [OFFER], "asked": [ASKED], "next_step": NEXT_STEP, "case_members": [], "looking": [], "desired_outcomes": [],
    "outcome": None, "unread": 0, "actions": [],
}  # fmt: skip
DRAFT = {
    "person": ID(7), "need": "housing-support", "urgency": "soon", "place": ID(6), "languages": ["ar"], "note": "",
    "desired_outcomes": ["keep-home"], "hopes": "",
}  # fmt: skip
OUTCOME_CODE = {"code": "keep-home", "label": "Keep their home", "domain": "housing", "effective_from": "2024-01-01", "effective_to": None}
FOLLOW_UP: dict[str, Any] = {
    "id": ID(12), "referral": ID(3), "reference": "7F3K-92QD", "need": {"code": "housing-support", "label": "Housing support"},
    "organization": RECEIVER, "days": 30, "due_at": AT, "answer": None, "answered_at": None, "ended_at": None,
}  # fmt: skip
FOLLOW_UP_ANSWER = {"answer": "still-helped"}
UNMATCHED_BODY = {"need": "housing-support", "place": ID(6), "language": "ar"}
UNMATCHED = {**UNMATCHED_BODY, "id": ID(10), "at": AT}
HAPPENED = {
    "id": ID(8), "kind": "referral.send", "at": AT, "by": "Quayside Advice", "organization": ID(1), "reason": None, "text": None,
    "on": None,
}  # fmt: skip
REASON = {
    "verb": "reject", "code": "full", "label": "No place at the moment", "comment_required": False, "effective_from": "2024-01-01",
    "effective_to": None,
}  # fmt: skip
OVERDUE = {
    "reference": "7F3K-92QD", "sender": SENDER, "organization": RECEIVER, "due_since": AT, "is_crisis": True, "alarm_round": 2,
    "acknowledged_at": None,
}  # fmt: skip
SAM, ALEX = {"id": ID(9), "name": "Sam Harbour"}, {"id": ID(12), "name": "Alex Harbour"}
ALARM: dict[str, Any] = {
    "id": ID(13), "is_drill": False, "organization": RECEIVER, "referral": ID(3), "reference": "7F3K-92QD", "offer": ID(4),
    "state": "ringing", "raised_at": AT, "round": 1, "alerted": SAM, "next": ALEX, "next_at": "2026-03-02T09:35:00Z",
    "acknowledged_at": None, "acknowledged_by": None, "responsible": None, "responsible_since": None, "handing_to": None,
    "ended_at": None, "alerts": [{"user": SAM, "round": 1, "at": AT}],
    "actions": [{"verb": "acknowledge", "href": f"/api/v1/alarms/{ID(13)}/acknowledge"}],
}  # fmt: skip
DRILL: dict[str, Any] = {**ALARM, "is_drill": True, "referral": None, "reference": None, "offer": None}
UNANSWERED = {"reference": "7F3K-92QD", "organization": RECEIVER, "raised_at": AT, "rounds": 2, "has_somebody_to_alert": True}
WATCH_SAID = {"user": ID(9), "begins_at": "2026-03-06T17:00:00Z", "ends_at": "2026-03-09T09:00:00Z"}
WATCH: dict[str, Any] = {**WATCH_SAID, "id": ID(14), "user": SAM}
CRISIS_PLAN_SAID: dict[str, Any] = {"step_minutes": 5, "protocol": "Telephone first. Two of us, always.", "chain": [ID(9), ID(12)]}
CRISIS_PLAN: dict[str, Any] = {
    **CRISIS_PLAN_SAID, "organization": RECEIVER, "chain": [SAM, ALEX], "on_call": [SAM], "alerted_in_this_order": [SAM, ALEX],
    "gaps": [{"begins_at": "2026-03-09T09:00:00Z", "ends_at": "2026-03-16T09:30:00Z"}], "overlaps": [], "version": 2,
}  # fmt: skip
ATTACHMENT = {
    "id": ID(10), "message": ID(11), "name": "letter.pdf", "kind": "pdf", "size": 48213, "state": "clean", "why": None, "detail": None,
    "at": AT, "href": f"/api/v1/attachments/{ID(10)}",
}  # fmt: skip
MESSAGE = {
    "id": ID(11), "verb": "message", "by": "Harbour House", "organization": ID(2), "is_ours": False, "is_new": True,
    "text": "We can offer a first appointment.", "at": AT, "attachments": [ATTACHMENT],
}  # fmt: skip
SAYS = {"text": "Thursday is good.", "template": None, "attachments": [ID(10)]}
PHRASE = {
    "verb": "ask", "code": "times", "reason": None, "label": "Good times", "text": "Which days and times are good for the person?",
}  # fmt: skip
TERMS = {
    "recipients": [ID(2)], "fields": ["identity", "contact", "languages", "note"], "until": "2026-09-01T00:00:00Z", "how": "in-person",
}  # fmt: skip
WORDS: dict[Need, dict[str, Any]] = {
    Need.REASON: {"reason": "other", "text": "In a few words."},
    Need.NOTE: {"reason": "appointment-booked", "on": "2026-03-06"},
    Need.TEXT: {"text": "Is the ground floor needed?"},
    Need.DATE: {"on": "2026-04-01"},
    Need.OUTCOME: {"outcome": "got-help"},
    Need.CANDIDATES: {"services": [ID(5)]},
    Need.CONSENT: {"terms": TERMS},
    Need.ASSIGNEE: {"assignee": ID(9)},
}


def said(verb: str) -> dict[str, Any]:
    """What a caller may send with `verb`."""
    words: dict[str, Any] = {}
    for need in sorted(MOVES[verb].needs):
        words |= WORDS[need]
    return words
