"""``restaking sweep``: all runs of a design, in a folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ..terminal import say, tell_json
from ._common import WITH, fail, own_of, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model.own_metrics import OwnMetric
    from ..designs import Design
    from ..results import Results
    from ..runner.dry_run import Estimate

FAILED = 1
_SIGNAL_BASE = 128


def sweep(
    design: Annotated[str, typer.Argument(help="A shipped design, or a TOML or JSON file.")],
    out: Annotated[Path | None, typer.Option("--out", help="Folder; default: results/runs/NAME-HASH.")] = None,
    workers: Annotated[int | None, whole("--workers", "Processes; default: one for each processor.", low=1)] = None,
    cluster: Annotated[
        str | None, typer.Option("--cluster", metavar="ADDRESS", help="Dask scheduler instead: tcp://host:port.")
    ] = None,
    on_error: Annotated[
        Literal["continue", "stop"], typer.Option("--on-error", help="Go on when a run fails, or stop.")
    ] = "continue",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Make a few runs, say what all would cost, write nothing.")
    ] = False,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a parameter that does not vary; repeatable."),
    ] = None,
    replications: Annotated[int | None, whole("--replications", "Runs at each point.")] = None,
    seed: Annotated[int | None, whole("--seed", "Root of all random numbers.")] = None,
    days: Annotated[int | None, whole("--days", "Length of the runs.")] = None,
    stakers: Annotated[int | None, whole("--stakers", "Number of stakers.")] = None,
    no_series: Annotated[bool, typer.Option("--no-series", help="Keep summaries only, no daily series.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the results of another design or of other code.")
    ] = False,
    accept_new_code: Annotated[
        bool, typer.Option("--accept-new-code", help="Keep runs that other code has made, make the others with this.")
    ] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Make runs again that failed before.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    own: Annotated[list[str] | None, WITH] = None,
) -> int | None:
    """Make all runs of a design that are not there yet.

    Stopped, killed or out of disk space, the same command goes on where it ended. Exit code 1 when a run failed.
    """
    from ..runner.errors import SweepError, SweepFolderError, SweepInterrupted
    from ..runner.sweeping import Options, carry_out

    brought = own_of(own)
    terms = {"replications": replications, "seed": seed}
    changed = _with_options(design, sets or [], terms, days, stakers, any_size=dry_run, own_metrics=brought.metrics)
    try:
        options = Options(
            workers=workers,
            cluster=cluster,
            on_error=on_error,
            overwrite=overwrite,
            series=not no_series,
            accept_new_code=accept_new_code,
            retry_failed=retry_failed,
            say=say,
            agents=brought.cast,
            model=brought.model,
        )
        if dry_run:
            _tell_estimate(changed, out, options, as_json)
            return None
        return _tell(carry_out(changed, out, options), as_json)
    except SweepFolderError as error:
        fail(str(error))
    except SweepError as error:
        fail(str(error), FAILED)
    except SweepInterrupted as stop:
        fail(str(stop), _SIGNAL_BASE + stop.signal)


def _with_options(
    source: str,
    sets: list[str],
    terms: dict[str, int | None],
    days: int | None,
    stakers: int | None,
    *,
    any_size: bool,
    own_metrics: "Sequence[OwnMetric]",
) -> "Design":
    """The design with what the command line changes, checked again as a whole."""
    from ...model.scenario import ScenarioError
    from ...model.scenario.loading import parse_settings
    from ..designs import load_design

    design = load_design(source, any_size=True, own_metrics=own_metrics)
    given: dict[str, Any] = {key: value for key, value in terms.items() if value is not None}
    settings: dict[str, Any] = parse_settings(sets)
    for option, key, value in (("--days", "days", days), ("--stakers", "stakers.count", stakers)):
        if value is None:
            continue
        if key in settings:
            raise ScenarioError(f"{option}: {key} is given twice (also by --set)", key=key, where=option)
        settings[key] = value
    for key in settings:
        if key in design.keys:
            raise ScenarioError(f"--set: {key} varies in the design {design.name}; change its axis instead", key=key)
    if not given and not settings:
        return load_design(design, any_size=any_size)
    content = design.to_mapping()
    if settings:
        content["scenario"] = design.scenario.with_overrides(settings, where="--set")
    return load_design(content | given, any_size=any_size, own_metrics=own_metrics)


def _tell(results: "Results", as_json: bool) -> int | None:
    m = results.manifest
    failed = int(m["failed"])
    words = f"{m['runs']:,} runs, {failed:,} failed" if failed else f"{m['runs']:,} runs"
    say(f"{words}. Written to {results.path}")
    if failed:
        first = results.failed.iloc[0]
        say(f"The first failure: {first['run_id']}: {first['error']}; see {results.path / 'failures'}")
    if as_json:
        keys = ("design_kind", "scenario", "seed", "days", "stakers", "points", "replications", "runs", "done")
        content = {"sweep": str(results.path), "design": m["name"], **{key: m[key] for key in keys}}
        tell_json({**content, "failed": failed, "version": m["version"], "codes": m["codes"]})
    return FAILED if failed else None


def _tell_estimate(design: "Design", out: Path | None, options: Any, as_json: bool) -> None:
    from ..runner.dry_run import estimate

    found = estimate(design, out, options)
    for line in _lines(found):
        say(line)
    if as_json:
        tell_json(found.to_mapping())


def _lines(found: "Estimate") -> list[str]:
    from ..designs.reading import MOST_RUNS
    from ..runner.progress import duration

    lines = [f"{'runs':<8}{found.runs:,} ({found.points:,} points x {found.replications:,} replications)"]
    if found.finished or found.to_do < found.runs:
        lines.append(f"{'to do':<8}{found.to_do:,} ({found.finished:,} are finished; equal points are made once)")
    if not found.to_do:
        return lines
    start = f", {duration(found.start_seconds)} to start"
    workers = "1 worker" if found.workers == 1 else f"{found.workers} workers"
    per_run = f"{1e3 * found.seconds_per_run:,.0f} ms a run, {workers}{start}"
    lines += [
        f"{'time':<8}{duration(found.seconds)} ({per_run})",
        f"{'disk':<8}{_size(found.disk_bytes)} (up to {_size(found.peak_disk_bytes)} on the way)",
        f"{'memory':<8}{_size(found.memory_bytes)} in all processes together, at most",
        f"from a pilot of {found.pilot_runs:,} runs; nothing was written",
    ]
    if found.too_many:
        lines.append(f"that is more than a sweep takes: at most {MOST_RUNS:,} runs")
    if found.pilot_failed:
        lines.append(f"{found.pilot_failed:,} of the pilot's runs failed")
    return lines


def _size(number: float) -> str:
    for unit in ("B", "kB", "MB"):
        if number < 1000.0:
            return f"{number:.3g} {unit}"
        number /= 1000.0
    return f"{number:,.3g} GB"
