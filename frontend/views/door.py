"""Coming in: by an invitation's link, by claiming a listed organisation; and the page of those who belong nowhere yet."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from frontend.forms import ClaimForm, JoinForm
from network.accounts.actions import accept_invitation, create_user, invitation_of
from network.accounts.models import Claim, Invitation, User
from network.core.asking import actor_of
from network.core.clock import now
from network.core.errors import LinkUsed, NotFound, NotYours, Refusal
from network.partners.joining import ask_claim
from network.partners.models import Organization

KEPT = "invitation"


@require_GET
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """A mail's link only trades its token for a place in this session: scanners and previews open links too."""
    try:
        invitation = invitation_of(token)
    except LinkUsed:
        return render(request, "frontend/door/used.html", status=410)
    request.session[KEPT] = str(invitation.pk)
    return redirect("join")


def join(request: HttpRequest) -> HttpResponse:
    """Name and password for somebody new; a press for somebody who signs in already."""
    invitation = _invitation(request)
    if invitation is None:
        return render(request, "frontend/door/used.html", status=410)
    known = User.objects.filter(email__iexact=invitation.email).exists()
    if known and not request.user.is_authenticated:
        return redirect_to_login(request.path)
    form = JoinForm(request.POST or None)
    if request.method == "POST" and (known or form.is_valid()):
        try:
            if known and isinstance(request.user, User):
                accept_invitation(invitation, user=request.user)
            else:
                return _new_user(request, invitation, form)
        except NotYours:
            messages.warning(request, _("This invitation is for another address. Sign out, and open the link again."))
        except LinkUsed:
            return render(request, "frontend/door/used.html", status=410)
        else:
            request.session.pop(KEPT, None)
            return redirect("inbox")
    return render(
        request, "frontend/door/join.html", {"form": form, "invitation": invitation, "known": known}, status=422 if form.errors else 200
    )


def _new_user(request: HttpRequest, invitation: Invitation, form: JoinForm) -> HttpResponse:
    said = form.cleaned_data
    try:
        validate_password(said["password"], User(email=invitation.email, name=said["name"]))
    except ValidationError as error:
        form.add_error("password", error)
        return render(request, "frontend/door/join.html", {"form": form, "invitation": invitation, "known": False}, status=422)
    user = create_user(invitation, name=said["name"], password=said["password"])
    request.session.pop(KEPT, None)
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return redirect("inbox")


def _invitation(request: HttpRequest) -> Invitation | None:
    kept = [request.session[KEPT]] if KEPT in request.session else []
    return Invitation.objects.open(now()).filter(pk__in=kept).select_related("organization").first()


def claim(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say that a listed organisation is one's own."""
    row = Organization.objects.with_network().filter(pk=pk, is_active=True).first()
    if row is None:
        raise Http404
    if not request.user.is_authenticated:
        # Who claims may make a sign-in; the address is verified before anything is asked.
        request.session["may_sign_up"] = True
        return render(request, "frontend/door/claim.html", {"organization": row, "form": None})
    form = ClaimForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and isinstance(request.user, User):
        try:
            ask_claim(user=request.user, organization=pk, evidence=form.cleaned_data["evidence"])
        except NotFound:
            raise Http404 from None
        except Refusal as refusal:
            form.add_error(None, "; ".join(c.detail for c in refusal.errors) or refusal.detail)
        else:
            messages.success(request, _("A coordinator will check this and answer."))
            return redirect("nowhere")
    return render(request, "frontend/door/claim.html", {"organization": row, "form": form}, status=422 if form.errors else 200)


def nowhere(request: HttpRequest) -> HttpResponse:
    """Signed in, but without an organisation, or without the second step that one's role needs."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.path)
    if actor_of(request).organization is not None:
        return redirect("inbox")
    waits = request.user.memberships.active().exists() if isinstance(request.user, User) else False
    claims = Claim.objects.filter(user=request.user.pk).select_related("organization").order_by("-created_at")[:20]
    return render(request, "frontend/door/nowhere.html", {"needs_second_step": waits, "claims": claims})
