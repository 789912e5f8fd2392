"""The cliff in the number of loops, and what the run's own rules make of it."""

from typing import TYPE_CHECKING

from ..experiment import Outcome
from .run import ORDINARY

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(outcome: Outcome) -> "Figure":
    """Ordinary borrowers liquidated over sales and loops; one row of it, under two sets of rules."""
    from ...figures import style

    fig, axes = style.canvas([["map", "rules"]], height=3.4, share_x=False)
    ax, grid = axes["map"], outcome.tables["grid"]
    wide = grid.pivot(index="loops", columns="sale", values="ordinary_hit")
    mesh = ax.pcolormesh(
        wide.columns.to_numpy(dtype=float) / 1e3, wide.index, wide.to_numpy(), cmap="Reds", vmin=0, vmax=ORDINARY
    )
    bar = fig.colorbar(mesh, ax=ax, pad=0.02)
    bar.outline.set_visible(False)
    ax.set(xlabel="stETH sold (thousand)", ylabel="loops beside 100 ordinary borrowers")
    ax.grid(False)
    style.caption(ax, "Ordinary borrowers liquidated")
    ax = axes["rules"]
    table, rules = outcome.tables["contagion"], outcome.tables["market_rules"]
    row = table[table["sale"] == 205_000.0]
    ax.plot(row["loops"], row["ordinary_hit"], "o-", color=style.PALETTE[1], markersize=4.5)
    ax.plot(rules["loops"], rules["market_rules"], "o-", color=style.PALETTE[0], markersize=4.5)
    ax.plot(rules["loops"], rules["without_buyers"], "o-", color=style.PALETTE[2], markersize=4.5)
    ax.set(xlabel="loops", ylim=(-3, 108))
    style.end_labels(
        ax,
        [
            (float(row["ordinary_hit"].iloc[-1]), "spot oracle,\nat any price", style.PALETTE[1]),
            (float(rules["without_buyers"].iloc[-1]), "rules of a run,\nno buyers", style.PALETTE[2]),
            (float(rules["market_rules"].iloc[-1]), "rules of a run", style.PALETTE[0]),
        ],
    )
    style.caption(ax, "After a sale of 205,000 stETH")
    few = row[row["ordinary_hit"] < ORDINARY]["loops"].max()
    many = row[row["ordinary_hit"] == ORDINARY]["loops"].min()
    style.headline(fig, f"Between {few} and {many} loops, contagion turns from a handful of borrowers to all of them")
    return fig
