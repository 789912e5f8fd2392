"""``restaking fork``: what if the terms change on a day."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..terminal import say, tell_json
from ._common import WITH, cast_of, fail, whole

if TYPE_CHECKING:
    from ...agents.cast import Cast
    from ..store import Run


def fork(
    run: Annotated[Path, typer.Argument(help="Folder of a run.")],
    day: Annotated[int, whole("--day", "Day from which the changed terms hold.")],
    sets: Annotated[list[str], typer.Option("--set", metavar="KEY=VALUE", help="Change a parameter; repeatable.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write; default: beside the run, named by day and changes.")
    ] = None,
    seeds: Annotated[int, whole("--seeds", "Make run and branch for so many seeds, from the run's own on.", low=1)] = 1,
    workers: Annotated[int, whole("--workers", "Processes, when there are several seeds.", low=1)] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    no_figures: Annotated[bool, typer.Option("--no-figures", help="Draw no figures.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another run in the folder.")] = False,
    own: Annotated[list[str] | None, WITH] = None,
) -> None:
    """Repeat a run to a day and let it go on under changed terms: same past, same noise, other terms.

    What has happened stays; what is to come follows the new terms. What a run begins with (its stakers and what they
    own, its networks, its length) cannot change. With --seeds the folder gets base/ and branch/, a run for each seed;
    restaking compare sets them side by side.
    """
    from ...model.scenario.loading import parse_settings
    from ..forking import default_folder
    from ..store import RunFolderError, load_run

    changes, cast = parse_settings(sets), cast_of(own)
    try:
        origin = load_run(run)
        folder = out or default_folder(origin, origin.scenario.with_overrides(changes, where="--set"), day)
        if seeds > 1:
            _over_seeds(origin, day, changes, folder, seeds, workers, overwrite, cast)
            return
        done = _one(origin, day, changes, folder, not no_figures, overwrite, cast)
    except RunFolderError as error:
        fail(str(error))
    say(f"Written to {folder}; restaking compare {run} {folder} says what differs")
    if as_json:
        tell_json(done.result())


def _one(
    run: "Run", day: int, changes: dict[str, Any], folder: Path, figures: bool, overwrite: bool, cast: "Cast"
) -> "Run":
    from ..forking import fork as make
    from ..progress import RunProgress

    with RunProgress(f"{run.manifest['scenario']} from day {day}") as progress:
        return make(run, day, changes, out=folder, figures=figures, overwrite=overwrite, progress=progress, agents=cast)


def _over_seeds(
    run: "Run",
    day: int,
    changes: dict[str, Any],
    folder: Path,
    seeds: int,
    workers: int,
    overwrite: bool,
    cast: "Cast",
) -> None:
    from ..forking import BASE, BRANCH, fork_over_seeds
    from ..progress import PartProgress

    first, progress = int(run.manifest["seed"]), PartProgress("seeds")
    wanted = range(first, first + seeds)
    pairs = fork_over_seeds(run, day, changes, folder, seeds=wanted, workers=workers, overwrite=overwrite, agents=cast)
    for done, _ in enumerate(pairs, start=1):
        progress(done, seeds)
    say(f"Written to {folder}; restaking compare {folder / BASE} {folder / BRANCH}")
