"""What a gap is, in sentences for people; names and the language come in here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .gaps import Gap, Kind, Ref, RefType
from .phrasing import FORM, MONTHS, NGettext, Words, capital, form_of, plain, whole
from .privacy import is_few


def _count(gap: Gap, what: str) -> float:
    return sum(entry.count or 0.0 for entry in gap.evidence if entry.what == what)


def sentence(gap: Gap, names: Mapping[Ref, str], ngettext: NGettext = plain, months: float = MONTHS) -> str:
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
    return " ".join(map(capital, parts))


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
    return [said.format(**fill), capital(rest.format(people=words.size(gap.people)))]


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
    said = said.format(areas=areas, area=capital(words.name(only)) if only else "", people=words.size(need), need=what)
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
    minutes = whole(_count(gap, "catchment"))
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
    ngettext, partners = words.ngettext, whole(_count(gap, "partners-cut"))
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
        said.append(capital(message.format(people=words.size(cut, counted=True))))
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
    ngettext, partners, cut = words.ngettext, whole(_count(gap, "partners-cut")), _count(gap, "cut-off")
    first, second = (words.name(ref) for ref in gap.subject)
    message = ngettext(
        "Only the partnership of {first} and {second} joins {partners} partner to the rest of the network.",
        "Only the partnership of {first} and {second} joins {partners} partners to the rest of the network.",
        partners,
    )
    said = [message.format(first=first, second=second, partners=f"{partners:,}")]
    if cut > 0:
        message = ngettext("{people} person a month enters there.", "{people} people a month enter there.", words.form(cut, counted=True))
        said.append(capital(message.format(people=words.size(cut, counted=True))))
    return said


def _component(gap: Gap, words: Words) -> list[str]:
    partners = whole(_count(gap, "partners"))
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
    return [capital(message.format(people=words.size(gap.people, counted=True)))]


def _isolates(gap: Gap, words: Words) -> list[str]:
    ngettext, partners, new = words.ngettext, whole(_count(gap, "partners")), whole(_count(gap, "new-partners"))
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
    partners = whole(_count(gap, "partners"))
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
            form_of(sent),
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
            form_of(sent),
        )
        said.append(message.format(sender=words.name(tail), receiver=words.name(head), sent=words.amount(sent)))
    return said


def _dormant(gap: Gap, words: Words) -> list[str]:
    said = []
    for tail, head, counts in _directions(gap):
        days = whole(counts.get("agreement-days", 0.0))
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
