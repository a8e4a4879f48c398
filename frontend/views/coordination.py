"""For coordinators: who wants to join, and whose answer is overdue. References and organisations; never a person."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from frontend.asking import acting, staff
from frontend.forms import InviteOrganizationForm
from frontend.paging import page_of
from network.accounts.models import Claim, Invitation
from network.core.clock import now
from network.core.errors import NotFound, NotYours, Refusal
from network.partners.joining import decide_claim, invite_organization
from network.referrals.models import Alarm
from network.referrals.reading import overdue


@staff
def coordination(request: HttpRequest) -> HttpResponse:
    return _page(request, InviteOrganizationForm())


def _page(request: HttpRequest, form: InviteOrganizationForm, status: int = 200) -> HttpResponse:
    actor = acting(request)
    if not actor.coordinates:
        raise NotYours
    page = page_of(request, overdue(now()), ("respond_by", "id"))
    claims = Claim.objects.visible_to(actor).filter(state="asked").select_related("organization", "user").order_by("created_at")
    invited = Invitation.objects.visible_to(actor).open(now()).select_related("organization").order_by("-created_at")
    context = {
        "claims": claims[:100], "overdue": page.rows, "next": page.next, "form": form, "invited": invited[:100],
        "unanswered": Alarm.objects.unanswered().select_related("organization", "referral").order_by("raised_at", "id")[:100],
        "crises": [offer for offer in page.rows if offer.referral.urgency == "crisis"],
    }  # fmt: skip
    return render(request, "frontend/coordination/page.html", context, status=status)


@staff
@require_POST
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor = acting(request)
    claim = Claim.objects.visible_to(actor).filter(pk=pk).first()
    if claim is None or not actor.coordinates:
        raise NotFound
    approve = request.POST.get("answer") == "approve"
    try:
        decide_claim(claim, by=actor, approve=approve, version=claim.version)
    except Refusal as refusal:
        messages.warning(request, refusal.detail)
    else:
        messages.success(request, _("They are on the network now.") if approve else _("Refused."))
    return redirect("coordination")


@staff
@require_POST
def let_in(request: HttpRequest) -> HttpResponse:
    form = InviteOrganizationForm(request.POST)
    if not form.is_valid():
        return _page(request, form, 422)
    try:
        invite_organization(by=acting(request), email=form.cleaned_data["email"], name=form.cleaned_data["name"])
    except Refusal as refusal:
        form.add_error(None, "; ".join(c.detail for c in refusal.errors) or refusal.detail)
        return _page(request, form, 422)
    messages.success(request, _("The invitation is on its way."))
    return redirect("coordination")
