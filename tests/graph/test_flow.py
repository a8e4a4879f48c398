"""One flow against networkx, and against every subset of zones, every removal and every addition on small cases."""

from itertools import chain, combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.graph import Solved, bottlenecks, loss, loss_bounds, placed_range, unmet_demand


def every_case(test):
    """Runs a test of (need, places, links, dice) on 300 small networks in one go; a failure names its seed."""

    def on_every_case():
        for seed in range(300):
            try:
                test(*small(seed), np.random.default_rng(seed))
            except AssertionError as failure:
                raise AssertionError(f"seed {seed}: {small(seed)}") from failure

    on_every_case.__name__ = test.__name__
    return on_every_case


def small(seed):
    """Up to six zones and five services; zeros, parallel links and zones without any link occur."""
    dice = np.random.default_rng(seed)
    zones, services = int(dice.integers(1, 7)), int(dice.integers(0, 6))
    need, places = dice.integers(0, 9, zones).tolist(), dice.integers(0, 12, services).tolist()
    links = [(z, s) for z in range(zones) for s in range(services) if dice.random() < 0.4]
    return need, places, links + links[:1]


def subsets(rows):
    rows = list(rows)
    return chain.from_iterable(combinations(rows, size) for size in range(len(rows) + 1))


def deficiency(need, places, links, zones):
    """Hall: need of some zones less the places of every service open to them."""
    return sum(need[z] for z in zones) - sum(places[s] for s in {s for z, s in links if z in zones})


def largest(need, places, links):
    """The same for all subsets, each from the one without its first zone."""
    reach = [0] * len(need)
    for z, s in links:
        reach[z] |= 1 << s
    room = [sum(places[s] for s in range(len(places)) if mask >> s & 1) for mask in range(1 << len(places))]
    people, opened = [0], [0]
    for z, own in enumerate(need):
        people += [before + own for before in people]
        opened += [before | reach[z] for before in opened]
    return max(people[zones] - room[opened[zones]] for zones in range(1 << len(need)))


def placed(need, places, links):
    return sum(need) - largest(need, places, links)


def graph_of(need, places, links):
    network = nx.DiGraph()
    network.add_nodes_from(["from", "to"])
    for z, people in enumerate(need):
        network.add_edge("from", ("z", z), capacity=people)
    for s, room in enumerate(places):
        network.add_edge(("s", s), "to", capacity=room)
    network.add_edges_from(((("z", z), ("s", s)) for z, s in links), capacity=10**9)
    return network


@every_case
def test_unmet_demand_is_the_largest_shortage_of_any_set_of_zones(need, places, links, dice):
    assert unmet_demand(need, places, links) == largest(need, places, links)


@every_case
def test_s_is_the_intersection_of_all_sets_that_lack_most_and_its_pieces_add_up(need, places, links, dice):
    most = largest(need, places, links)
    worst = [set(zones) for zones in subsets(range(len(need))) if deficiency(need, places, links, set(zones)) == most]

    rows = bottlenecks(need, places, links)

    assert {z for row in rows for z in row.zones} == set.intersection(*worst)
    assert sum(row.deficit for row in rows) == most
    for row in rows:
        assert row.deficit == deficiency(need, places, links, set(row.zones)) > 0
        assert set(row.services) == {s for z, s in links if z in row.zones}
    assert [row.deficit for row in rows] == sorted((row.deficit for row in rows), reverse=True)


@every_case
def test_a_zone_is_in_s_if_and_only_if_it_goes_short_under_some_best_routing(need, places, links, dice):
    solved = Solved.of(need, places, links)

    for z in range(len(need)):
        least, most = solved.placed_range([z])
        assert bool(solved.s[0][z]) == (least < need[z])
        assert least <= solved.placed[z] / 100 <= most


@every_case
def test_the_people_placed_lie_between_what_others_leave_and_what_is_there_alone(need, places, links, dice):
    solved = Solved.of(need, places, links)
    for zones in [(z,) for z in range(len(need))] + [
        dice.choice(len(need), dice.integers(0, len(need) + 1), replace=False).tolist() for _ in range(4)
    ]:
        alone = [people if z in zones else 0 for z, people in enumerate(need)]
        others = [0 if z in zones else people for z, people in enumerate(need)]

        expected = placed(need, places, links) - placed(others, places, links), placed(alone, places, links)

        assert solved.placed_range(list(zones)) == expected


@every_case
def test_the_two_sets_answer_what_each_change_would_do(need, places, links, dice):
    solved, before = Solved.of(need, places, links), placed(need, places, links)
    s, t = solved.s, solved.t

    for j in range(len(places)):
        more = [room + (k == j) for k, room in enumerate(places)]
        assert (placed(need, more, links) > before) == bool(s[1][j]), "one more place helps at services in S, nowhere else"
    for z in range(len(need)):
        more = [people + (k == z) for k, people in enumerate(need)]
        assert (placed(more, places, links) > before) == bool(t[0][z]), "one more person is placed if the zone is in T"
        for j in range(len(places)):
            assert (placed(need, places, [*links, (z, j)]) > before) == solved.link_helps(z, j)


