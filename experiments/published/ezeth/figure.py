"""Discounts and liquidations of the branches."""

from typing import TYPE_CHECKING

import numpy as np

from ..experiment import Outcome

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ORDER = ("redemption open", "deep pool", "averaged oracle", "spot oracle", "shallow pool")


def draw(outcome: Outcome) -> "Figure":
    """Largest discount and liquidated part of supply by branch, a dot per seed."""
    from ...figures import style

    table = outcome.tables["branches"]
    fig, axes = style.canvas([["discount", "liquidated"]], height=3.4, share_x=False)
    for name, column in (("discount", "discount"), ("liquidated", "liquidated")):
        ax = axes[name]
        for place, which in enumerate(ORDER):
            values = table.loc[table["branch"] == which, column].to_numpy(dtype=float)
            jitter = place + np.linspace(-0.18, 0.18, values.size)
            colour = style.PALETTE[1] if which == "averaged oracle" else style.PALETTE[0]
            ax.plot(values, jitter, "o", color=colour, markersize=3.0, alpha=0.6)
            ax.plot([np.median(values)], [place], "|", color=style.INK, markersize=16, markeredgewidth=1.8)
        ax.set_yticks(range(len(ORDER)), ORDER if name == "discount" else [""] * len(ORDER))
        ax.grid(True, axis="x")
        ax.grid(False, axis="y")
        style.percent_axis(ax.xaxis)
    axes["discount"].set(xlabel="below NAV", xlim=(0.0, 1.0))
    axes["liquidated"].set(xlabel="of supply", xlim=(0.0, None))
    style.caption(axes["discount"], "Largest discount after the sales")
    style.caption(axes["liquidated"], "Collateral liquidated; bars: medians")
    medians = table.groupby("branch")["discount"].median()
    ratio = float(medians["averaged oracle"] / max(medians["redemption open"], 1e-9))
    style.headline(fig, f"Closed withdrawals make the discount {ratio:.0f} times as deep")
    return fig
