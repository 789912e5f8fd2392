"""Attacks on a rigid network, exactly: by looking at every coalition.

Definitions of Durvasula and Roughgarden (2025, arXiv:2407.21785, section 2). A coalition B of operators can attack
service s when it holds at least the share threshold_s of the stake on s; an attack on the services A is valid when
their prizes exceed B's stake: ``profit(A) > stake(B)``. A service that nobody is left to secure is attackable by the
empty coalition.

Numbers are whole multiples of the least common unit of the network, so that sums over all 2^n coalitions are exact:
in 64-bit integers where they fit, in Python's otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .network import RestakingNetwork

Sums = NDArray[Any]

_FITS = 2**62
_CELLS = 2**24
"""Coalitions times services that are looked at in 64-bit integers."""
_CELLS_OF_OBJECTS = 2**20
"""The same where the numbers need Python's integers."""
_PAIRS = 2**26
"""Shocks times coalitions that are looked at."""
_CHUNK = 2**19


@dataclass(frozen=True)
class Attack:
    """An attack and what it brings.

    Attributes:
        services: the services attacked, all that the coalition can attack and that have a prize.
        operators: the coalition.
        prizes: profit from corruption of the services.
        stake_lost: stake of the coalition.
    """

    services: tuple[str, ...]
    operators: tuple[str, ...]
    prizes: Fraction
    stake_lost: Fraction

    @property
    def net_profit(self) -> Fraction:
        """Prizes less stake lost."""
        return self.prizes - self.stake_lost

    @property
    def valid(self) -> bool:
        """Whether the attack pays (strictly)."""
        return self.prizes > self.stake_lost


def attackable(network: RestakingNetwork, coalition: Collection[str]) -> tuple[str, ...]:
    """Services that the coalition can attack, in the order of the network."""
    members = frozenset(coalition)
    return tuple(
        name
        for name, service in network.services.items()
        if network.stake_of(v for v in network.operators_of[name] if v in members)
        >= service.threshold * network.stake_on[name]
    )


def attack_of(network: RestakingNetwork, coalition: Collection[str]) -> Attack:
    """The attack of a coalition on everything with a prize that it can attack, evaluated exactly."""
    members = frozenset(coalition)
    services = tuple(name for name in attackable(network, members) if network.services[name].profit > 0)
    operators = tuple(name for name in network.stakes if name in members)
    return Attack(services, operators, network.profit_of(services), network.stake_of(operators))


class Coalitions:
    """Stake and prizes of every coalition: coalition number B holds operator i when bit i of B is set.

    Attributes:
        names: operators by bit.
        unit: what one whole number is worth.
        stake: stake of each coalition in units, shape (2^n,).
    """

    def __init__(self, network: RestakingNetwork, names: Sequence[str]) -> None:
        self.network = network
        self.names = tuple(names)
        self.unit, self.dtype = _unit(network)
        self.stake = self._sums(self.names)
        self._held = [self._sums(frozenset(network.operators_of[name])) for name in network.services]
        self._profits = [_whole(service.profit, self.unit) for service in network.services.values()]
        self._thresholds = [service.threshold for service in network.services.values()]
        # Operators left out of the enumeration still count towards what an attack needs.
        self._on = [_whole(network.stake_on[name], self.unit) for name in network.services]

    def _sums(self, members: Collection[str]) -> Sums:
        sums: Sums = np.zeros(1, dtype=self.dtype)
        for name in self.names:
            own = _whole(self.network.stakes[name], self.unit) if name in members else 0
            sums = np.concatenate([sums, sums + own])
        return sums

    def prizes(self, shocks: NDArray[np.int64] | None = None) -> Sums:
        """Prizes of each coalition after each shock.

        Args:
            shocks: coalitions that are gone, shape (k,); nobody when None.

        Returns:
            Prizes in units, shape (k, 2^n). Entries of coalitions that share members with the shock mean nothing.
        """
        gone = np.zeros(1, dtype=np.int64) if shocks is None else shocks
        total: Sums = np.zeros((gone.size, self.stake.size), dtype=self.dtype)
        for held, on, profit, threshold in zip(self._held, self._on, self._profits, self._thresholds, strict=True):
            if not profit:
                continue
            need = np.array([math.ceil(threshold * (on - int(held[d]))) for d in gone], dtype=self.dtype)
            total += np.where(held[None, :] >= need[:, None], self._scalar(profit), self._scalar(0))
        return total

    def _scalar(self, value: int) -> Any:
        return np.array(value, dtype=self.dtype)

    def members(self, coalition: int) -> tuple[str, ...]:
        """Operators of a coalition by its number."""
        return tuple(name for bit, name in enumerate(self.names) if coalition >> bit & 1)


