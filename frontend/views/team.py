"""A team at work: rows handed over or put aside, who is looking, who is away, and what a colleague who left had."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from frontend.asking import acting, casework, staff
from frontend.colleagues import MORNINGS, AwayForm, colleagues_of, members_of
from frontend.views.referral import find
from frontend.words import looking_words, when
from network.accounts.actions import be_away, be_back
from network.accounts.models import Absence, Membership, User
from network.core.actor import CASEWORK, Actor
from network.core.api import parse_uuid
from network.core.clock import now
from network.core.errors import BadInput, Malformed, NotFound, Refusal
from network.referrals import actions, deadlines
from network.referrals.models import Offer
from network.referrals.reading import Reader
from network.referrals.team_views import returned


@casework
@require_POST
def assign(request: HttpRequest) -> HttpResponse:
    """Hand the chosen rows to a colleague or the team; each that could not be done is named with its reason."""
    actor = acting(request)
    chosen, to = request.POST.getlist("offer"), request.POST.get("assignee", "")
    try:
        wanted = [pk for text in chosen if (pk := parse_uuid(text, "offer"))]
        done = actions.assign_many(wanted, by=actor, assignee=parse_uuid(to, "assignee") if to != "team" else None)
    except (BadInput, Malformed):
        messages.warning(request, _("Choose at least one row, and who it is for. Nothing was changed."))
        return redirect("inbox")
    handed = [one for one in done if one.refusal is None]
    if handed:
        _say_handed(request, len(handed), {one.to for one in handed})
    rows = Offer.objects.visible_to(actor).select_related("referral").in_bulk([one.offer for one in done if one.refusal])
    for one in done:
        if one.refusal is not None:
            name = rows[one.offer].referral.reference if one.offer in rows else _("One that is no longer with you")
            messages.warning(request, _("%(name)s was not handed over: %(why)s") % {"name": name, "why": one.refusal.detail})
    return redirect("inbox")


def _say_handed(request: HttpRequest, count: int, to: set[UUID | None]) -> None:
    names = ", ".join(str(user) for user in User.objects.filter(pk__in=[pk for pk in to if pk]).order_by("name"))
    words = ngettext("%(n)d is with %(who)s now.", "%(n)d are with %(who)s now.", count)
    messages.success(request, words % {"n": count, "who": names or _("the team")})


@casework
@require_POST
def snooze(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Hide a row until later today, a morning, or a day of one's choice."""
    actor = acting(request)
    offer = Offer.objects.visible_to(actor).filter(pk=pk).first()
    if offer is None:
        raise NotFound
    chosen, zone = request.POST.get("when", ""), timezone.get_current_timezone()
    on = parse_date(request.POST.get("on", "")) if chosen == "date" else None
    if on is None and chosen not in {name for name, _words in MORNINGS}:
        messages.warning(request, _("Choose until when."))
        return redirect("inbox")
    until = deadlines.morning(on, zone) if on else deadlines.put_aside_until(chosen, now(), zone)
    try:
        row = actions.snooze(offer, by=actor, until=until)
    except Refusal as refusal:
        found = refusal.facts.get("errors") or getattr(refusal, "errors", ())
        messages.warning(request, found[0].detail if found else refusal.detail)
    else:
        words = _("Put aside until %(at)s. It comes back sooner if anything happens.")
        messages.success(request, words % {"at": when(row.until, now())})
    return redirect("inbox")


@casework
@require_POST
def wake(request: HttpRequest, pk: UUID) -> HttpResponse:
    offer = Offer.objects.visible_to(acting(request)).filter(pk=pk).first()
    if offer is None:
        raise NotFound
    actions.wake(offer, by=acting(request))
    messages.success(request, _("It is in the inbox again."))
    return redirect("inbox")


@casework
def here(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Which colleagues have it open, in words; a POST says that the reader has."""
    actor = acting(request)
    row = find(pk, actor)
    if request.method == "POST":
        actions.look(row, by=actor)
    return HttpResponse(looking_words(Reader([row], actor).looking.get(pk, ())), "text/plain; charset=utf-8")


# -- away --------------------------------------------------------------------------------------------------------------------


def own_membership(actor: Actor) -> Membership | None:
    """By which the actor works on referrals where they act now."""
    rows = Membership.objects.active().filter(user=actor.id, organization=actor.organization, role__in=CASEWORK)
    return rows.select_related("user", "organization").order_by("pk").first()


def away_of(actor: Actor, member: Membership | None = None, form: AwayForm | None = None) -> dict[str, Any]:
    """What the section about days away draws; nothing for somebody who does no casework."""
    member = member or own_membership(actor)
    if member is None:
        return {}
    absence = Absence.objects.visible_to(actor).filter(user=member.user_id, organization=member.organization_id).first()
    form = form or AwayForm(member=member, colleagues=members_of(actor), absence=absence)
    return {"away": form, "absence": absence, "member": member, "is_own": member.user_id == actor.id}


@staff
def away(request: HttpRequest, pk: UUID | None = None) -> HttpResponse:
    """One's own days away, or those of a member for whom an admin says them."""
    actor = acting(request)
    rows = Membership.objects.active().visible_to(actor).filter(organization=actor.organization).select_related("user", "organization")
    member = rows.filter(pk=pk).first() if pk else own_membership(actor)
    if member is None:
        raise NotFound
    if request.method != "POST":
        return render(request, "frontend/settings/away.html", away_of(actor, member))
    if request.POST.get("back"):
        be_back(member, by=actor)
        messages.success(request, _("Welcome back.") if member.user_id == actor.id else _("Saved."))
        return redirect("organisation" if pk else "settings")
    form = AwayForm(request.POST, member=member, colleagues=members_of(actor))
    if form.is_valid():
        try:
            cover = parse_uuid(form.cleaned_data["cover"] or None, "cover")
            be_away(member, by=actor, **form.cleaned_data | {"cover": cover})
        except BadInput as refusal:
            for complaint in refusal.errors:
                form.add_error(complaint.pointer.lstrip("/"), complaint.detail)
    if form.errors:
        return render(request, "frontend/settings/away.html", away_of(actor, member, form), status=422)
    messages.success(request, _("Saved."))
    return redirect("organisation" if pk else "settings")


# -- gone --------------------------------------------------------------------------------------------------------------------


@casework
def given_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What a colleague who left had: for an admin, to hand it to somebody."""
    actor = acting(request)
    left = (
        Membership.objects.visible_to(actor)
        .filter(pk=pk, until__isnull=False, organization=actor.organization)
        .select_related("user")
        .first()
    )
    if left is None or left.organization_id not in actor.casework:
        raise NotFound
    rows = returned(left, actor)
    waiting = Offer.objects.asked_of(actor).filter(referral__in=rows, status="requested").values_list("referral", "pk")
    context = {"left": left, "rows": [(row, dict(waiting).get(row.pk)) for row in rows], "colleagues": colleagues_of(actor)}
    return render(request, "frontend/organisation/given_back.html", context)
