"""Constant-product pool of a governance token (base) against ETH (quote): a typed view of one ``POOL`` record.

The record's ``token`` and ``eth`` are the reserves; its amplification is not used. Prices are ETH per token.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..kernels import constant_product as kernel
from ..state import POOL


class Arbitrage(NamedTuple):
    """A trade against the pool, from the trader's side, before the outside leg."""

    token: float  # tokens received (negative: given)
    eth: float  # ETH received (negative: paid)
    profit: float  # ETH, tokens valued at the outside price


class Followed(NamedTuple):
    """What arbitrage took from a pool while the outside price moved."""

    profit: float  # ETH
    trades: int


def divergence_loss(ratio: float) -> float:
    """Value of a provider's share over that of its unmoved deposit, less 1, after the price moved by ``ratio``.

    At most 0; without fees. Also called impermanent loss.

    >>> round(divergence_loss(4.0), 9)
    -0.2
    """
    return float(kernel.divergence_loss(ratio))


def lvr_rate(volatility: float) -> float:
    """Loss-versus-rebalancing per unit of time, a fraction of the pool's value: ``volatility**2 / 8``.

    Milionis, Moallemi, Roughgarden, Zhang (2022), arXiv:2208.06046. A provider gains when its fees exceed it.

    >>> round(lvr_rate(0.05), 9)
    0.0003125
    """
    return float(kernel.lvr_rate(volatility))


def trade_probability(fee: float, volatility: float, interval: float) -> float:
    """Part of LVR that arbitrageurs take when the pool has a fee and they come every ``interval`` on average.

    Milionis, Moallemi, Roughgarden (2023), arXiv:2305.14604, for random (Poisson) arrivals and short intervals.
    ``volatility`` and ``interval`` are in the same unit of time.

    >>> round(trade_probability(0.0001, 0.05, 12 / 86_400), 3)
    0.806
    """
    return float(kernel.trade_probability(fee, volatility, interval))


class ConstantProductPool:
    """One pool; trades change the record that it views.

    Args:
        records: array of ``POOL`` records.
        index: which of them.
    """

    def __init__(self, records: np.ndarray, index: int = 0) -> None:
        self._record: Any = records[index]

    @classmethod
    def of(cls, eth: float, token: float, fee: float = 0.003) -> "ConstantProductPool":
        """A pool of its own, outside any run.

        >>> round(ConstantProductPool.of(eth=1000, token=1000).best_arbitrage(1.1).profit, 6)
        2.237807
        """
        records = np.zeros(1, POOL)
        records[0] = (eth, token, 0.0, fee)
        return cls(records)

    @property
    def eth(self) -> float:
        """ETH reserve."""
        return float(self._record["eth"])

    @property
    def token(self) -> float:
        """Token reserve."""
        return float(self._record["token"])

    @property
    def fee(self) -> float:
        """Fraction of the input that earns nothing and stays in the pool."""
        return float(self._record["fee"])

    @property
    def price(self) -> float:
        """Marginal price before fees, ETH per token; NaN when the pool is empty."""
        return float(kernel.spot_price(self.token, self.eth))

    def quote_sale(self, tokens: float) -> float:
        """ETH paid for ``tokens``, after the fee."""
        return float(kernel.output(self.token, self.eth, tokens, self.fee))

    def quote_purchase(self, eth: float) -> float:
        """Tokens received for ``eth``, after the fee."""
        return float(kernel.output(self.eth, self.token, eth, self.fee))

    def eth_to_price(self, price: float) -> float:
        """ETH to spend until the last token costs ``price``, fee included."""
        return float(kernel.quote_to_price(self.token, self.eth, self.fee, price))

    def tokens_to_price(self, price: float) -> float:
        """Tokens to sell until the last one brings ``price``, fee included."""
        return float(kernel.base_to_price(self.token, self.eth, self.fee, price))

    def best_arbitrage(self, price: float) -> Arbitrage:
        """The most profitable trade against an outside ``price`` (ETH per token) in a market without limits."""
        return Arbitrage(*(float(x) for x in kernel.best_arbitrage(self.token, self.eth, self.fee, price)))

    def sell(self, tokens: float) -> float:
        """Takes ``tokens`` in and pays ETH out; returns the ETH. An empty pool takes nothing."""
        eth = self.quote_sale(tokens)
        if eth <= 0.0:
            return 0.0
        self._record["token"] += tokens
        self._record["eth"] -= eth
        return eth

    def buy(self, eth: float) -> float:
        """Takes ``eth`` in and pays tokens out; returns the tokens. An empty pool takes nothing."""
        tokens = self.quote_purchase(eth)
        if tokens <= 0.0:
            return 0.0
        self._record["eth"] += eth
        self._record["token"] -= tokens
        return tokens

    def value(self, price: float) -> float:
        """Value of the reserves at an outside ``price`` (ETH per token), ETH; half of it in each at the pool's own."""
        return float(kernel.value(self.token, self.eth, price))

    def follow(self, prices: NDArray[np.float64]) -> Followed:
        """Lets an arbitrageur without limits trade at each outside price in turn; the pool is left at the last.

        Args:
            prices: (T,) outside prices, ETH per token.
        """
        token, eth, profit, trades = kernel.follow_prices(self.token, self.eth, self.fee, prices)
        self._record["token"], self._record["eth"] = token, eth
        return Followed(float(profit), int(trades))
