"""One referral: where it stands, what can be done now, and everything that was said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from frontend.asking import acting, casework
from frontend.colleagues import colleagues_of
from frontend.follow_ups import follow_ups_of, hopes_in_words
from frontend.forms import FollowUpForm, MoveForm
from frontend.rows import row_of
from frontend.talk import SayForm, talk_of
from frontend.undos import undo_seconds, undos_of
from frontend.words import DONE, MACHINE, next_words, offer_words
from network.core import etags
from network.core.actor import Actor
from network.core.clock import now
from network.core.errors import NotFound, SayMore, Stale, WrongState
from network.partners.models import Service
from network.partners.search import Wanted, find_services, nearest
from network.people.actions import disclosed
from network.referrals import actions
from network.referrals.available import Available
from network.referrals.lifecycle import CLOSED, Business, LiesOn, Status
from network.referrals.models import Offer, Referral
from network.referrals.reading import Reader
from network.referrals.timeline import Happened, timeline
from network.referrals.views import RELATED
from network.referrals.views import tag_of as tag_for

# The next best move first; the rest lies behind "More".
PRIMARY = ("accept", "take", "start", "complete", "answer", "offer", "send")
SECOND = ("reject", "forward", "ask", "note", "fail", "waitlist", "hand-on", "cancel")
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
    row = Referral.objects.select_related(*RELATED).one_visible_to(actor, pk)
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
    follow_up: FollowUpForm | None = None,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page; `bound`, `said` and `follow_up` are forms that were refused, with what was typed."""
    actor = acting(request)
    reader = Reader([row], actor)
    if reader.is_full(row) and row.person.organization_id not in actor.organizations:
        disclosed(row.person_id, actor)  # recorded before the page leaves
    offers = reader.offers_of(row)
    acts = acts_of(row, reader, actor, bound)
    names = {offer.organization_id: offer.organization.name for offer in offers} | {row.sender_id: row.sender.name}
    unanswered = row.business_status in {Business.UNPLACED, Business.ESCALATED} and reader.is_sender(row)
    context: dict[str, Any] = {
        "row": row_of(row, reader, now()),
        "next_words": next_words(reader.next_step(row), names, now()),
        "fresh": fresh(row, actor) if unanswered and any(act.available.verb == "offer" for act in acts) else [],
        "undos": undos_of(actor, undo_seconds(request), row.pk),
        "handed_on": reader.handed_on(row),
        "referral": row,
        "person": reader.person(row, detail=True),
        "acts": acts,
        "notice": notice,
        "timeline": told(timeline(row, offers, actor, only_own_words=not reader.is_live(row))),
        "asked": [(offer, offer_words(offer)) for offer in reader.asked(row)],
        "case": reader.case_members[row.pk],
        "is_sender": reader.is_sender(row),
        "hopes": hopes_in_words(row, reader),
        "follow_ups": follow_ups_of(row, actor, follow_up),
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
            else form_of(available, row, actor, reader)
        )
        rank = 0 if available.verb in PRIMARY else 1 if available.verb in SECOND else 2
        found.append(Act(available, form, tag_of(available, row, offers, reader), rank))
    order = {verb: number for number, verb in enumerate((*PRIMARY, *SECOND))}
    return sorted(found, key=lambda act: (act.rank, order.get(act.available.verb, 99)))


def tag_of(available: Available, row: Referral, offers: dict[UUID, Offer], reader: Reader) -> str:
    if available.lies_on is LiesOn.OFFER:
        return etags.tag(offers[available.pk])
    return tag_for(row, reader)


def form_of(available: Available, row: Referral, actor: Actor, reader: Reader, data: Any = None) -> MoveForm:
    colleagues = colleagues_of(actor) if "assignee" in available.needs else ()
    services: list[tuple[str, str]] = []
    if available.verb == "take":
        services = [(str(service.pk), service.name) for service in reader.possible.takeable.get(row.pk, ())]
    elif "candidates" in available.needs:
        services = askable(row, actor)
    hopes = reader.desired(row) if available.verb == "complete" else ()
    return MoveForm(available, data, colleagues=colleagues, services=services, hopes=hopes)


