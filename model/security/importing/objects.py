"""The project's own form with lists of objects in place of tables of names and lists of pairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...scenario.naming import shortened
from ..elements import NumberAsWritten
from .draft import Draft, counted
from .magnitudes import CURRENT, OPERATOR, SERVICE
from .tables import Columns, Table, columns_of, records

NAMES = {"operators": "operator", "services": "service"}


def without_objects(draft: Draft, content: Mapping[str, Any]) -> dict[str, Any]:
    """The document with names as keys and edges as pairs; what is no list of objects stays as it is.

    Raises:
        NetworkError: an object has no name, or a name is there twice.
    """
    document = dict(content)
    for section, kind in NAMES.items():
        if _holds_objects(content.get(section)):
            document[section] = _named(draft, section, kind, content[section])
    if _holds_objects(content.get("edges")):
        _take_edges(draft, document, content["edges"])
    return document


def _holds_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _table(draft: Draft, section: str, items: list[Mapping[str, Any]], kind: str) -> tuple[Table, Columns]:
    table = records(items, f"{draft.where}: {section}")
    return table, columns_of(table, kind)


def _named(draft: Draft, section: str, kind: str, items: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Stakes by operator, or terms by service."""
    table, columns = _table(draft, section, items, kind)
    key = columns.operator if kind == "operator" else columns.service
    if key is None:
        draft.refuse(f"{section}[0]", "has no name; it is called name, address or id")
    if kind == "operator" and columns.stake is None:
        draft.refuse(f"{section}[0]", "has no stake")
    used = {key, columns.stake} if kind == "operator" else {key}
    found: dict[str, Any] = {}
    for number, item in enumerate(items):
        name = item.get(key)
        if not isinstance(name, str) or isinstance(name, NumberAsWritten):
            draft.refuse(f"{section}[{number}].{key}", "must be a name")
        if name in found:
            draft.refuse(f"{section}[{number}]", f"is called {shortened(name)}, as another one is")
        terms = {field: value for field, value in item.items() if field != key}
        found[name] = terms if columns.stake is None or kind == "service" else item.get(columns.stake)
    # What stands beside a service's terms is checked with them.
    draft.not_used += [f"{section}.*.{name}" for name in table.columns if kind == "operator" and name not in used]
    draft.read.append(f"{counted(len(items), kind)} in a list of objects, called by {shortened(key)!r}")
    return found


def _take_edges(draft: Draft, document: dict[str, Any], items: list[Mapping[str, Any]]) -> None:
    """Pairs, and the amounts of those that have an allocation."""
    table, columns = _table(draft, "edges", items, "edge")
    if columns.operator is None or columns.service is None:
        draft.refuse("edges[0]", "must name an operator and a service")
    document["edges"] = [[item.get(columns.operator), item.get(columns.service)] for item in items]
    amounts = columns.allocation or columns.magnitude
    if amounts is not None and document.get("allocations") is not None:
        draft.refuse("edges[0]", f"has {shortened(amounts)!r}, and there are allocations beside; one of them is enough")
    if columns.allocation is not None:
        document["allocations"] = [
            [*pair, item.get(columns.allocation)] for pair, item in zip(document["edges"], items, strict=True)
        ]
    elif columns.magnitude is not None:
        document["allocations"] = [
            {OPERATOR[0]: operator, SERVICE[0]: service, CURRENT[0]: item.get(columns.magnitude)}
            for (operator, service), item in zip(document["edges"], items, strict=True)
        ]
    used = {columns.operator, columns.service, amounts}
    draft.not_used += [f"edges.*.{name}" for name in table.columns if name not in used]
    draft.read.append(f"{counted(len(items), 'edge')} in a list of objects")
