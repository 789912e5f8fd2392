"""The way back from finished tables to parts, for a sweep whose failed runs are to be made once more."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .parts import encode
from .tables import IDENTITY, Ordering, metric_names
from .task import DONE, Outcome, Record


def parts_of(folder: Path, ordering: Ordering) -> Iterator[bytes]:
    """Parts that hold everything that the tables of a complete folder hold, except failed runs.

    Args:
        folder: folder of the sweep.
        ordering: its runs.
    """
    records = _records(folder, ordering)
    numbers = {ordering.run_id(number, record.code): number for number, record in records.items()}
    with_series: set[int] = set()
    for path in sorted((folder / "series").glob("*.parquet")):
        for series in _groups(path, numbers):
            with_series |= {number for number, _ in series}
            yield encode([records[number] for number, _ in series], series)
    others = [record for number, record in records.items() if number not in with_series]
    if others:
        yield encode(others, [])


def _records(folder: Path, ordering: Ordering) -> dict[int, Record]:
    """Records of the runs that are done, by number; runs that stand for others only."""
    import pyarrow.parquet as pq

    table, timings = pq.read_table(folder / "runs.parquet"), pq.read_table(folder / "timings.parquet")
    summary = [name for name in metric_names() if name in table.column_names]
    values = {name: table.column(name).to_numpy() for name in summary}
    place = {(run.point, run.replication): number for number, run in enumerate(ordering.runs)}
    rows = zip(table.select([*IDENTITY[1:], "status"]).to_pylist(), timings.to_pylist(), strict=True)
    records = {}
    for position, (row, timing) in enumerate(rows):
        number = place[row["point"], row["replication"]]
        if row["status"] == DONE and ordering.made[number] == number:
            records[number] = Record(
                number,
                DONE,
                timing["code"],
                summary={name: float(values[name][position]) for name in summary},
                started=timing["started"],
                seconds=timing["seconds"],
                worker=timing["worker"],
            )
    return records


def _groups(path: Path, numbers: dict[str, int]) -> Iterator[list[tuple[int, Outcome]]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, use_threads=False)
            names = tuple(name for name in table.column_names if name not in (*IDENTITY, "day"))
            values: Any = np.column_stack([table.column(name).to_numpy() for name in names])
            ids = np.array(table.column("run_id").to_pylist(), dtype=object)
            starts = np.flatnonzero(np.append(True, ids[1:] != ids[:-1]))
            ends = np.append(starts[1:], len(ids))
            yield [
                (numbers[ids[first]], Outcome({}, names, values[first:last]))
                for first, last in zip(starts, ends, strict=True)
                if ids[first] in numbers
            ]
