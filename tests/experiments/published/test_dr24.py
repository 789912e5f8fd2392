"""The experiment notices another network and another arithmetic."""

import importlib
from fractions import Fraction

import pytest

from restaking.experiments.published.dr24 import EXPERIMENT
from restaking.model.security import RestakingNetwork

module = importlib.import_module("restaking.experiments.published.dr24.run")
SHORT = {**EXPERIMENT.parameters, "graphs": 10}


def test_a_rounded_slack_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = module.exact_slack

    def rounded(network: RestakingNetwork) -> Fraction | None:
        slack = honest(network)
        return None if slack is None else Fraction(round(float(slack), 6))

    monkeypatch.setattr(module, "exact_slack", rounded)
    failed = [check.name for check in module.run(SHORT).checks if not check.passed]
    assert "shock 1/1000, slack 1/10: slack" in failed


def test_losses_beyond_the_bound_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "loss_bound", lambda slack, psi: Fraction(psi))
    failed = [check.name for check in module.run({**SHORT, "graphs": 50}).checks if not check.passed]
    assert any("theorem 1" in name for name in failed)
