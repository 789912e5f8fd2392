"""Gains over the size of the network and over the difference between its blocks."""

from typing import TYPE_CHECKING

from ..experiment import Outcome

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CURVES = (
    ("marginal_one", "marginal, one attacks", 0, "-"),
    ("marginal_both", "marginal, both attack", 1, "-"),
    ("multiplicative_one", "multiplicative, one attacks", 2, "--"),
    ("multiplicative_both", "multiplicative, both attack", 3, "--"),
)


def draw(outcome: Outcome) -> "Figure":
    """Three panels: Erdos-Renyi by size, block model by size, both by heterogeneity; bars: 5 to 95 % of the seeds."""
    from ...figures import style

    fig, axes = style.canvas([["even", "uneven", "blocks"]], height=3.4, share_x=False)
    table = outcome.tables["gains"]
    most, largest = float(table["heterogeneity"].max()), int(table["operators"].max())
    panels = (
        ("even", table[table["heterogeneity"] == 0.0], "operators", "Gain over stake, Erdos-Renyi"),
        ("uneven", table[table["heterogeneity"] == most], "operators", f"Two blocks, \u00b1{100 * most:g} %"),
        ("blocks", table[table["operators"] == largest], "heterogeneity", f"At {largest} operators"),
    )
    columns = [column for column, *_ in CURVES]
    top = 1.05 * float(table.groupby(["operators", "heterogeneity"])[columns].quantile(0.95).max().max())
    for name, part, over, text in panels:
        ax = axes[name]
        by = part.groupby(over)
        for place, (column, label, colour, line) in enumerate(CURVES):
            low, middle, high = (by[column].quantile(q) for q in (0.05, 0.5, 0.95))
            # Beside one another: two of the curves all but coincide.
            aside = place - 1.5
            x = middle.index * 1.09**aside if over == "operators" else middle.index + 0.0012 * aside
            bars = [middle - low, high - middle]
            ax.errorbar(
                x, middle, bars, color=style.PALETTE[colour], linestyle=line, marker="o", markersize=2.8, label=label
            )
        ax.set(xlabel=over, ylim=(-0.03 * top, top))
        if over == "operators":
            ax.set_xscale("log")
        else:
            style.percent_axis(ax.xaxis)
        style.percent_axis(ax.yaxis)
        style.caption(ax, text)
    handles, names = axes["even"].get_legend_handles_labels()
    fig.legend(
        handles, names, loc="outside lower center", ncols=2, title="median and 5 to 95 % of seeds", title_fontsize=7.5
    )
    style.headline(fig, "Splitting an operator pays on uneven networks, and not on large even ones")
    return fig
