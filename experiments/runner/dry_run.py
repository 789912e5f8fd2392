"""What a sweep is going to cost, from a few of its runs made for real."""

import dataclasses
import io
import time
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .. import casts
from ..designs import Design
from ..designs.reading import MOST_RUNS
from ..folders import files
from ..run import RUNS
from . import folder as folders
from . import tables
from .chunks import CHUNK_SECONDS, Chunks
from .errors import SweepError
from .folder import SweepFolder
from .identity import code_identity
from .parts import FOLDER as PARTS
from .parts import Parts
from .pool import Pool, WorkerDiedError
from .sweeping import Options, default_folder, open_pool
from .task import FAILED, ChunkResult, Job, Task, peak_memory

PILOT_SECONDS = 6.0
"""The pilot goes on for this long, and until every worker has made two chunks."""

MOST_LISTED = 20_000
"""Runs of a design that are listed for an estimate; what more of them cost is a matter of arithmetic."""

SHORT_PILOT_SECONDS = 2.0
"""The pilot of a design that is not listed: its runs are drawn from all of it, and digits do not matter."""

_PILOT_POINTS, _PILOT_REPLICATIONS = 500, 4
_LONGEST_PILOT_SECONDS = 60.0
_GOLDEN = 0.6180339887498949


@dataclass(frozen=True)
class Estimate:
    """What a sweep is going to cost.

    Attributes:
        design: name of the design.
        points: its points.
        replications: runs at each point.
        runs: all runs.
        finished: runs that are there already.
        to_do: runs that are still to be made; equal points count once.
        workers: runs made at the same time.
        seconds: time until everything is written (s).
        start_seconds: of that, until the workers are ready (s).
        seconds_per_run: mean time of a run on its worker (s).
        disk_bytes: size of the folder in the end; where points share much of their noise it gets smaller, down to half,
            because a pilot sees few of the runs that are alike.
        peak_disk_bytes: largest size on the way.
        memory_bytes: memory of all processes on this machine together, at most.
        pilot_runs: runs made for this estimate.
        pilot_failed: how many of them failed.
        too_many: whether there are more runs than a sweep takes.
    """

    design: str
    points: int
    replications: int
    runs: int
    finished: int
    to_do: int
    workers: int
    seconds: float
    start_seconds: float
    seconds_per_run: float
    disk_bytes: int
    peak_disk_bytes: int
    memory_bytes: int
    pilot_runs: int
    pilot_failed: int
    too_many: bool = False

    def to_mapping(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self)


def estimate(design: Design, out: str | Path | None, options: Options) -> Estimate:
    """Make a few runs as the sweep would make them, throw them away, and extrapolate. Nothing is written to ``out``.

    Args:
        design: the design, of any size.
        out: folder that the sweep would fill; what is finished there need not be made.
        options: how the sweep would be carried out.

    Raises:
        SweepFolderError: the sweep could not begin.
        SweepError: the pilot's workers died.
    """
    if _is_unlisted(design, out):
        return _by_arithmetic(design, options)
    known = _known(options)
    path = default_folder(design, known) if out is None else Path(out)
    folder = SweepFolder(path, design, code_identity(known), series=options.series, own=known)
    folder.check(overwrite=options.overwrite, accept_new_code=options.accept_new_code)
    finished = set() if options.overwrite else _finished(path)
    distinct = folder.ordering.distinct
    to_do = [number for number in distinct if number not in finished]
    counts: dict[str, Any] = {
        "design": design.name,
        "points": design.size,
        "replications": design.replications,
        "runs": len(folder.ordering.runs),
        "finished": sum(made in finished for made in folder.ordering.made),
        "to_do": len(to_do),
    }
    if not to_do:
        return Estimate(**counts, **_NOTHING)
    return Estimate(**counts, **_measured(folder, to_do, options))


