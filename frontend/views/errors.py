"""The pages for what went wrong; absent and unseen are the same page."""

from __future__ import annotations

import sys
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from network.core import unavailable
from network.core.errors import Refusal
from network.core.logs import request_id
from network.core.problems import as_json, is_api


def page(request: HttpRequest, status: int) -> HttpResponse:
    return render(request, f"{status}.html", {"request_id": request_id()}, status=status)


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return page(request, 400)


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return page(request, 403)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    if is_api(request):
        from network.core.errors import NotFound

        return as_json(NotFound())
    return page(request, 404)


def not_yours(request: HttpRequest, coordinators_of: str | None = None) -> HttpResponse:
    """A page of another role: it exists, and whose it is may be said."""
    return render(request, "frontend/errors/not_yours.html", {"coordinators_of": coordinators_of}, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django calls this while the error is being handled. One of a middleware reaches no other place, the database's absence too."""
    if (away := unavailable.answer(request, sys.exc_info()[1])) is not None:
        return away
    if is_api(request):
        refusal = Refusal(detail="Something of ours went wrong. Nothing was changed.")
        refusal.status, refusal.code = 500, "server_error"
        return as_json(refusal)
    return page(request, 500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was open too long or in another sign-in; what was typed is still in the browser's history."""
    return render(request, "frontend/csrf.html", {"request_id": request_id()}, status=403)
