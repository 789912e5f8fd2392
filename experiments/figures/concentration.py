"""How concentrated the economy is: LRTs, operators, secured stake, votes."""

from typing import TYPE_CHECKING

import numpy as np

from . import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..store import Run

HIGH = 0.18
"""Above this a market is highly concentrated (US Merger Guidelines 2023: 1,800 points)."""

INDICES = {
    "lrt_hhi": ("LRTs", "#0072B2"),
    "operator_hhi": ("operators", "#D55E00"),
    "avs_hhi": ("AVSs", "#009E73"),
    "governance_hhi": ("votes", "#CC79A7"),
}
SHARES = {
    "lrt_leader_share": ("largest LRT", "#0072B2"),
    "lrt_top3_share": ("3 largest LRTs", "#56B4E9"),
    "operator_top7_share": ("7 largest operators", "#D55E00"),
}


@style.styled
def figure(run: "Run") -> "tuple[Figure, dict[str, Axes]]":
    """Draw it (axes ``hhi`` and ``share``)."""
    fig, axes = style.canvas([["hhi"], ["share"]], height=4.8, heights=[1.2, 1.0])
    x = style.dates(run.daily)
    for name, series in (("hhi", INDICES), ("share", SHARES)):
        ax = axes[name]
        ax.set_ylim(0.0, 1.02)
        labels = []
        for key, (label, colour) in series.items():
            values = run.daily[key].to_numpy(dtype=float)
            ax.plot(x, values, color=colour)
            labels.append((float(values[-1]), label, colour))
        style.end_labels(ax, labels)
    axes["hhi"].axhline(HIGH, color=style.MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    style.caption(axes["hhi"], f"Herfindahl-Hirschman index; dashed: highly concentrated above {HIGH:g}")
    style.caption(axes["share"], "Share of the largest")
    axes["hhi"].set_ylabel("index")
    style.percent_axis(axes["share"].yaxis)
    style.date_axis(axes["share"], x)
    fig.align_ylabels()
    style.headline(fig, _title(run))
    return fig, axes


def _title(run: "Run") -> str:
    leader, operators = float(run.daily["lrt_leader_share"].iloc[-1]), run.summary["operator_nakamoto"]
    told = []
    if np.isfinite(leader):
        told.append(f"the largest LRT ends with {style.percent(leader)} of the supply")
    if np.isfinite(operators):
        hands = "1 operator holds" if round(operators) == 1 else f"{operators:.0f} operators hold"
        told.append(f"{hands} more than a third of the stake")
    text = "; ".join(told) or "nothing is restaked at the end"
    return text[:1].upper() + text[1:]
