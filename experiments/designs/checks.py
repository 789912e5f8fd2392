"""Reading values out of tables, each with the one message that says what is wrong with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from ...model.scenario import find_parameter
from ...model.scenario.naming import hint, nearest
from ...model.scenario.toml_writer import format_value
from .errors import DesignError

AXIS_KEYS = ("low", "high", "scale", "steps", "values", "role", "label")
"""What the table of an axis may hold."""

_LONGEST_VALUE = 60


@dataclass(frozen=True)
class Checks:
    """Reads tables of a design.

    Attributes:
        label: what messages call the source.
    """

    label: str

    def fail(self, key: str, problem: str) -> NoReturn:
        """Raise for a key."""
        colon = "" if problem.startswith(":") or not key else " "
        raise DesignError(f"{self.label}: {key}{colon}{problem}", key=key, where=self.label)

    def known_keys(self, table: Mapping[str, Any], known: Sequence[str], prefix: str) -> None:
        """Refuse keys that mean nothing."""
        for key in table:
            if key not in known:
                self.fail(f"{prefix}{key}", f": unknown key; {hint(str(key), known)}")

    def table(self, content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        """A table of the design, empty when it is not there."""
        value = content.get(key, {})
        if not isinstance(value, Mapping):
            self.fail(key, f"= {shown(value)} must be a table")
        return value

    def text(self, content: Mapping[str, Any], key: str) -> str:
        """A text, empty when it is not there."""
        value = content.get(key, "")
        if not isinstance(value, str):
            self.fail(key, f"= {shown(value)} must be a text")
        return value

    def whole(self, content: Mapping[str, Any], key: str, low: int, high: int, *, default: int | None = None) -> int:
        """A whole number between bounds."""
        value = content.get(key.rpartition(".")[2], default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.fail(key, f"= {shown(value)} must be a whole number between {low} and {high}")
        return value

    def choice(self, content: Mapping[str, Any], key: str, choices: Sequence[str]) -> str:
        """One of a few words."""
        name = key.rpartition(".")[2]
        if name not in content:
            self.fail(key, f"is missing: it must be one of {', '.join(choices)}")
        value = content[name]
        if value not in choices:
            near = nearest(value, choices) if isinstance(value, str) else None
            self.fail(
                key, f"= {shown(value)} must be one of {', '.join(choices)}" + (f"; nearest: {near}" if near else "")
            )
        return str(value)

    def flat(self, table: Mapping[str, Any], place: str) -> dict[str, Any]:
        """Leaves of nested tables by dotted key: ``"a.b" = 1`` and ``a.b = 1`` mean the same, and once only."""
        found: dict[str, Any] = {}
        for key, value in leaves(table, ""):
            if key in found:
                self.fail(f"{place}.{key}", "is given twice")
            found[key] = value
        return found


def shown(value: Any) -> str:
    """A value as a design file would give it, cut when it is long."""
    text = format_value(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}..."


def leaves(table: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    """Dotted keys and values: a nested table is a path, unless its keys are those of an axis."""
    for key, value in table.items():
        here = f"{prefix}{key}"
        if isinstance(value, Mapping) and find_parameter(here) is None and not set(value) & set(AXIS_KEYS[:5]):
            if not value:
                yield here, value
            yield from leaves(value, f"{here}.")
        else:
            yield here, value
