"""Attacks whose profit is concave in what is attacked, rebalancing towards rewards, and greedy rewards.

After T. Chitra, M. Pai (2024), "How much should you pay for restaking security?", arXiv:2408.00928: an adversary gains
less from each further service, ``profit(A) = (sum_s profit_s) ** power`` with ``power <= 1``; operators move their
stake towards services that pay; who can reward only some services picks them one after the other. The paper's
parameters were not available; definitions here are the simplest that carry its statements.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_OPERATORS = 16
"""Coalitions are enumerated."""


class ConcaveNetwork(NamedTuple):
    """Operators, services and who serves what."""

    stake: Floats  # (n,)
    profit: Floats  # (m,)
    threshold: Floats  # (m,)
    serves: NDArray[np.bool_]  # (n, m)


class ConcaveAttack(NamedTuple):
    """The attack with the largest net profit."""

    operators: NDArray[np.bool_]  # (n,)
    services: NDArray[np.bool_]  # (m,)
    net_profit: float


def best_concave_attack(network: ConcaveNetwork, power: float) -> ConcaveAttack | None:
    """Best attack by enumeration: ``(sum of profits) ** power`` less the coalition's stake; None when none pays.

    A coalition attacks everything that it can, since more is never worth less. Services without stake are out of reach.

    Raises:
        ValueError: more operators than can be enumerated, or a power outside (0, 1].
    """
    count = network.stake.size
    if count > MOST_OPERATORS:
        raise ValueError(f"coalitions of {count} operators cannot be enumerated; at most {MOST_OPERATORS}")
    if not 0.0 < power <= 1.0:
        raise ValueError(f"power must lie in (0, 1], not {power}")
    members = (np.arange(1 << count)[:, None] >> np.arange(count)) & 1
    behind = network.stake[:, None] * network.serves
    needed = network.threshold * behind.sum(axis=0)
    able = (members @ behind >= needed * (1.0 - 1e-12)) & (needed > 0.0)
    prize = (able @ network.profit) ** power
    net = np.where(able.any(axis=1), prize, 0.0) - members @ network.stake
    best = int(net.argmax())
    if net[best] <= 1e-12:
        return None
    return ConcaveAttack(members[best].astype(bool), able[best], float(net[best]))


def concave_cascade(network: ConcaveNetwork, shock: NDArray[np.bool_], power: float) -> tuple[int, float]:
    """Rounds of best attacks after a shock, and the part of all stake that is gone in the end, shock included."""
    alive, present, rounds = ~shock, np.ones(network.profit.size, bool), 0
    while True:
        left = network._replace(
            stake=network.stake[alive],
            profit=network.profit[present],
            threshold=network.threshold[present],
            serves=network.serves[np.ix_(alive, present)],
        )
        attack = best_concave_attack(left, power) if left.stake.size and left.profit.size else None
        if attack is None:
            return rounds, float(network.stake[~alive].sum() / network.stake.sum())
        rounds += 1
        alive[np.flatnonzero(alive)[attack.operators]] = False
        present[np.flatnonzero(present)[attack.services]] = False


def regret(rewards: Floats, rate: float) -> Floats:
    """Cumulative regret of stake that moves towards rewards, against the best fixed allocation in hindsight.

    Weights grow by ``exp(rate * reward)`` (multiplicative weights; Y. Freund, R. Schapire (1997),
    https://doi.org/10.1006/jcss.1997.1504); with a rate of 0 the stake stays where it is, spread evenly.

    Args:
        rewards: (T, m) reward of each service per unit of stake, in [0, 1].
        rate: how fast stake moves.

    Returns:
        (T,) the best single service so far less what was earned.
    """
    earned, weights = np.zeros(rewards.shape[0]), np.zeros(rewards.shape[1])
    for t, reward in enumerate(rewards):
        share = np.exp(weights - weights.max())
        earned[t] = float(share @ reward / share.sum())
        weights += rate * reward
    best = np.cumsum(rewards, axis=0).max(axis=1)
    return np.asarray(best - np.cumsum(earned))


def growth_exponent(values: Floats, start: int) -> float:
    """Slope of ``log(values)`` over ``log(t)`` from step ``start`` on, by least squares; at least 1e-9."""
    t = np.arange(1, values.size + 1)[start:]
    return float(np.polyfit(np.log(t), np.log(np.maximum(values[start:], 1e-9)), 1)[0])


def reached(network: ConcaveNetwork, rewarded: NDArray[np.bool_], power: float) -> float:
    """Worth of rewarding some services: a concave function of the stake of all operators who serve any of them."""
    if not rewarded.any():
        return 0.0
    return float(network.stake[network.serves[:, rewarded].any(axis=1)].sum() ** power)


def greedy_rewards(network: ConcaveNetwork, count: int, power: float) -> NDArray[np.bool_]:
    """Services to reward, one after the other, each time the one that adds most.

    For a monotone submodular worth this reaches at least ``1 - 1/e`` of the best (G. Nemhauser, L. Wolsey, M. Fisher
    (1978), https://doi.org/10.1007/BF01588971).
    """
    chosen = np.zeros(network.profit.size, bool)
    for _ in range(min(count, chosen.size)):
        worth = [-math.inf if chosen[s] else reached(network, _with(chosen, s), power) for s in range(chosen.size)]
        chosen[int(np.argmax(worth))] = True
    return chosen


def best_rewards(network: ConcaveNetwork, count: int, power: float) -> float:
    """Largest worth of any set of so many services, by enumeration."""
    services = network.profit.size
    return max(
        reached(network, np.array([bool(code >> s & 1) for s in range(services)]), power)
        for code in range(1 << services)
        if code.bit_count() <= count
    )


def _with(chosen: NDArray[np.bool_], service: int) -> NDArray[np.bool_]:
    out = chosen.copy()
    out[service] = True
    return out
