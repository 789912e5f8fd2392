"""How far a run is, on standard error: a bar for people, a line now and then for logs.

Only what takes longer than two seconds is worth showing. Standard output stays free for results.
"""

import contextlib
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from .terminal import console, visible

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

SHOW_AFTER_SECONDS = 2.0
LINE_EVERY_SECONDS = 10.0


class RunProgress:
    """A callable ``(day, horizon)`` that shows the progress of one run; a context manager that tidies up.

    Args:
        label: what is running.
        stream: where to write; standard error when None.
        clock: gives seconds; for tests.

    Example:
        >>> with RunProgress("baseline") as progress:
        ...     progress(1, 365)
    """

    def __init__(
        self, label: str, *, stream: TextIO | None = None, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._label = visible(label, lines=False)
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._began = self._spoke = clock()
        self._first: tuple[int, float] | None = None  # the first day that was done, and when
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __call__(self, day: int, horizon: int) -> None:
        """Note that ``day`` days of ``horizon`` are done."""
        now = self._clock()
        if self._first is None:
            self._first = (day, now)  # what came before it, compilation above all, says nothing about the others
        if now - self._began < SHOW_AFTER_SECONDS:
            return
        if self._stream.isatty():
            self._move_bar(day, horizon)
        elif now - self._spoke >= LINE_EVERY_SECONDS:
            self._spoke = now
            self._write_line(day, horizon, now)

    def close(self) -> None:
        """Leave the screen as it should be."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _write_line(self, day: int, horizon: int, now: float) -> None:
        first, since = self._first or (day, now)
        done = f"{self._label}: day {day} of {horizon}"
        if day > first:
            rate = (day - first) / max(now - since, 1e-9)
            done += f", {rate:.0f} days/s, {_duration((horizon - day) / rate)} left"
        write_line(done, self._stream)

    def _move_bar(self, day: int, horizon: int) -> None:
        if self._bar is None:
            self._bar, self._task = _bar(self._label, self._stream, (self._first or (day, 0.0))[0], horizon)
            self._bar.start()
        assert self._task is not None
        self._bar.update(self._task, completed=day)


class PartProgress:
    """A callable ``(done, of)`` that shows how many of some parts are done, and the time that the others will take.

    Args:
        what: the parts: ``seeds``.
        stream: where to write; standard error when None.
        clock: gives seconds; for tests.
    """

    def __init__(
        self, what: str, *, stream: TextIO | None = None, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._what, self._clock = what, clock
        self._stream = sys.stderr if stream is None else stream
        self._began = self._spoke = clock()

    def __call__(self, done: int, of: int) -> None:
        """Note that ``done`` parts of ``of`` are done."""
        now = self._clock()
        text = f"{done} of {of} {self._what}, {_duration((now - self._began) / done * (of - done))} left"
        if self._stream.isatty():
            write_line(f"\r{text:<60}", self._stream, end="\n" if done == of else "")
        elif done == of or now - self._spoke >= LINE_EVERY_SECONDS:
            self._spoke = now
            write_line(text, self._stream)


def write_line(text: str, stream: TextIO, *, end: str = "\n") -> None:
    """Write a line of progress; one that cannot be written is no reason to stop."""
    with contextlib.suppress(OSError):
        print(text, file=stream, end=end, flush=True)


def _bar(label: str, stream: TextIO, first: int, horizon: int) -> "tuple[Progress, TaskID]":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Task as BarTask
    from rich.text import Text

    class Rate(ProgressColumn):
        """Days per second."""

        def render(self, task: BarTask) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:.0f} days/s", style="progress.data.speed")

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("days"),
        Rate(),
        TimeRemainingColumn(compact=True),
        console=console(stream),
        transient=True,
    )
    return bar, bar.add_task(label, total=horizon, completed=first)


def _duration(seconds: float) -> str:
    if seconds < 60.0:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"
