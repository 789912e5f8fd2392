"""Loans against LRTs: how much is posted, what a loan costs beside what staking pays, and what went wrong."""

from typing import TYPE_CHECKING

import numpy as np

from . import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from ..store import Run


WEEK = 7


@style.styled
def figure(run: "Run") -> "tuple[Figure, dict[str, Axes]]":
    """Draw it (axes ``posted``, ``rate``, ``leverage`` and ``losses``)."""
    fig, axes = style.canvas([["posted", "rate"], ["leverage", "losses"]], height=5.2)
    daily = run.daily
    x = style.dates(daily)
    _posted(axes["posted"], run)
    _rates(axes["rate"], run, x)
    axes["leverage"].plot(x, daily["loop_leverage"], color=style.PALETTE[0])
    axes["leverage"].set_ylim(bottom=1.0)
    axes["leverage"].set_ylabel("collateral over equity")
    style.caption(axes["leverage"], "Leverage of all loops together")
    _losses(axes["losses"], run, x)
    style.date_axis(axes["leverage"], x)
    style.date_axis(axes["losses"], x)
    fig.align_ylabels()
    style.headline(fig, _title(run))
    return fig, axes


def _title(run: "Run") -> str:
    loans = run.daily["loans_eth"].to_numpy()
    if loans.max(initial=0.0) <= 0.0:
        return "Nobody lent against LRTs"
    day = int(loans.argmax())
    share = float(run.daily["lrt_posted_share"].to_numpy()[day])
    liquidated, bad_debt = run.summary["liquidated_eth"], run.summary["bad_debt_eth"]
    tail = f"; {style.eth_text(liquidated)} was liquidated" if liquidated > 0.0 else "; nobody was liquidated"
    if bad_debt > 0.0:
        tail += f", {style.eth_text(bad_debt)} written off"
    return f"Loans peaked at {style.eth_text(float(loans[day]))}, {style.percent(share)} of LRTs posted{tail}"


def _posted(ax: "Axes", run: "Run") -> None:
    posted = run.entity("lrt", "posted_share")
    supply = run.entity("lrt", "supply_eth").to_numpy()
    x = style.day_dates(run, posted.index)
    values = np.where(supply > 0.0, posted.to_numpy(), np.nan)
    style.lines(ax, x, values, list(style.lrt_colours(run).values()), strong=style.prominent(supply))
    names, colours = style.names_of(run, "lrt"), style.lrt_colours(run)
    labels = []
    for line, (key, colour) in zip(values.T, colours.items(), strict=True):
        known = line[np.isfinite(line)]
        labels.append((float(known[-1]) if known.size else np.nan, names[key], colour))
    ax.set_ylim(0.0, min(1.0, max(0.1, 1.1 * float(np.nanmax(values, initial=0.0)))))
    style.end_labels(ax, labels)
    style.percent_axis(ax.yaxis)
    ax.set_ylabel("of supply")
    style.caption(ax, "Posted as collateral")


def _rates(ax: "Axes", run: "Run", x: "NDArray[np.datetime64]") -> None:
    daily = run.daily
    rate = daily["eth_borrow_apr"].rolling(WEEK, min_periods=1).mean().to_numpy()
    base = daily["base_apr"].to_numpy()
    ax.plot(x, rate, color=style.PALETTE[1])
    ax.plot(x, base, color=style.PALETTE[0])
    ax.set_ylim(0.0, None)
    style.end_labels(
        ax, [(float(rate[-1]), "borrowing", style.PALETTE[1]), (float(base[-1]), "staking", style.PALETTE[0])]
    )
    style.percent_axis(ax.yaxis)
    ax.set_ylabel("per year")
    style.caption(ax, "Borrow rate of ETH (weekly mean), staking")


def _losses(ax: "Axes", run: "Run", x: "NDArray[np.datetime64]") -> None:
    daily = run.daily
    series = {
        "liquidated": (daily["liquidated_eth"].to_numpy(), style.PALETTE[1]),
        "unsafe": (daily["unsafe_loans_eth"].to_numpy(), style.PALETTE[2]),
        "bad debt": (daily["bad_debt_eth"].to_numpy(), style.INK),
    }
    factor, unit = style.eth_scale(max(float(values.max(initial=0.0)) for values, _ in series.values()))
    labels = []
    for name, (values, colour) in series.items():
        ax.plot(x, values / factor, color=colour)
        labels.append((float(values[-1]) / factor, name, colour))
    ax.set_ylim(bottom=0.0)
    style.end_labels(ax, labels)
    ax.set_ylabel(unit)
    style.caption(ax, "Liquidated, unsafe, written off")
