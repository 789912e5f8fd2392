"""One metric of a run over its days: of the economy, or of every entity of a kind."""

from typing import TYPE_CHECKING

import numpy as np

from ...model.metrics import Metric
from . import style
from .units import in_unit, unit_axis, with_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..store import Run

MOST_NAMED = 12
"""With more lines than that only the ones that end highest have their names beside them."""


_KINDS = {"lrt": "LRT", "lst": "LST", "avs": "AVS"}


@style.styled
def figure(run: "Run", metric: Metric) -> "tuple[Figure, dict[str, Axes]]":
    """Draw it (axes ``series``).

    Args:
        run: the run.
        metric: one of its metrics.
    """
    fig, axes = style.canvas([["series"]], height=3.2)
    ax = axes["series"]
    if metric.level == "total":
        x, values = style.dates(run.daily), run.daily[metric.name].to_numpy(dtype=float, na_value=np.nan)[:, None]
        names = [""]
    else:
        frame = run.entity(metric.level, metric.name)
        x, values = style.day_dates(run, frame.index), frame.to_numpy(dtype=float)
        titles = style.names_of(run, metric.level)
        names = [titles.get(name, name) for name in style.ids_of(frame)]
    colours = list(style.colours_of(map(str, range(values.shape[1]))).values())
    style.lines(ax, x, values, colours)
    present = values[np.isfinite(values)]
    ax.ticklabel_format(axis="y", useOffset=False)
    unit_axis(ax.yaxis, metric.unit, float(np.abs(present).max(initial=0.0)))
    ax.set_xlim(x[0], x[-1])
    if present.size:
        ends = values[-1]
        named = np.argsort(np.where(np.isfinite(ends), -ends, np.inf), kind="stable")[:MOST_NAMED]
        style.end_labels(ax, [(float(ends[k]), names[k], colours[k]) for k in sorted(named)])
    style.caption(ax, f"{metric.label}{in_unit(metric.unit)}")
    style.date_axis(ax, x)
    style.headline(fig, _title(run, metric, present.size))
    return fig, axes


def _title(run: "Run", metric: Metric, values: int) -> str:
    if not values:
        return (
            f"{metric.label}: no values (missing {metric.missing})" if metric.missing else f"{metric.label}: no values"
        )
    if metric.level != "total":
        return f"{metric.label} of each {_KINDS.get(metric.level, metric.level)}"
    value = run.summary.get(metric.name, np.nan)
    return f"{metric.label}: {with_unit(value, metric.unit)} ({metric.summary})" if np.isfinite(value) else metric.label
