"""One referral: where it stands, what can be done now, and everything that was said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from frontend.asking import acting, casework
from frontend.forms import MoveForm
from frontend.rows import row_of
from frontend.talk import SayForm, talk_of
from frontend.words import DONE, MACHINE, offer_words
from network.accounts.models import Membership
from network.core import etags
from network.core.actor import Actor, Role
from network.core.clock import now
from network.core.errors import NotFound, SayMore, Stale, WrongState
from network.partners.models import Service
from network.partners.search import Wanted, find_services, nearest
from network.people.actions import disclosed
from network.referrals import actions
from network.referrals.available import Available
from network.referrals.lifecycle import CLOSED, LiesOn, Status
from network.referrals.models import Offer, Referral
from network.referrals.reading import Reader
from network.referrals.timeline import Happened, timeline
from network.referrals.views import RELATED

# The next best move first; the rest lies behind "More".
PRIMARY = ("accept", "start", "complete", "answer", "offer", "send")
SECOND = ("reject", "ask", "note", "fail", "waitlist", "cancel")
HIDDEN = frozenset({"see", "send", "discard"})
FEWEST = 40


@dataclass(frozen=True, slots=True)
class Act:
    """One button of the page: where it posts, the tag it was drawn from, and the form it needs."""

    available: Available
    form: MoveForm
    tag: str
    rank: int

    @property
    def path(self) -> str:
        return f"/{'o' if self.available.lies_on is LiesOn.OFFER else 'r'}/{self.available.pk}/do/{self.available.verb}/"


@dataclass(frozen=True, slots=True)
class Told:
    """An entry of the timeline in words."""

    entry: Happened
    words: str
    is_machine: bool
    by: str


def find(pk: UUID, actor: Actor) -> Referral:
    row = Referral.objects.visible_to(actor, pk=pk).select_related(*RELATED).first()
    if row is None:
        raise NotFound
    return row


@casework
@require_GET
def referral(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor = acting(request)
    row = find(pk, actor)
    if row.status == Status.DRAFT:
        return redirect("refer-draft", pk=pk)
    return show(request, row)


def show(
    request: HttpRequest,
    row: Referral,
    *,
    bound: MoveForm | None = None,
    said: SayForm | None = None,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page; `bound` and `said` are forms that were refused, with what was typed."""
    actor = acting(request)
    reader = Reader([row], actor)
    if reader.is_full(row) and row.person.organization_id not in actor.organizations:
        disclosed(row.person_id, actor)  # recorded before the page leaves
    offers = reader.offers_of(row)
    acts = acts_of(row, reader, actor, bound)
    context: dict[str, Any] = {
        "row": row_of(row, reader, now()),
        "referral": row,
        "person": reader.person(row, detail=True),
        "acts": acts,
        "notice": notice,
        "timeline": told(timeline(row, offers, actor, only_own_words=not reader.is_live(row))),
        "offers": [(o, offer_words(o)) for o in offers],
        "case": reader.case_members[row.pk],
        "is_sender": reader.is_sender(row),
        "steps": steps(row, offers),
        "bound": bound,
        "talk": talk_of(row, reader, said, everything="all" in request.GET),
        "first": [act for act in acts if act.rank == 0][:1],
        "second": [act for act in acts if act.rank == 1],
        "is_closed": row.status in CLOSED,
        "more": [act for act in acts if act.rank == 2],
    }
    context["second"] += [act for act in acts if act.rank == 0][1:]
    fragment = request.method == "GET" and request.headers.get("HX-Request")
    return render(request, "frontend/referral/_body.html" if fragment else "frontend/referral/page.html", context, status=status)


def acts_of(row: Referral, reader: Reader, actor: Actor, bound: MoveForm | None) -> list[Act]:
    """A button for each verb that `actions` allows, in the order of use."""
    offers = {offer.pk: offer for offer in reader.offers_of(row)}
    found = []
    for available in reader.actions(row):
        if available.verb in HIDDEN:
            continue
        form = (
            bound
            if bound and (bound.available.verb, bound.available.pk) == (available.verb, available.pk)
            else form_of(available, row, actor)
        )
        rank = 0 if available.verb in PRIMARY else 1 if available.verb in SECOND else 2
        found.append(Act(available, form, tag_of(available, row, offers, reader), rank))
    order = {verb: number for number, verb in enumerate((*PRIMARY, *SECOND))}
    return sorted(found, key=lambda act: (act.rank, order.get(act.available.verb, 99)))


def tag_of(available: Available, row: Referral, offers: dict[UUID, Offer], reader: Reader) -> str:
    if available.lies_on is LiesOn.OFFER:
        return etags.tag(offers[available.pk])
    own = reader.own_offer(row)
    return etags.tag(own, "referral") if own else etags.tag(row)


def form_of(available: Available, row: Referral, actor: Actor, data: Any = None) -> MoveForm:
    colleagues = _colleagues(actor) if "assignee" in available.needs else ()
    services = askable(row, actor) if "candidates" in available.needs else ()
    return MoveForm(available, data, colleagues=colleagues, services=services)


