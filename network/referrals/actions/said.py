"""What a caller says with a move, and what of it is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from network.core.clock import now
from network.core.errors import Complaint, SayMore

from ..lifecycle import Move, Need
from ..models import Help, ReasonCode
from ..strategies import OPEN


@dataclass(frozen=True, slots=True)
class Said:
    """The words of a move; each verb of the table names those it needs."""

    reason: str | None = None
    text: str | None = None
    on: date | None = None
    outcome: str | None = None
    reached: Mapping[str, str] = field(default_factory=dict)  # code of each hope: what came of it
    may_ask_again: bool | None = None  # whether the person wants to be asked how it is going; None: nobody said
    services: tuple[UUID, ...] = ()
    assignee: UUID | None = None
    recipient: UUID | None = None
    strategy: str | None = None
    again: UUID | None = None  # the draft that opens again with the same content when a sending is undone
    wrong: tuple[Complaint, ...] = ()  # what was sent and could not be understood; answered after whose move it is


NOTHING = Said()


def reason_for(verb: str, said: Said) -> ReasonCode | None:
    """The coded reason, which must be valid for the verb today; SayMore names the field."""
    if not said.reason:
        return None
    found = ReasonCode.objects.choosable(verb, now()).filter(code=said.reason).first()
    if found is None:
        raise SayMore(verb=verb, errors=(Complaint("/reason", "unknown", "Choose one of the listed reasons."),))
    if found.comment_required and not said.text:
        raise SayMore(verb=verb, errors=(Complaint("/text", "required", "This reason needs a few words."),))
    return found


def check_enough(rule: Move, said: Said, *, by_clock: bool) -> ReasonCode | None:
    """Raise SayMore with every field that the move needs and that was not said; the reason as a row."""
    missing = [] if by_clock else [complaint for need, complaint in _complaints(said).items() if need in rule.needs]
    missing = list(said.wrong) or missing
    if missing:
        raise SayMore(verb=rule.verb, errors=tuple(missing))
    return reason_for(rule.verb, said)


def _complaints(said: Said) -> dict[Need, Complaint]:
    asked = {
        Need.REASON: (not said.reason, "/reason", "Choose a reason."),
        Need.NOTE: (not said.reason, "/reason", "Say what happened."),
        Need.TEXT: (not said.text, "/text", "Write a few words."),
        Need.DATE: (said.on is None or said.on < now().date(), "/on", "Give a day from today on."),
        Need.OUTCOME: (
            said.outcome not in Help.values,
            "/outcome",
            "Say whether the person got help: got-help or partly.",
        ),
        Need.CANDIDATES: (not said.services and said.strategy != OPEN, "/services", "Choose who to ask."),
        Need.ASSIGNEE: (said.assignee is None, "/assignee", "Choose a colleague."),
    }
    return {need: Complaint(pointer, "required", words) for need, (wrong, pointer, words) in asked.items() if wrong}
