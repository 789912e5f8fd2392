"""The equilibrium, best responses from random starts, and reward compression."""

from typing import TYPE_CHECKING

import numpy as np

from ....model import contest
from ....model.randomness import SeedTree
from ..experiment import Check, Level, Outcome, Parameters

if TYPE_CHECKING:
    import pandas as pd

STAKES, BUDGETS, DEGREE = (1.0, 1.0), (2.0, 1.0, 3.0), 1.5
_VECTOR = "v = 2, sigma = (1, 1), r = (2, 1, 3), d = 1.5"


def run(parameters: Parameters) -> Outcome:
    """Compare; all randomness from ``parameters["seed"]``."""
    checks: list[Check] = []
    found = contest.equilibrium(STAKES, BUDGETS, DEGREE)
    for service, published in enumerate((0.5, 0.25, 0.75)):
        for operator in range(2):
            checks.append(
                Check.number(
                    f"allocation of operator {operator + 1} to service {service + 1}",
                    published,
                    float(found[operator, service]),
                    relative=1e-12,
                    where=_VECTOR,
                )
            )
    for operator, reward in enumerate(contest.rewards_of(found, BUDGETS)):
        checks.append(
            Check.number(f"reward of operator {operator + 1}", 3.0, float(reward), relative=1e-12, where=_VECTOR)
        )
    paths = _converge(checks, parameters)
    compression = _compression(checks, parameters)
    return Outcome(tuple(checks), {"paths": paths, "compression": compression})


def _converge(checks: list[Check], parameters: Parameters) -> "pd.DataFrame":
    import pandas as pd

    draw = SeedTree(int(parameters["seed"])).generator("published.avs-eq")
    target = contest.equilibrium(STAKES, BUDGETS, DEGREE)
    found, worst = [], 0.0
    for start in range(int(parameters["starts"])):
        allocations = draw.dirichlet(np.ones(len(BUDGETS)), size=len(STAKES)) * DEGREE + 1e-6
        for round_ in range(int(parameters["rounds"]) + 1):
            deviation = float(np.abs(allocations - target).max())
            found.append({"start": start, "round": round_, "deviation": deviation})
            allocations = contest.iterate(allocations, STAKES, BUDGETS, DEGREE, 1)
        worst = max(worst, deviation)
    name = f"best responses from {parameters['starts']} random starts: largest deviation"
    checks.append(Check(name, 0.0, worst, "at most 4e-7", worst <= 4e-7, Level.NUM, "converges to the equilibrium"))
    return pd.DataFrame(found)


def _compression(checks: list[Check], parameters: Parameters) -> "pd.DataFrame":
    import pandas as pd

    found = []
    for factor in parameters["stakes"]:
        for degree in parameters["degrees"]:
            stakes = float(factor) * np.array(STAKES)
            allocations = contest.equilibrium(stakes, BUDGETS, float(degree))
            per_stake = float(contest.rewards_of(allocations, BUDGETS).sum() / stakes.sum())
            units = allocations.sum(axis=0)
            found.append(
                {
                    "stake": float(stakes.sum()),
                    "degree": float(degree),
                    "yield_of_stake": per_stake,
                    "per_allocated_unit": float(sum(BUDGETS) / units.sum()),
                    "spread_over_services": float(np.ptp(np.array(BUDGETS) / units)),
                }
            )
    table = pd.DataFrame(found)
    expected = sum(BUDGETS) / table["stake"]
    checks.append(
        Check.number(
            "yield of stake is budgets over stake at every degree: largest error",
            0.0,
            float((table["yield_of_stake"] - expected).abs().max()),
            absolute=1e-12,
            where="independent of the degree",
        )
    )
    checks.append(
        Check.number(
            "a unit earns the same in every service: largest spread",
            0.0,
            float(table["spread_over_services"].max()),
            absolute=1e-12,
            where="equal reward per allocated unit",
        )
    )
    return table
