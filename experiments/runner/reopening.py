"""The way back from finished tables to parts, for a sweep whose failed runs are to be made once more."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..folders import parquet
from .parts import encode
from .tables import IDENTITY, Ordering, metric_names
from .task import DONE, Outcome, Record

RUNS, TIMINGS = "runs.parquet", "timings.parquet"


def parts_of(
    folder: Path, ordering: Ordering, manifest: Mapping[str, Any], damaged: Collection[str] = ()
) -> Iterator[bytes]:
    """Parts that hold everything that the tables of a complete folder hold, except failed and damaged runs.

    Args:
        folder: folder of the sweep.
        ordering: its runs.
        manifest: its manifest.
        damaged: names of the files that are not as they were written: their runs are left out.
    """
    if RUNS in damaged or (TIMINGS in damaged and len(manifest["codes"]) > 1):
        return
    records = _records(folder, ordering, manifest["codes"][0] if TIMINGS in damaged else None)
    numbers = {ordering.run_id(number, record.code): number for number, record in records.items()}
    with_series: set[int] = set()
    listed = sorted(name for name in manifest["files"] if name.startswith("series/"))
    for path in (folder / name for name in listed if name not in damaged):
        for series in _groups(path, numbers):
            with_series |= {number for number, _ in series}
            yield encode([records[number] for number, _ in series], series)
    others = [record for number, record in records.items() if number not in with_series]
    if others and not manifest["series"]:
        yield encode(others, [])


def _records(folder: Path, ordering: Ordering, code: str | None) -> dict[int, Record]:
    """Records of the runs that are done, by number; runs that stand for others only.

    Args:
        folder: folder of the sweep.
        ordering: its runs.
        code: code that made all of them, when nothing else is known of how they were made.
    """
    table = parquet.read(folder / RUNS, folder / RUNS)
    made: Any = {"code": code, "started": "", "seconds": float("nan"), "worker": ""}
    timings = [made] * len(table) if code is not None else parquet.read(folder / TIMINGS, TIMINGS).to_pylist()
    summary = [name for name in metric_names() if name in table.column_names]
    values = {name: table.column(name).to_numpy() for name in summary}
    place = {(run.point, run.replication): number for number, run in enumerate(ordering.runs)}
    rows = zip(table.select([*IDENTITY[1:], "status"]).to_pylist(), timings, strict=True)
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
    with parquet.opened(path, path) as file:
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
