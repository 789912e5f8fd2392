"""Allocations as magnitudes: the share of an operator's stake in one strategy that an operator set can slash.

As EigenLayer's ``AllocationManager`` counts them: what is slashable is ``stake * currentMagnitude / maxMagnitude``;
``maxMagnitude`` starts at 10^18 and falls with every slash, as the stake does. A pending change (``pendingDiff``) holds
from its ``effectBlock`` on.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from ...scenario.naming import hint, shortened
from ..document import same_name
from ..elements import NumberAsWritten
from .draft import Draft, counted, written

WHOLE = 10**18
"""The magnitude that stands for all of a stake which was never slashed."""

OPERATOR = ("operator", "operatorAddress", "operator_address")
SERVICE = ("operatorSet", "operator_set", "service", "avs", "avsAddress")
STRATEGY = ("strategy", "strategyAddress", "strategy_address")
CURRENT = ("currentMagnitude", "current_magnitude", "magnitude")
LARGEST = ("maxMagnitude", "max_magnitude")
PENDING = ("pendingDiff", "pending_diff")
FROM_BLOCK = ("effectBlock", "effect_block")
_ALL = (*OPERATOR, *SERVICE, *STRATEGY, *CURRENT, *LARGEST, *PENDING, *FROM_BLOCK)


def has_magnitudes(content: Mapping[str, Any]) -> bool:
    """Whether the allocations of a document are objects with magnitudes."""
    allocations = content.get("allocations")
    return (
        isinstance(allocations, list)
        and bool(allocations)
        and isinstance(allocations[0], Mapping)
        and any(name in allocations[0] for name in CURRENT)
    )


def take_magnitudes(draft: Draft, allocations: Any, holdings: Mapping[str, Mapping[str, Any]]) -> None:
    """Turn magnitudes into amounts of stake.

    Args:
        draft: with stakes of operators in the assets that count.
        allocations: objects with operator, operator set and magnitudes, or triples.
        holdings: stake of operators in each asset, for those who hold several.

    Raises:
        NetworkError: an entry is not valid.
    """
    if not isinstance(allocations, list):
        draft.refuse("allocations", "must be a list")
    operators = {same_name(name): name for name in draft.stakes}
    services = {same_name(name): name for name in draft.services}
    held = {same_name(asset) for assets in holdings.values() for asset in assets}
    found: dict[tuple[str, str], Fraction] = {}
    seen: set[tuple[str, str, str]] = set()
    pending = changed = assumed = others = 0
    for number, item in enumerate(allocations):
        key = f"allocations[{number}]"
        entry = _entry(draft, key, item)
        operator, service = _text(draft, key, entry, OPERATOR), _set_name(draft, key, entry)
        # What is unknown keeps its name: the check of the document names the nearest valid one.
        edge = operators.get(same_name(operator), operator), services.get(same_name(service), service)
        asset = "" if _first(entry, STRATEGY) is None else same_name(_text(draft, key, entry, STRATEGY))
        if (*edge, asset) in seen:
            draft.refuse(key, f"repeats the allocation of {shortened(edge[0])} to {shortened(edge[1])}")
        seen.add((*edge, asset))
        if holdings and asset and asset not in held:
            near = hint(asset, map(shortened, sorted(held)))
            draft.refuse(f"{key}.{STRATEGY[0]}", f"= {shortened(asset)!r} is held by nobody; {near}")
        largest = _whole(draft, key, entry, LARGEST, WHOLE)
        assumed += _first(entry, LARGEST) is None
        current = _whole(draft, key, entry, CURRENT, None)
        difference = _whole(draft, key, entry, PENDING, 0, signed=True)
        if difference:
            effective = _is_effective(draft, key, entry)
            pending, changed = pending + 1, changed + effective
            current += difference if effective else 0
        if not 0 <= current <= largest <= WHOLE:
            draft.refuse(
                key, f"has the magnitude {current} of {largest}; allowed are 0 to the largest, that up to 10^18"
            )
        if edge[0] not in draft.stakes:
            found[edge] = Fraction(0)
            continue
        stake = _stake(draft, key, edge[0], asset, holdings)
        if stake is None:
            others += 1
            continue
        found[edge] = found.get(edge, Fraction(0)) + (stake * Fraction(current, largest) if largest else 0)
    draft.allocations = {edge: written(amount) for edge, amount in found.items()}
    if not draft.edges:
        draft.edges = list(found)
    draft.read.append(f"{counted(len(allocations), 'magnitude')}: slashable is stake * magnitude / largest magnitude")
    if assumed:
        draft.assumed.append(f"the largest magnitude 10^18 of {counted(assumed, 'allocation')} without one")
    if others:
        draft.dropped.append(f"{counted(others, 'magnitude')} of assets that are not chosen")
    if pending and draft.supplements.block is not None:
        draft.read.append(
            f"{changed} of {counted(pending, 'pending change')} in force at block {draft.supplements.block}"
        )
    elif pending:
        draft.missing.append(f"the block to look at, because of {counted(pending, 'pending change')} (--block N)")


def _entry(draft: Draft, key: str, item: Any) -> Mapping[str, Any]:
    if isinstance(item, list) and len(item) == 3:
        return dict(zip((OPERATOR[0], SERVICE[0], CURRENT[0]), item, strict=True))
    if not isinstance(item, Mapping):
        draft.refuse(key, "must be an object with operator, operatorSet and currentMagnitude, or the three in a list")
    unknown = [str(name) for name in item if name not in _ALL]
    draft.not_used += [name for name in (f"allocations.*.{key}" for key in unknown) if name not in draft.not_used]
    return item


def _first(entry: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((entry[name] for name in names if entry.get(name) is not None), None)


def _text(draft: Draft, key: str, entry: Mapping[str, Any], names: tuple[str, ...]) -> str:
    value = _first(entry, names)
    if not isinstance(value, str) or isinstance(value, NumberAsWritten):
        draft.refuse(f"{key}.{names[0]}", "is missing" if value is None else "must be a name")
    return value


def _set_name(draft: Draft, key: str, entry: Mapping[str, Any]) -> str:
    """Name of an operator set: a text, or the AVS and its number in an object."""
    value = _first(entry, SERVICE)
    if isinstance(value, Mapping):
        if value.get("id") is None:
            draft.refuse(f"{key}.{SERVICE[0]}.id", "is missing")
        return f"{_text(draft, f'{key}.{SERVICE[0]}', value, ('avs', 'avsAddress'))}/{value['id']}"
    return _text(draft, key, entry, SERVICE)


def _whole(
    draft: Draft,
    key: str,
    entry: Mapping[str, Any],
    names: tuple[str, ...],
    otherwise: int | None,
    *,
    signed: bool = False,
) -> int:
    value = _first(entry, names)
    if value is None and otherwise is not None:
        return otherwise
    text = "" if value is None else str(value)
    number = text.removeprefix("-") if signed else text
    if not number.isascii() or not number.isdigit() or len(number) > 40:
        draft.refuse(f"{key}.{names[0]}", "is missing" if value is None else f"= {text[:40]!r} must be a whole number")
    return int(text)


def _is_effective(draft: Draft, key: str, entry: Mapping[str, Any]) -> bool:
    from_block = _whole(draft, key, entry, FROM_BLOCK, None)
    block = draft.supplements.block
    if block is None:
        return False
    draft.options_used.add("block")
    return from_block <= block


def _stake(
    draft: Draft, key: str, operator: str, asset: str, holdings: Mapping[str, Mapping[str, Any]]
) -> Fraction | None:
    """Stake in the asset of a magnitude; None when that asset is not chosen."""
    own = holdings.get(operator)
    if own is None:
        if any(other and other != asset for other in (draft.stake_asset, asset) if asset):
            draft.refuse(key, f"is of {shortened(asset)}, others are not; give the stake in each asset")
        draft.stake_asset = asset or draft.stake_asset
        return draft.number(f"operators.{operator}", draft.stakes[operator])
    if not asset and len(own) > 1:
        draft.refuse(f"{key}.{STRATEGY[0]}", f"is missing; {shortened(operator)} holds several assets")
    wanted = {same_name(name) for name in draft.supplements.strategies} - {"all"}
    amounts = {same_name(name): amount for name, amount in own.items()}
    name = asset or next(iter(amounts), "")
    if wanted and name not in wanted:
        return None
    return draft.number(f"operators.{operator}", amounts.get(name, 0))
