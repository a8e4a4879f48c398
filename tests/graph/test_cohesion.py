"""Components, cores and centralisation against networkx and igraph, and the rows they give."""

import igraph
import networkx as nx
import numpy as np
import pytest

from bench.generator import generate
from network.graph.cohesion import centralization, components, core_numbers, cores, fragmentation_rows, indicators
from network.graph.gaps import Settings
from network.graph.partnerships import Pairs
from network.graph.snapshot import Snapshot

from .test_resilience import network


def test_on_random_digraphs_components_and_cores_are_those_of_networkx():
    for seed in range(300):
        G = nx.gnp_random_graph(seed % 15, 0.05 + seed % 7 / 20, seed=seed, directed=True)

        assert {frozenset(part) for part in components(G)} == {frozenset(part) for part in nx.weakly_connected_components(G)}
        assert {frozenset(part) for part in components(G, strong=True)} == {frozenset(part) for part in nx.strongly_connected_components(G)}
        assert core_numbers(G) == nx.core_number(G.to_undirected())


@pytest.mark.parametrize("make", [nx.karate_club_graph, nx.florentine_families_graph, nx.davis_southern_women_graph])
def test_graphs_that_come_with_networkx_have_its_core_numbers(make):
    G = make()

    assert core_numbers(G) == nx.core_number(G)


def test_a_generated_network_has_the_core_numbers_of_igraph():
    snapshot = generate(10_000, quiet=True)
    pairs = Pairs.of(10_000, snapshot.tie_from, snapshot.tie_to).undirected()

    G = igraph.Graph(n=10_000, edges=np.stack([pairs.tails, pairs.heads], 1))

    assert cores(pairs.both_ways()).tolist() == G.coreness()


def test_a_star_is_wholly_central_a_ring_not_at_all_and_two_partners_have_no_centre():
    def degrees(G):
        return np.array([degree for _, degree in G.degree])

    assert centralization(degrees(nx.star_graph(6))) == 1
    assert centralization(degrees(nx.cycle_graph(6))) == 0
    assert centralization(degrees(nx.path_graph(2))) is None


def test_an_empty_network_has_no_shares_and_no_rows():
    found = indicators(Snapshot())

    assert (found.largest_share, found.core_share, found.reciprocity, found.centralization) == (None, None, None, None)
    assert fragmentation_rows(Snapshot(), Settings()) == []


def test_one_partner_is_an_isolate():
    alone = Snapshot(org_id=np.array([7]), org_entry=np.zeros(1), org_since=np.array([400]), org_confidential=np.zeros(1, bool))

    [row] = fragmentation_rows(alone, Settings())

    assert (row.variant, row.evidence[0].count) == ("isolates", 1)
    assert indicators(alone).isolates == 1


def test_each_component_but_the_largest_has_a_row_and_those_without_ties_share_one():
    rows = fragmentation_rows(network([(0, 1), (1, 2), (3, 4)], 7, entry=[10.0, 10, 10, 4, 2, 0, 0]), Settings())

    assert [(row.variant, row.people, len(row.subject)) for row in rows] == [("component", 6, 2), ("isolates", 0, 0)]
    assert rows[1].evidence[0].count == 2


def test_of_two_components_as_large_the_one_where_fewer_people_enter_is_the_row():
    rows = fragmentation_rows(network([(0, 1), (2, 3)], 4, entry=[1.0, 1, 9, 9]), Settings())

    assert [[ref.number for ref in row.subject] for row in rows] == [[100, 101]]


def test_new_partners_are_listed_apart():
    snapshot = network([(0, 1)], 3)
    young = Snapshot(**{**fields(snapshot), "org_since": np.array([400, 400, 20])})

    [row] = fragmentation_rows(young, Settings())

    assert {entry.what: entry.count for entry in row.evidence} == {"partners": 0, "new-partners": 1, "new-partner": 20}


def test_partners_whose_offers_all_came_to_nothing_are_not_said_to_have_sent_nothing():
    snapshot = network([(0, 1), (2, 3)], 4)
    refused = Snapshot(**{**fields(snapshot), "tie_accepted": np.array([5, 0], "int32"), "tie_recent": np.array([5, 0], "int32")})

    assert [(row.variant, row.evidence[0].count) for row in fragmentation_rows(refused, Settings())] == [("unaccepted", 2)]


def fields(snapshot):
    return {name: getattr(snapshot, name) for name in Snapshot.__dataclass_fields__}
