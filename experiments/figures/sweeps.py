"""Figures of sweeps: bands over days, profiles, heat maps with their boundaries, sensitivities.

Every function takes the results of a sweep and returns figure and axes; nothing is shown or saved on the way.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..analysis.bands import bands
from ..analysis.heat_map import heat_map
from ..analysis.profiles import point_table, profiles
from ..analysis.sensitivity import Morris, Sobol, sensitivity
from ..analysis.sources import AnalysisError, SweepResults, label_and_unit, point_means
from ..designs.axis import labels_of
from . import style
from .units import in_unit, unit_axis, with_unit

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_GROUPS = 7
"""More bands than that cannot be told apart."""
MOST_RANGES = 3
"""With more groups the ranges of the runs cover one another, and only the means' intervals are drawn."""
MOST_BARS = 24
LINE = 44
"""Letters of a line that names a point."""
NAME_GAP = 0.035
"""Least distance between the names of two points, as a part of the height of the axes."""
_PLAIN_UNITS = ("", "fraction", "multiple", "ratio", "index")


@style.styled
def band_figure(results: SweepResults, metric: str, *, by: str | None = None) -> "tuple[Figure, dict[str, Axes]]":
    """Mean of a daily series with its interval, by value of one axis; of few values, also the 5 to 95 % range of runs.

    Args:
        results: results of a sweep that kept its series.
        metric: name of the series.
        by: axis whose values make the groups; None puts all runs into one.

    Raises:
        AnalysisError: there is no such axis or series, or the axis has more values than a figure can show.
    """
    table = _within_range(bands(results, metric, by=by), ("mean_low", "mean_high"), label_and_unit(results, metric)[1])
    groups = list(dict.fromkeys(table["group"]))
    if len(groups) > MOST_GROUPS:
        raise AnalysisError(f"{by} has {len(groups)} values; a figure of bands shows at most {MOST_GROUPS}")
    fig, axes = style.canvas([["a"]], height=3.2)
    ax = axes["a"]
    labels: list[tuple[float, str, str]] = []
    with_range = len(groups) <= MOST_RANGES
    for number, group in enumerate(groups):
        part = table[table["group"] == group] if by is not None else table
        colour = style.PALETTE[number % len(style.PALETTE)]
        # See-through and in layers: the band of one group must not hide the mean of another.
        if with_range:
            ax.fill_between(part["day"], part["q05"], part["q95"], color=colour, alpha=0.16, linewidth=0, zorder=1.0)
        ax.fill_between(
            part["day"], part["mean_low"], part["mean_high"], color=colour, alpha=0.25, linewidth=0, zorder=1.5
        )
        ax.plot(part["day"], part["mean"], color=colour, zorder=2.5)
        labels.append((float(part["mean"].iloc[-1]), "all runs" if by is None else _text(group), colour))
    label, unit = label_and_unit(results, metric)
    unit_axis(ax.yaxis, unit, float(np.nanmax(np.abs(table["q95"].to_numpy(dtype=float)))))
    ax.set_xlim(float(table["day"].min()), float(table["day"].max()))
    ax.set_xlabel("day")
    style.end_labels(ax, labels)
    words = ", its 95 % interval, and 5 to 95 % of the runs" if with_range else " and its 95 % interval"
    style.caption(ax, f"{label}{in_unit(unit)}: mean of the runs{words}")
    over = "" if by is None else f", by {_axis_name(results, by)}"
    style.headline(fig, f"{label}{over}: {results.design.name}")
    return fig, axes


@style.styled
def profile_figure(
    results: SweepResults, metric: str, *, at: dict[str, Any] | None = None
) -> "tuple[Figure, dict[str, Axes]]":
    """A metric along each axis, the others at the reference point, with intervals of the mean.

    Raises:
        AnalysisError: the design is neither a grid nor a list, or the metric is not there.
    """
    table = _within_range(profiles(results, metric, at=at), ("low", "high"), label_and_unit(results, metric)[1])
    keys = list(dict.fromkeys(table["axis"]))
    fig, axes = _one_for_each(keys)
    label, unit = label_and_unit(results, metric)
    largest = float(np.nanmax(np.abs(table[["mean", "q05", "q95"]].to_numpy(dtype=float))))
    ends = _limits(table[["mean", "low", "high", "q05", "q95"]].to_numpy(dtype=float))
    for key in keys:
        ax, part = axes[key], table[table["axis"] == key]
        axis = results.design.axis(key)
        values = list(part["value"])
        numeric = axis.is_numeric and all(value is not None for value in values)
        x = np.array(values, dtype=float) if numeric else np.arange(len(values), dtype=float)
        ax.vlines(x, part["q05"], part["q95"], color=style.lighter(style.PALETTE[0], 0.7), linewidth=4.0)
        ax.vlines(x, part["low"], part["high"], color=style.PALETTE[0], linewidth=1.4)
        ax.plot(x, part["mean"], "o-" if numeric else "o", color=style.PALETTE[0], markersize=3.5)
        own = part[part["reference"]]
        ax.plot(x[part["reference"].to_numpy(dtype=bool)], own["mean"], "o", color=style.INK, markersize=5.0)
        if numeric and axis.scale == "log" and (x > 0).all():
            ax.set_xscale("log")
            ax.set_xticks(x, [_text(value) for value in values])
            ax.minorticks_off()
        if not numeric:
            ax.set_xticks(x, [_text(value) for value in values])
            ax.set_xlim(-0.5, len(values) - 0.5)
        ax.set_ylim(*ends)
        unit_axis(ax.yaxis, unit, largest)
        style.caption(ax, _axis_label(results, key))
    style.headline(
        fig, f"{label}{in_unit(unit)} along each axis; black: the reference point; thin: 95 % interval; wide: runs"
    )
    return fig, axes


