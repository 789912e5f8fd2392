"""Ways out of the LRTs: claims, waits, buffers and flows."""

from typing import TYPE_CHECKING

import numpy as np

from . import shared_numbers, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from ..store import Run

WEEK = 7
FLOWS = {
    "minted_eth": ("deposited", 1.0, "#0072B2"),
    "bought_eth": ("bought", 1.0, "#56B4E9"),
    "redeemed_eth": ("redeemed", -1.0, "#D55E00"),
    "sold_eth": ("sold", -1.0, "#E69F00"),
}


@style.styled
def figure(run: "Run") -> "tuple[Figure, dict[str, Axes]]":
    """Draw it (axes ``claims``, ``wait``, ``buffer`` and ``flows``)."""
    fig, axes = style.canvas([["claims", "wait"], ["flows", "buffer"]], height=5.2)
    supply = run.entity("lrt", "supply_eth")
    x = style.day_dates(run, supply.index)
    _claims(axes["claims"], run, x)
    _waits(axes["wait"], run, x, supply.to_numpy())
    _buffers(axes["buffer"], run, x, supply.to_numpy())
    _flows(axes["flows"], run)
    style.date_axis(axes["buffer"], style.dates(run.daily))
    style.date_axis(axes["flows"], style.dates(run.daily))
    _key(fig, run)
    style.headline(fig, _title(run, supply.to_numpy() > 0.0))
    return fig, axes


def _title(run: "Run", there: "NDArray[np.bool_]") -> str:
    is_open = there & (run.entity("lrt", "redemption_open").to_numpy() == 1.0)
    if not is_open.any():
        return "Redemption of LRTs was closed throughout"
    longest = run.entity("lrt", "queue_days").to_numpy()[is_open].max()
    days = "1 day" if round(longest) == 1 else f"{longest:.0f} days"
    most = style.eth_text(shared_numbers.peak_lrt_claims(run))
    return f"Up to {most} waited to be redeemed from LRTs; the longest wait was {days}"


def _claims(ax: "Axes", run: "Run", x: "NDArray[np.datetime64]") -> None:
    claims = run.entity("lrt", "queue_eth").fillna(0.0)
    exits = run.daily["exit_queue_eth"].to_numpy()
    factor, unit = style.eth_scale(max(float(claims.sum(axis=1).max()), float(exits.max())))
    colours = style.lrt_colours(run)
    style.stack(ax, x, list(claims.to_numpy().T / factor), [colours[i] for i in style.ids_of(claims)], edge=0.0)
    ax.plot(style.dates(run.daily), exits / factor, color=style.INK, linewidth=0.9)
    ax.set_ylim(bottom=0.0)
    ax.set_ylabel(unit)
    style.caption(ax, "Claims on LRTs; black: validator exit queue")


def _waits(ax: "Axes", run: "Run", x: "NDArray[np.datetime64]", supply: style.Floats) -> None:
    is_open = (supply > 0.0) & (run.entity("lrt", "redemption_open").to_numpy() == 1.0)  # else nobody can stand in it
    waits = np.where(is_open, run.entity("lrt", "queue_days").to_numpy(), np.nan)
    style.lines(ax, x, waits, list(style.lrt_colours(run).values()), strong=style.prominent(supply))
    ax.plot(style.dates(run.daily), run.daily["exit_queue_days"], color=style.INK, linewidth=0.9)
    ax.set_ylim(bottom=0.0)
    ax.set_ylabel("days")
    style.caption(ax, "Wait where redemption is open; black: exit")


def _buffers(ax: "Axes", run: "Run", x: "NDArray[np.datetime64]", supply: style.Floats) -> None:
    buffers = run.entity("lrt", "buffer_eth").to_numpy()
    strong = style.prominent(supply)
    share = np.divide(buffers, supply, out=np.full_like(supply, np.nan), where=supply > 0.0)
    style.lines(ax, x, share, list(style.lrt_colours(run).values()), strong=strong)
    ax.set_ylim(0.0, min(style.soft_ceiling(share[strong]), 1.0))
    style.percent_axis(ax.yaxis)
    ax.set_ylabel("of supply")
    style.caption(ax, "Liquid buffer" + ("; faint: small tokens" if (~strong & (supply > 0.0)).any() else ""))


def _flows(ax: "Axes", run: "Run") -> None:
    """Weekly flows of all LRTs together: in above the line, out below."""
    sums = {key: run.entity("lrt", key).fillna(0.0).sum(axis=1) for key in FLOWS}
    days = sums["minted_eth"].index.to_numpy()
    weeks = days // WEEK
    first = np.unique(weeks)
    middles = style.day_dates(run, first * WEEK + WEEK // 2)
    totals = {key: np.array([values.to_numpy()[weeks == week].sum() for week in first]) for key, values in sums.items()}
    factor, unit = style.eth_scale(max(float(values.max(initial=0.0)) for values in totals.values()))
    above, below = np.zeros(first.size), np.zeros(first.size)
    for key, (label, sign, colour) in FLOWS.items():
        base = above if sign > 0.0 else below
        height = sign * totals[key] / factor
        ax.bar(middles, height, bottom=base.copy(), width=WEEK * 0.9, color=colour, label=label, linewidth=0.0)
        base += height
    ax.axhline(0.0, color=style.MUTED, linewidth=0.6)
    ax.set_ylabel(f"{unit} a week")
    ax.margins(y=0.12)
    style.caption(ax, "Flows in and out of all LRTs")
    ax.legend(loc="upper right", ncols=4, handlelength=0.8, handletextpad=0.4, columnspacing=0.9, fontsize=6.8)
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + 0.1 * (high - low))


def _key(fig: "Figure", run: "Run") -> None:
    from matplotlib.patches import Patch

    names = style.names_of(run, "lrt")
    handles = [Patch(color=colour, label=names[key]) for key, colour in style.lrt_colours(run).items()]
    style.key_below(fig, handles)
