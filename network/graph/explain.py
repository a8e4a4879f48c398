"""Sentences for people: what a gap is, what would help, what it rests on; names and the language come in here.

Every sentence holds one plural number. `ngettext` is a parameter, so that a page passes its own language; messages are found by that name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from gettext import ngettext as _plain

from .gaps import Action, Basis, Evidence, Gap, Kind, Ref, RefType, Settings
from .privacy import CELL, MONTHLY, is_few, suppressed

NGettext = Callable[[str, str, int], str]
MONTHS = Settings().months
FORM = 100  # the number whose plural form stands where a sentence has no number of its own


@dataclass(frozen=True, slots=True)
class Words:
    """The reader's language and the names that they may read."""

    names: Mapping[Ref, str]
    ngettext: NGettext = _plain
    months: float = MONTHS  # in the window

    def name(self, ref: Ref | None) -> str:
        """The name, or what stands for one that is not to be known."""
        ngettext = self.ngettext
        if ref is not None and ref in self.names:
            return self.names[ref]
        unnamed = {
            RefType.AREA: ngettext("an area", "an area", 1),
            RefType.NEED: ngettext("help", "help", 1),
            RefType.GROUP: ngettext("a group", "a group", 1),
            RefType.ORGANIZATION: ngettext("a partner that is not named", "a partner that is not named", 1),
            RefType.SERVICE: ngettext("a confidential service", "a confidential service", 1),
        }
        return unnamed[RefType.SERVICE if ref is None else ref.type]

    def first(self, refs: tuple[Ref, ...], kind: RefType) -> Ref | None:
        return next((ref for ref in refs if ref.type is kind), None)

    def need(self, refs: tuple[Ref, ...]) -> str:
        return self.name(self.first(refs, RefType.NEED) or Ref(RefType.NEED, -1))

    def amount(self, value: float) -> str:
        """People who were counted; of fewer than eleven only that there are so few."""
        if suppressed(value):
            return self.ngettext("fewer than {limit}", "fewer than {limit}", CELL).format(limit=CELL)
        return f"{_whole(value):,}"

    def size(self, value: float, *, counted: bool = False) -> str:
        """So many a month. Where that is a count of people in other words, and of fewer than eleven, only that there are so few."""
        if counted and suppressed(value * self.months):
            limit = math.ceil(CELL / self.months)
            return self.ngettext("fewer than {limit}", "fewer than {limit}", limit).format(limit=limit)
        return _shown(value)

    def form(self, value: float, *, counted: bool = False) -> int:
        """The number that decides the plural of a size; a part of one has the plural."""
        if counted and suppressed(value * self.months):
            return math.ceil(CELL / self.months)
        return math.floor(value) + 2 if "." in _shown(value) else round(value)


def _shown(value: float) -> str:
    """One decimal below ten; a little is not nothing."""
    if not 0 < value < 9.95:
        return f"{round(value):,}"
    return f"{max(value, 0.1):.1f}".removesuffix(".0")


def _whole(value: float) -> int:
    """The nearest whole number; a little is not nothing."""
    return math.ceil(value) if 0 < value < 1 else round(value)


def _form(value: float) -> int:
    """The number that decides the plural of a count: of "fewer than 11" it is 11."""
    return CELL if suppressed(value) else _whole(value)


def _count(gap: Gap, what: str) -> float:
    return sum(entry.count or 0.0 for entry in gap.evidence if entry.what == what)


