"""New referral: one page from need to sent."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from frontend.asking import acting, casework, home
from frontend.forms import ReferForm
from frontend.matches import Panel, panel_of
from frontend.views.referral import find
from frontend.words import next_words
from network.core import crypto, idempotency
from network.core.actor import Actor
from network.core.clock import now
from network.core.errors import BadInput, Complaint, NotYours, Refusal, SayMore, WrongState
from network.partners.models import CrisisLine, Organization, Place, Service, TaxonomyTerm
from network.people.actions import Identity, Safety, SafeWay, Terms, create_person, set_safe_contact
from network.people.models import Grant, Person, SafeContact
from network.referrals import actions
from network.referrals.actions import Decision, Draft, Said
from network.referrals.calls import takers
from network.referrals.lifecycle import Status
from network.referrals.models import OutcomeCode, ReasonCode, Referral
from network.referrals.reading import Reader
from network.referrals.responders import readiness_of

FIELDS = {
    "/person": "name",
    "/need": "need",
    "/urgency": "urgency",
    "/place": "place",
    "/safe_contact": "way",
    "/consent": "consent",
    "/services": "service",
    "/strategy": "strategy",
    "/until": "consent",
    "/recipients": "consent",
    "/fields": "consent",
    "/reason": "again",
    "/note": "note",
    "/desired_outcomes": "desired",
    "/hopes": "hopes",
    "/code_name": "name",
    "/name": "name",
    "/channels": "message",
}


@dataclass(frozen=True, slots=True)
class Fitting:
    """Services that fit what the form says so far, and open referrals for the same."""

    services: list[Service]
    alike: list[Referral]
    was_asked: bool
    panel: Panel | None = None
    chosen: tuple[str, ...] = ()


@casework
def refer(request: HttpRequest) -> HttpResponse:
    """The form, and its sending."""
    actor = acting(request)
    if request.method != "POST":
        wanted = request.GET.get("person", "")
        person = Person.objects.kept_by(actor).filter(pk=wanted).first() if _is_uuid(wanted) else None
        start = {
            "who": "known" if person else "new",
            "code_name": person.code_name if person else "",
            "need": request.GET.get("need", ""),
            "service": [request.GET["service"]] if request.GET.get("service") else [],
        }
        return _page(request, _form(actor, initial=start), None)
    return _posted(request, None)


@casework
def draft(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A draft, to go on with."""
    actor = acting(request)
    row = find(pk, actor)
    if row.status != Status.DRAFT:
        return redirect("referral", pk=pk)
    if request.method == "POST":
        return _posted(request, row)
    ring = crypto.Keyring.for_people([row.person_id])
    start = {
        "who": "known",
        "code_name": row.person.code_name,
        "need": row.need.code,
        "urgency": row.urgency,
        "place": str(row.place or ""),
        "language": row.languages[0] if row.languages else "",
        "age_band": row.age_band,
        "constraints": row.constraints,
        "note": ring.read(row, "note") or "",
        "desired": list(row.desired_outcomes.order_by("position").values_list("code__code", flat=True)),
        "hopes": ring.read(row, "hopes") or "",
    }
    return _page(request, _form(actor, initial=start), row)


@casework
@require_POST
def fitting_services(request: HttpRequest) -> HttpResponse:
    """The part of the page that follows what was typed, and only that."""
    actor = acting(request)
    form = _form(actor, request.POST)
    form.is_valid()
    context = {"form": form, "fitting": _fitting(form, actor, None), "is_live_crisis": _said(form, "urgency") == "crisis"}
    return render(request, "frontend/refer/_services.html", context)


