"""Losses against the bound, and cascades round by round."""

from typing import TYPE_CHECKING

import numpy as np

from ..experiment import Outcome

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(outcome: Outcome) -> "Figure":
    """Random networks under the bound, tight constructions on it, and cascades that lose all."""
    from ...figures import style

    fig, axes = style.canvas([["bound", "falls"]], height=3.4, share_x=False, widths=(1.2, 1.0))
    ax, graphs, tight = axes["bound"], outcome.tables["graphs"], outcome.tables["tight"]
    ax.plot([1e-3, 1e2], [1e-3, 1e2], color=style.PALETTE[4])
    ax.plot(graphs["bound"], graphs["loss"], "o", color=style.PALETTE[0], markersize=2.5, alpha=0.4)
    ax.plot(tight["bound"], tight["loss"], "o", color=style.INK, markersize=4.5)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set(xlabel="bound of theorem 1", xlim=(8e-3, 30.0), ylim=(8e-3, 1.6))
    style.caption(ax, "Worst loss over all stake; black: tight constructions")
    ax, falls = axes["falls"], outcome.tables["falls"]
    labels = []
    for (gamma, part), colour in zip(falls.groupby("gamma"), style.PALETTE, strict=False):
        ax.step(part["round"], part["lost"], where="post", color=colour)
        ax.plot(part["round"], part["lost"], "o", color=colour, markersize=3.5)
        labels.append((float(part["lost"].iloc[0]), f"slack {gamma:g}", colour))
    for lost, text, colour in labels:
        ax.annotate(text, (0.0, lost), xytext=(6, -10), textcoords="offset points", fontsize=7.5, color=colour)
    ax.set(xlabel="round", ylim=(0.0, 1.05))
    ax.set_xticks(np.arange(0, 5))
    style.percent_axis(ax.yaxis)
    style.caption(ax, "Stake lost in the longest cascades")
    style.headline(fig, "No random network loses more than its slack allows; cascades at the bound lose all")
    return fig
