"""The one door to numba: what is compiled, how, and which code version that makes.

numba's cache does not notice that a *callee in another module* changed, so stale machine code would run after an edit.
The cache is therefore named by a hash of all kernel sources, the record types and the numba version (see
:mod:`._kernel_cache`). The same hash is the run's code version: two runs with the same hash executed the same kernels.

Compiling takes about as long as there is code, and most of it would be code that nobody runs: numba makes of every
function three (the function, one for Python, one for C), and of every function that takes an index one more for each
width of integer that it meets. Here Python's way in is made only for what Python calls, C's for none, and indices
have one width.
"""

import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import numba.core.event
import numba.core.types
from numba.core.registry import CPUDispatcher

from . import _kernel_cache
from ._code_version import code_version as code_version
from ._compile_notice import CompileNotice
from ._kernel_cache import KernelCache, is_cold

_OPTIONS = {"nopython": True, "nogil": True, "no_cfunc_wrapper": True, "boundscheck": None}
_types: Any = numba.core.types  # typed in part, and wrongly so
_INDEX = _types.int64
_kernels: "weakref.WeakSet[_Kernel]" = weakref.WeakSet()

Function = TypeVar("Function", bound=Callable[..., Any])


def cache_directory() -> Path | None:
    """Folder of the compiled kernels of exactly this code; None where nothing can be kept."""
    return _kernel_cache.cache_directory(code_version())


class _Callee(CPUDispatcher):
    """A function as other compiled functions see it: without a way in from Python, one width for all indices.

    It is not kept on disk by itself: whoever calls it has its code inside.
    """

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """How a compiled function calls this one: it converts its arguments to the types that are given back."""
        _, folded = self.fold_argument_types(args, kws)
        return super().get_call_template(tuple(map(_one_width, folded)), {})


class _Kernel(CPUDispatcher):
    """A function as Python sees it; compiled ones that call it get its :class:`_Callee`."""

    def __init__(self, py_func: Any, locals: Any = None, targetoptions: Any = None) -> None:
        super().__init__(py_func, locals, targetoptions)
        self._callee = _Callee(py_func, locals, {**(targetoptions or {}), "no_cpython_wrapper": True})
        self._cache = KernelCache(py_func, code_version())
        _watch(self)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """How a compiled function calls this one."""
        return self._callee.get_call_template(args, kws)

    def get_overload(self, sig: Any) -> Any:
        """What a compiled function calls."""
        return self._callee.get_overload(sig)


def _one_width(argument: Any) -> Any:
    """Signed 64 bits for integers that these hold; every other type as it is."""
    plain = _types.unliteral(argument)
    narrow = isinstance(plain, _types.Integer) and (plain.bitwidth < 64 or plain.signed)
    return _INDEX if narrow else argument


def _watch(kernel: _Kernel) -> None:
    """Count a kernel among those that may be compiled; from the first on, people are told of compilations."""
    if not _kernels:
        notice = CompileNotice(_is_ours, lambda: len(_kernels), lambda: is_cold(code_version()))
        numba.core.event.register("numba:compile", notice)
    _kernels.add(kernel)


def _is_ours(dispatcher: Any) -> bool:
    return isinstance(dispatcher, _Kernel | _Callee)


def compiled(function: Function) -> Function:
    """Compile a module-level function (cached on disk, GIL released, IEEE arithmetic).

    No ``fastmath``: results then do not depend on vector width. ``NUMBA_DISABLE_JIT=1`` runs it as plain Python.
    """
    if numba.config.DISABLE_JIT:
        return function
    kernel: Any = _Kernel(function, {}, dict(_OPTIONS))
    return kernel
