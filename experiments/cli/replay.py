"""``restaking replay``: a failed run once more."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ..terminal import say, tell_json
from ._common import WITH, cast_of, fail

FAILED = 1


def replay(
    capsule: Annotated[Path, typer.Argument(help="A capsule: failures/*.json in the folder of a sweep.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    own: Annotated[list[str] | None, WITH] = None,
) -> int | None:
    """Make the run of a capsule again, here, with its traceback when it fails.

    Exit code 0 when it runs to its end, 1 when it fails (again).
    """
    from ...model.scenario import ScenarioError
    from ..runner.capsule import read_capsule, replay
    from ..runner.errors import SweepFolderError
    from ..runner.task import DONE

    try:
        found = read_capsule(capsule)
    except (SweepFolderError, ScenarioError) as error:
        fail(str(error))
    if not found.same_code:
        say(f"made with code {found.code}; the code has changed since")
    record = replay(found, cast_of(own))
    if as_json:
        tell_json(_content(found, record))
    if record.status == DONE:
        say(f"{found.run_id} ran to its end; before: {found.error}")
        return None
    say(record.traceback.rstrip("\n"))
    again = "as before" if record.error == found.error else f"before: {found.error}"
    fail(f"{found.run_id} failed: {record.error} ({again})", FAILED)


def _content(found: Any, record: Any) -> dict[str, Any]:
    from ..folders.files import without_nan

    content: dict[str, Any] = without_nan(
        {
            "run_id": found.run_id,
            "status": record.status,
            "error": record.error,
            "error_before": found.error,
            "same_code": found.same_code,
            "summary": dict(record.summary),
        }
    )
    return content
