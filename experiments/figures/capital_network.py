"""Whose ETH secures what: a map of the restaked capital on the last day.

Five columns: stakers by archetype, LSTs on the way, restaking venues, operators, AVSs. The height of a box is its ETH,
the width of a band what flows. Operators pledge the same ETH to many AVSs: the last column is drawn to a scale of its
own, said in its heading. Small operators and AVSs are drawn together.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import style

if TYPE_CHECKING:
    import networkx as nx
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..store import Run

LARGEST = {"operator": 10, "avs": 12}
"""How many of a kind are drawn one by one."""
COLUMNS = (
    ("stakers", ("staker", "outside")),
    ("LSTs", ("lst",)),
    ("restaked in", ("native", "lst_restaking", "lrt")),
    ("operators", ("operator",)),
    ("AVSs", ("avs",)),
)
NAMES = {"native": "native restaking", "lst_restaking": "LST restaking"}

BOX = 0.018
"""Width of a box, as a share of the figure's width."""
AIR = 0.012
"""Least space between two boxes, as a share of the column's height."""
SLOT = 0.026
"""Least height that a box with its name takes."""
NEGLIGIBLE = 1e-6
"""Flows below this share of all restaked ETH are left out."""


@dataclass
class _Box:
    """A node as it is drawn: its ETH, what flows on from it, and its place (shares of the column's height)."""

    name: str
    column: int
    eth: float
    colour: str
    label: str
    passed_on: float = 0.0
    low: float = 0.0
    height: float = 0.0
    used: dict[str, float] = field(default_factory=lambda: {"in": 0.0, "out": 0.0})


@dataclass(frozen=True)
class _Band:
    """A flow as it is drawn."""

    source: str
    target: str
    eth: float
    colour: str


@style.styled
def figure(run: "Run") -> "tuple[Figure, dict[str, Axes]]":
    """Draw it (axes ``map``)."""
    graph = run.network
    flows = _flows(graph)
    fig, axes = style.canvas([["map"]], height=5.4)
    ax = axes["map"]
    ax.set_axis_off()
    ax.set_xlim(0.0, 1.0)
    ax.set_ylim(-0.02, 1.07)
    restaked = sum(eth for (_, target), eth in flows.items() if _column(graph, target) == 2)
    if restaked <= 0.0:
        style.headline(fig, "Nothing is restaked")
        return fig, axes
    boxes, bands = _grouped(run, graph, flows, restaked)
    pledged = sum(box.eth for box in boxes.values() if box.column == 4)
    _place(boxes, restaked, pledged)
    _draw(ax, boxes, bands, restaked, pledged)
    style.headline(fig, _title(boxes, restaked, pledged, run))
    return fig, axes


def _title(boxes: dict[str, _Box], restaked: float, pledged: float, run: "Run") -> str:
    venues = [box for box in boxes.values() if box.column == 2]
    leader = max(venues, key=lambda box: box.eth)
    text = (
        f"{style.eth_text(restaked)} are restaked on {style.day_dates(run, [run.days])[0]}, "
        f"{style.percent(leader.eth / restaked)} of it through {leader.label}"
    )
    degree = pledged / restaked
    return f"{text}; an ETH answers to {degree:.1f} AVSs" if pledged > 0.0 else text


def _column(graph: "nx.DiGraph[str]", node: str) -> int | None:
    kind = graph.nodes[node]["kind"]
    return next((number for number, (_, kinds) in enumerate(COLUMNS) if kind in kinds), None)


def _flows(graph: "nx.DiGraph[str]") -> dict[tuple[str, str], float]:
    """ETH of every band, restaked capital only: what stays in an LST with its owner is left out."""
    flows = {}
    for source, target, edge in graph.edges(data=True):
        if _column(graph, source) is None or _column(graph, target) is None:
            continue
        # An owner's edge to an LST carries what it holds itself and what runs on into restaking.
        kept = edge.get("held", 0.0) if _column(graph, target) == 1 else 0.0
        flows[source, target] = max(float(edge["eth"]) - float(kept), 0.0)
    return flows


def _grouped(
    run: "Run", graph: "nx.DiGraph[str]", flows: dict[tuple[str, str], float], restaked: float
) -> tuple[dict[str, _Box], list[_Band]]:
    """Boxes and bands, the small ones of a kind made into one."""
    into: dict[str, float] = {}
    out: dict[str, float] = {}
    for (source, target), eth in flows.items():
        out[source] = out.get(source, 0.0) + eth
        into[target] = into.get(target, 0.0) + eth
    size = {node: max(into.get(node, 0.0) if _column(graph, node) else out.get(node, 0.0), 0.0) for node in graph}
    member = {node: node for node in graph}
    counts: dict[str, int] = {}
    for kind, most in LARGEST.items():
        ranked = sorted((n for n in graph if graph.nodes[n]["kind"] == kind and size[n] > 0.0), key=lambda n: -size[n])
        # One small node alone may as well keep its name.
        rest = ranked[most:] if len(ranked) > most + 1 else []
        member |= dict.fromkeys(rest, f"{kind}s:others")
        counts[f"{kind}s:others"] = len(rest)
    boxes: dict[str, _Box] = {}
    for node in graph:
        column, name = _column(graph, node), member[node]
        if column is None or size[node] <= NEGLIGIBLE * restaked:
            continue
        if name not in boxes:
            label = f"{counts[name]} others" if name in counts else _label(run, graph, node)
            boxes[name] = _Box(name, column, 0.0, _colour(run, graph, node), label)
        boxes[name].eth += size[node]
    merged: dict[tuple[str, str], float] = {}
    for (source, target), eth in flows.items():
        ends = member[source], member[target]
        if ends[0] in boxes and ends[1] in boxes and eth > 0.0:
            merged[ends] = merged.get(ends, 0.0) + eth
            boxes[ends[0]].passed_on += eth
    bands = [
        _Band(source, target, eth, boxes[source if boxes[target].column > 2 else target].colour)
        for (source, target), eth in merged.items()
    ]
    return boxes, bands


