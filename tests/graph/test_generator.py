"""The generated networks are what they claim, within tolerance."""

import numpy as np
import pytest

from bench.generator import describe, generate


@pytest.mark.parametrize("n", [2_000, 10_000])
def test_a_generated_network_keeps_its_promises(n):
    made = describe(generate(n, quiet=True))

    assert 7 <= made.ties / n <= 10
    assert 0.60 <= made.local_share <= 0.80
    assert 0.12 <= made.reciprocity <= 0.21  # chance adds to the 0.15 of the reverse ties, the more the smaller the network
    assert made.isolates == pytest.approx(0.045 * n, rel=0.05)
    assert made.largest_degree > 4 * made.p99_degree / 2
    assert made.components >= 0.005 * n


@pytest.mark.parametrize("n", [2_000, 10_000])
def test_its_flow_has_the_links_and_places_it_should(n):
    snapshot = generate(n, quiet=True)

    assert (len(snapshot.zone_area), len(snapshot.service_id)) == (0.6 * n, 0.4 * n)
    assert len(snapshot.link_zone) / len(snapshot.zone_area) == pytest.approx(9.2, rel=0.05)
    assert snapshot.service_places[:, 1].sum() / snapshot.zone_people[:, 1].sum() == pytest.approx(0.94)
    assert snapshot.tie_sent.mean() == pytest.approx(4, rel=0.05)
    answered = snapshot.tie_accepted + snapshot.tie_declined + snapshot.tie_expired
    assert (answered == snapshot.tie_sent).all()


def test_the_same_seed_gives_the_same_network_and_another_seed_another():
    first, same, other = generate(500, quiet=True), generate(500, quiet=True), generate(500, seed=2, quiet=True)

    for name in type(first).__dataclass_fields__:
        assert np.array_equal(getattr(first, name), getattr(same, name), equal_nan=name.startswith("org_l"))
    assert not np.array_equal(first.tie_to, other.tie_to)


def test_it_says_what_it_made(capsys):
    generate(500)

    assert "500 organisations" in capsys.readouterr().out


def test_everything_it_makes_is_labelled_as_simulated():
    assert generate(500, quiet=True).simulated
