"""Two sides of a comparison: single runs, folders of runs, or sweeps."""

from pathlib import Path
from typing import TYPE_CHECKING

from ..model.errors import RestakingError

if TYPE_CHECKING:
    import pandas as pd


_PLACES = frozenset({"run_id", "point", "replication", "seed", "status", "error", "days"})
"""Columns of tables of runs that are no metrics."""


class NotComparableError(RestakingError, ValueError):
    """Two things that cannot be compared, or something that is neither a run nor a sweep."""


def read_side(path: str | Path) -> "tuple[pd.DataFrame, tuple[str, ...]]":
    """Runs of one side, a row each, and the columns by which they are paired.

    Args:
        path: folder of a run, of several runs, or of a sweep.

    Raises:
        NotComparableError: it is none of these.
    """
    from .folders.errors import FolderError
    from .results import load_results
    from .store import MANIFEST

    folder = Path(path)
    try:
        if _is_run(folder):
            return _table([folder]), ("seed",)
        if (folder / MANIFEST).is_file():
            runs = load_results(folder).runs
            return runs[runs["status"] == "done"], ("point", "replication", "seed")
        within = _runs_within(folder)
        if within:
            return _table(within), ("seed",)
    except FolderError as error:
        raise NotComparableError(str(error)) from error
    if not folder.is_dir():
        raise NotComparableError(f"there is no folder {folder}")
    raise NotComparableError(f"{folder} is neither a run nor a sweep nor a folder of runs")


def compare_sides(
    first: str | Path, second: str | Path, *, confidence: float = 0.95, half_width: float | None = None
) -> "pd.DataFrame":
    """Paired differences, second less first, of all metrics that both sides have.

    Args:
        first: folder of a run, of several runs, or of a sweep.
        second: folder of the same kind.
        confidence: of the intervals.
        half_width: half-width to plan replications for; a tenth of each difference when None.

    Returns:
        See :func:`.analysis.paired.compare`; intervals are NaN for a single pair.

    Raises:
        NotComparableError: the two sides cannot be paired.
    """
    from .analysis.paired import compare
    from .analysis.sources import AnalysisError

    (one, keys), (other, other_keys) = read_side(first), read_side(second)
    if keys != other_keys:
        if one["seed"].duplicated().any() or other["seed"].duplicated().any():
            raise NotComparableError(f"{first} and {second} are not of one kind, and seeds do not pair their runs")
        keys = ("seed",)
    elif "point" in keys and not (one["point"].nunique() > 1 and other["point"].nunique() > 1):
        keys = ("seed",)
    try:
        return compare(one, other, on=keys, confidence=confidence, half_width=half_width)
    except AnalysisError as error:
        raise NotComparableError(f"{first} and {second}: {error}") from error


def on_one_side(first: str | Path, second: str | Path) -> list[str]:
    """Metrics that one side records and the other does not (own ones), each with where it is, in words."""
    (one, _), (other, _) = read_side(first), read_side(second)
    sides = ((first, one, other), (second, other, one))
    return [
        f"{name} (only in {path})"
        for path, here, there in sides
        for name in map(str, here.columns)
        if name not in there.columns and "." not in name and name not in _PLACES
    ]


def difference_of_worlds(first: str | Path, second: str | Path) -> str:
    """What two runs differ in before anything happens, in words; empty for sweeps and for runs of one scenario."""
    worlds = [_world(Path(side)) for side in (first, second)]
    if worlds[0] is None or worlds[1] is None:
        return ""
    (name, days), (other, other_days) = worlds[0], worlds[1]
    said = [f"the scenarios differ ({name}, {other})"] if name != other else []
    if days != other_days:
        said.append(f"the lengths differ ({days} and {other_days} days)")
    return " and ".join(said)


def _world(folder: Path) -> tuple[str, int] | None:
    """Scenario and length of a run, or of the first of a folder of runs."""
    from .store import load_run

    runs = [folder] if _is_run(folder) else _runs_within(folder)
    if not runs:
        return None
    run = load_run(runs[0])
    return str(run.manifest["scenario"]), run.days


def _runs_within(folder: Path) -> list[Path]:
    return sorted(child for child in folder.iterdir() if _is_run(child)) if folder.is_dir() else []


def _is_run(folder: Path) -> bool:
    from .store import MANIFEST, SUMMARY

    return (folder / MANIFEST).is_file() and (folder / SUMMARY).is_file()


def _table(folders: list[Path]) -> "pd.DataFrame":
    import pandas as pd

    from .store import load_run

    runs = [load_run(folder) for folder in folders]
    return pd.DataFrame([{"seed": int(run.manifest["seed"]), **run.summary} for run in runs])
