"""Elastic restaking: allocations that stretch over what a slash leaves.

Definitions of Bar-Zur and Eyal (2025, arXiv:2503.00170): validator v allocates ``w(v, s) <= stake_v`` to service s,
and allocations may sum to more than the stake. An attack uses ``a(v, s) <= w(v, s)`` with ``sum_v a(v, s) >=
threshold_s * sum_v w(v, s)`` for each service attacked and costs v ``min(stake_v, sum_s a(v, s))``. When the services
B misbehave, ``stake'_v = max(0, stake_v - sum over B of w(v, s))`` and ``w'(v, s) = min(w(v, s), stake'_v)``.

The cost is concave, so somebody who attacks either gives the whole stake, and then all allocations for nothing more,
or pays for each unit used. With Z the set of those who give all, W_s(Z) their allocations on s, the largest net profit
is ``max over Z of sum_s max(0, profit_s - max(0, threshold_s W_s - W_s(Z))) - stake(Z)``: 2^n sums, no programme.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .network import Edge, RestakingNetwork

_FITS = 2**62
_CELLS = 2**24
_CELLS_OF_OBJECTS = 2**20


@dataclass(frozen=True)
class ElasticAttack:
    """An attack on an elastic network.

    Attributes:
        services: the services attacked.
        used: allocations used, above 0, by (operator, service).
        prizes: profit from corruption of the services.
        stake_lost: what the attackers lose, ``sum over v of min(stake_v, allocations used)``.
    """

    services: tuple[str, ...]
    used: dict[Edge, Fraction]
    prizes: Fraction
    stake_lost: Fraction

    @property
    def operators(self) -> tuple[str, ...]:
        """The attackers."""
        return tuple(dict.fromkeys(operator for operator, _ in self.used))

    @property
    def net_profit(self) -> Fraction:
        """Prizes less stake lost."""
        return self.prizes - self.stake_lost

    @property
    def valid(self) -> bool:
        """Whether the attack pays (strictly)."""
        return self.prizes > self.stake_lost


def allocated(network: RestakingNetwork) -> RestakingNetwork:
    """The network with allocations; those of a rigid one are whole stakes."""
    if network.allocations is not None:
        return network
    return replace(network, allocations={edge: network.stakes[edge[0]] for edge in network.edges})


def slash_elastically(network: RestakingNetwork, byzantine: Collection[str]) -> RestakingNetwork:
    """What is left after services slash all that is allocated to them; they are gone afterwards."""
    bad = frozenset(byzantine)
    elastic = allocated(network)
    allocations = elastic.allocations or {}
    slashed = dict.fromkeys(elastic.stakes, Fraction(0))
    for (operator, service), amount in allocations.items():
        if service in bad:
            slashed[operator] += amount
    stakes = {name: max(Fraction(0), stake - slashed[name]) for name, stake in elastic.stakes.items()}
    stretched = {edge: min(amount, stakes[edge[0]]) for edge, amount in allocations.items()}
    return replace(elastic, stakes=stakes, allocations=stretched).without_services(bad)


def attack_with(
    network: RestakingNetwork, whole: Collection[str], *, factor: Fraction = Fraction(1), nonempty: bool = False
) -> ElasticAttack:
    """The best attack in which exactly the operators ``whole`` give all they have, evaluated exactly.

    What they lack for a service is taken from the largest other allocations. A service is attacked when ``factor``
    times its prize exceeds what has to be paid for it.

    Args:
        network: network with allocations.
        whole: operators who give their whole stake.
        factor: weight of the prizes in the choice of services; the attack is told with the prizes as they are.
        nonempty: attack the least unprofitable service when none is worth it.
    """
    allocations = allocated(network).allocations or {}
    members = frozenset(whole)
    given = _totals(network, ((edge, w) for edge, w in allocations.items() if edge[0] in members))
    on = _totals(network, allocations.items())
    missing = {
        name: max(Fraction(0), service.threshold * on[name] - given[name]) for name, service in network.services.items()
    }
    worth = {name: factor * service.profit - missing[name] for name, service in network.services.items()}
    chosen = tuple(name for name in network.services if worth[name] > 0)
    if not chosen and nonempty and worth:
        chosen = (max(worth, key=lambda name: worth[name]),)
    used: dict[Edge, Fraction] = {}
    for name in chosen:
        used |= _used(network, allocations, name, members, missing[name])
    ordered = {edge: used[edge] for edge in allocations if edge in used}
    return ElasticAttack(chosen, ordered, network.profit_of(chosen), _cost(network, ordered))


def _totals(network: RestakingNetwork, amounts: Any) -> dict[str, Fraction]:
    totals = dict.fromkeys(network.services, Fraction(0))
    for (_, service), amount in amounts:
        totals[service] += amount
    return totals


def _used(
    network: RestakingNetwork, allocations: Any, service: str, members: frozenset[str], missing: Fraction
) -> dict[Edge, Fraction]:
    own = {edge: w for edge, w in allocations.items() if edge[1] == service and w > 0}
    used = {edge: w for edge, w in own.items() if edge[0] in members}
    for edge, amount in sorted(own.items(), key=lambda item: -item[1]):
        if missing <= 0:
            break
        if edge in used:
            continue
        used[edge] = min(amount, missing)
        missing -= used[edge]
    return used


def _cost(network: RestakingNetwork, used: dict[Edge, Fraction]) -> Fraction:
    spent: dict[str, Fraction] = {}
    for (operator, _), amount in used.items():
        spent[operator] = spent.get(operator, Fraction(0)) + amount
    return sum((min(network.stakes[operator], amount) for operator, amount in spent.items()), Fraction(0))


def enumerable(network: RestakingNetwork) -> bool:
    """Whether all sets of whole givers can be looked at."""
    _, dtype = _unit(allocated(network))
    cells = 2 ** len(network.stakes) * (len(network.services) + 1)
    return cells <= (_CELLS if dtype is np.int64 else _CELLS_OF_OBJECTS)


def best_elastic_attack(network: RestakingNetwork) -> ElasticAttack | None:
    """The attack with the largest net profit; None when no attack pays.

    Of several, the one with the smallest number of whole givers, then the one whose givers come first.
    """
    attack = largest_attack(network)
    return attack if attack is not None and attack.valid else None


def largest_attack(network: RestakingNetwork) -> ElasticAttack | None:
    """The attack on at least one service with the largest net profit, even if that is a loss; None without services."""
    if not network.services:
        return None
    elastic = allocated(network)
    names = tuple(elastic.stakes)
    net = _net_profits(elastic, names)
    ties = np.flatnonzero(net == net.max()).tolist()
    number = min(ties, key=lambda tie: (tie.bit_count(), tie))
    whole = [name for bit, name in enumerate(names) if number >> bit & 1]
    return attack_with(elastic, whole, nonempty=True)


def with_prizes(network: RestakingNetwork, factor: Fraction) -> RestakingNetwork:
    """The network with prizes ``factor`` times as large."""
    services = {name: replace(service, profit=factor * service.profit) for name, service in network.services.items()}
    return replace(network, services=services)


def first_ratio(network: RestakingNetwork) -> Fraction | None:
    """What everybody has over all prizes: no smallest ratio of cost to prizes is larger; None without prizes."""
    prizes = network.profit_of(network.services)
    return network.total_stake / prizes if prizes > 0 else None


def exact_elastic_slack(network: RestakingNetwork) -> Fraction | None:
    """The smallest ``stake lost / prizes - 1`` over attacks on an elastic network; None without prizes.

    Dinkelbach's method (1967, Management Science 13(7)) over :func:`largest_attack`: an attack that pays once prizes
    are multiplied by the smallest ratio known has a smaller one; when none pays, the ratio is the smallest there is.
    """
    elastic = allocated(network)
    ratio = first_ratio(elastic)
    while ratio is not None:
        attack = best_elastic_attack(with_prizes(elastic, ratio))
        if attack is None:
            return ratio - 1
        ratio *= attack.stake_lost / attack.prizes
    return None


def _unit(network: RestakingNetwork) -> tuple[Fraction, Any]:
    allocations = network.allocations or {}
    numbers = [
        *network.stakes.values(),
        *allocations.values(),
        *(service.profit for service in network.services.values()),
        *(service.threshold * network.stake_on[name] for name, service in network.services.items()),
    ]
    unit = Fraction(1, math.lcm(*(number.denominator for number in numbers)))
    return unit, (np.int64 if sum(numbers, Fraction(0)) / unit < _FITS else object)


def _net_profits(network: RestakingNetwork, names: Sequence[str]) -> NDArray[Any]:
    """Largest net profit in units for each set of whole givers, shape (2^n,); at least one service is attacked."""
    unit, dtype = _unit(network)
    allocations = network.allocations or {}
    zero = np.array(0, dtype=dtype)

    def sums(amounts: Sequence[Fraction]) -> NDArray[Any]:
        found: NDArray[Any] = np.zeros(1, dtype=dtype)
        for amount in amounts:
            found = np.concatenate([found, found + int(amount / unit)])
        return found

    gain: NDArray[Any] = np.zeros(2 ** len(names), dtype=dtype)
    least_bad: NDArray[Any] | None = None
    for name, service in network.services.items():
        given = sums([allocations.get((operator, name), Fraction(0)) for operator in names])
        need = int(service.threshold * network.stake_on[name] / unit)
        worth = int(service.profit / unit) - np.maximum(need - given, zero)
        gain = gain + np.maximum(worth, zero)
        least_bad = worth if least_bad is None else np.maximum(least_bad, worth)
    if least_bad is not None:
        gain = np.where(gain > 0, gain, least_bad)
    net: NDArray[Any] = gain - sums([network.stakes[operator] for operator in names])
    return net


# ---------------------------------------------------------------------------------------------------------- robustness


def weights(network: RestakingNetwork, never_byzantine: Collection[str] = ()) -> dict[str, Fraction]:
    """Weight of each service that may misbehave, profit / threshold, normalised to a total of 1."""
    raw = {
        name: service.profit / service.threshold
        for name, service in network.services.items()
        if name not in never_byzantine
    }
    total = sum(raw.values(), Fraction(0))
    return {name: value / total if total else Fraction(0) for name, value in raw.items()}


def byzantine_sets(
    network: RestakingNetwork, f: Fraction, never_byzantine: Collection[str] = ()
) -> Iterator[tuple[str, ...]]:
    """Sets of services of weight at most ``f``, the smallest first."""
    weight = weights(network, never_byzantine)
    for size in range(len(weight) + 1):
        for some in itertools.combinations(weight, size):
            if sum((weight[name] for name in some), Fraction(0)) <= f:
                yield some


def largest_budget(
    network: RestakingNetwork, f: Fraction = Fraction(0), never_byzantine: Collection[str] = ()
) -> Fraction | None:
    """The largest adversary's budget beta for which the network is (f, beta)-robust.

    Whatever services of weight at most ``f`` misbehave, every attack on the rest loses at least beta; negative where
    some attack pays. None where no service is left to attack.
    """
    profits = [
        attack.net_profit
        for bad in byzantine_sets(network, f, never_byzantine)
        if (attack := largest_attack(slash_elastically(network, bad))) is not None
    ]
    return -max(profits) if profits else None


def is_robust(network: RestakingNetwork, f: Fraction, beta: Fraction, never_byzantine: Collection[str] = ()) -> bool:
    """Whether the network is (f, beta)-robust."""
    budget = largest_budget(network, f, never_byzantine)
    return budget is None or budget >= beta


# ----------------------------------------------------------------------------------------------------------- symmetric


@dataclass(frozen=True)
class SymmetricNetwork:
    """n equal validators that spread d times their stake evenly over m equal services, and perhaps a base service.

    Attributes:
        validators: n.
        services: m.
        profit: prize of each service.
        threshold: attack threshold of each service, and of the base service.
        base_profit: prize of the base service, to which every validator allocates its whole stake and which never
            misbehaves; None without one.
    """

    validators: int
    services: int
    profit: float = 1.0
    threshold: Fraction = Fraction(1, 3)
    base_profit: float | None = None

    def budget(self, stake: float, degree: float, byzantine: int = 0) -> float:
        """Largest budget beta at which the network is (f, beta)-robust; -inf where nothing stands against an attack.

        Args:
            stake: stake of each validator.
            degree: restaking degree d, the base service included.
            byzantine: number f of services that misbehave.
        """
        w = (degree - (self.base_profit is not None)) * stake / self.services
        left = max(0.0, stake - byzantine * w)
        w = min(w, left)
        profits = [
            k * self.profit + (base * (self.base_profit or 0.0)) - self._cost(left, k * w + base * left)
            for k in range(self.services - byzantine + 1)
            for base in ((0, 1) if self.base_profit is not None else (0,))
            if k or base
        ]
        return -max(profits) if profits else math.inf

    def _cost(self, stake: float, used: float) -> float:
        """What it costs when n * threshold validators use ``used`` each, the last one only in part."""
        attackers = self.validators * self.threshold
        whole = math.floor(attackers)
        part = float(attackers - whole)
        return whole * min(stake, used) + (min(stake, part * used) if part else 0.0)

    def minimum_stake(
        self, degree: float, byzantine: int = 0, budget: float = 0.0, cap: float = 4.0, tolerance: float = 1e-9
    ) -> float | None:
        """Smallest stake of each validator that makes the network (f, beta)-robust, by bisection.

        Args:
            degree: restaking degree.
            byzantine: number of services that misbehave.
            budget: the adversary's budget beta.
            cap: largest stake looked at, in units of ``m * profit / (n * threshold)``.
            tolerance: width of the last interval.

        Returns:
            The stake; None when even the largest is not enough.
        """
        low = 0.0
        high = cap * self.services * self.profit / (self.validators * float(self.threshold))
        if self.budget(high, degree, byzantine) < budget:
            return None
        while high - low > tolerance:
            middle = 0.5 * (low + high)
            if self.budget(middle, degree, byzantine) >= budget:
                high = middle
            else:
                low = middle
        return high

    # Closed forms: profit is convex in the number of services attacked, so that only attacks on one and on all of
    # them matter. They hold where n * threshold is a whole number.

    def closed_budget(self, stake: float, degree: float, byzantine: int = 0) -> float:
        """Largest budget, in closed form, without base service and with n * threshold a whole number."""
        n, m, f = float(self.validators * self.threshold), self.services, byzantine
        left = max(0.0, stake * (1.0 - f * degree / m))
        w = min(degree * stake / m, left)
        return min(n * w - self.profit, n * left - (m - f) * self.profit)

    def closed_minimum_stake(self, degree: float, byzantine: int = 0, budget: float = 0.0) -> float:
        """Smallest stake, in closed form, with n * threshold a whole number; infinite where there is none."""
        n, m, f = float(self.validators * self.threshold), self.services, byzantine
        own = degree - (self.base_profit is not None)
        left = 1.0 - f * own / m
        if own <= 0.0 or left <= 0.0:
            return math.inf
        one = m * (budget + self.profit) / (own * n)
        everything = (budget + (self.base_profit or 0.0) + (m - f) * self.profit) / (n * left)
        return max(one, everything)

    def closed_optimum(self, byzantine: int = 0, budget: float = 0.0) -> tuple[float, float]:
        """Restaking degree that needs least stake, and that stake, with n * threshold a whole number."""
        n, m, f = float(self.validators * self.threshold), self.services, byzantine
        weight = (self.base_profit or 0.0) + m * self.profit + (1 + f) * budget
        own = m * (self.profit + budget) / weight
        return own + (self.base_profit is not None), weight / n

    def network(self, stake: Fraction, degree: Fraction, base_threshold: Fraction | None = None) -> RestakingNetwork:
        """The same as a general network, for the general tools.

        Args:
            stake: stake of each validator.
            degree: restaking degree, the base service included.
            base_threshold: attack threshold of the base service; the common one when None.
        """
        validators = [f"v{v}" for v in range(self.validators)]
        based = self.base_profit is not None
        w = (degree - based) * stake / self.services
        profit = Fraction(repr(self.profit))
        services = {f"s{s}": (profit, self.threshold) for s in range(self.services)}
        allocations = {(v, s): w for v in validators for s in services}
        if self.base_profit is not None:
            services["base"] = (Fraction(repr(self.base_profit)), base_threshold or self.threshold)
            allocations |= {(v, "base"): stake for v in validators}
        return RestakingNetwork.of(dict.fromkeys(validators, stake), services, tuple(allocations), allocations)
