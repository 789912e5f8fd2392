"""Progress of a long run on standard error: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from types import TracebackType
from typing import Any, Self

QUIET_SECONDS = 2.0
LINE_EVERY_SECONDS = 10.0


class Progress:
    """Shows days done, rate and time left, once a run has lasted two seconds.

    Args:
        enabled: False shows nothing.
    """

    def __init__(self, enabled: bool = True) -> None:
        self._enabled = enabled
        self._started = self._said = time.monotonic()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, day: int, last: int) -> None:
        """Note that ``day`` of ``last`` is done."""
        now = time.monotonic()
        if not self._enabled or now - self._started < QUIET_SECONDS:
            return
        if sys.stderr.isatty():
            self._draw(day, last)
            return
        if now - self._said >= LINE_EVERY_SECONDS:
            self._said = now
            rate = day / (now - self._started)
            left = (last - day) / max(rate, 1e-9)
            print(f"day {day} of {last}, {rate:.0f} days/s, {left:.0f} s left", file=sys.stderr)

    def _draw(self, day: int, last: int) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            columns = (
                TextColumn("day {task.completed:.0f} of {task.total:.0f}"),
                BarColumn(),
                TextColumn("{task.speed:.0f} days/s"),
                TimeRemainingColumn(),
            )
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("run", total=last, completed=day)
            self._bar.start()
        self._bar.update(self._task, completed=day)
