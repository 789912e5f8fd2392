"""``restaking repair``: make again what is damaged."""

from pathlib import Path
from typing import Annotated

import typer

from ..terminal import say, tell_json
from ._common import WITH, cast_of, whole


def repair(
    results: Annotated[Path, typer.Argument(help="Folder of a run or of a sweep.")],
    workers: Annotated[
        int | None, whole("--workers", "Of a sweep: processes; default: one for each processor.", low=1)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    own: Annotated[list[str] | None, WITH] = None,
) -> None:
    """Compare the files of a run or a sweep with its manifest, and make again those that are damaged.

    What is whole stays. Nothing is repaired with other code than the numbers were made with. A sweep's damaged parts
    are put aside in damaged/.
    """
    from ..repairing import repair_folder

    done = repair_folder(results, workers=workers, say=say, agents=cast_of(own))
    say(f"{results}: {done.sentence}")
    if as_json:
        tell_json({"folder": str(results), "damaged": done.damaged, "made_again": done.made_again})
