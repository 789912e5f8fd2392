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

    Signals that the process ignores (``nohup``, a shell's background jobs) go on being ignored.

    Attributes:
        signal: number of the signal that came, None as long as there was none.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._before: dict[int, Any] = {}
        self._at_once = False

    def __enter__(self) -> Self:
        # Python lets the main thread alone handle signals.
        if threading.current_thread() is threading.main_thread():
            heard = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
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
        """Within the block a signal raises :class:`KeyboardInterrupt` when it comes."""
        self._at_once = True
        try:
            yield
        finally:
            self._at_once = False

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.signal is None:
            self.signal = number
            if not self._at_once:
                return
        elif number != signal.SIGINT:
            return
        raise KeyboardInterrupt
