"""The reported pool through the model's pool, and that another amplification is noticed."""

import importlib

import pytest

from restaking.experiments.published.curve_depeg import EXPERIMENT

module = importlib.import_module("restaking.experiments.published.curve_depeg.run")


def test_it_passes() -> None:
    outcome = module.run(EXPERIMENT.parameters)
    assert [check.name for check in outcome.checks if not check.passed] == []


def test_another_amplification_does_not_fit() -> None:
    failed = {
        check.name for check in module.run({**EXPERIMENT.parameters, "amplification": 70.0}).checks if not check.passed
    }
    assert "price at 111,300 ETH and 491,000 stETH" in failed
    assert "discount then" in failed


@pytest.mark.parametrize("queue_days", [1.0, 14.0, 45.0])
def test_redemption_bounds_the_discount_by_what_waiting_costs(queue_days: float) -> None:
    path = module._path({**EXPERIMENT.parameters, "queue_days": queue_days})
    assert (1.0 - path["open_price"]).max() <= 0.2 * queue_days / 365.0 + 0.0004 + 1e-9
    assert (path["closed_price"] <= path["open_price"] + 1e-4).all()
