"""Sentences: plain, short, one plural number each, and no small count of people."""

import re

import pytest

from network.graph.advice import action_sentence
from network.graph.explain import SENTENCES, sentence
from network.graph.gaps import Action, Basis, Evidence, Gap, Kind, Ref, RefType, Unit
from network.graph.grounds import evidence_sentence

EASTFIELD, MILL_LANE = Ref(RefType.AREA, 1), Ref(RefType.AREA, 2)
COUNSELLING = Ref(RefType.NEED, 3)
HOPE, HARBOUR = Ref(RefType.ORGANIZATION, 4), Ref(RefType.ORGANIZATION, 5)
DESK = Ref(RefType.SERVICE, 6)
NAMES = {
    EASTFIELD: "Eastfield",
    MILL_LANE: "Mill Lane",
    COUNSELLING: "counselling",
    HOPE: "Hope House",
    HARBOUR: "Harbour",
    DESK: "Harbour Desk",
}


def gap(kind, variant="", subject=(), people=0.0, simulated=False, **evidence):
    entries = tuple(Evidence(what.replace("_", "-"), None, count) for what, count in evidence.items())
    return Gap(
        kind, variant, tuple(sorted(subject)), Unit.PEOPLE, people, people, people, Basis.COUNTED, evidence=entries, simulated=simulated
    )


def between(variant, **counts):
    ends = (Evidence("from", HOPE), Evidence("to", HARBOUR))
    entries = ends + tuple(Evidence(what.replace("_", "-"), None, count) for what, count in counts.items())
    return Gap(Kind.SILENT_TIE, variant, (HOPE, HARBOUR), Unit.REFERRALS, 20.0, 20.0, 20.0, Basis.COUNTED, evidence=entries)