def askable(row: Referral, actor: Actor) -> list[tuple[str, str]]:
    """Services for the same need that the sender may ask, nearest first where the place is known.

    A sender's list leaves out whom it asks already; a receiver's does not, since it may not know whom.
    """
    hidden = Q(organization__in=[row.sender_id, actor.organization])
    if row.sender_id == actor.organization:
        hidden |= Q(organization__offers__in=row.offers.open())
    return [(str(service.pk), f"{service.organization.name}: {service.name}") for service in _for_the_need(row, actor, hidden)[:12]]


def fresh(row: Referral, actor: Actor) -> list[Service]:
    """Three that were not asked yet, for one press each."""
    return list(_for_the_need(row, actor, Q(organization__offers__referral=row))[:3])


def _for_the_need(row: Referral, actor: Actor, hidden: Q) -> QuerySet[Service]:
    """Near the place; where nobody is near, or nobody knows how far they are, anywhere: the list is no dead end."""
    for place in dict.fromkeys([row.place, None]):
        wanted = Wanted(need=row.need.code, place=place, within_km=200, asked_by=row.sender_id)
        found = find_services(actor, wanted, now().date()).exclude(hidden).order_by(*nearest(place)).select_related("organization")
        if found.exists():
            break
    return found


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
    row = Referral.objects.select_related(*RELATED).one_visible_to(actor, pk)
    if row is None and verb == "take":
        # Whoever was faster ended the sight of it: that is no missing page to the one who presses.
        return _moved_on(request, pk)
    if row is None:
        raise NotFound
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
    if "had" in request.POST and offer.claimed_by_id not in {None, actor.id} and str(offer.claimed_by_id) != request.POST["had"]:
        return _moved_on(request, offer.referral_id)  # a colleague has it since; taking over is said outright
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
    reader = Reader([row], actor)
    form = form_of(available, row, actor, reader, request.POST)
    if not form.is_valid():
        return show(request, row, bound=form, status=422)
    try:
        if offer is not None and verb == "reject":
            # Asks the next candidate, so it cannot be undone: it waits out the time in which it can be taken back.
            seconds = undo_seconds(request)
            actions.hold_decline(offer, by=actor, said=form.said(), seconds=seconds, fresh=_fresh(request, etags.tag(offer)))
        elif offer is not None:
            # Of two who claim at once the second is told, whoever read it first.
            version = offer.version if verb == "claim" else None
            actions.move(offer, verb, by=actor, said=form.said(), fresh=_fresh(request, etags.tag(offer)), version=version)
        else:
            actions.move_referral(row, verb, by=actor, said=form.said(), fresh=_fresh(request, tag_for(row, reader)))
    except SayMore as refusal:
        for complaint in refusal.errors:
            name = complaint.pointer.strip("/").replace("/", "-")
            name = name if name in form.fields else complaint.pointer.split("/")[1]
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
    if verb == "hand-on":
        messages.success(request, _("Closed here. This is the new referral, not sent yet: choose who is asked."))
        return redirect("refer-draft", pk=Referral.objects.filter(based_on=pk, sender=actor.organization).latest("created_at").pk)
    words = {"accept": _("You said yes."), "take": _("You took it. The person is with you now.")}
    if verb != "reject":  # the strip says it
        messages.success(request, words.get(verb, _("Saved.")))
    visible = Referral.objects.one_visible_to(actor, pk) is not None
    return redirect("referral", pk=pk) if visible and not request.POST.get("back") else redirect("inbox")


def _moved_on(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Somebody was first: the page as it stands now, and what was typed is not lost."""
    actor = acting(request)
    row = Referral.objects.select_related(*RELATED).one_visible_to(actor, pk)
    if row is None:
        messages.warning(request, _("This referral has moved on and is no longer with you. Nothing of yours was sent."))
        return redirect("inbox")
    typed = request.POST.get("text", "")
    notice = _("This has changed since you opened it. Here is how it stands now. Nothing of yours was sent.")
    return show(request, row, notice=f"{notice} {typed}".strip(), status=409)
