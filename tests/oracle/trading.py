"""A slow and obvious trading day: bisection everywhere, arbitrageurs as objects, plain floats.

Shares no arithmetic with the compiled kernels: the invariant and the curve are solved by halving intervals from the
defining equation, and every decision is taken by ``Arbitrageur.step`` and ``trade_day_by_agents``.
"""

from dataclasses import dataclass, field
from typing import Any

import mesa

from restaking.agents.arbitrageur import Arbitrageur
from restaking.model.markets.order_book import Market, trade_day_by_agents
from tests.oracle.random_markets import TradingDay

_HALVINGS = 120


def _root(rising, low: float, high: float) -> float:
    """Where the rising function crosses zero between ``low`` and ``high``."""
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if rising(middle) < 0.0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@dataclass
class SlowPool:
    """Two-coin StableSwap straight from ``ann (x + y) + D = ann D + D^3 / (4 x y)``."""

    eth: float
    worth: float
    amplification: float
    fee: float
    nav: float = 1.0

    @property
    def ann(self) -> float:
        return 2.0 * self.amplification

    @property
    def trades(self) -> bool:
        return self.eth > 0.0 and self.worth > 0.0 and self.amplification > 0.0

    def invariant(self) -> float:
        total, product = self.eth + self.worth, 4.0 * self.eth * self.worth
        return _root(lambda d: (self.ann - 1.0) * d + d**3 / product - self.ann * total, 0.0, total)

    def other(self, known: float, d: float) -> float:
        """Reserve that goes with ``known`` on the curve ``d``."""

        def excess(y: float) -> float:
            return self.ann * (known + y - d) + d - d**3 / (4.0 * known * y)

        high = d
        while excess(high) < 0.0:
            high *= 2.0
        return _root(excess, 0.0, high)

    def price_at(self, eth: float, worth: float, d: float) -> float:
        def slope(mine: float, other: float) -> float:
            return self.ann + d**3 / (4.0 * mine**2 * other)

        return slope(worth, eth) / slope(eth, worth)

    @property
    def price(self) -> float:
        return self.price_at(self.eth, self.worth, self.invariant())

    def spendable(self, price: float, budget: float) -> float:
        if budget <= 0.0 or self.price >= price:
            return 0.0
        d = self.invariant()

        def short_of(eth: float) -> float:
            return self.price_at(self.eth + eth, self.other(self.eth + eth, d), d) - price

        return budget if short_of(budget) <= 0.0 else _root(short_of, 0.0, budget)

    def salable(self, price: float, worth: float) -> float:
        if worth <= 0.0 or self.price <= price:
            return 0.0
        d = self.invariant()

        def below(sold: float) -> float:
            return price - self.price_at(self.other(self.worth + sold, d), self.worth + sold, d)

        return worth if below(worth) <= 0.0 else _root(below, 0.0, worth)

    def quote_purchase(self, eth: float) -> float:
        if eth <= 0.0:
            return 0.0
        return (self.worth - self.other(self.eth + eth, self.invariant())) * (1.0 - self.fee)

    def quote_sale(self, worth: float) -> float:
        if worth <= 0.0:
            return 0.0
        return (self.eth - self.other(self.worth + worth, self.invariant())) * (1.0 - self.fee)

    @property
    def size_eth(self) -> float:
        return self.eth + self.worth

    def price_after_purchase(self, eth: float) -> float:
        d = self.invariant()
        return self.price_at(self.eth + eth, self.other(self.eth + eth, d), d)

    def price_after_sale(self, worth: float) -> float:
        d = self.invariant()
        return self.price_at(self.other(self.worth + worth, d), self.worth + worth, d)

    def swap(self, eth: float, shares: float) -> None:
        self.eth += eth
        self.worth += shares * self.nav


@dataclass
class Day:
    """What the slow day did."""

    markets: list[Market]
    arbitrageurs: list[dict[str, float]]
    holdings: list[list[float]]
    model: mesa.Model = field(repr=False)

    def by_trader(self, name: str) -> list[list[float]]:
        """A tally of the markets as rows by arbitrageur and columns by LRT."""
        return tally(self.markets, name, len(self.arbitrageurs))


def tally(markets: list[Market], name: str, traders: int) -> list[list[float]]:
    """A tally of the markets as rows by arbitrageur and columns by LRT."""
    lrts = 1 + max(market.index for market in markets)
    rows = [[0.0] * lrts for _ in range(traders)]
    for market in markets[:lrts]:  # the first pool's market keeps the notes of all
        for a, amount in getattr(market, name).items():
            rows[a][market.index] += amount
    return rows


def slow_day(day: TradingDay) -> Day:
    """The day that ``trade_day`` compiles, on copies in plain Python."""
    records: list[dict[str, Any]] = [
        {n: row[n].item() for n in day.arbitrageurs.dtype.names} for row in day.arbitrageurs
    ]
    held = [[float(x) for x in row] for row in day.holdings]

    def slow(m: int, nav: float) -> SlowPool:
        pool = day.pools[m]
        return SlowPool(
            float(pool["eth"]), float(pool["token"] * nav), float(pool["amplification"]), float(pool["fee"]), nav
        )

    markets, model = day.markets(slow), mesa.Model()
    agents = [Arbitrageur(model, records, a, held) for a in range(len(records))]
    trade_day_by_agents(markets, [agents[a] for a in day.order], day.rounds)
    return Day(markets, records, held, model)
