"""How the OpenAPI file describes an operation: the statuses that every route can answer, and its example."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pointer": {"type": "string"}, "code": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
ALWAYS = {
    400: "malformed",
    401: "not signed in",
    403: "not yours",
    405: "no such method here",
    406: "JSON is all there is",
    429: "too many requests",
    503: "database away",
}
WRITING = {
    404: "not there, or not yours to see",
    409: "wrong state",
    412: "stale",
    413: "too large",
    415: "not JSON",
    422: "does not fit",
    428: "If-Match missing",
}


FOR_SOME = frozenset({"/api/v1/overdue", "/api/v1/alarms/unanswered"})  # collections whose very existence is for some


class Operation(AutoSchema):
    """Adds the refusals, If-Match and Idempotency-Key, so that no view has to repeat them."""

    def get_operation_id(self) -> str:
        found = super().get_operation_id()
        return f"{found}_beside" if self.method == "POST" and self.path.endswith("}") else found

    def get_operation(self, *args: Any, **options: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **options)
        if operation is None:
            return None
        refusals = dict(ALWAYS)
        if "{" in self.path or self.path in FOR_SOME:
            refusals[404] = WRITING[404]
        if self.method != "GET":
            refusals |= WRITING
            operation.setdefault("parameters", []).extend(_write_headers())
        elif self.path == "/api/v1/events":
            refusals[410] = "load the state again"
        elif "{" in self.path:
            if self.path == "/api/v1/attachments/{id}":
                refusals[409] = "still being checked, or refused"
            operation["responses"].setdefault("304", {"description": "unchanged"})
        for status, why in refusals.items():
            operation["responses"].setdefault(str(status), _problem(why))
        return operation


def _problem(why: str) -> dict[str, Any]:
    return {"description": why, "content": {"application/problem+json": {"schema": PROBLEM}}}


def _write_headers() -> list[dict[str, Any]]:
    text = {"type": "string", "maxLength": 255}
    return [
        {"name": "If-Match", "in": "header", "required": False, "schema": text},
        {"name": "Idempotency-Key", "in": "header", "required": False, "schema": text},
    ]
