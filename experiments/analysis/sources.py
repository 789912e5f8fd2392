"""What analyses read: the results of a sweep, one metric of it, and what is wrong with the question."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...model.errors import RestakingError
from ...model.scenario.naming import hint

if TYPE_CHECKING:
    import pandas as pd

    from ..designs import Design

Floats = NDArray[np.float64]

_RUN_COLUMNS = ("run_id", "point", "replication", "seed", "status", "error")


class AnalysisError(RestakingError, ValueError):
    """A question that these results cannot answer, told in one sentence."""


class SweepResults(Protocol):
    """What an analysis needs of the results of a sweep (:class:`..results.Results` has it)."""

    @property
    def design(self) -> "Design":
        """The design that was run."""

    @property
    def runs(self) -> "pd.DataFrame":
        """One row for each run: point, replication, seed, a column for each axis and one for each metric."""

    def series(self, run_ids: Any = None, columns: Any = None) -> "pd.DataFrame":
        """Daily series of runs: run_id, point, replication, day and metrics."""


def metric_names(results: SweepResults) -> list[str]:
    """Names of the summary metrics."""
    known = {*_RUN_COLUMNS, *results.design.keys}
    return [str(column) for column in results.runs.columns if column not in known]


def check_metric(results: SweepResults, metric: str) -> None:
    """Refuse a metric that the runs do not have.

    Raises:
        AnalysisError: with the nearest name.
    """
    names = metric_names(results)
    if metric not in names:
        raise AnalysisError(f"there is no metric {metric!r} in these results; {hint(metric, names)}")


def check_axis(results: SweepResults, key: str) -> None:
    """Refuse an axis that the design does not have.

    Raises:
        AnalysisError: with the nearest name.
    """
    keys = results.design.keys
    if key not in keys:
        raise AnalysisError(f"there is no axis {key!r} in the design {results.design.name}; {hint(key, keys)}")


def check_kind(results: SweepResults, kinds: Sequence[str], what: str, instead: str) -> None:
    """Refuse a design whose points do not lie as the analysis needs them.

    Raises:
        AnalysisError: naming the kind it is, the kinds it must be, and what this design can be asked instead.
    """
    kind = results.design.kind
    if kind not in kinds:
        raise AnalysisError(
            f"{what} needs a design of kind {' or '.join(kinds)}; {results.design.name} is of kind {kind}: {instead}"
        )


def by_replication(results: SweepResults, metric: str) -> Floats:
    """Values of a metric, shape (points, replications); NaN where a run failed or is missing."""
    check_metric(results, metric)
    values = np.full((results.design.size, results.design.replications), np.nan)
    runs = results.runs
    values[runs["point"].to_numpy(dtype=int), runs["replication"].to_numpy(dtype=int)] = runs[metric].to_numpy(
        dtype=np.float64
    )
    return values


def point_means(results: SweepResults, metric: str) -> Floats:
    """Mean of a metric over the replications of each point, shape (points,); NaN where none is there.

    A point with a failed replication is averaged over the others. As the points share their seeds, that is a slightly
    different sample of the noise than at the other points; how many failed stands in the results.
    """
    values = by_replication(results, metric)
    counts = np.isfinite(values).sum(axis=1)
    totals = np.where(np.isfinite(values), values, 0.0).sum(axis=1)
    return np.divide(totals, counts, out=np.full(len(values), np.nan), where=counts > 0)


def label_and_unit(results: SweepResults, metric: str) -> tuple[str, str]:
    """Label and unit of a metric of a sweep, own ones included; its name when nobody has declared it."""
    from ..own_metrics import found_in

    known = found_in(getattr(results, "manifest", {}), metric)
    return (metric.replace("_", " "), "") if known is None else (known.label, known.unit)


def same(one: Any, other: Any) -> bool:
    """Whether two values of an axis are the same, up to the digits that designs are written with."""
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in (one, other))
    if numbers:
        return abs(one - other) <= 1e-9 * max(abs(one), abs(other))
    return type(one) is type(other) and bool(one == other)
