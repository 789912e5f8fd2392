"""Staked share over borrowing demand, risk aversion and reward schedules, over draws of the holders."""

from typing import TYPE_CHECKING, Any

import numpy as np

from ....model.portfolio import Market, lending_yield, stake_weight, staked_share
from ....model.randomness import SeedTree
from ..experiment import Check, Outcome, Parameters

if TYPE_CHECKING:
    import pandas as pd

_CHITRA = "Chitra (2021), summary of results"
CALMER = (1.0, 0.1, 0.01)
GAP = 0.002
"""Difference of yields on either side of the transition, per year."""


def run(parameters: Parameters) -> Outcome:
    """Compare; all randomness from ``parameters["seed"]``."""
    seeds = range(int(parameters["seed"]), int(parameters["seed"]) + int(parameters["seeds"]))
    rows: list[dict[str, Any]] = []
    decreasing = steeper = jumps = lost = kept = 0
    for seed in seeds:
        aversion = _aversion(parameters, seed)
        shares = [staked_share(_market(parameters, demand=float(demand)), aversion) for demand in parameters["demands"]]
        rows += [
            {"seed": seed, "demand": demand, "staked": share}
            for demand, share in zip(parameters["demands"], shares, strict=True)
        ]
        decreasing += bool((np.diff(shares) < 0.0).all())
        rises = [_rise(parameters, aversion * factor) for factor in CALMER]
        steeper += bool((np.diff(rises) > 0.0).all())
        jumps += rises[-1] > 0.99
        halved, raised = _years(parameters, aversion, halving=True), _raised(parameters, aversion)
        lost += halved[-1] < 0.7 * halved[0]
        kept += min(raised) > 0.95 * raised[0]
    of = len(seeds)
    checks = (
        Check.share_of_seeds("the staked share falls with borrowing demand", "falls", decreasing, of, where=_CHITRA),
        Check.share_of_seeds(
            "the less fear of risk, the steeper at equal yields", "steeper", steeper, of, where=_CHITRA
        ),
        Check.share_of_seeds(
            "without fear of risk the stake jumps at equal yields", "jumps", int(jumps), of, where=_CHITRA
        ),
        Check.share_of_seeds("rewards that halve lose the stake", "at least 30 % leaves", int(lost), of, where=_CHITRA),
        Check.share_of_seeds(
            "rewards kept above lending yields retain it", "at least 95 % stays", int(kept), of, where=_CHITRA
        ),
    )
    return Outcome(
        checks, {"demand": _frame(rows), "transition": _transition(parameters), "years": _schedules(parameters)}
    )


def _frame(rows: list[dict[str, Any]]) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(rows)


def _market(parameters: Parameters, *, demand: float = 0.1, rewards: float | None = None) -> Market:
    return Market(
        float(parameters["rewards"]) if rewards is None else rewards,
        demand,
        float(parameters["base_rate"]),
        float(parameters["slope"]),
        float(parameters["staking_variance"]),
        float(parameters["lending_variance"]),
    )


def _aversion(parameters: Parameters, seed: int) -> np.ndarray:
    draw = SeedTree(seed).generator("published.stake-lend")
    spread = draw.lognormal(0.0, float(parameters["aversion_sigma"]), int(parameters["holders"]))
    return np.asarray(float(parameters["aversion"]) * spread)


def _weight(parameters: Parameters, gap: float, aversion: np.ndarray) -> float:
    """Mean staked share when staking pays ``gap`` more a year than lending, both yields given."""
    variances = float(parameters["staking_variance"]), float(parameters["lending_variance"])
    return float(stake_weight(0.04 + gap, 0.04, *variances, aversion).mean())


def _rise(parameters: Parameters, aversion: np.ndarray) -> float:
    return _weight(parameters, GAP, aversion) - _weight(parameters, -GAP, aversion)


def _years(parameters: Parameters, aversion: np.ndarray, *, halving: bool) -> list[float]:
    """Staked share by year, rewards halving every three years or constant."""
    start = float(parameters["rewards"])
    return [
        staked_share(_market(parameters, rewards=start * (0.5 ** (year // 3) if halving else 1.0)), aversion)
        for year in range(int(parameters["years"]))
    ]


def _raised(parameters: Parameters, aversion: np.ndarray) -> list[float]:
    """Staked share over growing demand when rewards keep their first distance above what lending would pay."""
    demands = [float(demand) for demand in parameters["demands"]]
    first = staked_share(_market(parameters, demand=demands[0]), aversion)
    terms = float(parameters["base_rate"]), float(parameters["slope"])
    gap = float(parameters["rewards"]) / first - lending_yield(demands[0], 1.0 - first, *terms)
    found = []
    for demand in demands:
        rewards = first * (gap + lending_yield(demand, 1.0 - first, *terms))
        found.append(staked_share(_market(parameters, demand=demand, rewards=rewards), aversion))
    return found


def _transition(parameters: Parameters) -> "pd.DataFrame":
    aversion = _aversion(parameters, int(parameters["seed"]))
    gaps = np.linspace(-0.06, 0.06, 121)
    rows = [
        {"calmer": factor, "gap": float(gap), "staked": _weight(parameters, float(gap), aversion * factor)}
        for factor in CALMER
        for gap in gaps
    ]
    return _frame(rows)


def _schedules(parameters: Parameters) -> "pd.DataFrame":
    aversion = _aversion(parameters, int(parameters["seed"]))
    halved, constant = (_years(parameters, aversion, halving=halving) for halving in (True, False))
    return _frame(
        [{"year": year, "halving": a, "constant": b} for year, (a, b) in enumerate(zip(halved, constant, strict=True))]
    )
