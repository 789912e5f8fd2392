"""Rewards that buy security: which services to pay so that no attack on a few services at once pays.

T. Chitra, M. Pai, "How much should you pay for restaking security?", arXiv:2408.00928 (2024): rewards attract stake,
and a greedy algorithm chooses near-optimal rewards against an adversary bounded in the number of services that it
attacks at once. The paper's formulas were not to be had; what stands here is the submodular cover of L. A. Wolsey
(1982), "An analysis of the greedy algorithm for the submodular set covering problem", Combinatorica 2, 385-393, with
the coverage truncated attack by attack.

Rewards are paid in equal units. A unit paid by service s attracts the stake ``attracted`` (the reward of a unit over
the return that restakers require) to the operators of s, in proportion to the stake they have: their other services
gain it too. An attack on the services A costs at least

    cost(A) = sum over s in A of threshold_s * stake_s / overlap(A),

overlap(A) the largest number of services of A that one operator secures: each operator of a coalition is counted at
most so often. It is linear in the units, so that

    covered(units) = sum over sets A of at most k services of min(profit(A), cost(A))

has decreasing returns in every unit, and no attack on at most k services pays once everything is covered.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .network import RestakingNetwork
from .submodular import ConcaveAdversary, best_concave_attack

Floats = NDArray[np.float64]

Units = tuple[int, ...]
"""Units of reward of each service, in the order of the network."""

_DONE = 1e-9
"""Share of all profits that may be missing to full cover: rounding."""


@dataclass(frozen=True)
class RewardProblem:
    """A network, an adversary and what rewards attract.

    Attributes:
        network: the rigid network without rewards; every service has operators.
        adversary: what prizes are worth to the attacker.
        at_once: largest number k of services attacked at once.
        attracted: stake that one unit of reward attracts, in the unit of the stakes.
    """

    network: RestakingNetwork
    adversary: ConcaveAdversary
    at_once: int
    attracted: Fraction

    @cached_property
    def _sets(self) -> list[tuple[str, ...]]:
        names = tuple(self.network.services)
        return [some for size in range(1, self.at_once + 1) for some in itertools.combinations(names, size)]

    @cached_property
    def profits(self) -> Floats:
        """Profit of each set of services, shape (a,)."""
        return self.adversary.profit(np.array([float(self.network.profit_of(some)) for some in self._sets]))

    @cached_property
    def _costs(self) -> tuple[Floats, Floats]:
        """Cost of each set without rewards, shape (a,), and what a unit adds to it by service that pays, (m, a)."""
        base = self._costs_of(self.network)
        units = range(len(self.network.services))
        one = [tuple(int(paid == other) for other in units) for paid in units]
        return base, np.array([self._costs_of(self.with_rewards(some)) - base for some in one])

    def _costs_of(self, network: RestakingNetwork) -> Floats:
        need = {name: terms.threshold * network.stake_on[name] for name, terms in network.services.items()}
        costs = []
        for some in self._sets:
            chosen = frozenset(some)
            overlap = max(len(chosen.intersection(own)) for own in network.services_of.values())
            costs.append(float(sum((need[name] for name in some), Fraction(0)) / overlap))
        return np.array(costs)

    def with_rewards(self, units: Sequence[int]) -> RestakingNetwork:
        """The network once stake has followed the rewards."""
        stakes = dict(self.network.stakes)
        for service, paid in zip(self.network.services, units, strict=True):
            for operator in self.network.operators_of[service]:
                share = self.network.stakes[operator] / self.network.stake_on[service]
                stakes[operator] += paid * self.attracted * share
        return replace(self.network, stakes=stakes)

    def covered(self, units: NDArray[np.int64]) -> Floats:
        """Profits of attacks that cost covers; units of shape (..., m) give shape (...)."""
        base, added = self._costs
        return np.asarray(np.minimum(self.profits, base + units @ added).sum(axis=-1))

    @cached_property
    def goal(self) -> float:
        """Profits of all attacks together."""
        return float(self.profits.sum())

    def suffices(self, units: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether no attack on at most k services is certified to pay; shapes as in :meth:`covered`."""
        return np.asarray(self.covered(units) >= self.goal * (1.0 - _DONE))

    def attack_pays(self, units: Sequence[int]) -> bool:
        """Whether an attack on at most k services pays after the rewards: all coalitions are looked at.

        By :func:`.submodular.best_concave_attack` on each set of k services, an independent look at the same question.
        """
        network = self.with_rewards(units)
        names = tuple(network.services)
        for some in itertools.combinations(names, min(self.at_once, len(names))):
            left = network.without_services([name for name in names if name not in some])
            if best_concave_attack(left, self.adversary) is not None:
                return True
        return False


def greedy_rewards(problem: RewardProblem, most: int) -> list[Units]:
    """Rewards unit by unit, each where it covers most (the first of several), until they suffice.

    Args:
        problem: what to secure.
        most: largest number of units.

    Returns:
        Rewards after 0, 1, 2, ... units.

    Raises:
        ValueError: ``most`` units are not enough.
    """
    services = len(problem.network.services)
    units = np.zeros(services, dtype=np.int64)
    path = [tuple(units.tolist())]
    while not problem.suffices(units):
        if len(path) > most:
            raise ValueError(f"{most} units of reward are not enough")
        units = (
            units
            + np.eye(services, dtype=np.int64)[
                int(np.argmax(problem.covered(units + np.eye(services, dtype=np.int64))))
            ]
        )
        path.append(tuple(units.tolist()))
    return path


def best_rewards(problem: RewardProblem, total: int) -> Units:
    """The rewards of so many units that cover most, by looking at all of them; the first of several."""
    every = _compositions(total, len(problem.network.services))
    return tuple(every[int(np.argmax(problem.covered(every)))].tolist())


def _compositions(total: int, parts: int) -> NDArray[np.int64]:
    """All ways to divide ``total`` units among ``parts`` services, a row each."""
    bars = itertools.combinations(range(total + parts - 1), parts - 1)
    edges = np.array(list(bars), dtype=np.int64).reshape(-1, parts - 1)
    ends = np.full((edges.shape[0], 1), -1), np.full((edges.shape[0], 1), total + parts - 1)
    return np.diff(np.hstack([ends[0], edges, ends[1]]), axis=1) - 1
