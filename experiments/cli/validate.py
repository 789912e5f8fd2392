"""``restaking validate``: the stylised facts of the history, measured over seeds."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..terminal import tell, tell_json
from ._common import WITH, fail, load_or_exit, own_of, whole

if TYPE_CHECKING:
    from ..validation import Scoreboard

FAILED = 1


def validate(
    scenario: Annotated[str, typer.Argument(help="A shipped scenario (see list scenarios) or a TOML file.")] = (
        "season-2024"
    ),
    seeds: Annotated[int, whole("--seeds", "Number of seeds, from 1 on.", low=1)] = 20,
    days: Annotated[int | None, whole("--days", "Length of the runs.")] = None,
    stakers: Annotated[int | None, whole("--stakers", "Number of stakers.")] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a parameter; repeatable.")
    ] = None,
    workers: Annotated[int, whole("--workers", "Processes.", low=1)] = 2,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write; default: results/validation/SCENARIO.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as one JSON document.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 when a fact is missed.")] = False,
    own: Annotated[list[str] | None, WITH] = None,
) -> int:
    """Measure the stylised facts of restaking over seeds and say which lie in the range of history.

    Writes a table, the values by seed, a figure and a page. Ranges are fixed; a fact that is missed is shown as missed.
    Exits 1 when a ledger is out of balance or a number is missing or negative in any run.
    """
    resolved = load_or_exit(scenario, sets or [], None, days, stakers)
    if not resolved.lrt:
        fail(f"{scenario}: has no LRT, and the facts are about LRTs")
    brought = own_of(own)
    from ..folders.folder import claim
    from ..progress import PartProgress
    from ..provenance import package_version
    from ..validation import scoreboard

    folder = Path("results") / "validation" / (resolved.name or "scenario") if out is None else out
    with claim(folder, scoreboard.LAYOUT) as place:
        board = scoreboard.validate(
            resolved,
            seeds=seeds,
            workers=workers,
            progress=PartProgress("seeds"),
            agents=brought.cast,
            model=brought.model,
        )
        with place.staging() as staged:
            scoreboard.write(board, staged)
            place.put(
                staged,
                {"scenario": board.scenario, "seeds": seeds, "version": package_version(), "cast": board.cast},
            )
    if as_json:
        tell_json([_plain(row) for row in board.table().to_dict("records")])
    else:
        _tell(board, folder)
    return FAILED if not board.is_sound or (strict and board.in_range < board.measured) else 0


def _plain(row: dict[Any, Any]) -> dict[str, object]:
    """Numbers that JSON knows: what is missing or unbounded becomes null."""
    return {key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in row.items()}


def _tell(board: "Scoreboard", folder: Path) -> None:
    for row in board.rows():
        measured = "-" if row.seeds == 0 else f"{row.median:.3g}"
        tell(f"{row.verdict:<20} {row.fact.id:<7} {measured:>9}  ({row.span()} {row.fact.unit})  {row.fact.text}")
    tell(f"{board.in_range} of {board.measured} measurable facts in range; {folder}")
