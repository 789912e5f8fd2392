"""Published and simulated rewards, compression, and the response of stake."""

from typing import TYPE_CHECKING

import numpy as np

from ...figures import style
from ..experiment import Outcome

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@style.styled
def draw(outcome: Outcome) -> "Figure":
    """Weeks, compression, response."""
    fig, axes = style.canvas([["weeks", "weeks"], ["compression", "response"]], height=5.4, share_x=False)
    _weeks(axes["weeks"], outcome)
    _compression(axes["compression"], outcome)
    _response(axes["response"], outcome)
    style.headline(fig, "A fifth more eligible ETH takes a sixth of the reward: a fixed budget dilutes itself")
    return fig


def _weeks(ax: "Axes", outcome: Outcome) -> None:
    weeks = outcome.tables["weeks"].iloc[1:]
    x = weeks["start"].to_numpy(dtype="datetime64[D]") + 3
    own, paid = style.PALETTE[0], style.PALETTE[2]
    ax.plot(x, weeks["model_rate"], color=own)
    right = weeks["consistent"].to_numpy(dtype=bool)
    ax.plot(x[right], weeks["rate"][right], "o", color=style.INK, markersize=4.5, zorder=4)
    ax.plot(x[~right], weeks["rate"][~right], "o", color="white", markeredgecolor=style.INK, markersize=4.5, zorder=4)
    ax.plot(x, weeks["model_claim"] / weeks["restaked_eth"], color=paid)
    ax.plot(x, weeks["claimed"] / weeks["restaked_eth"], "D", color=style.INK, markersize=3.8, zorder=4)
    ax.set_ylim(0.15, 0.25)
    style.date_axis(ax, np.array([x[0] - 4, x[-1] + 4]))
    style.end_labels(
        ax,
        [
            (float(weeks["model_rate"].iloc[-1]), "per eETH", own),
            (float((weeks["model_claim"] / weeks["restaked_eth"]).iloc[-1]), "per restaked ETH", paid),
        ],
    )
    ax.set_ylabel("EIGEN a week")
    style.caption(ax, "Rewards of ether.fi; lines: simulation, marks: published (hollow: the row contradicts itself)")


def _compression(ax: "Axes", outcome: Outcome) -> None:
    weeks = outcome.tables["weeks"].iloc[1:]
    budget = float((weeks["per_restaked_eth"] * weeks["eligible_eth"]).iloc[0])
    eligible = np.linspace(3.4e6, 4.7e6, 100)
    ax.plot(eligible / 1e6, budget / eligible, color=style.PALETTE[0])
    ax.plot(weeks["eligible_eth"] / 1e6, weeks["claimed"] / weeks["restaked_eth"], "D", color=style.INK, markersize=3.8)
    reported = 4.2
    ax.axvline(reported, color=style.MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    ax.annotate(
        "total reported by\nether.fi, 27 Nov",
        (reported, 0.249),
        xytext=(4, 0),
        textcoords="offset points",
        va="top",
        fontsize=7.5,
        color=style.MUTED,
    )
    ax.set(xlabel="eligible ETH implied by the claims (million)", ylabel="EIGEN per restaked ETH, week")
    style.caption(ax, "Dilution; line: budget over eligible ETH")


def _response(ax: "Axes", outcome: Outcome) -> None:
    table = outcome.tables["response"]
    for column, colour in (("stake_left", style.PALETTE[0]), ("yield_left", style.PALETTE[1])):
        ax.plot(table["elasticity"], table[column], color=colour, marker="o", markersize=3.5)
    ax.set_ylim(0.0, 1.08)
    style.percent_axis(ax.yaxis)
    style.end_labels(
        ax,
        [
            (float(table["stake_left"].iloc[-1]), "stake", style.PALETTE[0]),
            (float(table["yield_left"].iloc[-1]), "tokens\nper ETH", style.PALETTE[1]),
        ],
    )
    ax.set(xlabel="elasticity of stake to its yield", ylabel="of the level before")
    style.caption(ax, "At rest after the budget is cut by 70 %")
