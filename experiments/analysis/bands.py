"""Means and quantiles of daily series over the runs of a design."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .sources import AnalysisError, SweepResults, check_axis
from .statistics import mean_interval

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def bands(
    results: SweepResults,
    metric: str,
    *,
    by: str | None = None,
    quantiles: Sequence[float] = QUANTILES,
    confidence: float = 0.95,
) -> "pd.DataFrame":
    """Mean with interval, and quantiles, of a daily series, on each day and in each group of runs.

    Points share the seeds of their replications, so runs of one replication are not independent: the interval of the
    mean rests on the means of the replications (batch means over common random numbers), quantiles on all runs.

    Args:
        results: results of a sweep that kept its series.
        metric: name of the series.
        by: axis whose values make the groups; None puts all runs into one.
        quantiles: probabilities, between 0 and 1.
        confidence: of the mean's interval.

    Returns:
        One row for each group and day: ``group`` (the axis value), ``day``, ``runs``, ``mean``, ``mean_low``,
        ``mean_high``, and one column for each quantile (``q05``).

    Raises:
        AnalysisError: there is no such axis or series.
    """
    import pandas as pd

    if by is not None:
        check_axis(results, by)
    try:
        series = results.series(columns=[metric])
    except (KeyError, ValueError) as error:
        raise AnalysisError(f"there is no series {metric!r} in these results ({error})") from None
    if metric not in series.columns:
        raise AnalysisError(f"there is no series {metric!r} in these results")
    if series.empty:
        raise AnalysisError("these results kept no series: run the sweep with series")
    groups = _groups(results, by)
    rows = []
    for number, value in enumerate(dict.fromkeys(groups.values())):
        points = [point for point, group in groups.items() if group == value]
        part = series[series["point"].isin(points)]
        for day, daily in part.groupby("day", sort=True):
            values = daily[metric].to_numpy(dtype=np.float64)
            present = values[np.isfinite(values)]
            means = daily.groupby("replication")[metric].mean().to_numpy(dtype=np.float64)
            limits = np.quantile(present, list(quantiles)) if present.size else np.full(len(quantiles), np.nan)
            rows.append((number, value, day, present.size, *mean_interval(means, confidence), *limits))
    names = ["number", "group", "day", "runs", "mean", "mean_low", "mean_high", *(quantile_name(q) for q in quantiles)]
    return pd.DataFrame(rows, columns=names).drop(columns="number")


def quantile_name(probability: float) -> str:
    """Name of a quantile's column: ``q05``, ``q50``, ``q97.5``."""
    percent = f"{100.0 * probability:.6g}"
    return f"q{percent.zfill(2)}"


def _groups(results: SweepResults, by: str | None) -> "dict[int, object]":
    """Group of each point; groups appear in the order of the axis."""
    points = results.design.points()
    if by is None:
        return dict.fromkeys(range(len(points)), "all")
    axis = results.design.axis(by)
    if axis.is_range and results.design.kind != "grid":
        raise AnalysisError(
            f"{by} takes another value at almost every point of a {results.design.kind} design: "
            "bands need groups of runs"
        )
    found: dict[int, object] = {number: point[by] for number, point in enumerate(points)}
    if axis.is_numeric and None not in found.values():
        return dict(sorted(found.items(), key=lambda item: (item[1], item[0])))
    return found
