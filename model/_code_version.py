"""Which kernels these are: what whoever hands out runs asks, without loading the compiler."""

import functools
import hashlib
from importlib.metadata import version
from pathlib import Path

_HERE = Path(__file__).resolve().parent


@functools.cache
def code_version() -> str:
    """Hash (12 hex digits) of every kernel source, the record types, and the numba and numpy versions."""
    digest = hashlib.sha256(f"numba {version('numba')} numpy {version('numpy')}".encode())
    sources = [_HERE / "state.py", _HERE / "_compile.py", *sorted((_HERE / "kernels").glob("*.py"))]
    for source in sources:
        digest.update(source.name.encode())
        digest.update(source.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:12]
