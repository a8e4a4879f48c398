"""Logs by an allow-list of keys: what is not named here is not written, so nobody's data is."""

from __future__ import annotations

import logging
import logging.config
import secrets
import time
from collections.abc import Callable, MutableMapping
from contextvars import ContextVar
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

ALLOWED = frozenset({
    "event", "level", "timestamp", "logger", "code", "status", "route", "method", "ms", "request_id", "organization",
    "actor", "subject", "error", "frames", "task", "count",
})  # fmt: skip
_request_id: ContextVar[str] = ContextVar("request_id", default="")
log = structlog.get_logger("network")


def request_id() -> str:
    """The number of the present request: what an error page shows and the log repeats."""
    return _request_id.get()


def keep_allowed(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: value for key, value in entry.items() if key in ALLOWED}


def from_library(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A library's line keeps its logger and the type of its exception: its text may quote a row or an address."""
    record: logging.LogRecord | None = entry.get("_record")
    if record is not None:
        entry["event"] = "library"
        if record.exc_info and record.exc_info[0]:
            entry["error"] = record.exc_info[0].__name__
    return entry


def configure(options: dict[str, Any]) -> None:
    """Django's LOGGING_CONFIG: everything goes through the allow-list, to standard error, one JSON object a line."""
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    before = [structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name, stamp]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],  # type: ignore[list-item]
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [*before, from_library],
        "processors": [keep_allowed, structlog.processors.JSONRenderer()],
    }
    logging.config.dictConfig({
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": formatter},
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["lines"], "level": options["level"]},
        "loggers": {
            # Django's own console handler would print paths.
            "django": {"handlers": [], "level": options["level"]},
            "django.server": {"handlers": [], "propagate": False},
            "uvicorn.access": {"handlers": [], "propagate": False},
            "httpx": {"level": "WARNING"},
        },
    })  # fmt: skip


class RequestLog:
    """Gives each request a number and writes one line about it: route pattern, status, milliseconds."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _request_id.set(secrets.token_hex(6))
        begun = time.monotonic()
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = request_id()
            self.write(request, response, begun)
            return response
        finally:
            _request_id.reset(token)

    def write(self, request: HttpRequest, response: HttpResponse, begun: float) -> None:
        match = request.resolver_match
        actor = getattr(request, "known_actor", None)
        log.info(
            "request",
            method=request.method,
            route=match.route if match else "",
            status=response.status_code,
            code=getattr(request, "refusal_code", ""),
            ms=round((time.monotonic() - begun) * 1000, 1),
            request_id=request_id(),
            actor=actor.ref if actor else "",
        )
