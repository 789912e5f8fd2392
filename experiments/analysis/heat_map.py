"""A metric over two axes of a grid, and where its regimes meet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .profiles import agree, reference_point
from .sources import AnalysisError, SweepResults, by_replication, check_axis, check_kind, check_metric
from .statistics import mean_interval, present

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Rule = Callable[["pd.DataFrame"], Any]
"""Takes rows of runs and says for each whether it is in the regime."""

OTHER = "other"

_INSTEAD = "its points do not form rows and columns; run a grid of two axes"


@dataclass(frozen=True)
class HeatMap:
    """A metric at every crossing of two axes.

    Attributes:
        metric: summary metric.
        x: key of the horizontal axis.
        y: key of the vertical axis.
        x_values: its values.
        y_values: its values.
        mean: mean over replications, shape (y values, x values).
        low: lower ends of the means' intervals, same shape.
        high: upper ends, same shape.
        runs: runs behind each, same shape.
        at: values of the axes that are held, by key.
        confidence: of the intervals.
    """

    metric: str
    x: str
    y: str
    x_values: tuple[Any, ...]
    y_values: tuple[Any, ...]
    mean: Floats
    low: Floats
    high: Floats
    runs: NDArray[np.int64]
    at: Mapping[str, Any]
    confidence: float

    def side(self, threshold: float) -> NDArray[np.int64]:
        """On which side of a threshold each mean lies: 1 above, -1 below, 0 undecided (the interval covers it)."""
        sides = np.where(self.low > threshold, 1, np.where(self.high < threshold, -1, 0))
        return sides.astype(np.int64)


@dataclass(frozen=True)
class RegimeMap:
    """Which regime the runs at every crossing of two axes end in.

    Attributes:
        x: key of the horizontal axis.
        y: key of the vertical axis.
        x_values: its values.
        y_values: its values.
        names: names of the regimes.
        shares: share of runs in each regime, shape (y values, x values, regimes); NaN without runs.
        at: values of the axes that are held, by key.
    """

    x: str
    y: str
    x_values: tuple[Any, ...]
    y_values: tuple[Any, ...]
    names: tuple[str, ...]
    shares: Floats
    at: Mapping[str, Any]

    @property
    def regime(self) -> NDArray[np.int64]:
        """Number of the most frequent regime, shape (y values, x values); -1 without runs, the first one in a tie."""
        filled = np.nan_to_num(self.shares, nan=-1.0)
        return np.where(np.isfinite(self.shares).all(axis=2), filled.argmax(axis=2), -1).astype(np.int64)


def heat_map(
    results: SweepResults,
    metric: str,
    x: str,
    y: str,
    *,
    at: Mapping[str, Any] | None = None,
    confidence: float = 0.95,
) -> HeatMap:
    """A metric over two axes of a grid; further axes are held at the reference point (see :func:`.profiles.profiles`).

    Raises:
        AnalysisError: the design is no grid, or an axis, a value or the metric is not there.
    """
    numbers, x_values, y_values, held = _crossings(results, x, y, at)
    values = by_replication(results, metric)
    cells = [[values[number] for number in row] for row in numbers]
    summary = np.array([[mean_interval(cell, confidence) for cell in row] for row in cells])
    runs = np.array([[present(cell).size for cell in row] for row in cells], dtype=np.int64)
    return HeatMap(
        metric, x, y, x_values, y_values, summary[..., 0], summary[..., 1], summary[..., 2], runs, held, confidence
    )


def regime_map(
    results: SweepResults, rules: Mapping[str, Rule], x: str, y: str, *, at: Mapping[str, Any] | None = None
) -> RegimeMap:
    """How often the runs at each crossing are in which regime.

    Args:
        results: results of a grid.
        rules: regimes by name, each a function of rows of runs (``lambda runs: runs["max_discount"] > 0.05``); a run
            belongs to the first one that holds, and to ``other`` when none does.
        x: key of the horizontal axis.
        y: key of the vertical axis.
        at: values of the axes that are held.

    Raises:
        AnalysisError: the design is no grid, there is no rule, or a rule needs a metric that is not there.
    """
    if not rules:
        raise AnalysisError("a map of regimes needs at least one rule")
    numbers, x_values, y_values, held = _crossings(results, x, y, at)
    runs = results.runs[results.runs["status"] == "done"] if "status" in results.runs else results.runs
    belongs = np.full(len(runs), len(rules))
    for place, (name, rule) in reversed(list(enumerate(rules.items()))):
        try:
            inside = np.asarray(rule(runs), dtype=bool)
        except KeyError as error:
            check_metric(results, str(error.args[0]))
            raise AnalysisError(f"the rule of {name} cannot be applied: {error}") from None
        belongs[inside] = place
    names = (*rules, OTHER)
    points = runs["point"].to_numpy(dtype=int)
    shares = np.full((len(y_values), len(x_values), len(names)), np.nan)
    for row, line in enumerate(numbers):
        for column, number in enumerate(line):
            here = belongs[points == number]
            if here.size:
                shares[row, column] = np.bincount(here, minlength=len(names)) / here.size
    if np.nansum(shares[..., -1]) == 0.0:
        names, shares = tuple(rules), shares[..., :-1]
    return RegimeMap(x, y, x_values, y_values, names, shares, held)


def _crossings(
    results: SweepResults, x: str, y: str, at: Mapping[str, Any] | None
) -> tuple[list[list[int]], tuple[Any, ...], tuple[Any, ...], dict[str, Any]]:
    """Numbers of the points at the crossings of two axes, row by row; both axes' values; what is held."""
    check_kind(results, ("grid",), "A heat map", _INSTEAD)
    for key in (x, y, *(at or {})):
        check_axis(results, key)
    if x == y:
        raise AnalysisError(f"a heat map needs two axes, not {x} twice")
    design = results.design
    points = design.points()
    centre = reference_point(design, {key: value for key, value in (at or {}).items() if key not in (x, y)})
    x_values, y_values = _ordered(design.axis(x).levels()), _ordered(design.axis(y).levels())
    plane = {
        (_cell(point[x]), _cell(point[y])): number
        for number, point in enumerate(points)
        if agree(point, centre, (x, y))
    }
    numbers = [[plane[_cell(across), _cell(up)] for across in x_values] for up in y_values]
    held = {key: value for key, value in centre.items() if key not in (x, y)}
    return numbers, x_values, y_values, held


def _cell(value: Any) -> tuple[str, Any]:
    return type(value).__name__, value


def _ordered(values: tuple[Any, ...]) -> tuple[Any, ...]:
    numeric = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
    return tuple(sorted(values)) if numeric else values
