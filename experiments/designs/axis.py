"""One axis of a design: a parameter of the scenario and the values that it takes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...model.scenario.parameter import Role, Scale

DIGITS = 12
"""Significant digits of computed values: enough for any question, and the same on every machine."""

WHOLE = ("whole number", "day")
"""Types of parameters whose values are whole numbers."""

NUMERIC = ("number", *WHOLE)
"""Types of parameters that can be given as a range."""

_TABLES = ("lst", "lrt", "avs", "archetypes")
"""Parts of a key that only say what kind of thing the id after them is."""


@dataclass(frozen=True)
class Axis:
    """A parameter that varies: either over listed values or over a range.

    Attributes:
        key: dotted key of the scenario, e.g. ``campaigns.airdrop_share``.
        type: type of the parameter: ``number``, ``whole number``, ``day`` (days since the scenario's start),
            ``switch``, ``choice``, ``date`` or ``text``.
        unit: unit of the values, empty when they have none.
        role: ``lever`` (somebody decides it), ``uncertainty`` (nobody knows it well) or ``fact``.
        label: short name for figures and tables, without unit.
        values: the values listed, None for a range.
        low: smallest value of a range.
        high: largest value of a range.
        scale: ``linear`` or ``log``: how values are spread over a range.
        steps: number of values that a grid takes from a range.
    """

    key: str
    type: str = "number"
    unit: str = ""
    role: Role = "uncertainty"
    label: str = ""
    values: tuple[Any, ...] | None = None
    low: float | int | None = None
    high: float | int | None = None
    scale: Scale = "linear"
    steps: int | None = None

    @property
    def is_range(self) -> bool:
        """Whether the axis is a range rather than a list."""
        return self.values is None

    @property
    def is_whole(self) -> bool:
        """Whether values are whole numbers."""
        return self.type in WHOLE

    @property
    def is_numeric(self) -> bool:
        """Whether every value is a number, so that it has a place on a line."""
        if self.values is None:
            return True
        return all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in self.values)

    @property
    def title(self) -> str:
        """The label with its unit."""
        return f"{self.label} [{self.unit}]" if self.unit and self.unit != "day" else self.label

    def levels(self) -> tuple[Any, ...]:
        """The values that a grid takes, in order."""
        if self.values is not None:
            return self.values
        if self.steps is None:
            raise ValueError(f"{self.key} is a range without steps")
        return tuple(self._between(step / (self.steps - 1)) for step in range(self.steps))

    def at(self, position: float) -> Any:
        """The value at a position in [0, 1): positions spread evenly give each value its fair share.

        Whole numbers and listed values take equally long pieces of the unit interval each.
        """
        if self.values is not None:
            return self.values[min(int(position * len(self.values)), len(self.values) - 1)]
        if not self.is_whole:
            return self._between(position)
        low, high = self._ends()
        if self.scale == "log":
            value = math.exp(math.log(low) + position * (math.log(high + 1) - math.log(low)))
        else:
            value = low + position * (high + 1 - low)
        return min(max(math.floor(_tidy(value)), int(low)), int(high))

    def on_grid(self, position: float) -> Any:
        """The value at a position in [0, 1] of a regular grid, both ends of the range included (Morris)."""
        return self.at(position) if self.values is not None else self._between(position)

    def _between(self, position: float) -> float | int:
        low, high = self._ends()
        if self.scale == "log":
            value = math.exp(math.log(low) + position * (math.log(high) - math.log(low)))
        else:
            value = low + position * (high - low)
        value = min(max(_tidy(value), low), high)
        return round(value) if self.is_whole else float(value)

    def _ends(self) -> tuple[float | int, float | int]:
        if self.low is None or self.high is None:
            raise ValueError(f"{self.key} has no range")
        return self.low, self.high

    def to_mapping(self) -> dict[str, Any]:
        """The axis as a design file gives it, everything said."""
        content: dict[str, Any] = {"label": self.label, "role": self.role}
        if self.values is not None:
            return content | {"values": ["none" if value is None else value for value in self.values]}
        content |= {"low": self.low, "high": self.high, "scale": self.scale}
        return content | ({"steps": self.steps} if self.steps is not None else {})


_ABBREVIATIONS = {
    word.lower(): word for word in ("APR", "AVS", "DeFi", "ETH", "FDV", "LP", "LRT", "LST", "LTV", "MEV", "TVL")
}


def label_of(key: str) -> str:
    """A short name for a key: its last part, and whose it is (``airdrop share (campaigns)``)."""
    *owner, name = key.split(".")
    whose = [part for part in owner if part not in _TABLES]
    if whose[:1] == ["stakers"] and len(whose) > 1:
        whose = whose[1:]
    text = _spelt(" ".join(whose))
    return _spelt(name) + (f" ({text})" if text else "")


def _spelt(name: str) -> str:
    """The words of a name, abbreviations as the field writes them."""
    return " ".join(_ABBREVIATIONS.get(word, word) for word in name.replace("_", " ").split())


def labels_of(axes: "Mapping[str, Axis] | tuple[Axis, ...]") -> dict[str, str]:
    """Labels by key, without the owner in brackets where the bare name is already unmistakable."""
    listed = tuple(axes.values()) if isinstance(axes, Mapping) else axes
    bare = {axis.key: axis.label.removesuffix(")").partition(" (")[0] for axis in listed}
    taken = list(bare.values())
    return {axis.key: bare[axis.key] if taken.count(bare[axis.key]) == 1 else axis.label for axis in listed}


def _tidy(value: float) -> float:
    """Without the dust of binary fractions: 0.3, not 0.30000000000000004."""
    return float(f"{value:.{DIGITS}g}")
