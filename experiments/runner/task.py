"""What a worker does: a few runs, one after the other, into one part of the results."""

import contextlib
import datetime
import gc
import os
import socket
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import casts
from ..provenance import processor
from .errors import CodeMismatchError
from .identity import code_identity

if TYPE_CHECKING:
    from ...agents.cast import Cast
    from ...model.ecosystem import RestakingEcosystem
    from ...model.scenario import Scenario

DONE = "done"
FAILED = "failed"

_LONGEST_ERROR = 300
_WAITING = 20.0
# A cluster's worker may have several threads; Mesa and the warm-up are meant for one.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Outcome:
    """What a run gives.

    Attributes:
        summary: summary metrics by name.
        names: names of the series.
        daily: the series, shape (days + 1, names).
    """

    summary: Mapping[str, float]
    names: tuple[str, ...]
    daily: NDArray[np.float64]


def simulate(
    scenario: "Scenario", seed: int, cast: "Cast | None" = None, model: "casts.Maker | None" = None
) -> Outcome:
    """Run a scenario to its horizon and free all that it held.

    Args:
        scenario: the scenario.
        seed: its seed.
        cast: the classes of its agents; the shipped ones when None.
        model: makes the model, from the scenario and the seed (and ``agents``, with a cast of own classes).
    """
    from ...model.ecosystem import RestakingEcosystem

    own = {} if cast is None or cast.stock else {"agents": cast}
    with (model or _stock_model)(scenario, seed=seed, **own) as ecosystem:
        if not isinstance(ecosystem, RestakingEcosystem):
            raise TypeError(f"model returned {type(ecosystem).__name__}, not a RestakingEcosystem")
        _check_recorded(ecosystem, cast)
        ecosystem.run()
        daily, rows = ecosystem.recorder.table()
        return Outcome(ecosystem.recorder.summary(), ecosystem.recorder.names, daily[:rows])


def _check_recorded(ecosystem: "RestakingEcosystem", cast: "Cast | None") -> None:
    """Refuse a maker of models that does not hand on the own metrics."""
    wanted = () if cast is None else cast.metrics
    missing = [metric.name for metric in wanted if metric not in ecosystem.recorder.own]
    if missing:
        raise TypeError(f"model made a RestakingEcosystem that does not record {', '.join(missing)}: hand on agents=")


def _stock_model(scenario: "Scenario", **terms: Any) -> Any:
    from ...model.ecosystem import RestakingEcosystem

    return RestakingEcosystem(scenario, **terms)


@dataclass(frozen=True)
class Job:
    """What all runs of a sweep share.

    Attributes:
        scenario: where every run starts from.
        code: the code that the runs must be made with.
        series: whether to keep daily series.
        stop_on_failure: whether a chunk ends with the first run that fails.
        execute: makes a run; importable in a worker.
        own: classes of agents or a maker of models that are not the shipped ones.
    """

    scenario: "Scenario"
    code: str
    series: bool = True
    stop_on_failure: bool = False
    execute: "Callable[[Scenario, int], Outcome]" = simulate
    own: "casts.Packed | None" = None


@dataclass(frozen=True)
class Task:
    """One run to make.

    Attributes:
        run: its number in the design.
        seed: its seed.
        overrides: values by dotted key.
    """

    run: int
    seed: int
    overrides: Mapping[str, Any]


@dataclass
class Record:
    """One run that was made: a row of the results before they are put in order.

    Attributes:
        run: its number in the design.
        status: ``done`` or ``failed``.
        code: the code that made it.
        error: what went wrong, in one line.
        traceback: where; not kept in the part.
        summary: summary metrics by name.
        started: wall-clock time of its beginning.
        seconds: its wall-clock duration (s).
        worker: host and process.
        cpu_seconds: processor time that it took (s); not kept in the part.
    """

    run: int
    status: str
    code: str
    error: str | None = None
    traceback: str = ""
    summary: Mapping[str, float] = field(default_factory=dict)
    started: str = ""
    seconds: float = 0.0
    worker: str = ""
    cpu_seconds: float = 0.0

    @property
    def effort(self) -> float:
        """Seconds by which chunks are sized: processor time, as others on the machine must not make chunks small.

        A run that mostly waits counts a part of its waiting, lest a chunk of such runs take for ever.
        """
        return max(self.cpu_seconds, self.seconds / _WAITING)

    def row(self) -> dict[str, Any]:
        """The record as it is kept."""
        content = asdict(self)
        del content["traceback"], content["cpu_seconds"]
        return content


