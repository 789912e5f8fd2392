"""Least stakes, budgets and optima of symmetric networks, and the general tool beside the formula."""

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ....model.security import SymmetricNetwork, best_elastic_attack
from ..experiment import Check, Level, Outcome, Parameters
from ..tables import rows

if TYPE_CHECKING:
    import pandas as pd

CAP = 3.33
"""Largest stake looked at in figure 4, in units of ``m pi / (n theta)``."""
_PAPER = "Bar-Zur, Eyal (2025), figure"


def run(parameters: Parameters) -> Outcome:
    """Compare; deterministic."""
    checks: list[Check] = []
    stakes, budgets = _stakes(checks), _budgets(checks)
    _optima(checks)
    together = _together(checks, float(parameters["grid"]))
    if parameters["general"]:
        _general(checks)
    return Outcome(tuple(checks), {"stakes": stakes, "budgets": budgets, "together": together})


def published(name: str) -> "pd.DataFrame":
    """A table of this folder's data."""
    import pandas as pd

    return pd.read_csv(Path(__file__).parent / "data" / f"{name}.csv")


def network_of(row: Any) -> SymmetricNetwork:
    """The symmetric network of a row of the table of stakes."""
    base = None if np.isnan(row.base) else float(row.base)
    return SymmetricNetwork(int(row.validators), int(row.services), 1.0, Fraction(row.threshold), base)


def _stakes(checks: list[Check]) -> "pd.DataFrame":
    table, found = published("minimum_stake"), []
    for row in rows(table):
        network = network_of(row)
        cap = CAP if row.figure == 4 else 2.0
        stake = network.minimum_stake(float(row.degree), int(row.byzantine), float(row.budget), cap)
        found.append(np.nan if stake is None else stake)
        base = "" if np.isnan(row.base) else ", base 10"
        name = (
            f"least stake: n = {row.validators}, threshold {row.threshold}{base}, budget {row.budget}, "
            f"{row.byzantine} byzantine, degree {row.degree:g}"
        )
        where = f"{_PAPER} {row.figure}"
        if np.isnan(row.stake):
            checks.append(
                Check.exact(name, "above the cap", "above the cap" if stake is None else f"{stake:.4f}", where=where)
            )
            continue
        checks.append(
            Check.number(
                name, row.stake, np.nan if stake is None else stake, relative=1e-4, absolute=5.1e-5, where=where
            )
        )
        whole = network.validators * network.threshold
        if stake is not None and whole.denominator == 1:
            closed = network.closed_minimum_stake(float(row.degree), int(row.byzantine), float(row.budget))
            checks.append(Check.number(f"{name}: closed form", closed, stake, relative=1e-7, where="closed form"))
    return table.assign(model=found)


def _budgets(checks: list[Check]) -> "pd.DataFrame":
    network, table, found = SymmetricNetwork(15, 15), published("budget"), []
    for row in rows(table):
        budget = network.budget(10.0, float(row.degree), int(row.byzantine))
        found.append(budget)
        name = f"largest budget: degree {row.degree:g}, {row.byzantine} byzantine"
        checks.append(Check.number(name, row.budget, budget, relative=0.0, absolute=5.1e-5, where=f"{_PAPER} 5"))
        closed = network.closed_budget(10.0, float(row.degree), int(row.byzantine))
        checks.append(
            Check.number(f"{name}: closed form", closed, budget, relative=1e-9, absolute=1e-9, where="closed form")
        )
    return table.assign(model=found)


def _optima(checks: list[Check]) -> None:
    for row in rows(published("optimum")):
        base = None if np.isnan(row.base) else float(row.base)
        degree, stake = SymmetricNetwork(15, 15, base_profit=base).closed_optimum(int(row.byzantine), float(row.budget))
        name = f"best degree{'' if base is None else ', base 10'}, budget {row.budget}, {row.byzantine} byzantine"
        checks.append(Check.number(name, row.degree, degree, relative=0.0, absolute=5.1e-5, where="closed form"))
        checks.append(Check.number(f"{name}: stake", row.stake, stake, relative=1e-9, where="closed form"))


def _together(checks: list[Check], grid: float) -> "pd.DataFrame":
    """Best budget over degrees, stake shared with the base chain against services alone."""
    table, found = published("together"), []
    shared, alone = SymmetricNetwork(15, 15, base_profit=10.0), SymmetricNetwork(15, 15)
    degrees = np.arange(1.0, 15.0 + grid / 2.0, grid)
    for row in rows(table):
        best = max(shared.budget(7.8, float(degree) + 1.0, int(row.byzantine)) for degree in degrees)
        services = max(alone.budget(5.4, float(degree), int(row.byzantine)) for degree in degrees)
        found.append({"byzantine": row.byzantine, "model_together": best, "model_services_only": services})
        allowed = 2e-3 if grid <= 0.01 else 0.5
        for name, value, measured in (("together", row.together, best), ("services only", row.services_only, services)):
            checks.append(
                Check.number(
                    f"best budget {name}, {row.byzantine} byzantine",
                    value,
                    measured,
                    relative=0.0,
                    absolute=allowed,
                    where=f"{_PAPER} 6",
                )
            )
    import pandas as pd

    merged = table.merge(pd.DataFrame(found), on="byzantine")
    better = bool((merged["model_together"] >= merged["model_services_only"]).all())
    checks.append(
        Check(
            "sharing with the base chain is at least as good as services alone",
            "for every f",
            "for every f" if better else "not always",
            "at least",
            better,
            Level.REL,
            f"{_PAPER} 6",
        )
    )
    enough = bool((merged["model_together"][:6] >= 2.0).all())
    checks.append(
        Check(
            "and at least as good as the base chain alone",
            "for f <= 5",
            "for f <= 5" if enough else "not",
            "at least 2",
            enough,
            Level.REL,
            f"{_PAPER} 6",
        )
    )
    return merged


def _general(checks: list[Check]) -> None:
    """The tool for any network beside the symmetric formula: secure just above the least stake, attacked below."""
    network = SymmetricNetwork(3, 3)
    for degree in (Fraction(1), Fraction(3, 2), Fraction(2)):
        least = network.closed_minimum_stake(float(degree))
        for factor, expected in ((Fraction(1001, 1000), "no attack pays"), (Fraction(999, 1000), "an attack pays")):
            general = network.network(Fraction(repr(least)) * factor, degree)
            found = "no attack pays" if best_elastic_attack(general) is None else "an attack pays"
            checks.append(
                Check.exact(
                    f"general network, degree {float(degree):g}, {float(factor):g} of the least stake",
                    expected,
                    found,
                    where=f"{_PAPER} 7",
                )
            )
