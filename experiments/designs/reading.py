"""The design as a whole: its scenario, how it samples, and whether every point of it can be run."""

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...model.metrics import metrics_of
from ...model.scenario import Scenario, ScenarioError, load_scenario
from ...model.scenario.loading import apply_overrides, read_resolved
from ...model.scenario.naming import NAME, hint, line_problem, prose_problem
from ...model.scenario.price_file import SECTION, locate, located
from . import sampling
from .checks import Checks, shown
from .declared import AxisReader
from .design import KINDS, Design
from .errors import DesignError

MOST_RUNS = 1_000_000
"""More are a slip of the pen: a grid of six axes with twenty steps has 64 million points."""

MOST_POINTS = MOST_RUNS

MOST_CHECKED = 2_000
"""Points that are checked before the first run; of a larger design so many, spread over all of it, and its corners."""

MOST_DRAWN = 50_000
"""Points of a sample that is drawn to be checked; of a larger one a smaller one is."""

LARGEST_SEED = 2**63 - 1
MOST_REPLICATIONS = 1_000_000

_TOP_KEYS = (
    "name",
    "title",
    "description",
    "metrics",
    "scenario",
    "seed",
    "replications",
    "days",
    "stakers",
    "design",
    "axes",
    "set",
    "points",
)
_DESIGN_KEYS = ("kind", "n", "levels", "second_order")
_SHORTHANDS = {"days": "days", "stakers": "stakers.count"}
"""Keys of a design that stand for keys of its scenario."""


