"""Trades over the outside price, and what a day of arbitrage takes."""

from typing import TYPE_CHECKING

import numpy as np

from ....model.markets.constant_product import ConstantProductPool
from ..experiment import Outcome
from .run import RESERVE

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(outcome: Outcome) -> "Figure":
    """The arbitrageur's profit by price, published points on it; losses of providers by fee."""
    from ...figures import style

    fig, axes = style.canvas([["profit", "loss"]], height=3.2, share_x=False)
    ax = axes["profit"]
    prices = np.linspace(0.93, 1.12, 300)
    labels = []
    for fee, colour in ((0.0, style.PALETTE[0]), (0.003, style.PALETTE[4])):
        profit = [ConstantProductPool.of(RESERVE, RESERVE, fee).best_arbitrage(price).profit for price in prices]
        ax.plot(prices, profit, color=colour)
        labels.append((profit[-1], f"fee {style.percent(fee)}", colour))
        points = outcome.tables["trades"]
        points = points[points["fee"] == fee]
        ax.plot(points["price"], points["profit"], "o", color=style.INK, markersize=4.0)
    style.end_labels(ax, labels)
    ax.set(xlabel="outside price (ETH per token)", ylabel="ETH")
    style.caption(ax, "Profit of the best trade; dots: closed form")
    ax, table = axes["loss"], outcome.tables["losses"]
    x = np.arange(len(table))
    ax.plot(x, 1e4 * table["theory"], "_", color=style.INK, markersize=22.0, markeredgewidth=1.6)
    ax.errorbar(
        x, 1e4 * table["loss"], yerr=3e4 * table["standard_error"], fmt="o", color=style.PALETTE[2], markersize=4.5
    )
    ax.set_xticks(x, [style.percent(fee) for fee in table["fee"]])
    ax.set(xlabel="fee of the pool", ylim=(0.0, None))
    style.caption(ax, "Loss of a day, 0.01 % of it; bars: theory")
    loss = float(table.loc[table["fee"] == 0.0, "loss"].iloc[0])
    style.headline(fig, f"A day at 5 % volatility costs providers {100 * loss:.4f} % of the pool, as theory says")
    return fig
