"""Parts: what a worker has finished, as one file that appears whole or not at all.

A part is a Parquet file: its rows are the series of a few runs (``run``, ``day``, metrics), its metadata hold the
records of these runs. One file, one rename: no moment exists at which one is there without the other. Parts are
put in order when all runs are there (:mod:`.compaction`); a run that stands in no part is made again.
"""

import io
import json
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .task import FAILED, Outcome, Record

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER = "parts"
_ROWS = b"restaking.rows"
_LEVEL = 1
_UNITS_KEPT = 8

Columns = dict[str, NDArray[Any]]


def encode(records: Sequence[Record], series: Sequence[tuple[int, Outcome]]) -> bytes:
    """A part as bytes.

    Args:
        records: records of the runs.
        series: series by number of the run; of fewer runs when some failed or none are kept.
    """
    import pyarrow as pa

    names = series[0][1].names if series else ()
    lengths = [len(outcome.daily) for _, outcome in series]
    columns: Columns = {
        "run": np.repeat(np.array([run for run, _ in series], np.int64), lengths),
        "day": np.concatenate([np.arange(rows, dtype=np.int64) for rows in lengths] or [np.empty(0, np.int64)]),
    }
    for number, name in enumerate(names):
        columns[name] = np.concatenate([outcome.daily[:, number] for _, outcome in series])
    kept = {run for run, _ in series}
    rows = [record.row() | {"group": 0 if record.run in kept else None} for record in records]
    return _file([pa.table(columns)], rows)


def _file(groups: "Sequence[pa.Table]", rows: Sequence[dict[str, Any]]) -> bytes:
    """A Parquet file with one row group for each table that has rows."""
    import pyarrow.parquet as pq

    schema = groups[0].schema.with_metadata({_ROWS: json.dumps(list(rows)).encode()})
    sink = io.BytesIO()
    with _writer(sink, schema) as writer:
        for group in groups:
            if len(group):
                writer.write_table(group.replace_schema_metadata(schema.metadata), row_group_size=len(group))
    assert isinstance(writer, pq.ParquetWriter)
    return sink.getvalue()


def _writer(sink: Any, schema: "pa.Schema") -> Any:
    import pyarrow.parquet as pq

    return pq.ParquetWriter(
        sink, schema, compression="zstd", compression_level=_LEVEL, use_dictionary=False, write_statistics=False
    )


def read_rows(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Records of a part and its number of row groups, without reading the series.

    Raises:
        ValueError, OSError: the file is not a part.
    """
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    found = (metadata.metadata or {}).get(_ROWS)
    if found is None:
        raise ValueError(f"{path} is not a part of results")
    return json.loads(found), metadata.num_row_groups


class Parts:
    """The parts of a folder: which runs are there, and where.

    Args:
        folder: folder of the parts; it need not exist.

    Attributes:
        damaged: files that are no parts.
        finished: numbers of the runs that are there.
        failed: those among them that failed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._where: dict[int, tuple[Path, int | None]] = {}
        self._cache: OrderedDict[tuple[Path, int], Columns] = OrderedDict()
        self.damaged: list[Path] = []
        self.failed: set[int] = set()
        for path in self.files():
            try:
                rows, _ = read_rows(path)
            except (OSError, ValueError):
                self.damaged.append(path)
                continue
            for row in rows:
                self._note(path, row)

    @property
    def finished(self) -> set[int]:
        """Numbers of the runs that are there."""
        return set(self._where)

    def files(self) -> list[Path]:
        """Files of the parts, in the order in which they were finished."""
        return sorted(self._folder.glob("*.parquet"))

    def _note(self, path: Path, row: dict[str, Any]) -> None:
        run = int(row["run"])
        # A later part wins: it holds the second try of a run that had failed.
        self._where[run] = (path, row["group"])
        (self.failed.add if row["status"] == FAILED else self.failed.discard)(run)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Records of all runs that are there, each once, in no particular order."""
        for path in self.files():
            if path in self.damaged:
                continue
            for row in read_rows(path)[0]:
                if self._where[int(row["run"])][0] == path:
                    yield row

    def names(self) -> list[str]:
        """Names of the series, in the order of the parts."""
        import pyarrow.parquet as pq

        found: dict[str, None] = {}
        for path in dict.fromkeys(path for path, group in self._where.values() if group is not None):
            found |= dict.fromkeys(name for name in pq.read_schema(path).names if name not in ("run", "day"))
        return list(found)

    def series(self, run: int) -> Columns | None:
        """The series of a run by name, with ``day``; None when it has none."""
        path, group = self._where.get(run, (self._folder, None))
        if group is None:
            return None
        unit = self._unit(path, group)
        first, last = np.searchsorted(unit["run"], [run, run + 1])
        return {name: values[first:last] for name, values in unit.items() if name != "run"}

    def _unit(self, path: Path, group: int) -> Columns:
        """One row group; the last few are kept, as neighbours lie together. Its runs are in rising order."""
        import pyarrow.parquet as pq

        key = (path, group)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        with pq.ParquetFile(path) as file:
            table = file.read_row_group(group, use_threads=False)
        unit = {name: table.column(name).to_numpy() for name in table.column_names}
        self._cache[key] = unit
        while len(self._cache) > _UNITS_KEPT:
            self._cache.popitem(last=False)
        return unit


def merge(paths: Sequence[Path], sink: Any) -> None:
    """Put several parts into one: the same row groups and records, in the same order."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows: dict[int, dict[str, Any]] = {}
    groups = 0
    names: dict[str, None] = {}
    for path in paths:
        found, count = read_rows(path)
        for row in found:
            rows[row["run"]] = row if row["group"] is None else row | {"group": groups + row["group"]}
        groups += count
        names |= dict.fromkeys(pq.read_schema(path).names)
    metadata = {_ROWS: json.dumps(list(rows.values())).encode()}
    schema = pa.schema(
        [(name, pa.int64() if name in ("run", "day") else pa.float64()) for name in names], metadata=metadata
    )
    with _writer(sink, schema) as writer:
        for path in paths:
            with pq.ParquetFile(path) as file:
                for group in range(file.num_row_groups):
                    table = file.read_row_group(group, use_threads=False)
                    columns = [
                        table.column(field.name)
                        if field.name in table.column_names
                        else pa.array(np.full(len(table), np.nan))
                        for field in schema
                    ]
                    writer.write_table(pa.table(columns, schema=schema), row_group_size=len(table))
