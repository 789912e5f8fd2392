"""``restaking plot``: the figures of a run or of a sweep."""

from pathlib import Path
from typing import Annotated

import typer

from ..terminal import say, tell
from ._common import fail, make_folder


def plot(
    results: Annotated[Path, typer.Argument(help="Folder of a run or of a sweep.")],
    metrics: Annotated[
        list[str] | None, typer.Option("--metric", help="Metric to draw, own ones included; repeatable.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write; default: figures in that folder.")] = None,
) -> None:
    """Draw the figures of a run, or those that fit the design of a sweep: bands, profiles, maps, sensitivities."""
    from ..analysis.sources import AnalysisError
    from ..folders.errors import FolderError
    from ..results import load_results
    from ..store import SUMMARY

    try:
        if (results / SUMMARY).is_file():
            written = _run(results, metrics, out)
        else:
            from ..figures.of_sweep import plot_sweep

            found = load_results(results)
            if out is not None:
                make_folder(out)
            written = plot_sweep(found, out, metrics, say)
    except (AnalysisError, FolderError) as error:
        fail(str(error))
    for path in written:
        if path.suffix == ".png":
            tell(path)
    say(f"{len(written)} files in {written[0].parent}")


def _run(folder: Path, metrics: list[str] | None, out: Path | None) -> list[Path]:
    from ..figures import draw_figures, draw_metrics
    from ..folders.folder import subfolder
    from ..store import FIGURES, LAYOUT, load_run

    run = load_run(folder)
    if out is not None:
        make_folder(out)
    if metrics:
        target = subfolder(folder, FIGURES, LAYOUT) if out is None else out
        try:
            return draw_metrics(metrics, run, target, ("svg", "pdf", "png"))
        except KeyError as error:
            fail(f"--metric: {error.args[0]}")
    if not run.scenario.lrt:
        say("the run has no LRT: the figures that show nothing else are left out")
    return draw_figures(run, subfolder(folder, FIGURES, LAYOUT) if out is None else out, ("svg", "pdf", "png"))
