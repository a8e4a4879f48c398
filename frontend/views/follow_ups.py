"""Asking how it is going: one press keeps what the person said."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from frontend.asking import acting, casework
from frontend.forms import FollowUpForm
from frontend.views.referral import find, show
from network.core.errors import NotFound, SayMore, WrongState
from network.referrals import actions
from network.referrals.models import FollowUp


@casework
@require_POST
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor = acting(request)
    row = FollowUp.objects.visible_to(actor).filter(pk=pk, referral__person__erased_at__isnull=True).select_related("referral").first()
    if row is None:
        raise NotFound
    form = FollowUpForm(row, request.POST)
    try:
        actions.answer_follow_up(row, request.POST.get("answer", ""), by=actor)
    except SayMore:
        form.add_error("answer", _("Say what the person answered, or that they could not be reached."))
        return show(request, find(row.referral_id, actor), follow_up=form, status=422)
    except WrongState:
        messages.warning(request, _("This was answered already, or is over. Nothing of yours was kept."))
    else:
        messages.success(request, _("Thank you. It is kept, and counts under Outcomes."))
    return redirect("inbox") if request.POST.get("back") else redirect("referral", pk=row.referral_id)
