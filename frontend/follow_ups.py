"""What was hoped for and what came of it, and whom to ask how it is going, as pages show them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from frontend.forms import REACHED, WELLBEING, FollowUpForm
from network.core.actor import Actor
from network.referrals.models import FollowUp, Referral
from network.referrals.reading import Reader

SHOWN = 20  # of those that wait, on a page of many


@dataclass(frozen=True, slots=True)
class Hope:
    """A hope in words, and what came of it."""

    label: str
    answer: str


@dataclass(frozen=True, slots=True)
class Asking:
    """A follow-up: what was answered, or the form to answer it."""

    row: FollowUp
    words: str
    form: FollowUpForm | None


def hopes_in_words(row: Referral, reader: Reader) -> list[Hope]:
    outcome = reader.outcome(row)
    answers = {each["code"]: each["answer"] for each in outcome["reached"]} if outcome else {}
    words = {value: str(name) for value, name in REACHED}
    return [Hope(code.label, words.get(answers.get(code.code) or "", "")) for code in reader.desired(row)]


def follow_ups_of(row: Referral, actor: Actor, bound: FollowUpForm | None = None) -> list[Asking]:
    """Of one referral, those to be asked by the actor's organisation and those that were answered."""
    rows = FollowUp.objects.visible_to(actor).filter(referral=row).select_related("referral").order_by("days")
    return [asking for each in rows if (asking := _asking(each, actor, bound))]


def to_ask(actor: Actor, *, own: bool) -> list[Asking]:
    """Those that wait for the actor's organisations, the oldest first; of one's own cases alone where `own`."""
    rows = FollowUp.objects.waiting().filter(organization__in=actor.casework).select_related("referral__need")
    if own:
        rows = rows.filter(referral__case_members__user=actor.id, referral__case_members__until__isnull=True).distinct()
    return [asking for each in rows.order_by("due_at", "id")[:SHOWN] if (asking := _asking(each, actor))]


def _asking(row: FollowUp, actor: Actor, bound: FollowUpForm | None = None) -> Asking | None:
    if row.answer:
        words = {value: str(name) for value, name in WELLBEING}[row.answer]
        return Asking(row, _("After %(days)s days: %(answer)s") % {"days": row.days, "answer": words}, None)
    if row.ended_at is not None or row.organization_id != actor.organization or actor.organization not in actor.casework:
        return None
    return Asking(row, "", bound if bound is not None and bound.row.pk == row.pk else FollowUpForm(row))
