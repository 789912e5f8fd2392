"""The state of a run that was stopped midway, so that the same command goes on from the day it had reached.

States are pickles, and whoever can change one can run code. They are therefore kept in the user's own cache and never
in the folder of a run, which people exchange; a folder without its state is made again from the first day.
"""

import contextlib
import hashlib
import io
import os
import pickle
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .folders import files
from .provenance import library_versions

if TYPE_CHECKING:
    from ..model.ecosystem import RestakingEcosystem
    from .store import Identity

_KEPT = 8
_ENDING = ".state"


@dataclass
class Checkpoint:
    """A run at the end of a day.

    Attributes:
        ecosystem: the run.
        started: when it was begun (UTC, ISO 8601).
        seconds: wall-clock time that was spent on it (s).
    """

    ecosystem: "RestakingEcosystem"
    started: str
    seconds: float


def keep(identity: "Identity", checkpoint: Checkpoint) -> bool:
    """Keep the state of a run; False where it cannot be kept (a cache that is not private, a full disk)."""
    try:
        with _folder() as folder:
            content = io.BytesIO()
            _Pickler(content, pickle.HIGHEST_PROTOCOL).dump(checkpoint)
            files.write_bytes(folder / _name(identity), content.getvalue())
            _forget_old(folder)
    except (OSError, pickle.PicklingError, TypeError, AttributeError):
        return False
    return True


def find(identity: "Identity") -> Checkpoint | None:
    """The state of a run that was stopped midway; None when there is none for exactly this run, code and libraries."""
    with contextlib.suppress(OSError), _folder() as folder:
        path = folder / _name(identity)
        if not path.is_file() or path.is_symlink() or not _is_mine(os.lstat(path)):
            return None
        try:
            found = pickle.loads(path.read_bytes())
        except Exception:
            # Cut short, or of classes that are no longer there: it is made from the first day.
            path.unlink(missing_ok=True)
            return None
        return found if isinstance(found, Checkpoint) else None
    return None


def forget(identity: "Identity") -> None:
    """Remove the state of a run that has reached its end."""
    with contextlib.suppress(OSError), _folder() as folder:
        (folder / _name(identity)).unlink(missing_ok=True)


def _name(identity: "Identity") -> str:
    """A name that says all that the state's use depends on: the run, and the libraries whose objects are in it."""
    text = repr((identity.values, sorted(library_versions().items())))
    return hashlib.sha256(text.encode()).hexdigest()[:32] + _ENDING


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """The private folder of states.

    Raises:
        OSError: it cannot be made, or is not private.
    """
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = Path(base) / "restaking" / "stopped-runs"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or not _is_mine(found):
        raise PermissionError(f"{folder} belongs to somebody else")
    if hasattr(os, "getuid") and found.st_mode & 0o077:
        folder.chmod(0o700)
    yield folder


def _is_mine(found: os.stat_result) -> bool:
    return not hasattr(os, "getuid") or found.st_uid == os.getuid()


def _forget_old(folder: Path) -> None:
    states = sorted(folder.glob(f"*{_ENDING}"), key=lambda path: path.stat().st_mtime)
    for old in states[:-_KEPT]:
        old.unlink(missing_ok=True)


class _Pickler(pickle.Pickler):
    """Keeps arrays that share memory together: a column that is a view of another must be one afterwards, too."""

    def reducer_override(self, obj: Any) -> Any:
        if type(obj) is not np.ndarray or not isinstance(obj.base, np.ndarray):
            return NotImplemented
        root = obj.base
        while isinstance(root.base, np.ndarray):
            root = root.base
        start = obj.__array_interface__["data"][0] - root.__array_interface__["data"][0]
        return _view, (root, obj.dtype, obj.shape, obj.strides, start, obj.flags.writeable)


def _view(root: Any, dtype: Any, shape: Any, strides: Any, start: int, writeable: bool) -> Any:
    view: Any = np.ndarray(shape, dtype, root, start, strides)
    view.flags.writeable = writeable
    return view
