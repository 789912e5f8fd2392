"""The orders of a day and how they clear: the compiled day, and the same day in ordinary Python.

``trade`` runs the compiled rounds. ``trade_day_by_agents`` runs the same day with arbitrageurs as objects: it is the
definition, the place for a researcher's own arbitrageur, and what tests hold the compiled day against. Orders expire
at night: what ``Fills`` does not show as sold or bought has not traded.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np

from ..kernels import stableswap, trading
from ..kernels.trading import DISCOUNT_BUCKETS, FILL, TERMS, Fills, Loans, discount_bucket, new_fills

__all__ = [
    "DISCOUNT_BUCKETS",
    "FILL",
    "TERMS",
    "Fills",
    "Market",
    "Pool",
    "StableSwapDesk",
    "Trader",
    "acting_order",
    "discount_bucket",
    "new_fills",
    "trade",
    "trade_day_by_agents",
]


FLOW_PRECISION = 1e-9
"""How far the parts of the orders that go to the pools may be from adding up to 1."""


def acting_order(arbitrageurs: np.ndarray) -> np.ndarray:
    """Indices of ``ARBITRAGEUR`` records in the order in which they act: fastest first, ties by position."""
    return np.argsort(-arbitrageurs["speed"], kind="stable").astype(np.int64)


def trade(
    pools: np.ndarray,
    arbitrageurs: np.ndarray,
    holdings: np.ndarray,
    terms: np.ndarray,
    sells: np.ndarray,
    buys: np.ndarray,
    rounds: int,
    *,
    order: np.ndarray | None = None,
    fills: Fills | None = None,
    loans: Loans | None = None,
    flow: np.ndarray | None = None,
) -> Fills:
    """Checks the shapes and runs the compiled trading day; see :func:`..kernels.trading.trade_day`.

    ``flow`` is needed where LRTs have several pools.

    Raises:
        ValueError: shapes that do not belong together, parts of the flow that do not add up to 1, or no round.
    """
    lrts, traders = len(terms), len(arbitrageurs)
    flow = np.ones(1) if flow is None else flow
    if abs(flow.sum() - 1.0) > FLOW_PRECISION or flow.min() < 0.0:
        raise ValueError(f"flow is {flow.tolist()}, expected parts that add up to 1")
    expected = {
        "pools": (pools.shape, (lrts * len(flow),)),
        "holdings": (holdings.shape, (traders, lrts)),
        "sells": (sells.shape, (lrts, len(DISCOUNT_BUCKETS))),
        "buys": (buys.shape, (lrts,)),
    }
    for name, (shape, right) in expected.items():
        if shape != right:
            raise ValueError(f"{name} has shape {shape}, expected {right}")
    if rounds < 1:
        raise ValueError(f"rounds is {rounds}, expected at least 1")
    fills = new_fills(lrts, traders, pools_per_lrt=len(flow)) if fills is None else fills
    order = acting_order(arbitrageurs) if order is None else order
    loans = trading.no_loans(lrts, rounds) if loans is None else loans
    trading.trade_day(pools, arbitrageurs, order, holdings, terms, sells, buys, rounds, flow, fills, loans)
    return fills


# --- the same day in ordinary Python ----------------------------------------------------------------------------------


class Pool(Protocol):
    """A pool of ETH against LRT counted at NAV. Prices are ETH per ETH-worth before fees."""

    @property
    def trades(self) -> bool:
        """Whether it can fill anything."""

    @property
    def price(self) -> float:
        """Marginal price."""

    @property
    def fee(self) -> float:
        """Fraction of the output that stays in the pool."""

    def spendable(self, price: float, budget: float) -> float:
        """How much of ``budget`` (ETH) can be spent before the marginal price rises above ``price``."""

    def salable(self, price: float, worth: float) -> float:
        """How much of ``worth`` (ETH) can be sold before the marginal price falls below ``price``."""

    def quote_purchase(self, eth: float) -> float:
        """ETH-worth of LRT for ``eth``, after the fee."""

    def quote_sale(self, worth: float) -> float:
        """ETH for LRT worth ``worth``, after the fee."""

    @property
    def size_eth(self) -> float:
        """Both reserves, the token at NAV."""

    def price_after_purchase(self, eth: float) -> float:
        """Marginal price once ``eth`` was spent, on the curve of now."""

    def price_after_sale(self, worth: float) -> float:
        """Marginal price once ``worth`` was sold, on the curve of now."""

    def swap(self, eth: float, worth: float) -> None:
        """Moves the reserves by ``eth`` and ``worth``, one of them negative."""


class StableSwapDesk:
    """A :class:`Pool` over one ``POOL`` record: StableSwap at a fixed NAV, as within a day.

    Args:
        records: array of ``POOL`` records; trades change it.
        index: which of them.
        nav: ETH per share.
    """

    def __init__(self, records: np.ndarray, index: int, nav: float) -> None:
        self._record = records[index]
        self._nav = nav

    @property
    def trades(self) -> bool:
        """Whether it can fill anything."""
        return bool(stableswap.trades(self._record, self._nav))

    @property
    def price(self) -> float:
        """Marginal price."""
        return float(stableswap.spot_price(self._record, self._nav))

    @property
    def fee(self) -> float:
        """Fraction of the output that stays in the pool."""
        return float(self._record["fee"])

    def spendable(self, price: float, budget: float) -> float:
        """How much of ``budget`` (ETH) can be spent before the marginal price rises above ``price``."""
        return min(budget, float(stableswap.eth_to_price(self._record, self._nav, price)))

    def salable(self, price: float, worth: float) -> float:
        """How much of ``worth`` (ETH) can be sold before the marginal price falls below ``price``."""
        return min(worth, float(stableswap.shares_to_price(self._record, self._nav, price)) * self._nav)

    def quote_purchase(self, eth: float) -> float:
        """ETH-worth of LRT for ``eth``, after the fee."""
        return float(stableswap.quote_purchase(self._record, self._nav, eth)) * self._nav

    def quote_sale(self, worth: float) -> float:
        """ETH for LRT worth ``worth``, after the fee."""
        return float(stableswap.quote_sale(self._record, self._nav, worth / self._nav))

    @property
    def size_eth(self) -> float:
        """Both reserves, the token at NAV."""
        return float(self._record["eth"] + self._record["token"] * self._nav)

    def price_after_purchase(self, eth: float) -> float:
        """Marginal price once ``eth`` was spent, on the curve of now."""
        curve, ann = stableswap.pool_invariant(self._record, self._nav), 2.0 * float(self._record["amplification"])
        reserve = float(self._record["eth"]) + eth
        return float(stableswap.marginal_price(reserve, stableswap.other_reserve(reserve, curve, ann), curve, ann))

    def price_after_sale(self, worth: float) -> float:
        """Marginal price once ``worth`` was sold, on the curve of now."""
        curve, ann = stableswap.pool_invariant(self._record, self._nav), 2.0 * float(self._record["amplification"])
        reserve = float(self._record["token"]) * self._nav + worth
        return float(stableswap.marginal_price(stableswap.other_reserve(reserve, curve, ann), reserve, curve, ann))

    def swap(self, eth: float, worth: float) -> None:
        """Moves the reserves by ``eth`` and ``worth``, one of them negative."""
        self._record["eth"] += eth
        self._record["token"] += worth / self._nav


class Market:
    """One pool of an LRT for one day: its terms, and the tally of what was traded.

    Args:
        index: position of the LRT in the scenario.
        pool: where it trades.
        terms: one ``TERMS`` record, or a mapping with its fields.
        offers: shares offered here today, by ``DISCOUNT_BUCKETS``.
        wanted_eth: ETH that wants the LRT here today.
        first: the market of the LRT's first pool, which keeps the room under the cap for all; None when this is it.
    """

    def __init__(
        self,
        index: int,
        pool: Pool,
        terms: Any,
        offers: Sequence[float],
        wanted_eth: float,
        first: "Market | None" = None,
    ) -> None:
        self.index = index
        self.pool = pool
        self.nav = float(terms["nav"])
        self.redemption_open = bool(terms["redemption_open"])
        self.deposit_open = bool(terms["deposit_open"])
        self.wait_days = float(terms["wait_days"])
        self.opening_days = float(terms["opening_days"])
        self.instant_fee = float(terms["instant_fee"])
        self._first = self if first is None else first
        self._mint_room_eth = max(0.0, float(terms["mint_room_eth"]))
        self.offers = [float(shares) for shares in offers]
        self.wanted_eth = float(wanted_eth)
        self.sold_shares = [0.0] * len(self.offers)
        self.sold_eth = [0.0] * len(self.offers)
        self.bought_shares = self.bought_eth = self.mint_eth = self.volume_eth = 0.0
        self.redeem_shares: dict[int, float] = {}
        self.minted_eth: dict[int, float] = {}
        self.prices: list[float] = []
        self.lowest_price = self.price

    @property
    def mint_room_eth(self) -> float:
        """Room under the deposit cap, shared by the LRT's pools."""
        return self._first._mint_room_eth

    @mint_room_eth.setter
    def mint_room_eth(self, left: float) -> None:
        self._first._mint_room_eth = left

    @property
    def trades(self) -> bool:
        """Whether the pool can fill anything."""
        return self.pool.trades

    @property
    def size_eth(self) -> float:
        """Both reserves, the token at NAV."""
        return self.pool.size_eth

    def price_after_purchase(self, eth: float) -> float:
        """Marginal price once ``eth`` was spent, on the curve of now."""
        return self.pool.price_after_purchase(eth)

    def price_after_sale(self, worth: float) -> float:
        """Marginal price once ``worth`` was sold, on the curve of now."""
        return self.pool.price_after_sale(worth)

    @property
    def price(self) -> float:
        """Marginal price over NAV before fees; 1 when the pool does not trade."""
        return self.pool.price if self.pool.trades else 1.0

    @property
    def fee(self) -> float:
        """The pool's fee."""
        return self.pool.fee

    def spendable(self, price: float, budget: float) -> float:
        """How much of ``budget`` (ETH) can be spent before the marginal price rises above ``price``."""
        return self.pool.spendable(price, budget)

    def salable(self, price: float, worth: float) -> float:
        """How much of ``worth`` (ETH) can be sold before the marginal price falls below ``price``."""
        return self.pool.salable(price, worth)

    def quote_purchase(self, eth: float) -> float:
        """ETH-worth of LRT for ``eth``, after the fee."""
        return self.pool.quote_purchase(eth)

    def quote_sale(self, worth: float) -> float:
        """ETH for LRT worth ``worth``, after the fee."""
        return self.pool.quote_sale(worth)

    def buy(self, eth: float) -> float:
        """Spends ``eth`` in the pool; returns shares."""
        worth = self.pool.quote_purchase(eth)
        self.pool.swap(eth, -worth)
        self.volume_eth += eth
        return worth / self.nav

    def sell(self, shares: float) -> float:
        """Sells ``shares`` to the pool; returns ETH."""
        eth = self.pool.quote_sale(shares * self.nav)
        self.pool.swap(-eth, shares * self.nav)
        self.volume_eth += eth
        return eth

    def mint_and_sell(self, trader: int, eth: float) -> float:
        """Mints with ``eth`` and sells what was minted; returns ETH."""
        self.mint_room_eth -= eth
        self.minted_eth[trader] = self.minted_eth.get(trader, 0.0) + eth
        return self.sell(eth / self.nav)

    def hand_in(self, trader: int, shares: float) -> None:
        """Hands shares in for redemption."""
        self.redeem_shares[trader] = self.redeem_shares.get(trader, 0.0) + shares

    @property
    def unspent_eth(self) -> float:
        """ETH of entrants that neither pool nor mint has taken."""
        return max(0.0, self.wanted_eth - self.bought_eth - self.mint_eth)

    def take_orders(self, arrived: float) -> None:
        """Fills the standing orders; ``arrived``: the part of the day's orders that has come to market."""
        if self.trades:
            self._fill_sellers(arrived)
        self.lowest_price = min(self.lowest_price, self.price)
        self._fill_entrants(arrived)

    def _fill_sellers(self, arrived: float) -> None:
        for bucket in reversed(range(len(self.offers))):
            standing = self.offers[bucket] * arrived - self.sold_shares[bucket]
            floor = (1.0 - float(DISCOUNT_BUCKETS[bucket])) / (1.0 - self.fee)
            if standing <= 0.0 or self.price < floor:
                continue
            filled = self.salable(floor, standing * self.nav) / self.nav
            if filled <= 0.0:
                continue
            self.sold_shares[bucket] += filled
            self.sold_eth[bucket] += self.sell(filled)

    def _fill_entrants(self, arrived: float) -> None:
        budget = self.wanted_eth * arrived - self.bought_eth - self.mint_eth
        if budget <= 0.0:
            return
        par = 1.0 - self.fee
        if self.trades and self.price < par:
            spent = self.spendable(par, budget)
            self.bought_shares += self.buy(spent)
            self.bought_eth += spent
            budget -= spent
        if self.deposit_open and budget > 0.0:
            minted = min(budget, self.mint_room_eth)
            self.mint_eth += minted
            self.mint_room_eth -= minted

    def close_round(self) -> None:
        """Notes the price at the end of a round."""
        self.prices.append(self.price)
        self.lowest_price = min(self.lowest_price, self.price)


