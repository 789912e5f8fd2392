"""Yield of one LRT by source: what a page advertises against what holders earn."""

from typing import TYPE_CHECKING

import numpy as np

from . import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..store import Run

Panel = tuple[str, tuple[str, ...], str]

PANELS: tuple[Panel, ...] = (
    ("advertised", tuple(style.SOURCES), "As advertised: with points at the value that holders expect"),
    ("paid", tuple(key for key in style.SOURCES if key != "points_apr"), "Without points"),
)


@style.styled
def figure(run: "Run", lrt: str | None = None) -> "tuple[Figure, dict[str, Axes]]":
    """Draw it (axes ``advertised`` and ``paid``).

    Args:
        run: the run.
        lrt: id of the LRT; the largest on average when None.
    """
    supply = run.entity("lrt", "supply_eth")
    chosen = lrt or str(supply.fillna(0.0).mean().idxmax())
    if chosen not in supply:
        raise KeyError(f"the run has no LRT {chosen!r}; LRTs: {', '.join(style.ids_of(supply))}")
    there = supply[chosen].to_numpy() > 0.0
    x = style.day_dates(run, supply.index)
    series = {
        key: np.where(there, run.entity("lrt", key)[chosen].to_numpy(), np.nan)
        for key in (*style.SOURCES, "advertised_apr", "earned_apr")
    }
    series["earned_apr"][supply.index.to_numpy() == 0] = np.nan  # nothing has been earned before the first day
    fig, axes = style.canvas([["advertised"], ["paid"]], height=4.8, heights=[1.25, 1.0])
    for name, keys, text in PANELS:
        ax = axes[name]
        style.stack(ax, x, [np.nan_to_num(series[key]) for key in keys], [style.SOURCES[key][1] for key in keys])
        style.caption(ax, text)
        style.percent_axis(ax.yaxis)
        ax.plot(x, series["earned_apr"], color=style.INK, linewidth=1.1)
    total = series["advertised_apr"]
    paid = np.sum([np.nan_to_num(series[key]) for key in PANELS[1][1]], axis=0)
    _limits(axes["advertised"], total, series["earned_apr"])
    _limits(axes["paid"], paid, series["earned_apr"])
    axes["advertised"].set_ylabel("yield per year")
    axes["paid"].set_ylabel("yield per year")
    style.date_axis(axes["paid"], x)
    _key(fig, series)
    fig.align_ylabels()
    style.headline(fig, _title(style.names_of(run, "lrt").get(chosen, chosen), total, series["earned_apr"]))
    return fig, axes


def _title(name: str, advertised: style.Floats, earned: style.Floats) -> str:
    if not np.isfinite(advertised).any():
        return f"{name} was not launched"
    promised, paid = float(np.nanmean(advertised)), float(np.nanmean(earned))
    return f"{name} advertised {style.percent(promised)} a year on average and earned {style.percent(paid)}"


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

    shown = [key for key in style.SOURCES if np.nanmax(series[key], initial=0.0) > 0.0]
    handles = [
        Line2D([], [], color=style.INK, linewidth=1.1, label="earned (30 days)"),
        *(Patch(color=style.SOURCES[key][1], label=style.SOURCES[key][0]) for key in reversed(shown)),
    ]
    style.key_below(fig, handles)
