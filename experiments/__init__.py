"""Questions put to the world: runs, their files, figures and the command line.

Imported as ``restaking.experiments``. The names below are loaded when they are first used, so that importing the
package costs nothing.
"""

from typing import TYPE_CHECKING

if not (__package__ or "").startswith("restaking."):
    raise ImportError("import restaking.experiments, not experiments (install the project once: pip install -e .)")

if TYPE_CHECKING:
    from .forking import fork
    from .published.reproducing import reproduce
    from .results import load_results
    from .run import run_scenario
    from .runner import sweep
    from .store import load_run, write_table
else:
    _EXPORTS = {
        "fork": ".forking",
        "load_results": ".results",
        "load_run": ".store",
        "reproduce": ".published.reproducing",
        "run_scenario": ".run",
        "sweep": ".runner",
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


__all__ = ["fork", "load_results", "load_run", "reproduce", "run_scenario", "sweep", "write_table"]
