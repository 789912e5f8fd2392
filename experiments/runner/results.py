"""The results of a sweep, as data frames."""

import functools
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...model.shown import html_table
from .. import own_metrics
from ..folders import files, manifest, parquet
from ..folders.errors import FolderError
from . import folder as folders
from .errors import SweepFolderError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ...model.metrics import Metric
    from ..designs import Design


@dataclass(frozen=True, repr=False)
class Results:
    """What a sweep has given so far; tables are read when they are first used.

    Made by :func:`load_results`.

    Attributes:
        path: folder of the sweep.
        manifest: content of ``manifest.json``.

    Example:
        >>> from restaking.experiments import sweep
        >>> design = {"name": "fees", "scenario": "baseline", "stakers": 50, "days": 3, "replications": 1,
        ...           "design": {"kind": "grid"}, "axes": {"lrt.alpha.fee": [0.05, 0.15]}}
        >>> folder = sweep(design, out="fees", workers=1, progress=False).path
        >>> load_results(folder).runs["lrt.alpha.fee"].to_list()
        [0.05, 0.15]
    """

    path: Path
    manifest: dict[str, Any]

    def __repr__(self) -> str:
        state = "complete" if self.complete else "unfinished"
        return f"<Results of {self.manifest['name']}, {self.manifest['runs']} runs, {state}, {self.path}>"

    def _repr_html_(self) -> str:
        told = ("scenario", "days", "stakers", "points", "replications", "runs")
        facts = {key: self.manifest[key] for key in told}
        return html_table(
            f"Results of {self.manifest['name']}", {**facts, "complete": self.complete, "folder": self.path}
        )

    @property
    def complete(self) -> bool:
        """Whether all runs were made; the tables of an unfinished sweep have those that are there."""
        return bool(self.manifest["state"] == folders.COMPLETE)

    @functools.cached_property
    def design(self) -> "Design":
        """The design that was run."""
        from ..designs import load_design

        try:
            content = files.read_json(self.path / folders.DESIGN, self._digest(folders.DESIGN))
        except FolderError as error:
            raise SweepFolderError(f"{error}; restaking repair {self.path} says what can be done") from error
        return load_design(content, own_metrics=self.own_metrics)

    def _digest(self, name: str) -> str:
        digest = manifest.listed(self.manifest).get(name)
        if digest is None:
            raise SweepFolderError(f"the manifest of {self.path} does not list {name}")
        return digest

    @functools.cached_property
    def runs(self) -> "pd.DataFrame":
        """One row for each run, by point and replication.

        Columns: ``run_id``, ``point``, ``replication``, ``seed``, the axes, ``status``, ``error`` and the summary
        metrics (NaN where the run failed).
        """
        return self._read(folders.RUNS) if self.complete else _frame(self._unfinished.rows.runs_table())

    @functools.cached_property
    def timings(self) -> "pd.DataFrame":
        """When each run began, how long it took (s), on which worker and with which code."""
        return self._read(folders.TIMINGS) if self.complete else _frame(self._unfinished.rows.timings_table())

    @property
    def failed(self) -> "pd.DataFrame":
        """The rows of :attr:`runs` that failed."""
        return self.runs[self.runs["status"] == "failed"]

    def series(
        self, run_ids: "str | Iterable[str] | None" = None, columns: "str | Iterable[str] | None" = None
    ) -> "pd.DataFrame":
        """Daily series: ``run_id``, ``point``, ``replication``, ``day`` and metrics, by point, replication and day.

        Args:
            run_ids: which runs, all of them when None; runs that failed have no series.
            columns: which metrics, all of them when None.

        Raises:
            SweepFolderError: the sweep kept no series, or it has no such run or metric.
        """
        if not self.manifest["series"]:
            raise SweepFolderError(f"{self.path} was made without series; it has summaries only")
        wanted = None if run_ids is None else self._known_runs(_listed(run_ids))
        names = self._series_names()
        chosen = names if columns is None else _known(_listed(columns), names, "series", self.path)
        if self.complete:
            return self._read_series(wanted, chosen)
        numbers = [
            number
            for number in self._unfinished.rows.present
            if wanted is None or self._unfinished.rows.run_id(number) in wanted
        ]
        return _frame(self._unfinished.series(chosen).block(numbers))

    def plot(self, metric: str | None = None) -> "Figure":
        """A metric over the axes of the design, drawn and neither shown nor saved.

        Args:
            metric: a summary metric, own ones included; the first of the design's, or of the usual ones, when None.

        Returns:
            A map of a grid of two axes, profiles of another grid, a row for each point of a list, a dot for each point
            of a random or Latin hypercube sample, sensitivities of a Morris or Sobol' design.

        Raises:
            AnalysisError: there is no such metric, no run has a value of it, or it says nothing here.
        """
        from ..figures.of_sweep import over_the_axes

        return over_the_axes(self, metric)

    @functools.cached_property
    def own_metrics(self) -> "tuple[Metric, ...]":
        """The metrics that were added to the runs, as the manifest declares them."""
        return own_metrics.declared_in(self.manifest)

    def _read(self, name: str) -> "pd.DataFrame":
        try:
            content = files.read_bytes(self.path / name, self._digest(name))
            return _frame(parquet.read(io.BytesIO(content), self.path / name))
        except FolderError as error:
            raise SweepFolderError(f"{error}; restaking repair {self.path} makes it again") from error

    @functools.cached_property
    def _series_files(self) -> list[Path]:
        """Files of the series, compared with the manifest."""
        listed = [name for name in sorted(manifest.listed(self.manifest)) if name.startswith(f"{folders.SERIES}/")]
        for problem in manifest.problems(self.path, {manifest.FILES: {name: self._digest(name) for name in listed}}):
            raise SweepFolderError(
                f"{self.path / problem} is not the file that was written; restaking repair {self.path} makes it again"
            )
        return [self.path / name for name in listed]

    def _read_series(self, wanted: set[str] | None, names: Sequence[str]) -> "pd.DataFrame":
        import pyarrow.dataset as ds

        from .tables import IDENTITY

        data: Any = ds.dataset([str(path) for path in self._series_files], format="parquet")
        rows = None if wanted is None else ds.field("run_id").isin(sorted(wanted))
        return _frame(data.to_table(columns=[*IDENTITY, "day", *names], filter=rows))

    def _series_names(self) -> list[str]:
        from .tables import IDENTITY

        if not self.complete:
            return self._unfinished.series(None).names
        with parquet.opened(self._series_files[0], self._series_files[0]) as file:
            return [name for name in file.schema_arrow.names if name not in (*IDENTITY, "day")]

    def _known_runs(self, run_ids: list[str]) -> set[str]:
        known = set(self.runs["run_id"])
        for name in run_ids:
            if name not in known:
                _known([name], sorted(known), "run", self.path)
        return set(run_ids)

    @functools.cached_property
    def _unfinished(self) -> "_Unfinished":
        return _Unfinished(self.path, self.design)


