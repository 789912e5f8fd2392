"""Arbitrageurs: finite capital that trades the pools against redemption, against minting, or against time.

There are tens of them, so each is an ordinary Mesa agent over one ``ARBITRAGEUR`` record. ``step`` is the definition
of an arbitrageur's round on one market, ``bridge`` that between two pools of one LRT; the compiled rounds in
``model/kernels/trading.py`` must agree with them bit for bit. A researcher's own arbitrageur overrides any method; the
day's trade then runs in Python (see :mod:`.cast`).
"""

import math
from collections.abc import Sequence
from typing import Any, Protocol

import mesa

from ..model.kernels.trading import BRIDGE_PRECISION, HALVINGS, SAME_PRICE
from ..model.shown import html_table

DAYS_PER_YEAR = 365.0


class Market(Protocol):
    """What an arbitrageur sees of one LRT and what it can do there; ``model.markets.order_book.Market`` is one.

    Prices are ETH per ETH-worth of LRT before fees (1 is par); amounts are ETH; LRT is counted at NAV.
    """

    @property
    def index(self) -> int:
        """Position of the LRT in the scenario."""

    @property
    def trades(self) -> bool:
        """Whether the pool can fill anything."""

    @property
    def price(self) -> float:
        """Marginal price of the pool."""

    @property
    def fee(self) -> float:
        """The pool's fee, a fraction of the output."""

    @property
    def nav(self) -> float:
        """ETH per share."""

    @property
    def redemption_open(self) -> bool:
        """Whether shares can be handed in."""

    @property
    def deposit_open(self) -> bool:
        """Whether shares can be minted."""

    @property
    def wait_days(self) -> float:
        """Expected days from a redemption request to its payment."""

    @property
    def opening_days(self) -> float:
        """Believed days until redemption opens."""

    @property
    def instant_fee(self) -> float:
        """Fraction of NAV that payment at once costs; infinite where it is not offered."""

    @property
    def mint_room_eth(self) -> float:
        """Room under the deposit cap."""

    def spendable(self, price: float, budget: float) -> float:
        """How much of ``budget`` can be spent before the marginal price rises above ``price``."""

    def salable(self, price: float, worth: float) -> float:
        """How much of ``worth`` can be sold before the marginal price falls below ``price``."""

    def quote_purchase(self, eth: float) -> float:
        """ETH-worth of LRT for ``eth``, after the fee."""

    def quote_sale(self, worth: float) -> float:
        """ETH for LRT worth ``worth``, after the fee."""

    def buy(self, eth: float) -> float:
        """Spends ``eth`` in the pool; returns shares."""

    def sell(self, shares: float) -> float:
        """Sells ``shares`` to the pool; returns ETH."""

    def sell_worth(self, worth: float) -> float:
        """Sells LRT worth ``worth`` at NAV to the pool; returns ETH."""

    def price_after_purchase(self, eth: float) -> float:
        """Marginal price once ``eth`` was spent."""

    def price_after_sale(self, worth: float) -> float:
        """Marginal price once ``worth`` was sold."""

    def mint_and_sell(self, trader: int, eth: float) -> float:
        """Mints with ``eth`` and sells what was minted; returns ETH."""

    def hand_in(self, trader: int, shares: float) -> None:
        """Hands shares in for redemption."""


def ends(pools: Sequence[Market]) -> tuple[Market, Market]:
    """The cheapest pool to buy from and the dearest to sell to, fees included; the first of those with one price."""
    trading = [pool for pool in pools if pool.trades] or list(pools[:1])
    cheap = dear = trading[0]
    for pool in trading[1:]:
        if pool.price / (1.0 - pool.fee) < cheap.price / (1.0 - cheap.fee) * (1.0 - SAME_PRICE):
            cheap = pool
        if pool.price * (1.0 - pool.fee) > dear.price * (1.0 - dear.fee) * (1.0 + SAME_PRICE):
            dear = pool
    return cheap, dear


