"""Loans on their way up or down."""

from typing import TYPE_CHECKING

from ..experiment import Outcome

if TYPE_CHECKING:
    from matplotlib.figure import Figure


LAST = 7
"""Liquidations shown."""


def draw(outcome: Outcome) -> "Figure":
    """Loan to value over repeated liquidations, from both sides of the frontier."""
    from ...figures import style
    from .run import PUBLISHED

    fig, axes = style.canvas([["paths"]], height=3.4)
    ax, paths = axes["paths"], outcome.tables["paths"]
    frontier = float(outcome.tables["frontiers"]["frontier"].iloc[0])
    for start, path in paths.groupby("start"):
        shown = path[(path["ltv"] <= 1.15) & (path["liquidations"] <= LAST)]
        colour = style.PALETTE[1] if float(str(start)) > frontier else style.PALETTE[0]
        ax.plot(shown["liquidations"], shown["ltv"], "-", color=colour)
        ax.plot([1], [PUBLISHED[float(str(start))]], "o", color=style.INK, markersize=4.0)
        end = shown.iloc[-1]
        ax.annotate(
            f"from {start:.2f}",
            (float(end["liquidations"]), float(end["ltv"])),
            (6, 0),
            textcoords="offset points",
            color=colour,
            va="center",
        )
    ax.axhline(frontier, color=style.INK, linewidth=0.8, linestyle=":")
    ax.annotate(f"frontier {frontier:.4f}", (6.6, frontier), (0, 4), textcoords="offset points", color=style.INK)
    ax.set(xlabel="liquidations of half the debt", ylabel="loan to value", ylim=(0.0, 1.18), xlim=(0, LAST + 1))
    style.caption(ax, "Bonus 8 %; dots: formula")
    style.headline(fig, "Above the frontier every liquidation makes the next one worse")
    return fig
