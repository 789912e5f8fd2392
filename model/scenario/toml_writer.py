"""Scenarios as TOML text. Reading is the standard library's; it does not write."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .scenario import Scenario
from .stakers import DEFAULT_ARCHETYPES


def dumps(scenario: Scenario) -> str:
    """The resolved scenario as a TOML document: every key but the empty ones, in the order of declaration."""
    document = scenario.to_dict()
    for name in DEFAULT_ARCHETYPES:
        # Loading starts from the default archetypes; one that is gone has to be dropped again.
        document["stakers"]["archetypes"].setdefault(name, {"remove": True})
    return "\n".join(_table(document, ())).strip() + "\n"


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    for key, value in table.items():
        if value is not None and not _is_nested(value):
            yield f"{_name(key)} = {format_value(value)}"
    for key, value in table.items():
        here = (*path, key)
        header = ".".join(_name(part) for part in here)
        if isinstance(value, Mapping):
            yield f"\n[{header}]"
            yield from _table(value, here)
        elif _is_nested(value):
            for item in value:
                yield f"\n[[{header}]]"
                yield from _table(item, here)


def _is_nested(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and any(isinstance(item, Mapping) for item in value))


def _name(key: str) -> str:
    return key if key and all(c.isascii() and (c.isalnum() or c in "_-") for c in key) else _text(key)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def format_value(value: Any) -> str:
    """One value in TOML's syntax (tables inline)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(format_value(item) for item in value)}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_name(str(key))} = {format_value(item)}' for key, item in value.items())}}}"
    return "none" if value is None else repr(value) if isinstance(value, (int, float)) else str(value)