@style.styled
def scatter_figure(results: SweepResults, metric: str) -> "tuple[Figure, dict[str, Axes]]":
    """A metric at every point of a sampled design, against each axis: a dot is the mean of a point's runs.

    Raises:
        AnalysisError: the metric is not there.
    """
    means, points, keys = point_means(results, metric), results.design.points(), list(results.design.keys)
    fig, axes = _one_for_each(keys)
    label, unit = label_and_unit(results, metric)
    there = np.isfinite(means)
    for key in keys:
        ax, axis = axes[key], results.design.axis(key)
        values = [point[key] for point in points]
        numeric = axis.is_numeric and all(value is not None for value in values)
        names = [] if numeric else sorted({_text(value) for value in values})
        x = np.array(values if numeric else [names.index(_text(value)) for value in values], dtype=float)
        ax.plot(x[there], means[there], "o", color=style.PALETTE[0], markersize=2.5, alpha=0.6)
        if numeric and axis.scale == "log" and (x > 0).all():
            ax.set_xscale("log")
        if not numeric:
            ax.set_xticks(range(len(names)), names)
            ax.set_xlim(-0.5, len(names) - 0.5)
        ax.set_ylim(*_limits(means))
        unit_axis(ax.yaxis, unit, float(np.nanmax(np.abs(means))))
        style.caption(ax, _axis_label(results, key))
    without = f"; {int((~there).sum())} points without a value" if not there.all() else ""
    style.headline(fig, f"{label}{in_unit(unit)} at each of {there.size} points{without}: {results.design.name}")
    return fig, axes


@style.styled
def points_figure(results: SweepResults, metric: str) -> "tuple[Figure, dict[str, Axes]]":
    """A metric at each point of a list, one row for each, with intervals of the mean.

    Raises:
        AnalysisError: the metric is not there.
    """
    label, unit = label_and_unit(results, metric)
    table = _within_range(point_table(results, metric), ("low", "high"), unit)
    names = _point_names(results)
    fig, axes = style.canvas([["a"]], height=0.34 * len(table) + 0.13 * sum(name.count("\n") for name in names) + 1.1)
    ax = axes["a"]
    y = np.arange(len(table))
    ax.hlines(y, table["q05"], table["q95"], color=style.lighter(style.PALETTE[0], 0.7), linewidth=4.0)
    ax.hlines(y, table["low"], table["high"], color=style.PALETTE[0], linewidth=1.4)
    ax.plot(table["mean"], y, "o", color=style.PALETTE[0], markersize=3.5)
    ax.set_yticks(y, names, fontsize=7)
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.grid(visible=False, axis="y")
    values = table[["mean", "low", "high", "q05", "q95"]].to_numpy(dtype=float)
    ax.set_xlim(*_limits(values))
    unit_axis(ax.xaxis, unit, float(np.nanmax(np.abs(values))))
    style.caption(ax, "Dots: mean of the runs; thin: its 95 % interval; wide: 5 to 95 % of the runs")
    style.headline(fig, f"{label}{in_unit(unit)}: {results.design.title or results.design.name}")
    return fig, axes


def _point_names(results: SweepResults) -> list[str]:
    """What each listed point sets, of the axes that differ between points, in short lines."""
    design = results.design
    points = design.points()
    varied = [axis for axis in design.axes if len({str(point[axis.key]) for point in points}) > 1]
    labels = labels_of(tuple(varied))
    parts = [[f"{labels[axis.key]} {_text(point[axis.key])}" for axis in varied] for point in points]
    return [_in_lines(part) for part in parts]


