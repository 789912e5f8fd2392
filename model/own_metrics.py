"""Metrics that a researcher adds: declared as the shipped ones are, with the function that measures them."""

import inspect
import math
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import NDArray

from .errors import ScenarioError
from .metrics import LEVELS, METRICS, UNITS, Level, Metric, Summary
from .scenario.naming import LONGEST_NAME, hint, line_problem, prose_problem, shortened

if TYPE_CHECKING:
    from .ecosystem import RestakingEcosystem

_NAME = re.compile(r"[a-z][a-z0-9_]*")

_COLUMNS = frozenset(
    {
        *("day", "date", "kind", "id", "type", "round", "metric"),
        *("run_id", "point", "replication", "seed", "status", "error", "started", "seconds", "worker", "code"),
        *("days", "stakers", "scenario"),
    }
)
"""Columns of tables beside the metrics."""


class MetricError(ScenarioError):
    """An own metric that cannot be recorded, told in one sentence."""


@dataclass(frozen=True, kw_only=True)
class OwnMetric(Metric):
    """A metric of one's own, recorded beside the shipped ones.

    Its function is called with the model when the shipped metrics of a day are written: for row *d*, after *d* days. It
    may read all of the model and must change nothing, draw no random numbers and look at nothing else (no clock, no
    file), so that the same run gives the same numbers.

    Attributes:
        function: gives the value, a number; NaN where there is nothing to measure. On another level than ``total`` one
            number for each entity, in the order of ``model.recorder.kinds[level][0]``.
        level: ``total``, or the kind of entity that it is recorded for.

    Raises:
        MetricError: a shipped metric or a column has the name, the unit is unknown, or something is not declared.

    Example:
        >>> def idle_share(model):
        ...     return model.recorder.series("idle_eth")[-1] / model.scenario.stakers.total_eth
        >>> metric = OwnMetric("idle_share", "fraction", "Idle ETH", "Idle over all ETH.", "mean", function=idle_share)
        >>> metric.level
        'total'
    """

    function: Callable[["RestakingEcosystem"], Any]
    level: Level = "total"
    missing: str = "where its function gives NaN"

    def __post_init__(self) -> None:
        _check_name(self.name)
        self._check_choice("level", self.level, LEVELS)
        self._check_choice("unit", self.unit, UNITS)
        self._check_choice("summary", self.summary, get_args(Summary))
        self._check_text("label", self.label, line_problem)
        self._check_text("definition", self.definition, prose_problem)
        self._check_text("missing", self.missing, line_problem)
        function: Any = self.function
        if not callable(function):
            self._fail(f"function is {_of_kind(function)}; it must be a function of the model")

    def _fail(self, problem: str) -> None:
        raise MetricError(f"metrics: {self.name}: {problem}", key=self.name)

    def _check_choice(self, field: str, value: object, allowed: Collection[str]) -> None:
        if value not in allowed:
            self._fail(f"{field} is {shortened(str(value))!r}; {hint(str(value), allowed)}")

    def _check_text(self, field: str, value: object, problem_of: Callable[[str], str]) -> None:
        if not isinstance(value, str) or not value.strip():
            self._fail(f"{field} must be a text that is not empty")
        elif problem_of(value):
            self._fail(f"{field} must be {problem_of(value)}")

    def value(self, model: "RestakingEcosystem", day: int) -> float:
        """Its value now.

        Args:
            model: the model, after ``day`` days.
            day: named in messages.

        Raises:
            MetricError: the function raises, or gives something else than a number.
        """
        return self._number(self._measured(model, day), day)

    def values(self, model: "RestakingEcosystem", day: int, count: int) -> NDArray[np.float64]:
        """Its values now, shape (count,), where it is recorded for each of ``count`` entities.

        Raises:
            MetricError: the function raises, or gives something else than one number for each.
        """
        found = self._measured(model, day)
        found = found.to_numpy() if hasattr(found, "to_numpy") else found  # a pandas series
        if not isinstance(found, list | tuple | np.ndarray) or _length(found) != count:
            self._fail(
                f"on day {day} its function gave {_of_kind(found)}, not {count} numbers, one for each {self.level}"
            )
        return np.array([self._number(value, day) for value in found])

    def _measured(self, model: "RestakingEcosystem", day: int) -> Any:
        try:
            return self.function(model)
        except Exception as error:
            reason = " ".join(str(error).split())
            told = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
            text = f"metrics: {self.name}: its function failed on day {day}{_place(error)}: {told}"
            raise MetricError(text, key=self.name) from error

    def _number(self, value: Any, day: int) -> float:
        if isinstance(value, np.ndarray) and value.ndim == 0:
            value = value[()]
        if not isinstance(value, bool | int | float | np.bool_ | np.integer | np.floating):
            self._fail(f"on day {day} its function gave {_of_kind(value)}, not a number (NaN: nothing to measure)")
        number = float(value)
        if math.isinf(number):
            self._fail(f"on day {day} its function gave {number}, not a finite number (NaN: nothing to measure)")
        if not math.isnan(number) and not self._in_unit(number):
            self._fail(f"on day {day} its function gave {number:g}; its unit {self.unit} is {UNITS[self.unit]}")
        return number

    def _in_unit(self, number: float) -> bool:
        return number in (0.0, 1.0) if self.unit == "0/1" else not self.whole or number == round(number)


def check_metrics(metrics: Iterable[Metric]) -> tuple[OwnMetric, ...]:
    """Own metrics as a run takes them.

    Raises:
        MetricError: something is no :class:`OwnMetric`, or two have one name.
    """
    found: dict[str, OwnMetric] = {}
    for metric in metrics:
        if not isinstance(metric, OwnMetric):
            raise MetricError(f"metrics: {_of_kind(metric)} is no OwnMetric", key="metrics")
        if metric.name in found:
            raise MetricError(f"metrics: {metric.name} is given twice", key=metric.name)
        found[metric.name] = metric
    return tuple(found.values())


def _check_name(name: Any) -> None:
    if not isinstance(name, str) or len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        shown = repr(shortened(name)) if isinstance(name, str) else _of_kind(name)
        rule = f"a word of small letters, digits and _, starting with a letter, of at most {LONGEST_NAME} characters"
        raise MetricError(f"metrics: name is {shown}; it must be {rule}", key="name")
    if name in _COLUMNS:
        raise MetricError(f"metrics: {name} is a column of the tables already; choose another name", key=name)
    for metric in METRICS:
        if metric.name == name:
            told = f"a metric of the model already ({metric.level}: {metric.label})"
            raise MetricError(f"metrics: {name} is {told}; choose another name", key=name)


def _of_kind(value: object) -> str:
    """A thing in a few words: its value where that is short, else what it is."""
    if value is None or isinstance(value, bool | int | float | str):
        return shortened(repr(value))
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    return type(value).__name__


def _length(found: "list[Any] | tuple[Any, ...] | NDArray[Any]") -> int:
    """Number of items in a row of them; -1 for an array of another shape."""
    return len(found) if not isinstance(found, np.ndarray) or found.ndim == 1 else -1


def _place(error: BaseException) -> str:
    """File and line at which a function failed, in brackets; empty where it was not in a file."""
    frames = inspect.getinnerframes(error.__traceback__)[1:] if error.__traceback__ else []
    own = [frame for frame in frames if not Path(frame.filename).is_relative_to(Path(__file__).parent)]
    frames = own or frames
    return f" ({Path(frames[-1].filename).name} line {frames[-1].lineno})" if frames else ""
