"""The one door by which a refusal leaves the API: application/problem+json with a stable code."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from psycopg_pool import PoolTimeout
from rest_framework import exceptions as drf
from rest_framework.response import Response

from .errors import (
    BadInput,
    Complaint,
    InProgress,
    Malformed,
    MissingScope,
    NotFound,
    NotSignedIn,
    Refusal,
    Unavailable,
    WrongState,
)
from .logs import request_id

MEDIA_TYPE = "application/problem+json"
QUOTING = {"invalid_choice": "Choose one of the listed values."}  # a library's words that repeat what was sent: a name in the wrong field
CODES = {405: "method_not_allowed", 406: "not_acceptable", 415: "media_type_unsupported", 429: "too_many_requests"}


def handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every error of the API, ours or a library's, becomes a problem."""
    refusal, headers = _as_refusal(exc)
    if refusal is None:
        return None
    request = context.get("request")
    if request is not None:
        request._request.refusal_code = refusal.code  # noqa: SLF001 - the log names it
    return Response(body(refusal), status=refusal.status, headers={**refusal.headers, **headers}, content_type=MEDIA_TYPE)


def body(refusal: Refusal) -> dict[str, Any]:
    """The problem as RFC 9457 has it, with our `code`, `errors` and facts; never a person's data."""
    problem: dict[str, Any] = {
        "type": f"/api/docs/errors#{refusal.code}",
        "title": refusal.code.replace("_", " "),
        "status": refusal.status,
        "detail": refusal.detail,
        "instance": request_id(),
        "code": refusal.code,
    }
    if refusal.errors:
        problem["errors"] = [{"pointer": e.pointer, "code": e.code, "detail": e.detail} for e in refusal.errors]
    return problem | {name: value for name, value in refusal.facts.items() if value is not None}


def as_json(refusal: Refusal) -> JsonResponse:
    """The same for middleware, which stands outside DRF."""
    return JsonResponse(body(refusal), status=refusal.status, headers=refusal.headers, content_type=MEDIA_TYPE)


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith(("/api/", "/o/"))


def _as_refusal(exc: Exception) -> tuple[Refusal | None, dict[str, str]]:
    match exc:
        case Refusal():
            return exc, {}
        case Http404():
            return NotFound(), {}
        case PermissionDenied():
            return MissingScope(), {}
        case SuspiciousOperation():
            return Malformed(), {}  # a form with too many parts, a name that is a way
        case drf.APIException():
            return _from_drf(exc)
        case _:
            return from_database(exc), {}


def from_database(exc: Exception) -> Refusal | None:
    """What a database error means to a caller; None where it is a mistake of ours."""
    state = getattr(exc.__cause__, "sqlstate", None) or ""
    if state == "55P03":
        return InProgress()
    if isinstance(exc, IntegrityError):
        return WrongState()
    if isinstance(exc, OperationalError | InterfaceError | PoolTimeout) or (isinstance(exc, DatabaseError) and state[:2] in {"08", "57"}):
        return Unavailable()
    return None


def _from_drf(exc: drf.APIException) -> tuple[Refusal, dict[str, str]]:
    match exc:
        case drf.ValidationError():
            return BadInput(errors=complaints_of(exc)), {}
        case drf.NotAuthenticated() | drf.AuthenticationFailed():
            return NotSignedIn(), {}
        case drf.PermissionDenied():
            return MissingScope(detail=str(exc.detail)), {}
        case drf.ParseError():
            return Malformed(detail=str(exc.detail)), {}
        case drf.NotFound():
            return NotFound(), {}
        case _:
            refusal = Refusal(detail=str(exc.detail))
            refusal.status = exc.status_code
            refusal.code = CODES.get(exc.status_code, "refused")
            wait = getattr(exc, "wait", None)
            return refusal, {"Retry-After": str(int(wait) + 1)} if wait is not None else {}


def complaints_of(exc: drf.ValidationError) -> tuple[Complaint, ...]:
    """What a serializer found wrong, as pointers."""
    return tuple(_complaints(exc.detail))


def _complaints(detail: Any, pointer: str = "") -> list[Complaint]:
    """Flatten DRF's tree of messages into pointers."""
    if isinstance(detail, dict):
        parts = ((f"{pointer}/{name}" if name != "non_field_errors" else pointer, rest) for name, rest in detail.items())
    elif isinstance(detail, list) and any(isinstance(part, dict | list) for part in detail):
        parts = ((f"{pointer}/{number}", rest) for number, rest in enumerate(detail))
    else:
        messages = detail if isinstance(detail, list) else [detail]
        coded = [(getattr(m, "code", "wrong") or "wrong", str(m)) for m in messages]
        return [Complaint(pointer, code, QUOTING.get(code, words)) for code, words in coded]
    return [complaint for where, rest in parts if rest for complaint in _complaints(rest, where)]
