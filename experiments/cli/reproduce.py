"""``restaking reproduce``: published experiments, repeated and judged."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..terminal import say, tell, tell_json
from ._common import fail, make_folder, table

if TYPE_CHECKING:
    from ..published.reproducing import Reproduction

FAILED = 1


def reproduce(
    names: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Experiments; none: list them.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All experiments.")] = False,
    short: Annotated[bool, typer.Option("--short", help="The variant that takes seconds.")] = False,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a parameter of the experiment; repeatable."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write (one experiment); default: results/published/ID.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int | None:
    """Repeat published experiments: the same numbers, distributions or rules, judged at tolerances fixed beforehand.

    Writes the table, the verdict and the figure beside what the source gives, apart by what was printed in it, what
    follows from its formulas and what is a construction on its mechanism. A short or changed variant goes below
    results/runs/reproduce. Exit code 1 when a check does not hold.
    """
    from ...model.scenario.loading import parse_settings
    from ..published.registry import UnknownExperimentError, experiment_ids, find_experiment
    from ..published.reproducing import BadParameterError, verdicts, write_index

    if not names and not every:
        if sets or out is not None:
            fail("name the experiment that --set or --out is for")
        _list(as_json)
        return None
    if names and every:
        fail("give experiments or --all, not both")
    wanted = list(dict.fromkeys(names or experiment_ids()))
    if len(wanted) > 1 and (out is not None or sets):
        fail("--out and --set are for one experiment at a time")
    changes = parse_settings(sets or [])
    try:
        for name in wanted:
            find_experiment(name)
        if out is not None:
            make_folder(out)
        done = [_one(name, short, changes, out) for name in wanted]
    except (UnknownExperimentError, BadParameterError) as error:
        fail(str(error))
    if not short and not changes and out is None and verdicts():
        write_index()
    if as_json:
        tell_json([reproduction.as_mapping() for reproduction in done])
    return FAILED if any(not reproduction.outcome.passed for reproduction in done) else None


def _one(name: str, short: bool, changes: dict[str, Any], out: Path | None) -> "Reproduction":
    from ..published.registry import find_experiment
    from ..published.reproducing import counts_text, number_text
    from ..published.reproducing import reproduce as repeat

    seconds = find_experiment(name).seconds
    if seconds > 2.0 and not short:
        say(f"{name}: about {seconds:.0f} s ...")
    done = repeat(name, short=short, changes=changes, out=out)
    held = f"{done.held} of {len(done.outcome.checks)} checks hold ({counts_text(done.counts())})"
    say(f"{done.verdict}  {name}: {held}  {done.folder}")
    for check in done.outcome.checks:
        if not check.passed:
            said = f"{done.experiment.origin(check)} {number_text(check.published)}, here {number_text(check.measured)}"
            say(f"      {check.name}: {said} ({check.rule})")
    return done


def _list(as_json: bool) -> None:
    from ..published.registry import experiment_ids, find_experiment
    from ..published.reproducing import verdicts

    judged = {verdict["id"]: verdict["verdict"] for verdict in verdicts()}
    experiments = [find_experiment(name) for name in experiment_ids()]
    if as_json:
        tell_json(
            [
                {
                    "id": e.id,
                    "title": e.title,
                    "level": str(e.level),
                    "seconds": e.seconds,
                    "verdict": judged.get(e.id),
                    "citation": e.citation,
                }
                for e in experiments
            ]
        )
        return
    rows = [[e.id, str(e.level), judged.get(e.id, "-"), f"{e.seconds:.0f} s", e.title] for e in experiments]
    tell("\n".join(table(["id", "level", "verdict", "takes", "shows"], rows)))
