"""Random trading days for tests: pools, arbitrageurs, terms and orders drawn from a seed."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from restaking.model.kernels.trading import DISCOUNT_BUCKETS, TERMS, Fills, new_fills, no_loans, trade_day
from restaking.model.markets.order_book import Market, Pool
from restaking.model.state import ARBITRAGEUR, POOL


class TradingDay(NamedTuple):
    """Arguments of ``trade_day`` but the outcome."""

    pools: np.ndarray
    arbitrageurs: np.ndarray
    order: np.ndarray
    holdings: np.ndarray
    terms: np.ndarray
    sells: np.ndarray
    buys: np.ndarray
    rounds: int
    flow: np.ndarray = np.ones(1)

    def copy(self) -> "TradingDay":
        """The same day, to be spent again."""
        return TradingDay(*(x.copy() if isinstance(x, np.ndarray) else x for x in self))

    def trade(self) -> Fills:
        """Runs the compiled day in place."""
        fills = new_fills(len(self.terms), len(self.arbitrageurs), pools_per_lrt=len(self.flow))
        trade_day(*self, fills, no_loans(len(self.terms), self.rounds))
        return fills

    def markets(self, pool: Callable[[int, float], Pool]) -> list[Market]:
        """The day's pools as objects, in the order of ``pools``; ``pool`` makes one from its place and its NAV."""
        markets: list[Market] = []
        for m in range(len(self.pools)):
            k, part = m % len(self.terms), float(self.flow[m // len(self.terms)])
            first = markets[k] if m >= len(self.terms) else None
            desk, terms = pool(m, float(self.terms[k]["nav"])), self.terms[k]
            markets.append(Market(k, desk, terms, self.sells[k], float(self.buys[k]), first, part))
        return markets

    def permuted(self, lrts: np.ndarray) -> "TradingDay":
        """The same day with the LRTs in another order."""
        return self._replace(
            pools=self.pools[lrts],
            holdings=self.holdings[:, lrts],
            terms=self.terms[lrts],
            sells=self.sells[lrts],
            buys=self.buys[lrts],
        ).copy()


def random_day(seed: int, lrts: int = 3, arbitrageurs: int = 4, rounds: int = 6, pools_per_lrt: int = 1) -> TradingDay:
    """A day with everything in it: discounts and premia, open and closed redemption, caps, poor and rich capital."""
    draw = np.random.default_rng(seed)
    pools = np.zeros(lrts, POOL)
    pools["eth"] = draw.uniform(1e3, 3e4, lrts)
    pools["token"] = pools["eth"] * draw.uniform(0.3, 3.0, lrts)
    pools["amplification"] = draw.choice([20.0, 100.0, 500.0], lrts)
    pools["fee"] = draw.choice([0.0, 0.0004, 0.003], lrts)
    if seed % 7 == 0:
        pools["eth"][0] = 0.0
    traders = np.zeros(arbitrageurs, ARBITRAGEUR)
    traders["eth"] = draw.choice([0.0, 5.0, 300.0, 2e4], arbitrageurs) * draw.uniform(0.5, 1.5, arbitrageurs)
    traders["required_return"] = draw.uniform(0.05, 0.6, arbitrageurs)
    traders["gas_eth"] = draw.choice([0.01, 0.1, 1.0], arbitrageurs)
    traders["patient"] = draw.integers(0, 2, arbitrageurs)
    traders["multiple"] = draw.choice([0.3, 1.0, 2.0], arbitrageurs)
    terms = np.zeros(lrts, TERMS)
    terms["nav"] = draw.uniform(0.9, 1.2, lrts)
    terms["redemption_open"] = draw.integers(0, 2, lrts)
    terms["deposit_open"] = draw.integers(0, 4, lrts) > 0
    terms["wait_days"] = draw.uniform(0.0, 40.0, lrts)
    terms["opening_days"] = draw.uniform(0.0, 120.0, lrts)
    terms["instant_fee"] = draw.choice([0.0, 0.005, np.inf], lrts)
    terms["mint_room_eth"] = draw.choice([0.0, 100.0, np.inf], lrts)
    traded = draw.random((lrts, len(DISCOUNT_BUCKETS))) < 0.3
    sells = np.where(traded, draw.exponential(0.1, traded.shape) * pools["token"][:, None], 0.0)
    buys = draw.choice([0.0, 0.1, 0.5], lrts) * draw.uniform(0.0, 1.0, lrts) * pools["token"]
    holdings = draw.choice([0.0, 50.0], (arbitrageurs, lrts)) * draw.uniform(0.0, 1.0, (arbitrageurs, lrts))
    day = TradingDay(pools, traders, draw.permutation(arbitrageurs), holdings, terms, sells, buys, rounds)
    if pools_per_lrt == 1:
        return day
    further = np.concatenate([pools] * (pools_per_lrt - 1))
    further["eth"] *= draw.choice([0.0, 0.05, 0.3, 1.0], further.size) * draw.uniform(0.5, 1.5, further.size)
    further["token"] = further["eth"] * draw.uniform(0.3, 3.0, further.size)
    further["amplification"] = draw.choice([1.0, 20.0, 500.0], further.size)
    further["fee"] = draw.choice([0.0, 0.0004, 0.003], further.size)
    return day._replace(pools=np.concatenate([pools, further]), flow=draw.dirichlet(np.ones(pools_per_lrt)))