@dataclass(frozen=True)
class ChunkResult:
    """What a worker gives back.

    Attributes:
        part: a Parquet file with the series and, in its metadata, the records.
        records: one for each run.
        seconds: wall-clock time of the chunk, with everything that belongs to it (s).
        peak_bytes: largest memory that the worker has held (resident), 0 where the system does not tell.
        processor: what it was made on, see :func:`..provenance.processor`; empty when nothing was.
    """

    part: bytes
    records: list[Record]
    seconds: float = 0.0
    peak_bytes: int = 0
    processor: Mapping[str, Any] = field(default_factory=dict)


def run_chunk(job: Job, tasks: Sequence[Task], stop: Callable[[], Any] | None = None) -> ChunkResult:
    """Make a few runs.

    Args:
        job: what they share.
        tasks: the runs.
        stop: asked after each run whether to leave out the others.

    Raises:
        CodeMismatchError: this process has other sources than ``job`` asks for.
    """
    from .parts import encode

    job = _unpacked(job)
    began = time.perf_counter()
    records: list[Record] = []
    series: list[tuple[int, Outcome]] = []
    with _ONE_AT_A_TIME:
        scenarios = _Scenarios(job.scenario)
        for task in tasks:
            record, outcome = _run(job, task, scenarios)
            records.append(record)
            if outcome is not None and job.series:
                series.append((task.run, outcome))
            if (stop is not None and stop()) or (job.stop_on_failure and record.status == FAILED):
                break
        part = encode(records, series)
        # Mesa models hold circles, which reference counting alone does not free.
        series.clear()
        gc.collect()
    return ChunkResult(part, records, time.perf_counter() - began, peak_memory(), processor())


def _unpacked(job: Job) -> Job:
    """The job with its own classes imported.

    Raises:
        CodeMismatchError: this process has other sources than ``job`` asks for, or cannot import them.
    """
    known = None
    if job.own is not None:
        casts.hush()
        try:
            cast, model = job.own.unpack()
            known = casts.identity_of_sweep(cast, model)
        except Exception as error:
            raise CodeMismatchError(f"{worker_name()} cannot import own classes: {one_line(error)}") from error
        job = replace(job, execute=partial(simulate, cast=cast, model=model))
    code = code_identity(known)
    if code != job.code:
        raise CodeMismatchError(f"{worker_name()} has code {code}, not {job.code}")
    return job


def make_one(job: Job, task: Task) -> tuple[Record, Outcome | None]:
    """Make one run in this process; its outcome is None when it failed."""
    job = _unpacked(job)
    with _ONE_AT_A_TIME:
        return _run(job, task, _Scenarios(job.scenario))


class _Scenarios:
    """Scenarios of points, the last one kept: replications of a point follow one another."""

    def __init__(self, base: "Scenario") -> None:
        self._base = base
        self._overrides: Mapping[str, Any] | None = None
        self._scenario = base

    def at(self, overrides: Mapping[str, Any]) -> "Scenario":
        if overrides != self._overrides:
            self._scenario = self._base.with_overrides(overrides)
            self._overrides = overrides
        return self._scenario


def _run(job: Job, task: Task, scenarios: _Scenarios) -> tuple[Record, Outcome | None]:
    record = Record(task.run, DONE, job.code, started=now(), worker=worker_name())
    began, spent = time.perf_counter(), time.thread_time()
    outcome = None
    try:
        outcome = job.execute(scenarios.at(task.overrides), task.seed)
        record.summary = dict(outcome.summary)
    except Exception as error:
        record.status, record.error = FAILED, one_line(error)
        record.traceback = "".join(traceback.format_exception(error))
    record.seconds, record.cpu_seconds = time.perf_counter() - began, time.thread_time() - spent
    return record, outcome


def one_line(error: BaseException) -> str:
    """An exception in one line."""
    text = " ".join(str(error).split())
    line = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return line if len(line) <= _LONGEST_ERROR else f"{line[: _LONGEST_ERROR - 3]}..."


def worker_name() -> str:
    """Host and process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def now() -> str:
    """Wall-clock time, UTC."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


def peak_memory() -> int:
    """Largest resident memory of this process so far, bytes; 0 where the system does not tell."""
    # Linux: what rusage says begins with the memory of the process that started this one.
    with contextlib.suppress(OSError, ValueError, StopIteration):
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
        return 1024 * int(next(line for line in status if line.startswith("VmHWM:")).split()[1])
    try:
        import resource
    except ImportError:
        return 0
    import sys

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
