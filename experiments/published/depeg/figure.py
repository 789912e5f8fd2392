"""Twins side by side, and the cliff."""

from typing import TYPE_CHECKING, Any

import numpy as np

from ..experiment import Outcome

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHALLOWEST = 1e-3


def draw(outcome: Outcome) -> "Figure":
    """Discounts of the twins by seed, and the largest discount over sales, depth and patient capital."""
    from ...figures import style

    twins, cliff = outcome.tables["twins"], outcome.tables["map"]
    patience = sorted(cliff["patient"].unique())
    maps = [f"map{number}" for number in range(len(patience))]
    fig, axes = style.canvas([["twins"] * len(maps), maps], height=6.2, heights=(1.0, 1.15), share_x=False)
    _twins(axes["twins"], twins, style)
    shown: Any = None
    for name, patient in zip(maps, patience, strict=True):
        shown = _map(axes[name], cliff[cliff["patient"] == patient], style)
        style.caption(axes[name], f"Patient capital: {style.percent(patient)}")
    axes[maps[0]].set_ylabel("ETH in the pool over supply")
    for name in maps[1:]:
        axes[name].tick_params(labelleft=False)
    bar = fig.colorbar(shown, ax=[axes[name] for name in maps], shrink=0.95, aspect=25)
    bar.outline.set_visible(False)
    style.percent_axis(bar.ax.yaxis)
    closed, opened = twins["closed_discount"].median(), twins["open_discount"].median()
    style.headline(
        fig,
        f"The same sales: {style.percent(closed)} deep with redemption closed, {style.percent(opened)} with it open",
    )
    return fig


def _twins(ax: Any, twins: Any, style: Any) -> None:
    order = np.argsort(twins["closed_discount"].to_numpy())
    x = np.arange(len(twins))
    closed = np.maximum(twins["closed_discount"].to_numpy()[order], SHALLOWEST)
    opened = np.maximum(twins["open_discount"].to_numpy()[order], SHALLOWEST)
    ax.vlines(x, opened, closed, color=style.FAINT, linewidth=1.5)
    ax.plot(x, closed, "o", color=style.PALETTE[4], markersize=4.5, label="redemption closed")
    ax.plot(x, opened, "o", color=style.PALETTE[0], markersize=4.5, label="redemption open")
    ax.axhspan(0.05, 0.35, color=style.lighter(style.PALETTE[4], 0.85), linewidth=0, zorder=0)
    ax.text(
        len(twins) - 0.6,
        0.34,
        "history, closed",
        ha="right",
        va="top",
        fontsize=7,
        color=style.readable(style.PALETTE[4]),
    )
    ax.set_yscale("log")
    style.percent_axis(ax.yaxis)
    ax.set_xticks([])
    ax.set_xlabel("seeds, by depth")
    ax.legend(loc="upper left", ncols=2)
    style.caption(ax, "Largest discount in the five days after 1.2 % of the supply is sold; band: range of history")


def _map(ax: Any, part: Any, style: Any) -> Any:
    table = part.pivot(index="depth", columns="sold", values="discount")
    ax.grid(visible=False)
    shown = ax.imshow(table.to_numpy(), origin="lower", aspect="auto", cmap="magma_r", vmin=0.0, vmax=1.0)
    if min(table.shape) > 1 and table.to_numpy().min() < 0.2 < table.to_numpy().max():
        ax.contour(table.to_numpy(), levels=[0.2], colors="white", linewidths=1.4)
    ax.set_xticks(range(table.shape[1]), [f"{100 * value:g}" for value in table.columns])
    ax.set_yticks(range(table.shape[0]), [style.percent(value) for value in table.index])
    ax.set_xlabel("sold in a day (% of supply)")
    return shown