def sentence(gap: Gap, names: Mapping[Ref, str], ngettext: NGettext = _plain, months: float = MONTHS) -> str:
    """What the gap is, in one to four short sentences; simulated rows say so. `months` are those of the window.

    Raises
    ------
    ValueError
        For a kind of gap that no measure of this package makes.

    Examples
    --------
    >>> from network.graph.gaps import *
    >>> hope = Ref(RefType.ORGANIZATION, 7)
    >>> cut = (Evidence("cut-off", hope, 42.0), Evidence("partners-cut", hope, 3.0))
    >>> gap = Gap(Kind.SINGLE_POINT, "organization", (hope,), Unit.PEOPLE, 42.0, 40.0, 42.0, Basis.COUNTED, evidence=cut)
    >>> sentence(gap, {hope: "Hope House"})
    'If Hope House closes, 3 partners lose every route to the rest of the network. 42 people a month would be cut off with them.'
    """
    words = Words(names, ngettext, months)
    say = SENTENCES.get((gap.kind, gap.variant)) or SENTENCES.get((gap.kind, ""))
    if say is None:
        raise ValueError(f"no sentence is known for {gap.kind} {gap.variant}")
    parts = say(gap, words)
    if gap.simulated:
        parts.append(ngettext("These figures are simulated.", "These figures are simulated.", FORM))
    return " ".join(map(_capital, parts))


def _unmet(gap: Gap, words: Words) -> list[str]:
    ngettext = words.ngettext
    area = words.first(gap.subject, RefType.AREA)
    need = _count(gap, "need") or gap.people
    placed = max(0.0, round(need - gap.people, 1))
    if is_few(gap, words.months):
        few = (
            ngettext(
                "Some people in {area} who need {need} cannot be placed, however well we route.",
                "Some people in {area} who need {need} cannot be placed, however well we route.",
                FORM,
            )
            if area
            else ngettext(
                "Some people who need {need} cannot be placed, however well we route.",
                "Some people who need {need} cannot be placed, however well we route.",
                FORM,
            )
        )
        return [few.format(need=words.need(gap.subject), area=words.name(area)), _unsaid(words)]
    said = (
        ngettext(
            "Of {people} person a month in {area} who needs {need}, {placed} can be placed.",
            "Of {people} people a month in {area} who need {need}, {placed} can be placed.",
            words.form(need),
        )
        if area
        else ngettext(
            "Of {people} person a month who needs {need}, {placed} can be placed.",
            "Of {people} people a month who need {need}, {placed} can be placed.",
            words.form(need),
        )
    )
    fill = {"people": words.size(need), "placed": words.size(placed), "need": words.need(gap.subject), "area": words.name(area)}
    if gap.people <= 0:
        harsh = ngettext(
            "If need is high and places are few, {people} cannot.",
            "If need is high and places are few, {people} cannot.",
            words.form(gap.high),
        )
        return [said.format(**fill), harsh.format(people=words.size(gap.high))]
    rest = ngettext("{people} cannot, however well we route.", "{people} cannot, however well we route.", words.form(gap.people))
    return [said.format(**fill), _capital(rest.format(people=words.size(gap.people)))]


def _unsaid(words: Words) -> str:
    return words.ngettext("They are too few for their number to be shown.", "They are too few for their number to be shown.", FORM)


def _bottleneck(gap: Gap, words: Words) -> list[str]:
    ngettext = words.ngettext
    areas = max(sum(ref.type is RefType.AREA for ref in gap.subject), 1)
    need, places = _count(gap, "need") or gap.people, _count(gap, "places")
    what, only = _of_whom(gap, words), words.first(gap.subject, RefType.AREA) if areas == 1 else None
    if is_few(gap, words.months):
        said = (
            ngettext("{area} needs places: {need}.", "{area} needs places: {need}.", FORM)
            if only
            else ngettext("{areas} area needs places: {need}.", "{areas} areas need places: {need}.", areas)
        )
    elif only:
        said = ngettext("{area} needs {people} place a month: {need}.", "{area} needs {people} places a month: {need}.", words.form(need))
    else:
        said = ngettext("{areas} area needs {people} places a month: {need}.", "{areas} areas need {people} places a month: {need}.", areas)
    said = said.format(areas=areas, area=_capital(words.name(only)) if only else "", people=words.size(need), need=what)
    if places <= 0:
        return [said, ngettext("No service is open to it.", "No service is open to them.", areas)]
    open_to = ngettext(
        "All services open there together offer {places} place.",
        "All services open there together offer {places} places.",
        words.form(places),
    )
    return [said, open_to.format(places=words.size(places))]


