"""Colleagues to choose from, and the form that says when one is away."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as now_in_words
from django.utils.translation import gettext_lazy as _

from network.accounts.absence import away_at
from network.accounts.models import Absence, Membership
from network.core.actor import CASEWORK, Actor
from network.core.clock import now

MOST = 200
# How long a row may be put aside by one press; a day of one's own choice stands beside them.
MORNINGS = (("later", _("Later today")), ("tomorrow", _("Tomorrow morning")), ("monday", _("Monday morning")))


def members_of(actor: Actor) -> list[Membership]:
    """Those who do casework for the organisation that the actor acts for, each once."""
    rows = Membership.objects.active().filter(organization=actor.organization, role__in=CASEWORK)
    found = {row.user_id: row for row in rows.select_related("user").order_by("user__name", "pk")[:MOST]}
    return list(found.values())


def colleagues_of(actor: Actor) -> list[tuple[str, str]]:
    """Whom something can be handed to; of those who are away, until when and who covers."""
    if actor.organization is None:
        return []
    members, away = members_of(actor), away_at([actor.organization], now()).get(actor.organization, {})
    names = {row.user_id: str(row.user) for row in members}
    return [(str(pk), _with_absence(name, away.get(pk), names)) for pk, name in names.items()]


def _with_absence(name: str, away: Any, names: dict[Any, str]) -> str:
    if away is None:
        return name
    said = {"name": name, "until": date_format(away.until, "j M"), "cover": names.get(away.cover, "")}
    if said["cover"]:
        return now_in_words("%(name)s (away until %(until)s, %(cover)s covers)") % said
    return now_in_words("%(name)s (away until %(until)s, nobody covers)") % said


class AwayForm(forms.Form):
    """Days away, and who covers."""

    begins_on = forms.DateField(label=_("First day away"), error_messages={"required": _("Give both days.")})
    ends_on = forms.DateField(label=_("Last day away"), error_messages={"required": _("Give both days.")})
    cover = forms.ChoiceField(required=False, label=_("Who covers?"))

    def __init__(self, data: Any = None, *, member: Membership, colleagues: list[Membership], absence: Absence | None = None) -> None:
        initial = {"begins_on": absence.begins_on, "ends_on": absence.ends_on, "cover": str(absence.cover_id or "")} if absence else None
        super().__init__(data, auto_id="away-%s", initial=initial)
        for name in ("begins_on", "ends_on"):
            self.fields[name].widget = forms.DateInput(attrs={"type": "date", "class": "short"}, format="%Y-%m-%d")
        others = [(str(row.user_id), str(row.user)) for row in colleagues if row.user_id != member.user_id]
        cover = self.fields["cover"]
        assert isinstance(cover, forms.ChoiceField)
        cover.choices = [("", _("Nobody: it goes back to the team")), *others]
