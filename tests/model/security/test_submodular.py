"""Concave attacks, regret and greedy rewards, on cases that can be done by hand."""

import itertools

import numpy as np
import pytest

from restaking.model.security.submodular import (
    ConcaveNetwork,
    best_concave_attack,
    best_rewards,
    concave_cascade,
    greedy_rewards,
    growth_exponent,
    reached,
    regret,
)


def network(stake=(1.0, 1.0, 1.0), profit=(2.0, 2.0), threshold=0.5, serves=((1, 0), (1, 1), (0, 1))) -> ConcaveNetwork:
    services = len(profit)
    return ConcaveNetwork(np.array(stake), np.array(profit), np.full(services, threshold), np.array(serves, bool))


def test_one_operator_in_the_middle_attacks_both_services() -> None:
    attack = best_concave_attack(network(), 1.0)
    assert attack is not None
    assert attack.operators.tolist() == [False, True, False]
    assert attack.services.tolist() == [True, True]
    assert attack.net_profit == pytest.approx(3.0)


def test_concave_profits_pay_less() -> None:
    attack = best_concave_attack(network(), 0.5)
    assert attack is not None
    assert attack.net_profit == pytest.approx(1.0)
    assert best_concave_attack(network(profit=(0.4, 0.4)), 0.9) is None


def test_the_attack_is_the_best_of_all_coalitions() -> None:
    draw = np.random.default_rng(1)
    for _ in range(30):
        one = network(draw.uniform(0.5, 2.0, 4), draw.uniform(0.1, 1.5, 3), 1 / 3, draw.random((4, 3)) < 0.6)
        best = 0.0
        behind = one.stake[:, None] * one.serves
        for size in range(1, 5):
            for members in itertools.combinations(range(4), size):
                held, total = behind[list(members)].sum(axis=0), behind.sum(axis=0)
                able = (held >= one.threshold * total * (1 - 1e-12)) & (total > 0)
                if able.any():
                    best = max(best, float(one.profit[able].sum() ** 0.8 - one.stake[list(members)].sum()))
        found = best_concave_attack(one, 0.8)
        assert (0.0 if found is None else found.net_profit) == pytest.approx(best, abs=1e-9)


def test_a_cascade_ends_and_counts_its_rounds() -> None:
    rounds, lost = concave_cascade(network(), np.array([True, False, False]), 1.0)
    assert rounds == 1
    assert lost == pytest.approx(2.0 / 3.0)
    assert concave_cascade(network(profit=(0.0, 0.0)), np.array([True, False, False]), 1.0) == (0, pytest.approx(1 / 3))


def test_regret_grows_with_time_where_stake_stays() -> None:
    rewards = np.tile([0.9, 0.1], (1_000, 1))
    still, moving = regret(rewards, 0.0), regret(rewards, 0.2)
    assert still[-1] == pytest.approx(400.0)
    assert growth_exponent(still, 100) == pytest.approx(1.0)
    assert growth_exponent(moving, 100) < 0.2
    assert moving[-1] < 10.0


def test_greedy_rewards_cover_what_is_not_covered() -> None:
    one = network(stake=(3.0, 2.0, 2.0), profit=(1.0, 1.0, 1.0), serves=((1, 1, 0), (1, 0, 0), (0, 0, 1)))
    assert greedy_rewards(one, 2, 1.0).tolist() == [True, False, True]
    assert reached(one, greedy_rewards(one, 2, 1.0), 1.0) == best_rewards(one, 2, 1.0) == 7.0
    assert reached(one, np.zeros(3, bool), 0.5) == 0.0


def test_what_cannot_be_enumerated_is_refused() -> None:
    many = ConcaveNetwork(np.ones(20), np.ones(1), np.full(1, 0.5), np.ones((20, 1), bool))
    with pytest.raises(ValueError, match="at most 16"):
        best_concave_attack(many, 1.0)
    with pytest.raises(ValueError, match="power"):
        best_concave_attack(network(), 1.5)
