"""What a caller can be refused. A refusal's docstring is its message; `core/problems.py` turns it into problem+json.

Refusal
├── 400 Malformed · KeyMissing · CursorInvalid
├── 401 NotSignedIn
├── 403 NotYours · MissingScope · SecondStepMissing
├── 404 NotFound
├── 409 WrongState · InProgress
├── 410 CursorReset · LinkUsed
├── 412 Stale
├── 413 TooLarge
├── 422 SayMore · BadInput · KeyReused
├── 428 TagMissing
└── 503 Unavailable
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Complaint:
    """One field that is wrong: where (a JSON pointer), a stable code, and words for people."""

    pointer: str
    code: str
    detail: str


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error of ours
    """This cannot be done."""

    code = "refused"
    status = 400
    headers: dict[str, str] = {}

    def __init__(self, *, detail: str = "", errors: tuple[Complaint, ...] = (), **facts: Any) -> None:
        self.detail = detail or " ".join((self.__doc__ or "").split())
        self.errors = errors
        self.facts = facts
        super().__init__(self.code)


class Malformed(Refusal):
    """The request could not be read as it stands."""

    code = "request_malformed"
    status = 400


class KeyMissing(Refusal):
    """Send an Idempotency-Key with this request, so that a repeat cannot act twice."""

    code = "idempotency_key_missing"
    status = 400


class CursorInvalid(Refusal):
    """This cursor was not given to you for this list. Start without one."""

    code = "cursor_invalid"
    status = 400


class NotSignedIn(Refusal):
    """Sign in, or send a valid bearer token."""

    code = "not_signed_in"
    status = 401
    headers = {"WWW-Authenticate": 'Bearer realm="api"'}


class NotYours(Refusal):
    """You can see this, but this move belongs to somebody else."""

    code = "not_yours"
    status = 403


class MissingScope(Refusal):
    """Your credential does not reach this far."""

    code = "missing_scope"
    status = 403


class SecondStepMissing(Refusal):
    """Set up two-step sign-in first; your role needs it."""

    code = "second_step_missing"
    status = 403


class NotFound(Refusal):
    """There is nothing here, or nothing that you may see."""

    code = "not_found"
    status = 404


class WrongState(Refusal):
    """This has moved on; load it again to see where it stands."""

    code = "wrong_state"
    status = 409


class InProgress(Refusal):
    """The first request with this key is still running. Try again in a second."""

    code = "request_in_progress"
    status = 409
    headers = {"Retry-After": "1"}


class CursorReset(Refusal):
    """This cursor no longer leads anywhere. Load the state again and start from there."""

    code = "cursor_reset"
    status = 410


class LinkUsed(Refusal):
    """This link was used already, or its time is over."""

    code = "link_used"
    status = 410


class Stale(Refusal):
    """This has changed since you read it. Load it again and compare."""

    code = "stale"
    status = 412


class TooLarge(Refusal):
    """This request is larger than we take."""

    code = "too_large"
    status = 413


class SayMore(Refusal):
    """Something that this move needs was not said."""

    code = "say_more"
    status = 422


class BadInput(Refusal):
    """Some of what you sent does not fit."""

    code = "bad_input"
    status = 422


class KeyReused(Refusal):
    """This Idempotency-Key was used for another request."""

    code = "key_reused"
    status = 422


class TagMissing(Refusal):
    """Send If-Match with the ETag that you read, so that nobody's change is lost."""

    code = "if_match_missing"
    status = 428


class Unavailable(Refusal):
    """We cannot reach our records at the moment. Nothing was changed. Try again soon."""

    code = "unavailable"
    status = 503
    headers = {"Retry-After": "5"}


def complain(pointer: str, code: str, detail: str) -> BadInput:
    """A BadInput about one field."""
    return BadInput(errors=(Complaint(pointer, code, detail),))
