"""Columns that fit together, and the graph that people know, both ways."""

from dataclasses import fields, replace

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.graph import Layer, Snapshot

TIES = {"tie_" + name: np.array([1, 2], "int32") for name in ("sent", "accepted", "declined", "expired", "completed", "silent", "recent")}


def two_ties():
    """Organisation 0 refers to 1 for two needs."""
    return Snapshot(
        org_id=np.array([70, 71, 72]),
        org_lat=np.zeros(3, "float32"),
        org_lon=np.zeros(3, "float32"),
        org_entry=np.ones(3),
        org_since=np.array([400, 30, 5]),
        org_confidential=np.zeros(3, "bool"),
        tie_from=np.array([0, 0], "int32"),
        tie_to=np.array([1, 1], "int32"),
        tie_need=np.array([8, 9]),
        agreement_from=np.array([1], "int32"),
        agreement_to=np.array([2], "int32"),
        agreement_need=np.array([-1]),
        agreement_days=np.array([100]),
        **TIES,
    ).checked()


def same(one, other):
    for entry in fields(Snapshot):
        mine, theirs = getattr(one, entry.name), getattr(other, entry.name)
        if isinstance(mine, np.ndarray):
            assert mine.dtype == theirs.dtype, entry.name
            np.testing.assert_array_equal(mine, theirs, entry.name)
        else:
            assert mine == theirs, entry.name


@st.composite
def graphs(draw):
    """Directed graphs with the attributes of the public model."""
    size = draw(st.integers(0, 6))
    graph = nx.DiGraph()
    for number in draw(st.lists(st.integers(0, 2**52), min_size=size, max_size=size, unique=True)):
        graph.add_node(
            len(graph),
            number=number,
            lat=draw(st.floats(-80, 80, width=32)),
            lon=draw(st.floats(-80, 80, width=32)),
            entry=draw(st.floats(0, 90)),
            since=draw(st.integers(0, 900)),
            confidential=draw(st.booleans()),
        )
    count = st.integers(1, 40)
    pairs = [(u, v) for u in range(size) for v in range(size) if u != v]
    for pair in draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []:
        names = ("sent", "accepted", "declined", "expired", "completed", "silent", "recent")
        needs = draw(st.lists(st.integers(-1, 5), min_size=1, max_size=3, unique=True))
        each = {need: {name: draw(count) for name in names} for need in sorted(needs)}
        graph.add_edge(
            *pair,
            **{name: sum(counts[name] for counts in each.values()) for name in names},
            by_need=each,
        )
    return graph


@settings(deadline=None)
@given(graphs())
def test_a_graph_becomes_a_snapshot_and_the_same_graph_again(graph):
    again = Snapshot.from_networkx(graph).networkx(Layer.SENT)

    assert nx.utils.graphs_equal(again, graph)


@settings(deadline=None)
@given(graphs())
def test_a_snapshot_becomes_a_graph_and_the_same_snapshot_again(graph):
    snapshot = Snapshot.from_networkx(graph)

    same(Snapshot.from_networkx(snapshot.networkx(None)), snapshot)


def test_an_edge_sums_its_ties_and_keeps_each_need():
    edge = two_ties().networkx().edges[0, 1]

    assert (edge["sent"], set(edge["by_need"])) == (3, {8, 9})


def test_layers_are_masks_over_the_same_organisations():
    snapshot = replace(two_ties(), tie_accepted=np.array([0, 2], "int32"), tie_completed=np.zeros(2, "int32"))

    assert {layer: list(snapshot.networkx(layer).edges) for layer in Layer} == {
        Layer.AGREED: [(1, 2)],
        Layer.SENT: [(0, 1)],
        Layer.ACCEPTED: [(0, 1)],
        Layer.COMPLETED: [],
    }
    assert snapshot.networkx().edges[0, 1]["sent"] == 2, "a tie outside the layer is not counted in"
    assert all(len(snapshot.networkx(layer)) == 3 for layer in Layer)


def test_the_agreed_layer_says_for_which_need_and_how_long_and_can_be_read_back():
    agreed = two_ties().networkx(Layer.AGREED)

    assert agreed.edges[1, 2]["agreements"] == ((-1, 100),)
    assert agreed.edges[1, 2]["sent"] == 0
    assert Snapshot.from_networkx(agreed).agreement_days.tolist() == [100]


