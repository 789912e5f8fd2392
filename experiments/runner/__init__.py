"""Carrying out designs: warm workers, a folder that survives anything, the same numbers however it was made.

``sweep`` is the whole interface; :func:`..results.load_results` reads what it wrote. Importing this package is cheap:
what it needs is loaded when ``sweep`` is first used.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .errors import SweepError, SweepFolderError, SweepInterrupted
    from .sweeping import default_folder, sweep
else:
    _EXPORTS = {
        "SweepError": ".errors",
        "SweepFolderError": ".errors",
        "SweepInterrupted": ".errors",
        "default_folder": ".sweeping",
        "sweep": ".sweeping",
    }

    def __getattr__(name: str) -> object:
        if name not in _EXPORTS:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(_EXPORTS[name], __name__), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *_EXPORTS})


__all__ = ["SweepError", "SweepFolderError", "SweepInterrupted", "default_folder", "sweep"]
