"""An agent-based simulator of the restaking economy: the front door.

    import restaking

    run = restaking.run("season-2024", days=200, stakers=1000)
    run.daily, run.entities, run.events      # data frames
    run.plot("tvl")                          # a matplotlib figure
    restaking.load("results/runs/mine")      # a run or a sweep that stands in a folder
    restaking.verify("results/runs/mine")    # made again, and compared bit for bit

The world is in ``restaking.model``, who decides in ``restaking.agents``, what is done with them in
``restaking.experiments``. The names below are loaded when they are first used, so that importing the package costs
nothing.
"""

from typing import TYPE_CHECKING

if __package__ != "restaking":
    raise ImportError(f"import restaking, not {__package__} (install the project once: pip install -e .)")

if TYPE_CHECKING:
    from . import agents, experiments, model
    from .experiments.forking import fork
    from .experiments.opening import load
    from .experiments.published.reproducing import reproduce
    from .experiments.run import run_scenario as run
    from .experiments.runner import sweep
    from .experiments.verifying import verify_folder as verify
    from .model.ecosystem import RestakingEcosystem
    from .model.errors import RestakingError
    from .model.own_metrics import OwnMetric
    from .model.scenario import Scenario, load_scenario

    __version__: str
else:
    _PACKAGES = ("agents", "experiments", "model")
    _EXPORTS = {
        "OwnMetric": (".model.own_metrics", "OwnMetric"),
        "RestakingEcosystem": (".model.ecosystem", "RestakingEcosystem"),
        "RestakingError": (".model.errors", "RestakingError"),
        "Scenario": (".model.scenario", "Scenario"),
        "fork": (".experiments.forking", "fork"),
        "load": (".experiments.opening", "load"),
        "load_scenario": (".model.scenario", "load_scenario"),
        "reproduce": (".experiments.published.reproducing", "reproduce"),
        "run": (".experiments.run", "run_scenario"),
        "sweep": (".experiments.runner", "sweep"),
        "verify": (".experiments.verifying", "verify_folder"),
    }

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name in _PACKAGES:
            return import_module(f".{name}", __name__)
        if name == "__version__":
            from .experiments.provenance import package_version

            return package_version()
        if name not in _EXPORTS:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module, attribute = _EXPORTS[name]
        value = globals()[name] = getattr(import_module(module, __name__), attribute)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *_EXPORTS, *_PACKAGES, "__version__"})


__all__ = [
    "OwnMetric",
    "RestakingEcosystem",
    "RestakingError",
    "Scenario",
    "__version__",
    "agents",
    "experiments",
    "fork",
    "load",
    "load_scenario",
    "model",
    "reproduce",
    "run",
    "sweep",
    "verify",
]
