"""The panel of the refer page that says which services fit, why, and what to do where none does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from frontend.forms import DISTANCES, ReferForm
from network.core.actor import Actor
from network.core.clock import now
from network.core.errors import Refusal
from network.core.logs import log
from network.partners.models import Place, Service
from network.referrals.candidates import Match, Matches, find_matches, wanted
from network.referrals.matching import Failure
from network.referrals.reasons_in_words import all_in_words, capacity_in_words

FIRST = 8  # shown at once; the rest waits for a press
USUAL_KM = 50
BY_NAME = 500
UNASKABLE = frozenset({Failure.CLOSED, Failure.AGREEMENT, Failure.NETWORK})
PLACES_SAID = frozenset({"free_places", "accepts_a_month", "places_unknown"})  # the line on places has them, with their date


@dataclass(frozen=True, slots=True)
class Card:
    """A service of the panel, with its reasons in words."""

    service: Service
    pro: list[str] = field(default_factory=list)
    contra: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    why_not_first: list[str] = field(default_factory=list)
    places: str = ""
    places_as_of: datetime | None = None
    is_stated: bool = False
    can_be_asked: bool = True
    is_clear: bool = False  # nothing speaks against it


@dataclass(frozen=True, slots=True)
class Panel:
    """Everything that the template shows; `by_name` alone where matching is away."""

    first: list[Card] = field(default_factory=list)
    more: list[Card] = field(default_factory=list)
    near: list[Card] = field(default_factory=list)
    total: int = 0
    picked: list[Card] = field(default_factory=list)  # chosen before, and not among those that fit
    chosen: tuple[str, ...] = ()
    in_advance: bool = False  # by the page, not by somebody: gives way to the first choice
    nothing: str = ""  # why there is no match, in a sentence
    wider: str = ""  # the next distance to look in
    by_name: list[Service] | None = None

    @property
    def services(self) -> list[Service]:
        return [card.service for card in (*self.first, *self.more)]

    @property
    def shown(self) -> list[tuple[int, Card]]:
        """Cards that can be chosen, numbered from 1; those picked before stand first."""
        return list(enumerate([*(card for card in self.picked if card.can_be_asked), *self.first], 1))

    @property
    def refused(self) -> list[Card]:
        """Chosen before, and not to be asked now."""
        return [card for card in self.picked if not card.can_be_asked]

    @property
    def waiting(self) -> list[tuple[int, Card]]:
        """Those that wait for a press on "Show more"."""
        return list(enumerate(self.more, len(self.shown) + 1))


def panel_of(form: ReferForm, actor: Actor, place: Place | None, chosen: tuple[str, ...]) -> Panel:
    """Matches for what the form says. A failure of matching leaves a list by name: sending must not wait for it."""
    try:
        return _panel(form, actor, place, chosen)
    except Refusal:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it was, a service can still be picked by name
        log.error("matching_failed", error=type(error).__name__)
        return Panel(by_name=_by_name(actor), chosen=chosen)


def _panel(form: ReferForm, actor: Actor, place: Place | None, chosen: tuple[str, ...]) -> Panel:
    at, within = now(), _within(form)
    language = _said(form, "language")
    want = wanted(
        needs=[_said(form, "need")], place=place, within_km=float(within), languages=[language] if language else [],
        access=list(_said(form, "constraints") or []), age_band=_said(form, "age_band"), urgency=_said(form, "urgency"), at=at,
    )  # fmt: skip
    wished = [pk for pk in map(_uuid, chosen) if pk]
    matches = find_matches(want, by=actor, at=at, also=wished)
    fits = [_card(match, matches) for match in matches.fits]
    near = [_card(match, matches) for match in matches.near]
    fitting = {card.service.pk for card in fits}
    picked = [card for pk in wished if pk not in fitting and (card := _picked(pk, near, actor))]
    refused = {str(card.service.pk) for card in picked if not card.can_be_asked}
    return Panel(
        first=fits[:FIRST], more=fits[FIRST:], near=[card for card in near if card.service.pk not in wished], total=matches.total,
        picked=picked,
        chosen=tuple(pk for pk in chosen if pk not in refused) if chosen else _in_advance(form, fits),
        in_advance=not chosen,
        nothing="" if fits else _nothing(matches, place, within, language),
        wider=next((km for km, _words in DISTANCES if int(km) > int(within)), "") if place else "",
    )  # fmt: skip


def _in_advance(form: ReferForm, fits: list[Card]) -> tuple[str, ...]:
    """The best one, where nothing speaks against it and not everybody eligible is to be asked."""
    is_clear = bool(fits) and fits[0].is_clear and _said(form, "strategy") != "open"
    return (str(fits[0].service.pk),) if is_clear else ()


def _card(match: Match, matches: Matches) -> Card:
    return Card(
        match.service,
        all_in_words((reason for reason in match.pro if reason.code not in PLACES_SAID), matches),
        all_in_words((reason for reason in match.contra if reason.code not in PLACES_SAID), matches),
        all_in_words(match.missing, matches),
        all_in_words(match.why_not_first, matches),
        capacity_in_words(match.capacity),
        match.capacity.as_of,
        match.capacity.basis == "stated",
        can_be_asked=not any(reason.part in UNASKABLE for reason in match.missing),
        is_clear=not match.contra,
    )


def _picked(pk: UUID, near: list[Card], actor: Actor) -> Card | None:
    """The service that was chosen before and does not fit: with what is missing where that is known."""
    found = next((card for card in near if card.service.pk == pk), None)
    if found is not None:
        return found
    service = Service.objects.visible_to(actor).filter(pk=pk).select_related("organization").first()
    if service is None:
        return None
    askable = _askable(actor).filter(pk=pk).exists()
    missing = _("Does not offer what you look for") if askable else _("Cannot be asked: closed, not on the network, or by agreement only")
    return Card(service, missing=[missing], can_be_asked=askable)


def _nothing(matches: Matches, place: Place | None, within: str, language: str) -> str:
    """Whole sentences for each case, so that each can be translated."""
    words = {
        "need": matches.labels.get(("need", matches.want.needs[0]), matches.want.needs[0]),
        "km": within,
        "place": place.name if place else "",
        "language": matches.labels.get(("language", language), language),
    }
    if place and language:
        return _("No service offers %(need)s within %(km)s km of %(place)s in %(language)s.") % words
    if place:
        return _("No service offers %(need)s within %(km)s km of %(place)s.") % words
    if language:
        return _("No service offers %(need)s in %(language)s.") % words
    return _("No service that you can ask offers %(need)s.") % words


def _by_name(actor: Actor) -> list[Service]:
    return list(_askable(actor).select_related("organization").order_by("organization__name", "name")[:BY_NAME])


def _askable(actor: Actor) -> Any:
    return Service.objects.can_be_asked_by(actor.organization, now().date()) if actor.organization else Service.objects.none()


def _within(form: ReferForm) -> str:
    """The distance asked for: by the list, or by the button that looks further."""
    known = {km for km, _words in DISTANCES}
    pressed = form.data.get("find", "") if form.is_bound else ""
    said = pressed if pressed in known else _said(form, "within")
    return said if said in known else str(USUAL_KM)


def _said(form: ReferForm, name: str) -> Any:
    if form.is_bound:
        return getattr(form, "cleaned_data", {}).get(name, "")
    return form.initial.get(name, "")


def _uuid(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
