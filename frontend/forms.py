"""The forms of the pages. Nothing about a person's safety has a default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from network.core.actor import Role
from network.people.models import Channel
from network.referrals import phrases
from network.referrals.actions import Said
from network.referrals.actions.drafts import LONGEST_HOPES
from network.referrals.available import Available
from network.referrals.models import MOST_DESIRED, FollowUp, Help, Reached, Urgency, Wellbeing

NOTE = 2000
LANGUAGES = (
    ("", _("Not said")),
    ("en", "English"),
    ("es", "Español"),
    ("ar", "العربية"),
    ("so", "Soomaali"),
    ("uk", "Українська"),
    ("zh", "中文"),
    ("fr", "Français"),
    ("vi", "Tiếng Việt"),
    ("ase", _("American Sign Language")),
)
DISTANCES = (("10", _("Within 10 km")), ("25", _("Within 25 km")), ("50", _("Within 50 km")), ("200", _("Within 200 km")))
AGES = (
    ("", _("Not said")),
    ("under-12", _("Under 12")),
    ("12-17", _("12 to 17")),
    ("18-24", _("18 to 24")),
    ("25-64", _("25 to 64")),
    ("65-over", _("65 and over")),
)
ACCESS_NEEDS = (
    ("step-free", _("Step-free")),
    ("evenings", _("Open in the evening")),
    ("weekends", _("Open at weekends")),
    ("online", _("Online")),
    ("phone", _("By phone")),
    ("home-visits", _("Visits at home")),
    ("interpreter", _("Interpreter")),
)
HOW = (("in-person", _("In person")), ("by-phone", _("By telephone")), ("in-writing", _("In writing")))
WAYS = (
    (Channel.TEXT.value, _("Text message")),
    (Channel.PHONE.value, _("Telephone")),
    (Channel.EMAIL.value, _("E-mail")),
    ("keeper", _("Only through me")),
)


ASKING = (
    ("direct", _("Only the one I chose")),
    ("cascade", _("One after the other, in this order")),
    ("broadcast", _("All at once: the first yes counts")),
    ("open", _("Anyone eligible may take it: I choose nobody")),
)


REACHED = tuple(zip(Reached.values, (_("Yes"), _("Partly"), _("No"), _("Not known")), strict=True))
ASKED_AGAIN = (("wanted", _("The person wants to be asked")), ("unwanted", _("The person does not want to be asked")))
WELLBEING = tuple(
    zip(
        Wellbeing.values,
        (_("Still helped"), _("Partly"), _("No"), _("Could not be reached"), _("Does not want to be asked")),
        strict=True,
    )
)


class FollowUpForm(forms.Form):
    """What the person said when they were asked how it is going."""

    answer = forms.ChoiceField(choices=WELLBEING, widget=forms.RadioSelect, label=_("How is it going?"), required=False)

    def __init__(self, row: FollowUp, *args: Any, **options: Any) -> None:
        options["auto_id"] = f"follow-up-{row.pk}-%s"
        super().__init__(*args, **options)
        self.row = row


class MoveForm(forms.Form):
    """What one verb needs, drawn from what the caller may say."""

    def __init__(self, available: Available, *args: Any, colleagues: Any = (), services: Any = (), hopes: Any = (), **options: Any) -> None:
        options["auto_id"] = f"{available.verb}-%s"
        super().__init__(*args, **options)
        self.available = available
        self.hopes: list[str] = []
        needs = set(available.needs)
        if available.reasons:
            choices = [(row.code, row.label) for row in available.reasons]
            label = _("What happened?") if available.verb == "note" else _("Reason")
            self.fields["reason"] = forms.ChoiceField(choices=choices, widget=forms.RadioSelect, label=label, required=False)
        if "outcome" in needs:
            choices = [(Help.GOT_HELP.value, str(_("Yes"))), (Help.PARTLY.value, str(_("Partly")))]
            label = _("Did the person get help?")
            self.fields["outcome"] = forms.ChoiceField(choices=choices, widget=forms.RadioSelect, label=label, required=False)
            self._add_hopes(hopes)
        if "date" in needs or available.verb in {"accept", "note"}:
            self.fields["on"] = forms.DateField(
                widget=forms.DateInput(attrs={"type": "date", "class": "short"}), label=DATES.get(available.verb, _("Day")), required=False
            )
        if "candidates" in needs:
            self._add_services(services)
        if "assignee" in needs:
            self.fields["assignee"] = forms.ChoiceField(choices=colleagues, widget=forms.RadioSelect, label=_("Who?"), required=False)
        if sentences := phrases.for_verb(available.verb):
            choices = [("", str(_("None"))), *((phrase.code, phrase.label) for phrase in sentences)]
            self.fields["template"] = forms.ChoiceField(choices=choices, label=_("Begin with a sentence (optional)"), required=False)
        if available.reasons or "text" in needs or available.verb in {"forward", "hand-on"}:
            label = _("Your words") if "text" in needs else _("In a few words (optional)")
            self.fields["text"] = forms.CharField(
                widget=forms.Textarea(attrs={"rows": 3, "dir": "auto", "maxlength": NOTE}), label=label, required=False, max_length=NOTE
            )

    def _add_hopes(self, hopes: Any) -> None:
        """What came of each hope, and whether the person wants to be asked again; nothing is answered in advance."""
        self.hopes = [code.code for code in hopes]
        for code in hopes:
            self.fields[f"reached-{code.code}"] = forms.ChoiceField(
                choices=REACHED,
                widget=forms.RadioSelect,
                label=_("Hoped for: %(hope)s. Was it reached?") % {"hope": code.label},
                required=False,
            )
        self.fields["may_ask_again"] = forms.ChoiceField(
            choices=ASKED_AGAIN, widget=forms.RadioSelect, required=False, label=_("May we ask how it is going, after 30 and 90 days?"),
            help_text=_("As the person said. Without an answer nobody asks."),
        )  # fmt: skip

    def _add_services(self, services: Any) -> None:
        """One service to take or pass on to; one or several for the sender to ask."""
        if self.available.verb != "offer":
            label = _("With which service?") if self.available.verb == "take" else _("Who would be better?")
            self.fields["services"] = forms.ChoiceField(choices=services, widget=forms.RadioSelect, label=label, required=False)
            return
        self.fields["services"] = forms.MultipleChoiceField(
            choices=services, widget=forms.CheckboxSelectMultiple, label=_("Who is asked next?"), required=False
        )
        self.fields["strategy"] = forms.ChoiceField(
            choices=ASKING[1:], widget=forms.RadioSelect, label=_("If you choose several, or nobody by name"), required=False
        )

    def said(self) -> Said:
        values = self.cleaned_data
        chosen = values.get("services") or ()
        services = (chosen,) if isinstance(chosen, str) else tuple(chosen)
        return Said(
            reason=values.get("reason") or None,
            text=phrases.joined(self.available.verb, values.get("template"), values.get("text")) or None,
            on=values.get("on"),
            outcome=values.get("outcome") or None,
            reached={code: values[f"reached-{code}"] for code in self.hopes if values.get(f"reached-{code}")},
            may_ask_again={"wanted": True, "unwanted": False}.get(values.get("may_ask_again", "")),
            services=tuple(_uuid(pk) for pk in services),
            assignee=_uuid(values["assignee"]) if values.get("assignee") else None,
            strategy=values.get("strategy") or None,
        )

    @property
    def is_bare(self) -> bool:
        """Whether a button alone is enough."""
        return not self.fields or (not self.available.needs and self.available.verb != "hand-on")


def _uuid(text: str) -> Any:
    from uuid import UUID

    return UUID(text)


DATES = {
    "accept": _("When will it start? (optional)"),
    "waitlist": _("About when will there be a place?"),
    "hold": _("When will you look at it again?"),
    "note": _("Day of the appointment (optional)"),
}


class ReferForm(forms.Form):
    """One page from need to sent."""

    who = forms.ChoiceField(
        choices=(("new", _("Somebody new")), ("known", _("Somebody we know"))),
        widget=forms.RadioSelect,
        label=_("Who is it about?"),
        initial="new",
    )
    name = forms.CharField(
        max_length=200, required=False, label=_("Name to use"), widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"})
    )
    code_name = forms.CharField(
        max_length=40,
        required=False,
        label=_("Code name"),
        help_text=_("As your list of people has it."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "people"}),
    )
    need = forms.ChoiceField(label=_("What would help?"), required=False)
    urgency = forms.ChoiceField(
        choices=(
            (Urgency.ROUTINE.value, _("Routine: within 5 working days")),
            (Urgency.SOON.value, _("Soon: within 2 working days")),
            (Urgency.URGENT.value, _("Urgent: within 4 open hours")),
            (Urgency.CRISIS.value, _("Crisis: within 15 minutes")),
        ),
        widget=forms.RadioSelect,
        label=_("How soon is an answer needed?"),
        required=False,
    )
    place = forms.CharField(
        max_length=200,
        required=False,
        label=_("Where (optional)"),
        help_text=_("A town is near enough."),
        widget=forms.TextInput(attrs={"list": "places", "autocomplete": "off"}),
    )
    language = forms.ChoiceField(choices=LANGUAGES, required=False, label=_("Language (optional)"))
    within = forms.ChoiceField(choices=DISTANCES, required=False, initial="50", label=_("How far"))
    age_band = forms.ChoiceField(choices=AGES, required=False, label=_("Age"))
    constraints = forms.MultipleChoiceField(
        choices=ACCESS_NEEDS, required=False, widget=forms.CheckboxSelectMultiple, label=_("What must be possible")
    )
    desired = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label=_("What does the person hope for? (optional, up to 5)")
    )
    hopes = forms.CharField(
        max_length=LONGEST_HOPES,
        required=False,
        label=_("In their own words (optional)"),
        help_text=_("They read it after they said yes, like the note."),
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto", "maxlength": LONGEST_HOPES}),
    )
    note = forms.CharField(
        max_length=NOTE,
        required=False,
        label=_("Note (optional)"),
        help_text=_("What they must know, not the whole story. They read it after they said yes."),
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto", "maxlength": NOTE}),
    )
    way = forms.ChoiceField(choices=WAYS, widget=forms.RadioSelect, required=False, label=_("How is it safe to reach the person?"))
    address = forms.CharField(
        max_length=254, required=False, label=_("Number or address"), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    message = forms.ChoiceField(
        choices=(("yes", _("Yes")), ("no", _("No"))),
        widget=forms.RadioSelect,
        required=False,
        label=_("On the telephone: may a message be left?"),
    )
    service = forms.Field(widget=forms.MultipleHiddenInput, required=False)
    order = forms.CharField(max_length=400, required=False, widget=forms.HiddenInput)
    strategy = forms.ChoiceField(choices=ASKING, widget=forms.RadioSelect, required=False, label=_("How are they asked?"))
    again = forms.ChoiceField(required=False, label=_("Why another one?"))
    again_text = forms.CharField(max_length=500, required=False, label=_("In a few words (optional)"))
    consent = forms.ChoiceField(
        choices=(
            ("agreed", _("Agreed")),
            ("code", _("No name is shared: they reach the person through me")),
            ("later", _("Not asked yet: save as draft")),
        ),
        widget=forms.RadioSelect,
        required=False,
        label=_("What did the person decide?"),
    )
    how = forms.ChoiceField(choices=HOW, widget=forms.RadioSelect, required=False, label=_("How did the person agree?"))

    def clean_desired(self) -> list[str]:
        chosen = list(self.cleaned_data["desired"])
        if len(chosen) > MOST_DESIRED:
            raise forms.ValidationError(_("Choose %(most)s at most.") % {"most": MOST_DESIRED})
        return chosen


class PersonForm(forms.Form):
    """A record of a person: a code name, and an identity where one may be kept."""

    code_name = forms.CharField(
        max_length=40, label=_("Code name"), help_text=_("What colleagues call the record: initials or an invented name.")
    )
    name = forms.CharField(
        max_length=200,
        required=False,
        label=_("Name to use (optional)"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    birth_date = forms.DateField(
        required=False, label=_("Date of birth (optional)"), widget=forms.DateInput(attrs={"type": "date", "class": "short"})
    )
    address = forms.CharField(
        max_length=500, required=False, label=_("Address (optional)"), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    language = forms.ChoiceField(choices=LANGUAGES, required=False, label=_("Language (optional)"))


class SafetyForm(forms.Form):
    """How it is safe to reach a person; what is not answered is a no."""

    RULES = (("allowed", _("Safe")), ("never", _("Never")), ("", _("Not known")))

    through_keeper = forms.ChoiceField(
        choices=(("no", _("Directly, as said below")), ("yes", _("Only through us"))), widget=forms.RadioSelect, label=_("How?")
    )
    opens_at = forms.TimeField(
        required=False, label=_("Not before (optional)"), widget=forms.TimeInput(attrs={"type": "time", "class": "short"})
    )
    closes_at = forms.TimeField(
        required=False, label=_("Not after (optional)"), widget=forms.TimeInput(attrs={"type": "time", "class": "short"})
    )
    note = forms.CharField(max_length=1000, required=False, label=_("Anything else (optional)"), widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for channel in Channel:
            self.fields[f"{channel.value}_rule"] = forms.ChoiceField(
                choices=self.RULES, widget=forms.RadioSelect, required=False, label=channel.label
            )
            label = _("%(channel)s: number or address") % {"channel": channel.label}
            self.fields[f"{channel.value}_address"] = forms.CharField(
                max_length=254, required=False, label=label, widget=forms.TextInput(attrs={"autocomplete": "off"})
            )
        self.fields["phone_message"] = forms.ChoiceField(
            choices=(("yes", _("Yes")), ("no", _("No"))),
            widget=forms.RadioSelect,
            required=False,
            label=_("May a message be left on the telephone?"),
        )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if bool(values.get("opens_at")) != bool(values.get("closes_at")):
            self.add_error("closes_at", _("Give both hours, or neither."))
        if values.get("phone_rule") == "allowed" and not values.get("phone_message"):
            self.add_error("phone_message", _("Say whether a message may be left on the telephone."))
        return values


class InviteForm(forms.Form):
    """A colleague to invite."""

    email = forms.EmailField(max_length=254, label=_("E-mail at work"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(
        choices=(
            (Role.CASEWORKER.value, _("Caseworker: sends and answers referrals")),
            (Role.ADMIN.value, _("Admin: services, members, systems")),
        ),
        widget=forms.RadioSelect,
        label=_("What will they do?"),
    )


class InviteOrganizationForm(forms.Form):
    """An organisation to let in."""

    name = forms.CharField(max_length=300, label=_("Name of the organisation"))
    email = forms.EmailField(max_length=254, label=_("E-mail of its first admin"))


class CapacityForm(forms.Form):
    """One number and one press."""

    available = forms.IntegerField(
        min_value=0, max_value=100_000, label=_("Free places"), widget=forms.NumberInput(attrs={"class": "short"})
    )


class JoinForm(forms.Form):
    """Whoever holds an invitation."""

    name = forms.CharField(max_length=200, label=_("Your name"), widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 12 characters. A few words in a row are fine."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class ClaimForm(forms.Form):
    """Somebody says that a listed organisation is theirs."""

    evidence = forms.CharField(
        max_length=1000,
        label=_("How can a coordinator check it?"),
        help_text=_("A work telephone, or a page that names you."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class AssumptionsForm(forms.Form):
    """What the model takes for granted, each as a low, a middle and a high value: shares in per cent."""

    ENDS = (("low", _("low")), ("point", _("middle")), ("high", _("high")))
    # name: words, the largest value, and what one of the form is of the model's
    KNOWN: ClassVar[dict[str, tuple[Any, float, float]]] = {
        "help_share": (_("Of 100 people in distress, this many look for help in a month"), 100, 0.01),
        "clinician_places": (_("New people that one listed clinician takes in a month"), 1000, 1),
        "unknown_places": (_("Places a month at a service that nobody knows anything of"), 100_000, 1),
    }

    def __init__(self, present: Mapping[str, Sequence[float]], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, (words, most, unit) in self.KNOWN.items():
            for place, (end, end_words) in enumerate(self.ENDS):
                self.fields[f"{name}_{end}"] = forms.FloatField(
                    label=format_lazy("{}: {}", words, end_words),
                    min_value=0,
                    max_value=most,
                    initial=f"{present[name][place] / unit:.6g}",
                    widget=forms.NumberInput(attrs={"class": "short", "step": "any"}),
                )

    def rows(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """One row for each assumption: its words and its three fields."""
        return [(words, [self[f"{name}_{end}"] for end, _words in self.ENDS]) for name, (words, _most, _unit) in self.KNOWN.items()]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for name, (words, _most, _unit) in self.KNOWN.items():
            three = [values.get(f"{name}_{end}") for end, _words in self.ENDS]
            given = [float(value) for value in three if value is not None]
            if len(given) == len(three) and given != sorted(given):
                self.add_error(f"{name}_low", _("%(words)s: give low, middle and high in this order.") % {"words": words})
        return values

    def changed(self) -> dict[str, list[float]]:
        """The assumptions in the model's units."""
        return {
            name: [round(self.cleaned_data[f"{name}_{end}"] * unit, 9) for end, _words in self.ENDS]
            for name, (_words, _most, unit) in self.KNOWN.items()
        }
