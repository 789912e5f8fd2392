"""``restaking run``: one scenario, one folder."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ._common import fail, load_or_exit, version


def run(
    scenario: Annotated[str, typer.Argument(help="A shipped scenario (see: restaking list scenarios) or a TOML file.")],
    seed: Annotated[
        int | None, typer.Option(help="Root of all random numbers; the scenario's own when left out.")
    ] = None,
    days: Annotated[int | None, typer.Option(help="Length of the run in days.")] = None,
    stakers: Annotated[int | None, typer.Option(help="Number of stakers: resolution, not size.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a parameter; may be given often.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write; results/runs/... when left out.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object with the summary.")] = False,
    figures: Annotated[bool, typer.Option("--figures/--no-figures", help="Draw the figures.")] = True,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another run that is in the way.")] = False,
    engine: Annotated[str, typer.Option(help="kernel (fast) or objects (every staker in Python, slow).")] = "kernel",
) -> int:
    """Run a scenario: writes series, events, summary and figures into a folder.

    The same complete run is never repeated. Ctrl-C keeps the days that are done.
    """
    if engine not in ("kernel", "objects"):
        fail(f"--engine: {engine!r} must be kernel or objects")
    chosen = load_or_exit(scenario, settings or (), seed, days, stakers)
    from ..run import Interrupted, default_folder, finished_run, run_scenario
    from ..store import StoreError

    folder = out if out is not None else default_folder(chosen, chosen.seed)
    try:
        there = finished_run(folder, chosen, chosen.seed, engine, overwrite)
        result = there or run_scenario(chosen, out=folder, engine=engine, figures=figures, overwrite=overwrite)
    except StoreError as error:
        fail(f"--out: {error}")
    except Interrupted as stop:
        print(f"restaking: interrupted on day {stop.day}; the days done are in {stop.folder}", file=sys.stderr)
        return 130
    except OSError as error:
        fail(f"--out: cannot write {folder}: {error.strerror or error}")
    _report(result, json, there is not None)
    return 0


def _report(result: object, as_json: bool, found: bool) -> None:
    from ..store import Run
    from ..summary import summary_lines

    assert isinstance(result, Run)
    title = result.manifest["title"] or result.manifest["scenario"]
    print(f"{title}: {result.manifest['days']} days, seed {result.manifest['seed']}", file=sys.stderr)
    print("\n".join(summary_lines(result)), file=sys.stderr)
    print(f"\n{'already complete' if found else 'written'}: {result.path}", file=sys.stderr)
    if as_json:
        from ._common import print_json

        print_json(json_summary(result))


def json_summary(result: object) -> dict[str, object]:
    """The JSON object of ``--json``; NaN is null."""
    from ..store import Run

    assert isinstance(result, Run)
    manifest = result.manifest
    summary = {name: value if value == value else None for name, value in result.summary.items()}
    return {
        "run": str(result.path),
        "scenario": manifest["scenario"],
        "seed": manifest["seed"],
        "days": manifest["days"],
        "stakers": manifest["stakers"],
        "version": version(),
        "summary": summary,
    }