class Arbitrageur(mesa.Agent):
    """Capital with a required return.

    Args:
        model: the Mesa model that it lives in.
        records: ``ARBITRAGEUR`` records of all arbitrageurs.
        index: which of them is this one.
        holdings: LRT shares held until redemption opens, by arbitrageur and LRT.

    Attributes:
        index: which of the records is its own.
        gas_burned_eth: ETH that it has burned as gas today; a day of trade in Python sets it to 0 and books it.
    """

    def __init__(self, model: mesa.Model, records: Any, index: int, holdings: Any) -> None:
        super().__init__(model)
        self._records = records
        self.index = index
        self._holdings = holdings
        self.gas_burned_eth = 0.0

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.unique_id}, {self.eth:,.6g} ETH free>"

    def _repr_html_(self) -> str:
        facts = {name: self._get(name) for name in ("eth", "locked", "profit", "required_return")}
        return html_table(f"{type(self).__name__} {self.unique_id}", facts)

    # --- what it is ---------------------------------------------------------------------------------------------------

    def _get(self, field: str) -> float:
        return float(self._records[self.index][field])

    def _add(self, field: str, amount: float) -> None:
        self._records[self.index][field] += amount

    @property
    def eth(self) -> float:
        """Free capital, ETH."""
        return self._get("eth")

    @property
    def locked(self) -> float:
        """ETH claimed from redemption queues."""
        return self._get("locked")

    @property
    def profit(self) -> float:
        """ETH since the start, booked when a trade is made, shares valued at what redemption pays."""
        return self._get("profit")

    @property
    def required_return(self) -> float:
        """Return per year below which capital stays idle."""
        return self._get("required_return")

    @property
    def gas_eth(self) -> float:
        """Cost of one round trip, ETH."""
        return self._get("gas_eth")

    @property
    def patient(self) -> bool:
        """Whether it buys while redemption is closed and waits for the opening."""
        return bool(self._records[self.index]["patient"])

    @property
    def multiple(self) -> float:
        """Patient capital: multiple of the required return at which it buys."""
        return self._get("multiple")

    @property
    def speed(self) -> float:
        """Order of acting: higher first."""
        return self._get("speed")

    @property
    def holdings(self) -> Sequence[float]:
        """LRT shares held until redemption opens, by LRT."""
        return [float(shares) for shares in self._holdings[self.index]]

    # --- what it does -------------------------------------------------------------------------------------------------

    def bid(self, market: Market) -> float:
        """Most that it pays for an ETH-worth of LRT, fees included; 0 when it does not buy at all.

        Open redemption: NAV less the required return over the wait, or less the fee of being paid at once where that
        is smaller. Closed: only patient capital bids, for a multiple of its required return over the time that it
        believes opening will take.
        """
        if market.redemption_open:
            financing = self.required_return * market.wait_days / DAYS_PER_YEAR
            return max(0.0, 1.0 - min(market.instant_fee, financing))
        if not self.patient:
            return 0.0
        wanted = self.multiple * self.required_return * market.opening_days / DAYS_PER_YEAR
        return max(0.0, 1.0 - wanted)

    def edge(self, market: Market) -> float:
        """How far the price is on the profitable side of where it starts to trade; 0 when it is not."""
        if not market.trades:
            return 0.0
        keep = 1.0 - market.fee
        discount = self.bid(market) * keep - market.price
        premium = market.price * keep - 1.0 if market.deposit_open and market.mint_room_eth > 0.0 else 0.0
        return max(0.0, discount, premium)

    def open_day(self, market: Market) -> None:
        """Hands in what it held for an opening that has come."""
        if not market.redemption_open:
            return
        market.hand_in(self.index, float(self._holdings[self.index][market.index]))
        self._holdings[self.index][market.index] = 0.0

    def step(self, market: Market) -> bool:
        """One round on one market; True when it traded.

        Trades until the last unit earns just the required return, limited by free capital, and only when the whole
        trade also covers the gas.
        """
        if self.eth <= self.gas_eth or self.edge(market) <= 0.0:
            return False
        if market.price > 1.0:
            return self._mint_and_sell(market)
        return self._buy_discount(market)

    def gap(self, pools: Sequence[Market]) -> float:
        """What a first unit earns between the cheapest and the dearest of an LRT's pools, fees included."""
        cheap, dear = ends(pools)
        return dear.price * (1.0 - dear.fee) - cheap.price / (1.0 - cheap.fee) if cheap is not dear else -math.inf

    def bridge(self, pools: Sequence[Market]) -> bool:
        """One trade between the cheapest and the dearest of an LRT's pools; True when it was made.

        Buys in the one what it sells in the other until the last unit earns nothing, limited by free capital, which is
        back at once; the gain must cover the gas.
        """
        if self.eth <= self.gas_eth or self.gap(pools) <= 0.0:
            return False
        cheap, dear = ends(pools)
        spent = self._bridged_eth(cheap, dear)
        worth, gas = cheap.quote_purchase(spent), self.gas_eth
        gain = dear.quote_sale(worth) - spent - gas
        if gain <= 0.0:
            return False
        cheap.buy(spent)
        dear.sell_worth(worth)
        self._add("eth", gain)
        self._add("profit", gain)
        self.gas_burned_eth += gas
        return True

    def _bridged_eth(self, cheap: Market, dear: Market) -> float:
        """ETH to spend in the cheap pool so that the last of it just comes back from the dear one, fees included."""

        def still_pays(eth: float) -> bool:
            cost = cheap.price_after_purchase(eth) / (1.0 - cheap.fee)
            return dear.price_after_sale(cheap.quote_purchase(eth)) * (1.0 - dear.fee) >= cost

        low, high = 0.0, self.eth - self.gas_eth
        if still_pays(high):
            return high
        for _ in range(HALVINGS):
            if high - low <= BRIDGE_PRECISION * high:
                break
            middle = 0.5 * (low + high)
            low, high = (middle, high) if still_pays(middle) else (low, middle)
        return low

    def _buy_discount(self, market: Market) -> bool:
        bid, gas = self.bid(market), self.gas_eth
        spent = market.spendable(bid * (1.0 - market.fee), self.eth - gas)
        worth = market.quote_purchase(spent)
        if worth * bid - spent <= gas:
            return False
        shares = market.buy(spent)
        if market.redemption_open:
            market.hand_in(self.index, shares)
        else:
            self._holdings[self.index][market.index] += shares
        self._add("eth", -(spent + gas))
        self._add("profit", worth - spent - gas)
        self.gas_burned_eth += gas
        return True

    def _mint_and_sell(self, market: Market) -> bool:
        gas = self.gas_eth
        most = min(self.eth - gas, market.mint_room_eth)
        cost = market.salable(1.0 / (1.0 - market.fee), most)
        gain = market.quote_sale(cost) - cost - gas
        if gain <= 0.0:
            return False
        market.mint_and_sell(self.index, cost)
        self._add("eth", gain)
        self._add("profit", gain)
        self.gas_burned_eth += gas
        return True
