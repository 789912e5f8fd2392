"""Liquidators: repay unsafe loans and sell the collateral that they seize, when that pays.

``Liquidator.step`` is the definition of a round's liquidations on one LRT, in ordinary Python; the compiled rounds in
``model/kernels/trading.py`` must agree with it bit for bit. Anybody can liquidate and whoever is fastest does, so there
is one liquidator rather than a crowd with the same rule; it needs no capital of its own, since seizing, selling and
repaying is one transaction. A researcher's own liquidator overrides any method; the day's trade then runs in Python
(see :mod:`.cast`).
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import mesa

from ..model.kernels.debts import seizure
from ..model.kernels.trading import LOAN_DUST, SAME_PRICE
from ..model.markets.order_book import mean_price
from ..model.shown import html_table


class Market(Protocol):
    """The pool that collateral is sold in; ``model.markets.order_book.Market`` is one."""

    @property
    def trades(self) -> bool:
        """Whether the pool can fill anything."""

    @property
    def price(self) -> float:
        """Marginal price over NAV."""

    @property
    def fee(self) -> float:
        """The pool's fee, a fraction of the output."""

    @property
    def nav(self) -> float:
        """ETH per share."""

    @property
    def size_eth(self) -> float:
        """Both reserves, the token at NAV."""

    def salable(self, price: float, worth: float) -> float:
        """How much of ``worth`` can be sold before the marginal price falls below ``price``."""

    def quote_sale(self, worth: float) -> float:
        """ETH for LRT worth ``worth``, after the fee."""

    def sell_worth(self, worth: float) -> float:
        """Sells LRT worth ``worth`` at NAV to the pool; returns ETH."""


def best_pool(pools: Sequence[Market]) -> Market:
    """Where a token sells for most after the fee; the first of those with one price."""
    trading = [pool for pool in pools if pool.trades] or list(pools[:1])
    best = trading[0]
    for pool in trading[1:]:
        if pool.price * (1.0 - pool.fee) > best.price * (1.0 - best.fee) * (1.0 + SAME_PRICE):
            best = pool
    return best


class LoanBook:
    """The loans on one LRT for one day, and what their market believes.

    Args:
        terms: one ``COLLATERAL`` record; the oracle's state and the day's tally are written.
        positions: ``POSITION`` records of this LRT, in row order; they change.
    """

    def __init__(self, terms: Any, positions: Any) -> None:
        self.terms, self.positions = terms, positions
        self.units: Sequence[float] = (1.0, 1.0)

    @property
    def oracle_price(self) -> float:
        """What the market believes the token is worth, over NAV."""
        return float(self.terms["oracle_price"])

    def look(self, price: float, elsewhere: float | None = None) -> None:
        """The oracle's look at the pools, once a round: at the first, and at the mean of the others, if any."""
        terms = self.terms
        terms["slow_price"] = terms["oracle_keep"] * terms["slow_price"] + (1.0 - terms["oracle_keep"]) * price
        self.read(price, elsewhere)
        terms["lowest_oracle"] = min(terms["lowest_oracle"], terms["oracle_price"])

    def read(self, price: float, elsewhere: float | None = None) -> None:
        """What the oracle says with the first pool at ``price`` and the others, if any, at ``elsewhere``."""
        terms = self.terms
        rest = float(terms["slow_price"]) if elsewhere is None else elsewhere
        weight = float(terms["oracle_weight"])
        said = (price, terms["slow_price"], weight * price + (1.0 - weight) * rest, 1.0)
        terms["oracle_price"] = said[int(terms["oracle"])]

    def debt_eth(self, position: Any) -> float:
        """What a loan is worth, ETH."""
        return float(position["debt"]) * self.units[int(position["asset"])]

    def critical_price(self, position: Any, nav: float) -> float:
        """Oracle price below which a loan may be liquidated."""
        if position["debt"] <= 0.0:
            return 0.0
        if position["collateral"] <= 0.0:
            return math.inf
        threshold = float(self.terms["threshold_stable" if position["asset"] else "threshold"])
        return self.debt_eth(position) / (threshold * nav * float(position["collateral"]))

    def ranked(self, nav: float) -> list[Any]:
        """All loans, riskiest first, ETH loans before stablecoin loans, ties by row."""
        return sorted(self.positions, key=lambda p: (-self.critical_price(p, nav), int(p["asset"]), int(p["row"])))


