"""What a person sees while kernels are compiled: nothing when it is quick, then a sentence and how far it is.

On standard error, wherever the compilation was set off: by a run, a worker of a sweep or a cell of a notebook.
"""

import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

from numba.core.event import Event, Listener

SPEAK_AFTER_SECONDS = 1.0
LINE_EVERY_SECONDS = 10.0
USUAL_PART = 0.85
"""Part of all functions that a usual run calls (season-2024: 195 of 230); the others it never compiles."""


class CompileNotice(Listener):
    """Listens to numba's compilations and tells of them.

    Args:
        ours: whether a dispatcher is one of the model's.
        functions: gives the number of functions that could be compiled.
        cold: tells whether nothing had been compiled before; only then it is known how much is left.
        stream: where to write; standard error, as it is at that moment, when None.
        clock: gives seconds; for tests.
    """

    def __init__(
        self,
        ours: Callable[[Any], bool],
        functions: Callable[[], int],
        cold: Callable[[], bool],
        *,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._ours, self._functions, self._cold = ours, functions, cold
        self._stream, self._clock = stream, clock
        self._depth, self._done = 0, 0
        self._spent = self._since = 0.0  # seconds of compilation before the present one, and when that began
        self._spoke: float | None = None
        self._everything = False
        self._moving = False

    def on_start(self, event: Event) -> None:
        """Note that numba begins to compile a function."""
        if not self._ours(event.data["dispatcher"]):
            return
        if self._depth == 0:
            self._since = self._clock()
            if self._done == 0:
                self._everything = self._cold()
        self._depth += 1
        self._tell()

    def on_end(self, event: Event) -> None:
        """Note that a function is compiled."""
        if not self._ours(event.data["dispatcher"]):
            return
        self._depth -= 1
        self._done += 1
        self._tell()
        if self._depth == 0:
            self._spent += self._clock() - self._since
            self._clear()

    def _tell(self) -> None:
        now = self._clock()
        spent = self._spent + now - self._since
        if spent < SPEAK_AFTER_SECONDS:
            return
        stream = self._stream or sys.stderr
        if stream is None:  # a program without a console
            return
        if self._spoke is None:
            self._spoke = now
            print(self._sentence(), file=stream, flush=True)
        # Whoever has put something else in the place of standard error (a bar, a notebook) wants whole lines.
        if stream.isatty() and stream is sys.__stderr__:
            self._moving = True
            print(f"\r{self._progress(spent):<60}", end="", file=stream, flush=True)
        elif now - self._spoke >= LINE_EVERY_SECONDS:
            self._spoke = now
            print(self._progress(spent), file=stream, flush=True)

    def _sentence(self) -> str:
        if self._everything:
            return "restaking: compiling the model for this machine, once per version (up to a minute)"
        return "restaking: compiling what has not been used on this machine yet"

    def _progress(self, spent: float) -> str:
        expected = round(USUAL_PART * self._functions())
        if not self._everything or self._done >= expected or self._done == 0:
            return f"compiled {self._done} functions"
        left = spent / self._done * (expected - self._done)
        return f"compiled {self._done} of about {expected} functions, {left:.0f} s left"

    def _clear(self) -> None:
        if self._moving:
            self._moving = False
            print(f"\r{'':<60}\r", end="", file=self._stream or sys.stderr, flush=True)
