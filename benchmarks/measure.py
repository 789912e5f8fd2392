"""CPU seconds, in pairs: what a busy machine does to one measurement it does to the one beside it as well.

Wall time on a shared machine says how busy it is. Everything here is CPU time: of this process by ``process_time``, of
a command and all it starts by what the kernel counts of
children. What is compared runs in turn, so that ratios come from the same minute.
"""

import contextlib
import ctypes
import gc
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from restaking.model._compile import compiled
from restaking.model.kernels.draws import uniform

Action = Callable[[], object]

PR_SET_CHILD_SUBREAPER = 36
"""Linux's number of that wish, ``linux/prctl.h``."""

LINE_BYTES = 64
"""Bytes that a processor fetches at once."""


@dataclass(frozen=True)
class Times:
    """CPU seconds of actions that ran in turn, by name, one entry a round."""

    taken: Mapping[str, Sequence[float]]

    def seconds(self, name: str) -> float:
        """Median of one action."""
        return statistics.median(self.taken[name])

    def ratio(self, name: str, over: str) -> float:
        """Median over rounds of one action's time over another's of the same round."""
        return statistics.median(a / b for a, b in zip(self.taken[name], self.taken[over], strict=True))


def cpu_seconds(action: Action) -> float:
    """CPU time of an action in this process, all threads, seconds."""
    start = time.process_time()
    action()
    return time.process_time() - start


def in_turn(actions: Mapping[str, Action], rounds: int, *, warm: bool = True) -> Times:
    """Runs actions one after the other, round by round.

    Args:
        actions: what to run, by name; the order is the order of a round.
        rounds: how often.
        warm: run each once beforehand, for caches and compilation.
    """
    if warm:
        for name, action in actions.items():
            progress(f"{name}, warming up")
            action()
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for number in range(rounds):
        for name, action in actions.items():
            progress(f"{name}, {number + 1} of {rounds}")
            gc.collect()
            taken[name].append(cpu_seconds(action))
    progress("")
    return Times(taken)


def child_seconds(*command: str) -> float:
    """CPU time of a command and of every process that it starts, seconds.

    A process that outlives its parent, like the fork server of a pool, comes to this process to be waited for (Linux;
    elsewhere its time is missing). Children that this process had before are left alone.

    Raises:
        subprocess.CalledProcessError: the command fails.
    """
    others = _children()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _adopt_orphans(True)
    try:
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        while orphans := _children() - others:
            for orphan in orphans:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(orphan, 0)
    finally:
        _adopt_orphans(False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _adopt_orphans(wanted: bool) -> None:
    """Become the one who waits for the orphans among this process's descendants, or be so no more."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, int(wanted), 0, 0, 0)


def _children() -> set[int]:
    """Numbers of the processes whose parent this one is; none where the system does not tell."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # Behind the name, which may hold anything, stand the state and the parent.
            if int(stat.read_text(errors="replace").rpartition(")")[2].split()[1]) == os.getpid():
                found.add(int(stat.parent.name))
    return found


# --- floors -----------------------------------------------------------------------------------------------------------


@compiled
def _touch(values):
    total = 0
    for place in range(0, values.size, LINE_BYTES):
        total += values[place]
    return total


def row_touch(records: np.ndarray) -> Action:
    """One byte of every 64, read in order: the least that looking at every row costs.

    Args:
        records: an array of records, contiguous.
    """
    values = records.view(np.uint8)
    return lambda: _touch(values)


@compiled
def _touch_and_draw(values, key):
    total = 0
    for row in range(values.size // LINE_BYTES):
        if uniform(key, row) < 0.5:
            total += values[row * LINE_BYTES]
    return total


def touch_and_draw(records: np.ndarray) -> Action:
    """A draw for every row and a look at half of them: memory and arithmetic, in about equal parts.

    A touch alone says more about other users of the cache than about the processor.

    Args:
        records: an array of 64-byte records, contiguous.
    """
    values = records.view(np.uint8)
    return lambda: _touch_and_draw(values, np.uint64(7))


def python_floor(steps: int = 20_000) -> Action:
    """A plain Python loop that adds floats and looks them up in a dictionary: the speed of the interpreter."""
    table = {number: 0.5 * number for number in range(64)}

    def loop() -> float:
        total = 0.0
        for number in range(steps):
            total += table[number & 63] * 0.5
        return total

    return loop


# --- the table --------------------------------------------------------------------------------------------------------


def progress(text: str) -> None:
    """Say on standard error what is being measured; nothing where that is not a terminal."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def line(name: str, value: str, beside: str = "", verdict: str = "") -> None:
    """Print one row of the table."""
    progress("")
    print(f"{name:<52}{value:>14}   {beside:<56}{verdict}", flush=True)


def level(value: float, good: float, acceptable: float) -> str:
    """Which target a value meets."""
    if value <= good:
        return "good"
    return "acceptable" if value <= acceptable else "missed"
