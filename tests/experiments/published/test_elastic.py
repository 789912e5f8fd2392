"""The experiment notices another rule of slashing."""

import importlib

import pytest

from restaking.experiments.published.elastic import EXPERIMENT
from restaking.model.security import SymmetricNetwork

module = importlib.import_module("restaking.experiments.published.elastic.run")


def test_allocations_that_do_not_shrink_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SymmetricNetwork, "_cost", lambda network, stake, used: 5.0 * used)
    outcome = module.run({**EXPERIMENT.parameters, **EXPERIMENT.short})
    assert len([check for check in outcome.checks if not check.passed]) > 20
