"""The inbox: what waits for an answer, the most urgent first; and the other boxes beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from frontend.asking import acting, casework
from frontend.paging import Page, page_of
from frontend.rows import rows_of
from network.core.actor import Actor
from network.referrals.lifecycle import CLOSED, Status
from network.referrals.models import Offer, Referral
from network.referrals.views import BOXES, INBOX_ORDER, RELATED, inbox_of, referrals_of

NAMES = {
    "inbox": _("Needs reply"), "mine": _("Mine"), "held": _("We support"), "sent": _("Sent, open"), "drafts": _("Drafts"),
    "closed": _("Closed"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tab:
    """One box of the menu."""

    key: str
    name: str
    count: int | None


@casework
def inbox(request: HttpRequest) -> HttpResponse:
    """One box, or its fragment alone where the feed asks for it."""
    actor = acting(request)
    box = request.GET.get("box", "inbox")
    box = box if box in NAMES else "inbox"
    page = referrals_in(request, box, actor)
    context: dict[str, Any] = {
        "box": box, "title": NAMES[box], "rows": rows_of(page.rows, actor), "next": page.next, "tabs": tabs(actor),
    }  # fmt: skip
    fragment = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
    return render(request, "frontend/inbox/_list.html" if fragment else "frontend/inbox/page.html", context)


def referrals_in(request: HttpRequest, box: str, actor: Actor) -> Page:
    if box == "inbox":
        page = page_of(request, inbox_of(actor), INBOX_ORDER)
        return Page(referrals_of(page.rows), page.next)
    rows = Referral.objects.visible_to(actor).select_related(*RELATED)
    if box == "drafts":
        return page_of(request, rows.filter(status=Status.DRAFT), ("-created_at", "id"))
    found, ordering = BOXES[box](rows, actor)
    return page_of(request, found.exclude(status=Status.DRAFT), ordering)


def tabs(actor: Actor) -> list[Tab]:
    """The boxes, with counts of those that call for something: two queries."""
    waiting = Offer.objects.asked_of(actor).filter(status=Status.REQUESTED).count()
    sent = Referral.objects.filter(sender__in=actor.casework).exclude(status__in=CLOSED)
    counts = sent.aggregate(sent=Count("pk", filter=~Q(status=Status.DRAFT)), drafts=Count("pk", filter=Q(status=Status.DRAFT)))
    known = {"inbox": waiting, **counts}
    return [Tab(key, str(name), known.get(key)) for key, name in NAMES.items()]
