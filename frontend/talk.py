"""The conversation of one referral as its page draws it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from frontend.forms import NOTE
from network.core.clock import now
from network.core.errors import NotYours, WrongState
from network.referrals import conversation, phrases
from network.referrals.actions.conversation import require_place, require_voice
from network.referrals.conversation import Words
from network.referrals.models import ReadMark, Referral
from network.referrals.reading import Reader

SHOWN = 40


class SayForm(forms.Form):
    """Words for the other side, with a sentence to begin with. Files stand beside it: the page names each that is refused."""

    template = forms.ChoiceField(required=False, label=_("Begin with a sentence (optional)"))
    text = forms.CharField(
        max_length=NOTE,
        required=False,
        label=_("Message"),
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto", "maxlength": NOTE, "data-key": "m"}),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="say-%s")
        choices = [("", _("None")), *((phrase.code, phrase.label) for phrase in phrases.for_verb("message"))]
        self.fields["template"] = forms.ChoiceField(choices=choices, required=False, label=_("Begin with a sentence (optional)"))


@dataclass(frozen=True, slots=True)
class Talk:
    """What was said, oldest first, and the form to go on with; None where this caller may not speak now."""

    words: list[Words]
    earlier: int
    unread: int
    drawn_at: datetime
    form: SayForm | None
    once: str
    sentences: tuple[phrases.Phrase, ...]


def talk_of(row: Referral, reader: Reader, said: SayForm | None = None, *, everything: bool = False) -> Talk:
    """The last of it, or all; its queries do not grow with it."""
    drawn_at = now()
    rows = conversation.said_on(row, reader).select_related("organization", "author").order_by("-at", "pk")
    total = rows.count()
    chosen = list(rows if everything else rows[:SHOWN])[::-1]
    read_to = ReadMark.objects.filter(user=reader.actor.id, referral=row).values_list("at", flat=True).first()
    words = conversation.read(chosen, row, reader, read_to=read_to)
    form = said or (SayForm() if may_say(row, reader) else None)
    unread = reader.unread.get(row.pk, 0)
    return Talk(words, total - len(chosen), unread, drawn_at, form, uuid4().hex, phrases.for_verb("message"))


def may_say(row: Referral, reader: Reader) -> bool:
    try:
        require_voice(row, reader.actor)
        require_place(row, reader.actor)
    except (NotYours, WrongState):
        return False
    return True
