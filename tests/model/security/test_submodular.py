"""Attacks and cascades of a concave adversary against their definition, and against the additive model at power 1."""

import itertools
import random
from fractions import Fraction

import numpy as np
import pytest

from restaking.model.security import RestakingNetwork, attackable, best_attack, longest_cascade
from restaking.model.security.submodular import (
    ConcaveAdversary,
    ConcaveCascades,
    best_concave_attack,
    largest_concave_attack,
    size_bound,
)

F = Fraction
POWERS = (F(1), F(3, 4), F(1, 2), F(1, 4))


def random_network(draw: random.Random) -> RestakingNetwork:
    operators, services = [f"v{v}" for v in range(draw.randint(2, 4))], [f"s{s}" for s in range(draw.randint(1, 4))]
    return RestakingNetwork.of(
        {v: draw.randint(1, 12) for v in operators},
        {s: (draw.randint(1, 9), draw.choice([F(1, 3), F(1, 2), F(1)])) for s in services},
        [(v, s) for v in operators for s in services if draw.random() < 0.6],
    )


def subsets(names: object) -> list[tuple[str, ...]]:
    items = tuple(names)  # type: ignore[arg-type]
    return [some for size in range(len(items) + 1) for some in itertools.combinations(items, size)]


def paying(network: RestakingNetwork, adversary: ConcaveAdversary) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """All pairs of services and coalition that pay, from the definition."""
    return [
        (services, coalition)
        for coalition in subsets(network.stakes)
        for services in subsets(attackable(network, coalition))
        if adversary.pays(network.profit_of(services), network.stake_of(coalition))
    ]


def longest(network: RestakingNetwork, adversary: ConcaveAdversary) -> int:
    """Longest cascade from the definition."""
    return max(
        (
            1 + longest(network.without(coalition).without_services(services), adversary)
            for services, coalition in paying(network, adversary)
        ),
        default=0,
    )


def test_profit_by_hand() -> None:
    adversary = ConcaveAdversary(F(1, 2), F(4))
    assert adversary.profit(np.array([0.0, 4.0, 16.0])).tolist() == [0.0, 4.0, 8.0]
    assert adversary.pays(F(16), F(799, 100))
    assert not adversary.pays(F(16), F(8)), "an attack that breaks even does not pay"


@pytest.mark.parametrize(("power", "unit"), [(F(0), F(1)), (F(3, 2), F(1)), (F(1), F(0))])
def test_an_adversary_that_is_not_concave_is_refused(power: Fraction, unit: Fraction) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        ConcaveAdversary(power, unit)


def test_break_even_is_decided_exactly() -> None:
    """Two services of 2 at power 1/2 with unit 2 are worth 2 sqrt 2: floats are no judge of a stake next to it."""
    edges = [("v", "x"), ("v", "y")]
    for stake, pays in ((F(9, 4), True), (F(23, 10), True), (F(4), False)):
        network = RestakingNetwork.of({"v": stake}, {"x": (2, 1), "y": (2, 1)}, edges)
        found = best_concave_attack(network, ConcaveAdversary.on(network, F(1, 2)))
        assert (found is not None) == pays
    four = {name: (1, 1) for name in "wxyz"}
    network = RestakingNetwork.of({"v": 2}, four, [("v", name) for name in four])
    adversary = ConcaveAdversary.on(network, F(1, 2))
    assert best_concave_attack(network, adversary) is None, "sqrt 4 = 2 is what the attack costs"
    assert largest_concave_attack(network, ConcaveAdversary.on(network, F(51, 100))) == 4


def test_random_networks_agree_with_the_definition() -> None:
    draw = random.Random(5)
    for _ in range(150):
        network = random_network(draw)
        for power in POWERS:
            adversary = ConcaveAdversary.on(network, power)
            pairs = paying(network, adversary)
            best = best_concave_attack(network, adversary)
            assert (best is None) == (not pairs)
            assert largest_concave_attack(network, adversary) == max(
                (len(services) for services, _ in pairs), default=0
            )
            if best is None:
                continue
            nets = [
                float(adversary.profit(np.array(float(network.profit_of(services))))) - float(network.stake_of(some))
                for services, some in pairs
            ]
            assert best.net_profit == pytest.approx(max(nets), rel=1e-9, abs=1e-9)


def test_at_power_one_it_is_the_additive_adversary() -> None:
    draw = random.Random(6)
    for _ in range(100):
        network = random_network(draw)
        additive, concave = best_attack(network), best_concave_attack(network, ConcaveAdversary.on(network, F(1)))
        assert (additive is None) == (concave is None)
        if additive and concave:
            assert concave.net_profit == pytest.approx(float(additive.net_profit))


def test_no_attack_is_larger_than_the_bound() -> None:
    draw = random.Random(7)
    bounded = 0
    for _ in range(200):
        network = random_network(draw)
        for power in POWERS:
            adversary = ConcaveAdversary.on(network, power)
            bound = size_bound(network, adversary)
            bounded += bound < len(network.services)
            assert largest_concave_attack(network, adversary) <= bound
    assert bounded > 50, "a bound that never binds would be no test"


def test_the_bound_is_reached_but_for_a_little() -> None:
    """One operator on m services: overlap m, each needs all of its stake."""
    network = RestakingNetwork.of({"v": F(39, 20)}, {name: (1, 1) for name in "wxyz"}, [("v", name) for name in "wxyz"])
    adversary = ConcaveAdversary.on(network, F(1, 2))
    assert largest_concave_attack(network, adversary) == 4
    assert size_bound(network, adversary) == pytest.approx((4 / 1.95) ** 2)


def test_the_bound_wants_prizes_of_a_unit() -> None:
    network = RestakingNetwork.of({"v": 1}, {"x": (1, 1)}, [("v", "x")])
    with pytest.raises(ValueError, match="at least one unit"):
        size_bound(network, ConcaveAdversary(F(1, 2), F(2)))


def test_cascades_agree_with_the_definition() -> None:
    draw = random.Random(8)
    lengths = set()
    for _ in range(25):
        network = random_network(draw)
        for power in POWERS:
            adversary = ConcaveAdversary.on(network, power)
            cascades = ConcaveCascades(network, adversary)
            assert cascades.after() == longest(network, adversary)
            lost = [longest(network.without([name]), adversary) for name in network.stakes]
            assert cascades.after_one() == max(lost)
            lengths.add(cascades.after_one())
    assert len(lengths) >= 4


def test_cascades_at_power_one_are_those_of_the_additive_model() -> None:
    draw = random.Random(9)
    for _ in range(25):
        network = random_network(draw)
        cascades = ConcaveCascades(network, ConcaveAdversary.on(network, F(1)))
        for shock in ([], ["v0"], ["v0", "v1"]):
            assert cascades.after(shock) == longest_cascade(network, shock)
