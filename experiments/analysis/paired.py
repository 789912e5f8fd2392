"""Differences between runs that share their seeds: small changes become visible with few replications.

With common random numbers the noise that a change does not touch is the same on both sides and falls out of the
difference (Law 2015, Simulation Modeling and Analysis, 5th ed., sections 10.2 and 11.2).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .sources import AnalysisError, SweepResults, by_replication, same
from .statistics import check_confidence, deviation, mean_interval, t_quantile

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

PRECISION = 0.1
"""Half-width that is asked for when nobody says which: a tenth of the difference itself."""

MOST_NEEDED = 10_000_000


@dataclass(frozen=True)
class PairedDifference:
    """A mean difference over pairs with the same seed.

    Attributes:
        first: mean of the first side.
        second: mean of the second side.
        difference: mean of second minus first.
        low: lower end of its interval.
        high: upper end of its interval.
        deviation: standard deviation of the differences.
        pairs: number of pairs.
        correlation: of the two sides over the pairs: what common random numbers have bought.
        needed: replications needed for ``half_width``; None where it cannot be said.
        half_width: half-width that ``needed`` is about.
        confidence: of the interval.
    """

    first: float
    second: float
    difference: float
    low: float
    high: float
    deviation: float
    pairs: int
    correlation: float
    needed: int | None
    half_width: float
    confidence: float

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out 0: the sign of the difference is established."""
        return self.low > 0.0 or self.high < 0.0


def paired(first: Any, second: Any, *, confidence: float = 0.95, half_width: float | None = None) -> PairedDifference:
    """Difference of two equally long samples whose items belong together (same seed).

    Args:
        first: values of one side, by replication; NaN on either side drops the pair.
        second: values of the other side.
        confidence: of the interval.
        half_width: half-width to plan replications for, in the metric's unit; a tenth of the difference when None.

    Raises:
        AnalysisError: the samples differ in length or have no pair.
    """
    check_confidence(confidence)
    one, other = (np.asarray(side, dtype=np.float64).ravel() for side in (first, second))
    if one.size != other.size:
        raise AnalysisError(f"paired samples must be equally long, not {one.size} and {other.size}")
    both = np.isfinite(one) & np.isfinite(other)
    if not both.any():
        raise AnalysisError("there is no pair of runs with a value on both sides")
    one, other = one[both], other[both]
    mean, low, high = mean_interval(other - one, confidence)
    spread = deviation(other - one)
    wanted = PRECISION * abs(mean) if half_width is None else half_width
    return PairedDifference(
        first=mean_interval(one)[0],
        second=mean_interval(other)[0],
        difference=mean,
        low=low,
        high=high,
        deviation=spread,
        pairs=int(one.size),
        correlation=_correlation(one, other),
        needed=replications_needed(spread, wanted, confidence),
        half_width=wanted,
        confidence=confidence,
    )


def _correlation(one: Floats, other: Floats) -> float:
    scale = deviation(one) * deviation(other)
    if one.size < 2 or not scale > 0.0:
        return math.nan
    products = (one - one.mean()) * (other - other.mean())
    return float(min(max(math.fsum(products.tolist()) / (one.size - 1) / scale, -1.0), 1.0))


def replications_needed(deviation: float, half_width: float, confidence: float = 0.95) -> int | None:
    """Smallest number of replications whose Student interval is at most ``half_width`` to either side.

    The smallest n >= 2 with t(n - 1) s / sqrt(n) <= h (Law 2015, section 9.4.1), s taken from a pilot.

    Args:
        deviation: standard deviation of one replication (of a paired difference: of the differences).
        half_width: half-width wanted, same unit.
        confidence: of the interval.

    Returns:
        The number; None when the deviation is not known, the half-width is 0 with noise left, or no number below ten
        million will do.
    """
    check_confidence(confidence)
    if not math.isfinite(deviation) or not math.isfinite(half_width) or half_width < 0.0:
        return None
    if deviation == 0.0:
        return 2
    if half_width == 0.0:
        return None

    def enough(count: int) -> bool:
        return t_quantile(confidence, count - 1) * deviation / math.sqrt(count) <= half_width

    low, high = 2, 2
    while not enough(high):
        if high > MOST_NEEDED:
            return None
        low, high = high, 2 * high
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low


