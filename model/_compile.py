"""The one door to numba: what is compiled, where it is cached, and which code version that makes.

numba's cache does not notice that a *callee in another module* changed, so stale machine code would run
after an edit. The cache directory is therefore named by a hash of all kernel sources, the record types and
the numba version. The same hash is the run's code version: two runs with the same hash executed the same kernels.
"""

import functools
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np

_HERE = Path(__file__).resolve().parent
_KEPT_CACHES = 6

Function = TypeVar("Function", bound=Callable[..., Any])


@functools.cache
def code_version() -> str:
    """Hash (12 hex digits) of every kernel source, the record types, and the numba and numpy versions."""
    digest = hashlib.sha256(f"numba {numba.__version__} numpy {np.__version__}".encode())
    sources = [_HERE / "state.py", _HERE / "_compile.py", *sorted((_HERE / "kernels").glob("*.py"))]
    for source in sources:
        digest.update(source.name.encode())
        digest.update(source.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:12]


def _cache_root() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "restaking" / "kernels"


def _forget_old_caches(root: Path, current: Path) -> None:
    others = sorted((p for p in root.iterdir() if p.is_dir() and p != current), key=lambda p: p.stat().st_mtime)
    for stale in others[: max(0, len(others) - _KEPT_CACHES + 1)]:
        shutil.rmtree(stale, ignore_errors=True)


@functools.cache
def cache_directory() -> Path:
    """Directory of the compiled kernels of exactly this code; falls back to a temporary one."""
    root = _cache_root()
    current = root / code_version()
    try:
        current.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=current):
            pass
        _forget_old_caches(root, current)
    except OSError:
        current = Path(tempfile.gettempdir()) / f"restaking-kernels-{os.getuid()}" / code_version()
        current.mkdir(parents=True, exist_ok=True)
    return current


def compiled(function: Function) -> Function:
    """Compile a module-level function (cached on disk, GIL released, IEEE arithmetic).

    No ``fastmath``: results then do not depend on vector width. ``NUMBA_DISABLE_JIT=1`` runs it as plain Python.
    """
    if numba.config.DISABLE_JIT:
        return function
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(cache_directory())
    try:
        return numba.njit(cache=True, nogil=True)(function)
    finally:
        numba.config.CACHE_DIR = before
