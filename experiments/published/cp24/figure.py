"""Attacks and cascades over the curvature of profit, and exponents of regret."""

from typing import TYPE_CHECKING

import numpy as np

from ..experiment import Outcome

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(outcome: Outcome) -> "Figure":
    """Means over seeds with the range of nine tenths; a dot per seed for regret."""
    from ...figures import style

    fig, axes = style.canvas([["attacks", "regret"]], height=3.4, share_x=False)
    ax, labels = axes["attacks"], []
    for column, label, colour in (("attacked", "services attacked", 0), ("rounds", "rounds of a cascade", 1)):
        grouped = outcome.tables["attacks"].groupby("power")[column]
        middle, low, high = grouped.mean(), grouped.quantile(0.05), grouped.quantile(0.95)
        ax.fill_between(middle.index, low, high, color=style.PALETTE[colour], alpha=0.18, linewidth=0.0)
        ax.plot(middle.index, middle, "o-", color=style.PALETTE[colour], markersize=4.0)
        labels.append((float(middle.iloc[-1]), label, style.PALETTE[colour]))
    style.end_labels(ax, labels)
    ax.set(xlabel="power of the attacker's profit (1: linear)", ylim=(0.0, None))
    style.caption(ax, "Best attack and cascade, means over networks")
    ax, table = axes["regret"], outcome.tables["regret"]
    for place, column in enumerate(("still", "moving")):
        jitter = place + np.linspace(-0.15, 0.15, len(table))
        ax.plot(jitter, table[column], "o", color=style.PALETTE[place], markersize=3.5, alpha=0.7)
    ax.axhline(0.8, color=style.INK, linewidth=0.8, linestyle=":")
    ax.set_xticks([0, 1], ["stays", "follows rewards"])
    ax.set(ylabel="growth exponent of regret", ylim=(min(0.0, float(table["moving"].min()) - 0.05), 1.1))
    style.caption(ax, "A dot per seed")
    style.headline(fig, "Concave profits shrink attacks; stake that follows rewards stops losing ground")
    return fig