@dataclass(frozen=True)
class Reader(Checks):
    """Turns the content of a design into a design.

    Attributes:
        folder: folder that a scenario's relative path starts from; the working directory when None.
        stem: name of a design that has none.
        any_size: whether a design may have more runs than anybody can make.
        own_metrics: names of metrics that the runs record beside the shipped ones.
    """

    folder: Path | None
    stem: str
    any_size: bool = False
    own_metrics: tuple[str, ...] = ()

    def read(self, content: Mapping[str, Any]) -> Design:
        """The design, checked as a whole."""
        self.known_keys(content, _TOP_KEYS, "")
        terms = self.table(content, "design")
        self.known_keys(terms, _DESIGN_KEYS, "design.")
        kind = self.choice(terms, "design.kind", KINDS)
        fixed = self.fixed(content)
        scenario = self.scenario(content, fixed)
        axis_reader = AxisReader(self.label, kind, scenario, self.fixed_keys(content, fixed))
        axes = axis_reader.axes(content)
        design = Design(
            name=self.name(content),
            scenario=scenario,
            kind=kind,  # type: ignore[arg-type]
            seed=self.whole(content, "seed", 0, LARGEST_SEED, default=1),
            replications=self.whole(content, "replications", 1, MOST_REPLICATIONS, default=1),
            axes=axes,
            n=self.sample_size(terms, kind),
            levels=self.levels(terms, kind),
            second_order=self.second_order(terms, kind),
            listed=axis_reader.listed(content, axes) if kind == "list" else (),
            base=self.base(content, scenario),
            fixed=fixed,
            title=self.line(content, "title"),
            description=self.prose(content, "description"),
            metrics=self.metrics(content),
        )
        self.check_size(design)
        self.check_sampled_axes(design)
        self.check_points(design)
        return design

    def name(self, content: Mapping[str, Any]) -> str:
        """Name of the design, fit for a folder."""
        name = self.text(content, "name") or self.stem or "design"
        if not NAME.allows(name):
            self.fail("name", f"= {shown(name)} must be {NAME.words} (it names a folder)")
        return name

    def line(self, content: Mapping[str, Any], key: str) -> str:
        """A text of one line."""
        text = self.text(content, key)
        problem = line_problem(text)
        if problem:
            self.fail(key, f"= {shown(text)} must be {problem}")
        return text

    def prose(self, content: Mapping[str, Any], key: str) -> str:
        """A text of any number of lines."""
        text = self.text(content, key)
        problem = prose_problem(text)
        if problem:
            self.fail(key, f"= {shown(text)} must be {problem}")
        return text

    def metrics(self, content: Mapping[str, Any]) -> tuple[str, ...]:
        """What the figures of the design show: summary metrics of the whole."""
        given = content.get("metrics", [])
        if not isinstance(given, list | tuple) or not all(isinstance(name, str) for name in given):
            self.fail("metrics", f"= {shown(given)} must be a list of names of metrics")
        known = [*(metric.name for metric in metrics_of("total")), *self.own_metrics]
        for name in given:
            if name not in known:
                self.fail("metrics", f": there is no metric {name!r}; {hint(name, known)}")
        return tuple(given)

    def fixed(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """The overrides of ``[set]`` by dotted key."""
        return self.flat(self.table(content, "set"), "set")

    def fixed_keys(self, content: Mapping[str, Any], fixed: Mapping[str, Any]) -> dict[str, str]:
        """By key, which part of the design holds a parameter at one value."""
        found = dict.fromkeys(fixed, "[set]")
        return found | {target: name for name, target in _SHORTHANDS.items() if name in content}

    def scenario(self, content: Mapping[str, Any], fixed: Mapping[str, Any]) -> Scenario:
        """The scenario with days, stakers and the overrides of ``[set]``."""
        base = self.base_scenario(content.get("scenario", "baseline"))
        values, where = located(fixed, self.folder), dict.fromkeys(fixed, f"{self.label}: set")
        if "seed" in values:
            self.fail("set.seed", "has no effect: the runs' seeds come from the design's own seed")
        for key, target in _SHORTHANDS.items():
            if key not in content:
                continue
            if target in values:
                self.fail(f"set.{target}", f"is given twice (also by {key})")
            values[target], where[target] = content[key], f"{self.label}: {key}"
        if not values:
            return base
        try:
            return apply_overrides(base, values, where)
        except ScenarioError as error:
            raise DesignError(str(error), key=error.key, where=self.label) from None

    def base_scenario(self, given: Any) -> Scenario:
        """The scenario by name, by path (from the design's folder) or in full."""
        if isinstance(given, Scenario):
            return given
        if isinstance(given, Mapping):
            return self.inline_scenario(given)
        if not isinstance(given, str):
            self.fail("scenario", f"= {shown(given)} must be the name of a shipped scenario or a path")
        is_path = given.endswith(".toml") or "/" in given or os.sep in given
        name = os.fspath(self.folder / Path(given).expanduser()) if is_path and self.folder is not None else given
        try:
            return load_scenario(name)
        except ScenarioError as error:
            raise DesignError(f"{self.label}: scenario: {error}", key="scenario", where=self.label) from None

    def inline_scenario(self, content: Mapping[str, Any]) -> Scenario:
        """A scenario that the design holds in full."""
        prices = content.get(SECTION)
        content = {**content, SECTION: dict(prices)} if isinstance(prices, Mapping) else dict(content)
        locate(content, self.folder)
        try:
            return read_resolved(content, f"{self.label}: scenario")
        except ScenarioError as error:
            raise DesignError(str(error), key=f"scenario.{error.key}", where=self.label) from None

    def base(self, content: Mapping[str, Any], scenario: Scenario) -> str:
        """What the design calls its scenario."""
        given = content.get("scenario", "baseline")
        return given if isinstance(given, str) else scenario.name

    def sample_size(self, terms: Mapping[str, Any], kind: str) -> int | None:
        """The number ``n`` of a sampled design."""
        if kind not in sampling.SAMPLED:
            if "n" in terms:
                self.fail(
                    "design.n", f"= {shown(terms['n'])} has no meaning for a {kind}: its axes say how many points"
                )
            return None
        least = 2 if kind in ("sobol", "morris") else 1
        what = {"sobol": "size of the base sample, a power of two", "morris": "number of trajectories"}
        if "n" not in terms:
            self.fail("design.n", f'is missing: kind = "{kind}" needs it ({what.get(kind, "number of points")})')
        n = self.whole(terms, "design.n", least, MOST_POINTS)
        if kind == "sobol" and n & (n - 1):
            below = 1 << (n.bit_length() - 1)
            closest = below if n - below <= 2 * below - n else 2 * below
            self.fail(
                "design.n", f"= {n} must be a power of two (the sequence is balanced only then); nearest: {closest}"
            )
        return n

    def levels(self, terms: Mapping[str, Any], kind: str) -> int:
        """Levels of a Morris design's grid."""
        if "levels" not in terms:
            return sampling.LEVELS
        if kind != "morris":
            self.fail("design.levels", f"has no meaning for a {kind} design, only for morris")
        levels = self.whole(terms, "design.levels", 2, 1_000)
        if levels % 2:
            self.fail("design.levels", f"= {levels} must be even (only then are all levels equally likely)")
        return levels

    def second_order(self, terms: Mapping[str, Any], kind: str) -> bool:
        """Whether a Sobol design allows second-order indices."""
        if "second_order" not in terms:
            return False
        value = terms["second_order"]
        if kind != "sobol":
            self.fail("design.second_order", f"has no meaning for a {kind} design, only for sobol")
        if not isinstance(value, bool):
            self.fail("design.second_order", f"= {shown(value)} must be true or false")
        return value

    def check_size(self, design: Design) -> None:
        """Refuse what nobody can mean."""
        problem = "" if self.any_size else size_problem(design)
        if problem:
            self.fail("design", f": {problem}")

    def check_sampled_axes(self, design: Design) -> None:
        """An axis that does not vary, or varies finer than a Morris grid shows, spoils a sampled design."""
        if design.kind not in sampling.SAMPLED:
            return
        for axis in design.axes:
            count = len(axis.values) if axis.values is not None else 2
            if count < 2:
                self.fail(
                    f"axes.{axis.key}", f"has one value only; in a {design.kind} design it must vary (or use [set])"
                )
            if design.kind == "morris" and axis.values is not None and count > design.levels:
                self.fail(
                    f"axes.{axis.key}",
                    f"lists {count} values, more than the {design.levels} levels of the design; set design.levels",
                )

    def check_points(self, design: Design) -> None:
        """Every point must be a valid scenario that can begin, and no axis may be without effect at all of them.

        Of a large design some are looked at: a point that is not valid is then a failed run with its reason.
        """
        reasons: dict[str, str | None] = dict.fromkeys(design.keys)
        silent = set(design.keys)
        if design.kind in sampling.SAMPLED and design.size > MOST_DRAWN:
            # Drawing all of it would take minutes; a smaller sample fills the same ranges.
            design = dataclasses.replace(design, n=MOST_CHECKED if design.kind in ("random", "lhs") else 64)
        points = design.points()
        for number in checked_points(design):
            try:
                scenario = design.scenario.with_overrides(points[number], where=f"{self.label}: point {number}")
            except ScenarioError as error:
                raise DesignError(str(error), key=error.key, where=self.label) from None
            problem = scenario.price_problem()
            if problem:
                self.fail("", f"{problem} (point {number})")
            for key in sorted(silent):
                reasons[key] = scenario.void_reason(key)
                if reasons[key] is None:
                    silent.discard(key)
        for key in design.keys:
            if key in silent:
                self.fail(f"axes.{key}", str(reasons[key]).removeprefix(f"{key} "))


def size_problem(design: Design) -> str:
    """Why a design has too many runs, in words; empty when it does not."""
    if design.run_count <= MOST_RUNS:
        return ""
    return (
        f"{design.run_count:,} runs ({design.size:,} points x {design.replications:,} replications) are more than "
        f"{MOST_RUNS:,}; take fewer steps, fewer replications or a sample"
    )


def checked_points(design: Design) -> list[int]:
    """Numbers of the points that are checked beforehand: all of a design of a usual size, in order."""
    size = design.size
    if size <= MOST_CHECKED:
        return list(range(size))
    step = size / MOST_CHECKED
    return sorted({*(int(step * number) for number in range(MOST_CHECKED)), *_corners(design), size - 1})


def _corners(design: Design) -> list[int]:
    """Points of a grid at which every axis has its first or its last value (of ten axes, when there are more)."""
    if design.kind != "grid":
        return []
    numbers, stride = [0], 1
    for axis in reversed(design.axes[-10:]):
        count = len(axis.levels())
        numbers = [number + end * stride for number in numbers for end in {0, count - 1}]
        stride *= count
    return numbers
