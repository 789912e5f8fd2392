"""The functions behind the self-test of sensitivities, and that a wrong one is noticed."""

import importlib

import numpy as np
import pytest

from restaking.experiments.published.sa import EXPERIMENT

module = importlib.import_module("restaking.experiments.published.sa.run")


def test_exact_indices_of_the_g_function() -> None:
    first, total = module.g_indices()
    assert first[:4] == pytest.approx([0.716, 0.179, 0.0237, 0.0072], abs=5e-4)
    assert (total >= first).all()
    draw = np.random.default_rng(1).random((200_000, 8))
    assert module.g_function(draw).mean() == pytest.approx(1.0, abs=0.01)


def test_the_variance_of_ishigami() -> None:
    draw = np.random.default_rng(1).random((200_000, 3))
    assert pytest.approx(13.8446, abs=1e-3) == module.VARIANCE
    assert module.ishigami(draw).var() == pytest.approx(module.VARIANCE, rel=0.02)


def test_it_passes() -> None:
    outcome = module.run(EXPERIMENT.parameters)
    assert [check.name for check in outcome.checks if not check.passed] == []


def test_another_function_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "A", 5.0)
    failed = [check.name for check in module.run(EXPERIMENT.parameters).checks if not check.passed]
    assert any("index of x2" in name for name in failed)
