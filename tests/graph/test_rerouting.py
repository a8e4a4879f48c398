"""Searches of the residual graph: exact however small the first neighbourhood is, and stopped by counted work alone."""

import numpy as np
import pytest

from network.graph import rerouting
from network.graph.flow import Solved
from network.graph.gaps import Settings
from network.graph.losses import organization_losses
from network.graph.rerouting import OutOfWork, Work
from network.graph.shortages import bottleneck_gaps, unmet_demand_gaps

from .test_shortages import world


def network(seed):
    dice = np.random.default_rng(seed)
    zones, services = int(dice.integers(1, 40)), int(dice.integers(1, 30))
    likely = dice.choice([0.05, 0.1, 0.3])
    links = [(z, s) for z in range(zones) for s in range(services) if dice.random() < likely]
    return dice.integers(0, 20, zones), dice.integers(0, 25, services), links, dice


def placed(need, places, links):
    return Solved.of(need, places, links).total / 100


@pytest.fixture(params=[1, 40, rerouting.FIRST])
def first(request, monkeypatch):
    """Arcs of the first neighbourhood: with one it has to grow at each step, with many it is the whole network."""
    monkeypatch.setattr(rerouting, "FIRST", request.param)


@pytest.mark.parametrize("seed", range(60))
def test_a_search_that_grows_finds_what_solving_again_finds(seed, first):
    need, places, links, dice = network(seed)
    solved, before = Solved.of(need, places, links), placed(need, places, links)
    chosen, gone = dice.random(len(need)) < 0.4, dice.random(len(places)) < 0.2
    closed = dice.random(len(solved.zone)) < 0.1
    left = [(z, s) for z, s, is_closed in zip(solved.zone.tolist(), solved.service.tolist(), closed, strict=True) if not is_closed]
    service = int(dice.integers(len(places)))
    roomy = np.where(np.arange(len(places)) == service, 1_000, places)

    assert solved.most_placed(chosen) == placed(np.where(chosen, need, 0), places, links)
    assert solved.least_placed(chosen) == before - placed(np.where(chosen, 0, need), places, links)
    assert solved.loss(gone) == before - placed(need, np.where(gone, 0, places), links)
    assert solved.loss(gone, closed) == before - placed(need, np.where(gone, 0, places), left)
    assert solved.gain(service) == placed(need, roomy, links) - before


def test_work_is_counted_and_a_search_beyond_it_is_refused():
    # The one place of service 0 is needed again: zone 0 can go to service 1, whose person can go to service 2.
    solved, work = Solved.of([1, 1], [1, 1, 1], [(0, 0), (0, 1), (1, 1), (1, 2)]), Work(10_000)
    service = int(np.flatnonzero(solved.used)[0])

    solved.loss([service], work=work)
    spent = 10_000 - work.arcs

    assert spent > 0
    assert solved.loss([service], work=Work(spent)) == solved.loss([service])
    with pytest.raises(OutOfWork):
        solved.loss([service], work=Work(spent - 1))


@pytest.mark.parametrize("measure", [unmet_demand_gaps, bottleneck_gaps])
def test_rows_beyond_the_work_keep_outer_limits_that_enclose_the_exact_ones(measure):
    for seed in range(30):
        exact = {gap.id: gap for gap in measure(world(seed), Settings(top_exact=1000))}
        short = {gap.id: gap for gap in measure(world(seed), Settings(top_exact=1000, exact_arcs=5))}

        assert set(exact) == set(short)
        for key, gap in short.items():
            said = {entry.what for entry in gap.evidence}
            assert ("exact" in said) != ("outer" in said)
            assert gap.low <= exact[key].low + 1e-9
            assert gap.high >= exact[key].high - 1e-9


def test_losses_beyond_the_work_are_bounds():
    unsolved = 0
    for seed in range(30):
        exact = {loss.row: loss.exact for loss in organization_losses(world(seed), top=100)}
        for loss in organization_losses(world(seed), Settings(exact_arcs=0), top=100):
            unsolved += loss.exact is None
            assert loss.low <= exact[loss.row] <= loss.high
            assert loss.exact in {None, exact[loss.row]}

    assert unsolved
