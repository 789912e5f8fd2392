"""The twins of the depeg: what closes, what opens, and that the checks can fail."""

import numpy as np
import pytest

from restaking.experiments.published.depeg import EXPERIMENT
from restaking.experiments.published.depeg.run import deepest, run
from restaking.model import RestakingEcosystem


def test_without_a_wave_nothing_falls() -> None:
    discount, _ = deepest(2, 1e-6, closed=True)
    assert discount < 0.05


def test_a_wave_falls_deeper_where_nobody_can_redeem() -> None:
    assert deepest(2, 0.02, closed=True)[0] > 5.0 * deepest(2, 0.02, closed=False)[0]


def test_a_larger_wave_falls_deeper() -> None:
    found = [deepest(3, sold, closed=True)[0] for sold in (0.005, 0.02, 0.08)]
    assert found == sorted(found)
    assert found[-1] > 0.5


def test_holders_sell_the_part_that_the_shock_says() -> None:
    event = {"day": 50, "kind": "shock", "target": "alpha", "size": 0.25}
    settings = {"stakers.count": 200, "days": 60, "hazards.enabled": False, "stakers.attention": 0.0}
    with RestakingEcosystem("baseline", seed=1, **settings, **{"hazards.events": [event]}) as model:
        model.run(51)
        rows = model.world.stakers
        holders = rows["satellite"] == model.first_lrt
        before = rows["satellite_shares"][holders].copy()
        model.run(1)
        sold = 1.0 - rows["satellite_shares"][holders] / before
        assert np.all(sold <= 0.25 + 1e-9)
        assert np.all(sold >= -1e-12)
        assert sold.max() > 0.0
        model.check_invariants()


@pytest.mark.slow
def test_closed_is_deeper_in_nearly_every_pair() -> None:
    outcome = run({**EXPERIMENT.parameters, **EXPERIMENT.short, "seeds": 20})
    assert next(check for check in outcome.checks if check.name == "the closed twin falls deeper").passed


@pytest.mark.slow
def test_the_checks_can_fail() -> None:
    nothing_sold = {**EXPERIMENT.parameters, **EXPERIMENT.short, "seeds": 2, "sold": 1e-6, "map_sold": (1e-6, 2e-6)}
    failed = {check.name for check in run(nothing_sold).checks if not check.passed}
    assert "the cliff: largest against smallest wave, pools and patience in the middle" in failed