def _is_unlisted(design: Design, out: str | Path | None) -> bool:
    """Whether a design is too large to list its runs, and nothing of it can be there already."""
    if design.run_count <= MOST_LISTED:
        return False
    there = RUNS.glob(f"{design.name}-*") if out is None else Path(out).glob("*")
    return design.run_count > MOST_RUNS or next(there, None) is None


def _by_arithmetic(design: Design, options: Options) -> Estimate:
    """The estimate for runs that nobody lists: a pilot of some that are spread over the design, times their number."""
    pilot = _pilot_design(design)
    folder = SweepFolder(Path(), pilot, code_identity(), series=options.series)
    found = _measured(
        folder, folder.ordering.distinct, options, times=design.run_count / pilot.run_count, seconds=SHORT_PILOT_SECONDS
    )
    counts = {"points": design.size, "replications": design.replications, "runs": design.run_count}
    too_many = design.run_count > MOST_RUNS
    return Estimate(design=design.name, **counts, finished=0, to_do=design.run_count, **found, too_many=too_many)


def _pilot_design(design: Design) -> Design:
    """A list of points spread over a design, with few replications."""
    if design.n is not None:
        # A smaller sample of the same kind is spread as the large one is.
        design = dataclasses.replace(design, n=min(design.n, _PILOT_POINTS if design.kind == "random" else 32))
    points = design.points()
    count = min(_PILOT_POINTS, len(points))
    listed = {repr(point): point for point in (points[len(points) * number // count] for number in range(count))}
    return dataclasses.replace(
        design,
        kind="list",
        n=None,
        listed=tuple(listed.values()),
        replications=min(design.replications, _PILOT_REPLICATIONS),
    )


_NOTHING: dict[str, Any] = {
    "workers": 0,
    "seconds": 0.0,
    "start_seconds": 0.0,
    "seconds_per_run": 0.0,
    "disk_bytes": 0,
    "peak_disk_bytes": 0,
    "memory_bytes": 0,
    "pilot_runs": 0,
    "pilot_failed": 0,
}


def _finished(path: Path) -> set[int]:
    """Numbers of the runs that a folder has; a complete one has all."""
    if not (path / folders.MANIFEST).is_file():
        return set()
    manifest = folders.read_manifest(path)
    return (
        set(range(manifest["runs"]))
        if manifest["state"] == folders.COMPLETE
        else Parts(folders.parts_in(path)).finished
    )


def _known(options: Options) -> casts.Identity | None:
    return casts.of_sweep(options.agents, options.model)[0]


def _measured(
    folder: SweepFolder, to_do: list[int], options: Options, *, times: float = 1.0, seconds: float = PILOT_SECONDS
) -> dict[str, Any]:
    """What the runs of a folder cost, and ``times`` as many; the pilot goes on for so many ``seconds``."""
    design = folder.ordering.design
    known, own = casts.of_sweep(options.agents, options.model)
    code = code_identity(known)
    job = Job(design.scenario, code, options.series, execute=options.execute, own=own)
    pool = open_pool(options, len(to_do), lambda: False)
    try:
        began = time.perf_counter()
        pool.wait_until_ready()
        start_seconds = time.perf_counter() - began
        results = _pilot(pool, job, folder, spread(to_do), seconds)
        workers = pool.workers
    except WorkerDiedError as error:
        raise SweepError(f"a worker died in the pilot: {error}") from error
    finally:
        pool.close(at_once=True)
    made = sum(len(result.records) for result in results)
    busy = sum(result.seconds for result in results) / made
    part_bytes = sum(len(result.part) for result in results) / made
    number, all_runs = len(to_do) * times, len(folder.ordering.runs) * times
    disk, final_seconds = _final(folder, results, made, all_runs)
    here = peak_memory()
    elsewhere = options.cluster is not None
    theirs = max(result.peak_bytes for result in results) * workers if workers > 1 and not elsewhere else 0
    return {
        "workers": workers,
        # Workers share the runs; putting them in order is work for one.
        "seconds": start_seconds + number * busy / min(workers, number) + all_runs * final_seconds,
        "start_seconds": start_seconds,
        "seconds_per_run": sum(record.seconds for result in results for record in result.records) / made,
        "disk_bytes": disk,
        "peak_disk_bytes": disk + int(part_bytes * all_runs),
        "memory_bytes": here + theirs,
        "pilot_runs": made,
        "pilot_failed": sum(record.status == FAILED for result in results for record in result.records),
    }


def spread(numbers: list[int]) -> list[int]:
    """The same numbers in an order whose beginning covers the whole design evenly (multiples of the golden ratio)."""
    order = dict.fromkeys(int((k * _GOLDEN % 1.0) * len(numbers)) for k in range(4 * len(numbers)))
    return [numbers[position] for position in [*order, *(p for p in range(len(numbers)) if p not in order)]]


def _pilot(pool: Pool, job: Job, folder: SweepFolder, numbers: list[int], seconds: float) -> list[ChunkResult]:
    """Results of the chunks that a pilot makes with all workers busy; the first one of each worker is not counted."""
    workers, runs = pool.workers, folder.ordering.runs
    chunks = Chunks(numbers, folder.ordering.bytes_per_run if job.series else 0)
    began = time.monotonic()
    hand: list[Future[ChunkResult]] = []
    results: list[ChunkResult] = []
    while True:
        enough = len(results) >= 3 * workers and time.monotonic() - began > seconds
        enough = enough or (len(results) >= workers and time.monotonic() - began > _LONGEST_PILOT_SECONDS)
        while chunks and not enough and len(hand) < 2 * workers:
            chunk = sorted(chunks.take(workers))
            hand.append(pool.submit(job, [Task(n, runs[n].seed, runs[n].overrides) for n in chunk]))
        if not hand:
            break
        result = pool.result(hand.pop(0))
        chunks.note(record.effort for record in result.records)
        results.append(result)
    # Single runs that were handed out before their time was known, unless there is nothing else.
    counted = results[workers:] or results
    whole = [result for result in counted if result.seconds > CHUNK_SECONDS / 2 or len(result.records) > 1]
    return whole or counted


def _final(folder: SweepFolder, results: list[ChunkResult], made: int, all_runs: float) -> tuple[int, float]:
    """Bytes of the final tables and seconds that a run takes in them, tried out on the pilot's runs."""
    import tempfile

    began = time.perf_counter()
    size = 0.0
    with tempfile.TemporaryDirectory(prefix="restaking-pilot-") as name:
        target = Path(name) / PARTS
        target.mkdir()
        for number, result in enumerate(results):
            files.write_bytes(target / f"{number:08d}.parquet", result.part)
        parts = Parts(folders.parts_in(Path(name)))
        rows = tables.Rows(folder.ordering, parts)
        seconds = time.perf_counter() - began
        for piece in (rows.runs_table(), rows.timings_table()):
            size += _size_of(piece, all_runs / made)
        series = tables.SeriesTables(folder.ordering, rows, parts)
        numbers = [number for number in rows.present if folder.ordering.made[number] == number]
        step = folder.ordering.runs_in(tables.BLOCK_ROWS)
        began = time.perf_counter()
        block = series.block(numbers[:step])
        blocks = all_runs / max(len(numbers[:step]), 1)
        if len(block):
            size += _size_of(block, blocks)
        # Every run but those in this block costs as much as one in it.
        seconds += (time.perf_counter() - began) / 3.0 * made / max(len(numbers[:step]), 1)
    return int(size), seconds / made


def _size_of(table: Any, times: float) -> float:
    """Size of a file with ``times`` as many rows: what every file has, once, and what rows take."""
    whole, half = _size(table), _size(table.slice(0, len(table) // 2))
    per_row = max(whole - half, 0) / max(len(table) - len(table) // 2, 1)
    return whole + per_row * len(table) * (times - 1.0)


def _size(table: Any) -> int:
    sink = io.BytesIO()
    with tables.writer(table.schema, sink, {}) as writer:
        writer.write_table(table, row_group_size=max(len(table), 1))
    return sink.tell()
