"""A slow and obvious trading day: bisection everywhere, arbitrageurs as objects, plain floats.

Shares no arithmetic with the compiled kernels: the invariant and the curve are solved by halving intervals from the
defining equation, and every decision is taken by ``Arbitrageur.step`` and ``trade_day_by_agents``.
"""

from dataclasses import dataclass, field
from typing import Any

import mesa

from restaking.agents.arbitrageur import Arbitrageur
from restaking.model.markets.order_book import Market, trade_day_by_agents

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

    def swap(self, eth: float, worth: float) -> None:
        self.eth += eth
        self.worth += worth


@dataclass
class Day:
    """What the slow day did."""

    markets: list[Market]
    arbitrageurs: list[dict[str, float]]
    holdings: list[list[float]]
    model: mesa.Model = field(repr=False)

    def by_trader(self, name: str) -> list[list[float]]:
        """A tally of the markets as rows by arbitrageur."""
        return [[getattr(m, name).get(a, 0.0) for m in self.markets] for a in range(len(self.arbitrageurs))]


def slow_day(pools, arbitrageurs, order, holdings, terms, sells, buys, rounds: int) -> Day:
    """The day that ``trade_day`` compiles, on copies in plain Python."""
    records: list[dict[str, Any]] = [{n: row[n].item() for n in arbitrageurs.dtype.names} for row in arbitrageurs]
    held = [[float(x) for x in row] for row in holdings]
    markets = []
    for k, pool in enumerate(pools):
        slow = SlowPool(
            float(pool["eth"]), float(pool["token"] * terms[k]["nav"]), float(pool["amplification"]), float(pool["fee"])
        )
        markets.append(Market(k, slow, terms[k], sells[k], buys[k]))
    model = mesa.Model()
    agents = [Arbitrageur(model, records, a, held) for a in range(len(records))]
    trade_day_by_agents(markets, [agents[a] for a in order], rounds)
    return Day(markets, records, held, model)
