"""``restaking run``: one scenario, one folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ..terminal import say, show, tell_json
from ._common import WITH, cast_of, load_or_exit, whole

if TYPE_CHECKING:
    from ..store import Run


def run(
    scenario: Annotated[str, typer.Argument(help="A shipped scenario (see list scenarios) or a TOML file.")],
    seed: Annotated[int | None, whole("--seed", "Root of all random numbers.")] = None,
    days: Annotated[int | None, whole("--days", "Length of the run.")] = None,
    stakers: Annotated[int | None, whole("--stakers", "Number of stakers.")] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a parameter; repeatable.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write; default: results/runs/SCENARIO-seedN-HASH.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as one JSON object.")] = False,
    no_figures: Annotated[bool, typer.Option("--no-figures", help="Draw no figures.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another run in the folder.")] = False,
    engine: Annotated[
        Literal["kernel", "objects"], typer.Option("--engine", help="Compiled decisions, or Python's (slow).")
    ] = "kernel",
    own: Annotated[list[str] | None, WITH] = None,
) -> None:
    """Run a scenario and write its series, events, summary and figures into a folder.

    The same complete run is not made again. Stopped midway (Ctrl-C, SIGTERM, a closed terminal), the days done are kept
    in the folder, and the same command goes on from there.
    """
    resolved = load_or_exit(scenario, sets or [], seed, days, stakers)
    cast = cast_of(own)
    from ..casts import identity
    from ..run import default_folder, run_scenario
    from ..store import Identity, existing_run

    known = identity(cast)
    folder = default_folder(resolved, known) if out is None else out
    done = existing_run(folder, Identity.planned(resolved, engine, cast=known), overwrite=overwrite)
    if done is None:
        done = run_scenario(
            resolved, out=folder, figures=not no_figures, overwrite=overwrite, engine=engine, agents=cast
        )
        _tell(done)
    else:
        say(f"{folder} holds this run already, complete: nothing to do")
    if as_json:
        tell_json(done.result())


def _tell(run: "Run") -> None:
    """The summary and the place of the files, on standard error."""
    from ..report.summary import summary

    show(summary(run))
    say(f"\nWritten to {run.path}")
