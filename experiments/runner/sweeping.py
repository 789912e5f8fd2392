"""Sweeps: all runs of a design, in a folder."""

import contextlib
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .. import casts
from ..designs import Design, load_design
from ..folders.files import problem
from ..folders.folder import claim
from ..interruption import Interruption
from ..run import RUNS
from . import folder as folders
from .chunks import Chunks
from .errors import CodeMismatchError, SweepError, SweepFolderError, SweepInterrupted
from .folder import SweepFolder
from .identity import code_identity
from .parts import DamagedPartError, encode
from .pool import DaskCluster, Pool, Processes, Serial, WorkerDiedError, default_workers
from .progress import SweepProgress
from .task import FAILED, ChunkResult, Job, Outcome, Record, Task, now, simulate

if TYPE_CHECKING:
    from ...agents.cast import Cast
    from ...model.own_metrics import OwnMetric
    from ...model.scenario import Scenario
    from .results import Results

OnError = Literal["continue", "stop"]

GRACE_SECONDS = 20.0
"""How long an interrupted sweep waits for the chunks in hand; batch systems kill 30 s after they have asked."""

_DEATHS = 2
_TICK_SECONDS = 0.25


@dataclass(frozen=True)
class Options:
    """How a sweep is carried out; none of it but own classes changes a number.

    Attributes:
        workers: processes; 1 means this one, None as many as there are processors.
        cluster: address of a Dask scheduler.
        on_error: whether to go on when a run fails.
        progress: whether to show progress on standard error.
        overwrite: whether to replace another sweep in the folder.
        series: whether to keep daily series.
        accept_new_code: whether runs of other code may stay beside those that are made now.
        retry_failed: whether runs that failed before are made again.
        say: where messages for people go.
        execute: makes one run.
        agents: own classes of agents: a cast, or classes by kind.
        model: own maker of models, called with a scenario and ``seed=``.
    """

    workers: int | None = None
    cluster: str | None = None
    on_error: OnError = "continue"
    progress: bool = True
    overwrite: bool = False
    series: bool = True
    accept_new_code: bool = False
    retry_failed: bool = False
    say: Callable[[str], None] = lambda message: None
    execute: "Callable[[Scenario, int], Outcome]" = simulate
    agents: "Cast | Mapping[str, type] | None" = None
    model: casts.Maker | None = None

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise SweepFolderError(f"workers = {self.workers} must be at least 1")
        if self.workers is not None and self.cluster is not None:
            raise SweepFolderError("give either workers or a cluster: a cluster has its own workers")
        if self.on_error not in ("continue", "stop"):
            raise SweepFolderError(f"on_error = {self.on_error!r} must be continue or stop")


