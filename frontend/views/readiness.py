"""Ready for a crisis: the protocol, the chain of responders, the rota with its gaps, and drills."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from frontend.asking import acting, casework, home
from network.core.actor import Actor
from network.core.clock import now
from network.core.errors import BadInput, NotFound, Stale, WrongState
from network.referrals import actions
from network.referrals.actions.crisis_plans import PROTOCOL
from network.referrals.lane import RELATED, shown_of
from network.referrals.models import Alarm, Watch
from network.referrals.responders import Readiness, readiness_of

SHOWN_DRILLS, SHOWN_GAPS = 5, 10
# What the browser's own field for day and time sends, with and without seconds.
MOMENTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


class PlanForm(forms.Form):
    """Protocol, minutes, and a place for each colleague of the chain."""

    protocol = forms.CharField(
        required=False, max_length=PROTOCOL, label=gettext_lazy("What do you do first?"),
        help_text=gettext_lazy("Shown to colleagues before a crisis is sent and with every alarm. Nothing about a person."),
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
    )  # fmt: skip
    step_minutes = forms.IntegerField(
        min_value=1, max_value=60, label=gettext_lazy("Minutes until the next is alerted"),
        widget=forms.NumberInput(attrs={"class": "short", "min": 1, "max": 60}),
    )  # fmt: skip
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, ready: Readiness, data: Any = None) -> None:
        places = {f"place-{user.pk}": place for place, user in enumerate(ready.named, start=1)}
        plan = ready.plan
        start = {"protocol": plan.protocol, "step_minutes": plan.step_minutes, "version": plan.version, **places}
        super().__init__(data, auto_id="plan-%s", initial=start)
        for user in ready.team:
            self.fields[f"place-{user.pk}"] = forms.IntegerField(
                required=False, min_value=1, max_value=20, label=str(user),
                widget=forms.NumberInput(attrs={"class": "short", "min": 1, "max": 20}),
            )  # fmt: skip

    @property
    def places(self) -> list[Any]:
        return [self[name] for name in self.fields if name.startswith("place-")]

    def chain(self) -> list[UUID]:
        """Those with a number, in its order; of two with the same, the one listed first."""
        given = [(self.cleaned_data[name], UUID(name.removeprefix("place-"))) for name in self.fields if name.startswith("place-")]
        return [user for place, user in sorted(given, key=lambda pair: pair[0] or 0) if place]


class WatchForm(forms.Form):
    """Who is on call, from when until when, in the organisation's own time."""

    user = forms.ChoiceField(label=gettext_lazy("Who"))
    begins_at = forms.DateTimeField(
        label=gettext_lazy("From"), input_formats=MOMENTS, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENTS[0])
    )
    ends_at = forms.DateTimeField(
        label=gettext_lazy("Until"), input_formats=MOMENTS, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENTS[0])
    )

    def __init__(self, ready: Readiness, data: Any = None) -> None:
        super().__init__(data, auto_id="watch-%s")
        self.fields["user"].choices = [(str(user.pk), str(user)) for user in ready.team]  # type: ignore[attr-defined]


@casework
def readiness(request: HttpRequest) -> HttpResponse:
    """The page; an admin changes the plan by it."""
    actor = acting(request)
    ready = readiness_of(home(actor), now())
    if request.method != "POST":
        return _page(request, ready)
    form = PlanForm(ready, request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            actions.set_plan(
                by=actor, step_minutes=said["step_minutes"], protocol=said["protocol"], chain=form.chain(), version=said["version"]
            )  # fmt: skip
        except Stale:
            form.add_error(None, _("A colleague changed this meanwhile. Compare with what stands above, then save again."))
            form.data = {**form.data.dict(), "version": str(ready.plan.version)}  # type: ignore[attr-defined]
        except BadInput as refusal:
            for complaint in refusal.errors:
                form.add_error(None, complaint.detail)
        else:
            messages.success(request, _("Saved."))
            return redirect("readiness")
    return _page(request, ready, plan=form, status=422)


def _page(
    request: HttpRequest, ready: Readiness, *, plan: PlanForm | None = None, watch: WatchForm | None = None, status: int = 200
) -> HttpResponse:
    actor = acting(request)
    drills = Alarm.objects.visible_to(actor).filter(organization=ready.organization, is_drill=True).select_related(*RELATED)
    is_admin = ready.organization.pk in actor.administers
    context = {
        "ready": ready, "is_admin": is_admin, "plan": plan or PlanForm(ready), "watch": watch or WatchForm(ready),
        "drills": shown_of(drills.order_by("-raised_at", "id")[:SHOWN_DRILLS], now()), "gaps": ready.gaps[:SHOWN_GAPS],
        "bound": plan if plan is not None and plan.errors else watch if watch is not None and watch.errors else None,
        "zone": timezone.get_current_timezone_name(), "has_left": {watch.pk for watch in ready.watches} - _present(ready),
    }  # fmt: skip
    return render(request, "frontend/organisation/readiness.html", context, status=status)


def _present(ready: Readiness) -> set[UUID]:
    return {watch.pk for watch in ready.watches if watch.user_id in ready.chain.team}


@casework
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Put a colleague on call."""
    actor = acting(request)
    ready = readiness_of(home(actor), now())
    form = WatchForm(ready, request.POST)
    if form.is_valid() and _is_added(form, actor):
        messages.success(request, _("Saved."))
        return redirect("readiness")
    return _page(request, ready, watch=form, status=422)


def _is_added(form: WatchForm, actor: Actor) -> bool:
    begins, ends = (_utc(form.cleaned_data[name]) for name in ("begins_at", "ends_at"))
    try:
        actions.add_watch(by=actor, user=UUID(form.cleaned_data["user"]), begins_at=begins, ends_at=ends)
    except BadInput as refusal:
        for complaint in refusal.errors:
            form.add_error(complaint.pointer.lstrip("/"), complaint.detail)
        return False
    return True


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


@casework
@require_POST
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = Watch.objects.visible_to(acting(request)).filter(pk=pk).first()
    if row is None:
        raise NotFound
    actions.remove_watch(row, by=acting(request))
    messages.success(request, _("Taken off the rota."))
    return redirect("readiness")


@casework
@require_POST
def drill(request: HttpRequest) -> HttpResponse:
    """Start a drill; its page shows how it goes."""
    try:
        alarm = actions.start_drill(by=acting(request))
    except WrongState as refusal:
        messages.warning(request, refusal.detail)
        return redirect("readiness")
    return redirect("alarm", pk=alarm.pk)
