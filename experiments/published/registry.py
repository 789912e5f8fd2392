"""Which published experiments there are; one is imported when it is asked for."""

import functools
import importlib
from pathlib import Path

from ...model.errors import RestakingError
from ...model.scenario.naming import most_like, shortened
from .experiment import Experiment

_HERE = Path(__file__).resolve().parent


class UnknownExperimentError(RestakingError, ValueError):
    """There is no published experiment of that name."""


@functools.cache
def experiment_ids() -> tuple[str, ...]:
    """Names of the published experiments, in alphabetical order; nothing is imported."""
    folders = (path.parent.name for path in _HERE.glob("*/__init__.py"))
    return tuple(sorted(name.replace("_", "-") for name in folders))


def find_experiment(name: str) -> Experiment:
    """The published experiment of that name.

    Args:
        name: its id, as on the command line.

    Raises:
        UnknownExperimentError: there is none; the message names the nearest.
    """
    if name not in experiment_ids():
        near = most_like(name, experiment_ids(), 1)
        hint = f"nearest: {near[0]}" if near else f"there are {', '.join(experiment_ids())}"
        raise UnknownExperimentError(f"there is no published experiment {shortened(name)!r}; {hint}")
    module = importlib.import_module(f".{name.replace('-', '_')}", __package__)
    experiment: Experiment = module.EXPERIMENT
    return experiment
