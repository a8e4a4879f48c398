"""What is said on a referral's page: a message with its files, a file that is opened, and how far one has read."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from frontend.asking import acting, casework, home
from frontend.talk import SayForm
from frontend.views.referral import find, show
from network.core import idempotency
from network.core.actor import Actor
from network.core.errors import NotFound, NotYours, SayMore, WrongState
from network.referrals import actions
from network.referrals.actions.conversation import MOST_FILES, require_place, require_voice
from network.referrals.conversation_views import served
from network.referrals.files import LARGEST, WORDS, NotTaken, Taken, Why, take
from network.referrals.models import Attachment, Referral


@casework
@require_POST
def say(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send it; a refusal shows the page as it stands now, with what was typed."""
    actor = acting(request)
    row = find(pk, actor)
    require_voice(row, actor)
    form = SayForm(request.POST)
    if not form.is_valid():
        return show(request, row, said=form, status=422)
    once = request.POST.get("once", "")
    reserved = idempotency.reserve(home(actor), once, "say") if once else None
    if once and reserved is None:
        return redirect("referral", pk=pk)  # the second press of one button
    refusals: list[str] = []
    try:
        require_place(row, actor)
        _send(row, actor, form, _files(request, refusals))
    except (SayMore, WrongState) as refusal:
        if reserved is not None:
            idempotency.let_go(reserved)
        return _not_sent(request, row, form, refusal, refusals)
    if reserved is not None:
        idempotency.settle(reserved, "sent")
    messages.success(request, _("Sent."))
    for words in refusals:
        messages.warning(request, words)
    return redirect("referral", pk=pk)


def _files(request: HttpRequest, refusals: list[str]) -> list[Taken]:
    """What of the files can be taken; of the others why not, by their number: a name may name a person, and a notice is a cookie."""
    found = []
    for number, file in enumerate(request.FILES.getlist("files"), start=1):
        try:
            if number > MOST_FILES:
                refusals.append(_("A message has at most %(n)d files.") % {"n": MOST_FILES})
                break
            found.append(_take(file))
        except NotTaken as refused:
            refusals.append(_("File %(n)d was not attached. %(why)s") % {"n": number, "why": WORDS[refused.why]})
    return found


def _take(file: UploadedFile[bytes]) -> Taken:
    if (file.size or 0) > LARGEST:
        raise NotTaken(Why.TOO_LARGE)
    return take(file.name or "", file.read())


def _send(row: Referral, actor: Actor, form: SayForm, files: list[Taken]) -> None:
    """The files, one by one, then the words that they go with; if these are refused, the files go too."""
    kept: list[Attachment] = []
    try:
        kept += [actions.attach(row, by=actor, file=file) for file in files]
        values = form.cleaned_data
        actions.send_message(
            row, by=actor, text=values["text"], template=values["template"] or None, attachments=[file.pk for file in kept]
        )
    except (SayMore, WrongState):
        for file in kept:
            actions.detach(file, by=actor)
        raise


def _not_sent(request: HttpRequest, row: Referral, form: SayForm, refusal: SayMore | WrongState, refusals: list[str]) -> HttpResponse:
    if isinstance(refusal, SayMore):
        for words in [*(complaint.detail for complaint in refusal.errors), *refusals]:
            form.add_error("text", words)
        return show(request, row, said=form, status=422)
    form.add_error(None, refusal.detail)
    return show(request, row, said=form, notice=_("Not sent. Your text is still here."), status=409)


@casework
@require_POST
def read(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What stood on the page when it was drawn is read."""
    actor = acting(request)
    row = find(pk, actor)
    try:
        upto = parse_datetime(request.POST.get("upto", ""))
    except ValueError:
        upto = None
    actions.mark_read(row, by=actor, upto=upto if upto is not None and upto.tzinfo else None)
    return HttpResponse() if request.headers.get("HX-Request") else redirect("referral", pk=pk)


@casework
@require_GET
def open_file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A file, to be kept by the browser and never shown by it as a page."""
    actor = acting(request)
    row = Attachment.objects.visible_to(actor).select_related("referral__person", "referral__consent").filter(pk=pk).first()
    if row is None:
        raise NotFound
    try:
        return served(row, actor)
    except (WrongState, NotYours) as refusal:
        messages.warning(request, refusal.detail)
        return redirect("referral", pk=row.referral_id)
