"""One's own organisation: members, services and their capacity, partner systems."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from frontend.asking import acting, home, staff
from frontend.forms import CapacityForm, InviteForm
from network.accounts.absence import away_at
from network.accounts.actions import end_membership, invite, withdraw_invitation
from network.accounts.models import Application, Invitation, Membership, User
from network.accounts.oauth import acts_for
from network.core.actor import Role
from network.core.clock import now
from network.core.errors import NotFound, Refusal
from network.partners.actions import state_capacity
from network.partners.models import Agreement, Organization, Service
from network.partners.search import whole
from network.referrals.responders import readiness_of


@staff
def organisation(request: HttpRequest) -> HttpResponse:
    return _page(request, InviteForm())


def _page(request: HttpRequest, form: InviteForm, status: int = 200) -> HttpResponse:
    actor = acting(request)
    row = Organization.objects.with_network().get(pk=home(actor))
    members = (
        Membership.objects.active().visible_to(actor).filter(organization=row).select_related("user").order_by("user__name", "pk")[:200]
    )
    services = whole(Service.objects.visible_to(actor)).filter(organization=row).order_by("name", "pk")
    agreements = Agreement.objects.visible_to(actor).in_force(now().date()).select_related("from_organization", "to_organization")
    is_admin = row.pk in actor.administers
    context = {
        "organization": row,
        "ready": readiness_of(row.pk, now()) if is_admin else None,
        "members": members,
        "names": {member.user_id: str(member.user) for member in members},
        "away": away_at([row.pk], now()).get(row.pk, {}),
        "services": services[:200],
        "form": form,
        "is_admin": is_admin,
        "invitations": Invitation.objects.visible_to(actor).open(now()).filter(organization=row)[:100],
        "systems": Application.objects.visible_to(actor).active().filter(organization=row)[:50],
        "agreements": agreements[:100],
        "others": Organization.objects.filter(pk__in=actor.organizations).exclude(pk=row.pk).order_by("name"),
    }
    return render(request, "frontend/organisation/page.html", context, status=status)


@staff
@require_POST
def send_invitation(request: HttpRequest) -> HttpResponse:
    actor = acting(request)
    form = InviteForm(request.POST)
    if actor.organization is None or not form.is_valid():
        return _page(request, form, 422)
    try:
        invite(by=actor, organization=actor.organization, email=form.cleaned_data["email"], role=Role(form.cleaned_data["role"]))
    except Refusal as refusal:
        form.add_error(None, refusal.detail)
        return _page(request, form, 422)
    messages.success(request, _("The invitation is on its way."))
    return redirect("organisation")


@staff
@require_POST
def take_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = Invitation.objects.visible_to(acting(request)).filter(pk=pk).first()
    if row is None:
        raise NotFound
    return _try(request, lambda: withdraw_invitation(row, by=acting(request)), _("The invitation no longer works."))


@staff
@require_POST
def let_go(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = Membership.objects.active().visible_to(acting(request)).filter(pk=pk).first()
    if row is None:
        raise NotFound
    answer = _try(request, lambda: end_membership(row, by=acting(request), version=row.version), _("They can no longer sign in for you."))
    has_left = Membership.objects.filter(pk=pk, until__isnull=False).exists()
    return redirect("member-returned", pk) if has_left and acting(request).casework and row.user_id != acting(request).id else answer


@staff
@require_POST
def confirm_capacity(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One number and one press."""
    actor = acting(request)
    service = Service.objects.filter(pk=pk, organization=actor.organization).first()
    form = CapacityForm(request.POST)
    if service is None:
        raise NotFound
    if not form.is_valid():
        messages.warning(request, _("Write a number of free places."))
        return redirect("organisation")
    return _try(request, lambda: state_capacity(service, by=actor, available=form.cleaned_data["available"]), _("Capacity confirmed."))


def _try(request: HttpRequest, work: object, words: str) -> HttpResponse:
    try:
        work()  # type: ignore[operator]
    except Refusal as refusal:
        messages.warning(request, refusal.detail)
    else:
        messages.success(request, words)
    return redirect("organisation")


@staff
@require_POST
def act_for(request: HttpRequest) -> HttpResponse:
    """Choose for which of one's organisations a write acts."""
    wanted = next((pk for pk in acting(request).organizations if str(pk) == request.POST.get("organization")), None)
    if wanted is None or not isinstance(request.user, User):
        raise NotFound
    acts_for(request.user, wanted)
    return redirect("inbox")
