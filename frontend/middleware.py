"""What stands between Django and the pages."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound

from .views.crisis import crisis
from .views.errors import not_found

CRISIS = "/crisis/"


class CrisisFirst:
    """Answers the crisis page before anything that could ask the database for a session or a sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return crisis(request) if request.path_info == CRISIS else self.get_response(request)


class OwnNotFound:
    """The product's own page for what is absent, also while DEBUG is on: `make run` shows the product, not its routes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Only Django's technical page is of this class.
        return not_found(request) if settings.DEBUG and isinstance(response, HttpResponseNotFound) else response
