"""Where compiled kernels are kept: once for a machine and a version, whichever clone or installation it is.

numba would key its cache by the path of the source, so that every clone compiles for itself. The sources are known by
their hash here, which names the folder; the path does not matter. A cache that may only be read (an image, somebody
else's home) is read; what it lacks goes to a private folder among the temporary files.
"""

import contextlib
import functools
import hashlib
import inspect
import os
import pickle
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from numba.core.caching import Cache, CompileResultCacheImpl, _Cache, _CacheLocator

_KEPT_VERSIONS = 6
_PRIVATE = 0o700

_BROKEN = (OSError, EOFError, pickle.UnpicklingError, AttributeError, ImportError, KeyError, TypeError, ValueError)
"""What reading a damaged file, or one that another program wrote, can raise."""


# --------------------------------------------------------------------------------------------------------------- places


def cache_root() -> Path | None:
    """Folder of the compiled kernels of all versions; None where the user has no cache folder."""
    # A relative path is to be ignored (XDG Base Directory Specification); without a home, `~` stays as it is.
    for base in (os.environ.get("XDG_CACHE_HOME", ""), os.path.join(os.path.expanduser("~"), ".cache")):
        if os.path.isabs(base):
            return Path(base) / "restaking" / "kernels"
    return None


@functools.cache
def cache_directory(version: str) -> Path | None:
    """Folder that holds or will hold the compiled kernels of a version of the code; None where nothing can be kept.

    The user's own, also when it may only be read and something is in it, else a private temporary one.
    """
    root = cache_root()
    own = None if root is None else _prepared(root / version)
    return own or fallback_directory(version)


@functools.cache
def fallback_directory(version: str) -> Path | None:
    """Private folder among the temporary files; None where there is none to be had.

    Machine code that is found there is run: the folder belongs to this user, nobody else may enter it, and it is not
    reached through a link. If somebody else has taken its name, a new one serves this process.
    """
    user = os.getuid() if hasattr(os, "getuid") else "user"
    with contextlib.suppress(OSError):
        folder = Path(tempfile.gettempdir()) / f"restaking-kernels-{user}"
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=_PRIVATE)
        if not _is_private(folder):
            folder = _of_this_process()
        (folder / version).mkdir(mode=_PRIVATE, exist_ok=True)
        return folder / version
    return None


def _prepared(folder: Path) -> Path | None:
    """The folder, made if need be; None when it can neither be written nor has anything to read."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        return folder if _has_kernels(folder) else None
    with contextlib.suppress(OSError):
        os.utime(folder)  # used today: others are forgotten first
        _forget_old_versions(folder)
    return folder


def _has_kernels(folder: Path) -> bool:
    try:
        return any(name.endswith(".nbi") for name in os.listdir(folder))
    except OSError:
        return False


def is_cold(version: str) -> bool:
    """Whether nothing of a version has been compiled on this machine yet."""
    folder = cache_directory(version)
    return folder is None or not _has_kernels(folder)


def _forget_old_versions(current: Path) -> None:
    others = [path for path in current.parent.iterdir() if path.is_dir() and path != current]
    others.sort(key=lambda path: path.stat().st_mtime)
    for stale in others[: max(0, len(others) - _KEPT_VERSIONS + 1)]:
        shutil.rmtree(stale, ignore_errors=True)


def _is_private(folder: Path) -> bool:
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode):
        return False
    if not hasattr(os, "getuid"):
        return True  # Windows: the temporary folder is the user's own
    return found.st_uid == os.getuid() and stat.S_IMODE(found.st_mode) & 0o077 == 0


@functools.cache
def _of_this_process() -> Path:
    import atexit

    folder = Path(tempfile.mkdtemp(prefix="restaking-kernels-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


# ---------------------------------------------------------------------------------------------------------------- cache


class _Locator(_CacheLocator):
    """Where one function is kept: in a given folder, under its name and line, for as long as its file is the same."""

    def __init__(self, function: Any, file: str, folder: Path, version: str) -> None:
        self._py_file = file
        self._line = function.__code__.co_firstlineno
        self._folder = folder
        self._stamp = (version, hashlib.sha256(Path(file).read_bytes().replace(b"\r\n", b"\n")).hexdigest())

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_source_stamp(self) -> tuple[str, str]:
        return self._stamp

    def get_disambiguator(self) -> str:
        return str(self._line)


class _Implementation(CompileResultCacheImpl):
    """How a compiled function becomes a file; whatever the environment says of numba's own caches does not matter."""

    def __init__(self, function: Any, locator: _Locator) -> None:
        self._lineno = function.__code__.co_firstlineno
        self._locator = locator
        name = f"{Path(inspect.getfile(function)).stem}.{function.__qualname__}"
        self._filename_base = self.get_filename_base(name, "")


class _FolderCache(Cache):
    """A function's compiled code in one folder."""

    def __init__(self, function: Any, folder: Path, version: str) -> None:
        locator = _Locator(function, inspect.getfile(function), folder, version)
        self._impl_class = lambda function: _Implementation(function, locator)
        super().__init__(function)


class KernelCache(_Cache):
    """A function's compiled code, wherever it is: in the user's cache, or among the temporary files.

    What cannot be read is compiled again, what cannot be written is not kept.

    Args:
        function: the Python function.
        version: the code version, which names the folder.
    """

    def __init__(self, function: Any, version: str) -> None:
        self._function, self._version = function, version

    @property
    def cache_path(self) -> str | None:
        folder = cache_directory(self._version)
        return None if folder is None else str(folder)

    def _places(self) -> Iterator[_FolderCache]:
        first = cache_directory(self._version)
        if first is None:
            return
        yield _FolderCache(self._function, first, self._version)
        if os.access(first, os.W_OK):
            return
        second = fallback_directory(self._version)
        if second is not None and second != first:
            yield _FolderCache(self._function, second, self._version)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        for place in self._places():
            with contextlib.suppress(*_BROKEN):
                found = place.load_overload(sig, target_context)
                if found is not None:
                    return found
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        for place in self._places():
            with contextlib.suppress(OSError):
                place.save_overload(sig, data)
                return

    def enable(self) -> None:
        """Nothing to do: it always is."""

    def disable(self) -> None:
        """Not possible: a kernel that is not kept would be compiled in every process."""

    def flush(self) -> None:
        for place in self._places():
            with contextlib.suppress(OSError):
                place.flush()
