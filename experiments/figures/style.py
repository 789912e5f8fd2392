"""How figures look, and how they are saved.

Fit for print at the width of a page (7 inches); colours that people with colour-blindness tell apart (Okabe and Ito
2008); names beside what they name instead of legends; no global state of matplotlib is touched.
"""

import contextlib
import functools
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..provenance import Provenance

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..store import Run

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Floats = NDArray[np.float64]

WIDTH = 7.0
"""Width of a figure (inches): the text block of an A4 or letter page."""
DPI = 200
TITLE_LENGTH = 78
"""Characters of a title that fit on one line."""

SMALL = 0.005
"""Tokens with less of all supply are drawn faintly: their prices and queues say little."""
DOTTED = (0, (1.0, 1.1))

INK, MUTED, FAINT = "#1f2328", "#6a737d", "#d5dae0"

PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8c6d1f", "#7a5195")
"""Colours of entities in the order of the scenario; from the ninth on they repeat, lighter."""

SOURCES = {
    "base_apr": ("staking", "#0072B2"),
    "avs_fee_apr": ("AVS fees", "#009E73"),
    "avs_token_apr": ("AVS tokens", "#E69F00"),
    "programme_apr": ("programme tokens", "#CC79A7"),
    "points_apr": ("points", "#D9C7E8"),
}
"""Sources of yield, from what users and issuance pay to what is only expected."""
EARNED = {
    "earned_staking_apr": ("staking", "#0072B2"),
    "earned_avs_fee_apr": ("AVS fees", "#009E73"),
    "earned_avs_token_apr": ("AVS tokens", "#E69F00"),
    "earned_programme_apr": ("programme tokens", "#CC79A7"),
    "earned_airdrop_apr": ("its airdrops", "#7A5195"),
    "earned_layer_airdrop_apr": ("the layer's airdrops", "#A98BC0"),
}
"""What reached holders, by source; colours as in :data:`SOURCES`."""

_STYLE: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: the same letters on every machine
    "font.size": 8.0,
    "text.color": INK,
    "axes.labelsize": 8.0,
    "axes.labelcolor": MUTED,
    "axes.titlesize": 8.5,
    "axes.titleweight": "regular",
    "axes.titlelocation": "left",
    "axes.titlepad": 5.0,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.5,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "lines.linewidth": 1.2,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "figure.dpi": 100.0,
    "savefig.dpi": DPI,
    "svg.hashsalt": "restaking",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "path.simplify": True,
}


