"""Least stake over the degree, budgets over misbehaving services, and sharing with the base chain."""

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ....model.security import SymmetricNetwork
from ..experiment import Outcome

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(outcome: Outcome) -> "Figure":
    """Curves of the model, published points on them."""
    from ...figures import style

    fig, axes = style.canvas([["stake", "budget", "together"]], height=3.3, share_x=False)
    ax, table = axes["stake"], outcome.tables["stakes"]
    degrees = np.arange(1.0, 5.01, 0.02)
    labels = []
    for n, colour in ((10, style.PALETTE[0]), (11, style.PALETTE[4]), (12, style.PALETTE[2])):
        network = SymmetricNetwork(n, n, 1.0, Fraction(1, 3))
        stakes = [network.minimum_stake(float(degree), tolerance=1e-5) or np.nan for degree in degrees]
        ax.plot(degrees, stakes, color=colour)
        part = table[(table["figure"] == 3) & (table["validators"] == n) & (table["threshold"] == "1/3")]
        ax.plot(part["degree"], part["stake"], "o", color=style.INK, markersize=3.5)
        labels.append((float(stakes[-1]), f"n = {n}", colour))
    ax.set(xlabel="restaking degree", ylim=(2.3, 3.1))
    style.end_labels(ax, labels)
    style.caption(ax, "Least stake; dots: authors' code")
    ax, table = axes["budget"], outcome.tables["budgets"]
    ax.set(ylim=(-11.0, 10.5), xlim=(-0.4, 9.3))
    labels = []
    for number, degree in enumerate((1.0, 1.5, 2.0, 3.0)):
        colour = style.PALETTE[(0, 1, 2, 4)[number]]
        byzantine = np.arange(0, {1.0: 9, 1.5: 10, 2.0: 8, 3.0: 6}[degree])
        budgets = [SymmetricNetwork(15, 15).budget(10.0, degree, int(f)) for f in byzantine]
        ax.plot(byzantine, np.maximum(budgets, -11.0), color=colour)
        part = table[table["degree"] == degree]
        ax.plot(part["byzantine"], part["budget"], "o", color=style.INK, markersize=3.5)
        labels.append((budgets[0], f"d = {degree:g}", colour))
    style.end_labels(ax, labels)
    ax.set(xlabel="misbehaving services of 15")
    style.caption(ax, "Budget withstood")
    ax, table = axes["together"], outcome.tables["together"]
    for name, colour in (("together", style.PALETTE[0]), ("services_only", style.PALETTE[1])):
        ax.plot(table["byzantine"], table[f"model_{name}"], color=colour, label=name.replace("_", " "))
        ax.plot(table["byzantine"], table[name], "o", color=style.INK, markersize=3.5)
    ax.axhline(2.0, color=style.MUTED, linewidth=0.8, linestyle="--")
    ax.annotate(
        "base only", (7.0, 2.0), xytext=(0, 3), textcoords="offset points", ha="right", fontsize=7, color=style.MUTED
    )
    ax.set(xlabel="misbehaving services", ylim=(0.0, 14.8))
    ax.legend(loc="upper right")
    style.caption(ax, "Best budget, same stake")
    style.headline(fig, "A higher degree withstands a larger purse, and falls off a cliff earlier")
    return fig
