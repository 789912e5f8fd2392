"""``restaking repair``: make again what is damaged."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ._common import print_json


def repair(
    results: Annotated[Path, typer.Argument(help="Folder of a run or of a sweep.")],
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Of a sweep: processes; default: one for each processor.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare the files of a run or a sweep with its manifest, and make again those that are damaged.

    What is whole stays. Nothing is repaired with other code than the numbers were made with. A sweep's damaged parts
    are put aside in damaged/.
    """
    from ..repairing import repair_folder

    done = repair_folder(results, workers=workers, say=lambda text: print(text, file=sys.stderr))
    print(f"{results}: {done.sentence}", file=sys.stderr)
    if as_json:
        print_json({"folder": str(results), "damaged": done.damaged, "made_again": done.made_again})