def paired_differences(
    results: SweepResults,
    metric: str,
    *,
    reference: "int | Mapping[str, Any]" = 0,
    confidence: float = 0.95,
    half_width: float | None = None,
    simultaneous: bool = False,
) -> "pd.DataFrame":
    """Differences of every point from a reference point of the same design, over common seeds.

    Args:
        results: results of a sweep.
        metric: summary metric.
        reference: number of the reference point, or values that single it out by axis.
        confidence: of the intervals.
        half_width: half-width to plan replications for, in the metric's unit; a tenth of each difference when None.
        simultaneous: make the intervals hold all at once (Bonferroni), not each for itself.

    Returns:
        One row for each other point: ``point``, the axes, ``difference``, ``low``, ``high``, ``deviation``, ``pairs``,
        ``correlation``, ``needed``, ``reference`` (mean there) and ``mean`` (mean here).

    Raises:
        AnalysisError: no or several points fit the reference, or the metric is not there.
    """
    import pandas as pd

    values = by_replication(results, metric)
    points = results.design.points()
    start = find_point(points, reference, results.design.name)
    others = [number for number in range(len(points)) if number != start]
    if not others:
        raise AnalysisError(f"the design {results.design.name} has one point only: there is nothing to compare it with")
    level = 1.0 - (1.0 - confidence) / len(others) if simultaneous else confidence
    rows = []
    for number in others:
        if not (np.isfinite(values[start]) & np.isfinite(values[number])).any():
            continue
        found = paired(values[start], values[number], confidence=level, half_width=half_width)
        rows.append(
            {
                "point": number,
                **points[number],
                "reference": found.first,
                "mean": found.second,
                "difference": found.difference,
                "low": found.low,
                "high": found.high,
                "deviation": found.deviation,
                "pairs": found.pairs,
                "correlation": found.correlation,
                "needed": found.needed,
            }
        )
    if not rows:
        raise AnalysisError(f"no point has a run of {metric} with the same seed as one of the reference point")
    return pd.DataFrame(rows).astype({"needed": "Int64"})


def find_point(points: Sequence[Mapping[str, Any]], wanted: "int | Mapping[str, Any]", name: str) -> int:
    """Number of the one point that is meant.

    Raises:
        AnalysisError: none or several are.
    """
    if isinstance(wanted, int):
        if not 0 <= wanted < len(points):
            raise AnalysisError(
                f"there is no point {wanted} in the design {name}; it has points 0 to {len(points) - 1}"
            )
        return wanted
    unknown = [key for key in wanted if points and key not in points[0]]
    if unknown:
        raise AnalysisError(f"there is no axis {unknown[0]!r} in the design {name}; axes: {', '.join(points[0])}")
    fitting = [
        number for number, point in enumerate(points) if all(same(point[key], value) for key, value in wanted.items())
    ]
    if len(fitting) != 1:
        shown = ", ".join(f"{key} = {value}" for key, value in wanted.items())
        raise AnalysisError(f"{len(fitting)} points of the design {name} have {shown}; one must")
    return fitting[0]


def compare(
    first: "pd.DataFrame",
    second: "pd.DataFrame",
    metrics: Sequence[str] | None = None,
    *,
    on: Sequence[str] = ("seed",),
    confidence: float = 0.95,
    half_width: float | None = None,
) -> "pd.DataFrame":
    """Paired differences between two tables of runs, metric by metric.

    Args:
        first: runs of one side, one row each.
        second: runs of the other side.
        metrics: columns to compare; all numeric ones that both have when None.
        on: columns that make a pair; for two sweeps of one design ``("point", "replication", "seed")``.
        confidence: of the intervals.
        half_width: half-width to plan replications for; a tenth of each difference when None.

    Returns:
        One row for each metric: ``metric``, ``first``, ``second``, ``difference``, ``low``, ``high``, ``deviation``,
        ``pairs``, ``correlation``, ``needed``, ``half_width``.

    Raises:
        AnalysisError: no runs share a seed, or a key is not unique.
    """
    import dataclasses

    import pandas as pd

    keys = list(on)
    for table, which in ((first, "first"), (second, "second")):
        missing = [key for key in keys if key not in table.columns]
        if missing:
            raise AnalysisError(f"the {which} table has no column {missing[0]!r} to pair runs by")
        if table.duplicated(keys).any():
            raise AnalysisError(f"the {which} table has several runs with the same {', '.join(keys)}")
    wanted = list(metrics) if metrics is not None else _shared_metrics(first, second, keys)
    joined = first.merge(second, on=keys, suffixes=(" first", " second"), validate="one_to_one")
    if joined.empty:
        raise AnalysisError(f"no two runs share {', '.join(keys)}: there is nothing to pair")
    rows = []
    for metric in wanted:
        if metric not in first.columns or metric not in second.columns:
            raise AnalysisError(f"the metric {metric!r} is not on both sides")
        one, other = joined[f"{metric} first"].to_numpy(dtype=float), joined[f"{metric} second"].to_numpy(dtype=float)
        if not (np.isfinite(one) & np.isfinite(other)).any():
            continue
        found = dataclasses.asdict(paired(one, other, confidence=confidence, half_width=half_width))
        rows.append({"metric": metric, **{key: value for key, value in found.items() if key != "confidence"}})
    if not rows:
        raise AnalysisError("no metric has values on both sides")
    return pd.DataFrame(rows).astype({"needed": "Int64"})


def _shared_metrics(first: "pd.DataFrame", second: "pd.DataFrame", keys: Sequence[str]) -> list[str]:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    places = {*keys, "point", "replication", "seed"}
    return [
        str(column)
        for column in first.columns
        if column in second.columns
        and column not in places
        and "." not in str(column)
        and all(is_numeric_dtype(table[column]) and not is_bool_dtype(table[column]) for table in (first, second))
    ]
