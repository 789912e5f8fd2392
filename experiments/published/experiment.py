"""What a published experiment is: its paper, its parameters, its targets and the verdict.

Three levels of reproduction (Axtell, Axelrod, Epstein and Cohen 1996, "Aligning simulation models", Computational and
Mathematical Organization Theory 1(2)): ``NUM`` the same numbers up to rounding, ``DIST`` distributions that cannot be
told apart, ``REL`` the same sign, ordering, threshold or shape. Tolerances are written down before the run.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Number = float | int | Fraction
Parameters = Mapping[str, Any]


class Level(StrEnum):
    """How close a reproduction has to come."""

    NUM = "NUM"
    DIST = "DIST"
    REL = "REL"


class Origin(StrEnum):
    """What a value stands for that the model is held against."""

    PUBLISHED = "published"
    FORMULA = "formula"
    CONSTRUCTION = "construction"


ORIGINS = {
    Origin.PUBLISHED: "printed in the source: a number, a result or a statement of its authors",
    Origin.FORMULA: "computed here from the source's formula, specification or code",
    Origin.CONSTRUCTION: "ours: a construction on the source's mechanism, with numbers that it does not give",
}
"""What the origins mean, from the strongest evidence to none about the source."""


@dataclass(frozen=True)
class Check:
    """One number or statement beside what the model gives.

    Attributes:
        name: what is compared, in words of the field.
        published: the number or statement ("falls with k") that the model is held against; see :class:`Origin`.
        measured: what the run gave, in the same unit.
        rule: the tolerance in words, fixed before the run ("relative error at most 1e-6").
        passed: whether the rule holds.
        level: the level of this check.
        where: where the published value stands (table, figure, equation, page).
    """

    name: str
    published: Number | str
    measured: Number | str
    rule: str
    passed: bool
    level: Level = Level.NUM
    where: str = ""

    @classmethod
    def number(
        cls,
        name: str,
        published: Number,
        measured: Number,
        *,
        relative: float = 1e-6,
        absolute: float = 0.0,
        level: Level = Level.NUM,
        where: str = "",
    ) -> "Check":
        """A number that has to agree to a relative or an absolute error, whichever allows more."""
        passed = math.isclose(float(measured), float(published), rel_tol=relative, abs_tol=absolute)
        allowed = [f"relative error at most {relative:g}"] if relative else []
        allowed += [f"absolute error at most {absolute:g}"] if absolute else []
        return cls(name, published, measured, " or ".join(allowed) or "equal", passed, level, where)

    @classmethod
    def exact(cls, name: str, published: Number | str, measured: Number | str, *, where: str = "") -> "Check":
        """A count, a fraction or a word that has to be the same."""
        return cls(name, published, measured, "equal", measured == published, Level.NUM, where)

    @classmethod
    def within(
        cls,
        name: str,
        published: Number,
        low: float,
        high: float,
        *,
        rule: str,
        level: Level = Level.DIST,
        where: str = "",
    ) -> "Check":
        """A published number that has to lie in the interval that the runs span."""
        return cls(name, published, f"{low:.6g} to {high:.6g}", rule, low <= float(published) <= high, level, where)

    @classmethod
    def share_of_seeds(
        cls, name: str, statement: str, held: int, of: int, *, at_least: float = 0.95, where: str = ""
    ) -> "Check":
        """A statement that has to hold in a share of the seeds."""
        rule = f"holds in at least {at_least:.0%} of the seeds"
        return cls(name, statement, f"{held} of {of} seeds", rule, held >= at_least * of, Level.REL, where)


@dataclass(frozen=True)
class Outcome:
    """What one run of an experiment gives.

    Attributes:
        checks: the comparisons with the published numbers, in the order of the paper.
        tables: frames by name; each becomes ``<name>.csv`` beside the verdict.
    """

    checks: tuple[Check, ...]
    tables: "Mapping[str, pd.DataFrame]" = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every check holds (an experiment without checks has shown nothing)."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    @property
    def exact_passed(self) -> bool:
        """Whether every exact (NUM) check holds."""
        return all(check.passed for check in self.checks if check.level is Level.NUM)


@dataclass(frozen=True)
class Experiment:
    """A published experiment that one command repeats.

    Attributes:
        id: name on the command line, lower case with hyphens.
        title: one line: what the paper shows.
        citation: authors, year, title, venue, address.
        level: the closest level that its main claim is checked at.
        question: what a reader of the restaking economy learns from it, in one or two sentences.
        switched_off: what of the full model does not act here, and which model code is used.
        parameters: the full run.
        short: what the short variant (continuous integration) changes; ``{}`` when the full one takes seconds.
        run: parameters to outcome; deterministic, all randomness from ``parameters["seed"]``.
        draw: outcome to a figure that shows the model's numbers beside the published ones.
        seconds: about how long the full run takes (s), for the listing.
        origins: what the values are that checks are held against, by the beginning of ``where`` (the longest that fits
            counts). What no entry fits is published where a place is given and a construction where none is.
        known_misses: names of checks that the full or the short variant does not meet, told in the notes; the verdict
            is FAIL all the same.
        notes: what was not reproduced, or where the published account is unclear.
    """

    id: str
    title: str
    citation: str
    level: Level
    question: str
    switched_off: str
    parameters: Parameters
    run: Callable[[Parameters], Outcome]
    draw: "Callable[[Outcome], Figure]"
    short: Parameters = field(default_factory=dict)
    seconds: float = 1.0
    notes: str = ""
    known_misses: tuple[str, ...] = ()
    origins: Mapping[str, Origin] = field(default_factory=dict)

    def origin(self, check: Check) -> Origin:
        """What the value of a check stands for."""
        fitting = [start for start in self.origins if check.where.startswith(start) and (start or not check.where)]
        if fitting:
            return self.origins[max(fitting, key=len)]
        return Origin.PUBLISHED if check.where else Origin.CONSTRUCTION
