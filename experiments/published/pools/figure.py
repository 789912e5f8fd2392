"""Operators that hold half of the stake by economy, and margins beside the closed form."""

from typing import TYPE_CHECKING

import numpy as np

from ..experiment import Outcome
from .economies import BASE, FLAT, SINGLE

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AT_TWENTY = (
    ("n=200, k=20, a0=0", "a0 = 0"),
    ("n=200, k=20, a0=0.1", "a0 = 0.1"),
    ("n=200, k=20", "a0 = 0.3"),
    ("n=200, k=20, a0=1", "a0 = 1"),
    ("n=200, k=20, a0=3", "a0 = 3"),
    ("n=200, k=20, costs x100", "costs x100"),
    ("n=200, k=20, half myopic", "half myopic"),
)
"""Economies of one size and what tells them apart; where all are myopic fifty operators hold half."""
SMALLEST = 1e-6
"""Margin at which smaller ones are drawn (they include 0)."""


def draw(outcome: Outcome) -> "Figure":
    """Three panels; black: range over the seeds of the public engine."""
    from ...figures import style

    fig, axes = style.canvas([["target", "twenty", "margins"]], height=3.3, share_x=False, widths=(1.0, 1.0, 1.0))
    table = outcome.tables["economies"]
    _by_target(axes["target"], table)
    _at_twenty(axes["twenty"], table)
    _margins(axes["margins"], outcome.tables["margins"])
    style.headline(fig, "About k operators emerge; free pledges or dear pools leave the stake to a few")
    return fig


def _by_target(ax: "Axes", table: "pd.DataFrame") -> None:
    from ...figures import style

    plain = table[table["economy"].str.fullmatch(r"n=\d+, k=\d+")]
    span = np.array([3.5, 290.0])
    ax.plot(span, span / 2.0, color=style.MUTED, linewidth=0.8)
    ax.annotate("k/2", (120.0, 75.0), color=style.MUTED, ha="right", fontsize=7.5)
    for place, (agents, part) in enumerate(plain.groupby("agents")):
        x = part["target"] * 1.13 ** (place - 1)
        low, middle, high = part["nakamoto_least"], part["nakamoto"], part["nakamoto_most"]
        label = f"n = {agents}"
        ax.errorbar(
            x, middle, [middle - low, high - middle], fmt="o", color=style.PALETTE[place], markersize=3.2, label=label
        )
        # A little longer than the range: where all seeds agree it would be a point.
        ends = part["engine_nakamoto_least"] * 0.97, part["engine_nakamoto_most"] * 1.03
        ax.vlines(x * 1.06, *ends, color=style.INK, linewidth=1.8, label="engine" if place == 0 else "_")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xticks((5, 10, 20, 50, 100, 200), ["5", "10", "20", "50", "100", "200"])
    ax.set_yticks((2, 5, 10, 20, 50, 100), ["2", "5", "10", "20", "50", "100"])
    ax.minorticks_off()
    ax.set(xlabel="pools aimed at, k", xlim=(span[0], span[1]), ylim=(1.6, 145.0))
    ax.legend(loc="lower right", handletextpad=0.3)
    style.caption(ax, "Operators that hold half")


def _at_twenty(ax: "Axes", table: "pd.DataFrame") -> None:
    from ...figures import style

    part = table.set_index("economy").loc[[name for name, _ in AT_TWENTY]]
    y = np.arange(len(part), dtype=float)
    low, middle, high = part["nakamoto_least"], part["nakamoto"], part["nakamoto_most"]
    ax.errorbar(middle, y - 0.13, xerr=[middle - low, high - middle], fmt="o", color=style.PALETTE[1], markersize=3.4)
    ends = part["engine_nakamoto_least"] - 0.08, part["engine_nakamoto_most"] + 0.08
    ax.hlines(y + 0.15, *ends, color=style.INK, linewidth=1.8)
    ax.set_yticks(y, [label for _, label in AT_TWENTY])
    ax.set_xticks(range(0, 13, 2))
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    ax.set(xlabel="operators that hold half", xlim=(0.0, 12.0))
    style.caption(ax, "n = 200, k = 20; black: engine")


def _margins(ax: "Axes", margins: "pd.DataFrame") -> None:
    from ...figures import style

    kinds = (
        (BASE, "Pareto stakes", style.PALETTE[0]),
        (FLAT, "flat stakes", style.PALETTE[4]),
        (SINGLE, "flat, costs x100", style.PALETTE[2]),
    )
    for name, label, colour in kinds:
        part = margins[margins["economy"] == name][["closed_form", "margin"]].clip(lower=SMALLEST)
        ax.scatter(part["closed_form"], part["margin"], s=5.0, color=colour, linewidths=0, alpha=0.6, label=label)
    span = (0.6 * SMALLEST, 0.6)
    ax.plot(span, span, color=style.MUTED, linewidth=0.8)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ticks, names = (1e-6, 1e-4, 1e-2), ["0", "0.01 %", "1 %"]
    ax.set_xticks(ticks, names)
    ax.set_yticks(ticks, names)
    ax.minorticks_off()
    ax.set(xlabel="margin in closed form", xlim=span, ylim=span)
    ax.legend(loc="upper left", handletextpad=0.1)
    style.caption(ax, "Margins, n = 100, k = 10")
