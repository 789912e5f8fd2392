"""Estimated against exact indices."""

from typing import TYPE_CHECKING

import numpy as np

from ..experiment import Outcome

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(outcome: Outcome) -> "Figure":
    """Indices of both functions with their intervals over the exact values."""
    from ...figures import style

    table = outcome.tables["indices"]
    fig, axes = style.canvas([["Ishigami", "G"]], height=3.0, widths=(1.0, 1.6), share_x=False)
    for function, ax in axes.items():
        part = table[table["function"] == function]
        part = part[part["seed"] == part["seed"].min()]
        x = np.arange(len(part))
        for kind, shift, colour in (("first", -0.16, style.PALETTE[0]), ("total", 0.16, style.PALETTE[4])):
            ax.bar(x + shift, part[f"exact_{kind}"], width=0.3, color=style.lighter(colour, 0.6))
            low, high = part[f"{kind}_low"], part[f"{kind}_high"]
            ax.vlines(x + shift, low, high, color=colour, linewidth=1.4)
            ax.plot(x + shift, part[kind], "o", color=colour, markersize=3.5, label=f"{kind}")
        ax.set_xticks(x, list(part["input"]))
        ax.set_ylim(-0.06, 0.9)
        ax.axhline(0.0, color=style.MUTED, linewidth=0.6)
        style.caption(ax, f"{'Ishigami' if function == 'Ishigami' else 'G function of Sobol'}; bars: exact")
    axes["G"].legend(loc="upper right", title=None)
    axes["Ishigami"].set_ylabel("share of the variance")
    worst = max(
        float((table["first"] - table["exact_first"]).abs().max()),
        float((table["total"] - table["exact_total"]).abs().max()),
    )
    style.headline(fig, f"The indices of sweeps are within {worst:.3f} of the exact ones")
    return fig
