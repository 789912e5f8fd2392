"""The design: its points, its replications and the runs that both make."""

import functools
import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar, overload

from ...model.randomness import SeedTree
from ...model.scenario import Scenario
from ...model.scenario.toml_writer import format_value
from . import sampling
from .axis import Axis

Kind = Literal["grid", "list", "random", "lhs", "sobol", "morris"]
KINDS: tuple[Kind, ...] = ("grid", "list", "random", "lhs", "sobol", "morris")


Item = TypeVar("Item")


class Numbered(Sequence[Item], Generic[Item]):
    """A sequence whose items are made when they are asked for: a design may have more points than memory holds.

    Args:
        count: number of items.
        make: gives an item by its number, always the same.
    """

    def __init__(self, count: int, make: Callable[[int], Item]) -> None:
        self._numbers, self._make = range(count), make

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> Item: ...

    @overload
    def __getitem__(self, index: slice) -> list[Item]: ...

    def __getitem__(self, index: int | slice) -> Item | list[Item]:
        if isinstance(index, slice):
            return [self._make(number) for number in self._numbers[index]]
        return self._make(self._numbers[index])

    def __iter__(self) -> Iterator[Item]:
        return map(self._make, self._numbers)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(one == another for one, another in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class PlannedRun:
    """One run of a design.

    Attributes:
        point: number of the point, from 0 in the order of :meth:`Design.points`.
        replication: number of the replication, from 0.
        seed: seed of the run: the same at every point, so that points differ by their parameters only.
        overrides: values by dotted key that distinguish the point from the design's scenario.
    """

    point: int
    replication: int
    seed: int
    overrides: dict[str, Any]


@dataclass(frozen=True)
class Design:
    """What to run: a scenario, the axes that vary, and how often each point is repeated.

    Made by :func:`.loading.load_design`, which checks it; immutable afterwards.

    Attributes:
        name: short name, also that of the results' folder.
        scenario: the world that every run starts from; days, stakers and the overrides of ``[set]`` are in it.
        kind: ``grid``, ``list``, ``random``, ``lhs``, ``sobol`` or ``morris``.
        seed: root of the sample and of the replications' seeds.
        replications: runs at each point.
        axes: what varies.
        n: points of a random or Latin hypercube design, base sample of a Sobol one, trajectories of a Morris one.
        levels: levels of a Morris design's grid.
        second_order: whether a Sobol design allows second-order indices.
        listed: points of a list design, each with the keys that it changes.
        base: name or path of the scenario as the design gives it.
        fixed: overrides of ``[set]``, by dotted key.
        title: one line for people.
        description: what the design is for.
        metrics: what is drawn when nobody says which; the usual ones when empty.
    """

    name: str
    scenario: Scenario
    kind: Kind
    seed: int
    replications: int
    axes: tuple[Axis, ...]
    n: int | None = None
    levels: int = sampling.LEVELS
    second_order: bool = False
    listed: tuple[Mapping[str, Any], ...] = ()
    base: str = ""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    description: str = ""
    metrics: tuple[str, ...] = ()

    # ---------------------------------------------------------------- what is run

    @property
    def size(self) -> int:
        """Number of points, without making them."""
        if self.kind == "list":
            return len(self.listed)
        if self.kind == "grid":
            return math.prod(map(len, self._levels))
        return sampling.rows(self.kind, self.n or 0, len(self.axes), second_order=self.second_order)

    @property
    def run_count(self) -> int:
        """Number of runs: points times replications."""
        return self.size * self.replications

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the axes."""
        return tuple(axis.key for axis in self.axes)

    @property
    def levers(self) -> tuple[Axis, ...]:
        """Axes that somebody decides."""
        return tuple(axis for axis in self.axes if axis.role == "lever")

    @property
    def uncertainties(self) -> tuple[Axis, ...]:
        """Axes that nobody decides: behaviours and facts that are not known well."""
        return tuple(axis for axis in self.axes if axis.role != "lever")

    def axis(self, key: str) -> Axis:
        """The axis with a key.

        Raises:
            KeyError: the design has no such axis.
        """
        for axis in self.axes:
            if axis.key == key:
                return axis
        raise KeyError(f"the design {self.name} has no axis {key!r}; axes: {', '.join(self.keys)}")

    def unit_sample(self) -> sampling.Floats:
        """Positions of a sampled design's points in the unit cube, shape (points, axes); what SALib's analyses need."""
        if self.n is None:
            raise ValueError(f"a {self.kind} design has no sample")
        return sampling.positions(
            self.kind, self.n, len(self.axes), self.seed, levels=self.levels, second_order=self.second_order
        )

    def points(self) -> Numbered[dict[str, Any]]:
        """Values by dotted key at every point, always in the same order: in a grid, the last axis moves fastest.

        Points are made when they are asked for, by number or one after the other.
        """
        return Numbered(self.size, self._point)

    def _point(self, number: int) -> dict[str, Any]:
        if self.kind == "list":
            return dict(self.listed[number])
        if self.kind == "grid":
            return self._grid_point(number)
        return sampling.place(self.kind, self.axes, self._unit[number : number + 1])[0]

    def _grid_point(self, number: int) -> dict[str, Any]:
        values: list[Any] = []
        for levels in reversed(self._levels):
            number, place = divmod(number, len(levels))
            values.append(levels[place])
        return dict(zip(self.keys, reversed(values), strict=True))

    @functools.cached_property
    def _levels(self) -> list[tuple[Any, ...]]:
        return [axis.levels() for axis in self.axes]

    @functools.cached_property
    def _unit(self) -> sampling.Floats:
        return self.unit_sample()

    def seeds(self) -> tuple[int, ...]:
        """Seeds of the replications, from the design's seed alone: more replications leave the first ones as they are.

        The same seeds at every point are common random numbers: what a difference of parameters does not touch is the
        same in both runs, so differences between points have far less variance than the points themselves (Law 2015,
        Simulation Modeling and Analysis, 5th ed., section 11.2).
        """
        tree = SeedTree(self.seed)
        # Scenarios and Parquet take signed 64-bit integers.
        return tuple(int(tree.key(f"designs.replication.{number}")) >> 1 for number in range(self.replications))

    def runs(self) -> Numbered[PlannedRun]:
        """All runs, ordered by point and replication; made when they are asked for."""
        seeds, points = self.seeds(), self.points()

        def planned(number: int) -> PlannedRun:
            point, replication = divmod(number, len(seeds))
            return PlannedRun(point, replication, seeds[replication], points[point])

        return Numbered(self.run_count, planned)

    # ---------------------------------------------------------------- identity and text

    def content_hash(self) -> str:
        """SHA-256 (hex) of what is run: the same hash, the same runs (name and labels do not count)."""
        content = {
            "scenario": self.scenario.content_hash(),
            "kind": self.kind,
            "keys": self.keys,
            "seeds": self.seeds(),
        }
        digest = hashlib.sha256(f'{_json(content)[:-1]},"points":['.encode("ascii"))
        for number, point in enumerate(self.points()):
            digest.update(f"{',' if number else ''}{_json(point)}".encode("ascii"))
        digest.update(b"]}")
        return digest.hexdigest()

    def to_mapping(self, *, resolved: bool = True) -> dict[str, Any]:
        """The design as plain tables, lists, numbers and texts; :func:`.loading.load_design` reads it back.

        Args:
            resolved: put the whole scenario inside, so that the design means the same on another machine and after a
                shipped scenario has changed; otherwise its name or path, as the design gave it.
        """
        content: dict[str, Any] = {"name": self.name}
        content |= {key: text for key, text in (("title", self.title), ("description", self.description)) if text}
        content |= {"metrics": list(self.metrics)} if self.metrics else {}
        content["scenario"] = without_nulls(self.scenario.to_dict()) if resolved else self.base or self.scenario.name
        content |= {"seed": self.seed, "replications": self.replications}
        if not resolved:
            content |= self._scenario_terms()
        content["design"] = self._sampling_terms()
        if self.kind == "list":
            content["points"] = [without_nulls(point) for point in self.listed]
        else:
            content["axes"] = {axis.key: axis.to_mapping() for axis in self.axes}
        if self.fixed and not resolved:
            content["set"] = without_nulls(self.fixed)
        return content

    def _scenario_terms(self) -> dict[str, Any]:
        """Days and stakers, where they do not vary and ``[set]`` does not say them."""
        terms = {"days": ("days", self.scenario.days), "stakers": ("stakers.count", self.scenario.stakers.count)}
        return {name: value for name, (key, value) in terms.items() if key not in self.keys and key not in self.fixed}

    def _sampling_terms(self) -> dict[str, Any]:
        terms: dict[str, Any] = {"kind": self.kind}
        if self.n is not None:
            terms["n"] = self.n
        if self.kind == "morris":
            terms["levels"] = self.levels
        if self.kind == "sobol":
            terms["second_order"] = self.second_order
        return terms

    def to_toml(self, *, resolved: bool = False) -> str:
        """The design as a TOML file."""
        content = self.to_mapping(resolved=resolved)
        tables = {key: content.pop(key) for key in ("design", "axes", "set") if key in content}
        points = content.pop("points", [])
        lines = [f"{key} = {format_value(value)}" for key, value in content.items()]
        for name, table in tables.items():
            lines += ["", f"[{name}]", *(f"{json.dumps(key)} = {format_value(value)}" for key, value in table.items())]
        for point in points:
            lines += ["", "[[points]]", *(f"{json.dumps(key)} = {format_value(value)}" for key, value in point.items())]
        return "\n".join(lines) + "\n"


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def without_nulls(value: Any) -> Any:
    """The same with ``none`` for what is empty: TOML has no null, and scenarios read that word as one."""
    if isinstance(value, Mapping):
        return {str(key): without_nulls(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nulls(inner) for inner in value]
    return "none" if value is None else value