class Liquidator(mesa.Agent):
    """Whoever is fastest.

    Args:
        model: the Mesa model that it lives in.
    """

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.unique_id}>"

    def _repr_html_(self) -> str:
        return html_table(f"{type(self).__name__} {self.unique_id}", {"acts": "once a round on unsafe loans"})

    def step(self, pools: Sequence[Market], book: LoanBook, between: Callable[[], Any]) -> bool:
        """One round: every unsafe loan once at most; True when anything was liquidated.

        Args:
            pools: where collateral can be sold; each sale goes where the price after the fee is highest.
            book: the loans.
            between: lets arbitrageurs trade; called after each liquidation.
        """
        done = False
        market = best_pool(pools)
        if not market.trades:
            return done
        for position in book.ranked(market.nav):
            if book.critical_price(position, market.nav) <= book.oracle_price or not self.profitable(market, book):
                break  # the others are safer still; what does not pay stays unsafe
            if not self.liquidate(market, book, position):
                continue
            done = True
            if book.terms["interleaved"]:
                between()
            if not book.terms["oracle_once"]:
                book.read(pools[0].price, mean_price(pools[1:]))
            market = best_pool(pools)
        return done

    def open_book(self, terms: Any, positions: Any) -> LoanBook:
        """The loans on one LRT for a day.

        Args:
            terms: its ``COLLATERAL`` record.
            positions: its ``POSITION`` records.
        """
        return LoanBook(terms, positions)

    def cost(self, book: LoanBook) -> float:
        """What an ETH-worth of seized collateral costs: the loan repaid for it."""
        return book.oracle_price / (1.0 + float(book.terms["bonus"]))

    def profitable(self, market: Market, book: LoanBook) -> bool:
        """Whether the first unit that it sells brings more than it costs, or whether it does not care."""
        return not book.terms["profitable_only"] or market.price * (1.0 - market.fee) > self.cost(book)

    def amount(self, market: Market, book: LoanBook, position: Any) -> float:
        """How much collateral to seize, worth at NAV: up to the close factor, as long as the last unit pays."""
        terms, collateral = book.terms, float(position["collateral"]) * market.nav
        _, wanted = seizure(
            collateral, book.debt_eth(position), book.oracle_price, float(terms["close_factor"]), float(terms["bonus"])
        )
        most = min(wanted, float(position["free"]) * market.nav)
        if not book.terms["profitable_only"]:
            return most
        return market.salable(self.cost(book) / (1.0 - market.fee), most)

    def liquidate(self, market: Market, book: LoanBook, position: Any) -> bool:
        """Seizes, sells, repays; True unless it does not pay."""
        terms, nav = book.terms, market.nav
        worth = self.amount(market, book, position)
        if worth <= 0.0:
            return False
        proceeds, owed, gas = market.quote_sale(worth), book.debt_eth(position), float(terms["gas_eth"])
        repaid = min(worth * self.cost(book), owed)
        if terms["profitable_only"] and proceeds - repaid <= gas:
            return False
        if not terms["profitable_only"]:
            repaid, gas = min(repaid, proceeds), 0.0
        held = float(position["collateral"]) * nav
        leverage = held / max(held - owed, 1e-12 * held)
        lowest = float(terms["lowest_leverage"])
        terms["lowest_leverage"] = leverage if lowest == 0.0 else min(lowest, leverage)
        shares, unit = worth / nav, book.units[int(position["asset"])]
        market.sell_worth(worth)
        for field, change in (("collateral", -shares), ("free", -shares), ("seized", shares)):
            position[field] = max(position[field] + change, 0.0)
        position["repaid"] += repaid / unit
        position["debt"] = max(position["debt"] - repaid / unit, 0.0)
        if position["collateral"] * nav <= LOAN_DUST:
            position["written_off"] += position["debt"]
            position["debt"] = 0.0
        for field, change in (
            ("liquidations", 1.0),
            ("seized_shares", shares),
            ("proceeds_eth", proceeds),
            ("repaid_eth", repaid),
            ("repaid_stable_eth", repaid if position["asset"] else 0.0),
            ("spent_gas_eth", gas),
        ):
            terms[field] += change
        return True
