"""Figures of a run. Each module draws one: ``figure(run) -> (fig, axes)``; nothing is shown or saved on the way."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..store import Run

FIGURES: dict[str, str] = {
    "tvl": "supply of the liquid restaking tokens, with events, and their share of staked ETH",
    "yield_split": "yield of the largest LRT by source, advertised against earned",
    "discounts": "discounts of the LRTs and what selling one would cost",
    "concentration": "concentration of LRTs, operators, AVSs and votes",
    "queues": "claims, waits, buffers and flows of the LRTs",
    "capital_network": "whose ETH secures what: stakers, LSTs, LRTs, operators, AVSs",
    "lending": "loans against the LRTs: collateral, rates, leverage, liquidations and bad debt",
    "who_paid": "who has paid the yield: issuance, users, token buyers",
    "venues": "where the ETH of the population is, and where it went",
}
"""Names of the figures and what they show; each is a module of this package."""


OF_LRTS = frozenset({"tvl", "yield_split", "discounts", "queues", "lending"})
"""Those that show nothing but LRTs: a run without any does not have them."""


def figures_of(run: "Run") -> list[str]:
    """Names of the figures that a run has, in order."""
    return [name for name in FIGURES if name not in OF_LRTS or run.scenario.lrt]


def draw(name: str, run: "Run") -> "tuple[Figure, dict[str, Axes]]":
    """One figure of a run, by name.

    Raises:
        KeyError: there is no such figure.
    """
    if name not in FIGURES:
        raise KeyError(f"there is no figure {name!r}; figures: {', '.join(FIGURES)}")
    from importlib import import_module

    module: Any = import_module(f".{name}", __name__)
    figure: tuple[Figure, dict[str, Axes]] = module.figure(run)
    return figure


METRIC_FIGURE = "metric-"
"""Figures of single metrics are named so, and then by the metric."""


def draw_metric(name: str, run: "Run") -> "tuple[Figure, dict[str, Axes]]":
    """One metric of a run over its days.

    Args:
        name: its name; with the kind before it (``lrt.nav``) where several kinds have one of that name.
        run: the run.

    Raises:
        KeyError: the run has no such metric, or several.
    """
    from ...model.metrics import meant_by
    from ...model.scenario.naming import hint
    from . import series

    found = meant_by(name, run.metrics)
    if not found:
        raise KeyError(f"the run has no metric {name!r}; {hint(name, [metric.name for metric in run.metrics])}")
    total = [metric for metric in found if metric.level == "total"]
    if len(found) > 1 and not total:
        listed = ", ".join(f"{metric.level}.{metric.name}" for metric in found)
        raise KeyError(f"{name} is a metric of several kinds; give one of {listed}")
    drawn: tuple[Figure, dict[str, Axes]] = series.figure(run, (total or found)[0])
    return drawn


def draw_figures(run: "Run", folder: "Path", formats: tuple[str, ...] = ("svg", "png")) -> "list[Path]":
    """Draw all figures that a run has, and one of each of its own metrics, into a folder; returns the files written."""
    from .style import save_figure

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in figures_of(run):
        drawn, _ = draw(name, run)
        written += save_figure(drawn, folder / name, run.provenance, formats=formats)
    return written + draw_metrics([metric.name for metric in run.own_metrics], run, folder, formats)


def draw_metrics(names: "Sequence[str]", run: "Run", folder: "Path", formats: tuple[str, ...]) -> "list[Path]":
    """Draw single metrics of a run into a folder; returns the files written.

    Raises:
        KeyError: the run has no such metric.
    """
    from .style import save_figure

    drawn = {name: draw_metric(name, run)[0] for name in names}
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, figure in drawn.items():
        written += save_figure(figure, folder / f"{METRIC_FIGURE}{name}", run.provenance, formats=formats)
    return written
