"""People: the record, how it is safe to reach them, what they agreed to, who has read it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from frontend.asking import acting, casework, home
from frontend.forms import PersonForm, SafetyForm
from frontend.paging import page_of
from frontend.rows import rows_of
from network.core import crypto
from network.core.actor import Actor
from network.core.clock import now
from network.core.errors import NotFound, Refusal, Stale
from network.core.models import Event
from network.partners.models import Organization
from network.people.actions import Identity, Safety, SafeWay, create_person, disclosed, edit_person, set_safe_contact
from network.people.models import Channel, Consent, FieldGroup, Person, SafeContact
from network.people.reading import contact_as_read, fields_of, is_kept, person_body
from network.people.views import ACCOUNTED
from network.referrals.actions.consents import withdraw_consent
from network.referrals.models import Referral
from network.referrals.timeline import Names
from network.referrals.views import RELATED


@casework
def people(request: HttpRequest) -> HttpResponse:
    """People whom the organisation keeps; a name is looked for by POST, so that it stands in no address."""
    actor = acting(request)
    kept = Person.objects.kept_by(actor).filter(erased_at__isnull=True).select_related("safe_contact")
    looked_for = request.POST.get("name", "").strip() if request.method == "POST" else ""
    if looked_for and actor.organization:
        found = kept.filter(name_index=crypto.blind_index(actor.organization, "name", looked_for[:200])) | kept.filter(
            code_name__iexact=looked_for
        )
        page = page_of(request, found, ("code_name", "id"))
    else:
        page = page_of(request, kept, ("code_name", "id"))
    ring = crypto.Keyring.for_people([row.pk for row in page.rows])
    rows = [(row, person_body(row, actor, fields_of(row, actor), ring, detail=False)) for row in page.rows]
    return render(request, "frontend/people/list.html", {"people": rows, "next": page.next, "looked_for": looked_for})


@casework
def new_person(request: HttpRequest) -> HttpResponse:
    actor = acting(request)
    keeper = Organization.objects.get(pk=home(actor))
    form = PersonForm(request.POST or None)
    if keeper.is_victim_service:
        for name in ("name", "birth_date", "address"):
            del form.fields[name]
    if request.method == "POST" and form.is_valid():
        try:
            row = create_person(
                by=actor,
                code_name=form.cleaned_data["code_name"],
                code_only=keeper.is_victim_service,
                languages=_languages(form),
                identity=Identity() if keeper.is_victim_service else _identity(form),
            )
        except Refusal as refusal:
            _explain(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("person-safety", pk=row.pk)
    return render(
        request,
        "frontend/people/edit.html",
        {"form": form, "keeps_code_names": keeper.is_victim_service},
        status=422 if form.errors else 200,
    )


def _identity(form: PersonForm) -> Identity:
    said = form.cleaned_data
    born = said.get("birth_date")
    return Identity(name=said["name"].strip(), birth_date=born.isoformat() if born else "", address=said["address"].strip())


def _languages(form: PersonForm) -> list[str]:
    return [form.cleaned_data["language"]] if form.cleaned_data.get("language") else []


def _explain(form: Any, refusal: Refusal) -> None:
    for complaint in refusal.errors:
        name = complaint.pointer.strip("/").split("/")[0]
        form.add_error(name if name in form.fields else None, complaint.detail)
    if not refusal.errors:
        form.add_error(None, refusal.detail)


def find(pk: UUID, actor: Actor) -> Person:
    row = Person.objects.visible_to(actor).filter(pk=pk, erased_at__isnull=True).first()
    if row is None:
        raise NotFound
    return row


def find_kept(pk: UUID, actor: Actor) -> Person:
    row = Person.objects.kept_by(actor).filter(pk=pk, erased_at__isnull=True).first()
    if row is None:
        raise NotFound
    return row


@casework
def person(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor = acting(request)
    row = find(pk, actor)
    fields = fields_of(row, actor)
    if not fields:
        raise NotFound
    kept = is_kept(row, actor)
    if not kept:
        disclosed(row.pk, actor)
    ring = crypto.Keyring.for_people([pk])
    contact = SafeContact.objects.filter(person=row).prefetch_related("channels").first() if FieldGroup.CONTACT in fields else None
    referrals = Referral.objects.visible_to(actor).filter(person=row).select_related(*RELATED).order_by("-created_at")[:50]
    consents = Consent.objects.visible_to(actor).filter(person=row).prefetch_related("recipients__organization").order_by("-given_at")[:50]
    context = {
        "person": row,
        "shown": person_body(row, actor, fields, ring, detail=True),
        "kept": kept,
        "consents": consents,
        "now": now(),
        "contact": contact_as_read(contact, ring) if contact else None,
        "rows": rows_of(referrals, actor),
        "read_by": _read_by(row) if kept else [],
    }
    return render(request, "frontend/people/person.html", context)


def _read_by(row: Person) -> list[tuple[Event, str]]:
    events = list(
        Event.objects.filter(organization=row.organization_id, subject=f"person/{row.pk}", kind__in=ACCOUNTED).order_by("-seq")[:50]
    )
    names = Names.of(events)
    return [(event, names.tell(event.actor)) for event in events]


@casework
def change_person(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor = acting(request)
    row = find_kept(pk, actor)
    ring = crypto.Keyring.for_people([pk])
    start = {name: ring.read(row, name) or "" for name in ("name", "birth_date", "address")}
    form = PersonForm(
        request.POST or None, initial={**start, "code_name": row.code_name, "language": row.languages[0] if row.languages else ""}
    )
    del form.fields["code_name"]
    if row.code_only:
        for name in ("name", "birth_date", "address"):
            del form.fields[name]
    if request.method == "POST" and form.is_valid():
        try:
            identity = Identity() if row.code_only else _identity(form)
            edit_person(row, by=actor, identity=identity, languages=_languages(form), version=_version(request, row.version))
        except Stale:
            form.add_error(None, _("Somebody changed this meanwhile. Compare, and save again."))
        except Refusal as refusal:
            _explain(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("person", pk=pk)
    context = {"form": form, "person": row, "keeps_code_names": row.code_only}
    return render(request, "frontend/people/edit.html", context, status=422 if form.errors else 200)


def _version(request: HttpRequest, present: int) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else present


@casework
def safety(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How it is safe to reach the person: each way said, or not known, which is a no."""
    actor = acting(request)
    row = find_kept(pk, actor)
    contact = SafeContact.objects.filter(person=row).prefetch_related("channels").first()
    form = SafetyForm(request.POST or None, initial=_as_said(contact, crypto.Keyring.for_people([pk])) if contact else None)
    if request.method == "POST" and form.is_valid():
        try:
            set_safe_contact(row, by=actor, safety=_safety(form.cleaned_data, row), version=contact.version if contact else None)
        except Refusal as refusal:
            _explain(form, refusal)
        else:
            messages.success(request, _("Saved. Whoever may reach the person hears of it now."))
            return redirect("person", pk=pk)
    context = {"form": form, "person": row, "channels": [(c, form[f"{c.value}_rule"], form[f"{c.value}_address"]) for c in Channel]}
    return render(request, "frontend/people/safety.html", context, status=422 if form.errors else 200)