def _unit(network: RestakingNetwork) -> tuple[Fraction, Any]:
    numbers = [*network.stakes.values(), *(service.profit for service in network.services.values())]
    unit = Fraction(1, math.lcm(*(number.denominator for number in numbers)))
    largest = sum(numbers, Fraction(0)) / unit
    return unit, (np.int64 if largest < _FITS else object)


def _whole(value: Fraction, unit: Fraction) -> int:
    return int(value / unit)


def _relevant(network: RestakingNetwork) -> tuple[str, ...]:
    """Operators that a profitable attack can need: those who secure a prize."""
    return tuple(
        name
        for name, services in network.services_of.items()
        if any(network.services[service].profit > 0 for service in services)
    )


def enumerable(network: RestakingNetwork, operators: int | None = None) -> bool:
    """Whether all coalitions of the network (or of so many operators) can be looked at."""
    count = len(_relevant(network)) if operators is None else operators
    _, dtype = _unit(network)
    return 2**count * (len(network.services) + 1) <= (_CELLS if dtype is np.int64 else _CELLS_OF_OBJECTS)


def best_attack(network: RestakingNetwork) -> Attack | None:
    """The valid attack with the largest net profit; None when no attack pays, that is, when the network is secure.

    Of several, the one that loses least stake, then the one whose members come first.
    """
    coalitions = Coalitions(network, _relevant(network))
    net = coalitions.prizes()[0] - coalitions.stake
    largest = net.max()
    if largest <= 0:
        return None
    ties = np.flatnonzero(net == largest)
    stakes = coalitions.stake[ties]
    return attack_of(network, coalitions.members(int(ties[stakes == stakes.min()][0])))


def exact_slack(network: RestakingNetwork) -> Fraction | None:
    """The largest gamma such that every attack costs at least (1 + gamma) times its prizes; None without prizes.

    Negative when the network is not secure, -1 when a service with a prize has no stake.
    """
    coalitions = Coalitions(network, _relevant(network))
    prizes = coalitions.prizes()[0]
    paid = np.flatnonzero(prizes > 0)
    if not paid.size:
        return None
    costs, prizes = coalitions.stake[paid], prizes[paid]
    ratio = costs.astype(np.float64) / prizes.astype(np.float64)
    # Floats find the candidates, fractions decide among them.
    near = ratio <= ratio.min() * (1.0 + 1e-9)
    pairs = dict.fromkeys(zip(costs[near].tolist(), prizes[near].tolist(), strict=True))
    return min(Fraction(int(cost), int(prize)) for cost, prize in pairs) - 1


@dataclass(frozen=True)
class Loss:
    """The worst that follows a shock.

    Attributes:
        share: worst-case loss R_psi as a share of all stake: the shock ``psi`` and the stake of the largest valid
            attack after it.
        shock: operators whose loss opens the attack; empty where none does.
        attack: that attack, None where no attack follows.
    """

    share: Fraction
    shock: tuple[str, ...]
    attack: Attack | None


