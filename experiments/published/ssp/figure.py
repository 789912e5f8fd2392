"""Fragmented over unified cost by the number of providers, and what the search finds beside the formula."""

from typing import TYPE_CHECKING

import numpy as np

from ..experiment import Outcome

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(outcome: Outcome) -> "Figure":
    """Two panels: the loss of keeping providers apart; search against formula."""
    from ...figures import style

    fig, axes = style.canvas([["ratio", "formula"]], height=3.3, share_x=False)
    ax, table = axes["ratio"], outcome.tables["costs"]
    kinds = ((True, "divisible", style.PALETTE[0], -0.13), (False, "any size", style.PALETTE[1], 0.13))
    counts = np.array(sorted(table["providers"].unique()))
    for divisible, label, colour, aside in kinds:
        part = table[table["divisible"] == divisible]
        # The place in the column is only for legibility: it spreads dots by their order.
        rank = part.groupby("providers").cumcount() / part.groupby("providers")["seed"].transform("size")
        ax.plot(
            part["providers"] + aside + 0.16 * (rank - 0.5),
            part["fragmented"] / part["unified"],
            "o",
            color=colour,
            markersize=2.8,
            alpha=0.7,
            markeredgewidth=0,
            label=label,
        )
    ax.hlines(1.0 / counts, counts - 0.3, counts + 0.3, color=style.INK, linewidth=1.0)
    ax.set(xlabel="providers", ylim=(0.0, 0.62))
    ax.set_xticks(counts)
    style.percent_axis(ax.yaxis)
    ax.legend(loc="upper right", title="operators", title_fontsize=7.5)
    style.caption(ax, "Fragmented over unified; lines: 1 / providers")
    ax = axes["formula"]
    for divisible, _, colour, _ in kinds:
        part = table[table["divisible"] == divisible]
        ax.plot(
            part["weakest_formula"], part["fragmented"], "o", color=colour, markersize=3.2, alpha=0.7, markeredgewidth=0
        )
        ax.plot(
            part["pooled_formula"], part["unified"], "s", color=colour, markersize=3.2, alpha=0.7, markeredgewidth=0
        )
    low, high = 0.7 * float(table["weakest_formula"].min()), 1.5 * float(table["pooled_formula"].max())
    ax.plot([low, high], [low, high], color=style.INK, linewidth=0.8)
    ax.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high), xlabel="threshold times stake")
    style.caption(ax, "Cost found; squares: unified")
    style.headline(fig, "Kept apart, several providers are as weak as the weakest of them")
    return fig