def _form(actor: Actor, *args: Any, **options: Any) -> ReferForm:
    form = ReferForm(*args, **options)
    groups: dict[str, list[tuple[str, str]]] = {}
    for term in TaxonomyTerm.objects.filter(scheme="need", retired_at__isnull=True).order_by("domain", "label"):
        groups.setdefault(term.domain.replace("-", " ").capitalize(), []).append((term.code, term.label))
    form.fields["need"].choices = [("", _("Choose")), *groups.items()]  # type: ignore[attr-defined]
    reasons = ReasonCode.objects.choosable("send", now()).order_by("position")
    need = (form.data.get("need") if form.is_bound else form.initial.get("need")) or ""
    codes = list(OutcomeCode.objects.choosable(now()).order_by(F("domain").desc(), "position"))
    domain = TaxonomyTerm.objects.filter(scheme="need", code=need).values_list("domain", flat=True).first()
    form.fields["desired"].choices = [(row.code, row.label) for row in codes]  # type: ignore[attr-defined]
    # Shown are those of the need; one of another need, chosen before, is let go when the page is drawn again.
    form.fields["desired"].widget.choices = [(row.code, row.label) for row in codes if domain and row.domain in {domain, ""}]
    form.fields["again"].choices = [("", _("Choose a reason")), *((row.code, row.label) for row in reasons)]  # type: ignore[attr-defined]
    return form


def _page(request: HttpRequest, form: ReferForm, row: Referral | None, status: int = 200, recorded: str = "") -> HttpResponse:
    actor = acting(request)
    if form.is_bound:
        form.is_valid()
    keeper = Organization.objects.get(pk=home(actor))
    context = {
        "form": form,
        "draft": row,
        "once": request.POST.get("once") or uuid.uuid4().hex,
        "fitting": _fitting(form, actor, row),
        "recorded": recorded,
        "people": Person.objects.kept_by(actor)
        .filter(erased_at__isnull=True)
        .order_by("-created_at")
        .values_list("code_name", flat=True)[:300],
        "places": Place.objects.order_by("name")[:500],
        "keeps_code_names": keeper.is_victim_service,
        "is_crisis": _said(form, "urgency") == "crisis",
    }
    return render(request, "frontend/refer/page.html", context, status=status)


def _said(form: ReferForm, name: str) -> Any:
    if form.is_bound:
        return getattr(form, "cleaned_data", {}).get(name, "")
    return form.initial.get(name, "")


def _fitting(form: ReferForm, actor: Actor, row: Referral | None) -> Fitting:
    need = _said(form, "need")
    if not need:
        return Fitting([], [], was_asked=False)
    chosen = _chosen(form)
    if chosen == (form.data.get("advance"),):
        chosen = ()  # by the page, and looked for anew
    panel = panel_of(form, actor, _place(_said(form, "place")), chosen)
    return Fitting(panel.services, _alike(form, actor, need, row), was_asked=True, panel=panel, chosen=panel.chosen)


def _chosen(form: ReferForm) -> tuple[str, ...]:
    """The services chosen, in the order of choosing where the page could tell it, else in that of the list."""
    chosen = [str(pk) for pk in _said(form, "service") or () if _is_uuid(pk)]
    given = form.data.get("advance")
    if given in chosen and len(chosen) > 1:
        chosen.remove(given)  # without script, what the page chose gives way here
    order = [pk for pk in str(_said(form, "order") or "").split(",") if pk in chosen]
    return tuple(dict.fromkeys([*order, *chosen]))


def _alike(form: ReferForm, actor: Actor, need: str, row: Referral | None) -> list[Referral]:
    person = _known(form, actor, row)
    term = TaxonomyTerm.objects.filter(scheme="need", code=need).first()
    return actions.open_alike(person.pk, term.pk, besides=row.pk if row else None) if person and term else []


def _known(form: ReferForm, actor: Actor, row: Referral | None) -> Person | None:
    """The person meant: by code name, or by exact name where there is just one; of a draft that was handed on, its own."""
    if row is not None and row.based_on_id is not None:
        return row.person
    kept = Person.objects.kept_by(actor).filter(erased_at__isnull=True)
    if _said(form, "who") == "known":
        return kept.filter(code_name__iexact=_said(form, "code_name").strip() or None).first()
    name = _said(form, "name").strip()
    if not name or actor.organization is None:
        return None
    same = list(kept.filter(organization=actor.organization, name_index=crypto.blind_index(actor.organization, "name", name))[:2])
    return same[0] if len(same) == 1 else None


