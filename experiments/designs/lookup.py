"""What a scenario holds at a dotted key."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from ...model.scenario import Scenario


def value_in(scenario: Scenario, key: str) -> Any:
    """The scenario's own value at a dotted key.

    Raises:
        LookupError: there is none.
    """
    node: Any = scenario
    for part in key.split("."):
        if isinstance(node, Mapping):
            node = node[part]
        elif isinstance(node, (list, tuple)) and part.isdecimal():
            node = node[int(part)]
        elif isinstance(node, BaseModel) and part in type(node).model_fields:
            node = getattr(node, part)
        else:
            raise LookupError(key)
    return node


def stands_in(scenario: Scenario, key: str) -> bool:
    """Whether the scenario has the key; ids and numbers of list items count."""
    try:
        value_in(scenario, key)
    except LookupError:
        return False
    return True


def keys_of(scenario: Scenario) -> list[str]:
    """Dotted keys of all single values of a scenario, in the order of declaration."""
    return list(_keys(scenario.to_dict(), ""))


def _keys(node: Mapping[str, Any], prefix: str) -> list[str]:
    found: list[str] = []
    for key, value in node.items():
        if isinstance(value, Mapping):
            found += _keys(value, f"{prefix}{key}.")
        else:
            found.append(f"{prefix}{key}")
    return found
