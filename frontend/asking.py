"""Who may open a page, and where everybody else is led."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from network.core import feed
from network.core.actor import Actor, ActorKind
from network.core.asking import actor_of
from network.core.errors import NotFound, NotYours
from network.partners.models import Organization

from .views.errors import not_yours

View = Callable[..., HttpResponse]


def staff(view: View) -> View:
    """A page for members of an organisation. Its cursor is taken before the state is read; absent and unseen are one 404."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        actor = actor_of(request)
        if actor.kind is ActorKind.ANONYMOUS:
            return redirect_to_login(request.get_full_path())
        if actor.organization is None:
            return redirect("nowhere")
        if request.method == "GET" and not request.headers.get("HX-Request"):
            request.cursor = feed.cursor_now(actor)  # type: ignore[attr-defined]
        try:
            # Times are read in the organisation's own zone, as its open hours are.
            with timezone.override(zone_of(actor.organization)):
                return view(request, *args, **kwargs)
        except NotFound:
            raise Http404 from None
        except NotYours:
            return not_yours(request)

    return opened


def zone_of(organization: UUID) -> ZoneInfo:
    name = Organization.objects.values_list("time_zone", flat=True).get(pk=organization)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def casework(view: View) -> View:
    """A page about people and referrals: coordinators have none of these."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not actor_of(request).casework:
            if actor_of(request).coordinates:
                return redirect("coordination")
            return not_yours(request)
        return view(request, *args, **kwargs)

    return staff(opened)


def coordinators(view: View) -> View:
    """A page of the network as a whole: everybody else is told whose it is."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not actor_of(request).coordinates:
            convening = Organization.objects.filter(is_convening=True).values_list("name", flat=True).first()
            return not_yours(request, convening)
        return view(request, *args, **kwargs)

    return staff(opened)


def acting(request: HttpRequest) -> Actor:
    return actor_of(request)


def home(actor: Actor) -> UUID:
    """The organisation that the actor acts for; a staff page is opened by nobody without one."""
    if actor.organization is None:
        raise NotFound
    return actor.organization
