"""Toxic liquidations: published vectors, and that a wrong seizure is noticed."""

import importlib

import pytest

from restaking.experiments.published.spiral import EXPERIMENT
from restaking.model.kernels.debts import seizure

module = importlib.import_module("restaking.experiments.published.spiral.run")


def test_it_passes() -> None:
    outcome = module.run(EXPERIMENT.parameters)
    assert [check.name for check in outcome.checks if not check.passed] == []


def test_a_greedier_liquidator_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(collateral: float, debt: float, price: float, part: float, bonus: float) -> tuple[float, float]:
        repaid, taken = seizure(collateral, debt, price, part, bonus)
        return repaid, 1.01 * taken

    monkeypatch.setattr(module, "seizure", greedy)
    outcome = module.run(EXPERIMENT.parameters)
    assert len([check for check in outcome.checks if not check.passed]) >= 8


def test_below_the_frontier_a_row_of_liquidations_ends_well() -> None:
    path = module.liquidated(0.9, 0.08, 0.5, 100.0)
    assert path == sorted(path, reverse=True)
    worse = module.liquidated(0.94, 0.08, 0.5, 100.0)
    assert worse == sorted(worse)
