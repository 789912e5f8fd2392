"""Own metrics in a run's life: what they are known by, and what is told of them when only a manifest is there."""

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..model.metrics import Metric, metrics_of

if TYPE_CHECKING:
    from ..agents.cast import Cast
    from ..model.own_metrics import OwnMetric

PREFIX = "metric "
"""An own metric stands under its name after this word beside the own classes, in a run's identity."""

DECLARED = "declared"

_FIELDS = ("level", "unit", "label", "definition", "summary", "missing")


def declarations(cast: "Cast") -> dict[str, dict[str, Any]]:
    """How the own metrics of a cast are declared, by the names under which they stand in its identity.

    Raises:
        MetricError: a function is not told by its name and its source: it has no name, or holds values of its own.
    """
    for metric in cast.metrics:
        _check_function(metric)
    return {f"{PREFIX}{metric.name}": {name: getattr(metric, name) for name in _FIELDS} for metric in cast.metrics}


def _check_function(metric: "OwnMetric") -> None:
    from ..model.own_metrics import MetricError

    function: Any = metric.function
    if not inspect.isfunction(function):
        problem = f"its function is a {type(function).__name__}"
    elif function.__name__ == "<lambda>":
        problem = "its function is a lambda, which has no name"
    elif function.__closure__:
        problem = f"its function holds {', '.join(function.__code__.co_freevars)} from outside"
    else:
        return
    raise MetricError(
        f"metrics: {metric.name}: {problem}, so that nothing would say with what a run was measured; write it as a "
        "function of a module (def)",
        key=metric.name,
    )


def declared_in(manifest: Mapping[str, Any]) -> tuple[Metric, ...]:
    """The own metrics of a run or a sweep, as its manifest declares them."""
    known = manifest.get("cast") or {}
    return tuple(
        Metric(name=key.removeprefix(PREFIX), **content[DECLARED])
        for key, content in known.items()
        if key.startswith(PREFIX)
    )


def metrics_in(manifest: Mapping[str, Any], level: str = "total") -> list[Metric]:
    """All metrics of a level of a run or a sweep, the shipped ones first."""
    return [*metrics_of(level), *(metric for metric in declared_in(manifest) if metric.level == level)]


def found_in(manifest: Mapping[str, Any], name: str, level: str = "total") -> Metric | None:
    """The metric of that name of a run or a sweep; None when it has none."""
    return next((metric for metric in metrics_in(manifest, level) if metric.name == name), None)
