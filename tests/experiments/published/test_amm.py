"""The closed forms behind the experiment, and that a wrong pool is noticed."""

import importlib

import numpy as np
import pytest

from restaking.experiments.published.amm import EXPERIMENT
from restaking.model.markets.constant_product import Arbitrage, ConstantProductPool

module = importlib.import_module("restaking.experiments.published.amm.run")


@pytest.mark.parametrize("price", [0.5, 0.9, 0.999, 1.0, 1.001, 1.2, 3.0])
@pytest.mark.parametrize("fee", [0.0, 0.003, 0.05])
def test_no_other_trade_is_better(price: float, fee: float) -> None:
    best = module.closed_form(price, fee)
    paid = np.linspace(0.0, 2_000.0, 20_001)
    bought = 1_000.0 - 1e6 / (1_000.0 + (1.0 - fee) * paid)
    grid = max(float((price * bought - paid).max()), float((bought - price * paid).max()))
    assert best >= grid - 1e-9
    assert best == pytest.approx(grid, abs=1e-2)
    assert ConstantProductPool.of(1_000.0, 1_000.0, fee).best_arbitrage(price).profit == pytest.approx(best, abs=1e-9)


def test_it_passes() -> None:
    outcome = module.run({**EXPERIMENT.parameters, **EXPERIMENT.short})
    assert [check.name for check in outcome.checks if not check.passed] == []


def test_a_pool_that_gives_too_much_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = ConstantProductPool.best_arbitrage

    def generous(pool: ConstantProductPool, price: float) -> Arbitrage:
        trade = honest(pool, price)
        return Arbitrage(trade.token * 1.001, trade.eth, trade.profit * 1.001)

    monkeypatch.setattr(ConstantProductPool, "best_arbitrage", generous)
    outcome = module.run({**EXPERIMENT.parameters, "paths": 20})
    assert len([check for check in outcome.checks if not check.passed]) >= 8
