"""Ctrl-C, a closed terminal and a batch system's SIGTERM, held back until what is finished is written."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any, Self

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Stopped(KeyboardInterrupt):
    """Stopped by a signal; the message says what is kept.

    Attributes:
        signal: number of the signal.
    """

    def __init__(self, message: str, signal: int) -> None:
        super().__init__(message)
        self.signal = signal

    @property
    def exit_code(self) -> int:
        """What a shell expects after a signal: 130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP."""
        return _BASE + self.signal


_BASE = 128


class Interruption:
    """Remembers that somebody wants the work to stop; a second Ctrl-C acts at once.

    A hangup that the process ignores (``nohup``) goes on being ignored.

    Args:
        held: whether a signal waits for :attr:`signal` to be looked at; else it acts at once, until :meth:`hold`.

    Attributes:
        signal: number of the signal that came, None as long as there was none.
    """

    def __init__(self, *, held: bool = True) -> None:
        self.signal: int | None = None
        self._before: dict[int, Any] = {}
        self._at_once = not held

    def __enter__(self) -> Self:
        # Python lets the main thread alone handle signals.
        if threading.current_thread() is threading.main_thread():
            heard = [number for number in _SIGNALS if number == signal.SIGINT or not _ignored(number)]
            self._before = {number: signal.signal(number, self._ask) for number in heard}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __bool__(self) -> bool:
        return self.signal is not None

    @property
    def name(self) -> str:
        """Name of the signal that came."""
        return "" if self.signal is None else signal.Signals(self.signal).name

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """Within the block a signal raises :class:`Stopped` when it comes, or when one has come before."""
        before, self._at_once = self._at_once, True
        try:
            if self.signal is not None:
                raise Stopped(f"stopped by {self.name}", self.signal)
            yield
        finally:
            self._at_once = before

    def hold(self) -> None:
        """From now on a signal waits until somebody looks."""
        self._at_once = False

    def _ask(self, number: int, frame: FrameType | None) -> None:
        first, self.signal = self.signal is None, self.signal or number
        if self._at_once or (not first and number == signal.SIGINT):
            raise Stopped(f"stopped by {signal.Signals(number).name}", number)


def _ignored(number: int) -> bool:
    return signal.getsignal(number) is signal.SIG_IGN