def sweep(
    design: "Design | str | Path | Mapping[str, Any]",
    *,
    out: str | Path | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    on_error: OnError = "continue",
    progress: bool = True,
    overwrite: bool = False,
    series: bool = True,
    accept_new_code: bool = False,
    retry_failed: bool = False,
    agents: "Cast | Mapping[str, type] | None" = None,
    metrics: "OwnMetric | Iterable[OwnMetric]" = (),
    model: casts.Maker | None = None,
) -> "Results":
    """Make all runs of a design that are not there yet.

    The same call again goes on where the last one ended, however it ended. Numbers and files do not depend on workers,
    cluster or interruptions (``timings.parquet`` and ``manifest.json``, which hold wall-clock times, apart).

    Args:
        design: a design, its shipped name, a TOML or JSON file, or a mapping.
        out: folder of the results; ``results/runs/NAME-HASH`` when None.
        workers: processes; 1 means this one, None as many as there are processors.
        cluster: address of a Dask scheduler (``tcp://host:port``) instead.
        on_error: ``"continue"`` makes a failed run a row with its error, ``"stop"`` also stops the sweep.
        progress: whether to show progress on standard error.
        overwrite: whether to replace the results of another design or of other code in ``out``.
        series: whether to keep the daily series, or only the summary of each run.
        accept_new_code: whether runs that other code has made may stay, the missing ones being made with this code.
        retry_failed: whether to make runs again that failed before.
        agents: own classes of agents, by kind or as a cast. They are part of what the sweep is known by; workers import
            them by name.
        metrics: metrics of one's own, recorded in every run; the same holds for them.
        model: makes the model of a run, called with the scenario and ``seed=`` (and ``agents=`` where own classes are
            given); ``RestakingEcosystem`` when None.

    Raises:
        CastError: a class cannot play, or workers could not import it.
        MetricError: an own metric cannot be recorded.
        DesignError: the design is not valid.
        SweepFolderError: something else stands in ``out``, another process is at work there, or no cluster answers.
        SweepError: the disk is full, the cluster is gone, or a run failed and ``on_error`` is ``"stop"``.
        SweepInterrupted: Ctrl-C or SIGTERM, after everything that was finished had been written.

    Example:
        >>> design = {"name": "fees", "scenario": "baseline", "stakers": 50, "days": 3, "replications": 2,
        ...           "design": {"kind": "grid"}, "axes": {"lrt.alpha.fee": [0.05, 0.15]}}
        >>> results = sweep(design, out="fees", workers=1, progress=False)
        >>> results.runs.groupby("lrt.alpha.fee")["lrt_supply_eth"].count().to_dict()
        {0.05: 2, 0.15: 2}
    """
    options = Options(
        workers=workers,
        cluster=cluster,
        on_error=on_error,
        progress=progress,
        overwrite=overwrite,
        series=series,
        accept_new_code=accept_new_code,
        retry_failed=retry_failed,
        agents=agents if metrics == () else casts.of(agents, metrics),
        model=model,
    )
    own = () if isinstance(options.agents, Mapping | None) else options.agents.metrics
    return carry_out(load_design(design, own_metrics=own), out, options)


def default_folder(design: Design, own: casts.Identity | None = None) -> Path:
    """Folder of a sweep that is not told where to go: its name says design and hash, and that of own classes."""
    name = f"{design.name}-{design.content_hash()[:8]}"
    return RUNS / (name if own is None else f"{name}-{casts.digest(own)[:8]}")


def carry_out(design: Design, out: str | Path | None, options: Options) -> "Results":
    """Make all runs of a design that are not there yet (see :func:`sweep`)."""
    from .results import load_results

    own, packed = casts.of_sweep(options.agents, options.model)
    if options.workers != 1:
        casts.refuse_script(packed)
    path = default_folder(design, own) if out is None else Path(out)
    code = code_identity(own)
    folder = SweepFolder(path, design, code, series=options.series, own=own)
    folder.check(overwrite=options.overwrite, accept_new_code=options.accept_new_code)
    with claim(path, folders.LAYOUT) as place, _told_plainly(folder):
        folder.open(
            place,
            overwrite=options.overwrite,
            accept_new_code=options.accept_new_code,
            retry_failed=options.retry_failed,
        )
        tell_notes(folder, options)
        if folder.complete:
            options.say(f"{path} holds this sweep already, complete: nothing to do")
        else:
            job = Job(design.scenario, code, options.series, options.on_error == "stop", options.execute, packed)
            _Sweep(folder, job, options).run()
    return load_results(path)


def tell_notes(folder: SweepFolder, options: Options) -> None:
    """Say what people should know about a folder, each thing once."""
    for note in folder.notes:
        options.say(note)
    folder.notes.clear()


@contextlib.contextmanager
def _told_plainly(folder: SweepFolder) -> Iterator[None]:
    """Turn what the disk refuses into one sentence."""
    try:
        yield
    except OSError as error:
        if isinstance(error, (ConnectionError, TimeoutError)):
            raise
        raise SweepError(
            f"{folder.path} cannot be written: {problem(error)}; {_kept(folder)} When that is mended, give the same "
            "command again"
        ) from error


def _kept(folder: SweepFolder) -> str:
    there = folder.finished
    number = sum(made in there for made in folder.ordering.made)
    return f"{number:,} of {len(folder.ordering.runs):,} runs are finished and safe."


def open_pool(options: Options, runs: int, stop: Callable[[], Any]) -> Pool:
    """The place where ``runs`` runs are made.

    Args:
        options: workers and cluster.
        runs: how many there are: more workers than runs are of no use.
        stop: for runs in this process: asked after each whether to leave out the rest of a chunk.

    Raises:
        SweepFolderError: no cluster answers.
    """
    if options.cluster is not None:
        return DaskCluster(options.cluster)
    workers = min(options.workers or default_workers(), max(runs, 1))
    return Serial(stop) if workers == 1 else Processes(workers)


