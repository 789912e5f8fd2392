"""Staked share over demand, over the gap of yields, and over years."""

from typing import TYPE_CHECKING

from ..experiment import Outcome

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(outcome: Outcome) -> "Figure":
    """Three panels: demand, transition, schedules."""
    from ...figures import style

    fig, axes = style.canvas([["demand", "gap", "years"]], height=3.1, share_x=False)
    for name in axes:
        axes[name].set_ylim(0.0, 1.02)
        style.percent_axis(axes[name].yaxis)
    ax, table = axes["demand"], outcome.tables["demand"]
    by = table.groupby("demand")["staked"]
    low, middle, high = by.quantile(0.05), by.median(), by.quantile(0.95)
    ax.fill_between(middle.index, low, high, color=style.lighter(style.PALETTE[0], 0.7), linewidth=0)
    ax.plot(middle.index, middle, "o-", color=style.PALETTE[0], markersize=3.5)
    ax.set(xlabel="borrowing demand over wealth")
    style.caption(ax, "Staked; band: 5 to 95 % of seeds")
    ax, table = axes["gap"], outcome.tables["transition"]
    for factor, colour in zip(sorted(table["calmer"].unique(), reverse=True), style.PALETTE[2:5], strict=True):
        part = table[table["calmer"] == factor]
        ax.plot(100.0 * part["gap"], part["staked"], color=colour, label=f"{factor:g}")
    ax.set(xlabel="staking less lending yield (points)")
    ax.legend(loc="upper left", title="risk aversion", title_fontsize=7)
    style.caption(ax, "Staked at given yields")
    ax, table = axes["years"], outcome.tables["years"]
    ax.step(table["year"], table["constant"], where="mid", color=style.PALETTE[0])
    ax.step(table["year"], table["halving"], where="mid", color=style.PALETTE[4])
    ax.set(xlabel="years")
    style.end_labels(
        ax,
        [
            (float(table["constant"].iloc[-1]), "constant", style.PALETTE[0]),
            (float(table["halving"].iloc[-1]), "halving", style.PALETTE[4]),
        ],
    )
    style.caption(ax, "Staked, by rewards")
    style.headline(fig, "Stake leaves for lending as demand grows, at once where nobody fears risk")
    return fig
