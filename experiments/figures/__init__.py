"""Figures of a run. Each module draws one: ``figure(run) -> (fig, axes)``; nothing is shown or saved on the way."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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


def draw_figures(run: "Run", folder: "Path", formats: tuple[str, ...] = ("svg", "png")) -> "list[Path]":
    """Draw all figures that a run has into a folder; returns the files written."""
    from .style import save_figure

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in figures_of(run):
        drawn, _ = draw(name, run)
        written += save_figure(drawn, folder / name, run.provenance, formats=formats)
    return written
