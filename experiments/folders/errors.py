"""What is said of folders that cannot be read or written."""

from ...model.errors import RestakingError


class FolderError(RestakingError, ValueError):
    """A folder that cannot be read as what was asked for, or that is in the way; told in one sentence."""


class DamagedError(FolderError):
    """A file that is not as it was written; told in one sentence."""


class UnwritableError(RestakingError, RuntimeError):
    """What was made cannot be written: a full disk above all. Told in one sentence."""


class RunFolderError(FolderError):
    """A folder that cannot be read as a run, or that is in the way of one; told in one sentence."""


class SweepFolderError(FolderError):
    """A folder that cannot be read as a sweep's results, or that is in the way of one; told in one sentence."""