def _place(text: str) -> Place | None:
    name, _comma, region = text.partition(",")
    rows = Place.objects.filter(name__iexact=name.strip())
    return (rows.filter(region__iexact=region.strip()).first() or rows.first()) if name.strip() else None


def _is_uuid(text: Any) -> bool:
    try:
        UUID(str(text))
    except ValueError:
        return False
    return True


# -- sending -----------------------------------------------------------------------------------------------------------------


def _posted(request: HttpRequest, row: Referral | None) -> HttpResponse:
    actor = acting(request)
    if actor.organization not in actor.casework or actor.organization is None:
        raise NotYours
    form = _form(actor, request.POST)
    if "gap" in request.POST:
        return _record_gap(request, form, row)
    if "find" in request.POST or not form.is_valid():
        return _page(request, form, row, status=200 if "find" in request.POST else 422)
    if not _is_complete(form, actor, row, is_draft="draft" in request.POST):
        return _page(request, form, row, status=422)
    if form.cleaned_data["urgency"] == "crisis" and _is_sent(request, form) and "crisis_read" not in request.POST:
        return _interruption(request, actor)
    return _keep_once(request, form, row, actor)


def _keep_once(request: HttpRequest, form: ReferForm, row: Referral | None, actor: Actor) -> HttpResponse:
    """Save or send, once for each form, however often its button is pressed."""
    assert actor.organization is not None
    key = request.POST.get("once", "") or uuid.uuid4().hex
    taken = idempotency.reserve(actor.organization, key, request.path)
    if taken is None:
        return redirect(idempotency.settled(actor.organization, key) or reverse("inbox") + "?box=sent")
    kept = row
    try:
        kept = _keep(form, row, actor)
        location = _send(request, form, kept, actor)
    except Refusal as refusal:
        idempotency.let_go(taken)
        _explain(form, refusal)
        return _page(request, form, kept, status=422)
    idempotency.settle(taken, location)
    return redirect(location)


def _is_sent(request: HttpRequest, form: ReferForm) -> bool:
    return "draft" not in request.POST and form.cleaned_data["consent"] != "later"