def _in_lines(parts: Sequence[str]) -> str:
    """Parts in lines of at most so many letters, broken between parts."""
    lines: list[str] = []
    for number, part in enumerate(parts):
        text = part if number == len(parts) - 1 else f"{part},"
        if lines and len(lines[-1]) + 1 + len(text) <= LINE:
            lines[-1] += f" {text}"
        else:
            lines.append(text)
    return "\n".join(lines)


@style.styled
def heat_figure(
    results: SweepResults, metric: str, x: str, y: str, *, threshold: float | None = None
) -> "tuple[Figure, dict[str, Axes]]":
    """A metric over two axes of a grid, with the boundary at which it passes a threshold.

    Args:
        results: results of a grid.
        metric: summary metric.
        x: key of the horizontal axis.
        y: key of the vertical axis.
        threshold: value of the boundary, the middle of what was found when None; crossings at which the interval of
            the mean covers it are marked as undecided.

    Raises:
        AnalysisError: the design is no grid, or an axis or the metric is not there.
    """
    found = heat_map(results, metric, x, y)
    label, unit = label_and_unit(results, metric)
    fig, axes = style.canvas([["a"]], height=4.0)
    ax = axes["a"]
    ax.grid(visible=False)
    shown = ax.imshow(found.mean, origin="lower", aspect="auto", cmap="cividis")
    if threshold is None:
        threshold = float(np.nanmin(found.mean) + np.nanmax(found.mean)) / 2.0
    rows, columns = found.mean.shape
    ordered = all(results.design.axis(key).is_numeric for key in (x, y))  # between names there is no place for a line
    passed = bool(np.nanmin(found.mean) < threshold < np.nanmax(found.mean))
    if ordered and passed and rows > 1 and columns > 1:
        ax.contour(found.mean, levels=[threshold], colors="white", linewidths=1.6)
    undecided = np.argwhere((found.side(threshold) == 0) & np.isfinite(found.low) & ordered)
    if undecided.size:
        ax.plot(undecided[:, 1], undecided[:, 0], "o", color="white", markersize=2.5)
    ax.set_xticks(range(columns), [_text(value) for value in found.x_values])
    ax.set_yticks(range(rows), [_text(value) for value in found.y_values])
    ax.set(xlabel=_axis_label(results, x), ylabel=_axis_label(results, y))
    bar = fig.colorbar(shown, ax=ax, shrink=0.9)
    bar.outline.set_visible(False)
    unit_axis(bar.ax.yaxis, unit, float(np.nanmax(np.abs(found.mean))))
    marks = "; dots: undecided at 95 %" if undecided.size else ""
    line = f"; line: {with_unit(threshold, unit)}" if ordered else ""
    style.caption(ax, f"{label}{in_unit(unit)}{line}{marks}")
    style.headline(fig, f"{label} over {_axis_name(results, x)} and {_axis_name(results, y)}")
    return fig, axes


@style.styled
def sensitivity_figure(results: SweepResults, metric: str) -> "tuple[Figure, dict[str, Axes]]":
    """Which parameters matter for a metric: Morris' effects or Sobol' indices, levers and uncertainties apart.

    Raises:
        AnalysisError: the design was not made for either, or the metric is not there.
    """
    found = sensitivity(results, metric)
    words = label_and_unit(results, metric)
    return _morris(found, *words) if isinstance(found, Morris) else _sobol(found, words[0])


def _morris(found: Morris, label: str, unit: str) -> "tuple[Figure, dict[str, Axes]]":
    from matplotlib.ticker import MaxNLocator

    table = found.ranked().head(MOST_BARS).iloc[::-1]
    fig, axes = style.canvas([["bars", "plane"]], height=0.21 * len(table) + 1.3, widths=(1.0, 0.8), share_x=False)
    bars, plane = axes["bars"], axes["plane"]
    colours = [_role_colour(role) for role in table["role"]]
    y = np.arange(len(table))
    bars.barh(y, table["mu_star"], color=[style.lighter(colour, 0.35) for colour in colours], height=0.66)
    bars.hlines(y, table["mu_star_low"], table["mu_star_high"], color=style.INK, linewidth=0.9)
    bars.set_yticks(y, list(table["label"]), fontsize=7)
    bars.set_ylim(-0.6, len(table) - 0.4)
    bars.tick_params(axis="y", length=0)
    bars.grid(visible=False)
    largest = float(table["mu_star_high"].max())
    unit_axis(bars.xaxis, unit, largest)
    style.caption(bars, "Mean absolute effect of a whole range (µ*)")
    plane.axline((0.0, 0.0), slope=1.0, color=style.FAINT, linewidth=0.8)
    plane.scatter(table["mu_star"], table["sigma"], c=colours, s=14.0)
    unit_axis(plane.yaxis, unit, float(table["sigma"].max()))
    unit_axis(plane.xaxis, unit, largest)
    for axis in (bars.xaxis, plane.xaxis):
        axis.set_major_locator(MaxNLocator(5, steps=(1, 2, 2.5, 5, 10)))
    plane.set_xlim(0.0, 1.7 * float(max(table["mu_star"].max(), 1e-300)))
    plane.set_ylim(0.0, 1.15 * float(max(table["sigma"].max(), 1e-300)))
    _name_points(plane, table.iloc[-5:], colours[-5:])
    style.caption(plane, "Spread of the effects (σ) against µ*")
    most = found.ranked().iloc[0]
    says = f"{most['label']} matters most" if most["mu_star"] > 0.0 else "no axis matters"
    style.headline(fig, f"{label}: {says}; blue: levers, orange: uncertainties ({found.trajectories} trajectories)")
    return fig, axes


