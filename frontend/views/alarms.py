"""Alarms: the lane of the inbox, the bar that calls one person, and the page of one alarm or drill."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from frontend.asking import acting, casework
from frontend.rows import Row
from frontend.words import when
from network.accounts.models import User
from network.core.actor import Actor
from network.core.clock import now
from network.core.errors import BadInput, NotFound, NotYours, WrongState
from network.referrals import actions
from network.referrals.lane import RELATED, Shown, lane_of, shown_of
from network.referrals.models import Alarm
from network.referrals.responders import readiness_of

LONGEST_LANE = 20
SAID = {
    "acknowledge": gettext_lazy("You are responsible for this now. The alarm rings no more; the referral still waits for an answer."),
    "hand-over": gettext_lazy("Asked. Until they confirm, it stays with whoever has it."),
    "take-over": gettext_lazy("You are responsible for this now."),
    "keep": gettext_lazy("It stays where it was."),
    "end": gettext_lazy("The drill is over. Here is how it went."),
}


@dataclass(frozen=True, slots=True)
class Laned:
    """A crisis of the lane: its row where one's team is asked, its alarm where one rings or rang."""

    row: Row | None
    shown: Shown | None
    verbs: list[str]
    minutes: int | None  # waited


def laned(rows: Iterable[Row], actor: Actor) -> list[Laned]:
    """The crises of a page of the inbox, each with its alarm, and alarms that have no row there; what rings comes first."""
    at = now()
    shown = shown_of(lane_of(actor)[:LONGEST_LANE], at)
    by_offer = {each.alarm.offer_id: each for each in shown if each.alarm.offer_id}
    found = [_laned(row, by_offer.pop(row.own.pk, None), actor) for row in rows if row.own is not None]
    rest = [_laned(None, each, actor) for each in shown if each.alarm.offer_id is None or each.alarm.offer_id in by_offer]
    return sorted([*rest, *found], key=lambda each: each.shown is None or not each.shown.alarm.is_ringing)


def _laned(row: Row | None, shown: Shown | None, actor: Actor) -> Laned:
    since = row.own.asked_at if row and row.own else shown.alarm.raised_at if shown else None
    minutes = int((now() - since).total_seconds() // 60) if since else None
    return Laned(row, shown, shown.verbs(actor) if shown else [], minutes)


@casework
@require_GET
def bar(request: HttpRequest) -> HttpResponse:
    """The bar by itself, where the feed hints at an alarm; its context is that of every page."""
    return render(request, "frontend/alarms/_bar.html")


@casework
@require_GET
def alarm(request: HttpRequest, pk: UUID) -> HttpResponse:
    return show(request, find(pk, acting(request)))


def find(pk: UUID, actor: Actor) -> Alarm:
    row = Alarm.objects.visible_to(actor).select_related(*RELATED).filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row


def show(request: HttpRequest, row: Alarm, *, notice: str = "", status: int = 200) -> HttpResponse:
    actor, at = acting(request), now()
    shown = shown_of([row], at)[0]
    verbs = shown.verbs(actor)
    ready = readiness_of(row.organization_id, at)
    context: dict[str, Any] = {
        "shown": shown, "alarm": row, "verbs": verbs, "notice": notice, "ready": ready,
        "colleagues": [user for user in ready.team if user.pk != row.responsible_id] if "hand-over" in verbs else [],
        "subject": f"alarm/{row.pk}",
    }  # fmt: skip
    fragment = request.method == "GET" and request.headers.get("HX-Request")
    return render(request, "frontend/alarms/_body.html" if fragment else "frontend/alarms/page.html", context, status=status)


@casework
@require_POST
def do(request: HttpRequest, pk: UUID, verb: str) -> HttpResponse:
    """One press; where somebody was first, the page says who."""
    actor = acting(request)
    row = find(pk, actor)
    if verb not in SAID:
        raise NotFound
    try:
        _act(row, verb, actor, request.POST.get("to", ""))
    except WrongState as refusal:
        return show(request, find(pk, actor), notice=_first(refusal), status=409)
    except BadInput as refusal:
        return show(request, row, notice=refusal.errors[0].detail, status=422)
    except NotYours:
        return show(request, row, notice=_("This belongs to whoever is responsible, or to your organisation's admin."), status=403)
    messages.success(request, str(SAID[verb]))
    return redirect("alarm", pk=pk)


def _act(row: Alarm, verb: str, actor: Actor, to: str) -> None:
    if verb == "hand-over":
        wanted = User.objects.filter(pk=to).values_list("pk", flat=True).first() if _is_uuid(to) else None
        actions.hand_over(row, by=actor, to=wanted or UUID(int=0))
        return
    known = {"acknowledge": actions.acknowledge, "take-over": actions.take_over, "keep": actions.keep_alarm, "end": actions.end_drill}
    known[verb](row, by=actor)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _first(refusal: WrongState) -> str:
    """Who was first and when, in one sentence."""
    facts = refusal.facts
    at = when(datetime.fromisoformat(facts["at"]), now()) if facts.get("at") else ""
    if facts.get("name"):
        return _("%(name)s is responsible since %(at)s. Nothing of yours was changed.") % {"name": facts["name"], "at": at}
    if facts.get("state") == "ended":
        return _("This is over since %(at)s: the referral was answered, or the drill ended.") % {"at": at}
    return refusal.detail