def test_a_neighbourhood_is_an_organisation_its_partners_and_what_is_between_them():
    snapshot = Snapshot.from_networkx(nx.DiGraph([(0, 1), (2, 0), (1, 2), (2, 3), (3, 4)]))

    assert set(snapshot.networkx(ego=0).edges) == {(0, 1), (2, 0), (1, 2)}
    with pytest.raises(ValueError, match="ego: row 9, of 5"):
        snapshot.networkx(ego=9)


def test_well_known_graphs_come_in_with_any_names_and_loops_and_parallel_edges():
    karate = Snapshot.from_networkx(nx.karate_club_graph())
    parallel = Snapshot.from_networkx(nx.MultiDiGraph([("a", "b"), ("a", "b"), ("a", "a")]))

    assert len(karate.tie_from) == 2 * 78
    assert parallel.tie_sent.tolist() == [2]
    assert Snapshot.from_networkx(nx.DiGraph()).org_id.tolist() == []


def test_zones_services_and_their_owners_come_with_the_graph():
    snapshot = Snapshot.from_networkx(nx.path_graph(["a", "b"]), need=[3], places=[4, 5], links=[(0, 1)], owners=["b", None])

    assert snapshot.service_org.tolist() == [1, -1]
    assert snapshot.link_service.tolist() == [1]
    with pytest.raises(ValueError, match="owners: 'c' is no node"):
        Snapshot.from_networkx(nx.path_graph(["a", "b"]), places=[4], owners=["c"])
    with pytest.raises(ValueError, match="rows beside"):
        Snapshot.from_networkx(nx.path_graph(["a", "b"]), places=[4, 5], owners=["a"])


def test_a_column_cannot_be_written():
    with pytest.raises(ValueError, match="read-only"):
        two_ties().tie_sent[0] = 9


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tie_to": np.array([1], "int32")}, "tie_to: 1 rows beside 2 of tie_from"),
        ({"org_lat": np.zeros(2, "float32")}, "org_lat: 2 rows beside 3"),
        ({"tie_to": np.array([1, 3], "int32")}, "tie_to: row 1 is 3, of 3"),
        ({"agreement_from": np.array([-1], "int32")}, "agreement_from: row 0 is -1"),
        ({"tie_need": np.array([9, 8])}, "tie_from: row 1: ties are sorted"),
        ({"tie_need": np.array([8, 8])}, "tie_from: row 1: ties are sorted"),
        ({"tie_to": np.array([0, 1], "int32")}, "tie_from: row 0: nobody has a tie to themselves"),
        ({"agreement_to": np.array([1], "int32")}, "agreement_from: row 0: nobody"),
        ({"tie_sent": np.array([1, -1], "int32")}, "tie_sent: row 1: a count"),
        ({"org_entry": np.array([1, np.nan, 1])}, "org_entry: row 1"),
    ],
)
def test_columns_that_do_not_fit_are_refused_by_their_first_bad_row(change, words):
    with pytest.raises(ValueError, match=words):
        replace(two_ties(), **change).checked()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"zone_people": np.array([[3.0, 2, 4], [1, 1, 1]])}, "zone_people: row 0: low ≤ point ≤ high"),
        ({"zone_people": np.array([[1.0, 1, 1], [np.nan, 1, 1]])}, "zone_people: row 1: an amount"),
        ({"zone_people": np.ones(2)}, "zone_people: low, point and high"),
        ({"service_places": -np.ones((1, 3))}, "service_places: row 0: an amount"),
        ({"service_org": np.array([0], "int32")}, "service_org: row 0 is 0, of 0"),
        ({"link_zone": np.array([2], "int32")}, "link_zone: row 0 is 2, of 2"),
        ({"link_minutes": np.array([np.nan], "float32")}, "link_minutes: row 0"),
        ({"link_agreements_at": np.zeros(1, "int32")}, "link_agreements_at: 2 pointers are needed, not 1"),
        ({"link_agreements_at": np.array([0, 1], "int32")}, "link_agreements_at: the last pointer is 1, of 0"),
        ({"link_agreements_at": np.array([0, -1], "int32")}, "link_agreements_at: row 1: pointers"),
        ({"link_agreements": np.array([0], "int32")}, "link_agreements: row 0 is 0, of 0"),
        ({"zone_asked": np.array([0, -3])}, "zone_asked: row 1"),
    ],
)
def test_zones_services_and_links_that_do_not_fit_are_refused_too(change, words):
    with pytest.raises(ValueError, match=words):
        replace(Snapshot.of([3, 4], [5], [(1, 0)]), **change).checked()


def test_an_empty_snapshot_is_a_snapshot():
    assert len(Snapshot().checked().networkx()) == 0
    assert Snapshot.of([], [], []).checked().zone_people.shape == (0, 3)
