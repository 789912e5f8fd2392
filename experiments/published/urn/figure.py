"""Spread of shares by schedule; simulated shares and holders against their laws."""

from typing import TYPE_CHECKING

import numpy as np

from ..experiment import Outcome

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(outcome: Outcome) -> "Figure":
    """Standard deviation of the share by schedule and total; the Beta limit; sizes of holders."""
    from scipy import stats

    from ...figures import style

    fig, axes = style.canvas([["spread", "beta", "sizes"]], height=3.2, share_x=False, widths=(1.25, 1.0, 1.0))
    ax, table = axes["spread"], outcome.tables["variances"]
    labels = []
    for name, colour in (
        ("constant", style.PALETTE[0]),
        ("geometric", style.PALETTE[2]),
        ("halving", style.PALETTE[4]),
    ):
        part = table[table["schedule"] == name]
        ax.plot(part["total_over_stake"], part["model"] ** 0.5, color=colour)
        ax.plot(part["total_over_stake"], part["variance"] ** 0.5, "o", color=style.INK, markersize=4.0)
        labels.append((float(part["model"].iloc[-1] ** 0.5), name, colour))
    ax.set_xscale("log")
    ax.set_xticks([1, 10, 100], ["1", "10", "100"])
    ax.minorticks_off()
    ax.set(xlabel="all rewards over initial stake", ylim=(0.0, None))
    style.end_labels(ax, labels)
    style.caption(ax, "Deviation of a third; dots: formula")
    ax, shares = axes["beta"], outcome.tables["shares"]["share"].to_numpy()
    x = np.linspace(0.0, 0.8, 200)
    ax.plot(x, stats.beta(3.0, 7.0).cdf(x), color=style.INK, linewidth=3.0)
    ax.plot(shares, np.arange(1, shares.size + 1) / shares.size, color=style.PALETTE[1])
    ax.set(xlabel="share after 2,000 rewards", xlim=(0.0, 0.8), ylim=(0.0, 1.02))
    style.caption(ax, "Simulated; black: Beta(3, 7)")
    ax, sizes = axes["sizes"], outcome.tables["sizes"]
    ax.plot(sizes["size"], sizes["law"], "o-", color=style.INK, markersize=5.0)
    ax.plot(sizes["size"], sizes["simulated"], "o", color=style.PALETTE[1], markersize=3.0)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xticks(list(sizes["size"]), [str(size) for size in sizes["size"]])
    ax.minorticks_off()
    ax.set_xlabel("units held")
    style.caption(ax, "Holders; black: law")
    style.headline(fig, "Shares spread by luck, least when rewards grow with the stake, most when they halve")
    return fig
