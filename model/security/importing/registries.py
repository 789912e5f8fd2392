"""Operators as EigenExplorer's API lists them: shares by strategy in wei, registrations that may be inactive, pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ...scenario.naming import shortened
from ..document import ETHER_UNITS, same_name
from .draft import Draft, counted, listed, written

REGISTRATIONS, SHARES = "avsRegistrations", "shares"
USED = ("address", REGISTRATIONS, SHARES)


def is_registry(content: Any) -> bool:
    """Whether a JSON content has this form: a page, pages, or the operators of one."""
    operators, _ = _entries(content)
    first = operators[0] if operators else None
    return isinstance(first, Mapping) and (REGISTRATIONS in first or isinstance(first.get(SHARES), list))


def _entries(content: Any) -> tuple[list[Any], int]:
    """Operators of all pages, and the number of pages."""
    pages = content if isinstance(content, list) else [content]
    paged = [page["data"] for page in pages if isinstance(page, Mapping) and isinstance(page.get("data"), list)]
    if not paged or len(paged) < len(pages):
        return (content, 1) if isinstance(content, list) else ([], 0)
    return [entry for page in paged for entry in page], len(paged)


def read_registry(draft: Draft, content: Any) -> None:
    """Fill the draft.

    Raises:
        NetworkError: an entry is not an operator, or two entries of one operator differ.
    """
    entries, pages = _entries(content)
    if not entries:
        draft.refuse("", "holds no operators; needed are pages with data, or a list of operators with shares")
    seen: dict[str, Any] = {}
    holdings: dict[str, dict[str, Any]] = {}
    unused: Counter[str] = Counter()
    repeated = inactive = 0
    for number, entry in enumerate(entries):
        key = f"data[{number}]"
        address = entry.get("address") if isinstance(entry, Mapping) else None
        if not isinstance(address, str) or not address:
            draft.refuse(key, "must be an operator with an address")
        operator = draft.name("operator", address)
        same = {name: entry.get(name) for name in (SHARES, REGISTRATIONS)}
        if operator in seen:
            if seen[operator] != same:
                draft.refuse(key, f"lists {shortened(operator)} again with other shares or registrations")
            repeated += 1
            continue
        seen[operator] = same
        holdings[operator] = _shares(draft, f"{key}.{SHARES}", entry)
        inactive += _registrations(draft, f"{key}.{REGISTRATIONS}", entry, operator)
        unused.update(str(name) for name in entry if name not in USED)
    # Shares of a strategy have 18 decimals, whatever the asset; what one is worth, the file does not tell.
    stakes = draft.choose_assets(holdings, "strategy")
    draft.stakes = {operator: written(amount * ETHER_UNITS["wei"]) for operator, amount in stakes.items()}
    draft.unit = "shares"
    origin = counted(pages, "page")
    draft.read.append(f"{counted(len(seen), 'operator')} of {origin}; shares of 10^18 units each")
    if repeated:
        draft.merged.append(f"{counted(repeated, 'repetition')} of an operator")
    if inactive:
        draft.dropped.append(f"{counted(inactive, 'inactive registration')}")
    draft.not_used += [f"{name} ({count} times)" for name, count in unused.items()]


def _shares(draft: Draft, key: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, share in enumerate(_objects(draft, key, entry.get(SHARES))):
        strategy = share.get("strategyAddress")
        if not isinstance(strategy, str) or "shares" not in share:
            draft.refuse(f"{key}[{number}]", "must have strategyAddress and shares")
        if same_name(strategy) in found:
            draft.refuse(f"{key}[{number}]", f"lists the strategy {shortened(strategy)} again")
        found[same_name(strategy)] = draft.number(f"{key}[{number}].shares", share["shares"])
    return {name: str(amount) for name, amount in found.items()}


def _registrations(draft: Draft, key: str, entry: Mapping[str, Any], operator: str) -> int:
    """Add the services of an operator; returns the number of registrations that are not active."""
    inactive = 0
    for number, registration in enumerate(_objects(draft, key, entry.get(REGISTRATIONS))):
        address = registration.get("avsAddress")
        if not isinstance(address, str) or not address:
            draft.refuse(f"{key}[{number}]", "must have an avsAddress")
        active = registration.get("isActive", True)
        if not isinstance(active, bool):
            draft.refuse(f"{key}[{number}].isActive", "must be true or false")
        if not active:
            inactive += 1
            continue
        service = draft.name("service", address)
        if (operator, service) in draft.edges[-number - 1 :]:
            draft.refuse(f"{key}[{number}]", f"lists {listed([service])} again")
        draft.services.setdefault(service, {})
        draft.edges.append((operator, service))
    return inactive


def _objects(draft: Draft, key: str, value: Any) -> list[Mapping[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        draft.refuse(key, "must be a list of objects")
    return value
