"""Where runs are made: in this process, in a pool of processes, or on a Dask cluster. One face for all three."""

import contextlib
import gc
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import ModuleType
from typing import Any, Protocol

from ...model.errors import RestakingError
from .errors import SweepError, SweepFolderError
from .task import ChunkResult, Job, Task, run_chunk
from .worker import THREADS, load, ready, start

Chunk = Sequence[Task]

_QUEUED_PER_WORKER = 2
_CONNECT_SECONDS = 15.0
_COUNT_EVERY_SECONDS = 5.0


class WorkerDiedError(RestakingError, RuntimeError):
    """A worker died; it is not known which of the runs in hand was the reason."""


class Pool(Protocol):
    """A place where chunks are made."""

    @property
    def slots(self) -> int:
        """Chunks that may be in hand at once."""

    @property
    def workers(self) -> int:
        """Runs made at the same time."""

    def submit(self, job: Job, chunk: Chunk) -> "Future[ChunkResult]":
        """Begin a chunk.

        Raises:
            WorkerDiedError: the pool has to be restarted first.
        """

    def result(self, future: "Future[ChunkResult]") -> ChunkResult:
        """Result of a chunk that is over.

        Raises:
            WorkerDiedError: its worker died.
            SweepError: the cluster is gone.
        """

    def wait_until_ready(self) -> None:
        """Start the workers and wait for them; they start by themselves, too."""

    def restart(self) -> None:
        """Replace the workers after one of them died.

        Raises:
            SweepError: no worker can be started.
        """

    def close(self, *, at_once: bool) -> None:
        """Let the workers go; ``at_once`` does not wait for what they do."""


class Serial:
    """Runs in this process, one after the other.

    Args:
        stop: asked after each run whether to leave out the rest of a chunk.
    """

    slots = workers = 1

    def __init__(self, stop: Callable[[], Any]) -> None:
        self._stop = stop
        # What is there already is no run's garbage; without this, every look for circles takes as long as a run.
        self._froze = gc.get_freeze_count() == 0
        if self._froze:
            gc.freeze()

    def submit(self, job: Job, chunk: Chunk) -> "Future[ChunkResult]":
        """Make a chunk."""
        future: Future[ChunkResult] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(run_chunk(job, chunk, self._stop))
        except Exception as error:
            future.set_exception(error)
        return future

    def result(self, future: "Future[ChunkResult]") -> ChunkResult:
        """Result of a chunk."""
        return future.result()

    def wait_until_ready(self) -> None:
        """Load what the first run needs."""
        load()

    def restart(self) -> None:
        """Nothing can have died."""

    def close(self, *, at_once: bool) -> None:
        """Leave the process as it was."""
        if self._froze:
            gc.unfreeze()


def refuse_in_a_daemon() -> None:
    """Raise where Python lets no process be started: in a worker of a ``multiprocessing.Pool``.

    Raises:
        SweepFolderError: it is such a worker.
    """
    import multiprocessing

    if multiprocessing.current_process().daemon:
        raise SweepFolderError(
            "this process is itself a worker of a pool (daemonic), which may not start others: give workers=1"
        )


class Processes:
    """A pool of warm processes on this machine.

    Args:
        workers: number of processes.

    Raises:
        SweepFolderError: this process may not start any.
    """

    def __init__(self, workers: int) -> None:
        refuse_in_a_daemon()
        self.workers = workers
        self.slots = _QUEUED_PER_WORKER * workers
        self._environment = contextlib.ExitStack()
        self._environment.enter_context(_single_threaded())
        self._executor = self._new()

    def _new(self) -> ProcessPoolExecutor:
        import multiprocessing

        if sys.platform == "linux":
            context: Any = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload([f"{__package__}.preload"])
        else:
            context = multiprocessing.get_context("spawn")
            self._compile_once()
        return ProcessPoolExecutor(self.workers, mp_context=context, initializer=start)

    @staticmethod
    def _compile_once() -> None:
        """Compile the model here, if it is not yet; workers that are not forked would each do it for themselves."""
        from ...model._code_version import code_version
        from ...model._kernel_cache import is_cold

        if is_cold(code_version()):
            load()

    def wait_until_ready(self) -> None:
        """Start all workers and wait for them."""
        try:
            with _hidden_main():
                for future in [self._executor.submit(ready) for _ in range(self.workers)]:
                    future.result()
        except BrokenProcessPool as error:
            raise SweepError(f"the workers cannot be started ({_short(error)}); --workers 1 shows why") from error

    def submit(self, job: Job, chunk: Chunk) -> "Future[ChunkResult]":
        """Hand a chunk to the pool."""
        try:
            with _hidden_main():
                return self._executor.submit(run_chunk, job, chunk)
        except BrokenProcessPool as error:
            raise WorkerDiedError(str(error)) from error

    def result(self, future: "Future[ChunkResult]") -> ChunkResult:
        """Result of a chunk."""
        try:
            return future.result()
        except (BrokenProcessPool, CancelledError) as error:
            raise WorkerDiedError(str(error)) from error

    def restart(self) -> None:
        """Replace all workers."""
        self._end(self._executor)
        self._executor = self._new()
        # Workers that die before they have anything to do are no run's fault.
        self.wait_until_ready()

    def close(self, *, at_once: bool) -> None:
        """End the workers."""
        if at_once:
            self._end(self._executor)
        else:
            self._executor.shutdown(wait=True, cancel_futures=True)
        self._environment.close()

    @staticmethod
    def _end(executor: ProcessPoolExecutor) -> None:
        # The executor has no public way to end a worker in the middle of a run before Python 3.14.
        processes = list((getattr(executor, "_processes", None) or {}).values())
        executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()
        for process in processes:
            process.join()


