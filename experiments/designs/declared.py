"""Axes and listed points, checked against what the scenario declares about its parameters."""

import dataclasses
import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from ...model.scenario import ParameterInfo, Scenario, ScenarioError, find_parameter
from ...model.scenario.naming import nearest
from ...model.scenario.parameter import FARTHEST_DAY
from ...model.scenario.price_file import KEY
from .axis import NUMERIC, Axis, label_of
from .checks import AXIS_KEYS, Checks, shown
from .lookup import keys_of, stands_in, value_in

MOST_STEPS = 1_000_000

_ROLES = ("lever", "uncertainty", "fact")
_SCALES = ("linear", "log")
_PROSE = ("name", "title", "description")


@dataclass(frozen=True)
class AxisReader(Checks):
    """Turns tables of axes or of points into axes.

    Attributes:
        kind: kind of the design.
        scenario: scenario that the axes change.
        fixed: by key, what else in the design sets a parameter.
    """

    kind: str
    scenario: Scenario
    fixed: Mapping[str, str]

    def axes(self, content: Mapping[str, Any]) -> tuple[Axis, ...]:
        """The axes of a design; those of a list are the keys of its points."""
        if self.kind == "list":
            if "axes" in content:
                self.fail("axes", ": a list design has points, not axes: give [[points]] tables")
            table = self.listed_values(content)
        else:
            if "points" in content:
                self.fail("points", f": only a list design has points; this one is a {self.kind}")
            table = self.flat(self.table(content, "axes"), "axes")
            if not table:
                self.fail("axes", f": there is none: a {self.kind} design needs at least one axis")
        return tuple(self.axis(key, value) for key, value in table.items())

    def axis(self, key: str, value: Any) -> Axis:
        """One axis, checked against the parameter's declaration."""
        place = f"axes.{key}" if self.kind != "list" else f"points: {key}"
        info = self.parameter(key, place)
        if key in self.fixed:
            self.fail(place, f"is given twice: it varies, and {self.fixed[key]} fixes it")
        reason = self.scenario.void_reason(key)
        if reason:
            self.fail(place, reason.removeprefix(f"{key} "))
        spec = value if isinstance(value, Mapping) else {"values": value}
        self.known_keys(spec, AXIS_KEYS, f"{place}.")
        axis: dict[str, Any] = {
            "key": key,
            "type": info.type.removesuffix(" or none"),
            "unit": info.unit,
            "role": self.choice(spec, f"{place}.role", _ROLES) if "role" in spec else info.role,
            "label": self.text(spec, "label") or label_of(key),
        }
        if "values" in spec:
            mixed = [name for name in ("low", "high", "steps", "scale") if name in spec]
            if mixed:
                self.fail(place, f"has values and {mixed[0]}: give either a list or a range")
            return Axis(**axis, values=self.values(spec["values"], place, info))
        return Axis(**axis, **self.range(spec, place, info))

    def parameter(self, key: str, place: str) -> ParameterInfo:
        """The declaration behind an axis, which must exist in this scenario and be a single value."""
        if key == "seed":
            self.fail(place, ": seeds are no axis; ask for replications instead")
        if key in _PROSE or key.rpartition(".")[2] == "title" or key.startswith("recording."):
            self.fail(place, "has no effect on a run's results")
        if key == KEY:
            self.fail(
                place, "is a file, whose content no point can hold; make a scenario for each file and compare runs"
            )
        info = find_parameter(key)
        if not stands_in(self.scenario, key):
            self.unknown(key, place)
        if info is None:
            self.fail(place, "is a table; an axis must be a single value of it")
        if info.type.startswith("list of"):
            self.fail(place, f"is a {info.type}; an axis must be a single value")
        return info

    def unknown(self, key: str, place: str) -> NoReturn:
        """Raise for a key that the scenario does not have, with the nearest one that it has."""
        if not stands_in(self.scenario, key.partition(".")[0]):
            match = nearest(key, keys_of(self.scenario), cutoff=0.6)
            if match:
                self.fail(place, f": unknown key; nearest valid name: {match}")
        try:
            # The scenario's own words about overrides that do not fit it.
            self.scenario.with_overrides({key: 0})
        except ScenarioError as error:
            self.fail(place, f": {str(error).removeprefix(f'overrides: {key}').lstrip(': ')}")
        self.fail(place, ": unknown key")

    def values(self, given: Any, place: str, info: ParameterInfo) -> tuple[Any, ...]:
        """The values of a listed axis, each of the parameter's type and different from the others."""
        given = given.tolist() if hasattr(given, "tolist") else given
        if not isinstance(given, (list, tuple)):
            self.fail(place, f"= {shown(given)} must be a list of values or a table with low and high")
        if not given:
            self.fail(place, "= [] is empty: an axis needs at least one value")
        values = tuple(self.value(item, place, info) for item in given)
        for number, value in enumerate(values):
            if value in values[:number]:
                self.fail(place, f"gives {shown(value)} twice")
        return values

    def value(self, given: Any, place: str, info: ParameterInfo) -> Any:
        """One value, in the one Python type that the parameter has: a column of results is then of one type."""
        given = given.item() if hasattr(given, "item") else given
        kind = info.type.removesuffix(" or none")
        if given in (None, "none") and info.type.endswith(" or none"):
            return None
        good, value = True, given
        if kind in ("number", "whole number"):
            good = isinstance(given, int if kind == "whole number" else (int, float)) and not isinstance(given, bool)
            good = good and math.isfinite(given)
            good = good and (info.low is None or given >= info.low) and (info.high is None or given <= info.high)
            value = float(given) if good and kind == "number" else given
        elif kind == "switch":
            good = isinstance(given, bool)
        elif kind == "choice":
            good = isinstance(given, str) and given in info.choices
        elif kind == "day":
            value = self.day(given, place, info)
        elif isinstance(given, datetime.date):
            value = given.isoformat()
        else:
            good = isinstance(given, str)
        if not good:
            near = nearest(given, info.choices) if isinstance(given, str) and info.choices else None
            self.fail(place, f"= {shown(given)} must be {info.allowed()}" + (f"; nearest: {near}" if near else ""))
        return value

    def day(self, given: Any, place: str, info: ParameterInfo) -> int:
        """A day as a number of days since the scenario's start."""
        is_day = isinstance(given, (int, str, datetime.date)) and not isinstance(given, bool)
        try:
            day = self.scenario.day_of(given) if is_day else None
        except ValueError:
            day = None
        if day is None or abs(day) > FARTHEST_DAY:
            self.fail(place, f"= {shown(given)} must be {info.allowed()}")
        return day

    def range(self, spec: Mapping[str, Any], place: str, info: ParameterInfo) -> dict[str, Any]:
        """Ends, scale and steps of an axis given as a range; ends that it leaves out are the parameter's own bounds."""
        type_ = info.type.removesuffix(" or none")
        if type_ not in NUMERIC:
            self.fail(place, f"has no range: it must be {info.allowed()}; list the values")
        ends: dict[str, Any] = {}
        for name, bound in (("low", info.low), ("high", info.high)):
            if name not in spec and bound is None:
                self.fail(place, f": {name} is missing and the parameter has no bound of its own")
            given = spec[name] if name in spec else bound if type_ == "number" else int(bound or 0)
            if given in (None, "none"):
                self.fail(f"{place}.{name}", f"= {shown(given)} must be {info.allowed().removesuffix(', or none')}")
            ends[name] = self.value(given, f"{place}.{name}", info)
        low, high = ends["low"], ends["high"]
        if low > high:
            self.fail(place, f": low = {shown(low)} is above high = {shown(high)}")
        if low == high:
            self.fail(place, f": low and high are both {shown(low)}; what does not vary belongs in [set]")
        scale: Any = self.choice(spec, f"{place}.scale", _SCALES) if "scale" in spec else info.scale
        if scale == "log" and low <= 0:
            self.fail(place, f': low = {shown(low)} must be above 0 on a log scale (or give scale = "linear")')
        return {
            **ends,
            "scale": scale,
            "steps": self.steps(spec, place, Axis("", type_, low=low, high=high, scale=scale)),
        }

    def steps(self, spec: Mapping[str, Any], place: str, axis: Axis) -> int | None:
        """Number of values that a grid takes from a range."""
        if self.kind != "grid":
            if "steps" in spec:
                self.fail(f"{place}.steps", f"has no meaning for a {self.kind} design, only for a grid")
            return None
        if "steps" not in spec:
            self.fail(f"{place}.steps", "is missing: a grid needs the number of values from low to high")
        steps = self.whole(spec, f"{place}.steps", 2, MOST_STEPS)
        different = len(set(dataclasses.replace(axis, steps=steps).levels()))
        if different < steps:
            self.fail(
                f"{place}.steps",
                f"= {steps} is more than the whole numbers from {axis.low} to {axis.high} on a {axis.scale} scale "
                f"give ({different})",
            )
        return steps

    def point_tables(self, content: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The points as the design gives them, by dotted key."""
        points = content.get("points")
        if not isinstance(points, (list, tuple)):
            self.fail("points", f"{'is missing' if points is None else '= ' + shown(points)}: give [[points]] tables")
        if not points:
            self.fail("points", "= [] is empty: a list design needs at least one point")
        tables = []
        for number, point in enumerate(points):
            if not isinstance(point, Mapping):
                self.fail(f"points.{number}", f"= {shown(point)} must be a table of values by dotted key")
            tables.append(self.flat(point, f"points.{number}"))
        return tables

    def listed_values(self, content: Mapping[str, Any]) -> dict[str, list[Any]]:
        """Values by key over all points; a point that leaves a key out has the scenario's own value."""
        tables = self.point_tables(content)
        keys = list(dict.fromkeys(key for table in tables for key in table))
        if not keys:
            self.fail("points", ": no point changes anything")
        found: dict[str, list[Any]] = {}
        for key in keys:
            info = self.parameter(key, f"points: {key}")
            column = [self.point_value(table, key, number, info) for number, table in enumerate(tables)]
            found[key] = list(dict.fromkeys(column))
        return found

    def point_value(self, table: Mapping[str, Any], key: str, number: int, info: ParameterInfo) -> Any:
        """Value of a key at a listed point; the scenario's own where the point leaves it out."""
        given = table[key] if key in table else value_in(self.scenario, key)
        return self.value(given, f"points.{number}: {key}", info)

    def listed(self, content: Mapping[str, Any], axes: tuple[Axis, ...]) -> tuple[dict[str, Any], ...]:
        """The points of a list design, complete: every axis at every point."""
        declared = {axis.key: self.parameter(axis.key, axis.key) for axis in axes}
        points: list[dict[str, Any]] = []
        seen: dict[tuple[Any, ...], int] = {}
        for number, table in enumerate(self.point_tables(content)):
            point = {key: self.point_value(table, key, number, info) for key, info in declared.items()}
            first = seen.setdefault(tuple(point.values()), number)
            if first != number:
                self.fail(f"points.{number}", f"is the same as points.{first}")
            points.append(point)
        return tuple(points)
