"""Ishigami's and Sobol's functions through the samplers and analyses of sweeps."""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...analysis import morris_effects, sobol_indices
from ...designs import sampling
from ..experiment import Check, Level, Outcome, Parameters

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

A, B = 7.0, 0.1
VARIANCE = A**2 / 8.0 + B * math.pi**4 / 5.0 + B**2 * math.pi**8 / 18.0 + 0.5
FIRST, TOTAL = (0.3139, 0.4424, 0.0), (0.5576, 0.4424, 0.2437)
G = (0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0)
"""Coefficients of the G function (Saltelli and Sobol' 1995): the smaller, the more its input matters."""
TOLERANCE = 0.03
_ISHIGAMI = "Ishigami and Homma (1990), a = 7, b = 0.1"


def ishigami(unit: Floats) -> Floats:
    """``sin x1 + a sin^2 x2 + b x3^4 sin x1`` on ``[-pi, pi]^3``, from positions in the unit cube (n, 3)."""
    x = -math.pi + 2.0 * math.pi * unit
    return np.asarray(np.sin(x[:, 0]) + A * np.sin(x[:, 1]) ** 2 + B * x[:, 2] ** 4 * np.sin(x[:, 0]))


def g_function(unit: Floats) -> Floats:
    """``prod_i (|4 x_i - 2| + a_i) / (1 + a_i)`` of Sobol', from positions in the unit cube (n, 8)."""
    a = np.array(G)
    return np.asarray(((np.abs(4.0 * unit - 2.0) + a) / (1.0 + a)).prod(axis=1))


def g_indices() -> tuple[Floats, Floats]:
    """Exact first-order and total indices of the G function: ``V_i = 1 / (3 (1 + a_i)^2)``."""
    parts = 1.0 / (3.0 * (1.0 + np.array(G)) ** 2)
    whole = float(np.prod(1.0 + parts) - 1.0)
    totals = np.array([part * np.prod(np.delete(1.0 + parts, i)) for i, part in enumerate(parts)])
    return parts / whole, totals / whole


def run(parameters: Parameters) -> Outcome:
    """Compare; all randomness from ``parameters["seed"]``."""
    import pandas as pd

    seed, n = int(parameters["seed"]), int(parameters["n"])
    checks: list[Check] = []
    tables: list[pd.DataFrame] = []
    for repeat in range(int(parameters["seeds"])):
        tables.append(_ishigami(checks, n, seed + repeat))
    tables.append(_g_function(checks, n, seed))
    effects = _morris(checks, int(parameters["trajectories"]), seed)
    return Outcome(tuple(checks), {"indices": pd.concat(tables, ignore_index=True), "effects": effects})


def _ishigami(checks: list[Check], n: int, seed: int) -> "pd.DataFrame":
    unit = sampling.positions("sobol", n, 3, seed)
    values = ishigami(unit)
    found = sobol_indices(3, values, seed=seed).table
    variance = float(values.reshape(-1, 5)[:, [0, 4]].var())
    checks.append(
        Check.number(f"variance, seed {seed}", VARIANCE, variance, relative=0.03, level=Level.DIST, where=_ISHIGAMI)
    )
    for kind, exact in (("first", FIRST), ("total", TOTAL)):
        for name, value, measured in zip(found.index, exact, found[kind], strict=True):
            checks.append(
                Check.number(
                    f"{kind} index of {name}, seed {seed}",
                    value,
                    float(measured),
                    relative=0.0,
                    absolute=TOLERANCE,
                    where=_ISHIGAMI,
                )
            )
    return _table(found, "Ishigami", seed, np.array(FIRST), np.array(TOTAL))


def _g_function(checks: list[Check], n: int, seed: int) -> "pd.DataFrame":
    unit = sampling.positions("sobol", n, len(G), seed)
    found = sobol_indices(len(G), g_function(unit), seed=seed).table
    first, total = g_indices()
    for kind, exact in (("first", first), ("total", total)):
        worst = float(np.abs(found[kind].to_numpy() - exact).max())
        checks.append(
            Check(
                f"G function, {kind} indices: largest error",
                0.0,
                worst,
                f"at most {TOLERANCE:g}",
                worst <= TOLERANCE,
                where="Saltelli and Sobol' (1995), a = 0, 1, 4.5, 9, 99, 99, 99, 99",
            )
        )
    return _table(found, "G", seed, first, total)


def _table(found: "pd.DataFrame", function: str, seed: int, first: Floats, total: Floats) -> "pd.DataFrame":
    table = found.reset_index().rename(columns={"axis": "input"})
    return table.assign(function=function, seed=seed, exact_first=first, exact_total=total)


def _morris(checks: list[Check], trajectories: int, seed: int) -> "pd.DataFrame":
    unit = sampling.positions("morris", trajectories, 3, seed)
    table = morris_effects(3, unit, ishigami(unit), seed=seed).table
    sigma = float(table["sigma"].to_numpy()[2])
    checks.append(
        Check(
            "x3 interacts although its first-order index is 0",
            "sigma > 0",
            sigma,
            "sigma of the effects above 0",
            sigma > 0.0,
            Level.REL,
            "Morris (1991)",
        )
    )
    line = sampling.positions("morris", trajectories, 2, seed)
    slopes = morris_effects(2, line, 3.0 * line[:, 0] - 5.0 * line[:, 1], seed=seed).table["mu"]
    for name, value, measured in zip(("x1", "x2"), (3.0, -5.0), slopes, strict=True):
        checks.append(Check.number(f"effect of {name} in 3 x1 - 5 x2", value, float(measured), relative=1e-9))
    return table.reset_index().rename(columns={"axis": "input"})
