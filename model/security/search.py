"""A greedy search for attacks on networks of any size: what it finds is real, what it does not find proves nothing.

Both models have the same shape. A coalition Z brings ``sum over services of gain_s(held by Z on s)`` and costs its
stake; ``gain_s`` is the prize from the threshold on (rigid), or the prize less what is missing to the threshold, which
others sell by the unit (elastic).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .network import RestakingNetwork

Floats = NDArray[np.float64]

_SEEDS = 50
_PASSES = 4
_CLOSE = 1e-12


class _Coalition:
    """A coalition that operators join and leave, with its net profit in floats."""

    def __init__(self, network: RestakingNetwork) -> None:
        names = {name: number for number, name in enumerate(network.stakes)}
        numbers = {name: number for number, name in enumerate(network.services)}
        elastic = network.allocations
        self.elastic = elastic is not None
        self.stake = [float(stake) for stake in network.stakes.values()]
        self.profit = [float(service.profit) for service in network.services.values()]
        self.need = [
            float(service.threshold * network.stake_on[name]) * (1.0 - _CLOSE)
            for name, service in network.services.items()
        ]
        self.claims: list[list[tuple[int, float]]] = [[] for _ in names]
        for edge in network.edges:
            claim = network.stakes[edge[0]] if elastic is None else elastic.get(edge, 0)
            self.claims[names[edge[0]]].append((numbers[edge[1]], float(claim)))
        self.held = [0.0] * len(numbers)
        self.inside = [False] * len(names)
        self.net = sum(self._gain(s, 0.0) for s in range(len(numbers)))

    def _gain(self, service: int, held: float) -> float:
        missing = self.need[service] - held
        if self.elastic:
            return max(0.0, self.profit[service] - max(0.0, missing))
        return self.profit[service] if missing <= 0.0 else 0.0

    def change(self, operator: int) -> float:
        """What the net profit would change by if the operator changed sides."""
        sign = -1.0 if self.inside[operator] else 1.0
        return -sign * self.stake[operator] + sum(
            self._gain(s, self.held[s] + sign * claim) - self._gain(s, self.held[s])
            for s, claim in self.claims[operator]
        )

    def flip(self, operator: int) -> None:
        """Let the operator change sides."""
        self.net += self.change(operator)
        sign = -1.0 if self.inside[operator] else 1.0
        for s, claim in self.claims[operator]:
            self.held[s] += sign * claim
        self.inside[operator] = not self.inside[operator]

    def set_to(self, operators: Sequence[int]) -> None:
        """Let exactly these operators be inside."""
        wanted = frozenset(operators)
        for operator in range(len(self.stake)):
            if self.inside[operator] != (operator in wanted):
                self.flip(operator)

    def members(self) -> list[int]:
        """Numbers of the operators inside."""
        return [operator for operator, inside in enumerate(self.inside) if inside]

    def appeal(self) -> list[float]:
        """Prize that an operator's stake moves towards, for each unit of the stake."""
        price = [p / n if n > 0.0 else 0.0 for p, n in zip(self.profit, self.need, strict=True)]
        if self.elastic:
            price = [min(1.0, value) for value in price]
        return [
            sum(claim * price[s] for s, claim in claims) / stake if stake > 0.0 else 0.0
            for claims, stake in zip(self.claims, self.stake, strict=True)
        ]


def promising_coalition(network: RestakingNetwork) -> tuple[str, ...]:
    """Operators of the most profitable coalition that a greedy search finds (of whole givers, where elastic).

    Starts: the operators by appeal, one after the other, and the cheapest cover of each of the services with the
    largest prize for its requirement; then single changes of side as long as they pay.
    """
    coalition = _Coalition(network)
    names = tuple(network.stakes)
    appeal = coalition.appeal()
    order = sorted(range(len(names)), key=lambda operator: -appeal[operator])
    best_net, best = coalition.net, coalition.members()
    for operator in order:
        coalition.flip(operator)
        if coalition.net > best_net:
            best_net, best = coalition.net, coalition.members()
    for start in [best, *_covers(coalition, order)]:
        coalition.set_to(start)
        _improve(coalition, order)
        if coalition.net > best_net:
            best_net, best = coalition.net, coalition.members()
    return tuple(names[operator] for operator in best)


def _covers(coalition: _Coalition, order: Sequence[int]) -> list[list[int]]:
    """For the services with the largest prize for their requirement, the most appealing operators that suffice."""
    worth = np.array([p / n if n > 0.0 else 0.0 for p, n in zip(coalition.profit, coalition.need, strict=True)])
    seeds = np.argsort(-worth, kind="stable")[:_SEEDS].tolist()
    claims = [dict(own) for own in coalition.claims]
    covers = []
    for service in seeds:
        held, cover = 0.0, []
        for operator in order:
            if held >= coalition.need[service]:
                break
            if service in claims[operator]:
                held += claims[operator][service]
                cover.append(operator)
        covers.append(cover)
    return covers


def _improve(coalition: _Coalition, order: Sequence[int]) -> None:
    for _ in range(_PASSES):
        before = coalition.net
        for operator in reversed(order):
            if coalition.change(operator) > 0.0:
                coalition.flip(operator)
        if coalition.net <= before:
            return
