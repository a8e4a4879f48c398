"""What would help, in a sentence for people."""

from __future__ import annotations

from collections.abc import Mapping

from .gaps import Action, Ref, RefType
from .phrasing import FORM, NGettext, Words, capital, plain


def action_sentence(action: Action, names: Mapping[Ref, str], ngettext: NGettext = plain, *, area: Ref | None = None) -> str:
    """What would help, with whom, and how much where that was worked out.

    `area` is the one that the gap is in: a repair may name a second one, whose listed clinicians would help there.
    Raises ValueError for a verb that no measure of this package gives.

    Examples
    --------
    >>> from network.graph.gaps import Action, Ref, RefType
    >>> harbour = Ref(RefType.SERVICE, 3)
    >>> action_sentence(Action("add-places", (harbour,), gain=70.0), {harbour: "Harbour Counselling"})
    'Up to 70 more places a month at Harbour Counselling would all be used.'
    """
    words = Words(names, ngettext)
    where = words.first(action.subject, RefType.SERVICE) or words.first(action.subject, RefType.ORGANIZATION)
    areas = [ref for ref in action.subject if ref.type is RefType.AREA]
    place = area if area in areas else (areas[-1] if areas else None)  # who goes is named before where to
    fill = {
        "name": _helper(words, where, next((ref for ref in areas if ref != place), None), place, action.verb),
        "area": words.name(place or Ref(RefType.AREA, -1)),
        "need": words.need(action.subject),
        "language": words.name(words.first(action.subject, RefType.GROUP) or Ref(RefType.GROUP, -1)),
        "other": words.name(next((ref for ref in action.subject if ref.type is RefType.ORGANIZATION and ref != where), None)),
    }
    if action.verb == "add-places":
        where = where or place
        gain = action.gain if action.gain is not None else action.bound
        if gain is not None and gain > 0:
            at_service = ngettext(
                "Up to {places} more place a month at {name} would be used.",
                "Up to {places} more places a month at {name} would all be used.",
                words.form(gain),
            )
            in_area = ngettext(
                "Up to {places} more place a month in {name} would be used.",
                "Up to {places} more places a month in {name} would all be used.",
                words.form(gain),
            )
            message = in_area if where is place else at_service
            return message.format(name=words.name(where), places=words.size(gain))
    messages = {
        "add-places": (
            ngettext("Add places in {name}.", "Add places in {name}.", FORM)
            if where is not None and where is place
            else ngettext("Add places at {name}.", "Add places at {name}.", FORM)
        ),
        "confirm-capacity": (
            ngettext("Ask {name} how many new people they can take.", "Ask {name} how many new people they can take.", FORM)
            if where is None and place is not None
            else ngettext("Ask {name} how many new people it can take.", "Ask {name} how many new people it can take.", FORM)
        ),
        "open-link": ngettext("Agree with {name} to take people from here.", "Agree with {name} to take people from here.", FORM),
        "add-language": ngettext(
            "Offer {need} in {area} in {language}: by a partner who speaks it, or with an interpreter.",
            "Offer {need} in {area} in {language}: by a partner who speaks it, or with an interpreter.",
            FORM,
        ),
        "open-service": ngettext("Open a service for {area}.", "Open a service for {area}.", FORM),
        "telehealth": ngettext("Offer help by phone or online in {area}.", "Offer help by phone or online in {area}.", FORM),
        "outreach": ngettext("Let {name} visit {area}.", "Let {name} visit {area}.", FORM),
        "satellite": ngettext("Open a branch of {name} in {area}.", "Open a branch of {name} in {area}.", FORM),
        "second-pathway": ngettext(
            "Agree on a second way around {name}, before it is needed.", "Agree on a second way around {name}, before it is needed.", FORM
        ),
        "convene": ngettext("Bring {name} together with the others.", "Bring {name} together with the others.", FORM),
        "onboard": ngettext("Call these partners and help them begin.", "Call these partners and help them begin.", FORM),
        "meet": ngettext(
            "Meet, and find out why nothing was accepted.", "Meet, and find out why nothing was accepted.", FORM
        ),
        "agree-feedback": ngettext(
            "Agree with {other} that outcomes are sent back to {name}.", "Agree with {other} that outcomes are sent back to {name}.", FORM
        ),
        "use-or-end-agreement": ngettext(
            "Use, renew or end the agreement of {name} and {other}.", "Use, renew or end the agreement of {name} and {other}.", FORM
        ),
        "introduce": ngettext("Introduce {name} to those who could send people.", "Introduce {name} to those who could send people.", FORM),
    }  # fmt: skip
    if action.verb not in messages:
        raise ValueError(f"no sentence is known for the action {action.verb}")
    return capital(messages[action.verb].format(**fill))


def _helper(words: Words, where: Ref | None, other: Ref | None, here: Ref | None, verb: str) -> str:
    """Who would go or open a branch: a service, the clinicians of another area, or one near that is not named."""
    if where is None and verb == "add-places":
        where = here
    if where is None and other is None and verb in {"confirm-capacity", "open-link"}:
        other = here
    if where is None and other is not None:
        return words.ngettext("the clinicians listed in {area}", "the clinicians listed in {area}", FORM).format(area=words.name(other))
    if where is None and verb in {"outreach", "satellite"}:
        return words.ngettext("the nearest service", "the nearest service", FORM)
    return words.name(where)
