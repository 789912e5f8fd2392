"""``restaking plot``: the figures of a run or of a sweep."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ._common import fail


def plot(
    results: Annotated[Path, typer.Argument(help="Folder of a run or of a sweep.")],
    metrics: Annotated[
        list[str] | None, typer.Option("--metric", help="Metric to draw, of a sweep; repeatable.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write; default: figures in that folder.")] = None,
) -> None:
    """Draw the figures of a run, or those that fit the design of a sweep: bands, profiles, maps, sensitivities."""
    from ..analysis.sources import AnalysisError
    from ..results import load_results
    from ..runner.errors import SweepFolderError
    from ..store import SUMMARY, RunFolderError

    try:
        if (results / SUMMARY).is_file():
            written = _run(results, metrics, out)
        else:
            from ..figures.of_sweep import plot_sweep

            written = plot_sweep(load_results(results), out, metrics, lambda text: print(text, file=sys.stderr))
    except (AnalysisError, SweepFolderError, RunFolderError) as error:
        fail(str(error))
    for path in written:
        if path.suffix == ".png":
            print(path)
    print(f"{len(written)} files in {written[0].parent}", file=sys.stderr)


def _run(folder: Path, metrics: list[str] | None, out: Path | None) -> list[Path]:
    from ..figures import draw_figures
    from ..store import FIGURES, load_run

    if metrics:
        fail("--metric is for sweeps; a run has figures of its own")
    return draw_figures(load_run(folder), folder / FIGURES if out is None else out, ("svg", "pdf", "png"))
