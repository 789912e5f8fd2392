"""Supply of the liquid restaking tokens, what happened to each, and their share of staked ETH."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import shared_numbers, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..store import Run

MARKS: dict[str, tuple[str, str, float]] = {
    "launch": ("launch", "^", 5.2),
    "airdrop": ("airdrop", "D", 4.3),
    "redemption_open": ("redemption opens", "o", 5.0),
    "depeg": ("discount passes 2 %", "v", 4.6),
    "slash": ("slash", "x", 4.6),
    "exploit": ("exploit", "X", 5.4),
    "unbacked": ("unbacked supply", "P", 5.2),
    "pause": ("pause", "s", 4.3),
}
"""Events that are marked: their name, symbol and size."""

LAYER = "restaking layer"
BESIDE_POINTS = 6.0
"""How far marks of one day stand apart, in points."""


@style.styled
def figure(run: "Run") -> "tuple[Figure, dict[str, Axes]]":
    """Draw it (axes ``events``, ``supply`` and ``share``)."""
    supply = run.entity("lrt", "supply_eth")
    names, colours = style.names_of(run, "lrt"), style.lrt_colours(run)
    marked = _marked(run)
    lanes = [*style.ids_of(supply), *([LAYER] if (marked["lane"] == LAYER).any() else [])]
    lane_inches = 0.16 * len(lanes) + 0.1
    fig, axes = style.canvas(
        [["events"], ["supply"], ["share"]], height=4.6 + lane_inches, heights=[lane_inches, 2.5, 1.0]
    )
    x = style.day_dates(run, supply.index)
    layers = supply.to_numpy()
    factor, unit = style.eth_scale(float(np.nansum(layers, axis=1).max(initial=0.0)))
    bands = [np.nan_to_num(layer) / factor for layer in layers.T]
    style.stack(axes["supply"], x, bands, [colours[i] for i in style.ids_of(supply)])
    axes["supply"].set_ylabel(unit)
    style.caption(axes["supply"], "Supply at net asset value")
    axes["supply"].set_ylim(bottom=0.0)
    _lanes(fig, axes["events"], run, marked, lanes, names, colours)
    axes["share"].plot(style.dates(run.daily), run.daily["lrt_share_of_staked"], color=style.INK)
    style.caption(axes["share"], "Share of all staked ETH")
    # Room above a line that hardly moves: its own margin would be next to nothing on an axis that begins at 0.
    axes["share"].set_ylim(0.0, 1.08 * float(run.daily["lrt_share_of_staked"].max()) or 0.01)
    style.percent_axis(axes["share"].yaxis)
    style.date_axis(axes["share"], style.dates(run.daily))
    axes["events"].tick_params(axis="x", bottom=False, labelbottom=False)
    axes["supply"].tick_params(axis="x", labelbottom=False)
    style.headline(fig, _title(run, layers, [names[i] for i in style.ids_of(supply)]))
    return fig, axes


def _title(run: "Run", layers: Any, names: list[str]) -> str:
    last, peak = run.summary["lrt_supply_eth"], shared_numbers.peak_lrt_supply(run)
    end = np.nan_to_num(layers[-1])
    text = f"LRTs hold {style.eth_text(last)} at the end, {style.eth_text(peak)} at the peak"
    if end.sum() <= 0.0:
        return text
    leader = int(end.argmax())
    return f"{text}; {names[leader]} ends with {style.percent(float(end[leader] / end.sum()))}"


def _marked(run: "Run") -> Any:
    """Events to mark, each with the lane it belongs to."""
    lrts = set(run.manifest["parameters"]["lrt"])
    events = run.events[run.events["type"].isin(list(MARKS))]
    pairs = zip(events["subject"], events["object"], strict=True)
    lane = [next((name for name in pair if name in lrts), LAYER) for pair in pairs]
    return events.assign(lane=np.array(lane, dtype=object))


def _by_place(marked: Any) -> Iterator[tuple[str, int, Any]]:
    """Kinds of the marks of a lane, their days, and how many other marks stand there on these days before them."""
    taken: dict[int, int] = {}
    for kind in MARKS:
        places: dict[int, list[int]] = {}
        for day in sorted(set(marked.loc[marked["type"] == kind, "day"])):
            places.setdefault(taken.get(day, 0), []).append(day)
            taken[day] = taken.get(day, 0) + 1
        for place, days in places.items():
            yield kind, place, days


def _lanes(
    fig: "Figure", ax: "Axes", run: "Run", marked: Any, lanes: list[str], names: dict[str, str], colours: dict[str, str]
) -> None:
    """One line for each LRT; its name in its colour is the key to the areas below."""
    from matplotlib.transforms import offset_copy

    for row, lane in enumerate(lanes):
        ax.axhline(row, color=style.FAINT, linewidth=0.6, zorder=0)
        for kind, place, days in _by_place(marked[marked["lane"] == lane]):
            _, symbol, size = MARKS[kind]
            colour = colours.get(lane, style.INK)
            ax.plot(
                style.day_dates(run, days),
                np.full(len(days), row),
                transform=offset_copy(ax.transData, fig, x=BESIDE_POINTS * place, units="points"),
                linestyle="",
                marker=symbol,
                markersize=size,
                markerfacecolor=colour,
                markeredgecolor=colour if symbol == "x" else "white",
                markeredgewidth=1.2 if symbol == "x" else 0.4,
                zorder=3,
                clip_on=False,
            )
    ax.set_ylim(len(lanes) - 0.4, -0.6)
    ax.set_yticks(range(len(lanes)), [names.get(lane, lane) for lane in lanes])
    for text, lane in zip(ax.get_yticklabels(), lanes, strict=True):
        text.set_color(style.readable(colours.get(lane, style.INK)))
        text.set_fontweight("bold" if lane in colours else "regular")
    ax.tick_params(axis="y", length=0)
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    _key(ax, [kind for kind in MARKS if (marked["type"] == kind).any()])


def _key(ax: "Axes", kinds: list[str]) -> None:
    """The symbols that occur, above the lanes."""
    from matplotlib.lines import Line2D

    if not kinds:
        return
    handles = [
        Line2D([], [], marker=MARKS[kind][1], linestyle="", markersize=4.5, color=style.MUTED, label=MARKS[kind][0])
        for kind in kinds
    ]
    ax.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(-0.01, 1.0),
        ncols=len(handles),
        handletextpad=0.1,
        columnspacing=1.2,
        borderaxespad=0.0,
        labelcolor=style.MUTED,
    )
