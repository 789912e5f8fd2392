"""The world that agents decide in, and its calendar.

Imported as ``restaking.model``. The names below are loaded when they are first used, so that importing the package
costs nothing.
"""

from typing import TYPE_CHECKING

if not (__package__ or "").startswith("restaking."):
    raise ImportError("import restaking.model, not model (install the project once: pip install -e .)")

if TYPE_CHECKING:
    from .ecosystem import RestakingEcosystem
    from .own_metrics import OwnMetric
    from .scenario import Scenario, load_scenario
else:
    _EXPORTS = {
        "OwnMetric": ".own_metrics",
        "RestakingEcosystem": ".ecosystem",
        "Scenario": ".scenario",
        "load_scenario": ".scenario",
    }

    def __getattr__(name: str) -> object:
        if name not in _EXPORTS:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(_EXPORTS[name], __name__), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *_EXPORTS})


__all__ = ["OwnMetric", "RestakingEcosystem", "Scenario", "load_scenario"]