class DaskCluster:
    """The workers of a Dask scheduler, wherever they are.

    Args:
        address: of the scheduler, ``tcp://host:port``.

    Raises:
        SweepFolderError: nobody answers there, or Dask is not installed.
    """

    def __init__(self, address: str) -> None:
        try:
            import distributed
        except ImportError as error:
            raise SweepFolderError(
                "--cluster needs Dask, which is not installed: pip install 'restaking[cluster]'"
            ) from error
        self._address = address
        # Typed in part only.
        client: Any = distributed.Client
        try:
            self._client: Any = client(address, set_as_default=False, timeout=_CONNECT_SECONDS)
        except (OSError, TimeoutError, ValueError, ImportError) as error:
            raise SweepFolderError(f"--cluster: no Dask scheduler answers at {address} ({_short(error)})") from error
        # Not pure: equal chunks must not be taken for one. Its executor knows neither initialisers nor cancel_futures.
        self._executor = self._client.get_executor(pure=False, retries=0)
        self._counted = 0.0
        self._threads = 0

    @property
    def workers(self) -> int:
        """Threads of all workers; they may come and go."""
        now = time.monotonic()
        if now - self._counted > _COUNT_EVERY_SECONDS or not self._counted:
            with contextlib.suppress(OSError, TimeoutError):
                # Runs of one process take turns: a worker counts once, whatever number of threads it has.
                self._threads = len(self._client.nthreads())
            self._counted = now
        return max(self._threads, 1)

    @property
    def slots(self) -> int:
        """Chunks that may be in hand at once."""
        return _QUEUED_PER_WORKER * self.workers

    def submit(self, job: Job, chunk: Chunk) -> "Future[ChunkResult]":
        """Hand a chunk to the scheduler."""
        try:
            future: Future[ChunkResult] = self._executor.submit(run_chunk, job, chunk)
        except Exception as error:
            raise self._lost(error) from error
        return future

    def result(self, future: "Future[ChunkResult]") -> ChunkResult:
        """Result of a chunk."""
        from distributed import KilledWorker

        try:
            return future.result()
        except KilledWorker as error:
            raise WorkerDiedError(_short(error)) from error
        except CancelledError as error:
            raise self._lost(error) from error
        except (OSError, TimeoutError) as error:
            raise self._lost(error) from error

    def _lost(self, error: BaseException) -> SweepError:
        return SweepError(f"the Dask scheduler at {self._address} is gone ({_short(error)})")

    def wait_until_ready(self) -> None:
        """Load what the first run needs, on every worker that is there."""
        self._client.run(load)

    def restart(self) -> None:
        """Dask replaces its workers itself."""

    def close(self, *, at_once: bool) -> None:
        """Leave the cluster as it was."""
        # Whatever a lost connection complains about while it is closed is not news.
        with contextlib.suppress(Exception):
            self._executor.shutdown(wait=not at_once)
        with contextlib.suppress(Exception):
            self._client.close(timeout=2 if at_once else None)


def default_workers() -> int:
    """Number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _short(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0][:200] if lines and lines[0] else type(error).__name__


@contextlib.contextmanager
def _single_threaded() -> Iterator[None]:
    """One thread for every library in the processes that are started meanwhile."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _hidden_main() -> Iterator[None]:
    """Keep a started worker from importing the program that started it.

    It needs nothing of it, and a script without ``if __name__ == "__main__"`` would begin its sweep again in there.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
