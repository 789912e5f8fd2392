"""The experiment on concentration: its vectors, the short variant, and that a wrong coefficient is caught."""

import numpy as np
import pytest

from restaking.experiments.published.conc import EXPERIMENT
from restaking.experiments.published.conc.run import pareto_holdings
from restaking.experiments.published.experiment import Outcome
from restaking.model import concentration

SHORT = {**EXPERIMENT.parameters, **EXPERIMENT.short}


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return EXPERIMENT.run(SHORT)


def test_the_short_variant_passes(outcome: Outcome) -> None:
    assert [check.name for check in outcome.checks if not check.passed] == []
    assert len(outcome.checks) == 5 * 5 + len(SHORT["shapes"]) + len(SHORT["sampled_shapes"])


def test_the_figure_can_be_drawn(outcome: Outcome) -> None:
    assert len(EXPERIMENT.draw(outcome).axes) == 4


@pytest.mark.parametrize(("shape", "gini"), [(1.5, 1 / 2), (2.0, 1 / 3), (3.0, 1 / 5), (5.0, 1 / 9)])
def test_lorenz_shares_add_up_and_have_the_published_gini(shape: float, gini: float) -> None:
    held = pareto_holdings(shape, 100_000)
    assert held.sum() == pytest.approx(1.0, abs=1e-12)
    assert np.all(np.diff(held) >= 0.0)
    assert concentration.gini(held) == pytest.approx(gini, rel=1e-6)


def test_implied_bounds_hold_for_other_markets_with_the_same_top_share(outcome: Outcome) -> None:
    anchor = outcome.tables["anchors"].iloc[0]
    uneven = np.concatenate(([0.30, 0.12, 0.10, 0.08, 0.06, 0.05, 0.04], np.full(25, 0.01)))
    assert concentration.top_share(uneven, 7) == pytest.approx(anchor["share"])
    assert 1e4 * concentration.hhi(uneven) > anchor["least_hhi"]
    assert concentration.nakamoto(uneven, 0.5) <= anchor["most_nakamoto_half"]


def test_a_coefficient_without_its_correction_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    right = concentration.gini
    monkeypatch.setattr(concentration, "gini", lambda x: right(x) * len(x) / max(len(x) - 1, 1))
    failed = {check.name for check in EXPERIMENT.run(SHORT).checks if not check.passed}
    assert "three unequal holders: Gini coefficient" in failed
    assert "three unequal holders: HHI on percent shares" not in failed


def test_at_least_instead_of_more_than_the_threshold_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    right = concentration.nakamoto
    monkeypatch.setattr(concentration, "nakamoto", lambda x, threshold=1 / 3: right(x, threshold - 1e-6))
    failed = {check.name for check in EXPERIMENT.run(SHORT).checks if not check.passed}
    # Exactly the vectors in which some holders together have just the threshold.
    assert failed == {
        "four equal holders: Nakamoto coefficient at 1/2",
        "three unequal holders: Nakamoto coefficient at 1/2",
        "arithmetic ladder: Nakamoto coefficient at 1/3",
    }
