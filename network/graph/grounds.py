"""What a row rests on, in a line for people."""

from __future__ import annotations

from collections.abc import Mapping

from .gaps import Basis, Evidence, Ref, RefType
from .phrasing import FORM, NGettext, Words, capital, figure, plain, whole
from .privacy import CELL, MONTHLY, suppressed


def evidence_sentence(evidence: Evidence, names: Mapping[Ref, str], ngettext: NGettext = plain) -> str:
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
    n = CELL if few and not monthly else words.form(count) if monthly else whole(count)
    shown = words.size(count) if monthly else words.amount(1 if few else count) if evidence.counts_people else figure(count)
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
    text = capital(said.format(n=shown, name=name))
    notes = [] if (few and not monthly) or evidence.what in FRACTIONS else _range(evidence, words)
    if evidence.basis is not None:
        notes.append(_basis(evidence.basis, ngettext))
    if evidence.years:
        notes.append(evidence.years)
    return text + (f" ({'; '.join(notes)})." if notes else ".")


FRACTIONS = frozenset({"inferred-share", "access", "usual"})


def _range(evidence: Evidence, words: Words) -> list[str]:
    low, high = evidence.low, evidence.high
    if low is None or high is None or figure(low) == figure(high):
        return []
    message = words.ngettext("{low} to {high}", "{low} to {high}", words.form(high))
    return [message.format(low=figure(low), high=figure(high))]


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