def _as_said(contact: SafeContact, ring: crypto.Keyring) -> dict[str, Any]:
    said: dict[str, Any] = {
        "through_keeper": "yes" if contact.through_keeper else "no",
        "opens_at": contact.opens_at,
        "closes_at": contact.closes_at,
        "note": ring.read(contact, "note") or "",
    }
    for way in contact.channels.all():
        said |= {f"{way.channel}_rule": way.rule, f"{way.channel}_address": ring.read(way, "address") or ""}
        if way.channel == Channel.PHONE and way.may_leave_message is not None:
            said["phone_message"] = "yes" if way.may_leave_message else "no"
    return said


def _safety(said: dict[str, Any], row: Person) -> Safety:
    ways = [
        SafeWay(
            c.value,
            said[f"{c.value}_rule"],
            {"yes": True, "no": False}.get(said["phone_message"]) if c is Channel.PHONE else None,
            None if row.code_only else said[f"{c.value}_address"].strip() or None,
        )
        for c in Channel
        if said[f"{c.value}_rule"]
    ]
    return Safety(
        through_keeper=said["through_keeper"] == "yes",
        ways=ways,
        opens_at=said["opens_at"],
        closes_at=said["closes_at"],
        note=said["note"] or None,
    )


@casework
@require_POST
def stop_sharing(request: HttpRequest, pk: UUID, consent: UUID) -> HttpResponse:
    """The person no longer agrees: for one organisation, or for all."""
    actor = acting(request)
    row = find_kept(pk, actor)
    found = Consent.objects.filter(pk=consent, person=row).first()
    if found is None:
        raise NotFound
    try:
        withdraw_consent(found, by=actor)
    except Refusal as refusal:
        messages.warning(request, refusal.detail)
    else:
        messages.success(request, _("No longer shared. They cannot open the record any more. What they read before, they may remember."))
    return redirect("person", pk=pk)
