"""Contagion through loops: the published table, and that other rules give another."""

import importlib

import numpy as np
import pytest

from restaking.experiments.published.loop import EXPERIMENT
from restaking.model.markets.contagion import Rules, contagion, thin_pool

module = importlib.import_module("restaking.experiments.published.loop.run")


def test_it_passes() -> None:
    outcome = module.run({**EXPERIMENT.parameters, **EXPERIMENT.short})
    assert [check.name for check in outcome.checks if not check.passed] == []


def test_a_smaller_bonus_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "contagion", lambda pool, loans, sale: contagion(pool, loans, sale, Rules(bonus=0.03)))
    outcome = module.run({**EXPERIMENT.parameters, "seeds": 1})
    assert len([check for check in outcome.checks if not check.passed]) >= 8


def test_nothing_is_liquidated_without_a_sale() -> None:
    result = contagion(thin_pool(250_000.0, 50.0), module.loans(10), 0.0)
    assert not result.hit.any()
    assert result.first_price == result.last_price == pytest.approx(1.0)


def test_more_sales_never_help() -> None:
    hit = [int(module.spread(10, sale).hit.sum()) for sale in np.linspace(150_000.0, 230_000.0, 9)]
    assert hit == sorted(hit)


def test_who_must_profit_liquidates_no_more() -> None:
    loans, pool = module.loans(20), thin_pool(250_000.0, 50.0)
    naive = contagion(pool, loans, 205_000.0, Rules(bonus=0.01))
    careful = contagion(pool, loans, 205_000.0, Rules(bonus=0.01, profitable_only=True))
    assert careful.calls < naive.calls
    assert careful.unsafe > 0, "what does not pay stays unsafe"
