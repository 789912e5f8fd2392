"""Compounding of rewards as an urn: how the share of a staker drifts, and how far.

One staker wins each step with a probability equal to its share and adds the reward to its stake. Shares are then
martingales; how much they spread depends on the rewards over the stake alone. Sources: G. Fanti, L. Kogan, S. Oh, K.
Ruan, P. Viswanath, G. Wang (2019), "Compounding of Wealth in Proof-of-Stake Cryptocurrencies", arXiv:1809.07468; I.
Roşu, F. Saleh (2021), "Evolution of shares in a proof-of-stake cryptocurrency", Management Science 67(2); Y. Huang et
al. (2021), "Do the rich get richer? Fairness analysis for blockchain incentives", SIGMOD.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def share_variance(share: float, rewards: ArrayLike, stake: float) -> float:
    """Variance of a compounding staker's share after the rewards, ``x (1 - x) (1 - prod(1 - (r_t / s_(t+1))^2))``.

    Args:
        share: its share at the start, in [0, 1].
        rewards: (T,) rewards of the steps, in the unit of the stake.
        stake: all stake at the start, above 0.

    Raises:
        ValueError: share or stake are out of range, or a reward is negative.
    """
    steps = _rewards(rewards)
    if not 0.0 <= share <= 1.0 or not stake > 0.0:
        raise ValueError(f"share must lie in [0, 1] and stake above 0, not {share} and {stake}")
    parts = steps / (stake + np.cumsum(steps))
    return float(share * (1.0 - share) * -math.expm1(float(np.log1p(-(parts**2)).sum())))


def constant_rewards(total: float, steps: int) -> Floats:
    """The same reward in every step."""
    return np.full(steps, total / steps)


def geometric_rewards(total: float, steps: int, stake: float) -> Floats:
    """Rewards that grow with the stake: of all schedules with this total the one with the least variance.

    ``r_t = S ((1 + R/S)^(t/T) - (1 + R/S)^((t-1)/T))`` (Fanti et al. 2019, theorem 3).
    """
    levels = stake * (1.0 + total / stake) ** (np.arange(steps + 1) / steps)
    return np.diff(levels)


def halving_rewards(total: float, steps: int, eras: int = 4) -> Floats:
    """Rewards that halve from era to era, eras of equal length."""
    era = np.minimum(np.arange(steps) * eras // steps, eras - 1)
    weights = 0.5**era
    return np.asarray(total * weights / weights.sum())


def limit_variance(share: float, stake: float, reward: float = 1.0) -> float:
    """Variance of the share in the limit of many constant rewards: that of ``Beta(x S/r, (1 - x) S/r)``."""
    return share * (1.0 - share) / (stake / reward + 1.0)


def simulate_shares(
    share: float, rewards: ArrayLike, stake: float, runs: int, draw: np.random.Generator, *, compounds: bool = True
) -> Floats:
    """Shares of a staker after the rewards, over independent runs, shape (runs,).

    Args:
        share: its share at the start.
        rewards: (T,) rewards of the steps.
        stake: all stake at the start.
        runs: number of runs.
        draw: generator of the draws.
        compounds: whether rewards are staked; else they are paid out and shares stay what they were.
    """
    own = np.full(runs, share * stake)
    total = stake
    for reward in _rewards(rewards):
        won = draw.random(runs) < own / total
        if compounds:
            own += np.where(won, reward, 0.0)
            total += reward
    return own / total


def fair_probability(share: float, reward: float, tolerance: float) -> float:
    """Probability that the long-run share lies within ``tolerance`` (relative) of ``share``; initial stake 1.

    Args:
        share: share at the start, in (0, 1).
        reward: reward of a step over all initial stake.
        tolerance: relative tolerance.
    """
    from scipy.special import betainc

    a, b = share / reward, (1.0 - share) / reward
    high, low = min((1.0 + tolerance) * share, 1.0), max((1.0 - tolerance) * share, 0.0)
    return float(betainc(a, b, high) - betainc(a, b, low))


def sufficient_reward(share: float, tolerance: float, failure: float) -> float:
    """Largest reward that is certain to be fair: ``2 a^2 e^2 / ln(2 / d)`` (Huang et al. 2021)."""
    return 2.0 * share**2 * tolerance**2 / math.log(2.0 / failure)


def entrant_sizes(entry: float, sizes: ArrayLike) -> Floats:
    """Shares of holders by size when each unit founds a new one with probability ``entry``, else joins by size.

    The law of Yule and Simon, ``rho B(k, rho + 1)`` with ``rho = 1 / (1 - entry)``; its tail has exponent
    ``rho + 1`` (H. A. Simon 1955, "On a class of skew distribution functions", Biometrika 42).
    """
    from scipy.special import beta

    rho = 1.0 / (1.0 - entry)
    return np.asarray(rho * beta(np.asarray(sizes, dtype=np.float64), rho + 1.0))


def simulate_entrants(entry: float, steps: int, draw: np.random.Generator) -> NDArray[np.int64]:
    """Sizes of the holders after so many units, each a new holder's or, by preferential attachment, an old one's."""
    owner = np.zeros(steps, np.int64)
    founds, picks = draw.random(steps) < entry, draw.random(steps)
    count = 1
    for step in range(1, steps):
        if founds[step]:
            owner[step] = count
            count += 1
        else:
            owner[step] = owner[int(picks[step] * step)]
    return np.bincount(owner, minlength=count)


def _rewards(rewards: ArrayLike) -> Floats:
    steps = np.asarray(rewards, dtype=np.float64).ravel()
    if not (np.isfinite(steps).all() and (steps >= 0.0).all()):
        raise ValueError("rewards must be finite and not negative")
    return steps
