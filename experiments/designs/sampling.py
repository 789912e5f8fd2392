"""Where the points of a sampled design lie: positions in the unit cube, one column for each axis.

All of them come from the design's seed alone. Latin hypercube, Saltelli's extension of the Sobol' sequence and Morris'
trajectories are SALib's (Herman and Usher 2017, Journal of Open Source Software 2(9), doi:10.21105/joss.00097); they
know no bounds and scales, which :class:`.axis.Axis` applies afterwards.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...model.randomness import SeedTree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .axis import Axis

Floats = NDArray[np.float64]

LEVELS = 4
"""Levels of Morris' grid when a design says nothing (Campolongo, Cariboni and Saltelli 2007, section 2)."""

SAMPLED = ("random", "lhs", "sobol", "morris")


def rows(kind: str, n: int, axes: int, *, second_order: bool = False) -> int:
    """Number of points of a sampled design.

    Args:
        kind: ``random``, ``lhs``, ``sobol`` or ``morris``.
        n: points; for ``sobol`` the size of the base sample, for ``morris`` the number of trajectories.
        axes: number of axes.
        second_order: whether a ``sobol`` design allows second-order indices (Saltelli 2002).
    """
    if kind == "sobol":
        return n * ((2 * axes if second_order else axes) + 2)
    return n * (axes + 1) if kind == "morris" else n


def positions(kind: str, n: int, axes: int, seed: int, *, levels: int = LEVELS, second_order: bool = False) -> Floats:
    """Positions in the unit cube, shape (points, axes).

    Args:
        kind: ``random``, ``lhs``, ``sobol`` or ``morris``.
        n: points; for ``sobol`` the size of the base sample, for ``morris`` the number of trajectories.
        axes: number of axes.
        seed: the design's seed.
        levels: levels of Morris' grid (an even number).
        second_order: whether a ``sobol`` design allows second-order indices.
    """
    generator = SeedTree(seed).generator(f"designs.{kind}")
    if kind == "random":
        return generator.random((n, axes))
    problem = unit_problem(axes)
    if kind == "lhs":
        from SALib.sample import latin

        return np.asarray(latin.sample(problem, n, seed=generator), dtype=np.float64)
    if kind == "sobol":
        from SALib.sample import sobol

        return np.asarray(sobol.sample(problem, n, calc_second_order=second_order, seed=generator), dtype=np.float64)
    if kind == "morris":
        from SALib.sample import morris

        return np.asarray(morris.sample(problem, n, num_levels=levels, seed=generator), dtype=np.float64)
    raise ValueError(f"designs of kind {kind!r} are not sampled")


def unit_problem(axes: "int | Sequence[str]") -> dict[str, Any]:
    """SALib's description of a unit cube; names of the axes where they matter."""
    names = [f"x{number}" for number in range(axes)] if isinstance(axes, int) else list(axes)
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}


def place(kind: str, axes: "Sequence[Axis]", unit: Floats) -> list[dict[str, Any]]:
    """Points by key at positions in the unit cube (shape (points, axes))."""
    on_grid = kind == "morris"
    return [
        {axis.key: axis.on_grid(x) if on_grid else axis.at(x) for axis, x in zip(axes, row, strict=True)}
        for row in unit.tolist()
    ]
