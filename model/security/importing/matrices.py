"""Arrays of stakes, prizes and thresholds with a matrix of allocations: rows are validators, columns are services.

The form of the code of Bar-Zur and Eyal (2025), ``RestakingNetwork`` of
https://github.com/roibarzur/elastic-restaking-networks-code, whose default names are V0, V1, … and S0, S1, …
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .draft import Draft, counted, listed

STAKES, REWARDS, THRESHOLDS = "validator_stakes", "service_attack_rewards", "service_attack_thresholds"
KEYS = (STAKES, REWARDS, THRESHOLDS, "allocations", "validator_names", "service_names")


def is_matrix(content: Any) -> bool:
    """Whether a JSON content has this form."""
    return isinstance(content, Mapping) and STAKES in content


def read_matrix(draft: Draft, content: Any) -> None:
    """Fill the draft.

    Raises:
        NetworkError: an array is missing or has another length than it needs.
    """
    if not isinstance(content, Mapping):
        draft.refuse("", f"must hold one object with {', '.join(KEYS[:4])}")
    stakes = _array(draft, content, STAKES)
    rewards = _array(draft, content, REWARDS)
    thresholds = _array(draft, content, THRESHOLDS, len(rewards))
    operators = _names(draft, content, "validator_names", "V", len(stakes))
    services = _names(draft, content, "service_names", "S", len(rewards))
    rows = _array(draft, content, "allocations", len(stakes))
    draft.stakes = dict(zip(operators, stakes, strict=True))
    draft.services = {
        name: {"profit": reward, "threshold": threshold}
        for name, reward, threshold in zip(services, rewards, thresholds, strict=True)
    }
    draft.allocations = {}
    nothing = 0
    for number, (operator, row) in enumerate(zip(operators, rows, strict=True)):
        if not isinstance(row, list) or len(row) != len(services):
            draft.refuse(f"allocations[{number}]", f"must be a list of {len(services)} numbers, one for each service")
        for service, amount in zip(services, row, strict=True):
            if draft.number(f"allocations[{number}]", amount) == 0:
                nothing += 1
                continue
            draft.allocations[operator, service] = amount
    draft.edges = list(draft.allocations)
    draft.read.append(f"a matrix of {len(operators)} validators by {len(services)} services")
    if nothing:
        draft.dropped.append(f"{counted(nothing, 'allocation')} of 0")
    draft.not_used += [str(key) for key in content if key not in KEYS]


def _array(draft: Draft, content: Mapping[str, Any], key: str, length: int | None = None) -> list[Any]:
    if key not in content:
        draft.refuse(key, "is missing")
    values = content[key]
    if not isinstance(values, list):
        draft.refuse(key, "must be a list")
    if length is not None and len(values) != length:
        draft.refuse(key, f"has {len(values)} entries; {length} are needed")
    return values


def _names(draft: Draft, content: Mapping[str, Any], key: str, letter: str, count: int) -> list[str]:
    if content.get(key) is None:
        draft.assumed.append(f"names {listed([f'{letter}{n}' for n in range(count)])}")
        return [f"{letter}{number}" for number in range(count)]
    names = [str(name) for name in _array(draft, content, key, count)]
    if len(set(names)) < count:
        draft.refuse(key, "has a name twice")
    return names