@dataclass
class _Hand:
    """Chunks in hand.

    Attributes:
        chunks: runs by the future that makes them.
    """

    chunks: "dict[Future[ChunkResult], list[int]]" = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.chunks)


class _Sweep:
    """One session at a folder.

    Args:
        folder: open, not complete.
        job: what the runs share.
        options: how to go about it.
    """

    def __init__(self, folder: SweepFolder, job: Job, options: Options) -> None:
        self._folder, self._job, self._options = folder, job, options
        self._waiting = Chunks(folder.to_do(), folder.ordering.bytes_per_run if job.series else 0)
        self._hand = _Hand()
        self._suspects: list[int] = []
        self._interruption = Interruption()
        self._stopped_by: Record | None = None
        self._copies = Counter(folder.ordering.made)

    # ------------------------------------------------------------------------------------------------ the session

    def run(self) -> None:
        """Make what is missing, then put everything in order."""
        began = time.perf_counter()
        session: dict[str, Any] = {"started": now(), "workers": None, "cluster": self._options.cluster}
        progress = self._progress()
        try:
            with self._interruption:
                while not self._leaving:
                    if self._waiting:
                        session["workers"] = self._make_all(progress)
                    if not self._leaving and self._finish():
                        break
        finally:
            if progress is not None:
                progress.close()
            session |= {"seconds": round(time.perf_counter() - began, 3)}
            self._folder.manifest.setdefault("sessions", []).append(session)
            with contextlib.suppress(OSError):
                self._folder.write_manifest()
        self._say_why_it_stopped()

    def _finish(self) -> bool:
        """Put everything in order; False when a part turned out to be damaged, and its runs are to be made again."""
        try:
            self._folder.finish()
        except DamagedPartError as error:
            self._waiting.put_back(self._folder.drop(error.path))
            tell_notes(self._folder, self._options)
            return False
        return True

    def _make_all(self, progress: "SweepProgress | None") -> int:
        pool = self._pool()
        at_once = True
        try:
            workers = pool.workers
            self._loop(pool, progress)
            at_once = bool(self._hand.chunks)
            return workers
        finally:
            pool.close(at_once=at_once)

    def _pool(self) -> Pool:
        return open_pool(self._options, len(self._waiting), lambda: self._leaving)

    def _progress(self) -> SweepProgress | None:
        if not self._options.progress:
            return None
        label = self._folder.ordering.design.name
        return SweepProgress(label, len(self._folder.ordering.runs), self._count(self._folder.finished))

    @property
    def _leaving(self) -> bool:
        return bool(self._interruption) or self._stopped_by is not None

    def _loop(self, pool: Pool, progress: SweepProgress | None) -> None:
        deadline: float | None = None
        while self._waiting or self._hand or self._suspects:
            if self._leaving:
                deadline = deadline or time.monotonic() + GRACE_SECONDS
                self._drop_queued()
                if not self._hand or time.monotonic() > deadline:
                    return
            elif self._suspects and not self._hand:
                self._try_alone(pool, self._suspects.pop(0))
            elif not self._suspects:
                self._fill(pool)
            over, _ = wait(self._hand.chunks, timeout=_TICK_SECONDS, return_when=FIRST_COMPLETED)
            self._collect(pool, over)
            if progress is not None:
                progress(self._count(self._folder.finished), self._count(self._folder.failed))

    def _fill(self, pool: Pool) -> None:
        slots = pool.slots
        while self._waiting and len(self._hand) < slots and not self._leaving:
            chunk = self._waiting.take(pool.workers)
            try:
                self._submit(pool, chunk)
            except WorkerDiedError:
                # Noticed before the chunk was handed over: it is nobody's fault, and those in hand tell the same story.
                self._waiting.put_back(chunk)
                return

    def _submit(self, pool: Pool, chunk: list[int]) -> None:
        runs = self._folder.ordering.runs
        tasks = [Task(number, runs[number].seed, runs[number].overrides) for number in chunk]
        self._hand.chunks[pool.submit(self._job, tasks)] = chunk

    def _drop_queued(self) -> None:
        for future in [future for future in self._hand.chunks if future.cancel()]:
            self._waiting.put_back(self._hand.chunks.pop(future))

    # ------------------------------------------------------------------------------------------------ results

    def _collect(self, pool: Pool, over: "set[Future[ChunkResult]]") -> None:
        died = False
        for future in sorted(over, key=lambda one: self._hand.chunks[one]):
            chunk = self._hand.chunks.pop(future)
            try:
                result = self._result(pool, future)
            except WorkerDiedError:
                self._suspects += chunk
                died = True
                continue
            self._keep(result)
            made = {record.run for record in result.records}
            self._waiting.put_back([number for number in chunk if number not in made])
        if died:
            self._after_a_death(pool)

    def _after_a_death(self, pool: Pool) -> None:
        if self._leaving:
            # A signal to the whole group ends the workers, too; their runs are made next time.
            self._hand.chunks.clear()
            self._suspects.clear()
            return
        # A broken pool has lost everything that was in hand.
        for future, chunk in list(self._hand.chunks.items()):
            if future.done() or isinstance(pool, Processes):
                self._hand.chunks.pop(future)
                try:
                    self._keep(self._result(pool, future)) if future.done() else self._suspects.extend(chunk)
                except WorkerDiedError:
                    self._suspects += chunk
        self._suspects.sort()
        self._restart(pool)

    def _restart(self, pool: Pool) -> None:
        try:
            pool.restart()
        except SweepError as error:
            # A signal to the whole group has ended the fork server as well.
            if not self._leaving:
                raise SweepError(f"{error}; {_kept(self._folder)}") from error

    def _try_alone(self, pool: Pool, number: int) -> None:
        """Make a run that was in hand when a worker died, and nothing else beside it."""
        for _ in range(_DEATHS - 1):
            self._submit(pool, [number])
            (future,) = self._hand.chunks
            while not future.done():
                wait([future], timeout=_TICK_SECONDS)
                if self._leaving:
                    return
            self._hand.chunks.clear()
            try:
                self._keep(self._result(pool, future))
            except WorkerDiedError:
                if not self._leaving:
                    self._restart(pool)
                    continue
            return
        error = f"the worker died {_DEATHS} times while it made this run (killed, crashed, or out of memory)"
        record = Record(number, FAILED, self._job.code, error=error, traceback=f"{error}\n", started=now())
        self._keep(ChunkResult(encode([record], []), [record]))

    def _result(self, pool: Pool, future: "Future[ChunkResult]") -> ChunkResult:
        try:
            return pool.result(future)
        except CodeMismatchError as error:
            raise SweepError(
                f"a worker has other code than this process ({error}); {_kept(self._folder)} Install the same version "
                "everywhere (or leave the sources alone while a sweep runs) and give the same command again"
            ) from error
        except SweepError as error:
            raise SweepError(f"{error}; {_kept(self._folder)} Give the same command again") from error

    def _keep(self, result: ChunkResult) -> None:
        self._folder.add(result)
        self._waiting.note(record.effort for record in result.records)
        failed = [record for record in result.records if record.status == FAILED]
        if failed and self._options.on_error == "stop" and self._stopped_by is None:
            self._stopped_by = failed[0]

    # ------------------------------------------------------------------------------------------------ words

    def _count(self, runs: set[int]) -> int:
        return sum(self._copies[number] for number in runs)

    def _say_why_it_stopped(self) -> None:
        path = self._folder.path
        go_on = f"{_kept(self._folder)} The same command goes on from there"
        if self._interruption.signal is not None and not self._folder.complete:
            name = signal.Signals(self._interruption.signal).name
            raise SweepInterrupted(f"stopped by {name}; {path}: {go_on}", self._interruption.signal)
        if self._stopped_by is not None:
            (_, name), *_ = self._folder.capsule_names(self._stopped_by)
            raise SweepError(
                f"run {name} failed: {self._stopped_by.error} "
                f"(restaking replay {path / folders.FAILURES / name}.json); {go_on}"
            )