def _of_whom(gap: Gap, words: Words) -> str:
    """The need of a bottleneck, and the language where it is of one that somebody said."""
    ngettext = words.ngettext
    needs = sum(ref.type is RefType.NEED for ref in gap.subject)
    what = words.need(gap.subject) if needs == 1 else ngettext("help", "help", 1)
    groups = [ref for ref in gap.subject if ref.type is RefType.GROUP]
    if len(groups) != 1 or groups[0] not in words.names:
        return what
    return ngettext("{need}, in {language}", "{need}, in {language}", FORM).format(need=what, language=words.name(groups[0]))


def _access(gap: Gap, words: Words) -> list[str]:
    usual = _count(gap, "usual")
    share = _count(gap, "access") / usual if usual > 0 else 0.0
    minutes = _whole(_count(gap, "catchment"))
    area = words.name(words.first(gap.subject, RefType.AREA) or Ref(RefType.AREA, -1))
    said = words.ngettext(
        "A person in {area} has {share} of the usual number of places for {need} within {minutes} minute.",
        "A person in {area} has {share} of the usual number of places for {need} within {minutes} minutes.",
        minutes,
    )
    return [said.format(area=area, share=_share(share, words), need=words.need(gap.subject), minutes=minutes)]


def _share(share: float, words: Words) -> str:
    """A tenth at least, or that it is less: 0.0 of something says neither none nor little."""
    if share <= 0:
        return words.ngettext("none", "none", FORM)
    return f"{share:.1f}" if share >= 0.05 else words.ngettext("less than 0.1", "less than 0.1", FORM)


def _single_point(gap: Gap, words: Words) -> list[str]:
    ngettext, partners = words.ngettext, _whole(_count(gap, "partners-cut"))
    cut, lost = _count(gap, "cut-off"), _count(gap, "flow-lost")
    name = words.name(gap.subject[0])
    said = []
    if partners:
        message = ngettext(
            "If {name} closes, {partners} partner loses every route to the rest of the network.",
            "If {name} closes, {partners} partners lose every route to the rest of the network.",
            partners,
        )
        said.append(message.format(name=name, partners=f"{partners:,}"))
    if cut > 0:
        message = ngettext(
            "{people} person a month would be cut off with them.",
            "{people} people a month would be cut off with them.",
            words.form(cut, counted=True),
        )
        said.append(_capital(message.format(people=words.size(cut, counted=True))))
    if lost > 0:
        message = ngettext(
            "Without {name} {people} person a month would lose a place.",
            "Without {name} {people} people a month would lose their place.",
            words.form(lost),
        )
        said.append(message.format(name=name, people=words.size(lost)))
    if not said:
        message = ngettext(
            "In the last three months some partners met only through {name}.",
            "In the last three months some partners met only through {name}.",
            FORM,
        )
        said.append(message.format(name=name))
    return said


def _bridge(gap: Gap, words: Words) -> list[str]:
    ngettext, partners, cut = words.ngettext, _whole(_count(gap, "partners-cut")), _count(gap, "cut-off")
    first, second = (words.name(ref) for ref in gap.subject)
    message = ngettext(
        "Only the partnership of {first} and {second} joins {partners} partner to the rest of the network.",
        "Only the partnership of {first} and {second} joins {partners} partners to the rest of the network.",
        partners,
    )
    said = [message.format(first=first, second=second, partners=f"{partners:,}")]
    if cut > 0:
        message = ngettext("{people} person a month enters there.", "{people} people a month enter there.", words.form(cut, counted=True))
        said.append(_capital(message.format(people=words.size(cut, counted=True))))
    return said


