"""What a sweep says when it can't begin or can't go on."""

from ...model.errors import RestakingError
from ..folders.errors import SweepFolderError
from ..interruption import Stopped

__all__ = ["CodeMismatchError", "SweepError", "SweepFolderError", "SweepInterrupted"]


class SweepError(RestakingError, RuntimeError):
    """A sweep that had to stop; the runs that were finished are kept. Told in one sentence."""


class CodeMismatchError(RestakingError, RuntimeError):
    """A worker has other sources than the process that started it."""


class SweepInterrupted(Stopped):
    """Stopped by a signal; everything that was finished is written."""
