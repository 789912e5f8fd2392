"""The experiment notices when the model gives something else."""

import importlib

import numpy as np
import pytest

from restaking.experiments.published.urn import EXPERIMENT

module = importlib.import_module("restaking.experiments.published.urn.run")


def misses(**changes: float) -> list[str]:
    """Checks of the short variant that do not hold."""
    outcome = module.run({**EXPERIMENT.parameters, **EXPERIMENT.short, **changes})
    return [check.name for check in outcome.checks if not check.passed]


def test_another_share_is_noticed() -> None:
    assert len([name for name in misses(share=0.4) if name.startswith("variance")]) == 9


def test_a_rich_get_richer_urn_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = module.urn.simulate_shares

    def biased(share: float, rewards: np.ndarray, *others: object, **settings: bool) -> np.ndarray:
        return np.asarray(honest(share, 1.5 * np.asarray(rewards), *others, **settings))

    monkeypatch.setattr(module.urn, "simulate_shares", biased)
    assert any(name.startswith("simulated") for name in misses())
