"""A lending market's risk steward: which LRTs are collateral, for how much, and at which loan to value.

A new listing starts with a small cap, which is raised step by step while it is used. Two listing rules are shipped.
``tvl`` lists by size: the cap is a fraction of supply. ``unwind`` lists by unwind path: the cap is what could leave
without a loss beyond the liquidation bonus, that is what the pool takes at that discount plus what redemption pays in
``unwind_days``. The loan to value of new loans is cut by the price's volatility over seven days and by the discount; a
deep discount freezes new loans on the day. Both rules leave loans that exist alone. Practice after the reports of
lending markets' risk managers (https://governance.aave.com/t/arfc-updating-weeth-risk-parameters/17402/4).
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..kernels.stableswap import shares_to_price

if TYPE_CHECKING:
    from ..scenario import Scenario

Floats = NDArray[np.float64]

VOLATILITY_DAYS = 7
REVIEW_DAYS = 7
CAP_USED = 0.8
"""Part of a cap that must be in use before it is raised."""


def unwind_capacity(
    pools: NDArray[np.void], nav: float, bonus: float, redeemable_eth: float, exits_eth_per_day: float, days: float
) -> float:
    """ETH of a token that could be turned into ETH in ``days`` at a loss of at most ``bonus``.

    Args:
        pools: ``POOL`` records of the token.
        nav: ETH per share.
        bonus: largest discount that pays for itself.
        redeemable_eth: what redemption pays from buffers at once, beyond claims that wait; 0 while it is closed.
        exits_eth_per_day: what validators can pay back daily, 0 while redemption is closed.
        days: the time.
    """
    sold = nav * sum(float(shares_to_price(pool, nav, 1.0 - bonus)) for pool in pools)
    return sold + redeemable_eth + exits_eth_per_day * days


class RiskSteward:
    """Terms of all LRTs as collateral, reviewed every week and on alarm.

    Args:
        scenario: ``lending`` is read.
        count: number of LRTs.
    """

    def __init__(self, scenario: "Scenario", count: int) -> None:
        self.scenario = scenario
        self.prices = np.ones((VOLATILITY_DAYS + 1, count))
        self.frozen = np.zeros(count, bool)
        self.granted = np.zeros(count)

    def watch(self, prices: Floats) -> None:
        """Note the close; an alarming discount freezes new loans at once."""
        self.prices[:-1] = self.prices[1:]
        self.prices[-1] = prices
        if self.scenario.lending.steward:
            self.frozen |= 1.0 - prices >= self.scenario.lending.freeze_discount

    def volatility(self) -> Floats:
        """(K,) standard deviation of the price over NAV in the last seven days."""
        return np.asarray(self.prices.std(axis=0))

    def review(self, collateral: NDArray[np.void], supplies: Floats, posted: Floats, capacity: Floats) -> None:
        """Set LTV and cap of every LRT.

        Args:
            collateral: (K,) ``COLLATERAL``, ``ltv`` and ``cap_eth`` are written.
            supplies: (K,) ETH.
            posted: (K,) ETH that borrowers have posted.
            capacity: (K,) :func:`unwind_capacity` of each.
        """
        terms = self.scenario.lending
        if not terms.steward:
            collateral["ltv"] = np.where(supplies > 0.0, terms.ltv, 0.0)
            collateral["ltv_stable"] = np.where(supplies > 0.0, terms.stable_ltv, 0.0)
            collateral["cap_eth"] = np.inf
            return
        calm = 1.0 - self.prices[-1] < 0.5 * terms.freeze_discount
        self.frozen &= ~calm
        haircut = terms.haircut_volatility * self.volatility() + np.maximum(1.0 - self.prices[-1], 0.0)
        listed = (supplies >= terms.listing_supply_eth) & ~self.frozen
        for field, most in (("ltv", terms.ltv), ("ltv_stable", terms.stable_ltv)):
            collateral[field] = np.where(listed, np.clip(most - haircut, 0.0, most), 0.0)
        self.granted[listed & (self.granted == 0.0)] = terms.first_cap_eth
        raised = listed & (posted >= CAP_USED * self.granted)
        self.granted[raised] *= terms.cap_growth
        collateral["cap_eth"] = np.minimum(self.granted, terms.tvl_cap * supplies)
        if terms.listing_rule == "unwind":
            collateral["cap_eth"] = np.minimum(collateral["cap_eth"], capacity)