def _component(gap: Gap, words: Words) -> list[str]:
    partners = _whole(_count(gap, "partners"))
    message = words.ngettext(
        "{partners} partner works with nobody in the rest of the network.",
        "{partners} partners work with each other, but with nobody in the rest of the network.",
        partners,
    )
    return [message.format(partners=f"{partners:,}"), *_enter(gap, words)]


def _enter(gap: Gap, words: Words) -> list[str]:
    if gap.people <= 0:
        return []
    message = words.ngettext(
        "{people} person a month starts there.", "{people} people a month start there.", words.form(gap.people, counted=True)
    )
    return [_capital(message.format(people=words.size(gap.people, counted=True)))]


def _isolates(gap: Gap, words: Words) -> list[str]:
    ngettext, partners, new = words.ngettext, _whole(_count(gap, "partners")), _whole(_count(gap, "new-partners"))
    said = []
    if partners:
        message = ngettext(
            "{partners} partner has neither sent nor received a referral in a year.",
            "{partners} partners have neither sent nor received a referral in a year.",
            partners,
        )
        said.append(message.format(partners=f"{partners:,}"))
    if new:
        message = ngettext(
            "{partners} new partner has not sent or received one yet.", "{partners} new partners have not sent or received one yet.", new
        )
        said.append(message.format(partners=f"{new:,}"))
    return said


def _unaccepted(gap: Gap, words: Words) -> list[str]:
    partners = _whole(_count(gap, "partners"))
    message = words.ngettext(
        "{partners} partner sent or received referrals in a year, and none was accepted.",
        "{partners} partners sent or received referrals in a year, and none was accepted.",
        partners,
    )
    return [message.format(partners=f"{partners:,}"), *_enter(gap, words)]


def _directions(gap: Gap) -> list[tuple[Ref, Ref, dict[str, float]]]:
    """Sender, receiver and counts of each direction that a row speaks of."""
    found: list[tuple[Ref, Ref, dict[str, float]]] = []
    tail: Ref | None = None
    for entry in gap.evidence:
        if entry.what == "from":
            tail = entry.ref
        elif entry.what == "to" and tail is not None and entry.ref is not None:
            found.append((tail, entry.ref, {}))
        elif found and entry.count is not None:
            found[-1][2][entry.what] = entry.count
    return found


def _no_feedback(gap: Gap, words: Words) -> list[str]:
    said = []
    for tail, head, counts in _directions(gap):
        sent, silent = counts.get("sent", 0.0), counts.get("silent", 0.0)
        message = words.ngettext(
            "{sender} sent {sent} person to {receiver}; for {silent} no outcome came back.",
            "{sender} sent {sent} people to {receiver}; for {silent} no outcome came back.",
            _form(sent),
        )
        fill = {"sender": words.name(tail), "receiver": words.name(head), "sent": words.amount(sent), "silent": words.amount(silent)}
        said.append(message.format(**fill))
    return said


def _closed_door(gap: Gap, words: Words) -> list[str]:
    said = []
    for tail, head, counts in _directions(gap):
        sent = counts.get("sent", 0.0)
        message = words.ngettext(
            "{sender} sent {sent} referral to {receiver}; none was accepted.",
            "{sender} sent {sent} referrals to {receiver}; none was accepted.",
            _form(sent),
        )
        said.append(message.format(sender=words.name(tail), receiver=words.name(head), sent=words.amount(sent)))
    return said


def _dormant(gap: Gap, words: Words) -> list[str]:
    said = []
    for tail, head, counts in _directions(gap):
        days = _whole(counts.get("agreement-days", 0.0))
        message = words.ngettext(
            "{sender} has had an agreement with {receiver} for {days} day and sent nothing in a year.",
            "{sender} has had an agreement with {receiver} for {days} days and sent nothing in a year.",
            days,
        )
        said.append(message.format(sender=words.name(tail), receiver=words.name(head), days=f"{days:,}"))
    return [*said, *_free(gap, words)]


def _free(gap: Gap, words: Words) -> list[str]:
    if gap.people <= 0:
        return []
    message = words.ngettext(
        "At most {places} place a month stands free for it.", "At most {places} places a month stand free for it.", words.form(gap.people)
    )
    return [message.format(places=words.size(gap.people))]


