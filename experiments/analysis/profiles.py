"""One parameter at a time: how a metric changes along one axis while the others stay where they are."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .paired import paired
from .sources import AnalysisError, SweepResults, by_replication, check_axis, check_kind, same
from .statistics import mean_interval, present

if TYPE_CHECKING:
    import pandas as pd

    from ..designs import Design

_INSTEAD = "its points differ in many axes at once; ask it for a sensitivity analysis or run a grid"


def profiles(
    results: SweepResults,
    metric: str,
    *,
    axes: Sequence[str] | None = None,
    at: Mapping[str, Any] | None = None,
    confidence: float = 0.95,
) -> "pd.DataFrame":
    """Profiles of a metric along each axis of a grid or list, the other axes at the reference point.

    Args:
        results: results of a sweep.
        metric: summary metric.
        axes: keys of the axes; all when None.
        at: values of the reference point by key; keys left out take the value nearest the scenario's own.
        confidence: of the intervals.

    Returns:
        One row for each axis and value: ``axis``, ``value``, ``point``, ``reference`` (whether it is the reference
        point), ``runs``, ``mean``, ``low``, ``high`` (interval of the mean), ``q05``, ``q95``, ``difference``,
        ``difference_low``, ``difference_high`` (paired, from the reference point).

    Raises:
        AnalysisError: the design is neither a grid nor a list, or an axis, a value or the metric is not there.
    """
    import pandas as pd

    check_kind(results, ("grid", "list"), "A profile", _INSTEAD)
    keys = list(axes) if axes is not None else list(results.design.keys)
    for key in [*keys, *(at or {})]:
        check_axis(results, key)
    points = results.design.points()
    centre = reference_point(results.design, at or {})
    start = next(number for number, point in enumerate(points) if agree(point, centre, ()))
    values = by_replication(results, metric)
    rows = []
    for key in keys:
        along = [number for number, point in enumerate(points) if agree(point, centre, (key,))]
        if results.design.axis(key).is_numeric and all(points[number][key] is not None for number in along):
            along.sort(key=lambda number: points[number][key])
        for number in along:
            rows.append(_row(key, points[number][key], number, start, values, confidence))
    return pd.DataFrame(rows)


def point_table(results: SweepResults, metric: str, *, confidence: float = 0.95) -> "pd.DataFrame":
    """A metric at every point of a design.

    Args:
        results: results of a sweep.
        metric: summary metric.
        confidence: of the intervals.

    Returns:
        One row for each point: as :func:`profiles` has them, with an empty ``axis``; the first point is the reference.

    Raises:
        AnalysisError: the metric is not there.
    """
    import pandas as pd

    values = by_replication(results, metric)
    return pd.DataFrame([_row("", None, number, 0, values, confidence) for number in range(len(values))])


def _row(key: str, value: Any, number: int, start: int, values: Any, confidence: float) -> dict[str, Any]:
    found = present(values[number])
    mean, low, high = mean_interval(found, confidence)
    q05, q95 = np.quantile(found, [0.05, 0.95]) if found.size else (np.nan, np.nan)
    difference = (np.nan, np.nan, np.nan)
    if (np.isfinite(values[number]) & np.isfinite(values[start])).any():
        gap = paired(values[start], values[number], confidence=confidence)
        difference = (gap.difference, gap.low, gap.high)
    return {
        "axis": key,
        "value": value,
        "point": number,
        "reference": number == start,
        "runs": found.size,
        "mean": mean,
        "low": low,
        "high": high,
        "q05": float(q05),
        "q95": float(q95),
        "difference": difference[0],
        "difference_low": difference[1],
        "difference_high": difference[2],
    }


def reference_point(design: "Design", at: Mapping[str, Any]) -> dict[str, Any]:
    """The point of a grid or list that stands for the scenario as it is: nearest its values, axis by axis.

    Args:
        design: a grid or list.
        at: values to hold instead, by key.

    Raises:
        AnalysisError: no point has the values of ``at``.
    """
    points = [point for point in design.points() if all(same(point[key], value) for key, value in at.items())]
    if not points:
        shown = ", ".join(f"{key} = {value}" for key, value in at.items())
        raise AnalysisError(f"no point of the design {design.name} has {shown}")
    own = {key: _own_value(design, key) for key in design.keys}

    def distance(point: Mapping[str, Any]) -> tuple[int, float]:
        gaps = [_gap(design, key, point[key], own[key]) for key in design.keys if key not in at]
        return sum(gap > 0.0 for gap in gaps), sum(gaps)

    if design.kind == "grid":
        # The axes of a grid are independent: only how near each value is counts, not how many hit exactly.
        return min(points, key=lambda point: distance(point)[1])
    return min(points, key=distance)


def _own_value(design: "Design", key: str) -> Any:
    from ..designs.lookup import value_in

    value = value_in(design.scenario, key)
    return design.scenario.day_of(value) if design.axis(key).type == "day" else value


def _gap(design: "Design", key: str, value: Any, own: Any) -> float:
    """Distance of a value from the scenario's own, as a share of the axis: 0 the same, 1 as far as can be."""
    if same(value, own) or (value is None and own is None):
        return 0.0
    axis = design.axis(key)
    if not axis.is_numeric or isinstance(own, (bool, str)) or own is None:
        return 1.0
    known = [point[key] for point in design.points()]
    span = max(known) - min(known)
    return min(abs(value - own) / span, 1.0) if span else 1.0


def agree(point: Mapping[str, Any], other: Mapping[str, Any], free: Sequence[str]) -> bool:
    """Whether two points have the same values on all axes but the free ones."""
    return all(
        key in free or same(value, other[key]) or (value is None and other[key] is None) for key, value in point.items()
    )
