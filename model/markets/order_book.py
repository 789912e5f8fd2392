"""The orders of a day and how they clear: the compiled day, and the same day in ordinary Python.

``trade`` runs the compiled rounds. ``trade_day_by_agents`` runs the same day with arbitrageurs as objects: it is the
definition, the place for a researcher's own arbitrageur or liquidator, and what tests hold the compiled day against;
``trade_in_python`` is that day on the arrays of the compiled one, to the same bits. Orders expire at night: what
``Fills`` does not show as sold or bought has not traded.
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
    "trade_in_python",
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
    def invariant(self) -> float:
        """The curve's invariant, ETH; 0 when it does not trade."""

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

    def swap(self, eth: float, shares: float) -> None:
        """Moves the reserves by ``eth`` and ``shares``, one of them negative."""


class StableSwapDesk:
    """A :class:`Pool` over one ``POOL`` record: StableSwap at a fixed NAV, as within a day.

    It keeps its invariant and its price between trades, as the compiled day does: nobody else may move the reserves.

    Args:
        records: array of ``POOL`` records; trades change it.
        index: which of them.
        nav: ETH per share.
    """

    def __init__(self, records: np.ndarray, index: int, nav: float) -> None:
        self._record = records[index]
        self._nav = nav
        self._ann = 2.0 * float(self._record["amplification"])
        self.invariant, self.price = 0.0, 1.0
        self._quote()

    def _quote(self) -> None:
        if not stableswap.trades(self._record, self._nav):
            self.invariant = 0.0
            return
        eth, worth = self._reserves
        self.invariant = float(stableswap.invariant(eth, worth, self._ann, self.invariant))
        self.price = float(stableswap.marginal_price(eth, worth, self.invariant, self._ann))

    @property
    def _reserves(self) -> tuple[float, float]:
        """ETH, and ETH-worth of LRT."""
        return float(self._record["eth"]), float(self._record["token"]) * self._nav

    @property
    def trades(self) -> bool:
        """Whether it can fill anything."""
        return self.invariant > 0.0

    @property
    def fee(self) -> float:
        """Fraction of the output that stays in the pool."""
        return float(self._record["fee"])

    def spendable(self, price: float, budget: float) -> float:
        """How much of ``budget`` (ETH) can be spent before the marginal price rises above ``price``."""
        return float(stableswap.eth_up_to(price, *self._reserves, self.invariant, self._ann, budget))

    def salable(self, price: float, worth: float) -> float:
        """How much of ``worth`` (ETH) can be sold before the marginal price falls below ``price``."""
        return float(stableswap.worth_down_to(price, *self._reserves, self.invariant, self._ann, worth))

    def quote_purchase(self, eth: float) -> float:
        """ETH-worth of LRT for ``eth``, after the fee."""
        reserve, worth = self._reserves
        return float(stableswap.output(reserve, worth, eth, self.invariant, self._ann, self.fee))

    def quote_sale(self, worth: float) -> float:
        """ETH for LRT worth ``worth``, after the fee."""
        eth, reserve = self._reserves
        return float(stableswap.output(reserve, eth, worth, self.invariant, self._ann, self.fee))

    @property
    def size_eth(self) -> float:
        """Both reserves, the token at NAV."""
        eth, worth = self._reserves
        return eth + worth

    def price_after_purchase(self, eth: float) -> float:
        """Marginal price once ``eth`` was spent, on the curve of now."""
        reserve = self._reserves[0] + eth
        other = stableswap.other_reserve(reserve, self.invariant, self._ann)
        return float(stableswap.marginal_price(reserve, other, self.invariant, self._ann))

    def price_after_sale(self, worth: float) -> float:
        """Marginal price once ``worth`` was sold, on the curve of now."""
        reserve = self._reserves[1] + worth
        other = stableswap.other_reserve(reserve, self.invariant, self._ann)
        return float(stableswap.marginal_price(other, reserve, self.invariant, self._ann))

    def swap(self, eth: float, shares: float) -> None:
        """Moves the reserves by ``eth`` and ``shares``, one of them negative."""
        self._record["eth"] += eth
        self._record["token"] += shares
        self._quote()


