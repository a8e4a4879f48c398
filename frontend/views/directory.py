"""The public directory: find something that fits, and know how to start."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from frontend.paging import page_of
from network.core.asking import actor_of
from network.core.clock import now
from network.partners.models import Organization, Place, Service, TaxonomyTerm
from network.partners.search import Wanted, find_services, kilometres, nearest, whole

SIZE = 20


@require_GET
def services(request: HttpRequest) -> HttpResponse:
    """A search by words, need, place and what matters; nothing of it is kept with the visitor."""
    actor = actor_of(request)
    place = _place(request.GET.get("where", ""))
    wanted = Wanted(
        words=_text(request, "q"),
        need=_text(request, "need"),
        language=_text(request, "language"),
        access=_text(request, "access"),
        place=place,
        within_km=_km(request),
        is_free=True if request.GET.get("free") else None,
        takes_self_referrals=True if request.GET.get("direct") else None,
        on_network=True if request.GET.get("partner") else None,
    )
    is_asked = any(str(value).strip() for name, value in request.GET.items() if name != "after")
    context: dict[str, Any] = {
        "is_asked": is_asked,
        "place": place,
        "place_unknown": bool(request.GET.get("where", "").strip()) and place is None,
    }
    if is_asked:
        found = whole(find_services(actor, wanted, now().date()))
        page = page_of(request, found, nearest(place), SIZE)
        context |= {"services": [(row, kilometres(getattr(row, "far", None))) for row in page.rows], "next": page.next}
    needs = TaxonomyTerm.objects.filter(scheme="need", retired_at__isnull=True).order_by("domain", "label")
    context |= {
        "needs": needs,
        "languages": TaxonomyTerm.objects.filter(scheme="language").order_by("label"),
        "access": TaxonomyTerm.objects.filter(scheme="access").order_by("label"),
        "asked": request.GET,
        "places": Place.objects.order_by("name")[:500],
    }
    return render(request, "frontend/directory/services.html", context)


@require_GET
def service(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One service in full."""
    actor = actor_of(request)
    row = whole(Service.objects.visible_to(actor)).filter(pk=pk).first()
    if row is None:
        raise Http404
    can_be_asked = bool(
        actor.casework and actor.organization and Service.objects.can_be_asked_by(actor.organization, now().date()).filter(pk=pk).exists()
    )
    locations = [at.location for at in row.at_locations.all() if not at.location.is_confidential]
    context = {
        "service": row,
        "locations": locations,
        "can_be_asked": can_be_asked,
        "needs": [t for t in row.terms.all() if t.scheme == "need"],
        "access": [t for t in row.terms.all() if t.scheme == "access"],
    }
    return render(request, "frontend/directory/service.html", context)


@require_GET
def organization(request: HttpRequest, pk: UUID) -> HttpResponse:
    """An organisation and what it offers."""
    actor = actor_of(request)
    row = get_object_or_404(Organization.objects.visible_to(actor).with_network(), pk=pk)
    offered = Service.objects.visible_to(actor).filter(organization=row).order_by("name", "pk")[:100]
    return render(request, "frontend/directory/organization.html", {"organization": row, "services": offered})


def _text(request: HttpRequest, name: str) -> str:
    text = request.GET.get(name, "").strip()[:100]
    return text if text.isprintable() else ""


def _km(request: HttpRequest) -> float:
    text = request.GET.get("km", "")
    return min(max(float(text), 1), 500) if text.isdigit() and text.isascii() else 50


def _place(text: str) -> Place | None:
    name, _comma, region = text[:200].partition(",")
    rows = Place.objects.filter(name__iexact=name.strip())
    return (rows.filter(region__iexact=region.strip()).first() or rows.first()) if name.strip() else None