def _name_points(plane: "Axes", table: "pd.DataFrame", colours: Sequence[str]) -> None:
    """Names right of points of the plane, moved apart where they would overlap."""
    top = plane.get_ylim()[1]
    heights = style.spread(table["sigma"].to_numpy() / top + 0.01, NAME_GAP)
    spots = zip(table["label"].astype(str), table["mu_star"].astype(float), heights, colours, strict=True)
    for name, x, height, colour in spots:
        plane.annotate(
            name,
            (x, float(height) * top),
            xytext=(5, 0),
            textcoords="offset points",
            ha="left",
            va="center",
            fontsize=6.5,
            clip_on=False,
            color=style.readable(colour),
        )


def _sobol(found: Sobol, label: str) -> "tuple[Figure, dict[str, Axes]]":
    table = found.ranked().head(MOST_BARS).iloc[::-1]
    fig, axes = style.canvas([["bars"]], height=0.28 * len(table) + 1.3)
    ax = axes["bars"]
    y = np.arange(len(table))
    for name, shift, lighter, words in (("total", 0.18, 0.6, "total"), ("first", -0.18, 0.0, "first order")):
        colours = [style.lighter(_role_colour(role), lighter) for role in table["role"]]
        ax.barh(y + shift, table[name], color=colours, height=0.34, label=words)
        ax.hlines(y + shift, table[f"{name}_low"], table[f"{name}_high"], color=style.INK, linewidth=0.9)
    ax.set_yticks(y, list(table["label"]), fontsize=7.5)
    ax.tick_params(axis="y", length=0)
    ax.grid(visible=False)
    ax.set_xlabel("share of the variance")
    ax.set_xlim(min(0.0, float(table["first_low"].min())), None)
    style.caption(ax, "Dark: alone (first order); light: with all interactions (total); lines: 95 % intervals")
    first = found.ranked()["label"].iloc[0]
    style.headline(fig, f"{label}: {first} explains most; blue: levers, orange: uncertainties")
    return fig, axes


# --------------------------------------------------------------------------------------------------------------- words


def _role_colour(role: str) -> str:
    return style.PALETTE[0] if role == "lever" else style.PALETTE[4]


def _axis_label(results: SweepResults, key: str) -> str:
    """Label of an axis with its unit, unless the numbers say it themselves."""
    axis = results.design.axis(key)
    title = axis.label if axis.unit in _PLAIN_UNITS else axis.title
    return title[:1].upper() + title[1:]


def _axis_name(results: SweepResults, key: str) -> str:
    """Label of an axis within a sentence."""
    label = results.design.axis(key).label
    return label[:1].lower() + label[1:]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:.4g}"
    return "none" if value is None else str(value)


def _within_range(table: "pd.DataFrame", ends: tuple[str, str], unit: str) -> "pd.DataFrame":
    """Intervals no wider than what the metric can be: few runs make them reach below 0 or above 100 %."""
    floor = 0.0 if float(np.nanmin(table["q05"])) >= 0.0 else -np.inf
    ceiling = 1.0 if unit == "fraction" and float(np.nanmax(table["q95"])) <= 1.0 else np.inf
    return table.assign(**{name: table[name].clip(floor, ceiling) for name in ends})


def _one_for_each(keys: Sequence[str]) -> "tuple[Figure, dict[str, Axes]]":
    """A canvas with axes for each axis of a design, three in a row."""
    columns = min(len(keys), 3)
    padded = [*keys, *["."] * (-len(keys) % columns)]
    layout = [padded[start : start + columns] for start in range(0, len(padded), columns)]
    return style.canvas(layout, height=2.3 * len(layout) + 0.6, share_x=False)


def _limits(values: Any) -> tuple[float, float]:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    room = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    return low - room, high + room
