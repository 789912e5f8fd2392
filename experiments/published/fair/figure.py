"""Probability of a fair share over the reward."""

from typing import TYPE_CHECKING

import numpy as np

from ....model import urn
from ..experiment import Outcome
from .run import PUBLISHED

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(outcome: Outcome) -> "Figure":
    """The curve for three shares, published points, simulations and the sufficient reward."""
    from ...figures import style

    fig, axes = style.canvas([["a"]], height=3.2)
    ax = axes["a"]
    rewards = np.geomspace(1e-5, 0.2, 200)
    labels = []
    for share, colour in ((0.02, style.PALETTE[3]), (0.2, style.PALETTE[0]), (0.5, style.PALETTE[2])):
        fair = [urn.fair_probability(share, reward, 0.1) for reward in rewards]
        ax.plot(rewards, fair, color=colour)
        labels.append((fair[-1], f"share {style.percent(share)}", colour))
    ax.plot(list(PUBLISHED), list(PUBLISHED.values()), "o", color=style.INK, markersize=4.5)
    table = outcome.tables["fairness"]
    ax.errorbar(
        table["reward"], table["simulated"], yerr=2.0 * table["error"], fmt="_", color=style.PALETTE[4], markersize=12.0
    )
    enough = urn.sufficient_reward(0.2, 0.1, 0.1)
    ax.axvline(enough, color=style.PALETTE[0], linewidth=0.8, linestyle="--")
    ax.annotate(
        "sufficient at 20 %",
        (enough, 0.3),
        xytext=(-4, 0),
        textcoords="offset points",
        ha="right",
        fontsize=7.5,
        color=style.PALETTE[0],
    )
    ax.set_xscale("log")
    ax.set(xlabel="reward of a block over all stake", ylim=(0.0, 1.05))
    style.end_labels(ax, labels)
    style.percent_axis(ax.yaxis)
    style.caption(ax, "Probability that the share stays within a tenth; dots: formula, dashes: simulated")
    style.headline(fig, "Fair only when a reward is tiny against the stake, and later for the small")
    return fig