def shocks_enumerable(network: RestakingNetwork, psi: Fraction) -> bool:
    """Whether all shocks of up to ``psi`` of the stake, and all attacks after them, can be looked at."""
    count = len(network.stakes)
    if not enumerable(network, count):
        return False
    coalitions = Coalitions(network, tuple(network.stakes))
    small = coalitions.stake <= math.floor(psi * int(coalitions.stake[-1]))
    return int(small.sum()) * 2**count <= (_PAIRS if coalitions.dtype is np.int64 else _PAIRS // 32)


def worst_losses(network: RestakingNetwork, psis: Iterable[Fraction]) -> Mapping[Fraction, Loss]:
    """Worst-case loss for shocks of a share psi of all stake.

    ``R_psi = psi + max over D with stake(D) <= psi * stake(V), over cascades after D, of stake lost / stake(V)``. The
    union of a valid cascade is itself a valid attack (Corollary 1 of arXiv:2407.21785), so the best single attack
    after each shock suffices. The shock counts with all of psi, as in the paper: together with an attack on everything
    the figure may exceed 1.
    """
    wanted = tuple(dict.fromkeys(psis))
    coalitions = Coalitions(network, tuple(network.stakes))
    total = int(coalitions.stake[-1])
    if not total or not wanted:
        return {psi: Loss(psi, (), None) for psi in wanted}
    shocks = _shocks(network, coalitions, math.floor(max(wanted) * total))
    lost, taken = _best_after(coalitions, shocks)
    sizes = coalitions.stake[shocks]
    result = {}
    for psi in wanted:
        within = np.flatnonzero(sizes <= math.floor(psi * total))
        best = within[int(np.argmax(lost[within]))]
        result[psi] = _loss(network, coalitions, psi, int(shocks[best]), int(taken[best]))
    return result


def _loss(network: RestakingNetwork, coalitions: Coalitions, psi: Fraction, shock: int, taken: int) -> Loss:
    if taken < 0:
        return Loss(psi, (), None)
    gone = coalitions.members(shock)
    attack = attack_of(network.without(gone), coalitions.members(taken))
    return Loss(psi + attack.stake_lost / network.total_stake, gone, attack)


def _shocks(network: RestakingNetwork, coalitions: Coalitions, limit: int) -> NDArray[np.int64]:
    """Shocks of up to ``limit`` units, smallest stake first; those who secure nothing weaken nobody by going."""
    idle = sum(1 << bit for bit, name in enumerate(coalitions.names) if not network.services_of[name])
    numbers = np.arange(coalitions.stake.size, dtype=np.int64)
    fit = numbers[(coalitions.stake <= limit) & ((numbers & idle) == 0)]
    order = sorted(fit.tolist(), key=lambda number: (int(coalitions.stake[number]), number))
    return np.array(order, dtype=np.int64)


def _best_after(coalitions: Coalitions, shocks: NDArray[np.int64]) -> tuple[Sums, NDArray[np.int64]]:
    """Stake of the largest valid attack after each shock, and its coalition (-1: none pays)."""
    numbers = np.arange(coalitions.stake.size, dtype=np.int64)
    lost: Sums = np.zeros(shocks.size, dtype=coalitions.dtype)
    taken = np.full(shocks.size, -1, dtype=np.int64)
    step = max(1, _CHUNK // coalitions.stake.size)
    for start in range(0, shocks.size, step):
        some = shocks[start : start + step]
        apart = (numbers[None, :] & some[:, None]) == 0
        valid = apart & (coalitions.prizes(some) > coalitions.stake[None, :])
        sizes = np.where(valid, coalitions.stake[None, :], np.array(-1, dtype=coalitions.dtype))
        best = np.argmax(sizes, axis=1)
        found = sizes[np.arange(some.size), best]
        hit = found >= 0
        lost[start : start + step] = np.where(hit, found, np.array(0, dtype=coalitions.dtype))
        taken[start : start + step] = np.where(hit, best, -1)
    return lost, taken
