"""Loans liquidated again and again, from both sides of the frontier."""

import itertools
from typing import TYPE_CHECKING

from ....model.kernels.debts import seizure
from ....model.markets.leverage import ltv_after_liquidation, toxic_frontier
from ..experiment import Check, Level, Outcome, Parameters

if TYPE_CHECKING:
    import pandas as pd

PUBLISHED = {0.85: 0.78558, 0.90: 0.87549, 0.92: 0.91415, 0.93: 0.93411, 0.95: 0.97536}
STEPS = 12
_WHERE = "Warmuz et al. (2022), frontier of toxic liquidations"


def run(parameters: Parameters) -> Outcome:
    """Compare; nothing is random."""
    bonus, part = float(parameters["bonus"]), float(parameters["close_factor"])
    checks, found = [], []
    for ltv, value in PUBLISHED.items():
        path = liquidated(ltv, bonus, part, float(parameters["collateral"]))
        checks.append(
            Check.number(
                f"loan to value {ltv:g} after one liquidation",
                value,
                path[1],
                relative=0.0,
                absolute=5.1e-6,
                where=_WHERE,
            )
        )
        checks.append(
            Check.number(
                f"loan to value {ltv:g}: seizure and formula",
                ltv_after_liquidation(ltv, bonus, part),
                path[1],
                relative=1e-12,
                where=_WHERE,
            )
        )
        found += [{"start": ltv, "liquidations": step, "ltv": reached} for step, reached in enumerate(path)]
    checks.append(Check.number("frontier", 0.92593, toxic_frontier(bonus), relative=0.0, absolute=5.1e-6, where=_WHERE))
    frontiers = _frontiers(checks, parameters, bonus, part)
    import pandas as pd

    return Outcome(tuple(checks), {"paths": pd.DataFrame(found), "frontiers": frontiers})


def liquidated(ltv: float, bonus: float, part: float, collateral: float, steps: int = STEPS) -> list[float]:
    """Loan to value before and after each of a row of liquidations, until collateral or debt is gone."""
    debt, path = ltv * collateral, [ltv]
    for _ in range(steps):
        repaid, taken = seizure(collateral, debt, 1.0, part, bonus)
        collateral, debt = collateral - taken, debt - repaid
        if collateral <= 1e-9 or debt <= 1e-9:
            break
        path.append(debt / collateral)
    return path


def _frontiers(checks: list[Check], parameters: Parameters, bonus: float, part: float) -> "pd.DataFrame":
    """Where a liquidation neither helps nor harms, found by bisection, beside the formula."""
    import pandas as pd

    found = []
    for slippage in parameters["slippages"]:
        low, high = 0.5, 0.999
        for _ in range(60):
            middle = 0.5 * (low + high)
            helps = ltv_after_liquidation(middle, bonus, part, slippage) < middle
            low, high = (middle, high) if helps else (low, middle)
        frontier = toxic_frontier(bonus, slippage)
        checks.append(
            Check.number(
                f"frontier at a slippage of {slippage:g}", frontier, low, relative=1e-9, where="McFarlane (2025)"
            )
        )
        found.append({"slippage": slippage, "frontier": frontier, "by_bisection": low})
    falls = [row["frontier"] for row in found]
    checks.append(
        Check(
            "slippage",
            "moves the frontier down",
            " > ".join(f"{value:.4f}" for value in falls),
            "strictly falling",
            all(one > other for one, other in itertools.pairwise(falls)),
            Level.REL,
            "McFarlane (2025)",
        )
    )
    return pd.DataFrame(found)
