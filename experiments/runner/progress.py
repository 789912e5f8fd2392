"""How far a sweep is, on standard error: a bar for people, a line now and then for logs."""

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from ..progress import LINE_EVERY_SECONDS, SHOW_AFTER_SECONDS, write_line
from ..terminal import console, visible

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class SweepProgress:
    """Shows finished runs, rate, remaining time and failures.

    Args:
        label: what is running.
        total: all runs of the design.
        done: those that were finished before.
        stream: where to write; standard error when None.
        clock: gives seconds; for tests.
    """

    def __init__(
        self,
        label: str,
        total: int,
        done: int = 0,
        *,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._label, self._total, self._before = visible(label, lines=False), total, done
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._began = self._spoke = clock()
        self._first_result: tuple[float, int] | None = None
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __call__(self, done: int, failed: int) -> None:
        """Note that ``done`` runs are finished, ``failed`` of them badly."""
        now = self._clock()
        if self._first_result is None and done > self._before:
            # The start of the workers is not part of the rate.
            self._first_result = (now, done)
        if now - self._began < SHOW_AFTER_SECONDS:
            return
        if self._stream.isatty():
            self._move_bar(done, failed)
        elif now - self._spoke >= LINE_EVERY_SECONDS:
            self._spoke = now
            write_line(self._line(done, failed, now), self._stream)

    def close(self) -> None:
        """Leave the screen as it should be."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _rate(self, done: int, now: float) -> float | None:
        """Runs per second since the first result."""
        if self._first_result is None or done <= self._first_result[1]:
            return None
        then, first = self._first_result
        return (done - first) / max(now - then, 1e-9)

    def _line(self, done: int, failed: int, now: float) -> str:
        rate = self._rate(done, now)
        words = [f"{self._label}: {done:,} of {self._total:,} runs"]
        if rate is not None:
            words += [rate_text(rate), f"{duration((self._total - done) / rate)} left"]
        if failed:
            words.append(f"{failed:,} failed")
        return ", ".join(words)

    def _move_bar(self, done: int, failed: int) -> None:
        if self._bar is None:
            self._bar, self._task = _bar(self._label, self._stream, self._before, self._total)
            self._bar.start()
        assert self._task is not None
        rate = self._rate(done, self._clock())
        left = "" if rate is None else f"{rate_text(rate)}, {duration((self._total - done) / rate)} left"
        self._bar.update(self._task, completed=done, rate=left, failed=f"{failed:,} failed" if failed else "")


def _bar(label: str, stream: TextIO, first: int, total: int) -> "tuple[Progress, TaskID]":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("runs"),
        TextColumn("{task.fields[rate]}", style="progress.data.speed"),
        TextColumn("{task.fields[failed]}", style="red"),
        console=console(stream),
        transient=True,
    )
    return bar, bar.add_task(label, total=total, completed=first, rate="", failed="")


def rate_text(rate: float) -> str:
    """Runs per second, or per minute or hour when they take long."""
    for factor, unit in ((1.0, "s"), (60.0, "min")):
        if rate * factor >= 1.0:
            return f"{rate * factor:.3g} runs/{unit}"
    return f"{rate * 3600.0:.3g} runs/h"


def duration(seconds: float) -> str:
    """A time for people."""
    if seconds < 10.0:
        return f"{seconds:.1f} s"
    if seconds < 60.0:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    if minutes < 3 * 24 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes / 60 / 24:,.0f} days"
