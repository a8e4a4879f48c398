"""How large a request may be at all, told by its length before a byte of it is read."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from .errors import TooLarge
from .problems import as_json, is_api

MEGABYTE = 1024 * 1024
API = 11 * MEGABYTE  # one file of ten and what is around it
PAGE = 101 * MEGABYTE  # ten files and what is around them


class LargestRequest:
    """Refuses what is larger than any form of ours: the parser of forms would write it to the disk first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = str(request.META.get("CONTENT_LENGTH") or "0")
        limit = API if is_api(request) else PAGE
        if not length.isdigit() or int(length) <= limit:
            return self.get_response(request)
        if is_api(request):
            return as_json(TooLarge(limit=limit))
        return HttpResponse("This is larger than we take. Nothing was sent. Go back: your text is still there.\n", "text/plain", 413)
