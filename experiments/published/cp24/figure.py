"""Size of attacks, cascade length and regret: what concave profit and rebalancing change."""

from typing import TYPE_CHECKING

import numpy as np

from ..experiment import Outcome

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(outcome: Outcome) -> "Figure":
    """Three panels; bands and bars: 5 to 95 % of the seeds."""
    from ...figures import style

    fig, axes = style.canvas([["size", "cascade", "regret"]], height=3.4, share_x=False)
    ax, attacks = axes["size"], outcome.tables["attacks"]
    powers = sorted(attacks["power"].unique(), reverse=True)
    for place, power in enumerate(powers):
        by = attacks[attacks["power"] == power].groupby("services")["largest"]
        low, middle, high = (by.quantile(q) for q in (0.05, 0.5, 0.95))
        ax.errorbar(
            middle.index + 0.25 * (place - 1.5),
            middle,
            [middle - low, high - middle],
            color=style.PALETTE[place],
            marker="o",
            markersize=2.8,
            label=f"power {power:g}",
        )
    most = int(attacks["services"].max())
    ax.set(xlabel="services in the network", ylim=(-0.04 * most, 1.06 * most))
    ax.set_xticks(sorted(attacks["services"].unique()))
    ax.legend(loc="upper left")
    style.caption(ax, "Services of the largest attack that pays")
    ax, cascades = axes["cascade"], outcome.tables["cascades"]
    rounds = cascades.groupby("power")["rounds"]
    low, middle, high = rounds.quantile(0.05), rounds.mean(), rounds.quantile(0.95)
    colours = [style.PALETTE[powers.index(power)] for power in middle.index]
    ticks = np.arange(len(middle))
    ax.bar(ticks, middle, width=0.6, color=colours)
    ax.errorbar(ticks, middle, [middle - low, high - middle], fmt="none", ecolor=style.INK, elinewidth=0.9)
    ax.set_xticks(ticks, [f"{power:g}" for power in middle.index])
    ax.set_xlabel("power")
    style.caption(ax, "Rounds of the longest cascade, mean")
    ax, regret = axes["regret"], outcome.tables["regret"]
    for column, label, colour in (("kept", "kept", 1), ("rebalanced", "rebalanced", 0)):
        curve = regret.groupby("round")[column]
        low, middle, high = (curve.quantile(q) for q in (0.05, 0.5, 0.95))
        shown = low > 0.0
        ax.fill_between(low.index[shown], low[shown], high[shown], color=style.PALETTE[colour], alpha=0.2, linewidth=0)
        ax.plot(middle.index, middle, color=style.PALETTE[colour], label=label)
    ax.set(xscale="log", yscale="log", xlabel="rounds")
    ax.legend(loc="upper left", title="division of stake", title_fontsize=7.5)
    style.caption(ax, "Regret for each unit of stake")
    style.headline(fig, "Where prizes add up to less than their sum, attacks stay small and cascades short")
    return fig
