"""Coverage of secure networks, certified and not."""

from typing import TYPE_CHECKING

import numpy as np

from ..experiment import Outcome

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(outcome: Outcome) -> "Figure":
    """Histograms of the stake needed alone over the stake there is."""
    from ...figures import style

    table = outcome.tables["coverage"]
    fig, axes = style.canvas([["certified"], ["others"]], height=4.0)
    bins = np.arange(0.0, max(3.0, float(table["coverage"].max())) + 0.1, 0.1)
    for name, chosen, colour in (("certified", True, style.PALETTE[0]), ("others", False, style.PALETTE[1])):
        ax = axes[name]
        values = table.loc[table["certified"] == chosen, "coverage"]
        ax.hist(values, bins=bins.tolist(), color=colour, edgecolor="white", linewidth=0.6)
        ax.axvline(1.0, color=style.INK, linewidth=0.9, linestyle=":")
        ax.set_ylabel("networks")
        label = "The certificate holds" if chosen else "Secure all the same"
        style.caption(ax, f"{label}: {len(values)} networks")
    axes["others"].set_xlabel("stake that services would need alone, over the stake there is")
    style.headline(fig, "What the certificate certifies, separate stakes could do: coverage never exceeds 1")
    return fig
