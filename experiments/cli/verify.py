"""``restaking verify``: whether results are what they say they are."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ._common import fail, print_json

DIFFERENT = 1


def verify(
    results: Annotated[Path, typer.Argument(help="Folder of a sweep.")],
    sample: Annotated[int, typer.Option("--sample", min=1, help="Number of runs to make again.")] = 10,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Picks the runs.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int | None:
    """Make a random sample of runs again and compare bit for bit.

    Files are compared with the hashes in the manifest, too. Exit code 1 when anything differs.
    """
    from ..results import load_results
    from ..runner.errors import SweepFolderError
    from ..runner.verifying import verify

    try:
        verdict = verify(load_results(results), sample=sample, seed=seed)
    except SweepFolderError as error:
        fail(str(error))
    for text in (*verdict.notes, *verdict.problems):
        print(text, file=sys.stderr)
    if as_json:
        print_json(
            {
                "sweep": str(results),
                "passed": verdict.passed,
                "checked": verdict.checked,
                "problems": verdict.problems,
                "notes": verdict.notes,
            }
        )
    if verdict.passed:
        print(f"{len(verdict.checked)} runs made again: the same, bit for bit", file=sys.stderr)
        return None
    count = len(verdict.problems)
    fail(f"{results}: {count} {'problem' if count == 1 else 'problems'} (above)", DIFFERENT)