def _label(run: "Run", graph: "nx.DiGraph[str]", node: str) -> str:
    kind, label = graph.nodes[node]["kind"], graph.nodes[node]["label"]
    if kind in NAMES:
        return NAMES[kind]
    text = style.names_of(run, kind).get(label, label) if kind in ("lst", "lrt") else label
    return text.replace("_", " ")


def _colour(run: "Run", graph: "nx.DiGraph[str]", node: str) -> str:
    kind, label = graph.nodes[node]["kind"], graph.nodes[node]["label"]
    if kind == "lrt":
        return style.lrt_colours(run)[label]
    return {"native": style.MUTED, "lst_restaking": "#A7AFB8", "lst": "#9AA3AD"}.get(kind, "#4A525B")


def _place(boxes: dict[str, _Box], restaked: float, pledged: float) -> None:
    """Heights of all boxes on one scale, largest on top; every box has room for its name."""
    columns = [
        sorted((box for box in boxes.values() if box.column == c), key=lambda box: ("others" in box.name, -box.eth))
        for c in range(len(COLUMNS))
    ]
    sizes = [[box.eth / (pledged if c == 4 else restaked) for box in column] for c, column in enumerate(columns)]
    scale = min(_scale(column) for column in sizes if column)
    for column, shares in zip(columns, sizes, strict=True):
        slots = [max(scale * share, SLOT) for share in shares]
        top = 0.5 + (sum(slots) + AIR * max(len(slots) - 1, 0)) / 2.0
        for box, share, slot in zip(column, shares, slots, strict=True):
            box.height = scale * share
            box.low = top - slot / 2.0 - box.height / 2.0
            top -= slot + AIR


def _scale(shares: list[float]) -> float:
    """The scale at which a column with its gaps and least slots is exactly one high (found by bisection)."""
    low, high = 0.0, 1.0
    for _ in range(50):
        scale = (low + high) / 2.0
        tall = sum(max(scale * share, SLOT) for share in shares) + AIR * (len(shares) - 1) > 1.0
        low, high = (low, scale) if tall else (scale, high)
    return low


def _draw(ax: "Axes", boxes: dict[str, _Box], bands: list[_Band], restaked: float, pledged: float) -> None:
    left = [0.115, 0.265, 0.485, 0.68, 0.855]
    for band in sorted(bands, key=lambda band: (boxes[band.source].low, boxes[band.target].low), reverse=True):
        _draw_band(ax, band, boxes[band.source], boxes[band.target], left)
    for box in boxes.values():
        _draw_box(ax, box, left[box.column])
    for column, (text, _) in enumerate(COLUMNS):
        if not any(box.column == column for box in boxes.values()):
            continue
        scale = f"\n(1 : {pledged / restaked:.1f})" if column == 4 and pledged > restaked else ""
        at = left[column] + (BOX if column == 0 else 0.0)
        ax.text(
            at,
            1.035,
            text + scale,
            ha="right" if column == 0 else "left",
            va="center",
            color=style.MUTED,
            fontsize=8.0,
        )


def _draw_band(ax: "Axes", band: _Band, source: _Box, target: _Box, left: list[float]) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    # Both ends take the share of their box that the flow has of the box's own ETH; an operator pledges the same ETH
    # to several AVSs, so that its outgoing bands are shares of all its pledges.
    out = source.height * band.eth / max(source.passed_on, 1e-300)
    into = target.height * band.eth / max(target.eth, 1e-300)
    y0 = source.low + source.height - source.used["out"]
    y1 = target.low + target.height - target.used["in"]
    source.used["out"] += out
    target.used["in"] += into
    x0, x1 = left[source.column] + BOX, left[target.column]
    middle = (x0 + x1) / 2.0
    points = [
        (x0, y0),
        (middle, y0),
        (middle, y1),
        (x1, y1),
        (x1, y1 - into),
        (middle, y1 - into),
        (middle, y0 - out),
        (x0, y0 - out),
        (x0, y0),
    ]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    alpha = 0.22 if target.column == 4 else 0.42
    ax.add_patch(PathPatch(Path(points, codes), facecolor=band.colour, edgecolor="none", alpha=alpha, zorder=1))


def _draw_box(ax: "Axes", box: _Box, left: float) -> None:
    from matplotlib.patches import Rectangle
    from matplotlib.patheffects import withStroke

    ax.add_patch(Rectangle((left, box.low), BOX, max(box.height, 0.002), facecolor=box.colour, linewidth=0, zorder=2))
    at, side, gap = (left, "right", -4.0) if box.column == 0 else (left + BOX, "left", 4.0)
    ax.annotate(
        f"{box.label}  {style.short_eth(box.eth)}",
        xy=(at, box.low + box.height / 2.0),
        xytext=(gap, 0.0),
        textcoords="offset points",
        ha=side,
        va="center",
        fontsize=7.0,
        color=style.INK,
        path_effects=[withStroke(linewidth=2.2, foreground="white", alpha=0.85)],
        zorder=3,
    )