def _interruption(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Before a crisis is sent: what comes first, who to call and who is on call. Everything typed goes along, and nothing is blocked."""
    # Who pressed Send has chosen: what the page had proposed is no mere proposal any more.
    ours = {"csrfmiddlewaretoken", "advance"}
    typed = [(name, value) for name, values in request.POST.lists() for value in values if name not in ours]
    lines = CrisisLine.objects.filter(region__in=settings.REGIONS).order_by("position", "name")[:20]
    context = {"typed": typed, "lines": lines, "ready": readiness_of(home(actor), now())}
    return render(request, "frontend/refer/interruption.html", context)


def _record_gap(request: HttpRequest, form: ReferForm, row: Referral | None) -> HttpResponse:
    """Keep that nothing was found, once for each search of this form, however often it is pressed; what was typed stays."""
    actor = acting(request)
    form.is_valid()
    need, language, place = _said(form, "need"), _said(form, "language"), _place(_said(form, "place"))
    if _said(form, "place").strip() and place is None:
        form.add_error("place", _("Choose a town of the list, or leave it empty."))
    if not need or form.errors.get("place"):
        if not need:
            form.add_error("need", _("Choose what would help."))
        return _page(request, form, row, status=422)
    key = f"gap-{request.POST.get('once', '')[:64]}-{need}-{place.pk if place else ''}-{language}"
    taken = idempotency.reserve(home(actor), key, request.path)
    if taken is not None:
        try:
            actions.record_unmatched(need, by=actor, place=place.pk if place else None, language=language)
        except Refusal as refusal:
            idempotency.let_go(taken)
            _explain(form, refusal)
            return _page(request, form, row, status=422)
        idempotency.settle(taken, request.path)
    return _page(request, form, row, recorded=_recorded(form, need, place, language))


def _recorded(form: ReferForm, need: str, place: Place | None, language: str) -> str:
    """What was kept, and what for."""
    names = TaxonomyTerm.objects.filter(Q(scheme="need", code=need) | Q(scheme="language", code=language or "-"))
    labels = {term.scheme: term.label for term in names}
    what = ", ".join(filter(None, [labels.get("need"), place.name if place else "", labels.get("language", "")]))
    return _("Recorded: nothing was found for %(what)s. It counts in the gap analysis, and names nobody.") % {"what": what}


def _is_complete(form: ReferForm, actor: Actor, row: Referral | None, *, is_draft: bool) -> bool:
    """Each missing answer gets its own words, all at once."""
    said = dict(form.cleaned_data)  # add_error takes a field's value away
    if said["who"] == "new" and not said["name"].strip():
        form.add_error("name", _("Write a name to use."))
    if said["who"] == "known" and _known(form, actor, row) is None:
        form.add_error("code_name", _("Nobody of yours has this code name. Look at your list of people."))
    if not said["need"]:
        form.add_error("need", _("Choose what would help."))
    if said["place"].strip() and _place(said["place"]) is None:
        form.add_error("place", _("Choose a town of the list, or leave it empty."))
    if not is_draft and said["consent"] != "later":
        _is_sendable(form, actor, row)
        _is_askable(form)
    return not form.errors


def _is_askable(form: ReferForm) -> None:
    """One is asked; several in order or at once; nobody by name where anybody eligible may take it. Nothing is assumed of several."""
    count, strategy = len(_chosen(form)), form.cleaned_data["strategy"]
    if count == 0 and strategy != "open":
        form.add_error("service", _("Choose who to ask."))
    if count > 0 and strategy == "open":
        form.add_error("strategy", _("You chose somebody, and anybody eligible. Choose one of the two."))
    if count > 1 and strategy in {"", "direct"}:
        form.add_error("strategy", _("Say whether they are asked in this order or all at once."))


def _is_sendable(form: ReferForm, actor: Actor, row: Referral | None) -> None:
    said = dict(form.cleaned_data)
    known = _known(form, actor, row)
    reachable = known is not None and SafeContact.objects.filter(person=known, channels__rule="allowed").exists()
    if not said["urgency"]:
        form.add_error("urgency", _("Choose how soon an answer is needed."))
    if not said["way"] and not reachable:
        form.add_error("way", _("Choose how it is safe to reach the person."))
    if said["way"] == "phone" and not said["message"]:
        form.add_error("message", _("Say whether a message may be left on the telephone."))
    if said["way"] in {"phone", "text", "email"} and not said["address"].strip() and said["consent"] != "code":
        form.add_error("address", _("Write the number or address."))
    if not said["consent"]:
        form.add_error("consent", _("Say what the person decided."))
    if said["consent"] == "agreed" and not said["how"]:
        form.add_error("how", _("Say how the person agreed."))


def _keep(form: ReferForm, row: Referral | None, actor: Actor) -> Referral:
    """The person, how to reach them, and the draft."""
    said = form.cleaned_data
    person = _known(form, actor, row) or _new_person(said, actor)
    if said["way"] and person.organization_id == actor.organization:
        set_safe_contact(person, by=actor, safety=_safety(person, said))
    place = _place(said["place"])
    wanted = Draft(
        person=person.pk,
        need=said["need"],
        urgency=said["urgency"],
        place=place.pk if place else None,
        note=said["note"],
        languages=[said["language"]] if said["language"] else [],
        age_band=said["age_band"],
        constraints=said["constraints"],
        desired_outcomes=[code for code, _label in form.fields["desired"].widget.choices if code in said["desired"]],
        hopes=said["hopes"],
        contact_through_sender=said["consent"] == "code" or said["way"] == "keeper",
    )
    if row is None:
        return actions.create_draft(wanted, by=actor)
    return actions.edit_draft(row, wanted, by=actor, version=row.version)


def _new_person(said: dict[str, Any], actor: Actor) -> Person:
    name = said["name"].strip()
    keeper = Organization.objects.get(pk=home(actor))
    if keeper.is_victim_service:
        return create_person(by=actor, code_name=name[:40], code_only=True)
    initials = "".join(part[0] for part in name.split())[:4].upper() or "P"
    return create_person(
        by=actor,
        code_name=f"{initials}-{uuid.uuid4().hex[:5].upper()}",
        identity=Identity(name=name),
        languages=[said["language"]] if said["language"] else [],
    )


def _safety(person: Person, said: dict[str, Any]) -> Safety:
    if said["way"] == "keeper":
        return Safety(through_keeper=True)
    address = None if person.code_only else said["address"].strip() or None
    leaves = {"yes": True, "no": False}.get(said["message"]) if said["way"] == "phone" else None
    return Safety(through_keeper=False, ways=[SafeWay(said["way"], "allowed", leaves, address)])


def _send(request: HttpRequest, form: ReferForm, row: Referral, actor: Actor) -> str:
    """Send it, unless it was only to be kept; where the page leads then."""
    said = form.cleaned_data
    if "draft" in request.POST or said["consent"] == "later":
        messages.success(request, _("Saved as a draft. Nothing was sent."))
        return reverse("refer-draft", args=[row.pk])
    services = tuple(UUID(pk) for pk in _chosen(form))
    decision = Decision()
    if said["consent"] == "agreed":
        asked = set(Service.objects.filter(pk__in=services).values_list("organization", flat=True))
        recipients = takers(row, now()) if said["strategy"] == "open" else asked
        if not recipients:
            raise SayMore(verb="send", errors=(Complaint("/services", "unknown", _("Nobody on the network could take this.")),))
        days = 29 if row.person.organization.is_victim_service else 180
        decision = Decision(terms=_terms_for(row, actions.usual_terms(recipients, how=said["how"], days=days)))
    strategy = said["strategy"] or "direct"
    words = Said(services=services, strategy=strategy, reason=said["again"] or None, text=said["again_text"] or None)
    messages.success(request, _receipt(actions.send(row, by=actor, said=words, decision=decision), actor))
    return reverse("referral", args=[row.pk])


def _terms_for(row: Referral, terms: Terms) -> Terms:
    """Of a person who was handed on, no more than the sender was granted itself."""
    granted = Grant.objects.standing().filter(referral=row, organization=row.sender_id).first()
    return replace(terms, fields=terms.fields & frozenset(granted.fields)) if granted else terms


def _receipt(row: Referral, actor: Actor) -> str:
    """Who was asked, until when, and what happens if they cannot help."""
    reader = Reader([row], actor)
    asked = reader.asked(row)
    names = {offer.organization_id: offer.organization.name for offer in asked} | {row.sender_id: row.sender.name}
    told = ", ".join(offer.organization.name for offer in asked if offer.asked_at)
    sent = _("Sent to %(name)s.") % {"name": told} if told else _("Sent to everybody eligible.")
    return f"{sent} {next_words(reader.next_step(row), names, now())}"


def _explain(form: ReferForm, refusal: Refusal) -> None:
    """A refusal as words beside its field; what was typed stays."""
    if isinstance(refusal, WrongState):
        form.add_error(None, _("This draft was changed or sent meanwhile. Look at it again."))
        return
    if not isinstance(refusal, SayMore | BadInput) or not refusal.errors:
        form.add_error(None, refusal.detail)
    for complaint in refusal.errors:
        name = FIELDS.get("/" + complaint.pointer.strip("/").split("/")[0])
        form.add_error(name, complaint.detail)
