"""Reasons of matching as whole sentences, the one place where codes become words: English for the API, the reader's language for pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .candidates import Capacity, Matches
from .matching import Reason

Labels = Mapping[tuple[str, str], str]
SCHEMES = {
    "need_not_met": "need", "meets_need": "need", "language_absent": "language", "speaks": "language", "interpreter": "language",
    "language_missing": "language", "languages_unknown": "language", "access_offered": "access", "access_not_stated": "access",
    "population_offered": "population", "population_not_stated": "population", "no_travel": "access",
}  # fmt: skip
# Sentences without a figure; `about` is what people call the code, `first` the organisation that stands first.
SENTENCES = {
    # near misses
    "need_not_met": gettext_lazy("Does not offer: %(about)s"),
    "language_absent": gettext_lazy("Does not work in this language: %(about)s"),
    "closed": gettext_lazy("Closed at the moment"),
    "agreement_missing": gettext_lazy("Takes referrals by agreement only, and there is none with you"),
    "not_on_network": gettext_lazy("Not on the network yet"),
    # for
    "meets_need": gettext_lazy("Offers: %(about)s"),
    "no_travel": gettext_lazy("No travel needed: %(about)s"),
    "confidential_place": gettext_lazy("Its place is confidential; the way there is not counted"),
    "speaks": gettext_lazy("Works in this language: %(about)s"),
    "access_offered": gettext_lazy("%(about)s: yes"),
    "population_offered": gettext_lazy("Made for: %(about)s"),
    "age_fits": gettext_lazy("The age fits"),
    "free": gettext_lazy("Free of charge"),
    "open_then": gettext_lazy("Open when wanted"),
    "agreement": gettext_lazy("Agreement in force"),
    # against
    "place_unknown": gettext_lazy("Where it is given is not known"),
    "declined_area_lately": gettext_lazy("Said no to somebody as outside its area in the last 90 days"),
    "interpreter": gettext_lazy("With an interpreter, not in this language itself: %(about)s"),
    "language_missing": gettext_lazy("Does not say that it works in this language: %(about)s"),
    "languages_unknown": gettext_lazy("Has not said in which languages it works; wanted: %(about)s"),
    "declined_language_lately": gettext_lazy("Said no in the last 90 days because nobody spoke the language"),
    "access_not_stated": gettext_lazy("%(about)s: not stated"),
    "population_not_stated": gettext_lazy("Not made specially for: %(about)s"),
    "costs": gettext_lazy("Costs something"),
    "cost_unknown": gettext_lazy("Has not said whether it is free"),
    "full": gettext_lazy("No free place, as it says itself"),
    "places_unknown": gettext_lazy("How many places it has is not known"),
    "full_lately": gettext_lazy("Said no for lack of places in the last 90 days"),
    "silent_lately": gettext_lazy("Left a request without an answer in the last 90 days"),
    "hours_unknown": gettext_lazy("When it is open is not known"),
    "never_confirmed": gettext_lazy("Its entry was never confirmed"),
    # why not first
    "first_travel": gettext_lazy("%(first)s is easier to get to"),
    "first_language": gettext_lazy("%(first)s fits the language better"),
    "first_access": gettext_lazy("%(first)s says more of what is needed to take part"),
    "first_culture": gettext_lazy("%(first)s is made for people like this person"),
    "first_age": gettext_lazy("%(first)s fits the age better"),
    "first_cost": gettext_lazy("%(first)s costs less, or says that it is free"),
    "first_places": gettext_lazy("%(first)s is likely to have a place sooner"),
    "first_answer": gettext_lazy("%(first)s usually answers sooner"),
    "first_hours": gettext_lazy("%(first)s is open sooner"),
    "first_agreement": gettext_lazy("%(first)s has an agreement with you"),
    "first_freshness": gettext_lazy("%(first)s was confirmed more recently"),
    "equal_but_more_work": gettext_lazy("Fits as well as %(first)s, which has less open work for its size"),
    "equal_but_asked_later": gettext_lazy("Fits as well as %(first)s, which was asked longer ago"),
    "equal_by_turn": gettext_lazy("Fits as well as %(first)s; who stands first among equals changes by the day"),
}


def _wait(number: float) -> str:
    days = round(number)
    return ngettext("Place in about %(n)d day", "Place in about %(n)d days", days) % {"n": days}


def _answers(number: float) -> str:
    days = round(number)
    return ngettext("Usually answers within %(n)d day", "Usually answers within %(n)d days", days) % {"n": days}


def _confirmed(number: float) -> str:
    days = round(number)
    return ngettext("Confirmed %(n)d day ago", "Confirmed %(n)d days ago", days) % {"n": days} if days > 0 else _("Confirmed today")


def _in_months(number: float) -> str:
    months = max(int(number // 30), 1)
    return ngettext("Last confirmed %(n)d month ago", "Last confirmed %(n)d months ago", months) % {"n": months}


def _opens_in(number: float) -> str:
    hours = max(round(number), 1)
    if hours < 48:
        return ngettext("Closed when wanted; opens within %(n)d hour", "Closed when wanted; opens within %(n)d hours", hours) % {"n": hours}
    days = round(hours / 24)
    return ngettext("Closed when wanted; opens in %(n)d day", "Closed when wanted; opens in %(n)d days", days) % {"n": days}


def _a_month(number: float) -> str:
    people = max(round(number), 1)
    text = ngettext(
        "Took about %(n)d person a month, seen from its answers", "Took about %(n)d people a month, seen from its answers", people
    )
    return text % {"n": people}


FIGURES: dict[str, Callable[[float], str]] = {
    "up_to_age": lambda n: _("For people up to %(age)d only") % {"age": n},
    "from_age": lambda n: _("For people from %(age)d only") % {"age": n},
    "only_up_to_age": lambda n: _("Up to the age of %(age)d: check that it fits") % {"age": n},
    "only_from_age": lambda n: _("From the age of %(age)d: check that it fits") % {"age": n},
    "too_far": lambda n: _("%(km)s km away, further than you wanted") % {"km": f"{n:g}"},
    "outside_catchment": lambda n: _("Takes people from within %(km)s km only") % {"km": f"{n:g}"},
    "distance": lambda n: _("%(km)s km away") % {"km": f"{n:g}"},
    "free_places": lambda n: ngettext("%(n)d free place", "%(n)d free places", int(n)) % {"n": int(n)},
    "wait": _wait,
    "accepts_a_month": _a_month,
    "answers_within": _answers,
    "opens_in": _opens_in,
    "confirmed": _confirmed,
    "confirmed_long_ago": _in_months,
}


def in_words(reason: Reason, matches: Matches) -> str:
    """One reason as a sentence."""
    if reason.code in FIGURES and reason.number is not None:
        return FIGURES[reason.code](reason.number)
    about = matches.labels.get((SCHEMES.get(reason.code, ""), reason.about), reason.about)
    return str(SENTENCES[reason.code]) % {"about": about, "first": matches.first_name}


def all_in_words(reasons: Iterable[Reason], matches: Matches) -> list[str]:
    return [in_words(reason, matches) for reason in reasons]


def capacity_in_words(capacity: Capacity) -> str:
    """What is known of a service's places, and how."""
    if capacity.basis == "stated" and capacity.places is not None:
        return ngettext("%(n)d free place", "%(n)d free places", capacity.places) % {"n": capacity.places}
    if capacity.basis == "inferred" and capacity.a_month is not None:
        return _a_month(capacity.a_month)
    return str(SENTENCES["places_unknown"])


__all__ = ["FIGURES", "SENTENCES", "all_in_words", "capacity_in_words", "in_words"]
