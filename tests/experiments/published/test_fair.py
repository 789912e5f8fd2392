"""The experiment notices when the model gives something else."""

import importlib

import numpy as np
import pytest

from restaking.experiments.published.fair import EXPERIMENT

module = importlib.import_module("restaking.experiments.published.fair.run")


def test_another_tolerance_is_noticed() -> None:
    failed = [check for check in module.run({**EXPERIMENT.parameters, "tolerance": 0.2}).checks if not check.passed]
    assert len(failed) >= 5


def test_a_simulation_of_something_else_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.urn, "simulate_shares", lambda *arguments: np.full(100, 0.5))
    failed = [check.name for check in module.run(EXPERIMENT.parameters).checks if not check.passed]
    assert len(failed) == 2
