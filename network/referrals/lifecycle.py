"""The table of moves: who may make which move, from where to where, with what said. Pure data; everything else reads it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import cache


class Status(StrEnum):
    """FHIR R4 Task codes."""

    DRAFT = "draft"
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in-progress"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    FAILED = "failed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"


class Business(StrEnum):
    """FHIR Task.businessStatus: what the status leaves open. `NONE` where there is nothing to add."""

    NONE = ""
    OFFERED = "offered"
    INFO_REQUESTED = "info-requested"
    UNPLACED = "unplaced"
    ESCALATED = "escalated"
    WAITLISTED = "waitlisted"
    PAUSED = "paused"
    REFERRED_ON = "referred-on"
    NO_OUTCOME_RECORDED = "no-outcome-recorded"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    DECLINED = "declined"
    NO_RESPONSE = "no-response"
    FORWARDED = "forwarded"
    RETRACTED = "retracted"
    PLACED_ELSEWHERE = "placed-elsewhere"
    UNACCEPTED = "unaccepted"
    WITHDRAWN = "withdrawn"
    BY_SENDER = "by-sender"
    CORRECTED = "corrected"
    CLOSED = "closed"


class Side(StrEnum):
    """Which part a caller has in a referral."""

    RECEIVER = "receiver"
    SENDER = "sender"
    TAKER = "taker"
    PERSON = "person"
    CLOCK = "clock"


class LiesOn(StrEnum):
    """Whose URL, ETag and `actions` carry the verb."""

    OFFER = "offer"
    REFERRAL = "referral"


class Need(StrEnum):
    """What a caller must say with the move."""

    REASON = "reason"
    OUTCOME = "outcome"
    TEXT = "text"
    DATE = "date"
    CANDIDATES = "candidates"
    CONSENT = "consent"
    NOTE = "note"
    ASSIGNEE = "assignee"


class Guard(StrEnum):
    """A condition beyond the two places; `referrals/guards.py` has the pure function of the same name."""

    NOT_CRISIS = "not_crisis"
    DUE = "due"
    WITHIN_24H_OR_WAITLISTED = "within_24h_or_waitlisted"
    WITHIN_REOPENING = "within_reopening"
    UNPLACED_5_DAYS_IF_CLOCK = "unplaced_5_days_if_clock"
    SILENT_90_DAYS = "silent_90_days"
    DRAFT_30_DAYS_IF_CLOCK = "draft_30_days_if_clock"
    CORRECTOR = "corrector"
    NOT_PLACED_ELSEWHERE = "not_placed_elsewhere"
    CRISIS = "crisis"
    NOT_ESCALATED = "not_escalated"
    OPEN_TO_TAKE = "open_to_take"
    CONSENT_IN_FORCE = "consent_in_force"
    CLAIM_OVER = "claim_over"
    CLAIMER_AWAY = "claimer_away"


@dataclass(frozen=True, slots=True)
class At:
    """A place in the life cycle; business None: any as a start, none as an end."""

    status: Status
    business: Business | None = None

    def covers(self, status: str, business: str) -> bool:
        """Whether a row standing at `status`·`business` is here."""
        return self.status == status and (self.business is None or self.business == business)


class To(Enum):
    """Ends that depend on the row or on the other offers."""

    SAME = "same"
    NEXT = "next"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Move:
    """One verb of the table: sides, where it lies, from where to where, what must be said, what is checked besides."""

    verb: str
    sides: frozenset[Side]
    lies_on: LiesOn
    referral: tuple[frozenset[At], At | To]
    offer: tuple[frozenset[At], At | To] | None = None
    others: At | To = To.SAME
    holds: bool | None = None
    needs: frozenset[Need] = frozenset()
    guards: tuple[Guard, ...] = ()

    @property
    def referral_from(self) -> frozenset[At]:
        return self.referral[0]

    @property
    def offer_from(self) -> frozenset[At]:
        return self.offer[0] if self.offer else frozenset()

    def starts_at(self, status: str, business: str) -> bool:
        """Whether a referral standing at `status`·`business` may make this move."""
        return any(at.covers(status, business) for at in self.referral_from)

    def takes(self, status: str, business: str) -> bool:
        """Whether an offer standing at `status`·`business` may make this move."""
        return self.offer is None or any(at.covers(status, business) for at in self.offer_from)


S, B = Status, Business


def _at(*places: Status | tuple[Status, Business]) -> frozenset[At]:
    return frozenset(At(*place) if isinstance(place, tuple) else At(place) for place in places)


OPEN = frozenset({S.REQUESTED, S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD})
CLOSED = frozenset({S.COMPLETED, S.FAILED, S.REJECTED, S.CANCELLED, S.ENTERED_IN_ERROR})
OPEN_OFFER = frozenset({S.DRAFT, S.REQUESTED, S.ACCEPTED})

IS_OPEN = _at(*OPEN)
REQUESTED = _at(S.REQUESTED)
WAITING = (S.ON_HOLD, B.WAITLISTED)
ASKABLE = _at(S.REQUESTED, WAITING)
HELD = _at(S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD)
ASKED = _at(S.REQUESTED)
QUESTIONED = _at((S.REQUESTED, B.INFO_REQUESTED))
YES = _at(S.ACCEPTED)
QUEUED_OR_ASKED = _at(S.DRAFT, S.REQUESTED)
ANY_OPEN_OFFER = _at(*OPEN_OFFER)

RECEIVER = frozenset({Side.RECEIVER})
SENDER = frozenset({Side.SENDER})
CLOCK = frozenset({Side.CLOCK})
TAKER = frozenset({Side.TAKER})
REASON = frozenset({Need.REASON})
ELSEWHERE = At(S.CANCELLED, B.PLACED_ELSEWHERE)
DONE = At(S.COMPLETED, B.CLOSED)
NOT_DONE = At(S.FAILED, B.CLOSED)


def by_verb(*moves: Move) -> dict[str, Move]:
    """The table keyed by verb; a verb stands once."""
    table = {move.verb: move for move in moves}
    if len(table) != len(moves):
        raise ValueError("a verb stands twice in the table")
    return table


REF, OFF = LiesOn.REFERRAL, LiesOn.OFFER

# product.md's table, one entry a verb. `expire` and `escalate` lie on the offer that is late; on the referral, where an open call is.
MOVES: dict[str, Move] = by_verb(
    Move("discard", SENDER | CLOCK, REF, (_at(S.DRAFT), To.GONE), guards=(Guard.DRAFT_30_DAYS_IF_CLOCK,)),
    Move("send", SENDER, REF, (_at(S.DRAFT), At(S.REQUESTED, B.OFFERED)), needs=frozenset({Need.CONSENT, Need.CANDIDATES})),
    Move("see", RECEIVER, OFF, (IS_OPEN, To.SAME), (_at(S.REQUESTED), To.SAME)),
    Move("claim", RECEIVER, OFF, (IS_OPEN, To.SAME), (_at(S.REQUESTED, S.ACCEPTED), To.SAME)),
    Move("unclaim", RECEIVER, OFF, (IS_OPEN, To.SAME), (_at(S.REQUESTED, S.ACCEPTED), To.SAME)),
    Move("lapse", CLOCK, OFF, (IS_OPEN, To.SAME), (ASKED, To.SAME), guards=(Guard.CLAIM_OVER,)),
    Move("cover", CLOCK, OFF, (IS_OPEN, To.SAME), (ASKED, To.SAME), guards=(Guard.CLAIMER_AWAY,)),
    Move("assign", SENDER | RECEIVER, REF, (IS_OPEN | _at(S.DRAFT), To.SAME), needs=frozenset({Need.ASSIGNEE})),
    Move("ask", RECEIVER, OFF, (REQUESTED, To.NEXT), (_at((S.REQUESTED, B.NONE)), At(S.REQUESTED, B.INFO_REQUESTED)), needs=frozenset({Need.TEXT})),
    Move("answer", SENDER, OFF, (REQUESTED, To.NEXT), (QUESTIONED, At(S.REQUESTED)), needs=frozenset({Need.TEXT})),
    Move("accept", RECEIVER, OFF, (ASKABLE, At(S.ACCEPTED)), (ASKED, At(S.ACCEPTED)), others=ELSEWHERE, holds=True),
    Move("take", TAKER, REF, (REQUESTED, At(S.ACCEPTED)), (frozenset(), At(S.ACCEPTED)), others=ELSEWHERE, holds=True, needs=frozenset({Need.CANDIDATES}), guards=(Guard.OPEN_TO_TAKE,)),
    Move("reject", RECEIVER, OFF, (ASKABLE, To.NEXT), (ASKED, At(S.REJECTED, B.DECLINED)), needs=REASON),
    Move("expire", CLOCK, OFF, (ASKABLE, To.NEXT), (ASKED, At(S.REJECTED, B.NO_RESPONSE)), guards=(Guard.DUE, Guard.NOT_CRISIS)),
    Move("escalate", CLOCK, OFF, (REQUESTED, At(S.REQUESTED, B.ESCALATED)), (ASKED, To.SAME), guards=(Guard.DUE, Guard.CRISIS, Guard.NOT_ESCALATED)),
    Move("forward", RECEIVER, OFF, (REQUESTED, To.NEXT), (ASKED, At(S.REJECTED, B.FORWARDED)), needs=frozenset({Need.CANDIDATES})),
    Move("offer", SENDER, REF, (ASKABLE, To.NEXT), needs=frozenset({Need.CANDIDATES})),
    Move("retract", SENDER, OFF, (ASKABLE, To.NEXT), (QUEUED_OR_ASKED, At(S.CANCELLED, B.RETRACTED)), needs=REASON),
    Move("give-up", SENDER | CLOCK, REF, (_at((S.REQUESTED, B.UNPLACED)), At(S.REJECTED)), needs=REASON, guards=(Guard.UNPLACED_5_DAYS_IF_CLOCK,)),
    Move("unaccept", RECEIVER, OFF, (_at(S.ACCEPTED, WAITING), To.NEXT), (YES, At(S.CANCELLED, B.UNACCEPTED)), holds=False, needs=REASON, guards=(Guard.WITHIN_24H_OR_WAITLISTED,)),
    Move("waitlist", RECEIVER, OFF, (_at(S.ACCEPTED, WAITING), At(S.ON_HOLD, B.WAITLISTED)), (YES, To.SAME), holds=False, needs=frozenset({Need.DATE})),
    Move("start", RECEIVER, OFF, (_at(S.ACCEPTED, S.ON_HOLD), At(S.IN_PROGRESS)), (YES, To.SAME), others=ELSEWHERE, holds=True),
    Move("hold", RECEIVER, OFF, (_at(S.ACCEPTED, S.IN_PROGRESS, (S.ON_HOLD, B.PAUSED)), At(S.ON_HOLD, B.PAUSED)), (YES, To.SAME), needs=frozenset({Need.REASON, Need.DATE})),
    Move("note", RECEIVER, OFF, (HELD, To.SAME), (YES, To.SAME), needs=frozenset({Need.NOTE})),
    Move("complete", RECEIVER, OFF, (HELD, At(S.COMPLETED)), (YES, DONE), others=ELSEWHERE, holds=False, needs=frozenset({Need.OUTCOME})),
    Move("fail", RECEIVER, OFF, (HELD, At(S.FAILED)), (YES, NOT_DONE), others=ELSEWHERE, holds=False, needs=REASON),
    Move("hand-on", RECEIVER, OFF, (_at(S.ACCEPTED, S.IN_PROGRESS), At(S.COMPLETED, B.REFERRED_ON)), (YES, DONE), others=ELSEWHERE, holds=False, guards=(Guard.CONSENT_IN_FORCE,)),
    Move("close-silent", CLOCK, OFF, (HELD, At(S.FAILED, B.NO_OUTCOME_RECORDED)), (YES, NOT_DONE), others=ELSEWHERE, holds=False, guards=(Guard.SILENT_90_DAYS,)),
    Move("reopen", RECEIVER, OFF, (_at(S.COMPLETED, S.FAILED), At(S.IN_PROGRESS)), (_at((S.COMPLETED, B.CLOSED), (S.FAILED, B.CLOSED)), At(S.ACCEPTED)), holds=True, needs=REASON, guards=(Guard.WITHIN_REOPENING,)),
    Move("cancel", SENDER, REF, (IS_OPEN, At(S.CANCELLED)), others=At(S.CANCELLED, B.BY_SENDER), holds=False, needs=REASON),
    Move("withdraw", SENDER | {Side.PERSON}, REF, (IS_OPEN, At(S.CANCELLED, B.CONSENT_WITHDRAWN)), others=At(S.CANCELLED, B.WITHDRAWN), holds=False),
    Move("correct", SENDER | RECEIVER, REF, (_at(*(set(S) - {S.DRAFT, S.ENTERED_IN_ERROR})), At(S.ENTERED_IN_ERROR)), others=At(S.CANCELLED, B.CORRECTED), holds=False, needs=REASON, guards=(Guard.CORRECTOR,)),
)  # fmt: skip


@cache
def moves_from(place: LiesOn, referral: tuple[str, str], offer: tuple[str, str] | None = None) -> tuple[Move, ...]:
    """Moves on `place` that the table allows where referral and offer stand, each at (status, business)."""
    here = (move for move in MOVES.values() if move.lies_on is place and move.starts_at(*referral))
    return tuple(move for move in here if offer is None or move.takes(*offer))


def verbs_on(place: LiesOn, moves: Iterable[Move] = tuple(MOVES.values())) -> tuple[str, ...]:
    """The verbs whose URL lies on an offer, or on a referral."""
    return tuple(move.verb for move in moves if move.lies_on is place)
