"""Operators that divide their stake among services, round after round, with and without rebalancing; and their regret.

T. Chitra, M. Pai, arXiv:2408.00928 (2024), let operators move stake towards rewards. T. Chitra reports simulations in
which regret grows linearly in time without rebalancing and levels off with it
(https://warpcast.com/pinged/0x559e8896); neither code nor numbers were to be had, so the game is ours:

- Each round service s pays the reward ``reward_s * e_s`` to the stake on it, ``stake_s`` that operators put there and
  ``own_s`` that always is: a unit of stake earns ``y_s = reward_s e_s / (own_s + stake_s)``.
- The adversary sees the stake and prizes ``prize_s * f_s`` and attacks the set A with the largest
  ``profit(A) - sum over s in A of threshold * (own_s + stake_s)``, profit concave as in :mod:`.submodular`, or nothing
  where none pays. All stake answers to one service only, so that costs add up.
- A unit of stake on an attacked service earns nothing and loses ``threshold`` on average: that share of the service's
  stake is the coalition and is slashed.

Rebalancing operators follow multiplicative weights over their own services (Hedge: Y. Freund, R. E. Schapire (1997),
"A decision-theoretic generalization of on-line learning and an application to boosting", Journal of Computer and
System Sciences 55, 119-139): the weight of a service is multiplied by ``exp(rate * payoff)``, with
``rate = sqrt(8 ln d / T) / range``. An operator's regret after t rounds is what its best fixed division in hindsight
would have earned on the payoffs that there were, less what it earned; with Hedge it is at most
``range * sqrt(T ln d / 2)`` for each unit of stake, whatever the payoffs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .submodular import ConcaveAdversary

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class RebalancingGame:
    """Operators, services and the noise of every round.

    Attributes:
        stake: stake of each operator, shape (n,).
        opted: which services an operator secures, the same number d >= 2 for each, shape (n, m).
        own: stake that always is on each service, shape (m,).
        reward: reward of each service and round, shape (T, m).
        prize: prize of each service and round, shape (T, m).
        threshold: share of a service's stake that an attack takes, and loses.
        adversary: what prizes are worth together.
    """

    stake: Floats
    opted: Flags
    own: Floats
    reward: Floats
    prize: Floats
    threshold: float
    adversary: ConcaveAdversary

    @property
    def degree(self) -> int:
        """Number of services of an operator."""
        return int(self.opted[0].sum())

    @property
    def payoff_range(self) -> float:
        """Difference between the largest and the smallest payoff that a unit of stake can have in a round."""
        return float((self.reward / self.own).max()) + self.threshold

    @property
    def rate(self) -> float:
        """Rate of Hedge for this number of rounds."""
        return math.sqrt(8.0 * math.log(self.degree) / len(self.reward)) / self.payoff_range

    @property
    def regret_bound(self) -> float:
        """Bound on the regret of all rebalancing operators together at the end."""
        rounds = len(self.reward)
        return self.payoff_range * math.sqrt(0.5 * rounds * math.log(self.degree)) * float(self.stake.sum())

    def play(self, *, rebalance: bool) -> Play:
        """Play all rounds from equal division.

        Args:
            rebalance: whether operators follow multiplicative weights, else they keep the division that they have.
        """
        gains = np.zeros_like(self.opted, dtype=np.float64)
        rounds, services = self.reward.shape
        sets = (np.arange(1 << services)[:, None] >> np.arange(services)) & 1
        regret, attacked = np.zeros(rounds), np.zeros((rounds, services), dtype=np.bool_)
        earned = np.zeros_like(self.stake)
        weights = self.opted / self.degree
        for t in range(rounds):
            if rebalance:
                weights = self._weights(gains)
            on = self.own + self.stake @ weights
            attacked[t] = self._attack(sets, self.prize[t], on)
            payoff = np.where(attacked[t], -self.threshold, self.reward[t] / on)
            earned += weights @ payoff
            gains += self.opted * payoff
            best = np.where(self.opted, gains, -np.inf).max(axis=1)
            regret[t] = self.stake @ (best - earned)
        return Play(regret, attacked)

    def _weights(self, gains: Floats) -> Floats:
        scores = np.where(self.opted, self.rate * gains, -np.inf)
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))

    def _attack(self, sets: NDArray[np.int64], prize: Floats, on: Floats) -> Flags:
        net = self.adversary.profit(sets @ prize) - sets @ (self.threshold * on)
        # The first set is the empty one: nothing is attacked unless it pays.
        return np.asarray(sets[int(np.argmax(net))] == 1)


@dataclass(frozen=True)
class Play:
    """What came of a game.

    Attributes:
        regret: cumulative regret of all operators together after each round, shape (T,).
        attacked: which services were attacked, shape (T, m).
    """

    regret: Floats
    attacked: Flags

    def slope(self, first: int) -> float:
        """Slope of log regret over log time, by least squares over rounds spaced evenly in log time from ``first`` on.

        Minus infinity where the regret is not above 0 at one of them: it does not grow at all.
        """
        rounds = np.unique(np.geomspace(first, self.regret.size, 20).round().astype(np.int64))
        regret = self.regret[rounds - 1]
        if (regret <= 0.0).any():
            return -math.inf
        return float(np.polyfit(np.log(rounds), np.log(regret), 1)[0])
