"""Parts: what a worker has finished, as one file that appears whole or not at all.

A part is a Parquet file: its rows are the series of a few runs (``run``, ``day``, metrics), its metadata hold the
records of these runs and the SHA-256 of records and series. One file, one rename: no moment exists at which one is
there without the other. Whoever reads a part compares: what is not as it was written is put aside, and its runs are
made again, as are those that stand in no part. Parts are put in order when all runs are there (:mod:`.tables`).
"""

import hashlib
import io
import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..folders import parquet
from ..folders.errors import DamagedError
from .task import FAILED, Outcome, Record

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER = "parts"
_ROWS = "restaking.rows"
_DIGESTS = "restaking.sha256"
_LEVEL = 1
_GROUP_ROWS = 1 << 13
"""Rows of a row group, at most, unless one run has more: what has to be held in memory to read one run."""
_BYTES_KEPT = 16 << 20

Columns = dict[str, NDArray[Any]]


class DamagedPartError(DamagedError):
    """A part that is not as it was written.

    Attributes:
        path: the part.
    """

    def __init__(self, path: Path, error: BaseException) -> None:
        super().__init__(str(error))
        self.path = path


def encode(records: Sequence[Record], series: Sequence[tuple[int, Outcome]]) -> bytes:
    """A part as bytes.

    Args:
        records: records of the runs.
        series: series by number of the run; of fewer runs when some failed or none are kept.
    """
    series = sorted(series, key=lambda one: one[0])
    groups: list[pa.Table] = []
    place: dict[int, int] = {}
    for group in _grouped(series):
        place |= {run: len(groups) for run, _ in group}
        groups.append(_group(group))
    rows = [record.row() | {"group": place.get(record.run)} for record in records]
    sink = io.BytesIO()
    _write(sink, groups, rows)
    return sink.getvalue()


def _grouped(series: Sequence[tuple[int, Outcome]]) -> Iterator[list[tuple[int, Outcome]]]:
    """The runs of each row group."""
    group: list[tuple[int, Outcome]] = []
    rows = 0
    for one in series:
        if group and rows + len(one[1].daily) > _GROUP_ROWS:
            yield group
            group, rows = [], 0
        group.append(one)
        rows += len(one[1].daily)
    if group:
        yield group


def _group(series: Sequence[tuple[int, Outcome]]) -> "pa.Table":
    import pyarrow as pa

    lengths = [len(outcome.daily) for _, outcome in series]
    columns: Columns = {
        "run": np.repeat(np.array([run for run, _ in series], np.int64), lengths),
        "day": np.concatenate([np.arange(rows, dtype=np.int64) for rows in lengths]),
    }
    for number, name in enumerate(series[0][1].names):
        columns[name] = np.concatenate([outcome.daily[:, number] for _, outcome in series])
    return pa.table(columns)


def _write(sink: Any, groups: "Sequence[pa.Table]", rows: Sequence[dict[str, Any]]) -> None:
    """Write a Parquet file with one row group for each table, and the hashes of all that is in it."""
    import pyarrow as pa

    none = pa.schema([("run", pa.int64()), ("day", pa.int64())])
    _stream(sink, groups[0].schema if groups else none, groups, [_digest_of(group) for group in groups], rows)


def _stream(
    sink: Any, schema: "pa.Schema", groups: "Iterable[pa.Table]", digests: list[str], rows: Sequence[dict[str, Any]]
) -> None:
    text = json.dumps(list(rows))
    metadata = {_ROWS: text, _DIGESTS: json.dumps({"rows": _digest([text.encode()]), "groups": digests})}
    with parquet.writer(sink, schema, metadata, level=_LEVEL, words=False, statistics=False) as writer:
        for group in groups:
            table = group.replace_schema_metadata(writer.schema.metadata)
            writer.write_table(table, row_group_size=max(len(group), 1))


def _digest_of(table: "pa.Table") -> str:
    """SHA-256 (hex) of the names and values of a table of numbers."""
    return _digest(
        piece
        for name in table.column_names
        for piece in (f"{name} {table.schema.field(name).type}".encode(), table.column(name).to_numpy().tobytes())
    )


