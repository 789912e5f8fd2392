"""StableSwap pool of ETH against an LRT: a typed view of one ``POOL`` record; arithmetic in the kernels.

Prices are ETH per ETH-worth of LRT (market price over NAV, 1 is par); shares are LRT shares, ``nav`` is ETH per share.
"""

from typing import Any, NamedTuple

import numpy as np

from ..kernels import stableswap as kernel
from ..state import POOL


class Arbitrage(NamedTuple):
    """A trade against the pool, from the trader's side, before the outside leg."""

    shares: float  # LRT shares received (negative: given)
    eth: float  # ETH received (negative: paid)
    profit: float  # ETH, shares valued at the outside price


def token_share(price: float, amplification: float) -> float:
    """The LRT's part of the reserves (at NAV) at which the marginal price is ``price``; one half at par.

    >>> round(token_share(0.98, amplification=50), 4)
    0.6905
    """
    eth, worth = kernel.reserves_at(price, 1.0, 2.0 * amplification)
    return float(worth / (eth + worth))


def divergence_loss(before: float, after: float, amplification: float) -> float:
    """Value of a provider's share over that of its unmoved deposit, less 1, after a move ``before`` to ``after``.

    At most 0; without fees. Also called impermanent loss.
    """
    return float(kernel.divergence_loss(before, after, 2.0 * amplification))


class StableSwapPool:
    """One pool; trades change the record that it views.

    Args:
        records: array of ``POOL`` records.
        index: which of them.
    """

    def __init__(self, records: np.ndarray, index: int = 0) -> None:
        self._record: Any = records[index]

    @classmethod
    def of(cls, eth: float, token: float, amplification: float = 100.0, fee: float = 0.0004) -> "StableSwapPool":
        """A pool of its own, outside any run.

        >>> round(StableSwapPool.of(111_300, 491_000, amplification=50, fee=0.0).price(), 5)
        0.93738
        """
        records = np.zeros(1, POOL)
        records[0] = (eth, token, amplification, fee)
        return cls(records)

    @property
    def eth(self) -> float:
        """ETH reserve."""
        return float(self._record["eth"])

    @property
    def token(self) -> float:
        """LRT reserve, shares."""
        return float(self._record["token"])

    @property
    def amplification(self) -> float:
        """The stored A of the deployed contracts."""
        return float(self._record["amplification"])

    @property
    def fee(self) -> float:
        """Fraction of the output that stays in the pool."""
        return float(self._record["fee"])

    def trades(self, nav: float = 1.0) -> bool:
        """Whether there is anything on both sides; otherwise the pool has no price and fills nothing."""
        return bool(kernel.trades(self._record, nav))

    def invariant(self, nav: float = 1.0) -> float:
        """Invariant D, ETH."""
        return float(kernel.pool_invariant(self._record, nav))

    def price(self, nav: float = 1.0) -> float:
        """Marginal price over NAV before fees; NaN when the pool does not trade."""
        return float(kernel.spot_price(self._record, nav))

    def quote_sale(self, shares: float, nav: float = 1.0) -> float:
        """ETH paid for ``shares``, after the fee."""
        return float(kernel.quote_sale(self._record, nav, shares))

    def quote_purchase(self, eth: float, nav: float = 1.0) -> float:
        """Shares received for ``eth``, after the fee."""
        return float(kernel.quote_purchase(self._record, nav, eth))

    def shares_to_price(self, price: float, nav: float = 1.0) -> float:
        """Shares to sell until the marginal price has fallen to ``price``."""
        return float(kernel.shares_to_price(self._record, nav, price))

    def eth_to_price(self, price: float, nav: float = 1.0) -> float:
        """ETH to spend until the marginal price has risen to ``price``."""
        return float(kernel.eth_to_price(self._record, nav, price))

    def selling_cost(self, shares: float, nav: float = 1.0) -> float:
        """Share of NAV lost by selling ``shares`` at once; 1 when selling is impossible."""
        return float(kernel.selling_cost(self._record, nav, shares))

    def sell(self, shares: float, nav: float = 1.0) -> float:
        """Takes ``shares`` in and pays ETH out; returns the ETH. A pool that does not trade takes nothing."""
        if shares <= 0.0 or not self.trades(nav):
            return 0.0
        eth = self.quote_sale(shares, nav)
        self._record["token"] += shares
        self._record["eth"] -= eth
        return eth

    def buy(self, eth: float, nav: float = 1.0) -> float:
        """Takes ``eth`` in and pays shares out; returns the shares. A pool that does not trade takes nothing."""
        if eth <= 0.0 or not self.trades(nav):
            return 0.0
        shares = self.quote_purchase(eth, nav)
        self._record["eth"] += eth
        self._record["token"] -= shares
        return shares

    def token_share(self, nav: float = 1.0) -> float:
        """The LRT's part of the reserves, counted at NAV; NaN when the pool does not trade."""
        worth = self.token * nav
        return worth / (self.eth + worth) if self.trades(nav) else float("nan")

    def value(self, price: float, nav: float = 1.0) -> float:
        """Value of the reserves when an ETH-worth of LRT is worth ``price`` ETH, ETH."""
        return self.eth + price * self.token * nav

    def best_arbitrage(self, price: float, nav: float = 1.0) -> Arbitrage:
        """The most profitable trade against an outside ``price`` (ETH per ETH-worth) in a market without limits.

        An LRT that can be redeemed has such a price: NAV less what redeeming and waiting cost.
        """
        return Arbitrage(*(float(x) for x in kernel.best_arbitrage(self._record, nav, price)))

    def shares_at_cost(self, cost: float, nav: float = 1.0) -> float:
        """Shares that can be sold at once for a loss of ``cost`` (fraction of NAV); the inverse of selling_cost."""
        return float(kernel.shares_at_cost(self._record, nav, cost))

    def depth(self, nav: float = 1.0) -> float:
        """ETH-worth of LRT that moves the price by one unit of its logarithm, at the margin; 0 without reserves."""
        if not self.trades(nav):
            return 0.0
        return float(kernel.depth(self.eth, self.token * nav, self.invariant(nav), 2.0 * self.amplification))

    def lvr_rate(self, volatility: float, nav: float = 1.0) -> float:
        """Loss-versus-rebalancing per unit of time, a fraction of the pool's value; NaN when it does not trade.

        Milionis, Moallemi, Roughgarden, Zhang (2022), arXiv:2208.06046.

        Args:
            volatility: of the price over NAV, per square root of the unit of time.
            nav: ETH per share.
        """
        if not self.trades(nav):
            return float("nan")
        d, ann = self.invariant(nav), 2.0 * self.amplification
        return float(kernel.lvr_rate(self.eth, self.token * nav, d, ann, volatility))
