"""A reader's own choices, and a sign of life."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from frontend.asking import acting, staff
from frontend.undos import undo_seconds
from frontend.views.notices import notices_of
from frontend.views.team import away_of
from network.accounts.actions import choose_undo_time
from network.core.asking import actor_of

THEMES = ("", "light", "dark")
YEAR = 365 * 24 * 3600


@staff
def own_settings(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        themes = (("", _("As the device has them")), ("light", _("Light")), ("dark", _("Dark")))
        undo_times = ((10, _("10 seconds")), (30, _("30 seconds")), (120, _("2 minutes")))
        context = {"themes": themes, "undo_times": undo_times, "undo": undo_seconds(request)}
        context |= notices_of(actor_of(request)) | away_of(acting(request))
        return render(request, "frontend/settings/page.html", context)
    response = redirect("settings")
    chosen = request.POST.get("undo", "")
    if chosen in {"10", "30", "120"}:
        choose_undo_time(acting(request), int(chosen))
    theme = request.POST.get("theme", "")
    keys = "off" if request.POST.get("keys") == "off" else ""
    response.set_cookie("theme", theme if theme in THEMES else "", max_age=YEAR, samesite="Lax", secure=request.is_secure())
    response.set_cookie("keys", keys, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    return response


@staff
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "frontend/settings/help.html")


@staff
@require_POST
def alive(request: HttpRequest) -> HttpResponse:
    """A person said that they are still here."""
    return HttpResponse(status=204)
