"""Taking back, from the strip or by `u`; without script the same buttons post here."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from frontend.asking import acting, casework
from frontend.undos import undo_seconds
from network.core.actor import Actor
from network.core.errors import NotFound, SayMore, WrongState
from network.referrals import actions
from network.referrals.models import Offer, Referral


@casework
@require_POST
def undo(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    """Take one thing back, or make a held decline at once."""
    actor, seconds = acting(request), undo_seconds(request)
    try:
        if kind == "send":
            draft = actions.undo_send(_referral(pk, actor), by=actor, seconds=seconds)
            messages.success(request, _("Taken back. Here is what you had written; nothing of it is sent."))
            return redirect("refer-draft", pk=draft.pk)
        offer = _offer(pk, actor)
        if kind == "accept":
            actions.undo_accept(offer, by=actor, seconds=seconds)
            messages.success(request, _("Taken back. The request waits for an answer as before."))
        elif request.POST.get("now"):
            actions.decline_now(offer, by=actor)
            messages.success(request, _("Declined. The sender hears of it now."))
            return redirect("inbox")
        else:
            actions.undo_decline(offer, by=actor)
            messages.success(request, _("Not declined. Nobody was told."))
        return redirect("referral", pk=offer.referral_id)
    except (WrongState, SayMore):
        messages.warning(request, _("It is too late to take this back, or somebody acted meanwhile. Here is how it stands."))
        return redirect("inbox")


def _referral(pk: UUID, actor: Actor) -> Referral:
    row = Referral.objects.worked_on_by(actor).filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row


def _offer(pk: UUID, actor: Actor) -> Offer:
    offer = Offer.objects.visible_to(actor).select_related("referral").filter(pk=pk).first()
    if offer is None:
        raise NotFound
    return offer