def _never_asked(gap: Gap, words: Words) -> list[str]:
    message = words.ngettext(
        "Nobody sent a referral to {name} in a year, though up to {places} place a month is free.",
        "Nobody sent a referral to {name} in a year, though up to {places} places a month are free.",
        words.form(gap.people),
    )
    return [message.format(name=words.name(gap.subject[0]), places=words.size(gap.people))]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


SENTENCES: Mapping[tuple[Kind, str], Callable[[Gap, Words], list[str]]] = {
    (Kind.UNMET_DEMAND, ""): _unmet,
    (Kind.BOTTLENECK, ""): _bottleneck,
    (Kind.LOW_ACCESS, ""): _access,
    (Kind.SINGLE_POINT, "organization"): _single_point,
    (Kind.SINGLE_POINT, "bridge"): _bridge,
    (Kind.FRAGMENTATION, "component"): _component,
    (Kind.FRAGMENTATION, "isolates"): _isolates,
    (Kind.FRAGMENTATION, "unaccepted"): _unaccepted,
    (Kind.SILENT_TIE, "no-feedback"): _no_feedback,
    (Kind.SILENT_TIE, "closed-door"): _closed_door,
    (Kind.SILENT_TIE, "dormant-agreement"): _dormant,
    (Kind.SILENT_TIE, "never-asked"): _never_asked,
}


def action_sentence(action: Action, names: Mapping[Ref, str], ngettext: NGettext = _plain, *, area: Ref | None = None) -> str:
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
    return _capital(messages[action.verb].format(**fill))


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


def evidence_sentence(evidence: Evidence, names: Mapping[Ref, str], ngettext: NGettext = _plain) -> str:
    """One line that a row rests on: a figure with its range, basis and years.

    Examples
    --------
    >>> from network.graph.gaps import Basis, Evidence
    >>> evidence_sentence(Evidence("need", None, 320.0, 280.0, 400.0, Basis.MODELLED, "2022"), {})
    'Need: 320 a month (280 to 400; modelled; 2022).'
    """
    words = Words(names, ngettext)
    few = evidence.counts_people and (evidence.count is None or any(map(suppressed, (evidence.count, evidence.low, evidence.high))))
    if few and evidence.what in MONTHLY and evidence.count is None:
        return ngettext("Too few people for their number to be shown.", "Too few people for their number to be shown.", FORM)
    count = evidence.count or 0.0
    monthly = evidence.what in MONTHLY
    n = CELL if few and not monthly else words.form(count) if monthly else _whole(count)
    shown = words.size(count) if monthly else words.amount(1 if few else count) if evidence.counts_people else _shown(count)
    if evidence.what in FRACTIONS and evidence.count is not None:
        shown = f"{evidence.count:.0%}" if evidence.what == "inferred-share" else f"{evidence.count:.2f}"
    # An area's own listed clinicians are one service of it.
    of_area = evidence.what == "service" and evidence.ref is not None and evidence.ref.type is RefType.AREA
    said = _line("clinicians" if of_area else evidence.what, n, ngettext)
    if said is None:
        raise ValueError(f"no sentence is known for the evidence {evidence.what}")
    name = words.name(evidence.ref)
    if not of_area and evidence.ref is not None and evidence.ref.type is RefType.AREA:
        name = ngettext("the clinicians listed in {area}", "the clinicians listed in {area}", FORM).format(area=name)
    text = _capital(said.format(n=shown, name=name))
    notes = [] if (few and not monthly) or evidence.what in FRACTIONS else _range(evidence, words)
    if evidence.basis is not None:
        notes.append(_basis(evidence.basis, ngettext))
    if evidence.years:
        notes.append(evidence.years)
    return text + (f" ({'; '.join(notes)})." if notes else ".")


FRACTIONS = frozenset({"inferred-share", "access", "usual"})


