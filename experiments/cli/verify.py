"""``restaking verify``: whether results are what they say they are."""

from pathlib import Path
from typing import Annotated

import typer

from ..terminal import say, tell_json
from ._common import fail, whole

DIFFERENT = 1


def verify(
    results: Annotated[Path, typer.Argument(help="Folder of a sweep.")],
    sample: Annotated[int, whole("--sample", "Number of runs to make again.", low=1)] = 10,
    seed: Annotated[int, whole("--seed", "Picks the runs.", low=0)] = 1,
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
        say(text)
    if as_json:
        tell_json(
            {
                "sweep": str(results),
                "passed": verdict.passed,
                "checked": verdict.checked,
                "problems": verdict.problems,
                "notes": verdict.notes,
            }
        )
    if verdict.passed:
        say(f"{len(verdict.checked)} runs made again: the same, bit for bit")
        return None
    count = len(verdict.problems)
    fail(f"{results}: {count} {'problem' if count == 1 else 'problems'} (above)", DIFFERENT)