@every_case
def test_a_loss_lies_within_its_bounds_and_is_what_solving_again_gives(need, places, links, dice):
    solved, before = Solved.of(need, places, links), placed(need, places, links)
    for gone in [gone for gone in subsets(range(len(places))) if len(gone) < 3 or dice.random() < 0.3]:
        left = [0 if j in gone else room for j, room in enumerate(places)]
        low, high = solved.loss_bounds(gone)

        exact = solved.loss(gone)

        assert exact == before - placed(need, left, links)
        assert low <= exact <= high
    for j in range(len(places)):
        low, high = solved.loss_bounds([j])
        assert low == high or solved.t[1][j], "outside T the bounds are one"
        assert high == solved.used[j] / 100


@every_case
def test_the_loss_of_links_is_what_solving_again_gives_also_when_their_service_stays(need, places, links, dice):
    solved, before = Solved.of(need, places, links), placed(need, places, links)
    cut, gone = dice.random(len(solved.zone)) < 0.4, [j for j in range(len(places)) if dice.random() < 0.3]
    kept = [
        pair for pair, away in zip(zip(solved.zone.tolist(), solved.service.tolist(), strict=True), cut.tolist(), strict=True) if not away
    ]

    low, high = solved.loss_bounds(gone, cut)
    exact = solved.loss(gone, cut)

    assert exact == before - placed(need, [0 if j in gone else room for j, room in enumerate(places)], kept)
    assert low <= exact <= high


@every_case
def test_the_gain_of_a_service_is_what_room_for_everybody_there_would_give(need, places, links, dice):
    solved, before = Solved.of(need, places, links), placed(need, places, links)

    for j in range(len(places)):
        assert solved.gain(j) == placed(need, [1000 if k == j else room for k, room in enumerate(places)], links) - before


@pytest.mark.parametrize("seed", range(6))
def test_a_larger_network_agrees_with_networkx_on_the_flow_and_on_the_cut(seed):
    dice = np.random.default_rng(seed)
    need, places = dice.geometric(1 / 15, 300).tolist(), dice.integers(0, 45, 200).tolist()
    links = [(int(z), int(s)) for z, s in np.stack([dice.integers(0, 300, 1500), dice.integers(0, 200, 1500)], 1)]
    network = graph_of(need, places, links)
    cut, _ = nx.minimum_cut(network, "from", "to", flow_func=nx.algorithms.flow.preflow_push)
    residual = nx.algorithms.flow.preflow_push(network, "from", "to")
    open_arcs = nx.DiGraph([(u, v) for u, v, a in residual.edges(data=True) if a["flow"] < a["capacity"]])
    source_side = nx.descendants(open_arcs, "from") if "from" in open_arcs else set()

    rows = bottlenecks(need, places, links)

    assert unmet_demand(need, places, links) == sum(need) - cut
    assert {z for row in rows for z in row.zones} == {number for kind, number in source_side if kind == "z"}
    assert {s for row in rows for s in row.services} == {number for kind, number in source_side if kind == "s"}


@st.composite
def networks(draw):
    zones, services = draw(st.integers(1, 8)), draw(st.integers(1, 6))
    amount = st.integers(0, 5000).map(lambda hundredths: hundredths / 100)
    pair = st.tuples(st.integers(0, zones - 1), st.integers(0, services - 1))
    return (
        draw(st.lists(amount, min_size=zones, max_size=zones)),
        draw(st.lists(amount, min_size=services, max_size=services)),
        draw(st.lists(pair, max_size=25)),
    )


@settings(deadline=None)
@given(networks(), st.data())
def test_more_places_or_links_never_raise_unmet_demand_and_more_need_never_lowers_it(network, data):
    need, places, links = network
    unmet = unmet_demand(need, places, links)
    z, s = data.draw(st.integers(0, len(need) - 1)), data.draw(st.integers(0, len(places) - 1))

    assert unmet_demand(need, [room + 3 * (j == s) for j, room in enumerate(places)], links) <= unmet
    assert unmet_demand(need, places, [*links, (z, s)]) <= unmet
    assert unmet_demand([people + 3 * (i == z) for i, people in enumerate(need)], places, links) >= unmet


