"""Yield of one LRT by source: what a page advertises against what holders receive."""

from typing import TYPE_CHECKING

import numpy as np

from . import shared_numbers, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..store import Run

PANELS = (
    ("advertised", style.SOURCES, "As advertised: with points at the value that holders expect"),
    ("earned", style.EARNED, "Received so far per ETH-year: airdrops at what they fetched, from the day of the claim"),
)


@style.styled
def figure(run: "Run", lrt: str | None = None) -> "tuple[Figure, dict[str, Axes]]":
    """Draw it (axes ``advertised`` and ``earned``).

    Args:
        run: the run.
        lrt: id of the LRT; the largest on average when None.
    """
    supply = run.entity("lrt", "supply_eth")
    chosen = lrt or str(supply.fillna(0.0).mean().idxmax())
    if chosen not in supply:
        raise KeyError(f"the run has no LRT {chosen!r}; LRTs: {', '.join(style.ids_of(supply))}")
    there = (supply[chosen].to_numpy() > 0.0) & (supply.index.to_numpy() > 0)  # nothing is earned before the first day
    x = style.day_dates(run, supply.index)
    series = {
        key: np.where(there, run.entity("lrt", key)[chosen].to_numpy(), np.nan)
        for key in (*style.SOURCES, *style.EARNED, "advertised_apr", "earned_apr")
    }
    fig, axes = style.canvas([["advertised"], ["earned"]], height=4.8, heights=[1.25, 1.0])
    for name, sources, text in PANELS:
        ax = axes[name]
        stacked = [np.nan_to_num(series[key]) for key in sources]
        style.stack(ax, x, stacked, [colour for _, colour in sources.values()])
        style.caption(ax, text)
        style.percent_axis(ax.yaxis)
        ax.plot(x, series["earned_apr"], color=style.INK, linewidth=1.1)
        _limits(ax, np.sum(stacked, axis=0), series["earned_apr"])
        ax.set_ylabel("yield per year")
    style.date_axis(axes["earned"], x)
    _key(fig, series)
    fig.align_ylabels()
    style.headline(
        fig, _title(style.names_of(run, "lrt").get(chosen, chosen), *shared_numbers.mean_yields(run)[chosen])
    )
    return fig, axes


def _title(name: str, advertised: float, earned: float) -> str:
    if not np.isfinite(advertised):
        return f"{name} was not launched"
    return f"{name} advertised {style.percent(advertised)} a year on average and paid {style.percent(earned)}"


def _limits(ax: "Axes", total: style.Floats, earned: style.Floats) -> None:
    """All but short spikes; below zero only as far as losses go."""
    top = max(style.soft_ceiling(total), style.soft_ceiling(earned))
    lost = float(np.nanmin(earned)) if np.isfinite(earned).any() else 0.0
    ax.set_ylim(max(min(0.0, 1.1 * lost), -top), top)
    if np.nanmax(total, initial=0.0) > 1.05 * top:
        ax.annotate(
            f"up to {style.percent(float(np.nanmax(total)))}",
            xy=(0.012, 0.96),
            xycoords="axes fraction",
            va="top",
            color=style.MUTED,
            fontsize=7.0,
        )


def _key(fig: "Figure", series: dict[str, style.Floats]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    sources = {**style.SOURCES, **style.EARNED}
    shown = dict.fromkeys(source for key, source in sources.items() if np.nanmax(series[key], initial=0.0) > 0.0)
    handles = [
        Line2D([], [], color=style.INK, linewidth=1.1, label="received so far"),
        *(Patch(color=colour, label=label) for label, colour in reversed(shown)),
    ]
    style.key_below(fig, handles)
