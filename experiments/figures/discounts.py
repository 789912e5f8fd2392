"""Discounts of the LRTs, and what selling some of one would cost."""

from typing import TYPE_CHECKING

import numpy as np

from . import shared_numbers, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..store import Run

LINEAR_BELOW = 0.002
"""Discount below which the axis is linear: smaller ones are pool fees and noise."""
TICKS = (0.0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


@style.styled
def figure(run: "Run") -> "tuple[Figure, dict[str, Axes]]":
    """Draw it (axes ``discount`` and ``cost``)."""
    supply = run.entity("lrt", "supply_eth")
    there = supply.to_numpy() > 0.0
    closed = run.entity("lrt", "redemption_open").to_numpy() < 0.5
    x = style.day_dates(run, supply.index)
    colours = list(style.lrt_colours(run).values())
    strong = style.prominent(supply.to_numpy())
    fig, axes = style.canvas([["discount"], ["cost"]], height=5.2, heights=[1.4, 1.0])
    for name, metric in (("discount", "discount"), ("cost", "depth_1pct")):
        values = np.where(there, run.entity("lrt", metric).to_numpy(), np.nan)
        _logarithmic(axes[name], values)
        style.lines(axes[name], x, values, colours, strong=strong, dotted=closed)
        axes[name].set_ylabel("below NAV")
        _name_lines(axes[name], run, values)
    notes = "; dotted: redemption closed" if (closed & there).any() else ""
    if (there & ~strong).any():
        notes += f"; faint: tokens under {100.0 * style.SMALL:g} %"
    style.caption(axes["discount"], f"Discount to net asset value at the day's low{notes}")
    style.caption(axes["cost"], "Cost of selling 1 % of the supply into the pool at once")
    style.date_axis(axes["cost"], x)
    fig.align_ylabels()
    style.headline(fig, _title(run))
    return fig, axes


def _title(run: "Run") -> str:
    deepest = shared_numbers.deepest_discount(run)
    if deepest is None:
        return "No LRT traded below its net asset value"
    name = style.names_of(run, "lrt")[deepest.lrt]
    text = f"The deepest discount was {style.percent(deepest.discount)}: {name} on {deepest.date}"
    return f"{text} (small tokens aside)" if deepest.small_aside else text


def _logarithmic(ax: "Axes", values: style.Floats) -> None:
    from matplotlib.ticker import FixedLocator, NullLocator

    largest = float(np.nanmax(values, initial=0.0))
    ax.set_yscale("symlog", linthresh=LINEAR_BELOW, linscale=0.35)
    ax.set_ylim(0.0, next((tick for tick in TICKS[4:] if tick >= largest), TICKS[-1]))
    ax.yaxis.set_major_locator(FixedLocator(TICKS))
    ax.yaxis.set_minor_locator(NullLocator())
    style.percent_axis(ax.yaxis)


def _name_lines(ax: "Axes", run: "Run", values: style.Floats) -> None:
    names, colours = style.names_of(run, "lrt"), style.lrt_colours(run)
    labels = []
    for line, (name, colour) in zip(values.T, colours.items(), strict=True):
        known = line[np.isfinite(line)]
        labels.append((float(known[-1]) if known.size else np.nan, names[name], colour))
    style.end_labels(ax, labels)
