"""``restaking compare``: paired differences between runs or sweeps."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..terminal import complain, tell, tell_json
from ._common import fail, refuse_folder, table

if TYPE_CHECKING:
    import pandas as pd


def compare(
    first: Annotated[Path, typer.Argument(help="Folder of a run, of several runs, or of a sweep.")],
    second: Annotated[Path, typer.Argument(help="The same, to compare with the first.")],
    metrics: Annotated[list[str] | None, typer.Option("--metric", help="Compare this metric only; repeatable.")] = None,
    confidence: Annotated[float, typer.Option("--confidence", help="Of the intervals.")] = 0.95,
    half_width: Annotated[
        float | None,
        typer.Option("--half-width", help="Half-width to plan replications for; default: a tenth of each difference."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="CSV file to write as well.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Differences between runs that share their seeds: mean, interval, and the replications that it would take.

    Runs are paired by seed (those of two sweeps by point, replication and seed), so that the noise which the change
    does not touch falls out. A single pair has a difference and no interval.
    """
    from ...model.metrics import metric
    from ..comparing import NotComparableError, compare_sides, difference_of_worlds, on_one_side

    if out is not None:
        refuse_folder(out)
    if not 0.0 < confidence < 1.0:
        fail(f"--confidence: {confidence:g} must lie between 0 and 1")
    if half_width is not None and not half_width > 0.0:
        fail(f"--half-width: {half_width:g} must be above 0")
    try:
        found = compare_sides(first, second, confidence=confidence, half_width=half_width)
    except NotComparableError as error:
        fail(str(error))
    alone = on_one_side(first, second)
    if alone:
        complain(f"not compared: {', '.join(alone)}")
    apart = difference_of_worlds(first, second)
    if apart:
        complain(f"{apart}: these are not the effects of one change")
    empty = _without_values(found)
    if metrics:
        found = _chosen(found, metrics, empty)
    if out is not None:
        _write(found, out)
    if empty and not metrics:
        reasons = (f"{name} (missing {metric(name).missing})" if metric(name).missing else name for name in empty)
        complain(f"without values on both sides: {', '.join(reasons)}")
    rows = [{str(key): _plain(value) for key, value in row.items()} for row in found.to_dict("records")]
    if as_json:
        tell_json(rows)
        return
    shown = [[row["metric"], *_cells(row)] for row in rows]
    header = ["metric", "first", "second", "difference", "interval", "pairs", "needed"]
    tell("\n".join(table(header, shown)))


def _write(found: "pd.DataFrame", out: Path) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        found.to_csv(out, index=False, lineterminator="\n")
    except OSError as error:
        fail(f"--out: {out} cannot be written: {error.strerror or error}")


def _without_values(found: "pd.DataFrame") -> list[str]:
    """Metrics of a run that one side has no value of: what airdrops retain, say, before the first one."""
    from ...model.metrics import metrics_of

    present = set(found["metric"])
    return [m.name for m in metrics_of("total") if m.summary != "none" and m.name not in present]


def _chosen(found: "pd.DataFrame", metrics: list[str], empty: list[str]) -> "pd.DataFrame":
    from ...model.scenario.naming import nearest, shortened

    known = list(found["metric"])
    for name in metrics:
        if name in empty:
            fail(f"--metric: no pair of runs has values of {name}")
        if name not in known:
            near = nearest(name, known)
            fail(f"--metric: there is no metric {shortened(name)!r}" + (f"; nearest: {near}" if near else ""))
    return found[found["metric"].isin(metrics)]


def _plain(value: Any) -> Any:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    import pandas as pd

    return None if value is pd.NA else value


def _cells(row: dict[str, Any]) -> list[str]:
    interval = "-" if row["low"] is None else f"{row['low']:.4g} to {row['high']:.4g}"
    clear = row["low"] is not None and (row["low"] > 0.0 or row["high"] < 0.0)
    return [
        f"{row['first']:.5g}",
        f"{row['second']:.5g}",
        f"{row['difference']:+.4g}" + (" *" if clear else ""),
        interval,
        str(row["pairs"]),
        "-" if row["needed"] is None else str(row["needed"]),
    ]
