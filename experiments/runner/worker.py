"""A worker process: ready before its first run, quiet, and gone when its parent is."""

import contextlib
import gc
import os
import signal
import threading

_WARM_STAKERS = 50

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Variables that keep libraries from starting threads of their own beside the workers."""


def start() -> None:
    """Prepare a process of the pool."""
    # Ctrl-C reaches the whole group; the parent alone decides what happens then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    warm_up()


def warm_up() -> None:
    """Import everything, and compile the kernels or load them from their cache; once for a process."""
    global _warm
    if _warm:
        return
    import pyarrow as pa

    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    load()
    # What is there now stays: the collector need not look at it after every chunk.
    gc.collect()
    gc.freeze()
    _warm = True


def load() -> None:
    """Make one short run, so that the next one is as fast as any other.

    Where nothing is compiled yet a second one uses what the first has not, loans above all: else every worker would
    compile that for itself.
    """
    from ...model._code_version import code_version
    from ...model._kernel_cache import is_cold
    from ...model.scenario import load_scenario
    from .task import simulate

    cold = is_cold(code_version())
    # A whole year: what happens rarely has kernels, too.
    simulate(load_scenario("baseline", {"stakers.count": _WARM_STAKERS}), 1)
    if cold:
        simulate(load_scenario("season-2024", {"stakers.count": _WARM_STAKERS}), 1)


_warm = False


def ready() -> int:
    """Number of the process; the first thing that a pool is asked for."""
    return os.getpid()


def _leave_with_parent() -> None:
    """End this process when its parent has died, however it died; a worker would wait for work for ever."""
    import multiprocessing
    from multiprocessing.connection import wait

    parent = multiprocessing.parent_process()
    if parent is None:
        return
    with contextlib.suppress(OSError):
        wait([parent.sentinel])
    os._exit(1)
