"""Small random restaking layers, for tests that compare implementations or check what must hold everywhere."""

from typing import Any

import numpy as np

from restaking.model.randomness import SeedTree
from restaking.model.restaking_layer import RestakingLayer
from restaking.model.scenario.scenario import Scenario

LRTS = ("alpha", "beta", "gamma")
VENUES = ["native", "lst_restaking", *LRTS]


def make_scenario(
    avs: dict[str, Any] | None = None,
    operators: dict[str, Any] | None = None,
    restaking: dict[str, Any] | None = None,
    lrt: dict[str, Any] | None = None,
    hazards: dict[str, Any] | None = None,
) -> Scenario:
    """A scenario with three LRTs and the given tables; one oracle AVS when none are given."""
    return Scenario(
        avs=avs or {"oracle": {"arrival_day": 0}},
        operators={"count": 12, "cost_per_avs_eth": 1.0} | (operators or {}),
        restaking=restaking or {},
        lrt={name: {} for name in LRTS} | (lrt or {}),
        hazards=hazards or {},
    )


def make_layer(seed: int = 1, **tables: Any) -> RestakingLayer:
    """A layer over :func:`make_scenario`."""
    return RestakingLayer(make_scenario(**tables), SeedTree(seed), VENUES)


def random_layer(seed: int) -> RestakingLayer:
    """A layer of random size and terms: every stake mode, clear and vague AVSs, with and without tokens."""
    rng = np.random.default_rng(seed)
    avs = {
        f"service{number}": {
            "arrival_day": int(rng.integers(-50, 60)),
            "count": int(rng.integers(1, 4)),
            "arrival_spread_days": float(rng.integers(0, 40)),
            "fees_eth_per_year": float(rng.choice([0.0, 50.0, 900.0])),
            "token_emission_eth_per_year": float(rng.choice([0.0, 100.0, 800.0])),
            "token_buyers_eth_per_year": float(rng.choice([0.0, 60.0, 700.0])),
            "buyers_half_life_days": float(rng.uniform(20.0, 200.0)),
            "security_target_eth": float(rng.uniform(1e4, 2e6)),
            "demand_growth": float(rng.choice([-0.5, 0.0, 1.0])),
            "clear_slashing": bool(rng.random() < 0.7),
            "slash_fraction": float(rng.uniform(0.0, 0.3)),
            "minimum_days": int(rng.integers(0, 60)),
            "patience_days": int(rng.integers(0, 40)),
        }
        for number in range(int(rng.integers(1, 6)))
    }
    operators = {
        "count": int(rng.integers(1, 9)),
        "commission": float(rng.uniform(0.0, 0.3)),
        "cost_per_avs_eth": float(rng.choice([0.0, 0.5, 10.0])),
        "capacity_mean": float(rng.uniform(1.0, 6.0)),
        "fault_rate": float(rng.uniform(0.0, 3.0)),
        "self_stake_eth": float(rng.choice([0.0, 100.0])),
        "choice_precision": float(rng.choice([0.0, 1.0, 5.0])),
        "attachment": float(rng.uniform(0.0, 1.5)),
    }
    mode = str(rng.choice(["pooled", "unique", "elastic"]))
    restaking = {"stake_mode": mode, "slashing_live_day": int(rng.choice([0, 40]))}
    lrt = {"beta": {"operator_count": int(rng.integers(1, 5))}}
    return make_layer(seed=seed, avs=avs, operators=operators, restaking=restaking, lrt=lrt)


def random_stakes(seed: int, days: int) -> np.ndarray:
    """(days, R) ETH: stakes that wander; one venue opens later, one empties."""
    rng = np.random.default_rng(seed + 1_000_000)
    steps = np.exp(np.cumsum(rng.normal(0.0, 0.03, (days, len(VENUES))), axis=0))
    stakes = steps * rng.uniform(1e3, 1e6, len(VENUES))
    stakes[: days // 3, -1] = 0.0
    stakes[days // 2 :, 0] = 0.0
    return np.ascontiguousarray(stakes)