def styled(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Run a drawing function in the house style and leave matplotlib's settings as they were."""

    @functools.wraps(function)
    def inner(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        mpl = _matplotlib()
        # Which window system shows figures is nobody's business here; to ask for it would start one.
        settings: Any = {key: value for key, value in mpl.rcParamsDefault.items() if key != "backend"} | _STYLE
        with mpl.rc_context(settings):
            return function(*args, **kwargs)

    return inner


def _matplotlib() -> Any:
    """The library, loaded even where ``MPLBACKEND`` names no backend, with which it would refuse to be imported."""
    if "matplotlib" in sys.modules:
        return sys.modules["matplotlib"]
    asked = os.environ.pop("MPLBACKEND", None)
    try:
        import matplotlib as mpl
    finally:
        if asked is not None:
            os.environ["MPLBACKEND"] = asked
    if asked:
        # For whoever draws with pyplot beside us, the setting is read as the library reads it.
        with contextlib.suppress(ValueError):
            mpl.rcParams["backend"] = asked
    return mpl


def canvas(
    layout: Sequence[Sequence[str]],
    *,
    height: float,
    heights: Sequence[float] | None = None,
    widths: Sequence[float] | None = None,
    share_x: bool = True,
) -> "tuple[Figure, dict[str, Axes]]":
    """A figure with named axes.

    Args:
        layout: names of the axes, row by row.
        height: height of the figure (inches).
        heights: relative heights of the rows.
        widths: relative widths of the columns.
        share_x: whether axes share their x axis.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    engine = ConstrainedLayoutEngine(w_pad=0.09, h_pad=0.05, hspace=0.03, wspace=0.04)
    fig = Figure(figsize=(WIDTH, height), layout=engine)
    FigureCanvasAgg(fig)
    axes = fig.subplot_mosaic([list(row) for row in layout], sharex=share_x, height_ratios=heights, width_ratios=widths)
    return fig, axes


def headline(fig: "Figure", text: str) -> None:
    """What one sees, in a sentence, over the whole figure."""
    fig.suptitle("\n".join(balanced(text, TITLE_LENGTH)), x=0.012, ha="left", fontsize=10.0, fontweight="bold")


def balanced(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` characters, as few as possible and about equally long."""
    import textwrap

    lines = textwrap.wrap(text, width)
    for narrower in range(width - 1, 0, -1):
        tried = textwrap.wrap(text, narrower, break_long_words=False)
        if len(tried) > len(lines) or max(map(len, tried), default=0) > width:
            break
        lines = tried
    return lines


def caption(ax: "Axes", text: str) -> None:
    """What a panel draws."""
    # A place of its own: to look for one above the ticks takes an eighth of all drawing, and nothing is up there.
    ax.set_title(text, color=MUTED, y=1.0)


# -------------------------------------------------------------------------------------------------------------- names


def names_of(run: "Run", kind: str) -> dict[str, str]:
    """Names for people by id (``lrt`` and ``lst`` have titles; every other id stands for itself)."""
    terms: Mapping[str, Any] = run.manifest["parameters"].get(kind, {})
    return {key: (value.get("title") or key) for key, value in terms.items()}


def ids_of(frame: "pd.DataFrame") -> list[str]:
    """Ids of the entities in a frame of one of their metrics (its columns)."""
    return [str(column) for column in frame.columns]


def colours_of(ids: Iterable[str]) -> dict[str, str]:
    """The colour of each entity, by its place in the scenario: the same in every figure."""
    return {name: _colour(number) for number, name in enumerate(ids)}


def lrt_colours(run: "Run") -> dict[str, str]:
    """Colour of every LRT."""
    return colours_of(run.manifest["parameters"]["lrt"])


def _colour(number: int) -> str:
    base, again = PALETTE[number % len(PALETTE)], number // len(PALETTE)
    return lighter(base, min(0.35 * again, 0.7)) if again else base


def lighter(colour: str, part: float) -> str:
    """The colour mixed with white (0: itself, 1: white)."""
    from matplotlib.colors import to_hex, to_rgb

    red, green, blue = (1.0 - (1.0 - channel) * (1.0 - part) for channel in to_rgb(colour))
    return to_hex((red, green, blue))


def readable(colour: str) -> str:
    """The colour, darkened until text in it can be read on white."""
    from matplotlib.colors import hsv_to_rgb, rgb_to_hsv, to_hex, to_rgb

    hue, saturation, value = rgb_to_hsv(to_rgb(colour))
    red, green, blue = hsv_to_rgb((hue, min(1.0, saturation * 1.05), min(value, 0.68)))
    return to_hex((red, green, blue))


# --------------------------------------------------------------------------------------------------------------- axes


def dates(frame: "pd.DataFrame") -> NDArray[np.datetime64]:
    """The frame's dates."""
    return np.array(frame["date"].to_numpy(dtype=str), dtype="datetime64[D]")


def day_dates(run: "Run", days: Any) -> NDArray[np.datetime64]:
    """Dates of days of the run."""
    start: NDArray[np.datetime64] = np.datetime64(run.manifest["start_date"], "D") + np.asarray(days, dtype=np.int64)
    return start


def key_below(fig: "Figure", handles: Sequence[Any]) -> None:
    """A legend of the whole figure, below it and off the data."""
    fig.legend(
        handles=list(handles),
        loc="outside lower center",
        ncols=min(len(handles), 6),
        handlelength=1.0,
        handleheight=0.8,
        columnspacing=1.4,
    )


def date_axis(ax: "Axes", span: NDArray[np.datetime64]) -> None:
    """Few, short date labels, and no margin before the first and after the last day."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, num2date

    class WithYear(ConciseDateFormatter):
        """Short labels, the first of them with the year where none is a year."""

        def format_ticks(self, values: Sequence[float]) -> list[str]:
            labels: list[str] = super().format_ticks(values)  # type: ignore[no-untyped-call]
            years = [str(num2date(value).year) for value in values]  # type: ignore[no-untyped-call]
            if labels and not set(labels) & set(years):
                labels[0] += f"\n{years[0]}"
            return labels

    locator = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(WithYear(locator, show_offset=False))  # type: ignore[no-untyped-call]
    if span.size > 1:
        ax.set_xlim(span[0], span[-1])


def eth_scale(largest: float) -> tuple[float, str]:
    """Divisor and name of the unit in which amounts up to ``largest`` ETH read well."""
    for factor, name in ((1e6, "million ETH"), (1e3, "thousand ETH")):
        if largest >= factor:
            return factor, name
    return 1.0, "ETH"


def eth_text(amount: float) -> str:
    """An amount of ETH in three digits: ``2.93 million ETH``."""
    factor, unit = eth_scale(abs(amount))
    shown = abs(amount) / factor
    digits = 2 if shown < 10.0 else 1 if shown < 100.0 else 0
    return f"{amount / factor:,.{digits}f} {unit}"


def short_eth(amount: float) -> str:
    """An amount of ETH in few letters: ``2.9M``, ``14k``."""
    for factor, letter in ((1e6, "M"), (1e3, "k")):
        if abs(amount) >= 0.9995 * factor:
            shown = amount / factor
            return f"{shown:.1f}{letter}" if abs(shown) < 9.95 else f"{shown:.0f}{letter}"
    return f"{amount:.0f}"


def percent(value: float, digits: int | None = None) -> str:
    """A fraction in percent, with as many digits as it deserves: ``12 %``, ``3.4 %``, ``0.05 %``."""
    if not math.isfinite(value):
        return "–"
    shown = 100.0 * value
    if digits is None:
        size = abs(shown)
        digits = 0 if size >= 9.95 or size < 5e-4 else 1 if size >= 0.995 else 2
    return f"{shown:.{digits}f} %".replace("-", "−")


def percent_axis(axis: Any) -> None:
    """Ticks in percent, with the digits they need."""
    from matplotlib.ticker import FuncFormatter

    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100.0 * value:.6g} %".replace("-", "−")))


def end_labels(ax: "Axes", labels: Sequence[tuple[float, str, str]], *, gap_points: float = 9.5) -> None:
    """Names at the right end of lines, moved apart where they would overlap.

    Args:
        ax: axes with final limits and scale; names stand right of them.
        labels: (y in data units, text, colour) of each line; lines without a value (NaN) get no name.
        gap_points: least distance between two names (points).
    """
    shown = [label for label in labels if math.isfinite(label[0]) and label[1]]
    if not shown:
        return
    height = ax.get_position().height * float(ax.figure.get_figheight()) * 72.0  # type: ignore[union-attr]
    spots = np.array([_axes_height(ax, y) for y, _, _ in shown])
    placed = spread(spots, gap_points / max(height, 1.0))
    for y, (_, text, colour) in zip(placed, shown, strict=True):
        ax.annotate(
            text,
            xy=(1.0, float(y)),
            xycoords="axes fraction",
            xytext=(4.0, 0.0),
            textcoords="offset points",
            va="center",
            ha="left",
            fontsize=7.5,
            color=readable(colour),
            annotation_clip=False,
        )


def _axes_height(ax: "Axes", y: float) -> float:
    low, high = ax.get_ylim()
    transform = ax.yaxis.get_transform().transform
    low, high, at = (float(transform(np.array([value]))[0]) for value in (low, high, y))
    return min(max((at - low) / (high - low), 0.0), 1.0)


def spread(spots: Floats, gap: float) -> Floats:
    """Positions in [0, 1] near the wanted ones, in the same order, at least ``gap`` apart where there is room.

    Pool-adjacent-violators on the positions less their rank times the gap: least squares under the distances.
    """
    order = np.argsort(spots, kind="stable")
    gap = min(gap, 1.0 / max(spots.size - 1, 1))
    blocks: list[tuple[float, int]] = []
    for rank, spot in enumerate(spots[order]):
        mean, size = float(spot) - rank * gap, 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean, size = (mean * size + before * count) / (size + count), size + count
        blocks.append((mean, size))
    flat = np.concatenate([np.full(size, mean) for mean, size in blocks])
    highest = 1.0 - gap * (spots.size - 1)
    placed = np.empty(spots.size)
    placed[order] = np.clip(flat, 0.0, max(highest, 0.0)) + gap * np.arange(spots.size)
    return placed


def stack(ax: "Axes", x: Any, layers: Sequence[Floats], colours: Sequence[str], *, edge: float = 0.35) -> None:
    """Areas on top of one another, with a white line (``edge`` points) between them: none for spiky series."""
    ax.stackplot(x, *layers, colors=list(colours), linewidth=edge, edgecolor="white")


def prominent(supply: Floats) -> NDArray[np.bool_]:
    """Where a token has at least half a percent of all supply of its day; shape as ``supply`` (days, tokens)."""
    total = np.nansum(supply, axis=1, keepdims=True)
    mask: NDArray[np.bool_] = np.nan_to_num(supply) >= SMALL * np.maximum(total, 1e-300)
    return mask


def lines(
    ax: "Axes",
    x: Any,
    values: Floats,
    colours: Sequence[str],
    *,
    strong: NDArray[np.bool_] | None = None,
    dotted: NDArray[np.bool_] | None = None,
) -> None:
    """One line for each column: faint where not ``strong``, dotted where ``dotted``; all of shape (days, columns)."""
    strong = np.ones(values.shape, dtype=bool) if strong is None else strong
    dotted = np.zeros(values.shape, dtype=bool) if dotted is None else dotted
    for loud in (False, True):
        for shut in (False, True):
            here = _with_next((strong == loud) & (dotted == shut))
            for column, colour in enumerate(colours):
                if not here[:, column].any():
                    continue
                ax.plot(
                    x,
                    np.where(here[:, column], values[:, column], np.nan),
                    color=colour if loud else lighter(colour, 0.72),
                    linewidth=1.0 if loud else 0.6,
                    linestyle=DOTTED if shut else "-",
                    zorder=2.5 if loud else 2.0,
                )


def _with_next(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The same days and each day after one: pieces of a line then meet."""
    wider = mask.copy()
    wider[1:] |= mask[:-1]
    return wider


def soft_ceiling(values: Floats, part: float = 0.98, room: float = 1.15) -> float:
    """An upper limit that shows all but the most extreme values: a short spike must not flatten the rest."""
    present = values[np.isfinite(values)]
    if present.size == 0 or present.max() <= 0.0:
        return 1.0
    return float(min(room * np.quantile(present, part), 1.04 * present.max())) or float(present.max())


# ------------------------------------------------------------------------------------------------------------- saving


@styled
def save_figure(
    fig: "Figure",
    path: str | Path,
    provenance: Provenance | str,
    *,
    formats: Sequence[str] = ("svg", "pdf", "png"),
) -> list[Path]:
    """Save a figure in several formats, with its origin inside; the same figure gives the same bytes.

    Args:
        fig: the figure.
        path: file to write, without suffix.
        provenance: what the file's metadata say about the origin.
        formats: suffixes, of ``svg``, ``pdf`` and ``png``.

    Returns:
        The files written.
    """
    base = Path(path)
    title, origin = base.name, str(provenance)
    metadata: dict[str, dict[str, Any]] = {
        # Without these dates the files would differ every second.
        "svg": {"Title": title, "Description": origin, "Creator": "restaking", "Date": None},
        "pdf": {
            "Title": title,
            "Subject": origin,
            "Creator": "restaking",
            "CreationDate": None,
            "ModDate": None,
        },
        "png": {"Title": title, "Description": origin, "Software": "restaking"},
    }
    for suffix in formats:
        if suffix not in metadata:
            raise ValueError(f"figures are saved as {', '.join(metadata)}, not as {suffix!r}")
    written = []
    with _laid_out(fig):
        for suffix in formats:
            target = base.with_name(f"{base.name}.{suffix}")
            _print(fig, suffix, target, metadata[suffix])
            if suffix == "svg":
                _number_ids(target)
            written.append(target)
    return written


def _print(fig: "Figure", suffix: str, target: Path, metadata: dict[str, Any]) -> None:
    """Draw into a file, once: ``savefig`` draws twice, to lay out what is laid out already."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_pdf import FigureCanvasPdf
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    canvases: dict[str, Any] = {"svg": FigureCanvasSVG, "pdf": FigureCanvasPdf, "png": FigureCanvasAgg}
    canvas, dpi = fig.canvas, fig.dpi
    try:
        fig.dpi = DPI
        getattr(canvases[suffix](fig), f"print_{suffix}")(target, metadata=metadata)
    finally:
        fig.dpi = dpi
        fig.set_canvas(canvas)


_GENERATED_ID = re.compile(r"(?<=[#\"])[A-Za-z]{1,2}[0-9a-f]{10}(?=[\")])")


def _number_ids(path: Path) -> None:
    """Name generated ids by order of appearance: the library makes some of them from addresses in memory."""
    numbers: dict[str, str] = {}
    text = path.read_text(encoding="utf-8")
    numbered = _GENERATED_ID.sub(lambda found: numbers.setdefault(found[0], f"id{len(numbers)}"), text)
    path.write_text(numbered, encoding="utf-8")


@contextlib.contextmanager
def _laid_out(fig: "Figure") -> Iterator[None]:
    """Lay the figure out once, not again for every format."""
    engine = fig.get_layout_engine()
    if engine is not None:
        engine.execute(fig)
    fig.set_layout_engine("none")
    try:
        yield
    finally:
        fig.set_layout_engine(engine)
