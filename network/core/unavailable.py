"""When the database is away, an honest 503 with a time to try again, never a 500."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template import loader

from .errors import Unavailable
from .logs import request_id
from .problems import as_json, from_database, is_api


class DatabaseAway:
    """Turns an operational error that reached the top into Unavailable, for API and pages alike."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return answer(request, exception)


def answer(request: HttpRequest, exception: BaseException | None) -> HttpResponse | None:
    """The 503, drawn without asking who is there: that would wait for the same database again. None for any other error."""
    refusal = from_database(exception) if isinstance(exception, Exception) else None
    if not isinstance(refusal, Unavailable):
        return None
    if is_api(request):
        return as_json(refusal)
    page = loader.render_to_string("503.html", {"request_id": request_id()})
    return HttpResponse(page, status=503, headers=refusal.headers)
