"""The experiment notices when the model gives something else."""

import importlib

import numpy as np
import pytest

from restaking.experiments.published.avs_eq import EXPERIMENT

module = importlib.import_module("restaking.experiments.published.avs_eq.run")


def test_a_response_that_is_not_best_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.contest, "best_response", lambda others, budgets, capacity: np.full(3, capacity / 3.0))
    failed = [check.name for check in module.run({**EXPERIMENT.parameters, "starts": 1}).checks if not check.passed]
    assert len(failed) == 1
    assert failed[0].startswith("best responses")
