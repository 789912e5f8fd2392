"""Programme incentives: a fixed budget of tokens, shared by stake. Nothing else makes rewards compress.

The rule of EIGEN's Programmatic Incentives (Eigen Foundation,
https://docs.eigenfoundation.org/programmatic-incentives/programmatic-incentives-faq): a number of tokens a week, a part
of it for restakers of ETH and LSTs, a tenth of that for operators, the rest pro rata to eligible stake. Whoever joins
dilutes everybody else: tokens per ETH fall as one over the stake. Pure functions; amounts are tokens and ETH.
"""

import math
from collections.abc import Callable

WEEKS_PER_YEAR = 52

_MOST_STEPS = 200


def weekly_budget(supply: float, yearly_share: float) -> float:
    """Tokens a week when a share of ``supply`` is spread over the weeks of a year.

    >>> round(weekly_budget(1_673_646_668.28466, 0.04), 5)
    1287420.51407
    """
    return supply * yearly_share / WEEKS_PER_YEAR


def for_stakers(weekly: float, staker_share: float = 0.75, commission: float = 0.10) -> float:
    """Tokens a week that reach restakers of ETH and LSTs.

    Args:
        weekly: the whole budget.
        staker_share: part for restakers of ETH and LSTs; the rest is for stakers of the token.
        commission: operators' part.
    """
    return weekly * staker_share * (1.0 - commission)


def per_eth(tokens: float, eligible_eth: float) -> float:
    """Tokens per eligible ETH; 0 when nobody is eligible."""
    return tokens / eligible_eth if eligible_eth > 0.0 else 0.0


def claim(tokens: float, stake_eth: float, eligible_eth: float) -> float:
    """Tokens for ``stake_eth`` of the ``eligible_eth``."""
    return stake_eth * per_eth(tokens, eligible_eth)


def eligible_stake(tokens: float, stake_eth: float, claimed: float) -> float:
    """Eligible ETH that a claim implies: the rule read backwards. Infinite when nothing was claimed."""
    return tokens * stake_eth / claimed if claimed > 0.0 else math.inf


def compression(before_eth: float, after_eth: float) -> float:
    """Relative change of tokens per ETH when eligible stake changes under a fixed budget.

    >>> round(compression(3.711, 4.435), 3)
    -0.163
    """
    return before_eth / after_eth - 1.0


def equilibrium_stake(
    stake_eth: float, yield_before: float, yield_at: Callable[[float], float], elasticity: float
) -> float:
    """Stake at rest when stakers respond to a yield that their own stake dilutes: ``S = S0 * (y(S) / y0)**e``.

    Solved by bisection on the logarithm: with a falling yield the left side rises and the right side does not, so
    there is exactly one solution. For a budget alone, ``y = B / S``, it is ``S0 * (B / B0)**(e / (1 + e))``.

    Args:
        stake_eth: stake at which the yield was ``yield_before``.
        yield_before: yield of that stake, above 0.
        yield_at: yield at a stake; falls with it, and is above 0.
        elasticity: percent of stake per percent of yield, at least 0.

    Raises:
        ValueError: a stake or yield that is not positive, or a negative elasticity.
    """
    if stake_eth <= 0.0 or yield_before <= 0.0 or elasticity < 0.0:
        raise ValueError(
            f"stake ({stake_eth:g}) and yield ({yield_before:g}) must be above 0, "
            f"elasticity ({elasticity:g}) at least 0"
        )

    def excess(log_stake: float) -> float:
        return log_stake - math.log(stake_eth) - elasticity * math.log(yield_at(math.exp(log_stake)) / yield_before)

    middle = math.log(stake_eth)
    if excess(middle) == 0.0:
        return stake_eth
    # The solution lies between here and where this yield would lead if stake did not change it.
    low, high = sorted((middle, middle - excess(middle)))
    for _ in range(_MOST_STEPS):
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        if excess(middle) < 0.0:
            low = middle
        else:
            high = middle
    return math.exp(middle)
