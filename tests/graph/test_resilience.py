"""Single points against removal one by one, networkx and igraph."""

import igraph
import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.generator import generate
from network.graph.gaps import Certainty, Settings
from network.graph.partnerships import Pairs, rows_of
from network.graph.resilience import Resilience, bridges, single_point_rows, single_points
from network.graph.snapshot import Snapshot


def random_graph(seed, most=14):
    dice = np.random.default_rng(seed)
    return nx.gnp_random_graph(int(dice.integers(0, most + 1)), float(dice.uniform(0, 0.5)), seed=seed)


def pieces(G, node, entry):
    """What is left of a node's component without it: (entry, partners), heaviest first."""
    rest = G.subgraph(nx.node_connected_component(G, node) - {node})
    return sorted(((sum(entry[v] for v in part), len(part)) for part in nx.connected_components(rest)), reverse=True)


@pytest.mark.parametrize("by_level", [True, False], ids=["level by level", "vertex by vertex"])
def test_on_small_graphs_every_single_point_bridge_and_piece_is_what_removal_leaves(by_level):
    for seed in range(400):
        G = random_graph(seed)
        entry = np.random.default_rng(seed).integers(0, 9, len(G)).astype(float)
        found = Resilience.of(rows_of(G)[1], entry, by_level=by_level)

        for node in G:
            left = pieces(G, node, entry)
            assert found.is_point[node] == (len(left) > 1)
            assert found.pieces_of(node) == (left if len(left) > 1 else [])
            assert found.cut_off[node] == sum(weight for weight, _ in left[1:])
        expected = {}
        for a, b in G.edges:
            without = G.copy()
            without.remove_edge(a, b)
            if not nx.has_path(without, a, b):
                expected[min(a, b), max(a, b)] = min(sum(entry[v] for v in nx.node_connected_component(without, end)) for end in (a, b))
        assert dict(zip(zip(found.bridge_from, found.bridge_to, strict=True), found.bridge_cut_off, strict=True)) == expected


@pytest.mark.parametrize("make", [nx.karate_club_graph, nx.florentine_families_graph, nx.davis_southern_women_graph])
def test_graphs_that_come_with_networkx_have_the_points_and_bridges_it_finds(make):
    G = make()

    assert {point.node for point in single_points(G)} == set(nx.articulation_points(G))
    assert {frozenset(tie.ends) for tie in bridges(G)} == {frozenset(ends) for ends in nx.bridges(G)}


def test_a_generated_network_has_the_points_and_bridges_that_igraph_finds():
    snapshot = generate(10_000, quiet=True)
    pairs = Pairs.of(10_000, snapshot.tie_from, snapshot.tie_to).undirected()
    G = igraph.Graph(n=10_000, edges=np.stack([pairs.tails, pairs.heads], 1))

    found = Resilience.of(pairs, snapshot.org_entry)

    assert set(np.flatnonzero(found.is_point).tolist()) == set(G.articulation_points())
    ends = {tuple(sorted(G.es[edge].tuple)) for edge in G.bridges()}
    assert set(zip(found.bridge_from.tolist(), found.bridge_to.tolist(), strict=True)) == ends


def test_a_chain_of_three_thousand_is_walked_vertex_by_vertex():
    chain = nx.path_graph(3_000)

    points = single_points(chain)

    assert len(points) == 2_998
    assert points[0].cut_off == 1_499
    assert len(bridges(chain)) == 2_999


def test_a_pair_has_a_bridge_and_no_single_point_and_isolated_partners_have_neither():
    G = nx.Graph([(0, 1)])
    G.add_nodes_from([2, 3])

    assert single_points(G) == []
    assert [tie.ends for tie in bridges(G)] == [(0, 1)]


@pytest.mark.parametrize("n", [0, 1])
def test_an_empty_network_and_one_partner_have_no_single_point(n):
    assert single_points(nx.empty_graph(n)) == []
    assert bridges(nx.empty_graph(n)) == []


def test_direction_parallel_ties_and_self_ties_do_not_count():
    G = nx.MultiDiGraph([(0, 1), (1, 0), (0, 1), (1, 1), (1, 2)])

    assert [(point.node, point.cut_off) for point in single_points(G)] == [(1, 1.0)]


def test_of_three_pieces_all_but_the_heaviest_are_cut_off():
    star = nx.star_graph(3)

    assert single_points(star, entry={0: 9, 1: 5, 2: 3, 3: 2})[0].cut_off == 5


@pytest.mark.parametrize("entry", [[1, -1, 1], [1, float("nan"), 1], [1, 1]], ids=["negative", "not a number", "too short"])
def test_a_bad_entry_is_refused(entry):
    with pytest.raises(ValueError, match="entry"):
        single_points(nx.path_graph(3), entry=entry)


@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_relabelling_changes_no_result(seed, dice):
    G = random_graph(seed)
    names = list(G)
    dice.shuffle(names)
    renamed = nx.relabel_nodes(G, dict(zip(G, names, strict=True)), copy=True)

    before = {(names[point.node], point.cut_off) for point in single_points(G)}

    assert {(point.node, point.cut_off) for point in single_points(renamed)} == before


def network(ties, n, recent=None, entry=None):
    """A snapshot of accepted ties; `recent` are those of the last 90 days."""
    tails, heads = (np.array(ends, "int32") for ends in zip(*sorted(ties), strict=True))
    counts = np.full(len(tails), 5, "int32")
    late = np.array([5 if recent is None or tie in recent else 0 for tie in sorted(ties)], "int32")
    return Snapshot(
        org_id=np.arange(n, dtype="int64") + 100, org_entry=np.array(entry or [10.0] * n), org_since=np.full(n, 400),
        org_confidential=np.zeros(n, bool), tie_from=tails, tie_to=heads, tie_need=np.ones(len(tails), "int64"),
        tie_sent=counts, tie_accepted=counts, tie_recent=late, tie_declined=counts * 0, tie_expired=counts * 0, tie_silent=counts * 0,
    )  # fmt: skip


def row_of(rows, number, variant="organization"):
    return next(row for row in rows if row.variant == variant and row.subject[0].number == number)


def test_a_partner_that_is_a_single_point_in_both_windows_is_firm():
    rows = single_point_rows(network([(0, 1), (1, 2)], 3), Settings())

    row = row_of(rows, 101)
    assert (row.low, row.people, row.high, row.certainty) == (10, 10, 10, Certainty.FIRM)


def test_what_only_the_last_three_months_show_is_possible():
    ties = [(0, 1), (1, 2), (0, 2)]
    rows = single_point_rows(network(ties, 3, recent=ties[:2]), Settings())

    assert [(row.variant, row.people, row.high, row.certainty) for row in rows] == [
        ("organization", 0, 10, Certainty.POSSIBLE),
        ("bridge", 0, 10, Certainty.POSSIBLE),
        ("bridge", 0, 10, Certainty.POSSIBLE),
    ]


def test_the_size_is_the_larger_of_people_cut_off_and_people_without_a_place():
    rows = single_point_rows(network([(0, 1), (1, 2)], 3), Settings(), [(1, 40.0, 60.0, 42.0), (0, 3.0, 9.0, None)])

    assert row_of(rows, 101).people == 42
    assert (row_of(rows, 100).low, row_of(rows, 100).people, row_of(rows, 100).high) == (3, 3, 9)


def test_of_too_many_rows_the_foremost_are_kept():
    rows = single_point_rows(network([(0, 1), (1, 2), (2, 3), (3, 4)], 5), Settings(most_rows=1))

    assert [(row.variant, row.people) for row in rows] == [("organization", 20), ("bridge", 20)]
