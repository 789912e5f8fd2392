"""The rules of the experiment, and that they can fail."""

import importlib

import numpy as np
import pytest

from restaking.experiments.published.cp24 import EXPERIMENT

module = importlib.import_module("restaking.experiments.published.cp24.run")
SMALL = {**EXPERIMENT.parameters, "seeds": 3, "networks": 40}


def test_attacks_shrink_and_regret_flattens() -> None:
    failed = {check.name for check in module.run(SMALL).checks if not check.passed}
    assert failed <= {"rounds of a cascade"}  # judged over many networks


def test_stake_that_never_moves_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = module.regret
    monkeypatch.setattr(module, "regret", lambda rewards, rate: honest(rewards, 0.0))
    failed = {check.name for check in module.run(SMALL).checks if not check.passed}
    assert {"regret of stake that follows rewards", "regret at the end"} <= failed


def test_the_worst_choice_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def worst(network, count, power):
        chosen = np.zeros(network.profit.size, bool)
        chosen[np.argsort(network.serves.sum(axis=0) @ np.eye(network.profit.size))[:1]] = True
        return chosen

    monkeypatch.setattr(module, "greedy_rewards", worst)
    failed = {check.name for check in module.run(SMALL).checks if not check.passed}
    assert "rewards chosen one by one" in failed
