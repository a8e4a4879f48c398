"""How somebody wants to hear of news: by topic, not in quiet hours, and by which browsers."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from frontend.asking import acting, staff
from network.core.actor import Actor
from network.core.errors import BadInput
from network.notify import actions, push
from network.notify.actions import Wish
from network.notify.models import Preference, PushSubscription
from network.notify.topics import Topic, When

WORKER = Path(__file__).parent.parent / "static" / "frontend" / "js" / "sw.js"
NAMES = {
    Topic.ASKED: gettext_lazy("A referral waits for your team's answer"),
    Topic.ANSWERED: gettext_lazy("An answer to a referral that you sent"),
    Topic.MESSAGES: gettext_lazy("Messages, questions and answers"),
    Topic.CHANGES: gettext_lazy("Other steps of a referral"),
}
TIMES = (
    (When.NOW.value, gettext_lazy("At once")),
    (When.DIGEST.value, gettext_lazy("Once a day, at eight")),
    (When.NEVER.value, gettext_lazy("Never")),
)


class NoticesForm(forms.Form):
    """Each topic, and quiet hours."""

    quiet_from = forms.TimeField(required=False, label=gettext_lazy("Quiet from (optional)"))
    quiet_until = forms.TimeField(required=False, label=gettext_lazy("Quiet until (optional)"))

    def __init__(self, data: Any = None, *, initial: Any = None) -> None:
        super().__init__(data, auto_id="notices-%s", initial=initial)
        topics = {
            topic.value: forms.ChoiceField(choices=TIMES, widget=forms.RadioSelect(attrs={"class": "inline_choices"}), label=name)
            for topic, name in NAMES.items()
        }
        self.fields = topics | self.fields
        for name in ("quiet_from", "quiet_until"):
            self.fields[name].widget = forms.TimeInput(attrs={"type": "time", "class": "short"}, format="%H:%M")

    def wish(self) -> Wish:
        values = self.cleaned_data
        times = {name: values.get(name) for name in ("quiet_from", "quiet_until")}
        return Wish(when={topic: When(values[topic.value]) for topic in Topic}, **times)


def notices_of(actor: Actor, form: NoticesForm | None = None) -> dict[str, Any]:
    """What the section of the settings draws."""
    row = Preference.objects.filter(user=actor.id).first() or Preference()
    names = [*(topic.value for topic in Topic), "quiet_from", "quiet_until"]
    return {
        "notices": form or NoticesForm(initial={name: getattr(row, name) for name in names}),
        "browsers": PushSubscription.objects.filter(user=actor.id).order_by("made_at"),
        "push_key": push.public_key() if push.is_on() else "",
    }


@staff
def notices(request: HttpRequest) -> HttpResponse:
    """The section by itself; what was refused is shown again with what was typed."""
    actor = acting(request)
    if request.method != "POST":
        return render(request, "frontend/settings/notices.html", notices_of(actor))
    form = NoticesForm(request.POST)
    if form.is_valid():
        try:
            actions.choose(by=actor, wish=form.wish())
        except BadInput as refusal:
            for complaint in refusal.errors:
                form.add_error(complaint.pointer.lstrip("/"), complaint.detail)
    if form.errors:
        return render(request, "frontend/settings/notices.html", notices_of(actor, form), status=422)
    messages.success(request, _("Saved."))
    return redirect("settings")


@staff
@require_POST
def add_browser(request: HttpRequest) -> HttpResponse:
    """A browser that its user has allowed to be knocked at; asked by script, as no other can."""
    try:
        actions.subscribe(by=acting(request), endpoint=request.POST.get("endpoint", ""))
    except BadInput as refusal:
        return HttpResponse(refusal.errors[0].detail, "text/plain", 422)
    return HttpResponse(status=204)


@staff
@require_POST
def end_browser(request: HttpRequest, pk: UUID) -> HttpResponse:
    actions.unsubscribe(by=acting(request), pk=pk)
    messages.success(request, _("This browser hears nothing more."))
    return redirect("settings")


@require_GET
def service_worker(request: HttpRequest) -> HttpResponse:
    """The worker, from the root: it answers for the whole site. It holds nobody's data."""
    parts = f'importScripts("{static("frontend/js/kept.js")}");\n'
    return HttpResponse(parts + WORKER.read_text(encoding="utf-8"), "text/javascript; charset=utf-8")