def _colleagues(actor: Actor) -> list[tuple[str, str]]:
    rows = Membership.objects.active().filter(organization=actor.organization, role__in=[Role.CASEWORKER, Role.ADMIN])
    return [(str(row.user_id), str(row.user)) for row in rows.select_related("user").order_by("user__name")[:200]]


def askable(row: Referral, actor: Actor) -> list[tuple[str, str]]:
    """Services for the same need that may be asked, nearest first where the place is known."""
    wanted = Wanted(need=row.need.code, place=row.place, within_km=200, asked_by=row.sender_id)
    found = find_services(actor, wanted, now().date()).exclude(organization__offers__in=row.offers.open())
    rows: list[Service] = list(found.order_by(*nearest(row.place)).select_related("organization")[:12])
    return [(str(service.pk), f"{service.organization.name}: {service.name}") for service in rows]


def told(entries: list[Happened]) -> list[Told]:
    """Newest last, as people read a story; the machine's part in small print."""
    return [Told(e, str(DONE.get(e.verb, e.verb)), e.verb in MACHINE, "" if e.by == "clock" else e.by) for e in entries]


def steps(row: Referral, offers: list[Offer]) -> list[tuple[str, str]]:
    """Sent, seen, accepted, support, outcome: each past, present or to come; never more than is known."""
    accepted = any(offer.accepted_at and offer.status in {"accepted", "completed", "failed"} for offer in offers)
    seen = any(offer.seen_at for offer in offers)
    started = any(offer.started_at for offer in offers)
    done = [bool(row.sent_at), seen, accepted, started, row.status in CLOSED]
    names = [_("Sent"), _("Seen"), _("Accepted"), _("Support started"), _("Outcome")]
    last = max((number for number, past in enumerate(done) if past), default=0)
    return [
        (name, "now" if number == last else "past" if past else "") for number, (name, past) in enumerate(zip(names, done, strict=True))
    ]


@casework
@require_POST
def do_referral(request: HttpRequest, pk: UUID, verb: str) -> HttpResponse:
    actor = acting(request)
    row = find(pk, actor)
    reader = Reader([row], actor)
    available = next((found for found in reader.possible.on_referral(pk) if found.verb == verb), None)
    return _do(request, row, available, verb)


@casework
@require_POST
def do_offer(request: HttpRequest, pk: UUID, verb: str) -> HttpResponse:
    actor = acting(request)
    offer = Offer.objects.visible_to(actor).filter(pk=pk).first()
    if offer is None:
        raise NotFound
    row = find(offer.referral_id, actor)
    reader = Reader([row], actor)
    mine = next((each for each in reader.offers_of(row) if each.pk == pk), None)
    available = next((found for found in reader.possible.on_offer(mine) if found.verb == verb), None) if mine else None
    return _do(request, row, available, verb, mine)


def _do(request: HttpRequest, row: Referral, available: Available | None, verb: str, offer: Offer | None = None) -> HttpResponse:
    """Make the move and lead on; a refusal shows the page as it stands now, with what was typed."""
    actor = acting(request)
    if available is None:
        return _moved_on(request, row.pk)
    form = form_of(available, row, actor, request.POST)
    if not form.is_valid():
        return show(request, row, bound=form, status=422)
    try:
        if offer is not None:
            actions.move(offer, verb, by=actor, said=form.said(), fresh=_fresh(request, etags.tag(offer)))
        else:
            own = Reader([row], actor).own_offer(row)
            tag = etags.tag(own, "referral") if own else etags.tag(row)
            actions.move_referral(row, verb, by=actor, said=form.said(), fresh=_fresh(request, tag))
    except SayMore as refusal:
        for complaint in refusal.errors:
            name = complaint.pointer.split("/")[1]
            form.add_error(name if name in form.fields else None, complaint.detail)
        return show(request, row, bound=form, status=422)
    except (WrongState, Stale):
        return _moved_on(request, row.pk)
    return _lead_on(request, row.pk, verb)


def _fresh(request: HttpRequest, present: str) -> bool:
    """Whether the button was drawn from the present row; a row's own quick button carries no tag."""
    return request.POST.get("tag", present) == present


def _lead_on(request: HttpRequest, pk: UUID, verb: str) -> HttpResponse:
    actor = acting(request)
    if verb == "see":
        return HttpResponse(status=204)
    words = {"accept": _("You said yes."), "reject": _("Declined. The sender hears of it now.")}
    messages.success(request, words.get(verb, _("Saved.")))
    visible = Referral.objects.visible_to(actor, pk=pk).exists()
    return redirect("referral", pk=pk) if visible and not request.POST.get("back") else redirect("inbox")


def _moved_on(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Somebody was first: the page as it stands now, and what was typed is not lost."""
    actor = acting(request)
    row = Referral.objects.visible_to(actor, pk=pk).select_related(*RELATED).first()
    if row is None:
        messages.warning(request, _("This referral has moved on and is no longer with you. Nothing of yours was sent."))
        return redirect("inbox")
    typed = request.POST.get("text", "")
    notice = _("This has changed since you opened it. Here is how it stands now. Nothing of yours was sent.")
    return show(request, row, notice=f"{notice} {typed}".strip(), status=409)
