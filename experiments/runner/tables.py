"""The tables of a sweep in their final order: runs, timings and series."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..designs import Design, PlannedRun
from ..folders import parquet
from . import identity
from .parts import Parts
from .task import FAILED

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_ROWS = 1 << 13
"""Rows of a row group of the series, at most: what is held in memory at once."""

FILE_ROWS = 1 << 20
"""Rows of a file of the series, at most."""

IDENTITY = ("run_id", "point", "replication")


def metric_names() -> list[str]:
    """Names of the summary metrics."""
    from ...model.metrics import metrics_of

    return [metric.name for metric in metrics_of("total") if metric.summary != "none"]


def series_names() -> list[str]:
    """Names of the daily series."""
    from ...model.metrics import metrics_of

    return [metric.name for metric in metrics_of("total")]


class Ordering:
    """The runs of a design, and which of them stand for others.

    Args:
        design: the design.

    Attributes:
        runs: all runs, by point and replication.
        made: for every run, the number of the run whose numbers it has (itself, unless points repeat).
    """

    def __init__(self, design: Design) -> None:
        self.design = design
        self.runs: Sequence[PlannedRun] = design.runs()
        self.made = identity.representatives(self.runs)
        self._hash = identity.scenario_hash(design)

    @property
    def distinct(self) -> list[int]:
        """Numbers of the runs that have to be made."""
        return [number for number, made in enumerate(self.made) if number == made]

    def run_id(self, number: int, code: str) -> str:
        """Name of a run that was made with ``code``."""
        return identity.run_id(self.runs[number], self._hash, code)

    def blocks(self, rows: int) -> Iterator[range]:
        """Ranges of runs with at most ``rows`` rows of series each; the layout depends on the design alone."""
        runs = self.runs_in(rows)
        for first in range(0, len(self.runs), runs):
            yield range(first, min(first + runs, len(self.runs)))

    @property
    def bytes_per_run(self) -> int:
        """Size of the series of a run in memory."""
        return 8 * (self.design.scenario.days + 1) * (len(series_names()) + 2)

    def runs_in(self, rows: int) -> int:
        """Number of runs whose series have at most ``rows`` rows, at least one."""
        return max(1, rows // (self.design.scenario.days + 1))


class Rows:
    """The records of all runs that are there, as columns.

    Args:
        ordering: the runs.
        parts: where the records are.

    Attributes:
        present: numbers of the runs that are there.
        codes: number of runs by the code that made them.
    """

    def __init__(self, ordering: Ordering, parts: Parts) -> None:
        self._ordering = ordering
        total = len(ordering.runs)
        self._names = metric_names()
        self._values: NDArray[np.float64] = np.full((total, len(self._names)), np.nan)
        self._seconds: NDArray[np.float64] = np.full(total, np.nan)
        # Few words, many times: each is kept once.
        self._texts: dict[str, list[str | None]] = {name: [None] * total for name in _TEXTS}
        self.codes: dict[str, int] = {}
        for row in parts.rows():
            self._fill(row)
        there = self._texts["status"]
        self.present = [number for number, made in enumerate(ordering.made) if there[made] is not None]
        for number in self.present:
            code = self._text("code", number)
            self.codes[code] = self.codes.get(code, 0) + 1
        self.failed = sum(self._text("status", number) == FAILED for number in self.present)

    def _fill(self, row: dict[str, Any]) -> None:
        run, summary = row["run"], row["summary"]
        self._add_columns(name for name in summary if name not in self._names)
        self._values[run] = [summary.get(name, np.nan) for name in self._names]
        self._seconds[run] = row["seconds"]
        for name, texts in self._texts.items():
            text = row[name]
            texts[run] = sys.intern(text) if isinstance(text, str) else None

    def _add_columns(self, names: Iterable[str]) -> None:
        # Other code may have known other metrics.
        for name in names:
            self._names.append(name)
            self._values = np.column_stack([self._values, np.full(len(self._values), np.nan)])

    def _text(self, name: str, number: int) -> str:
        text = self._texts[name][self._ordering.made[number]]
        assert text is not None
        return text

    def run_id(self, number: int) -> str:
        """Name of a run that is there."""
        return self._ordering.run_id(number, self._text("code", number))

    def _blocks(self) -> Iterator[list[int]]:
        """Numbers of runs, some at a time; at least one block, which may be empty."""
        for first in range(0, max(len(self.present), 1), BLOCK_ROWS):
            yield self.present[first : first + BLOCK_ROWS]

    def runs_tables(self) -> "Iterator[pa.Table]":
        """The table of runs, in blocks."""
        return (self._runs_table(numbers_of) for numbers_of in self._blocks())

    def timings_tables(self) -> "Iterator[pa.Table]":
        """When, where and how fast the runs were made, in blocks."""
        return (self._timings_table(numbers_of) for numbers_of in self._blocks())

    def runs_table(self) -> "pa.Table":
        """The table of runs, whole."""
        return self._runs_table(self.present)

    def timings_table(self) -> "pa.Table":
        """When, where and how fast the runs were made, whole."""
        return self._timings_table(self.present)

    def _runs_table(self, present: Sequence[int]) -> "pa.Table":
        import pyarrow as pa

        runs = self._ordering.runs
        columns: dict[str, Any] = self._places(present)
        columns["seed"] = pa.array([runs[number].seed for number in present], pa.int64())
        for key, values in axis_columns(self._ordering.design, [runs[number] for number in present]).items():
            columns[key] = values
        columns["status"] = self._column("status", present)
        columns["error"] = self._column("error", present)
        made = [self._ordering.made[number] for number in present]
        for position, name in enumerate(self._names):
            columns[name] = numbers(self._values[made, position])
        return pa.table(columns)

    def _timings_table(self, present: Sequence[int]) -> "pa.Table":
        import pyarrow as pa

        made = [self._ordering.made[number] for number in present]
        columns = self._places(present)
        columns["started"] = self._column("started", present)
        columns["seconds"] = pa.array(self._seconds[made], pa.float64())
        columns["worker"] = self._column("worker", present)
        columns["code"] = self._column("code", present)
        return pa.table(columns)

    def _column(self, name: str, present: Sequence[int]) -> "pa.Array":
        import pyarrow as pa

        return pa.array([self._texts[name][self._ordering.made[number]] for number in present], pa.string())

    def _places(self, present: Sequence[int]) -> dict[str, Any]:
        import pyarrow as pa

        runs = [self._ordering.runs[number] for number in present]
        return {
            "run_id": pa.array([self.run_id(number) for number in present], pa.string()),
            "point": pa.array([run.point for run in runs], pa.int64()),
            "replication": pa.array([run.replication for run in runs], pa.int64()),
        }


_TEXTS = ("status", "code", "error", "started", "worker")


def numbers(values: NDArray[np.float64]) -> "pa.Array":
    """Numbers with null for NaN: what every reader leaves out of a mean."""
    import pyarrow as pa

    return pa.array(np.ascontiguousarray(values), pa.float64(), mask=np.isnan(values))


def axis_columns(design: Design, runs: Sequence[PlannedRun]) -> "dict[str, pa.Array]":
    """Values of the axes in some runs, by key; where a listed point says nothing, the scenario's own value."""
    import pyarrow as pa

    from ..designs.lookup import value_in

    columns = {}
    for key in design.keys:
        own = value_in(design.scenario, key)
        # The type is that of all values of the axis, not only of those that happen to be there already.
        kind = _arrow_type([point.get(key, own) for point in design.points()])
        convert: Callable[[Any], Any] = str if kind == pa.string() else (lambda value: value)
        values = [run.overrides.get(key, own) for run in runs]
        columns[key] = pa.array([None if _empty(value) else convert(value) for value in values], kind)
    return columns