CASES = {
    "unmet demand": (
        gap(Kind.UNMET_DEMAND, subject=[COUNSELLING], people=350.0, need=1_200.0),
        "Of 1,200 people a month who need counselling, 850 can be placed. 350 cannot, however well we route.",
    ),
    "unmet demand of an area": (
        gap(Kind.UNMET_DEMAND, subject=[EASTFIELD, COUNSELLING], people=30.0, need=120.0),
        "Of 120 people a month in Eastfield who need counselling, 90 can be placed. 30 cannot, however well we route.",
    ),
    "bottleneck": (
        gap(Kind.BOTTLENECK, subject=[EASTFIELD, MILL_LANE, COUNSELLING], people=70.0, need=320.0, places=250.0),
        "2 areas need 320 places a month: counselling. All services open there together offer 250 places.",
    ),
    "bottleneck without a service": (
        gap(Kind.BOTTLENECK, subject=[EASTFIELD, COUNSELLING], people=70.0, need=70.0),
        "Eastfield needs 70 places a month: counselling. No service is open to it.",
    ),
    "low access": (
        gap(Kind.LOW_ACCESS, subject=[EASTFIELD, COUNSELLING], people=20.0, access=0.15, usual=0.5, catchment=30.0),
        "A person in Eastfield has 0.3 of the usual number of places for counselling within 30 minutes.",
    ),
    "single point": (
        gap(Kind.SINGLE_POINT, "organization", [HOPE], 42.0, cut_off=12.0, partners_cut=1.0, flow_lost=42.0),
        ("If Hope House closes, 1 partner loses every route to the rest of the network. 12 people a month would be cut off with them. "
        "Without Hope House 42 people a month would lose their place."),
    ),
    "bridge": (
        gap(Kind.SINGLE_POINT, "bridge", [HOPE, HARBOUR], 30.0, cut_off=30.0, partners_cut=3.0),
        "Only the partnership of Hope House and Harbour joins 3 partners to the rest of the network. 30 people a month enter there.",
    ),
    "component": (
        gap(Kind.FRAGMENTATION, "component", [HOPE, HARBOUR], 20.0, partners=2.0),
        "2 partners work with each other, but with nobody in the rest of the network. 20 people a month start there.",
    ),
    "isolates": (
        gap(Kind.FRAGMENTATION, "isolates", partners=12.0, new_partners=1.0),
        "12 partners have neither sent nor received a referral in a year. 1 new partner has not sent or received one yet.",
    ),
    "unaccepted": (
        gap(Kind.FRAGMENTATION, "unaccepted", partners=1.0),
        "1 partner sent or received referrals in a year, and none was accepted.",
    ),
    "no feedback": (between("no-feedback", sent=40.0, silent=31.0), "Hope House sent 40 people to Harbour; for 31 no outcome came back."),
    "closed door": (between("closed-door", sent=14.0), "Hope House sent 14 referrals to Harbour; none was accepted."),
    "dormant agreement": (
        between("dormant-agreement", agreement_days=200.0),
        ("Hope House has had an agreement with Harbour for 200 days and sent nothing in a year. "
        "At most 20 places a month stand free for it."),
    ),
    "never asked": (
        gap(Kind.SILENT_TIE, "never-asked", [HARBOUR], 8.0),
        "Nobody sent a referral to Harbour in a year, though up to 8 places a month are free.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("row", "said"), CASES.values(), ids=CASES)
def test_each_kind_of_gap_is_said_in_plain_words(row, said):
    assert sentence(row, NAMES) == said
    assert all(len(part.split()) <= 20 for part in re.split(r"(?<=\.) ", said))
    assert not re.search(r"\b(node|edge|vertex|vertices)s?\b", said)


def test_every_sentence_has_a_case():
    assert {(row.kind, row.variant) for row, _ in CASES.values()} == set(SENTENCES)


def test_fewer_than_eleven_people_are_not_counted_out():
    assert sentence(between("no-feedback", sent=7.0, silent=6.0), NAMES) == (
        "Hope House sent fewer than 11 people to Harbour; for fewer than 11 no outcome came back."
    )


def sized(people, need, basis, need_basis, **evidence):
    entries = (Evidence("need", None, need, basis=need_basis), *(Evidence(what, None, count) for what, count in evidence.items()))
    return Gap(
        Kind.UNMET_DEMAND, "", (EASTFIELD, COUNSELLING), Unit.PEOPLE, people, people, people, basis, evidence=entries
    )  # fmt: skip


def test_a_size_is_hidden_only_where_it_counts_fewer_than_eleven_people_in_the_window():
    modelled = sized(4.2, 5.0, Basis.MODELLED, Basis.MODELLED)
    counted = sized(2.0, 3.0, Basis.STATED, Basis.COUNTED)
    few = sized(0.4, 0.5, Basis.STATED, Basis.COUNTED)

    assert sentence(modelled, NAMES) == (
        "Of 5 people a month in Eastfield who need counselling, 0.8 can be placed. 4.2 cannot, however well we route."
    )
    assert sentence(counted, NAMES).startswith("Of 3 people a month in Eastfield who need counselling, 1 can be placed.")
    assert sentence(few, NAMES) == (
        "Some people in Eastfield who need counselling cannot be placed, however well we route. "
        "They are too few for their number to be shown."
    )


def test_what_would_be_lacking_at_the_harsh_setting_alone_is_said_as_that():
    row = Gap(
        Kind.UNMET_DEMAND,
        "",
        (EASTFIELD, COUNSELLING),
        Unit.PEOPLE,
        0.0,
        0.0,
        12.0,
        Basis.MODELLED,
        evidence=(Evidence("need", None, 40.0),),
    )

    assert sentence(row, NAMES).endswith("40 can be placed. If need is high and places are few, 12 cannot.")


def test_a_language_that_was_said_is_named_and_one_that_was_not_is_no_part_of_the_sentence():
    spanish = Ref(RefType.GROUP, 9)
    row = gap(Kind.BOTTLENECK, subject=[EASTFIELD, COUNSELLING, spanish], people=30.0, need=30.0)

    assert sentence(row, {**NAMES, spanish: "Spanish"}).startswith("Eastfield needs 30 places a month: counselling, in Spanish.")
    assert sentence(row, NAMES).startswith("Eastfield needs 30 places a month: counselling. ")


def test_listed_clinicians_are_called_by_their_area():
    assert action_sentence(Action("add-places", (EASTFIELD,), gain=4.0), NAMES) == (
        "Up to 4 more places a month in Eastfield would all be used."
    )
    assert action_sentence(Action("outreach", (EASTFIELD, MILL_LANE)), NAMES) == "Let the clinicians listed in Eastfield visit Mill Lane."
    assert action_sentence(Action("telehealth", (EASTFIELD,)), NAMES) == "Offer help by phone or online in Eastfield."


def test_evidence_says_once_that_clinicians_are_listed():
    assert evidence_sentence(Evidence("service", EASTFIELD, 14.0), NAMES) == "Listed clinicians in Eastfield: 14 places a month."
    assert evidence_sentence(Evidence("service", DESK, 14.0), NAMES) == "Harbour Desk: 14 places a month."
    assert evidence_sentence(Evidence("minutes", EASTFIELD, 9.0), NAMES) == "9 minutes to the clinicians listed in Eastfield."


def test_simulated_rows_say_so():
    assert sentence(gap(Kind.FRAGMENTATION, "isolates", partners=2.0, simulated=True), NAMES).endswith("These figures are simulated.")


def test_who_is_not_to_be_named_is_not_named():
    row = gap(Kind.SILENT_TIE, "never-asked", [HARBOUR], 8.0)

    assert "a partner that is not named" in sentence(row, {})
    assert action_sentence(Action("confirm-capacity"), {}) == "Ask a confidential service how many new people it can take."


def test_the_plural_is_asked_of_the_language_with_the_number_that_is_shown():
    asked = []

    def ngettext(one, many, n):
        asked.append((many, n))
        return many

    sentence(between("no-feedback", sent=40.0, silent=31.0), NAMES, ngettext)

    assert ("{sender} sent {sent} people to {receiver}; for {silent} no outcome came back.", 40) in asked


@pytest.mark.parametrize(
    "verb",
    [
        "add-places", "confirm-capacity", "open-link", "open-service", "telehealth", "outreach", "satellite", "second-pathway", "convene",
        "onboard", "meet", "add-language", "agree-feedback", "use-or-end-agreement", "introduce",
    ],
)  # fmt: skip
def test_every_action_is_a_sentence(verb):
    said = action_sentence(Action(verb, (EASTFIELD, HOPE, HARBOUR, DESK)), NAMES)

    assert said.endswith(".")
    assert "{" not in said


def test_a_kind_a_verb_or_a_line_that_nobody_makes_is_refused():
    with pytest.raises(ValueError, match="inequity"):
        sentence(gap(Kind.INEQUITY), NAMES)
    with pytest.raises(ValueError, match="dance"):
        action_sentence(Action("dance"), NAMES)
    with pytest.raises(ValueError, match="rumour"):
        evidence_sentence(Evidence("rumour"), NAMES)


def test_evidence_has_its_range_basis_and_years_and_no_small_count_of_people():
    places = Evidence("service", DESK, 250.0, 230.0, 280.0, Basis.INFERRED, "2024")

    assert evidence_sentence(places, NAMES) == "Harbour Desk: 250 places a month (230 to 280; inferred from what was accepted; 2024)."
    assert evidence_sentence(Evidence("need", None, 0.4, 0.1, 0.9, Basis.COUNTED), NAMES) == "Need: 0.4 a month (0.1 to 0.9; counted)."
    hidden = Evidence("need", basis=Basis.COUNTED, counts_people=True)
    assert evidence_sentence(hidden, NAMES) == "Too few people for their number to be shown."
    assert evidence_sentence(Evidence("rejected", counts_people=True), NAMES) == "Fewer than 11 people were turned away."
    few = Evidence("silent", None, 4.0, 3.0, 20.0, Basis.COUNTED, counts_people=True)
    assert evidence_sentence(few, NAMES) == "For fewer than 11 no outcome came back (counted)."


def test_a_repair_by_listed_clinicians_names_their_area_and_not_a_confidential_service():
    jerome, ada = Ref(RefType.AREA, 1), Ref(RefType.AREA, 2)
    names = {jerome: "Jerome", ada: "Ada"}

    def said(verb, *subject, area=jerome):
        return action_sentence(Action(verb, tuple(sorted(subject))), names, area=area)

    assert said("confirm-capacity", ada) == "Ask the clinicians listed in Ada how many new people they can take."
    assert said("open-link", ada) == "Agree with the clinicians listed in Ada to take people from here."
    assert said("satellite", ada, jerome) == "Open a branch of the clinicians listed in Ada in Jerome."
    assert said("outreach", jerome) == "Let the nearest service visit Jerome."
    assert said("confirm-capacity") == "Ask a confidential service how many new people it can take."
    assert said("add-places", jerome) == "Add places in Jerome."


def test_a_share_that_rounds_to_nothing_is_said_to_be_little_and_none_to_be_none():
    area, need = Ref(RefType.AREA, 1), Ref(RefType.NEED, 2)

    def said(score):
        found = (Evidence("access", count=score), Evidence("usual", count=1.0), Evidence("catchment", count=30.0))
        gap = Gap(Kind.LOW_ACCESS, "", (area, need), Unit.PEOPLE, 5.0, 1.0, 9.0, Basis.MODELLED, evidence=found)
        return sentence(gap, {area: "Jerome", need: "counselling"})

    assert "has less than 0.1 of the usual" in said(0.04)
    assert "has none of the usual" in said(0.0)
    assert "has 0.1 of the usual" in said(0.06)