def _digest(pieces: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(f"{len(piece)} ".encode() + piece)
    return digest.hexdigest()


class Part:
    """A part that is open to be read; a context manager.

    Args:
        path: the file.

    Attributes:
        rows: records of its runs.
        groups: number of its row groups.
        schema: columns of the series.

    Raises:
        DamagedPartError: it is not a part, or not as it was written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = parquet.opened(path, path)
        except (OSError, ValueError) as error:
            raise DamagedPartError(path, error) from error
        try:
            self.rows, self._digests = self._records()
        except BaseException:
            self._file.close()
            raise
        self.groups = len(self._digests)
        self.schema = self._file.schema_arrow

    def __enter__(self) -> "Part":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _records(self) -> tuple[list[dict[str, Any]], list[str]]:
        try:
            metadata = self._file.schema_arrow.metadata or {}
            text = metadata[_ROWS.encode()]
            digests = json.loads(metadata[_DIGESTS.encode()])
            if digests["rows"] != _digest([text]) or len(digests["groups"]) != self._file.num_row_groups:
                raise ValueError(f"{self._path} is not the part that was written (its SHA-256 differs)")
            return json.loads(text), digests["groups"]
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise DamagedPartError(self._path, error) from error

    def group(self, number: int) -> "pa.Table":
        """One row group; its runs are in rising order.

        Raises:
            DamagedPartError: it is not as it was written.
        """
        import pyarrow as pa

        try:
            table = self._file.read_row_group(number, use_threads=False)
            if _digest_of(table) != self._digests[number]:
                raise ValueError(f"{self._path} is not the part that was written (its SHA-256 differs)")
        except (OSError, ValueError, IndexError, pa.ArrowException) as error:
            raise DamagedPartError(self._path, error) from error
        return table

    def check(self) -> None:
        """Read all of it.

        Raises:
            DamagedPartError: it is not as it was written.
        """
        for number in range(self.groups):
            self.group(number)


class Parts:
    """The parts of a folder: which runs are there, and where.

    Args:
        paths: the parts, in the order in which they were finished.
        checked: whether all of every part is read and compared with its SHA-256 now; series are compared whenever they
            are read.

    Attributes:
        damaged: files that are no parts, or not as they were written.
        finished: numbers of the runs that are there.
        failed: those among them that failed.
    """

    def __init__(self, paths: Sequence[Path], *, checked: bool = False) -> None:
        self._where: dict[int, tuple[Path, int | None]] = {}
        self._cache: OrderedDict[tuple[Path, int], Columns] = OrderedDict()
        self._open: tuple[Path, Part] | None = None
        self.damaged: list[Path] = []
        self.failed: set[int] = set()
        for path in paths:
            try:
                with Part(path) as part:
                    if checked:
                        part.check()
                    rows = part.rows
            except DamagedPartError:
                self.damaged.append(path)
                continue
            for row in rows:
                self._note(path, row)
        self._paths = [path for path in paths if path not in self.damaged]

    @property
    def finished(self) -> set[int]:
        """Numbers of the runs that are there."""
        return set(self._where)

    @property
    def has_series(self) -> bool:
        """Whether any run has series."""
        return any(group is not None for _, group in self._where.values())

    def _note(self, path: Path, row: dict[str, Any]) -> None:
        run = int(row["run"])
        # A later part wins: it holds the second try of a run that had failed.
        self._where[run] = (path, row["group"])
        (self.failed.add if row["status"] == FAILED else self.failed.discard)(run)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Records of all runs that are there, each once, in no particular order.

        Raises:
            DamagedPartError: a part is no longer as it was written.
        """
        for path in self._paths:
            with Part(path) as part:
                rows = part.rows
            for row in rows:
                if self._where[int(row["run"])][0] == path:
                    yield row

    def names(self) -> list[str]:
        """Names of the series, in the order of the parts."""
        found: dict[str, None] = {}
        for path in dict.fromkeys(path for path, group in self._where.values() if group is not None):
            with Part(path) as part:
                found |= dict.fromkeys(name for name in part.schema.names if name not in ("run", "day"))
        return list(found)

    def series(self, run: int) -> Columns | None:
        """The series of a run by name, with ``day``; None when it has none.

        Raises:
            DamagedPartError: they are no longer as they were written.
        """
        path, group = self._where.get(run, (Path(), None))
        if group is None:
            return None
        unit = self._unit(path, group)
        first, last = np.searchsorted(unit["run"], [run, run + 1])
        return {name: values[first:last] for name, values in unit.items() if name != "run"}

    def _unit(self, path: Path, group: int) -> Columns:
        """One row group; the last few are kept, as neighbours lie together."""
        key = (path, group)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        table = self._part(path).group(group)
        unit = {name: table.column(name).to_numpy() for name in table.column_names}
        self._cache[key] = unit
        while len(self._cache) > 2 and sum(map(_bytes, self._cache.values())) > _BYTES_KEPT:
            self._cache.popitem(last=False)
        return unit

    def _part(self, path: Path) -> Part:
        """A part to read from; the last one stays open."""
        if self._open is None or self._open[0] != path:
            self.close()
            self._open = (path, Part(path))
        return self._open[1]

    def close(self) -> None:
        """Close what is open and forget what was read."""
        if self._open is not None:
            self._open[1].__exit__()
            self._open = None
        self._cache.clear()


def _bytes(unit: Columns) -> int:
    return sum(values.nbytes for values in unit.values())


def merge(paths: Sequence[Path], sink: Any) -> None:
    """Put several parts into one: the same row groups and records, in the same order, one row group at a time.

    Raises:
        DamagedPartError: one is not as it was written.
    """
    import pyarrow as pa

    rows: dict[int, dict[str, Any]] = {}
    names: dict[str, Any] = {}
    groups = 0
    for path in paths:
        with Part(path) as part:
            for row in part.rows:
                rows[row["run"]] = row if row["group"] is None else row | {"group": groups + row["group"]}
            groups += part.groups
            names |= {field.name: field.type for field in part.schema} if part.groups else {}
    schema = pa.schema(list((names or {"run": pa.int64(), "day": pa.int64()}).items()))
    # What a part does not have is missing in it; only then are the hashes others than its own.
    digests = [_digest_of(group) for group in _groups_of(paths, schema)]
    _stream(sink, schema, _groups_of(paths, schema), digests, list(rows.values()))


def _groups_of(paths: Sequence[Path], schema: "pa.Schema") -> "Iterator[pa.Table]":
    import pyarrow as pa

    for path in paths:
        with Part(path) as part:
            for number in range(part.groups):
                group = part.group(number)
                missing = pa.array(np.full(len(group), np.nan))
                yield pa.table(
                    {name: group.column(name) if name in group.column_names else missing for name in schema.names}
                )
