"""Where the ETH of the population is, and where it went."""

from typing import TYPE_CHECKING

import numpy as np

from . import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from ..store import Run

MONTH = 30
GROUPS = {
    "idle": ("idle ETH", "#C9CED6"),
    "solo": ("solo staking", "#8A94A0"),
    "lst": ("LSTs", "#56B4E9"),
    "restaked": ("native and LST restaking", "#E69F00"),
    "lrt": ("LRTs", "#0072B2"),
}


@style.styled
def figure(run: "Run") -> "tuple[Figure, dict[str, Axes]]":
    """Draw it (axes ``supply`` and ``moved``)."""
    supply = run.entity("venue", "supply_eth").fillna(0.0)
    x = style.day_dates(run, supply.index)
    groups = _groups(run, list(supply.columns))
    held = np.stack([supply[ids].sum(axis=1).to_numpy() for ids in groups.values()])
    fig, axes = style.canvas([["supply"], ["moved"]], height=5.0, heights=[1.3, 1.0])
    factor, unit = style.eth_scale(float(held.sum(axis=0).max(initial=0.0)))
    colours = [GROUPS[group][1] for group in groups]
    style.stack(axes["supply"], x, list(held / factor), colours)
    axes["supply"].set_ylim(bottom=0.0)
    axes["supply"].set_ylabel(unit)
    style.caption(axes["supply"], "Supply at net asset value; LSTs that other protocols hold stand in both")
    middles = np.cumsum(held[:, -1]) - held[:, -1] / 2.0
    style.end_labels(
        axes["supply"],
        [(float(y) / factor, GROUPS[group][0], GROUPS[group][1]) for y, group in zip(middles, groups, strict=True)],
    )
    _moves(axes["moved"], run, supply.index.to_numpy(), held, list(groups))
    style.date_axis(axes["moved"], x)
    fig.align_ylabels()
    style.headline(fig, _title(held, list(groups)))
    return fig, axes


def _groups(run: "Run", venues: list[str]) -> dict[str, list[str]]:
    """Venues by group, in the order in which they are stacked; groups without venues are left out."""
    terms = run.manifest["parameters"]
    kind = {"native": "restaked", "lst_restaking": "restaked"}
    kind |= dict.fromkeys(terms["lst"], "lst") | dict.fromkeys(terms["lrt"], "lrt")
    groups = {group: [venue for venue in venues if kind.get(venue, venue) == group] for group in GROUPS}
    return {group: ids for group, ids in groups.items() if ids}


def _moves(ax: "Axes", run: "Run", days: "NDArray[np.int64]", held: style.Floats, groups: list[str]) -> None:
    """Change of each group's supply by month: gains above the line, losses below."""
    edges = np.unique(np.append(np.searchsorted(days, np.arange(days[0], days[-1], MONTH)), days.size - 1))
    change = np.diff(held[:, edges], axis=1)
    spans = np.diff(days[edges])
    factor, unit = style.eth_scale(float(np.abs(change).max(initial=0.0)))
    left = style.day_dates(run, days[edges[:-1]])
    above, below = np.zeros(spans.size), np.zeros(spans.size)
    for group, moved in zip(groups, change / factor, strict=True):
        bottom = np.where(moved >= 0.0, above, below)
        ax.bar(left, moved, bottom=bottom, width=spans * 0.88, align="edge", color=GROUPS[group][1], linewidth=0.0)
        above += np.maximum(moved, 0.0)
        below += np.minimum(moved, 0.0)
    ax.axhline(0.0, color=style.MUTED, linewidth=0.6)
    ax.set_ylabel(f"{unit} in {MONTH} days")
    style.caption(ax, "Change of supply, rewards included")


def _title(held: style.Floats, groups: list[str]) -> str:
    gain = held[:, -1] - held[:, 0]
    most, least = int(gain.argmax()), int(gain.argmin())
    text = f"{_capital(GROUPS[groups[most]][0])} gained {style.eth_text(float(gain[most]))}"
    if gain[least] >= 0.0:
        return text
    return f"{text}, {GROUPS[groups[least]][0]} lost {style.eth_text(float(-gain[least]))}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
