"""The pool's curve with the reported balances on it, and the path with and without redemption."""

from typing import TYPE_CHECKING

import numpy as np

from ....model.markets.stableswap import StableSwapPool
from ..experiment import Outcome
from ..tables import rows
from .run import published

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(outcome: Outcome) -> "Figure":
    """Price over the pool's balance for three amplifications; price by day, redemption closed and open."""
    from ...figures import style

    fig, axes = style.canvas([["curve", "path"]], height=3.4, share_x=False)
    ax = axes["curve"]
    share = np.linspace(0.5, 0.88, 200)
    for amplification, colour, at in (
        (30.0, style.MUTED, 0.84),
        (50.0, style.PALETTE[0], 0.78),
        (100.0, style.MUTED, 0.87),
    ):
        price = [StableSwapPool.of(1.0 - s, s, amplification, 0.0).price() for s in share]
        ax.plot(share, price, color=colour)
        y = StableSwapPool.of(1.0 - at, at, amplification, 0.0).price()
        ax.annotate(
            f"A = {amplification:g}",
            (at, y),
            xytext=(-4, -9) if amplification < 100.0 else (0, 9),
            textcoords="offset points",
            ha="right",
            fontsize=7.5,
            color=style.readable(colour),
        )
    for row in rows(published("pool").dropna()):
        low, high = 1.0 - row.discount_high, 1.0 - row.discount_low
        ax.plot([row.share, row.share], [low, high], color=style.INK, linewidth=2.0)
        ax.plot(row.share, (low + high) / 2.0, "o", color=style.INK, markersize=4.5)
        ax.annotate(
            row.when, (row.share, low), xytext=(-6, -4), textcoords="offset points", ha="right", va="top", fontsize=7
        )
    ax.set(xlabel="stETH over all balances", ylabel="ETH per stETH", ylim=(0.86, 1.005))
    style.percent_axis(ax.xaxis)
    style.caption(ax, "Price by the pool's balance; dots: reported")
    ax, path = axes["path"], outcome.tables["path"]
    ax.plot(path["day"], path["closed_price"], color=style.PALETTE[4])
    ax.plot(path["day"], path["open_price"], color=style.PALETTE[0])
    ax.set(xlabel="days from early May to mid-June 2022", ylim=(0.92, 1.005))
    style.end_labels(
        ax,
        [
            (float(path["closed_price"].iloc[-1]), "closed", style.PALETTE[4]),
            (float(path["open_price"].iloc[-1]), "redeems", style.PALETTE[0]),
        ],
    )
    style.caption(ax, "The same withdrawals and sales")
    discount = 1.0 - float(path["closed_price"].iloc[-1])
    style.headline(fig, f"One-sided to four fifths, the pool prices stETH {style.percent(discount)} below ETH")
    return fig
