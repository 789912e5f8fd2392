"""Constant-product pool of a governance token (base) against ETH (quote): a typed view of one ``POOL`` record.

The record's ``token`` and ``eth`` are the reserves; its amplification is not used. Prices are ETH per token.
"""

from typing import Any, NamedTuple

import numpy as np

from ..kernels import constant_product as kernel
from ..state import POOL


class Arbitrage(NamedTuple):
    """A trade against the pool, from the trader's side, before the outside leg."""

    token: float  # tokens received (negative: given)
    eth: float  # ETH received (negative: paid)
    profit: float  # ETH, tokens valued at the outside price


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
