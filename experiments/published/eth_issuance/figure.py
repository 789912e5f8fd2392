"""The curves of the chain with the published points."""

from typing import TYPE_CHECKING

import numpy as np

from ...figures import style
from ..experiment import Outcome
from ..tables import rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_STAKES = np.geomspace(4e5, 1.2e8, 200)
_RULES = {"pre-deneb": 2, "deneb": 1, "electra": 0}


@style.styled
def draw(outcome: Outcome) -> "Figure":
    """Yield, churn and the projection of EIP-7514."""
    fig, axes = style.canvas([["yield", "yield"], ["churn", "projection"]], height=5.6, share_x=False)
    _yield(axes["yield"], outcome)
    _churn(axes["churn"], outcome)
    _projection(axes["projection"], outcome)
    style.headline(fig, "Yield halves when stake quadruples, and at most 57,600 ETH a day may leave")
    return fig


def _yield(ax: "Axes", outcome: Outcome) -> None:
    from ....model import ethereum

    ax.plot(_STAKES / 1e6, [ethereum.issuance_yield(d) for d in _STAKES], color=style.PALETTE[0])
    ax.plot(_STAKES / 1e6, [ethereum.tempered_yield(d) for d in _STAKES], color=style.PALETTE[0], linestyle=(0, (4, 2)))
    points = outcome.tables["yields"]
    ax.plot(points["staked_eth"] / 1e6, points["yield_percent"] / 100.0, "o", color=style.INK, markersize=4.5, zorder=4)
    cadlabs = outcome.tables["cadlabs"]
    net = cadlabs[cadlabs["item"] == "net issuance"]
    ax.plot(
        net["staked_eth"] / 1e6,
        net["eth"] / 360.0 * 365.25 / net["staked_eth"],
        "D",
        color="white",
        markeredgecolor=style.PALETTE[4],
        markersize=5.0,
        zorder=5,
    )
    ax.set(xscale="log", yscale="log", xlabel="staked (million ETH)", ylabel="issuance per staked ETH and year")
    ax.set_xticks([0.5, 1, 3, 10, 30, 100], ["0.5", "1", "3", "10", "30", "100"])
    ax.set_yticks([0.003, 0.01, 0.03, 0.1, 0.3])
    ax.minorticks_off()
    style.percent_axis(ax.yaxis)
    ax.annotate(
        "tempered (Elowsson)",
        (60, ethereum.tempered_yield(60e6)),
        xytext=(-8, -3),
        ha="right",
        va="top",
        textcoords="offset points",
        color=style.PALETTE[0],
        fontsize=7.5,
    )
    ax.annotate(
        "CADLabs, 98 % online",
        (0.524, 0.215),
        xytext=(-2, -24),
        textcoords="offset points",
        color=style.readable(style.PALETTE[4]),
        fontsize=7.5,
    )
    ax.annotate(
        "points of the formula of the specification",
        (10, 0.0526),
        xytext=(6, 6),
        textcoords="offset points",
        color=style.INK,
        fontsize=7.5,
    )
    style.caption(ax, "Issuance yield; lines: model")


def _churn(ax: "Axes", outcome: Outcome) -> None:
    from ....model import ethereum

    stakes = np.linspace(2e6, 40e6, 400)
    points = outcome.tables["churn"]
    # Where two rules agree the earlier one is drawn wider, so that both can be seen.
    for fork in ethereum.Fork:
        colour = _RULES[fork.value]
        for direction, rule in (
            ("exit", ethereum.exit_churn_eth_per_day),
            ("entry", ethereum.entry_churn_eth_per_day),
        ):
            # Deneb left exits alone; in the other two, entries and exits have the same limit.
            if (fork is ethereum.Fork.DENEB) == (direction == "exit"):
                continue
            ax.plot(
                stakes / 1e6,
                [rule(d, fork) / 1e3 for d in stakes],
                color=style.PALETTE[colour],
                linewidth=2.6 if fork is ethereum.Fork.DENEB else 1.2,
                alpha=0.55 if fork is ethereum.Fork.DENEB else 1.0,
            )
        here = points[points["fork"] == fork.value]
        ax.plot(here["staked_eth"] / 1e6, here["eth_per_day"] / 1e3, "o", color=style.INK, markersize=4.0, zorder=4)
    ax.set(xlabel="staked (million ETH)", ylabel="thousand ETH a day", ylim=(0.0, 145.0), xlim=(2.0, 40.0))
    ax.text(
        27.0, 103.0, "before Deneb;\nexits in Deneb", color=style.readable(style.PALETTE[2]), fontsize=7.5, ha="right"
    )
    ax.text(39.5, 62.0, "entries in Deneb", color=style.readable(style.PALETTE[1]), fontsize=7.5, ha="right")
    ax.text(39.5, 47.0, "both in Electra", color=style.PALETTE[0], fontsize=7.5, ha="right")
    style.caption(ax, "Stake that may enter or leave; dots: specification")


def _projection(ax: "Axes", outcome: Outcome) -> None:
    from .run import published

    table = outcome.tables["projection"]
    for rule, label, colour, at in (
        ("pre-deneb", "old rule", style.PALETTE[2], 0.70),
        ("deneb", "with EIP-7514", style.PALETTE[1], 0.40),
    ):
        here = table[table["rule"] == rule]
        dates = here["date"].to_numpy(dtype="datetime64[D]")
        ax.plot(dates, here["share"], color=colour)
        row = int(np.searchsorted(here["share"].to_numpy(), at))
        ax.annotate(
            label,
            (dates[row], at),
            xytext=(7, -3),
            textcoords="offset points",
            color=style.readable(colour),
            fontsize=7.5,
        )
    for row in rows(published("projection")):
        month = np.datetime64(row.month, "M")
        first, last = month.astype("datetime64[D]"), (month + 1).astype("datetime64[D]")
        ax.plot([first, last], [row.share, row.share], color=style.INK, linewidth=4.0, solid_capstyle="butt", zorder=4)
    start = table["date"].to_numpy(dtype="datetime64[D]").min()
    style.date_axis(ax, np.array([start, np.datetime64("2026-01-01")]))
    ax.set_ylim(0.15, 1.04)
    style.percent_axis(ax.yaxis)
    style.caption(ax, "Share staked, full queue; bars: EIP-7514")