class Trader(Protocol):
    """An arbitrageur as the trading day needs it; ``agents.arbitrageur.Arbitrageur`` is one."""

    def open_day(self, market: Market) -> None:
        """Called once for each market before the first round."""

    def edge(self, market: Market) -> float:
        """What draws it to a market; above 0 when it wants to act there."""

    def step(self, market: Market) -> bool:
        """One round on one market; True when it traded."""

    def gap(self, pools: Sequence[Market]) -> float:
        """What draws it to trade between the pools of one LRT; above 0 when it wants to."""

    def bridge(self, pools: Sequence[Market]) -> bool:
        """One trade between the pools of one LRT; True when it was made."""


class Lending(Protocol):
    """The loans on one LRT as the trading day needs them; ``agents.liquidator.LoanBook`` is one."""

    units: Sequence[float]

    def look(self, price: float, elsewhere: float | None = None) -> None:
        """The oracle's look at the pools, once a round."""


class Repossessor(Protocol):
    """A liquidator as the trading day needs it; ``agents.liquidator.Liquidator`` is one."""

    def step(self, pools: Any, book: Any, between: Callable[[], None]) -> bool:
        """One round's liquidations on one LRT; True when there were any."""


def _mean_price(pools: Sequence[Market]) -> float | None:
    """Mean price of the pools that trade, by size; None when none does."""
    sizes = [pool.size_eth for pool in pools if pool.trades]
    prices = [pool.price for pool in pools if pool.trades]
    return float(np.average(prices, weights=sizes)) if sizes else None


