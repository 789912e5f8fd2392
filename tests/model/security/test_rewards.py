"""Stake that follows rewards, what they cover, and the greedy choice beside all others."""

import itertools
import random
from fractions import Fraction

import numpy as np
import pytest

from restaking.model.security import RestakingNetwork
from restaking.model.security.rewards import RewardProblem, best_rewards, greedy_rewards
from restaking.model.security.submodular import ConcaveAdversary

F = Fraction


def problem(draw: random.Random, at_once: int = 2) -> RewardProblem:
    operators, services = [f"v{v}" for v in range(4)], [f"s{s}" for s in range(3)]
    edges = {(v, s) for s in services for v in draw.sample(operators, 2)}
    network = RestakingNetwork.of(
        {v: draw.randint(5, 15) for v in operators},
        {s: (draw.randint(6, 15), F(1, 2)) for s in services},
        sorted(edges),
    )
    return RewardProblem(network, ConcaveAdversary.on(network, F(1, 2)), at_once, F(2))


def test_stake_follows_rewards_in_proportion_and_reaches_other_services() -> None:
    edges = [("a", "x"), ("b", "x"), ("b", "y")]
    network = RestakingNetwork.of({"a": 30, "b": 10}, {"x": (8, F(1, 2)), "y": (8, F(1, 2))}, edges)
    paid = RewardProblem(network, ConcaveAdversary.on(network, F(1)), 1, F(4)).with_rewards((2, 0))
    assert dict(paid.stakes) == {"a": 36, "b": 12}
    assert dict(paid.stake_on) == {"x": 48, "y": 12}


def test_what_is_covered_by_hand() -> None:
    """x costs 20, y 5; both at once (20 + 5) / 2, since b secures both; both are worth 8 sqrt 2."""
    edges = [("a", "x"), ("b", "x"), ("b", "y")]
    network = RestakingNetwork.of({"a": 30, "b": 10}, {"x": (8, F(1, 2)), "y": (8, F(1, 2))}, edges)
    found = RewardProblem(network, ConcaveAdversary.on(network, F(1, 2)), 2, F(4))
    assert found.covered(np.zeros(2, dtype=np.int64)) == pytest.approx(8.0 + 5.0 + 8.0 * 2**0.5)
    assert not found.suffices(np.zeros(2, dtype=np.int64))
    assert found.suffices(np.array([0, 2]))


def test_returns_decrease_in_every_unit() -> None:
    draw = random.Random(3)
    for _ in range(40):
        found = problem(draw)
        less = np.array([draw.randint(0, 4) for _ in range(3)])
        more = less + np.array([draw.randint(0, 4) for _ in range(3)])
        for unit in np.eye(3, dtype=np.int64):
            first, later = (float(found.covered(units + unit) - found.covered(units)) for units in (less, more))
            assert first >= later - 1e-9 >= -2e-9


def test_enumeration_looks_at_all_divisions() -> None:
    draw = random.Random(4)
    for _ in range(10):
        found = problem(draw)
        every = [units for units in itertools.product(range(5), repeat=3) if sum(units) == 4]
        best = max(float(found.covered(np.array(units))) for units in every)
        chosen = best_rewards(found, 4)
        assert sum(chosen) == 4
        assert float(found.covered(np.array(chosen))) == pytest.approx(best)


def test_greedy_rewards_secure_and_are_near_the_best() -> None:
    draw = random.Random(5)
    attacked = 0
    for _ in range(30):
        found = problem(draw)
        path = greedy_rewards(found, 200)
        assert [sum(units) for units in path] == list(range(len(path)))
        attacked += found.attack_pays(path[0])
        assert not found.attack_pays(path[-1])
        nothing = float(found.covered(np.array(path[0])))
        for total in range(1, min(len(path), 8)):
            best = float(found.covered(np.array(best_rewards(found, total)))) - nothing
            assert float(found.covered(np.array(path[total]))) - nothing >= (1.0 - np.exp(-1.0)) * best - 1e-9
    assert attacked > 5


def test_too_few_units_are_refused() -> None:
    with pytest.raises(ValueError, match="not enough"):
        greedy_rewards(problem(random.Random(5)), 0)
