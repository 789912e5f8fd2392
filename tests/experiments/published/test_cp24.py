"""The experiment measures what it claims, and notices another adversary, other rewards and operators that stay."""

import importlib
from fractions import Fraction

import numpy as np
import pytest

from restaking.experiments.published.cp24 import EXPERIMENT
from restaking.model.security.rebalancing import RebalancingGame
from restaking.model.security.rewards import RewardProblem

module = importlib.import_module("restaking.experiments.published.cp24.run")

SHORT = {**EXPERIMENT.parameters, "seeds": 2, "sizes": (4, 12)}


def failed(**changes: object) -> list[str]:
    return [check.name for check in module.run({**SHORT, **changes}).checks if not check.passed]


def test_two_seeds_pass() -> None:
    assert failed() == []


def test_networks_have_bounded_overlap_and_the_cover_asked_for() -> None:
    network = module.bounded_network(np.random.default_rng(1), 12, 3, Fraction(5, 4))
    assert {len(own) for own in network.services_of.values()} == {3}
    assert {len(own) for own in network.operators_of.values()} == {3}
    covers = [
        float(terms.threshold * network.stake_on[name] / terms.profit) for name, terms in network.services.items()
    ]
    assert 1.25 / 1.21 < min(covers) < max(covers) < 1.25 / 0.79


@pytest.mark.slow
def test_an_additive_adversary_at_every_power_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = module.ConcaveAdversary

    class Additive(real):  # type: ignore[misc, valid-type]
        @classmethod
        def on(cls, network: object, power: Fraction) -> object:
            return real.on(network, Fraction(1))

    monkeypatch.setattr(module, "ConcaveAdversary", Additive)
    names = failed(rounds=200)
    assert "12 services: size of the best attack falls with the power" in names
    assert "cascade length after the loss of one operator falls with the power" in names
    assert "power 0.75: the share of services under attack falls from 4 to 12 services" in names


def test_equal_rewards_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Services that are paid in turn until it suffices need more units than the least by more than a tenth."""

    def in_turn(problem: RewardProblem, most: int) -> list[tuple[int, ...]]:
        services = np.arange(len(problem.network.services))
        path = [np.zeros(services.size, dtype=np.int64)]
        while not problem.suffices(path[-1]):
            path.append(path[-1] + (services == (len(path) - 1) % services.size))
        return [tuple(units.tolist()) for units in path]

    monkeypatch.setattr(module, "greedy_rewards", in_turn)
    names = failed(rounds=200, seeds=6, sizes=(4,))
    assert "greedy rewards that suffice beside the least, by enumeration" in names


def test_too_few_rewards_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = module.greedy_rewards
    monkeypatch.setattr(module, "greedy_rewards", lambda problem, most: real(problem, most)[:3])
    names = failed(rounds=200)
    assert "power 1/2, at most 3 services at once: attacks before and after greedy rewards" in names


def test_operators_that_never_move_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RebalancingGame, "rate", 0.0)
    assert "log-log slope of regret with multiplicative weights" in failed()
