"""The crisis page: a number that works, whatever is broken. And behind a sign-in, what a team does first and who is on call."""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from frontend import crisis_pages
from frontend.asking import acting, casework, home, staff
from network.core.clock import now
from network.core.logs import log
from network.partners.crisis_lines import write_all
from network.partners.models import CrisisLine
from network.referrals.responders import readiness_of

TRY_AGAIN = 60.0  # seconds until a page that was never written is tried again: nobody waits for a database that is away
YEAR = 365 * 24 * 3600
_tried: dict[str, float] = {}


@require_safe
def crisis(request: HttpRequest) -> HttpResponse:
    """Called before sessions and sign-in are looked at: nothing here may ask the database, once the files are written."""
    language = translation.get_language_from_request(request)
    where = region_of(request)
    with translation.override(language):
        page = crisis_pages.read(where.region, language) or _written(where.region, language)
        signed_in = settings.SESSION_COOKIE_NAME in request.COOKIES
        text = crisis_pages.whole(page, now(), is_chosen=where.is_chosen, for_staff=signed_in)
    theme = request.COOKIES.get("theme", "")
    if theme in {"light", "dark"}:
        text = text.replace("<html", f'<html data-theme="{theme}"', 1)
    return HttpResponse(text, headers={"Content-Language": page.language, "Vary": "Accept-Language, Cookie"})


def _written(region: str, language: str) -> crisis_pages.Page:
    """Write what was never written; where that fails, the general sentence alone."""
    at = time.monotonic()
    if at - _tried.get(region, -TRY_AGAIN) >= TRY_AGAIN:
        _tried[region] = at
        try:
            write_all()
        except (DatabaseTrouble, OSError) as error:
            log.warning("crisis lines", error=type(error).__name__)
    found = crisis_pages.read(region, language)
    return found or crisis_pages.drawn(region, settings.LANGUAGE_CODE, [], now())


@dataclass(frozen=True, slots=True)
class Where:
    """A region, and whether somebody chose it: by the address, or as there is no other."""

    region: str
    is_chosen: bool


def region_of(request: HttpRequest) -> Where:
    """The one named; else the nearest guess, by the country of the languages that the browser asks for."""
    wanted = request.GET.get("region", "")
    first = settings.REGIONS[0] if settings.REGIONS else ""
    if wanted in settings.REGIONS or len(settings.REGIONS) < 2:
        return Where(wanted if wanted in settings.REGIONS else first, is_chosen=True)
    asked = [part.partition(";")[0].strip().upper() for part in request.headers.get("Accept-Language", "").split(",")]
    countries = [part.partition("-")[2] for part in asked if "-" in part]
    guessed = (
        code for country in countries for code in settings.REGIONS if code.upper() == country or code.upper().startswith(f"{country}-")
    )
    return Where(next(guessed, first), is_chosen=False)


@casework
@require_safe
def team(request: HttpRequest) -> HttpResponse:
    """The protocol and who is on call: for colleagues."""
    has_lines = CrisisLine.objects.filter(region__in=settings.REGIONS).exists()
    context = {"ready": readiness_of(home(acting(request)), now()), "has_lines": has_lines}
    return render(request, "frontend/crisis/team.html", context)


@staff
@require_POST
def fold(request: HttpRequest) -> HttpResponse:
    """Staff may fold the band to its link, or let it say its sentence again."""
    back = request.POST.get("back", "/")
    response = redirect(back if url_has_allowed_host_and_scheme(back, None) else "/")
    value = "folded" if request.POST.get("band") == "folded" else ""
    response.set_cookie("band", value, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    return response
