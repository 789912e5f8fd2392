"""What a sweep says when it can't begin or can't go on."""


class SweepFolderError(ValueError):
    """A folder that cannot be read as a sweep's results, or that is in the way of one; told in one sentence."""


class SweepError(RuntimeError):
    """A sweep that had to stop; the runs that were finished are kept. Told in one sentence."""


class CodeMismatchError(RuntimeError):
    """A worker has other sources than the process that started it."""


class SweepInterrupted(KeyboardInterrupt):
    """Interrupted by a signal; everything that was finished is written.

    Attributes:
        signal: number of the signal.
    """

    def __init__(self, message: str, signal: int) -> None:
        super().__init__(message)
        self.signal = signal
