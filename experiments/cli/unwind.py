"""``restaking unwind``: how the holders of an LRT would get out."""

import contextlib
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..terminal import tell, tell_json
from ._common import WITH, fail, own_of, table, whole

if TYPE_CHECKING:
    from ..folders.folder import Place
    from ..store import Run


def unwind(
    run: Annotated[Path, typer.Argument(help="Folder of a run.")],
    day: Annotated[int, whole("--day", "Day on which they want out.")],
    lrt: Annotated[str | None, typer.Option("--lrt", help="Which LRT; default: the largest on that day.")] = None,
    shares: Annotated[
        list[float] | None, typer.Option("--share", help="Share of supply that wants out; repeatable.")
    ] = None,
    days: Annotated[int, whole("--days", "How long to watch, at most to the run's end.", low=1)] = 180,
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write table, page and figure into.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    own: Annotated[list[str] | None, WITH] = None,
) -> None:
    """How would 10, 25, 50 and 100 percent of an LRT get out: days, cost, through which channel, and who waits.

    The run is repeated to the day; then the leavers do nothing but leave, everybody else goes on as in the run.
    """
    from .. import unwinding
    from ..folders.folder import claim
    from ..progress import PartProgress
    from ..store import RunFolderError, load_run

    brought = own_of(own)
    try:
        recorded = load_run(run)
        if not recorded.scenario.lrt:
            fail(f"{run}: the run has no LRT to get out of")
        chosen = lrt or _largest(recorded.entity("lrt", "supply_eth"), day)
        wanted, progress = shares or unwinding.SHARES, PartProgress("shares")
        with contextlib.nullcontext() if out is None else claim(out, unwinding.LAYOUT) as place:
            found = unwinding.unwind(
                recorded,
                day,
                chosen,
                shares=wanted,
                days=days,
                progress=progress,
                agents=brought.cast,
                model=brought.model,
            )
            opened = bool(recorded.entity("lrt", "redemption_open")[chosen].loc[:day].iloc[-1] > 0.0)
            said = unwinding.unwind_paragraph(found, opened)
            if place is not None:
                _write(place, found, chosen, said, recorded)
    except (RunFolderError, unwinding.UnwindError) as error:
        fail(str(error))
    rows = [one.as_mapping() for one in found]
    if as_json:
        plain = [{key: value if math.isfinite(value) else None for key, value in row.items()} for row in rows]
        tell_json({"lrt": chosen, "day": day, "text": said, "shares": plain})
        return
    header = [
        "share",
        "ETH",
        "sold",
        "redeemed",
        "still in",
        "discount paid",
        "deepest",
        "half out",
        "95 % out",
        "cost",
    ]
    tell("\n".join(table(header, [_cells(row) for row in rows])))
    tell(f"\n{said}")


def _write(place: "Place", found: Any, lrt: str, said: str, recorded: "Run") -> None:
    from .. import unwinding
    from ..figures.style import save_figure
    from ..folders.files import write_text

    with place.staging() as staged:
        frame = unwinding.unwind_table(found)
        write_text(staged / "unwind.csv", frame.to_csv(index=False, float_format="%.8g", lineterminator="\n"))
        write_text(staged / "README.md", f"# The way out of {lrt}\n\n{said}\n\n![the way out](unwind.png)\n")
        save_figure(unwinding.unwind_figure(found)[0], staged / "unwind", recorded.provenance)
        place.put(staged, {"lrt": lrt, "provenance": str(recorded.provenance), "cast": recorded.manifest.get("cast")})


def _largest(supply: "object", day: int) -> str:
    import pandas as pd

    assert isinstance(supply, pd.DataFrame)
    row = supply.loc[: max(day, 0)].iloc[-1]
    return str(row.idxmax())


def _cells(row: dict[str, float]) -> list[str]:
    return [
        f"{row['share']:.0%}",
        f"{row['eth']:,.0f}",
        *(f"{row[name]:.0%}" for name in ("sold", "redeemed", "stuck")),
        *(f"{row[name]:.2%}" for name in ("discount_paid", "deepest_discount")),
        *("never" if math.isinf(row[name]) else f"{row[name]:.0f} d" for name in ("days_half", "days_95")),
        f"{row['cost']:.2%}",
    ]
