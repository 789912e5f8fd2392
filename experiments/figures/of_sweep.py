"""The figures that fit a sweep: what its design was made for, for a handful of metrics."""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..analysis.sources import AnalysisError, SweepResults, check_metric, metric_names

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..results import Results

METRICS = ("lrt_supply_eth", "airdrop_retention", "lrt_hhi", "worst_discount")
"""What is drawn when neither anybody nor the design says which."""


def _silent(text: str) -> None:
    del text


def plot_sweep(
    results: "Results",
    out: str | Path | None = None,
    metrics: Sequence[str] | None = None,
    tell: Callable[[str], None] = _silent,
) -> list[Path]:
    """Draw what fits a sweep's design and save it as SVG, PDF and PNG.

    Args:
        results: the sweep.
        out: folder to write; ``figures`` in that of the sweep when None.
        metrics: summary metrics; those of the design, or else of :data:`METRICS`, that the runs have when None.
        tell: called with a sentence for each figure that nobody has asked for in particular and that says nothing here.

    Returns:
        The files written.

    Raises:
        AnalysisError: a metric is not there, or nothing can be drawn.
    """
    from .style import save_figure

    folder = results.path / "figures" if out is None else Path(out)
    written: list[Path] = []
    refused: AnalysisError | None = None
    for metric in () if metrics else _without_values(results):
        tell(f"no figure of {metric}: no run has a value of it")
    for name, draw in drawings(results, metrics):
        try:
            figure, _ = draw()
        except AnalysisError as error:
            # Nobody has asked for this metric in particular: one that says nothing here must not cost the others.
            if metrics:
                raise
            refused = error
            tell(f"no figure {name}: {error}")
            continue
        folder.mkdir(parents=True, exist_ok=True)
        written += save_figure(figure, folder / name, origin_of(results))
    if refused is not None and not written:
        raise refused
    return written


def drawings(results: SweepResults, metrics: Sequence[str] | None = None) -> list[tuple[str, Callable[[], Any]]]:
    """Names of the figures that fit a design, and functions that draw them.

    Raises:
        AnalysisError: a metric is not there, or no run has a value of it.
    """
    from . import sweeps

    known = metric_names(results)
    for metric in metrics or ():
        check_metric(results, metric)
        if not _has_values(results, metric):
            raise AnalysisError(f"no run of {results.design.name} has a value of {metric}")
    design = results.design
    usual = design.metrics or METRICS
    wanted = list(metrics or (metric for metric in usual if metric in known and _has_values(results, metric)))
    found: list[tuple[str, Callable[[], Any]]] = []
    for metric in wanted:
        if design.kind in ("morris", "sobol"):
            found.append((f"sensitivity-{metric}", functools.partial(sweeps.sensitivity_figure, results, metric)))
            continue
        if design.kind in ("random", "lhs"):
            found.append((f"scatter-{metric}", functools.partial(sweeps.scatter_figure, results, metric)))
        if design.kind == "list":
            found.append((f"points-{metric}", functools.partial(sweeps.points_figure, results, metric)))
        if design.kind == "grid":
            found.append((f"profile-{metric}", functools.partial(sweeps.profile_figure, results, metric)))
        long = [axis.key for axis in design.axes if design.kind == "grid" and len(axis.levels()) > 1]
        if len(long) == 2:
            x, y = long
            found.append((f"map-{metric}", functools.partial(sweeps.heat_figure, results, metric, x, y)))
    if _has_series(results):
        by = _groups(results)
        names = [metric for metric in wanted if metric in _series_names(results)]
        for metric in names:
            found.append((f"band-{metric}", functools.partial(sweeps.band_figure, results, metric, by=by)))
    if not found:
        raise AnalysisError(
            f"nothing can be drawn of {design.name}: a design of kind {design.kind} without the series or values for it"
        )
    return found


_OVER_AXES = ("sensitivity", "map", "profile", "points", "scatter")
"""Kinds of figures over axes, the ones that say most first."""


def over_the_axes(results: SweepResults, metric: str | None = None) -> "Figure":
    """The figure of a metric over the axes of a design that says most.

    A grid of two axes is a map, another grid its profiles; a list has a row for each point, a random or Latin hypercube
    sample a dot for each against every axis, a Morris or Sobol' design its sensitivities.

    Args:
        results: the sweep.
        metric: summary metric; the first of those that :func:`plot_sweep` would draw when None.

    Raises:
        AnalysisError: the metric is not there, no run has a value of it, or it says nothing here.
    """
    found = dict(drawings(results, None if metric is None else [metric]))
    named = metric or next(iter(found)).partition("-")[2]
    draw = next(found[name] for kind in _OVER_AXES if (name := f"{kind}-{named}") in found)
    figure: Figure = draw()[0]
    return figure


def origin_of(results: "Results") -> str:
    """What a figure's file says about its origin."""
    manifest = results.manifest
    return (
        f"restaking {manifest.get('version', '')}, design {results.design.name} ({results.design.content_hash()[:8]})"
    )


def _has_values(results: SweepResults, metric: str) -> bool:
    """Whether any run has a value: what airdrops retain, say, is not known before the first one."""
    return bool(results.runs[metric].notna().any())


def _without_values(results: SweepResults) -> list[str]:
    """The usual metrics of a design that no run has a value of."""
    known = metric_names(results)
    return [m for m in results.design.metrics or METRICS if m in known and not _has_values(results, m)]


def _has_series(results: SweepResults) -> bool:
    manifest = getattr(results, "manifest", {})
    return bool(manifest.get("series", True))


def _series_names(results: SweepResults) -> set[str]:
    first = str(results.runs["run_id"].iloc[0])
    return {str(column) for column in results.series(run_ids=[first]).columns}


def _groups(results: SweepResults) -> str | None:
    """The axis by which bands are told apart: the first that has few values; none in a sampled design."""
    from .sweeps import MOST_GROUPS

    design = results.design
    if design.kind not in ("grid", "list"):
        return None
    few = [axis.key for axis in design.axes if 1 < len(axis.levels()) <= MOST_GROUPS]
    return few[0] if few else None
