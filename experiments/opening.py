"""Open what stands in a folder."""

from pathlib import Path
from typing import TYPE_CHECKING

from . import store
from .verifying import kind_of

if TYPE_CHECKING:
    from .runner.results import Results


def load(path: str | Path) -> "store.Run | Results":
    """The run or the sweep that stands in a folder.

    Args:
        path: the folder, as ``restaking.run(..., out=path)``, ``restaking.sweep(..., out=path)`` or the commands of
            these names wrote it.

    Returns:
        A :class:`.store.Run` or :class:`.runner.results.Results`; tables are read when they are first used.

    Raises:
        FolderError: there is no such folder, it is neither a run's nor a sweep's, or a file is not as it was written.
    """
    path = Path(path)
    if kind_of(path) == store.KIND:
        return store.load_run(path)
    from .runner.results import load_results

    return load_results(path)