class _Unfinished:
    """The parts of a sweep that is still running, or was stopped."""

    def __init__(self, path: Path, design: "Design") -> None:
        from . import tables
        from .parts import Parts

        self._tables = tables
        self._ordering = tables.Ordering(design)
        self._parts = Parts(folders.parts_in(path))
        self.rows = tables.Rows(self._ordering, self._parts)

    def series(self, names: Sequence[str] | None) -> Any:
        return self._tables.SeriesTables(self._ordering, self.rows, self._parts, names)


def load_results(path: str | Path) -> Results:
    """The results of a sweep; of an unfinished one, what is there so far.

    Args:
        path: folder of the sweep.

    Raises:
        SweepFolderError: there is no such folder, or it is not a sweep's.
    """
    path = Path(path)
    return Results(path, folders.read_manifest(path))


def _frame(table: Any) -> "pd.DataFrame":
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _listed(names: "str | Iterable[str]") -> list[str]:
    return [names] if isinstance(names, str) else [str(name) for name in names]


def _known(names: list[str], known: Sequence[str], what: str, path: Path) -> list[str]:
    from ...model.scenario.naming import hint

    for name in names:
        if name not in known:
            raise SweepFolderError(f"{path} has no {what} {name!r}; {hint(name, known)}")
    return names