def trade_day_by_agents(
    markets: Sequence[Market],
    traders: Sequence[Trader],
    rounds: int,
    books: Sequence[Lending] = (),
    liquidator: Repossessor | None = None,
    prices: Any = None,
) -> None:
    """One day of trading in ordinary Python; the tally is left in the markets and loan books.

    Args:
        markets: the first pools of all LRTs in scenario order, then their second pools and so on, with their orders.
        traders: arbitrageurs in the order in which they act.
        rounds: rounds of the day.
        books: the loans on each LRT; none when nothing is lent.
        liquidator: who liquidates them.
        prices: (rounds, 2) units of each asset per ETH; needed with books.
    """
    lrts = 1 + max((market.index for market in markets), default=-1)
    pools = [markets[k::lrts] for k in range(lrts)]

    def arbitrage() -> None:
        for trader in traders:
            chances: list[tuple[float, Callable[[], bool]]] = []
            chances += [(trader.edge(market), partial(trader.step, market)) for market in markets]
            chances += [(trader.gap(own), partial(trader.bridge, own)) for own in pools if len(own) > 1]
            for edge, take in sorted(chances, key=lambda chance: -chance[0]):
                if edge > 0.0:
                    take()

    for market in markets[:lrts]:
        for trader in traders:
            trader.open_day(market)
    for past in range(rounds):
        for market in markets:
            market.take_orders((past + 1.0) / rounds)
        for own, book in zip(pools, books, strict=False):
            book.units = [1.0 / float(price) for price in prices[past]]
            book.look(own[0].price, _mean_price(own[1:]))
            if liquidator is not None:
                liquidator.step(own, book, arbitrage)
            for market in own:
                market.lowest_price = min(market.lowest_price, market.price)
        arbitrage()
        for market in markets:
            market.close_round()
