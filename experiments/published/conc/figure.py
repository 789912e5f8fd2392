"""Lorenz curves and coefficients beside their published values."""

from typing import TYPE_CHECKING

import numpy as np

from ....model import concentration
from ...figures import style
from ..experiment import Outcome
from ..tables import rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@style.styled
def draw(outcome: Outcome) -> "Figure":
    """Lorenz curves of the vectors, Gini by shape, and the published shares of EigenLayer."""
    fig, axes = style.canvas([["lorenz", "pareto"], ["hhi", "anchors"]], height=5.4, share_x=False)
    _lorenz(axes["lorenz"], outcome)
    _pareto(axes["pareto"], outcome)
    _hhi(axes["hhi"], outcome)
    _anchors(axes["anchors"], outcome)
    style.headline(fig, "Seven operators with three quarters of restaked assets: a majority needs at most five")
    return fig


def _lorenz(ax: "Axes", outcome: Outcome) -> None:
    ax.plot([0, 1], [0, 1], color=style.FAINT, linewidth=0.8)
    ends = []
    for number, row in enumerate(rows(outcome.tables["vectors"])):
        population, held = concentration.lorenz([float(word) for word in row.amounts.split()])
        ax.plot(population, held, color=style.PALETTE[number], marker="o", markersize=2.5)
        ends.append((0.97 - 0.11 * number, f"{row.amounts.replace(' ', ', ')}: {row.gini:.3f}", style.PALETTE[number]))
    for y, text, colour in ends:
        ax.text(0.03, y, text, color=style.readable(colour), fontsize=7.5, va="top", transform=ax.transAxes)
    ax.set(xlabel="poorest share of holders", ylabel="share held", xlim=(0, 1), ylim=(0, 1))
    style.percent_axis(ax.xaxis)
    style.percent_axis(ax.yaxis)
    style.caption(ax, "Lorenz curves of the vectors, and Gini coefficients")


def _pareto(ax: "Axes", outcome: Outcome) -> None:
    shapes = np.linspace(1.05, 5.4, 200)
    ax.plot(shapes, 1.0 / (2.0 * shapes - 1.0), color=style.INK, linewidth=0.9)
    table, samples = outcome.tables["pareto"], outcome.tables["samples"]
    ax.plot(table["shape"], table["gini"], "o", color=style.PALETTE[0], markersize=5, zorder=4)
    errors = [samples["mean"] - samples["low"], samples["high"] - samples["mean"]]
    ax.errorbar(samples["shape"] + 0.12, samples["mean"], yerr=errors, fmt="s", color=style.PALETTE[4], markersize=3.5)
    ax.annotate("1/(2a−1)", (1.32, 0.61), xytext=(6, 2), textcoords="offset points", fontsize=7.5)
    ax.text(5.3, 0.40, "Lorenz curve", ha="right", color=style.readable(style.PALETTE[0]), fontsize=7.5)
    ax.text(5.3, 0.34, "samples, 99 %", ha="right", color=style.readable(style.PALETTE[4]), fontsize=7.5)
    ax.set(xlabel="shape a", ylabel="Gini coefficient", ylim=(0, 1))
    style.caption(ax, "Pareto distribution; line: closed form")


def _hhi(ax: "Axes", outcome: Outcome) -> None:
    from .run import published

    table = outcome.tables["vectors"]
    y = np.arange(float(len(table)))[::-1].tolist()
    ax.barh(y, table["hhi"], height=0.55, color=[style.PALETTE[number] for number in range(len(table))])
    ax.plot(published("vectors")["hhi"], y, "|", color=style.INK, markersize=16, markeredgewidth=1.6, zorder=4)
    ax.axvline(1_800, color=style.INK, linewidth=0.8, linestyle=(0, (4, 3)))
    ax.text(2_700, y[0], "dashes: highly concentrated (1,800)\nticks: definition", va="center", fontsize=7.5)
    ax.set_yticks(y, [amounts.replace(" ", ", ") for amounts in table["amounts"]])
    ax.set(xlabel="HHI on percent shares", xlim=(0, 10_900))
    ax.grid(axis="y", visible=False)
    for at, row in zip(y, rows(table), strict=True):
        ax.text(900.0, at, f"{row.nakamoto_half}, {row.nakamoto_third}", va="center", ha="center", color="white")
    style.caption(ax, "HHI; in the bars: Nakamoto at 1/2, 1/3")


def _anchors(ax: "Axes", outcome: Outcome) -> None:
    table = outcome.tables["anchors"]
    x = np.arange(len(table))
    ax.bar(x, table["share"], width=0.72, color=[style.PALETTE[0], style.PALETTE[2]])
    ax.set_xticks(x, [f"{row.largest} largest\n{row.name}" for row in rows(table)])
    for at, row in zip(x, rows(table), strict=True):
        text = f"HHI ≥ {row.least_hhi:.0f}\nmajority: ≤ {row.most_nakamoto_half}\na third: ≤ {row.most_nakamoto_third}"
        ax.text(float(at), row.share / 2, text, ha="center", va="center", color="white", fontsize=7.5)
    ax.set(ylim=(0, 1), xlim=(-0.6, 1.6))
    style.percent_axis(ax.yaxis)
    style.caption(ax, "EigenLayer, February 2025, and what follows")