@settings(deadline=None)
@given(networks(), st.randoms(use_true_random=False))
def test_numbering_the_rows_otherwise_changes_no_result(network, dice):
    need, places, links = network
    zones, services = list(range(len(need))), list(range(len(places)))
    dice.shuffle(zones)
    dice.shuffle(services)
    turned = [need[z] for z in zones], [places[s] for s in services], [(zones.index(z), services.index(s)) for z, s in reversed(links)]

    rows = bottlenecks(*turned)

    assert unmet_demand(*turned) == unmet_demand(need, places, links)
    named = {(tuple(sorted(zones[z] for z in row.zones)), tuple(sorted(services[s] for s in row.services)), row.deficit) for row in rows}
    assert named == {(row.zones, row.services, row.deficit) for row in bottlenecks(need, places, links)}


@settings(deadline=None)
@given(networks())
def test_splitting_a_zone_in_two_alike_changes_no_total(network):
    need, places, links = network
    halved = [round(need[0] * 100) // 2 * 2 / 100, *need[1:]]  # whole hundredths on both sides

    split = [halved[0] / 2, *halved[1:], halved[0] / 2]

    again = [*links, *((len(need), s) for z, s in links if z == 0)]
    assert unmet_demand(split, places, again) == unmet_demand(halved, places, links)


@settings(deadline=None)
@given(networks())
def test_merging_two_pools_of_places_never_raises_unmet_demand(network):
    need, places, links = network
    if len(places) < 2:
        places = [*places, 0]
    merged = [places[0] + places[1], *places[2:]]

    assert unmet_demand(need, merged, [(z, max(0, s - 1)) for z, s in links]) <= unmet_demand(need, places, links) + 1e-9


def test_nobody_places_and_nothing_are_states_and_not_errors():
    assert unmet_demand([], [], []) == 0.0
    assert unmet_demand([], [5], []) == 0.0
    assert unmet_demand([5, 2.5], [], []) == 7.5
    assert unmet_demand([0, 0], [5], [(0, 0)]) == 0.0
    assert unmet_demand([5], [0], [(0, 0)]) == 5.0
    assert bottlenecks([], [], []) == []
    assert [row.zones for row in bottlenecks([5, 2.5], [], [])] == [(0,), (1,)]
    assert bottlenecks([5], [0], [(0, 0)])[0].services == (0,)
    assert placed_range([], [], [], []) == (0.0, 0.0)
    assert loss_bounds([5], [5], [(0, 0)], [0]) == (5.0, 5.0)
    assert loss([5], [5], [(0, 0)], []) == 0.0


def test_hundredths_are_exact():
    assert unmet_demand([0.1, 0.2], [0.3], [(0, 0), (1, 0)]) == 0.0
    assert unmet_demand([10.01], [10], [(0, 0)]) == 0.01


def test_sums_beyond_32_bits_are_right_and_single_rows_beyond_them_are_refused():
    most = (2**31 - 1) / 100

    assert unmet_demand([most] * 3, [most] * 3, [(0, 0), (1, 1), (2, 2)]) == 0.0
    assert unmet_demand([most] * 3, [most], [(0, 0), (1, 0), (2, 0)]) == round(2 * most, 2)
    assert Solved.of([most, most], [most, most], [(0, 0), (0, 1), (1, 1)]).loss([0]) == most
    with pytest.raises(ValueError, match=r"places: row 1 is 30000000\.0; more than 21474836\.47 a month cannot be counted"):
        unmet_demand([1], [1, 3e7], [])


@pytest.mark.parametrize(
    ("need", "places", "links", "words"),
    [
        ([1, float("nan")], [], [], "need: row 1 is nan"),
        ([1, -2], [], [], "need: row 1 is -2.0"),
        ([float("inf")], [], [], "need: row 0 is inf"),
        ([1], [-1], [], "places: row 0 is -1.0"),
        ([1], [1], [(0, 0), (0, 1)], r"links: row 1 is \(0, 1\), of 1 zones and 1 services"),
        ([1], [1], [(-1, 0)], r"links: row 0 is \(-1, 0\)"),
        ([1], [1], [(0, 0, 0)], "links: pairs"),
        ([[1]], [1], [], "need: one column"),
    ],
)
def test_bad_input_is_refused_by_its_first_bad_row(need, places, links, words):
    for measure in (unmet_demand, bottlenecks):
        with pytest.raises(ValueError, match=words):
            measure(need, places, links)


def test_rows_that_are_asked_about_must_exist():
    with pytest.raises(ValueError, match="services: entry 1 is 7, of 2"):
        loss_bounds([60], [50, 45], [(0, 0)], [0, 7])
    with pytest.raises(ValueError, match="zones: entry 0 is -1, of 1"):
        placed_range([60], [50, 45], [(0, 0)], [-1])


@settings(max_examples=30, deadline=None)
@given(networks())
def test_what_is_asked_again_is_not_solved_again(network):
    solved = Solved.of(*network)

    assert solved.s is solved.s
    assert solved.pieces is solved.pieces
    assert solved.bottlenecks() == solved.bottlenecks()