class Market:
    """One pool of an LRT for one day: its terms, and the tally of what was traded.

    Args:
        index: position of the LRT in the scenario.
        pool: where it trades.
        terms: one ``TERMS`` record, or a mapping with its fields.
        offers: shares offered today, by ``DISCOUNT_BUCKETS``.
        wanted_eth: ETH that wants the LRT today.
        first: the market of the LRT's first pool, which keeps for all of them the room under the cap and what
            arbitrageurs hand in and mint; None when this is it.
        flow: part of the offers and of the ETH that comes to this pool.
    """

    def __init__(
        self,
        index: int,
        pool: Pool,
        terms: Any,
        offers: Sequence[float],
        wanted_eth: float,
        first: "Market | None" = None,
        flow: float = 1.0,
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
        self._flow = flow
        self.sold_shares = [0.0] * len(self.offers)
        self.sold_eth = [0.0] * len(self.offers)
        self.bought_shares = self.bought_eth = self.mint_eth = self.volume_eth = 0.0
        self.redeem_shares: dict[int, float] = {} if first is None else first.redeem_shares
        self.minted_eth: dict[int, float] = {} if first is None else first.minted_eth
        self.minted_shares: dict[int, float] = {} if first is None else first.minted_shares
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
    def own_mint_room_eth(self) -> float:
        """What this pool's own record says of the room: the first pool's is what is left, the others' the day's."""
        return self._mint_room_eth

    @property
    def invariant(self) -> float:
        """The pool's invariant, ETH; 0 when it does not trade."""
        return self.pool.invariant

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
        shares = self.pool.quote_purchase(eth) / self.nav
        self.pool.swap(eth, -shares)
        self.volume_eth += eth
        return shares

    def sell(self, shares: float) -> float:
        """Sells ``shares`` to the pool; returns ETH."""
        return self._sell(shares * self.nav, shares)

    def sell_worth(self, worth: float) -> float:
        """Sells LRT worth ``worth`` at NAV to the pool; returns ETH."""
        return self._sell(worth, worth / self.nav)

    def _sell(self, worth: float, shares: float) -> float:
        eth = self.pool.quote_sale(worth)
        self.pool.swap(-eth, shares)
        self.volume_eth += eth
        return eth

    def mint_and_sell(self, trader: int, eth: float) -> float:
        """Mints with ``eth`` and sells what was minted; returns ETH."""
        self.mint_room_eth -= eth
        self.minted_eth[trader] = self.minted_eth.get(trader, 0.0) + eth
        self.minted_shares[trader] = self.minted_shares.get(trader, 0.0) + eth / self.nav
        return self.sell_worth(eth)

    def hand_in(self, trader: int, shares: float) -> None:
        """Hands shares in for redemption."""
        self.redeem_shares[trader] = self.redeem_shares.get(trader, 0.0) + shares

    @property
    def unspent_eth(self) -> float:
        """ETH of entrants that neither pool nor mint has taken."""
        return max(0.0, self.wanted_eth * self._flow - self.bought_eth - self.mint_eth)

    def take_orders(self, arrived: float) -> None:
        """Fills the standing orders; ``arrived``: the part of the day's orders that has come to market."""
        arrived *= self._flow
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


class SizedPool(Protocol):
    """What a mean of prices needs of a pool."""

    @property
    def trades(self) -> bool:
        """Whether it can fill anything."""

    @property
    def price(self) -> float:
        """Marginal price."""

    @property
    def size_eth(self) -> float:
        """Both reserves, the token at NAV."""


class Trader(Protocol):
    """An arbitrageur as the trading day needs it; ``agents.arbitrageur.Arbitrageur`` is one."""

    gas_burned_eth: float

    @property
    def speed(self) -> float:
        """The fastest acts first, ties by position."""

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

    def open_book(self, terms: Any, positions: Any) -> Lending:
        """The loans on one LRT for a day."""

    def step(self, pools: Any, book: Any, between: Callable[[], Any]) -> bool:
        """One round's liquidations on one LRT; True when there were any."""


def mean_price(pools: "Sequence[SizedPool]") -> float | None:
    """Mean price of the pools that trade, by size; None when none does."""
    size = weighted = 0.0
    for pool in pools:
        if pool.trades:
            size += pool.size_eth
            weighted += pool.size_eth * pool.price
    return weighted / size if size > 0.0 else None


def trade_day_by_agents(
    markets: Sequence[Market],
    traders: Sequence[Trader],
    rounds: int,
    books: Sequence[Lending] = (),
    liquidator: Repossessor | None = None,
    prices: Any = None,
) -> list[bool]:
    """One day of trading in ordinary Python; the tally is left in the markets and loan books.

    Args:
        markets: the first pools of all LRTs in scenario order, then their second pools and so on, with their orders.
        traders: arbitrageurs in the order in which they act.
        rounds: rounds of the day.
        books: the loans on each LRT; none when nothing is lent.
        liquidator: who liquidates them.
        prices: (rounds, 2) units of each asset per ETH; needed with books.

    Returns:
        For every round whether an arbitrageur or a liquidator acted in it.
    """
    acted = [False] * rounds
    lrts = 1 + max((market.index for market in markets), default=-1)
    pools = [markets[k::lrts] for k in range(lrts)]

    def arbitrage() -> bool:
        traded = False
        for trader in traders:
            chances: list[tuple[float, Callable[[], bool]]] = []
            chances += [(trader.edge(market), partial(trader.step, market)) for market in markets]
            chances += [(trader.gap(own), partial(trader.bridge, own)) for own in pools if len(own) > 1]
            for edge, take in sorted(chances, key=lambda chance: -chance[0]):
                if edge > 0.0:
                    traded |= bool(take())
        return traded

    for market in markets[:lrts]:
        for trader in traders:
            trader.open_day(market)
    for past in range(rounds):
        for market in markets:
            market.take_orders((past + 1.0) / rounds)
        for own, book in zip(pools, books, strict=False):
            book.units = [1.0 / float(price) for price in prices[past]]
            book.look(own[0].price, mean_price(own[1:]))
            if liquidator is not None:
                acted[past] |= bool(liquidator.step(own, book, arbitrage))
            for market in own:
                market.lowest_price = min(market.lowest_price, market.price)
        acted[past] |= arbitrage()
        for market in markets:
            market.close_round()
    return acted


def trade_in_python(
    pools: np.ndarray,
    traders: Sequence[Trader],
    liquidator: Repossessor,
    order: np.ndarray,
    terms: np.ndarray,
    sells: np.ndarray,
    buys: np.ndarray,
    rounds: int,
    flow: np.ndarray,
    fills: Fills,
    loans: Loans,
) -> None:
    """The day of :func:`..kernels.trading.trade_day` with agents: the same arguments and, for shipped agents, bits.

    Args:
        pools: see the compiled day.
        traders: (A,) the arbitrageurs, over the records and holdings that the compiled day would be given.
        liquidator: who liquidates.
        order: see the compiled day, as are the others.
        terms: (K,) ``TERMS``.
        sells: (K, B) shares offered.
        buys: (K,) ETH that wants the LRT.
        rounds: rounds of the day.
        flow: (V,) part of the orders that goes to each pool of an LRT.
        fills: the outcome, cleared first.
        loans: the loans against the LRTs.
    """
    lrts, markets = len(terms), _open_markets(pools, terms, sells, buys, flow)
    trading.open_loans(loans)
    watched = bool((loans.collateral["oracle_price"] > 0.0).any())
    books = [
        liquidator.open_book(loans.collateral[k], loans.positions[loans.starts[2 * k] : loans.starts[2 * k + 2]])
        for k in range(lrts if watched else 0)
    ]
    for trader in traders:
        trader.gas_burned_eth = 0.0
    acted = trade_day_by_agents(markets, [traders[a] for a in order], rounds, books, liquidator, loans.prices)
    busy = bool(sells.sum() > 0.0 or buys.sum() > 0.0 or len(loans.positions))
    quiet_from = rounds if busy else _last(acted) + 1
    _tally(markets, traders, quiet_from, fills)
    trading.gather(terms, buys, rounds, fills)


def _open_markets(
    pools: np.ndarray, terms: np.ndarray, sells: np.ndarray, buys: np.ndarray, flow: np.ndarray
) -> list[Market]:
    lrts, markets = len(terms), list[Market]()
    for m in range(len(pools)):
        k, first = m % lrts, markets[m % lrts] if m >= lrts else None
        desk = StableSwapDesk(pools, m, float(terms[k]["nav"]))
        markets.append(Market(k, desk, terms[k], sells[k], float(buys[k]), first, float(flow[m // lrts])))
    return markets


def _last(acted: Sequence[bool]) -> int:
    """The last round in which anybody acted; -1 when nobody did."""
    return max((past for past, one in enumerate(acted) if one), default=-1)


def _tally(markets: Sequence[Market], traders: Sequence[Trader], quiet_from: int, fills: Fills) -> None:
    """Write what the markets have noted into the arrays of the compiled day, pool by pool.

    ``quiet_from``: round from which nothing happened any more; its price is counted for all that follow at once, as
    the compiled day does, so that the mean has the same bits.
    """
    for array in (fills.redeem_shares, fills.minted_eth, fills.minted_shares):
        array[:] = 0.0
    for a, trader in enumerate(traders):
        fills.gas_eth[a] = trader.gas_burned_eth
    for m, market in enumerate(markets):
        fill, lively = fills.pools[m], market.prices[: quiet_from + 1]
        total = 0.0
        for past, price in enumerate(lively):
            total += price * (len(market.prices) - past if past == quiet_from else 1.0)
        for name in ("bought_shares", "bought_eth", "mint_eth", "volume_eth", "lowest_price"):
            fill[name] = getattr(market, name)
        fill["unspent_eth"], fill["mean_price"], fill["close_price"] = 0.0, total, market.price
        fill["invariant"], fill["mint_room_eth"] = market.invariant, market.own_mint_room_eth
        fills.pool_sold_shares[m], fills.pool_sold_eth[m] = market.sold_shares, market.sold_eth
        if m >= fills.redeem_shares.shape[1]:
            continue  # the first pool's market keeps these for all
        for notes, array in (
            (market.redeem_shares, fills.redeem_shares),
            (market.minted_eth, fills.minted_eth),
            (market.minted_shares, fills.minted_shares),
        ):
            for a, amount in notes.items():
                array[a, m] = amount
