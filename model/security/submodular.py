"""An adversary to whom one more service is worth less the more it attacks: attacks and cascades on rigid networks.

T. Chitra, M. Pai, "How much should you pay for restaking security?", arXiv:2408.00928 (2024), give the attacker of
Durvasula and Roughgarden (2025, arXiv:2407.21785) a profit that is strictly submodular in the set of services: what
is stolen in many places at once is harder to sell, to hide or to hedge. Ours, for want of the paper's formulas, is the
simplest such profit, a power of the prizes:

    profit(A) = unit * (sum over s in A of profit_s / unit) ** power,    0 < power <= 1.

The unit is the smallest prize of the network unless told otherwise. Then the smallest attack brings the same at every
power, any larger set of services brings the less the lower the power, and at power 1 this is the additive adversary of
:mod:`.attacks`. So an attack that pays at one power pays at every higher one.

Everything is by enumeration and decided in exact arithmetic: floats find near ties, fractions decide them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .attacks import Attack, Coalitions, attack_of
from .network import RestakingNetwork, Service

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Counts = NDArray[np.int64]

_CLOSE = 1e-9
"""Relative difference below which floats do not decide."""


@dataclass(frozen=True)
class ConcaveAdversary:
    """What prizes are worth together.

    Attributes:
        power: exponent in (0, 1]; 1 is the additive adversary.
        unit: the prizes that are worth themselves, above 0, in the unit of the stakes.
    """

    power: Fraction
    unit: Fraction

    def __post_init__(self) -> None:
        if not 0 < self.power <= 1:
            raise ValueError(f"power = {self.power} must be above 0 and at most 1")
        if self.unit <= 0:
            raise ValueError(f"unit = {self.unit} must be above 0")

    @classmethod
    def on(cls, network: RestakingNetwork, power: Fraction) -> ConcaveAdversary:
        """The adversary to whom the smallest prize of the network is worth itself.

        Raises:
            ValueError: the network has no prize.
        """
        prizes = [service.profit for service in network.services.values() if service.profit > 0]
        if not prizes:
            raise ValueError("the network has no prize")
        return cls(power, min(prizes))

    def profit(self, prizes: Floats) -> Floats:
        """What prizes are worth together, in their own unit; any shape."""
        unit = float(self.unit)
        return np.asarray(unit * (prizes / unit) ** float(self.power))

    def pays(self, prizes: Fraction, stake: Fraction) -> bool:
        """Whether prizes are worth more than the stake that they cost, exactly: both sides to the same power."""
        part, whole = self.power.numerator, self.power.denominator
        return bool((prizes / self.unit) ** part > (stake / self.unit) ** whole)


@dataclass(frozen=True)
class ConcaveAttack:
    """An attack and what it brings this adversary.

    Attributes:
        attack: services, coalition, prizes and stake lost.
        profit: what the prizes are worth together.
    """

    attack: Attack
    profit: float

    @property
    def net_profit(self) -> float:
        """Profit less stake lost."""
        return self.profit - float(self.attack.stake_lost)


def best_concave_attack(network: RestakingNetwork, adversary: ConcaveAdversary) -> ConcaveAttack | None:
    """The attack that pays best; None when none pays.

    Every coalition attacks all that it can: one more prize is worth less, never less than nothing.
    """
    coalitions = Coalitions(network, tuple(network.stakes))
    prizes = coalitions.prizes()[0]
    paying = _paying(coalitions, prizes, adversary)
    if not paying.any():
        return None
    unit = float(coalitions.unit)
    net = adversary.profit(prizes.astype(np.float64) * unit) - coalitions.stake.astype(np.float64) * unit
    best = int(np.argmax(np.where(paying, net, -np.inf)))
    attack = attack_of(network, coalitions.members(best))
    return ConcaveAttack(attack, float(adversary.profit(np.array(float(attack.prizes)))))


def largest_concave_attack(network: RestakingNetwork, adversary: ConcaveAdversary) -> int:
    """Number of services of the attack with the most of them, among those that pay; 0 when none does."""
    coalitions = Coalitions(network, tuple(network.stakes))
    paying = _paying(coalitions, coalitions.prizes()[0], adversary)
    if not paying.any():
        return 0
    one = {name: Service(Fraction(terms.profit > 0), terms.threshold) for name, terms in network.services.items()}
    counting = Coalitions(replace(network, services=one), tuple(network.stakes))
    return int((counting.prizes()[0][paying]).max() * counting.unit)


def _paying(coalitions: Coalitions, prizes: Any, adversary: ConcaveAdversary) -> Flags:
    """Which coalitions attack with profit, shape (2^n,)."""
    unit = float(coalitions.unit)
    stake = coalitions.stake.astype(np.float64) * unit
    worth = adversary.profit(prizes.astype(np.float64) * unit)
    paying: Flags = worth > stake
    for number in np.flatnonzero(np.abs(worth - stake) <= _CLOSE * np.maximum(worth, stake)):
        exact = int(prizes[number]) * coalitions.unit, int(coalitions.stake[number]) * coalitions.unit
        paying[number] = adversary.pays(*exact)
    return paying


def size_bound(network: RestakingNetwork, adversary: ConcaveAdversary) -> float:
    """Upper bound on the number of services of any attack that pays, whatever the size of the network.

    Let no operator secure more than d services with a prize (bounded overlap), and let each of these services need at
    least c times its prize to be attacked. A coalition that attacks A has stake of at least
    ``(1/d) sum_s threshold_s stake_s >= (c/d) sum_s profit_s``, since each of its operators counts at most d times. So
    an attack pays only if ``(sum_s profit_s / unit) ** (1 - power) < d / c``, and with prizes of at least one unit each

        number of services <= sum_s profit_s / unit < (d / c) ** (1 / (1 - power)).

    Ours; the paper claims that profitable attacks touch a sublinear set of services when overlap is bounded.

    Raises:
        ValueError: a prize is smaller than the adversary's unit.
    """
    prized = [name for name, service in network.services.items() if service.profit > 0]
    if any(network.services[name].profit < adversary.unit for name in prized):
        raise ValueError("the bound needs prizes of at least one unit")
    if adversary.power == 1 or network.unsecured:
        return float(len(prized))
    overlap = max(sum(name in frozenset(prized) for name in own) for own in network.services_of.values())
    least = min(
        terms.threshold * network.stake_on[name] / terms.profit
        for name, terms in network.services.items()
        if terms.profit > 0
    )
    return float(overlap / least) ** float(1 / (1 - adversary.power))


# ------------------------------------------------------------------------------------------------------------ cascades


class ConcaveCascades:
    """Longest cascades after every shock, over all sequences of attacks that pay.

    A cascade as in :mod:`.cascades`: attacks on disjoint services by disjoint coalitions, each of which pays on the
    network that the earlier ones left. Each round is judged by itself; what earlier rounds brought has been sold. The
    length after a shock D with services S left obeys

        length(D, S) = max over coalitions B outside D, A in S that B can attack and that pay, of
                       1 + length(D with B, S without A),

    and A need only be minimal: services that the attack does not need can only help later. All of 2^n shocks and 2^m
    sets of services are looked at, for a few operators and services.

    Args:
        network: a rigid network with stakes and thresholds of all its operators and services.
        adversary: whose attacks.
    """

    def __init__(self, network: RestakingNetwork, adversary: ConcaveAdversary) -> None:
        if network.allocations is not None:
            raise ValueError("cascades are defined for rigid networks, without allocations")
        self._names = tuple(network.stakes)
        self._services = tuple(network.services)
        self._network = network
        self._stake = _subset_sums(list(network.stakes.values()))
        self._prizes = _subset_sums([service.profit for service in network.services.values()])
        self._members = [
            sum(1 << bit for bit, v in enumerate(self._names) if v in network.operators_of[s]) for s in self._services
        ]
        self._minimal = self._minimal_sets(adversary)
        self._length = self._lengths()

    def after(self, shock: Collection[str] = ()) -> int:
        """Number of rounds of the longest cascade after the shock."""
        gone = sum(1 << bit for bit, name in enumerate(self._names) if name in frozenset(shock))
        return int(self._length[gone][-1])

    def after_one(self) -> int:
        """Number of rounds of the longest cascade after the loss of any one operator."""
        return max((self.after([name]) for name in self._names), default=0)

    def _minimal_sets(self, adversary: ConcaveAdversary) -> list[list[int]]:
        """For each coalition, the sets of services that pay for its stake and of which none can be left out."""
        found = []
        for stake in self._stake:
            pays = [adversary.pays(prizes, stake) for prizes in self._prizes]
            found.append(
                [
                    services
                    for services, enough in enumerate(pays)
                    if enough and not any(pays[services & ~(1 << s)] for s in _bits(services))
                ]
            )
        return found

    def _attackable(self, gone: int, coalition: int) -> int:
        found = 0
        for bit, (name, members) in enumerate(zip(self._services, self._members, strict=True)):
            need = self._network.services[name].threshold * self._stake[members & ~gone]
            if self._stake[members & coalition] >= need:
                found |= 1 << bit
        return found

    def _lengths(self) -> list[Counts]:
        """Longest cascade by operators gone and services left, shape (2^m,) for each of 2^n shocks."""
        everybody, size = len(self._stake) - 1, len(self._prizes)
        sets = np.arange(size)
        above = [sets[(sets & services) == services] for services in range(size)]
        lengths: list[Counts] = [np.zeros(0, dtype=np.int64)] * (everybody + 1)
        # A shock's supersets have larger numbers.
        for gone in range(everybody, -1, -1):
            best = np.zeros(size, dtype=np.int64)
            for coalition in _parts(everybody & ~gone):
                if not self._minimal[coalition]:
                    continue
                can = self._attackable(gone, coalition)
                later = lengths[gone | coalition]
                for services in self._minimal[coalition]:
                    if services & ~can == 0:
                        over = above[services]
                        best[over] = np.maximum(best[over], 1 + later[over ^ services])
            # Prizes that nobody is left to secure are taken by the empty coalition, one each round.
            for bit in _bits(self._attackable(gone, 0)):
                if self._prizes[1 << bit] > 0:
                    over = above[1 << bit]
                    best[over] = np.maximum(best[over], 1 + best[over ^ (1 << bit)])
            lengths[gone] = best
        return lengths


def _subset_sums(values: list[Fraction]) -> list[Fraction]:
    sums = [Fraction(0)]
    for value in values:
        sums += [value + other for other in sums]
    return sums


def _bits(number: int) -> Iterator[int]:
    return (bit for bit in range(number.bit_length()) if number >> bit & 1)


def _parts(number: int) -> Iterator[int]:
    """Non-empty subsets of a set of bits."""
    part = number
    while part:
        yield part
        part = (part - 1) & number
