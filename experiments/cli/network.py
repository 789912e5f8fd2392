"""``restaking network``: the capital network of a day of a run."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from ._common import fail


def network(
    run: Annotated[Path, typer.Argument(help="Folder of a run.")],
    day: Annotated[int, typer.Option(help="Day of the run, 0 is the start.")],
    form: Annotated[str, typer.Option("--format", help="graphml or json.")] = "graphml",
    out: Annotated[Path | None, typer.Option(help="File to write; beside the run's tables when left out.")] = None,
) -> int:
    """Write who holds, delegates to and secures whom on a day: the run is replayed to it, exactly."""
    from ..store import StoreError, load_run

    if form not in ("graphml", "json"):
        fail(f"--format: {form!r} must be graphml or json")
    try:
        source = load_run(run)
    except (StoreError, OSError, ValueError) as error:
        fail(str(error))
    if not 0 <= day <= source.manifest["days"]:
        fail(f"--day: {day} must be between 0 and {source.manifest['days']}, the length of the run")
    path = out if out is not None else run / f"network-day{day}.{form}"
    try:
        write_day(source, day, path, "json" if form == "json" else "graphml")
    except OSError as error:
        fail(f"--out: cannot write {path}: {error.strerror or error}")
    print(f"written: {path}", file=sys.stderr)
    return 0


def write_day(source: object, day: int, path: Path, form: Literal["graphml", "json"]) -> None:
    """Replay a run to a day and write its network."""
    from ...model.ecosystem import RestakingEcosystem
    from ...model.networks import write_network
    from ..progress import Progress
    from ..store import Run

    assert isinstance(source, Run)
    with RestakingEcosystem(source.scenario, seed=source.manifest["seed"], engine=source.manifest["engine"]) as model:
        with Progress() as shown:
            model.run(day, progress=shown)
        write_network(model.capital_network(), path, form)
