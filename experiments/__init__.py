"""Questions put to the world: runs, their files, figures and the command line.

Imported as ``restaking.experiments``. The names below are loaded when they are first used, so that importing the
package costs nothing.
"""

from typing import TYPE_CHECKING

if not (__package__ or "").startswith("restaking."):
    raise ImportError("import restaking.experiments, not experiments (install the project once: pip install -e .)")

if TYPE_CHECKING:
    from .run import run_scenario
    from .store import load_run, write_table
else:
    _EXPORTS = {
        "load_run": ".store",
        "run_scenario": ".run",
        "write_table": ".store",
    }

    def __getattr__(name: str) -> object:
        if name not in _EXPORTS:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(_EXPORTS[name], __name__), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *_EXPORTS})


__all__ = ["load_run", "run_scenario", "write_table"]
