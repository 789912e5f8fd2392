"""What deciders see at the close: the risk that enters the size of a position."""

import functools

import numpy as np
import pytest

from restaking.model import RestakingEcosystem

NEVER = "2030-01-01"
SEEDS = (1, 2, 3)
SMALL = {"stakers.count": 100, "recording.operators": False, "recording.avs": False}


def variances(day: int, live: int | str, fault_rate: float = 0.05) -> tuple[np.ndarray, np.ndarray]:
    """Variance of every restaking venue after so many days, and what slashing would add to it."""
    settings = {"restaking.slashing_live_day": live, "operators.fault_rate": fault_rate, "hazards.enabled": False}
    with RestakingEcosystem("baseline", seed=1, **SMALL, **settings) as model:
        model.run(day)
        return model.venues["variance"][model.first_restaking :].copy(), model.restaking_layer.slashing_variance()


def test_slashing_that_is_not_live_is_in_no_variance() -> None:
    (calm, _), (faulty, would) = variances(57, NEVER, fault_rate=0.0), variances(57, NEVER)
    assert would.min() > 0.0
    np.testing.assert_array_equal(faulty[:2], calm[:2])  # LRTs' variance has their own discounts in it as well


def test_from_the_day_it_is_live_slashing_is_in_every_variance() -> None:
    (before, _), (after, adds) = variances(57, 57), variances(57, 56)  # variances were last taken on day 56
    assert adds.min() > 0.0 and after[:2].min() > before[:2].max()
    np.testing.assert_allclose((after - before)[2:], adds[2:], rtol=1e-9)


@functools.cache
def restaked(live: int | str) -> float:
    """ETH in native and LST restaking and in the token that suffers most, at the end; mean over seeds."""
    found = []
    for seed in SEEDS:
        settings = SMALL | {"stakers.count": 2_000, "restaking.slashing_live_day": live, "hazards.enabled": False}
        with RestakingEcosystem("season-2024", seed=seed, **settings) as model:
            model.run()
            found.append(float(model.restaked[:2].sum() + model.lrt_supplies[list(model.scenario.lrt).index("kelp")]))
    return float(np.mean(found))


@pytest.mark.slow
def test_holders_shrink_for_slashing_only_once_it_is_live() -> None:
    """At least half as much again restaked where no slash can come; set before the run.

    While the variance was counted from the first service on, faults cost these venues more than half of their stake.
    """
    assert restaked(NEVER) >= 1.5 * restaked(0)
