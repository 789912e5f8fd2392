"""Best responses on their way to the equilibrium; the yield of stake by stake and degree."""

from typing import TYPE_CHECKING

import numpy as np

from ..experiment import Outcome

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(outcome: Outcome) -> "Figure":
    """Deviation by round; reward of stake and of an allocated unit."""
    from ...figures import style

    fig, axes = style.canvas([["paths", "yield"]], height=3.2, share_x=False)
    ax, paths = axes["paths"], outcome.tables["paths"]
    for _, part in paths.groupby("start"):
        ax.plot(part["round"], np.maximum(part["deviation"], 1e-16), color=style.PALETTE[0], linewidth=0.9)
    ax.set_yscale("log")
    ax.set(xlabel="rounds of best responses", xlim=(0.0, 10.0))
    style.caption(ax, "Largest distance from the equilibrium")
    ax, table = axes["yield"], outcome.tables["compression"]
    lowest = table["degree"].min()
    stake = table[table["degree"] == lowest]
    ax.plot(stake["stake"], stake["yield_of_stake"], "o-", color=style.INK, markersize=6.0)
    labels = [(float(stake["yield_of_stake"].iloc[-1]), "stake, any degree", style.INK)]
    for number, (degree, part) in enumerate(table[table["degree"] > lowest].groupby("degree")):
        colour = style.PALETTE[number]
        ax.plot(part["stake"], part["per_allocated_unit"], "o-", color=colour, markersize=3.0)
        labels.append((float(part["per_allocated_unit"].iloc[-1]), f"a unit, {degree:g} times", colour))
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xticks(list(stake["stake"]), [f"{value:g}" for value in stake["stake"]])
    ax.minorticks_off()
    ax.set(xlabel="all stake")
    style.end_labels(ax, labels)
    style.caption(ax, "Reward, budgets of 6")
    style.headline(fig, "A fixed budget pays stake the same however often it is restaked, and half when stake doubles")
    return fig