def _range(evidence: Evidence, words: Words) -> list[str]:
    low, high = evidence.low, evidence.high
    if low is None or high is None or _shown(low) == _shown(high):
        return []
    message = words.ngettext("{low} to {high}", "{low} to {high}", words.form(high))
    return [message.format(low=_shown(low), high=_shown(high))]


def _basis(basis: Basis, ngettext: NGettext) -> str:
    return {
        Basis.COUNTED: ngettext("counted", "counted", FORM),
        Basis.STATED: ngettext("as stated", "as stated", FORM),
        Basis.INFERRED: ngettext("inferred from what was accepted", "inferred from what was accepted", FORM),
        Basis.MODELLED: ngettext("modelled", "modelled", FORM),
    }[basis]


def _line(what: str, n: int, ngettext: NGettext) -> str | None:
    """The words of a line of evidence, by its code."""
    return {
        "need": ngettext("Need: {n} a month", "Need: {n} a month", n),
        "places": ngettext("Places: {n} a month", "Places: {n} a month", n),
        "placed": ngettext("{n} person a month can be placed", "{n} people a month can be placed", n),
        "inferred-share": ngettext("{n} of the places were never stated", "{n} of the places were never stated", FORM),
        "exact": ngettext("The range was solved exactly", "The range was solved exactly", FORM),
        "outer": ngettext("The range is an outer limit", "The range is an outer limit", FORM),
        "service": ngettext("{name}: {n} place a month", "{name}: {n} places a month", n),
        "clinicians": ngettext("Listed clinicians in {name}: {n} place a month", "Listed clinicians in {name}: {n} places a month", n),
        "more-services": ngettext("Other services: {n} place a month", "Other services: {n} places a month", n),
        "declined": ngettext("{n} referral was declined there", "{n} referrals were declined there", n),
        "expired": ngettext("{n} referral expired there without an answer", "{n} referrals expired there without an answer", n),
        "rejected": ngettext("{n} person was turned away", "{n} people were turned away", n),
        "given-up": ngettext("For {n} person the last request expired", "For {n} people the last request expired", n),
        "unmatched": ngettext("{n} search at most found nothing", "{n} searches at most found nothing", n),
        "access": ngettext("{n} places a person", "{n} places a person", FORM),
        "usual": ngettext("Usual: {n} places a person", "Usual: {n} places a person", FORM),
        "catchment": ngettext("Within {n} minute", "Within {n} minutes", n),
        "minutes": ngettext("{n} minute to {name}", "{n} minutes to {name}", n),
        "cut-off": ngettext("{n} person a month would be cut off", "{n} people a month would be cut off", n),
        "partners-cut": ngettext("{n} partner would be cut off", "{n} partners would be cut off", n),
        "piece": ngettext("One part would hold {n} partner", "One part would hold {n} partners", n),
        "flow-lost": ngettext("{n} person a month would lose a place", "{n} people a month would lose their place", n),
        "partners": ngettext("{n} partner", "{n} partners", n),
        "partner": "{name}",
        "entry": ngettext("{n} person a month starts there", "{n} people a month start there", n),
        "new-partners": ngettext("{n} new partner", "{n} new partners", n),
        "new-partner": ngettext("{name} joined {n} day ago", "{name} joined {n} days ago", n),
        "from": ngettext("From {name}", "From {name}", FORM),
        "to": ngettext("To {name}", "To {name}", FORM),
        "sent": ngettext("{n} was sent", "{n} were sent", n),
        "accepted": ngettext("{n} was accepted", "{n} were accepted", n),
        "refused": ngettext("{n} was declined or expired", "{n} were declined or expired", n),
        "silent": ngettext("For {n} no outcome came back", "For {n} no outcome came back", n),
        "agreement-days": ngettext("In force for {n} day", "In force for {n} days", n),
        "free-places": ngettext("At most {n} place a month is free", "At most {n} places a month are free", n),
    }.get(what)
