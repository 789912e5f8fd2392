"""The experiment notices when the model gives something else."""

import importlib

import numpy as np
import pytest

from restaking.experiments.published.stake_lend import EXPERIMENT

module = importlib.import_module("restaking.experiments.published.stake_lend.run")


SHORT = {**EXPERIMENT.parameters, "seeds": 3}


def test_holders_who_do_not_care_for_yields_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "stake_weight", lambda *arguments: np.full(4, 0.6))
    failed = [check.name for check in module.run(SHORT).checks if not check.passed]
    assert any("jumps" in name for name in failed)


def test_without_demand_nothing_leaves() -> None:
    failed = [check.name for check in module.run({**SHORT, "demands": (0.1, 0.1, 0.1)}).checks if not check.passed]
    assert failed == ["the staked share falls with borrowing demand"]
