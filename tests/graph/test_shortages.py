"""Rows of unmet demand, bottlenecks and access: sizes solved again from the start, ranges, repairs, and what closes with a partner."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from network.graph import (
    Layer,
    Settings,
    Snapshot,
    Solved,
    bottleneck_gaps,
    bottlenecks,
    low_access_gaps,
    organization_losses,
    shortage_rows,
    unmet_demand,
    unmet_demand_gaps,
)
from network.graph.gaps import Basis, Certainty, Kind, Ref, RefType

ALL_EXACT, NONE_EXACT = Settings(top_exact=1000), Settings(top_exact=0)


def world(seed, agreements=True):
    """A few areas, two needs, services of four organisations with some doubt about each, agreements that open some links."""
    dice = np.random.default_rng(seed)
    zones, services = int(dice.integers(1, 9)), int(dice.integers(0, 7))
    pair = [(z, s) for z in range(zones) for s in range(services) if dice.random() < 0.4]
    base = Snapshot.of(dice.integers(0, 20, zones), dice.integers(0, 25, services), pair)
    people, places = base.zone_people * [0.5, 1, 1.5], base.service_places * [0.5, 1, 1.25]
    keys = np.unique(np.stack([dice.integers(0, 4, zones * 3), dice.integers(1, 3, zones * 3)], 1), axis=0)
    kept = keys[dice.integers(0, len(keys), zones)]
    opened = [sorted(set(dice.integers(0, 3, dice.integers(0, 3)).tolist())) if agreements else [] for _ in pair]
    return replace(
        base,
        org_id=np.arange(4), org_lat=np.zeros(4, "float32"), org_lon=np.zeros(4, "float32"), org_entry=np.ones(4),
        org_since=np.full(4, 500), org_confidential=np.zeros(4, "bool"),
        agreement_from=np.array([0, 1, 2], "int32"), agreement_to=np.array([1, 2, 3], "int32"),
        agreement_need=np.full(3, -1), agreement_days=np.full(3, 200),
        zone_area=kept[:, 0], zone_need=kept[:, 1], zone_group=dice.integers(-1, 2, zones), zone_people=people,
        zone_unmatched=dice.integers(0, 9, zones), zone_rejected=dice.integers(0, 9, zones), zone_expired=dice.integers(0, 9, zones),
        service_org=dice.integers(-1, 4, services).astype("int32"), service_places=places,
        service_basis=dice.integers(0, 4, services).astype("uint8"),
        link_minutes=dice.integers(0, 50, len(pair)).astype("float32"), link_mode=dice.integers(0, 3, len(pair)).astype("uint8"),
        link_agreements_at=np.cumsum([0, *map(len, opened)]).astype("int32"),
        link_agreements=np.array([each for row in opened for each in row], "int32"),
    ).checked()  # fmt: skip


def setting(snapshot, k, minutes):
    """Need, places and links of one setting, by the definition."""
    rows = [
        (z, s)
        for z, s, away, mode in zip(
            snapshot.link_zone.tolist(), snapshot.link_service.tolist(), snapshot.link_minutes, snapshot.link_mode, strict=True
        )
        if mode == 2 or away <= minutes
    ]
    return snapshot.zone_people[:, k], snapshot.service_places[:, 2 - k], rows


def lack(snapshot, k, minutes, zones):
    """What these zones lack at least and at most, by two flows from the start."""
    need, places, links = setting(snapshot, k, minutes)
    inside = np.isin(np.arange(len(need)), zones)

    def placed(people):
        return people.sum() - unmet_demand(people, places, links)

    alone, others, everybody = (placed(people) for people in (np.where(inside, need, 0), np.where(inside, 0, need), need))
    return need[inside].sum() - alone, need[inside].sum() - (everybody - others)


def members(snapshot, gap):
    """Zones of an area and need, or of a need."""
    numbers = {ref.type: ref.number for ref in gap.subject}
    inside = np.ones(len(snapshot.zone_area), "bool")
    for kind, column in ((RefType.AREA, snapshot.zone_area), (RefType.NEED, snapshot.zone_need)):
        if kind in numbers:
            inside &= column == numbers[kind]
    return np.flatnonzero(inside)


@pytest.mark.parametrize("tenth", range(10))
def test_an_area_lacks_no_less_and_no_more_than_solving_from_the_start_says(tenth):
    for seed in range(tenth * 12, tenth * 12 + 12):
        snapshot = world(seed)
        for gap in unmet_demand_gaps(snapshot, ALL_EXACT):
            zones = members(snapshot, gap)
            least, most = lack(snapshot, 1, 30, zones)
            assert gap.people == pytest.approx(min(max(gap.people, least), most)), (seed, gap.subject)
            assert gap.low == pytest.approx(min(lack(snapshot, 0, 45, zones)[0], gap.people)), (seed, gap.subject)
            assert gap.high == pytest.approx(max(lack(snapshot, 2, 20, zones)[1], gap.people)), (seed, gap.subject)


@pytest.mark.parametrize("seed", range(60))
def test_the_outer_limits_enclose_the_solved_ones_and_the_row_says_which_it_has(seed):
    snapshot = world(seed)
    exact = {gap.id: gap for gap in unmet_demand_gaps(snapshot, ALL_EXACT)}
    outer = {gap.id: gap for gap in unmet_demand_gaps(snapshot, NONE_EXACT)}

    assert set(exact) <= set(outer)
    for name, gap in exact.items():
        assert outer[name].low <= gap.low + 1e-9
        assert outer[name].high >= gap.high - 1e-9
        assert "exact" in {each.what for each in gap.evidence}
        assert "outer" in {each.what for each in outer[name].evidence}


@pytest.mark.parametrize("seed", range(60))
def test_bottlenecks_add_up_to_unmet_demand_and_all_needs_together_lack_it(seed):
    snapshot = world(seed)
    total = unmet_demand(*setting(snapshot, 1, 30))

    together = [gap for gap in unmet_demand_gaps(replace(snapshot, zone_need=snapshot.zone_need * 0 + 1)) if len(gap.subject) == 1]

    assert sum(gap.people for gap in bottleneck_gaps(snapshot)) == pytest.approx(total)
    assert sum(gap.people for gap in together) == pytest.approx(total)


@pytest.mark.parametrize("seed", range(60))
def test_every_row_has_its_parts(seed):
    snapshot = world(seed)
    rows = shortage_rows(snapshot)

    assert len({gap.id for gap in rows}) == len(rows)
    assert [gap.certainty for gap in rows] == sorted(gap.certainty for gap in rows)
    for gap in rows:
        assert 0 <= gap.low <= gap.people <= gap.high
        assert gap.high > 0
        assert gap.action is not None
        assert {"need", "places", "rejected", "given-up", "unmatched"} <= {each.what for each in gap.evidence}
        assert gap.action.gain is None or gap.action.gain >= 0


@hypothesis_settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_numbering_zones_and_services_otherwise_changes_no_row(seed, dice):
    snapshot = world(seed)
    zones, services = list(range(len(snapshot.zone_area))), list(range(len(snapshot.service_id)))
    dice.shuffle(zones)
    dice.shuffle(services)
    columns = {name: getattr(snapshot, name)[zones] for name in Snapshot.__slots__ if name.startswith("zone_")}
    columns |= {name: getattr(snapshot, name)[services] for name in Snapshot.__slots__ if name.startswith("service_")}
    columns["link_zone"] = np.array([zones.index(z) for z in snapshot.link_zone.tolist()], "int32")
    columns["link_service"] = np.array([services.index(s) for s in snapshot.link_service.tolist()], "int32")

    again = {gap.id: gap for gap in shortage_rows(replace(snapshot, **columns))}

    for gap in shortage_rows(snapshot):
        twin = again.pop(gap.id)
        assert (twin.people, twin.low, twin.high) == pytest.approx((gap.people, gap.low, gap.high))
        assert (twin.basis, twin.recorded, twin.action.verb) == (gap.basis, gap.recorded, gap.action.verb)
    assert not again


def test_recorded_gaps_stand_beside_the_model_and_are_not_added_to_it():
    snapshot = replace(
        Snapshot.of([10, 5], [4], [(0, 0)]), zone_rejected=np.array([3, 1]), zone_expired=np.array([2, 0]), zone_unmatched=np.array([20, 0])
    )

    by_subject = {gap.subject: gap for gap in unmet_demand_gaps(snapshot)}

    assert by_subject[(Ref(RefType.AREA, 0),)].recorded == 25
    assert by_subject[(Ref(RefType.AREA, 0),)].people == 6
    assert by_subject[()].recorded == 26
    counted = {each.what for each in by_subject[()].evidence if each.counts_people}
    assert counted == {"rejected", "given-up", "unmatched"}


def test_a_gap_at_every_setting_is_firm_and_one_at_the_harsh_setting_only_is_possible():
    base = Snapshot.of([10, 10, 10], [5, 10, 15], [(0, 0), (1, 1), (2, 2)])
    snapshot = replace(base, zone_people=base.zone_people * [0.8, 1, 1.2], service_places=base.service_places * [0.9, 1, 1.2])

    rows = {gap.subject: (gap.low, gap.people, gap.high, gap.certainty) for gap in bottleneck_gaps(snapshot)}

    assert rows == {
        (Ref(RefType.AREA, 0),): (2.0, 5.0, 7.5, Certainty.FIRM),
        (Ref(RefType.AREA, 1),): (0.0, 0.0, 3.0, Certainty.POSSIBLE),
    }


def test_the_narrow_catchment_is_the_harsh_setting_and_help_without_travel_is_always_within():
    base = Snapshot.of([10, 10], [10, 10], [(0, 0), (1, 1)])
    far = replace(base, link_minutes=np.array([25, 400], "float32"), link_mode=np.array([0, 2], "uint8"))

    [row] = bottleneck_gaps(far)

    assert (row.subject, row.low, row.people, row.high) == ((Ref(RefType.AREA, 0),), 0, 0, 10)


def test_the_repair_of_an_overloaded_hub_is_places_there_and_says_how_many_would_be_used():
    [row] = bottleneck_gaps(Snapshot.of([200, 120], [250], [(0, 0), (1, 0)]))

    assert (row.people, row.action.verb, row.action.subject, row.action.gain) == (70, "add-places", (Ref(RefType.SERVICE, 0),), 70)


def test_a_shortage_that_rests_on_a_guess_asks_for_the_true_number_first():
    base = Snapshot.of([100], [60], [(0, 0)])
    guessed = replace(base, service_places=np.array([[0.0, 60, 120]]), service_basis=np.array([Basis.MODELLED], "uint8"))

    [row] = bottleneck_gaps(guessed)

    assert (row.action.verb, row.action.subject, row.action.bound) == ("confirm-capacity", (Ref(RefType.SERVICE, 0),), 40)
    assert row.basis is Basis.MODELLED


def test_an_area_without_any_service_gets_a_link_to_room_elsewhere_or_else_a_service():
    linked = bottleneck_gaps(Snapshot.of([10, 30], [25], [(0, 0)]))[0]
    alone = bottleneck_gaps(Snapshot.of([10, 30], [5], [(0, 0)]))[0]

    assert (linked.action.verb, linked.action.subject, linked.action.bound) == ("open-link", (Ref(RefType.SERVICE, 0),), 25)
    assert (alone.action.verb, alone.action.gain) == ("open-service", 30)


def test_pieces_with_the_same_subject_are_one_row():
    base = Snapshot.of([10, 10], [3, 4], [(0, 0), (1, 1)])
    snapshot = replace(base, zone_area=np.array([7, 7]), zone_need=np.array([1, 1]))

    [row] = bottleneck_gaps(snapshot)

    assert len(bottlenecks([10, 10], [3, 4], [(0, 0), (1, 1)])) == 2
    assert (row.people, row.low, row.high) == (13, 13, 13)


def test_a_confidential_service_counts_and_is_never_named():
    base = Snapshot.of([100, 10], [60, 60], [(0, 0), (1, 1)])
    hidden = replace(
        base,
        org_id=np.array([900]), org_lat=np.full(1, np.nan, "float32"), org_lon=np.full(1, np.nan, "float32"), org_entry=np.zeros(1),
        org_since=np.zeros(1, "int64"), org_confidential=np.ones(1, "bool"), service_org=np.zeros(2, "int32"),
    )  # fmt: skip

    rows = shortage_rows(hidden)

    assert {gap.people for gap in rows if gap.kind is Kind.BOTTLENECK} == {40}
    assert not [
        ref
        for gap in rows
        for ref in (*gap.subject, *gap.action.subject, *(each.ref for each in gap.evidence))
        if ref and ref.type is RefType.SERVICE
    ]


def test_low_access_is_less_than_half_the_usual_and_lifts_to_it():
    base = Snapshot.of([50, 50, 10], [40, 40], [(0, 0), (1, 1), (2, 1)])
    snapshot = replace(base, link_minutes=np.array([0, 0, 25], "float32"), link_mode=np.zeros(3, "uint8"))

    [row] = low_access_gaps(snapshot)

    usual = next(each.count for each in row.evidence if each.what == "usual")
    score = next(each.count for each in row.evidence if each.what == "access")
    assert row.subject == (Ref(RefType.AREA, 2),)
    assert row.people == pytest.approx(10 * (usual - score))
    assert [each.count for each in row.evidence if each.what == "minutes"] == [25]
    assert row.action.verb == "outreach"


def test_where_nobody_has_access_unmet_demand_speaks_alone():
    assert low_access_gaps(Snapshot.of([50, 50], [], [])) == []


@pytest.mark.parametrize("seed", range(40))
def test_the_range_of_access_takes_in_every_catchment(seed):
    snapshot = world(seed)
    whole = {gap.id: gap for gap in low_access_gaps(snapshot)}
    harsh = replace(snapshot, zone_people=snapshot.zone_people[:, [2, 2, 2]], service_places=snapshot.service_places[:, [0, 0, 0]])

    for minutes in (20.0, 30.0, 45.0):
        for gap in low_access_gaps(harsh, Settings(minutes=(minutes,) * 3)):
            assert whole[gap.id].high >= gap.people - 1e-9


@pytest.mark.parametrize("seed", range(120))
def test_what_closes_with_a_partner_is_what_solving_without_it_says(seed):
    snapshot = world(seed)
    need, places, links = setting(snapshot, 1, 30)
    before = unmet_demand(need, places, links)
    ends = list(zip(snapshot.agreement_from.tolist(), snapshot.agreement_to.tolist(), strict=True))
    at, opened = snapshot.link_agreements_at, snapshot.link_agreements

    losses = {loss.row: loss for loss in organization_losses(snapshot, top=100)}

    for organization in range(4):
        open_links = [
            (z, s)
            for row, (z, s) in enumerate(zip(snapshot.link_zone.tolist(), snapshot.link_service.tolist(), strict=True))
            if (z, s) in links
            and snapshot.service_org[s] != organization
            and (at[row] == at[row + 1] or any(organization not in ends[each] for each in opened[at[row] : at[row + 1]].tolist()))
        ]
        expected = unmet_demand(need, places, open_links) - before
        if organization not in losses:
            assert expected == 0
            continue
        assert losses[organization].exact == pytest.approx(expected)
        assert losses[organization].low <= losses[organization].exact <= losses[organization].high


@pytest.mark.parametrize("seed", range(40))
def test_the_largest_losses_are_exact_though_not_all_are_solved(seed):
    snapshot = world(seed)
    every = organization_losses(snapshot, top=100)
    one = organization_losses(snapshot, top=1)

    if every:
        assert one[0].exact == every[0].exact
    assert {loss.row for loss in one} == {loss.row for loss in every}


def test_no_zones_no_services_and_one_organisation_are_states():
    assert shortage_rows(Snapshot()) == []
    assert organization_losses(Snapshot()) == []
    assert shortage_rows(Snapshot.of([], [5], [])) == []
    assert [gap.people for gap in unmet_demand_gaps(Snapshot.of([5], [], []))] == [5, 5]
    assert shortage_rows(Snapshot.of([0, 0], [5], [(0, 0)])) == []
    assert len(Snapshot.of([5], [5], [(0, 0)]).networkx(Layer.ACCEPTED)) == 0


def test_an_amount_that_cannot_be_counted_is_refused_by_name():
    base = Snapshot.of([5], [5], [(0, 0)])

    with pytest.raises(ValueError, match="service_places: row 0"):
        shortage_rows(replace(base, service_places=np.full((1, 3), 3e7)))
    with pytest.raises(ValueError, match="zone_people: row 0 is nan"):
        shortage_rows(replace(base, zone_people=np.full((1, 3), np.nan)))


def test_rows_of_a_simulated_network_say_so():
    assert all(gap.simulated for gap in shortage_rows(replace(Snapshot.of([5], [2], [(0, 0)]), simulated=True)))


def test_the_point_flow_can_be_handed_in():
    snapshot = world(3)
    flow = Solved.of(*setting(snapshot, 1, 30))

    assert organization_losses(snapshot, solved=flow) == organization_losses(snapshot)
