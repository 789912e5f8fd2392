"""Which parameters matter: Morris' elementary effects and Sobol' indices, with bootstrap intervals.

Both through SALib (Herman and Usher 2017, doi:10.21105/joss.00097). They work on the positions of the points in the
unit cube, so an effect is that of moving a parameter over its whole range, whatever its unit and scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...model.randomness import SeedTree
from ..designs.axis import Axis
from ..designs.sampling import LEVELS, unit_problem
from .sources import AnalysisError, SweepResults, check_kind, point_means
from .statistics import check_confidence

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Axes = int | Sequence[str] | Sequence[Axis]

RESAMPLES = 1_000
"""Bootstrap samples behind an interval."""

_INSTEAD = {
    "grid": "ask it for profiles or heat maps, or sample the same axes with kind morris or sobol",
    "list": "ask it for profiles or paired differences",
    "random": "sample the same axes with kind morris (screening) or sobol (variance shares)",
    "lhs": "sample the same axes with kind morris (screening) or sobol (variance shares)",
    "morris": "ask it for Morris effects",
    "sobol": "ask it for Sobol indices",
}


@dataclass(frozen=True)
class Morris:
    """Elementary effects of one output.

    Attributes:
        table: one row for each axis (index: its key): ``mu_star`` (mean of the effects' absolute values: importance)
            with ``mu_star_low`` and ``mu_star_high``, ``mu`` (mean: direction), ``sigma`` (standard deviation:
            curvature and interactions), in units of the output per whole range of the parameter.
        trajectories: trajectories that entered.
        dropped: trajectories left out because a run of theirs had no value.
        confidence: of the intervals.
        metric: name of the output, empty for a plain function.
    """

    table: "pd.DataFrame"
    trajectories: int
    dropped: int
    confidence: float
    metric: str = ""

    def ranked(self) -> "pd.DataFrame":
        """The table, most important first."""
        return self.table.sort_values("mu_star", ascending=False, kind="stable")


@dataclass(frozen=True)
class Sobol:
    """Variance shares of one output.

    Attributes:
        table: one row for each axis (index: its key): ``first`` (share of variance that it explains alone) and
            ``total`` (with all its interactions), each with ``_low`` and ``_high``.
        second: shares of pairs beyond their first-order ones: ``one``, ``other``, ``second``, ``second_low``,
            ``second_high``; None when the design does not allow them.
        base: size of the base sample that entered.
        dropped: rows of the base sample left out because a run of theirs had no value.
        confidence: of the intervals.
        metric: name of the output, empty for a plain function.
    """

    table: "pd.DataFrame"
    second: "pd.DataFrame | None"
    base: int
    dropped: int
    confidence: float
    metric: str = ""

    def ranked(self) -> "pd.DataFrame":
        """The table, most important first."""
        return self.table.sort_values("total", ascending=False, kind="stable")


# -------------------------------------------------------------------- plain functions


def morris_effects(
    axes: Axes,
    positions: Any,
    values: Any,
    *,
    levels: int = LEVELS,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 1,
) -> Morris:
    """Elementary effects of any function on Morris' trajectories.

    Morris (1991), Technometrics 33(2), doi:10.1080/00401706.1991.10484804; mu* after Campolongo, Cariboni and Saltelli
    (2007), Environmental Modelling & Software 22(10), doi:10.1016/j.envsoft.2006.10.004. The interval of mu* is that of
    a bootstrap over trajectories; it ends at 0, below which mu* cannot lie.

    Args:
        axes: axes, their keys, or how many there are.
        positions: positions in the unit cube, shape (trajectories * (axes + 1), axes), as
            :func:`..designs.sampling.positions` gives them.
        values: output at each, same length; NaN where there is none.
        levels: levels of the grid that the positions lie on.
        confidence: of the intervals.
        resamples: bootstrap samples.
        seed: seed of the bootstrap.

    Raises:
        AnalysisError: the numbers of positions and values do not fit, or fewer than two trajectories are whole.
    """
    import pandas as pd
    from SALib.analyze import morris

    keys = _keys(axes)
    check_confidence(confidence)
    where = np.asarray(positions, dtype=np.float64)
    outputs = np.asarray(values, dtype=np.float64).ravel()
    block = len(keys) + 1
    if where.shape != (outputs.size, len(keys)) or outputs.size % block:
        raise AnalysisError(
            f"Morris effects of {len(keys)} axes need values at whole trajectories of {block} points; "
            f"there are {outputs.size} values at positions of shape {where.shape}"
        )
    whole = _whole_blocks(outputs, block)
    if whole.sum() < 2:
        raise AnalysisError(f"only {whole.sum()} of {whole.size} trajectories are whole; at least 2 are needed")
    rows = np.repeat(whole, block)
    found = morris.analyze(
        unit_problem(keys),
        where[rows],
        outputs[rows],
        num_levels=levels,
        num_resamples=resamples,
        conf_level=confidence,
        seed=_bootstrap_seed(seed, "morris"),
    )
    star, half = np.asarray(found["mu_star"], dtype=float), np.asarray(found["mu_star_conf"], dtype=float)
    table = pd.DataFrame(
        {
            "mu_star": star,
            "mu_star_low": np.maximum(star - half, 0.0),
            "mu_star_high": star + half,
            "mu": np.asarray(found["mu"], dtype=float),
            "sigma": np.asarray(found["sigma"], dtype=float),
        },
        index=pd.Index(keys, name="axis"),
    )
    return Morris(table, int(whole.sum()), int((~whole).sum()), confidence)


def sobol_indices(
    axes: Axes,
    values: Any,
    *,
    second_order: bool = False,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 1,
) -> Sobol:
    """First-order and total Sobol' indices of any function on Saltelli's sample.

    Estimators of Saltelli et al. (2010), Computer Physics Communications 181(2), doi:10.1016/j.cpc.2009.09.018
    (table 2, rows b and f); intervals from percentiles of a bootstrap over the base sample.

    Args:
        axes: axes, their keys, or how many there are.
        values: output at each point of a design of kind ``sobol``, in its order; NaN where there is none.
        second_order: whether the sample allows second-order indices, and they are wanted.
        confidence: of the intervals.
        resamples: bootstrap samples.
        seed: seed of the bootstrap.

    Raises:
        AnalysisError: the number of values does not fit, the output does not vary, or fewer than two rows are whole.
    """
    from SALib.analyze import sobol

    keys = _keys(axes)
    check_confidence(confidence)
    outputs = np.asarray(values, dtype=np.float64).ravel()
    block = (2 * len(keys) if second_order else len(keys)) + 2
    if outputs.size == 0 or outputs.size % block:
        raise AnalysisError(
            f"Sobol indices of {len(keys)} axes need a multiple of {block} values; there are {outputs.size} "
            f"(second_order = {str(second_order).lower()} must be that of the design)"
        )
    whole = _whole_blocks(outputs, block)
    if whole.sum() < 2:
        raise AnalysisError(
            f"only {whole.sum()} of {whole.size} rows of the base sample are whole; at least 2 are needed"
        )
    outputs = outputs[np.repeat(whole, block)]
    if np.ptp(outputs) <= 1e-12 * np.abs(outputs).max():
        raise AnalysisError("the output is the same at every point: there is no variance to share out")
    found = sobol.analyze(
        unit_problem(keys),
        outputs,
        calc_second_order=second_order,
        num_resamples=resamples,
        conf_level=confidence,
        keep_resamples=True,
        seed=_bootstrap_seed(seed, "sobol"),
    )
    second = _second_order(keys, found) if second_order else None
    return Sobol(_indices_table(keys, found, confidence), second, int(whole.sum()), int((~whole).sum()), confidence)


def _indices_table(keys: list[str], found: Any, confidence: float) -> "pd.DataFrame":
    import pandas as pd

    tails = [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0]
    columns: dict[str, Floats] = {}
    for name, short in (("first", "S1"), ("total", "ST")):
        columns[name] = np.asarray(found[short], dtype=float)
        columns[f"{name}_low"], columns[f"{name}_high"] = np.quantile(found[f"{short}_conf_all"], tails, axis=0)
    return pd.DataFrame(columns, index=pd.Index(keys, name="axis"))


def _second_order(keys: list[str], found: Any) -> "pd.DataFrame":
    import pandas as pd

    rows = []
    for i, one in enumerate(keys):
        for j in range(i + 1, len(keys)):
            value, half = float(found["S2"][i, j]), float(found["S2_conf"][i, j])
            rows.append((one, keys[j], value, value - half, value + half))
    return pd.DataFrame(rows, columns=["one", "other", "second", "second_low", "second_high"])


def _keys(axes: Axes) -> list[str]:
    if isinstance(axes, int):
        return [f"x{number + 1}" for number in range(axes)]
    return [axis.key if isinstance(axis, Axis) else str(axis) for axis in axes]


def _whole_blocks(values: Floats, block: int) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(values).reshape(-1, block).all(axis=1), dtype=np.bool_)


def _bootstrap_seed(seed: int, name: str) -> int:
    # SALib takes 0 for no seed at all.
    return (int(SeedTree(seed).key(f"analysis.{name}")) >> 33) + 1


# -------------------------------------------------------------------- results of a sweep


def sensitivity(
    results: SweepResults, metric: str, *, confidence: float = 0.95, resamples: int = RESAMPLES
) -> Morris | Sobol:
    """The sensitivity analysis that the design was made for.

    Raises:
        AnalysisError: the design is of neither kind, or the metric is not there.
    """
    check_kind(results, ("morris", "sobol"), "A sensitivity analysis", _INSTEAD[results.design.kind])
    if results.design.kind == "morris":
        return morris_of(results, metric, confidence=confidence, resamples=resamples)
    return sobol_of(results, metric, confidence=confidence, resamples=resamples)


def morris_of(results: SweepResults, metric: str, *, confidence: float = 0.95, resamples: int = RESAMPLES) -> Morris:
    """Morris' elementary effects of a metric (its mean over the replications of each point).

    Raises:
        AnalysisError: the design is not of kind ``morris``, or the metric is not there.
    """
    check_kind(results, ("morris",), "A Morris analysis", _INSTEAD[results.design.kind])
    design = results.design
    found = morris_effects(
        design.axes,
        design.unit_sample(),
        point_means(results, metric),
        levels=design.levels,
        confidence=confidence,
        resamples=resamples,
        seed=design.seed,
    )
    return Morris(_described(found.table, design.axes), found.trajectories, found.dropped, confidence, metric)


def sobol_of(results: SweepResults, metric: str, *, confidence: float = 0.95, resamples: int = RESAMPLES) -> Sobol:
    """Sobol' indices of a metric (its mean over the replications of each point).

    Raises:
        AnalysisError: the design is not of kind ``sobol``, or the metric is not there or does not vary.
    """
    check_kind(results, ("sobol",), "A Sobol analysis", _INSTEAD[results.design.kind])
    design = results.design
    found = sobol_indices(
        design.axes,
        point_means(results, metric),
        second_order=design.second_order,
        confidence=confidence,
        resamples=resamples,
        seed=design.seed,
    )
    table = _described(found.table, design.axes)
    return Sobol(table, found.second, found.base, found.dropped, confidence, metric)


def _described(table: "pd.DataFrame", axes: Sequence[Axis]) -> "pd.DataFrame":
    """The table with labels and roles, levers and uncertainties told apart."""
    return table.assign(label=[axis.label for axis in axes], role=[axis.role for axis in axes])
