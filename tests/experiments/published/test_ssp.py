"""The experiment measures what it claims, and notices another architecture."""

import importlib
from fractions import Fraction

import pytest

from restaking.experiments.published.ssp import EXPERIMENT

module = importlib.import_module("restaking.experiments.published.ssp.run")

SHORT = {**EXPERIMENT.parameters, "seeds": 6}
THIRD = Fraction(1, 3)
PROVIDERS = ((Fraction(4),) * 3, (Fraction(10),) * 3)


def test_costs_of_two_providers_by_hand() -> None:
    apart = module.cost_of(module.fragmented, PROVIDERS, THIRD)
    pooled = module.cost_of(module.unified, PROVIDERS, THIRD)
    assert (apart.searched, pooled.searched) == (4, 14)
    assert (apart.certified, pooled.certified) == (4, 14)
    assert apart.taken == ("provider 0",) and pooled.taken == ("pool",)


def test_operators_that_cannot_be_divided_cost_more_than_the_certificate_says() -> None:
    providers = ((Fraction(2), Fraction(7)), (Fraction(20),))
    apart = module.cost_of(module.fragmented, providers, Fraction(1, 2))
    assert (apart.searched, apart.certified) == (7, Fraction(9, 2))


def test_a_pool_that_does_not_pool_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "unified", module.fragmented)
    failed = {check.name for check in module.run(SHORT).checks if not check.passed}
    assert "unified: the search finds the cost of the pool" in failed
    assert "fragmented costs at most the unified over the number of providers" in failed


def test_a_search_that_overlooks_attacks_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "best_attack", lambda network: None)
    failed = {check.name for check in module.run(SHORT).checks if not check.passed}
    assert failed == {
        "fragmented: the best attack takes the weakest provider",
        "no attack pays at the cost, one does a thousandth above it",
    }
