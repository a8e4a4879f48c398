"""The inbox: what waits for an answer, the most urgent first; and the other boxes beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from frontend.asking import acting, casework
from frontend.colleagues import MORNINGS, colleagues_of
from frontend.follow_ups import to_ask
from frontend.paging import Page, page_of
from frontend.rows import rows_of
from frontend.undos import undo_seconds, undos_of
from frontend.views.alarms import laned
from network.core.actor import Actor
from network.referrals.lifecycle import CLOSED, Status
from network.referrals.models import Offer, Referral
from network.referrals.views import BOXES, CALLS_IN_ORDER, INBOX_ORDER, RELATED, asleep_for, inbox_of, open_calls_of, referrals_of

NAMES = {
    "inbox": _("Needs reply"), "snoozed": _("Put aside"), "open": _("Open to take"),
    "mine": _("Mine"), "held": _("We support"), "sent": _("Sent, open"),
    "drafts": _("Drafts"), "closed": _("Closed"),
}  # fmt: skip

SHOWN = 10  # open calls under the inbox; the others stand in their own box


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
    asleep = asleep_for(actor)
    page = referrals_in(request, box, actor, asleep)
    waiting = open_calls_of(actor).select_related(*RELATED).order_by(*CALLS_IN_ORDER)
    calls = list(waiting[:SHOWN]) if box == "inbox" else []
    # One reader for both groups of the page: a group more costs no query more.
    shown = rows_of([*page.rows, *calls], actor)
    rows = shown[: len(page.rows)]
    crises = [row for row in rows if row.referral.urgency == "crisis"] if box == "inbox" else []
    others = [row for row in rows if row.referral.urgency != "crisis"] if box == "inbox" else rows
    context: dict[str, Any] = {
        "box": box, "title": NAMES[box], "rows": others, "lane": laned(crises, actor) if box == "inbox" else [], "waiting": len(rows),
        "calls": shown[len(page.rows) :], "next": page.next,
        "asking": to_ask(actor, own=box == "mine") if box in {"inbox", "mine"} else [],
        "tabs": tabs(actor, asleep), "wakes": min(asleep.values(), default=None), "mornings": MORNINGS,
        "colleagues": colleagues_of(actor) if box == "inbox" and page.rows else [], "undos": undos_of(actor, undo_seconds(request)),
    }  # fmt: skip
    fragment = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
    return render(request, "frontend/inbox/_list.html" if fragment else "frontend/inbox/page.html", context)


def referrals_in(request: HttpRequest, box: str, actor: Actor, asleep: Mapping[UUID, datetime]) -> Page:
    if box == "inbox":
        page = page_of(request, inbox_of(actor, asleep=asleep), INBOX_ORDER)
        return Page(referrals_of(page.rows), page.next)
    if box == "open":
        return page_of(request, open_calls_of(actor).select_related(*RELATED), CALLS_IN_ORDER)
    rows = Referral.objects.visible_to(actor).select_related(*RELATED)
    if box == "drafts":
        return page_of(request, rows.filter(status=Status.DRAFT), ("-created_at", "id"))
    found, ordering = BOXES[box](rows, actor)
    return page_of(request, found.exclude(status=Status.DRAFT), ordering)


def tabs(actor: Actor, asleep: Mapping[UUID, datetime]) -> list[Tab]:
    """The boxes, with counts of those that call for something: three queries."""
    waiting = Offer.objects.asked_of(actor).filter(status=Status.REQUESTED).exclude(pk__in=list(asleep)).count()
    sent = Referral.objects.filter(sender__in=actor.casework).exclude(status__in=CLOSED)
    counts = sent.aggregate(sent=Count("pk", filter=~Q(status=Status.DRAFT)), drafts=Count("pk", filter=Q(status=Status.DRAFT)))
    known = {"inbox": waiting, "snoozed": len(asleep), "open": open_calls_of(actor).count(), **counts}
    return [Tab(key, str(name), known.get(key)) for key, name in NAMES.items()]