def _empty(value: Any) -> bool:
    return value is None or value == "none"


def _arrow_type(values: Iterable[Any]) -> "pa.DataType":
    import pyarrow as pa

    kinds = {type(value) for value in values if not _empty(value)}
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int}:
        return pa.int64()
    return pa.float64() if kinds and kinds <= {int, float} else pa.string()


class SeriesTables:
    """Tables of daily series.

    Args:
        rows: the runs that are there.
        parts: where the series are.
        names: which series, all that there are when None.
    """

    def __init__(self, ordering: Ordering, rows: Rows, parts: Parts, names: Sequence[str] | None = None) -> None:
        self._ordering, self._rows, self._parts = ordering, rows, parts
        declared = series_names()
        there = parts.names()
        found = [*(name for name in declared if name in there), *(name for name in there if name not in declared)]
        self.names = found if names is None else [name for name in names if name in found]

    def block(self, runs: Iterable[int]) -> "pa.Table":
        """Series of some runs, one after the other; those without series are left out."""
        import pyarrow as pa

        ids: list[str] = []
        lengths: list[int] = []
        places: list[PlannedRun] = []
        pieces: list[Mapping[str, NDArray[Any]]] = []
        for number in runs:
            series = self._parts.series(self._ordering.made[number])
            if series is not None:
                ids.append(self._rows.run_id(number))
                places.append(self._ordering.runs[number])
                lengths.append(len(series["day"]))
                pieces.append(series)
        columns: dict[str, Any] = {
            "run_id": pa.array(np.repeat(np.array(ids, object), lengths), pa.string()),
            "point": pa.array(np.repeat(np.array([run.point for run in places], np.int64), lengths)),
            "replication": pa.array(np.repeat(np.array([run.replication for run in places], np.int64), lengths)),
            "day": pa.array(_joined([piece["day"] for piece in pieces], np.int64)),
        }
        for name in self.names:
            values = [piece[name] if name in piece else np.full(len(piece["day"]), np.nan) for piece in pieces]
            columns[name] = numbers(_joined(values, np.float64))
        return pa.table(columns)


def _joined(arrays: Sequence[NDArray[Any]], kind: Any) -> NDArray[Any]:
    return np.concatenate(arrays).astype(kind, copy=False) if arrays else np.empty(0, kind)


def writer(schema: "pa.Schema", sink: Any, metadata: Mapping[str, str]) -> Any:
    """A Parquet writer for tables of results (see :func:`..folders.parquet.writer`).

    Args:
        schema: columns.
        sink: open file.
        metadata: texts for the file's key-value metadata.
    """
    words = [name for name in schema.names if name in (*IDENTITY, "day", "status", "error", "worker", "code")]
    return parquet.writer(sink, schema, metadata, words=words)
