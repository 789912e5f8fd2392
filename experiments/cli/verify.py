"""``restaking verify``: do these numbers come out again?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..terminal import say, tell_json
from ._common import WITH, cast_of, fail, whole

if TYPE_CHECKING:
    from ..verdict import Verdict

DIFFERENT = 1


def verify(
    results: Annotated[Path, typer.Argument(help="Folder of a run or of a sweep.")],
    sample: Annotated[int, whole("--sample", "Of a sweep: number of runs to make again.", low=1)] = 10,
    seed: Annotated[int, whole("--seed", "Picks the runs.", low=0)] = 1,
    files_only: Annotated[
        bool, typer.Option("--files-only", help="Compare the files with the manifest; make nothing again.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    own: Annotated[list[str] | None, WITH] = None,
) -> int | None:
    """Make a run, or a random sample of a sweep's runs, again and compare bit for bit.

    Files are compared with the hashes in the manifest, too. Exit code 1 when anything differs.
    """
    from ..progress import PartProgress
    from ..verifying import kind_of, verify_folder

    kind = kind_of(results)
    cast = cast_of(own)
    verdict = verify_folder(
        results, sample=0 if files_only else sample, seed=seed, tell=PartProgress("runs"), agents=cast
    )
    for text in (*verdict.notes, *verdict.problems):
        say(text)
    if as_json:
        tell_json(
            {
                kind: str(results),
                "passed": verdict.passed,
                "checked": verdict.checked,
                "problems": verdict.problems,
                "notes": verdict.notes,
            }
        )
    if not verdict.passed:
        count = len(verdict.problems)
        fail(f"{results}: {count} {'problem' if count == 1 else 'problems'} (above)", DIFFERENT)
    say(_said(verdict, files_only))
    return None


def _said(verdict: "Verdict", files_only: bool) -> str:
    if files_only:
        return "the files are those that were written; nothing was made again"
    count = len(verdict.checked)
    return f"{count} {'run' if count == 1 else 'runs'} made again: the same, bit for bit"
