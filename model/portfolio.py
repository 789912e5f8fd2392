"""Stake or lend: mean-variance holders between a staking reward and a lending market.

After T. Chitra (2021), "Competitive equilibria between staking and on-chain lending", Cryptoeconomic Systems,
arXiv:2001.00919, in the smallest form that has its transition: rewards are shared among what is staked, the lending
rate rises with the use of what is lent, and each holder splits its wealth by risk aversion.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_STEPS = 200


class Market(NamedTuple):
    """Terms of staking and lending; wealth is 1 in all."""

    rewards: float  # of all stakers together, per year
    demand: float  # for loans, over all wealth
    base_rate: float  # b0 of the rate b0 + b1 U that borrowers pay
    slope: float  # b1
    staking_variance: float  # of the staking yield, per year
    lending_variance: float  # of the lending yield, per year


def stake_weight(
    staking_yield: float, lending_yield: float, staking_variance: float, lending_variance: float, aversion: ArrayLike
) -> Floats:
    """Part of wealth that is staked: ``clip(((m_s - m_l) / k + v_l) / (v_s + v_l), 0, 1)``.

    Args:
        staking_yield: m_s, per year.
        lending_yield: m_l, per year.
        staking_variance: v_s, per year, above 0 together with the next.
        lending_variance: v_l, per year.
        aversion: k of each holder, above 0.
    """
    k = np.asarray(aversion, dtype=np.float64)
    gap = (staking_yield - lending_yield) / k
    return np.asarray(np.clip((gap + lending_variance) / (staking_variance + lending_variance), 0.0, 1.0))


def lending_yield(demand: float, lent: float, base_rate: float, slope: float) -> float:
    """What lenders earn: use times the rate, ``U (b0 + b1 U)`` with ``U = min(demand / lent, 1)``."""
    use = min(demand / lent, 1.0) if lent > 0.0 else 1.0
    return use * (base_rate + slope * use)


def staked_share(market: Market, aversion: ArrayLike) -> float:
    """Part of all wealth that is staked in equilibrium, by bisection.

    More stake dilutes the reward and leaves less to lend, so what holders want falls as what they have rises: there is
    one share at which both agree.

    Args:
        market: the terms.
        aversion: risk aversion of holders of equal wealth.
    """
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        share = 0.5 * (low + high)
        wanted = float(
            stake_weight(
                market.rewards / max(share, 1e-12),
                lending_yield(market.demand, 1.0 - share, market.base_rate, market.slope),
                market.staking_variance,
                market.lending_variance,
                aversion,
            ).mean()
        )
        low, high = (share, high) if wanted > share else (low, share)
    return 0.5 * (low + high)
