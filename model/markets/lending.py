"""Lending markets of a run: lenders, rates, oracles, the steward's terms, and the loans on a day.

One pool of ETH and one of stablecoins is lent against all listed LRTs (as Aave's pooled markets do). Lenders come from
outside and follow the supply rate; borrowers are stakers who loop (:mod:`.leverage`). Liquidations happen inside the
day's trading rounds (:func:`..kernels.trading.trade_day`) under rules that a liquidator can live with: only while what
is sold brings more than is repaid, at most the close factor, the oracle once per round, arbitrage in between. What they
leave unsafe stays unsafe and is recorded; a loan whose collateral is gone is bad debt, borne by lenders.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..kernels import debts
from ..kernels import lending as kernel
from ..kernels.books import World
from ..kernels.trading import Loans, new_loans, no_loans
from ..randomness import SeedTree
from ..state import COLLATERAL, ETH_LOAN, ORACLES, POSITION, STABLE_LOAN
from .price_paths import price_path, within_day
from .redemption import free_buffer
from .risk_steward import REVIEW_DAYS, RiskSteward, unwind_capacity

if TYPE_CHECKING:
    from ..scenario import Scenario

Floats = NDArray[np.float64]

HOURS = 24.0


def declare_collateral(scenario: "Scenario", count: int) -> NDArray[np.void]:
    """The (K,) ``COLLATERAL`` records of a scenario, nothing listed yet."""
    terms, out = scenario.lending, np.zeros(count, COLLATERAL)
    for field in ("threshold", "bonus", "close_factor", "oracle_once", "profitable_only", "interleaved"):
        out[field] = getattr(terms, field)
    out["threshold_stable"] = terms.stable_threshold
    out["oracle"] = ORACLES.index(terms.oracle)
    out["oracle_weight"] = terms.oracle_weight
    hours = HOURS / scenario.markets.rounds_per_day
    out["oracle_keep"] = 0.5 ** (hours / terms.oracle_half_life_hours)
    out["gas_eth"] = terms.liquidation_gas_eth
    out["slow_price"] = out["oracle_price"] = out["lowest_oracle"] = 1.0
    out["cap_eth"] = np.inf
    return out


def declare_lenders(scenario: "Scenario", lenders: NDArray[np.void]) -> None:
    """Write the terms of both pools of lenders, ETH and stablecoins, into (2,) ``LENDER``."""
    terms = scenario.lending
    lenders["base"] = terms.base_rate
    lenders["slope_1"] = (terms.slope_1, terms.stable_slope_1)
    lenders["slope_2"] = terms.slope_2
    lenders["optimal"] = terms.optimal_utilisation
    lenders["reserve_factor"] = terms.reserve_factor
    lenders["required"] = (terms.required_apr, terms.stable_required_apr)
    lenders["capacity"] = (terms.capacity_eth, terms.stable_capacity_usd)


class LendingMarkets:
    """Loans against LRTs.

    Args:
        scenario: the scenario.
        world: the world; the lenders' money arrives in it.
        seeds: the run's seed tree.
        horizon: days of the run.

    Attributes:
        enabled: whether anything is lent.
        collateral: (K,) ``COLLATERAL``.
        prices_usd: (days + 1,) ETH/USD at the start of each day.
        survey: (K, 5) loans at the last close: posted, owed, equity and unsafe loans (ETH), borrowers.
        bad_debt_eth: written off so far, ETH at the day's price.
        recovered_eth: what collateral that lenders kept has paid so far.
        liquidated_eth: collateral sold by liquidators so far, ETH at NAV.
    """

    def __init__(self, scenario: "Scenario", world: World, seeds: SeedTree, horizon: int) -> None:
        self.scenario, self.world = scenario, world
        self.enabled = bool(scenario.lending.enabled)
        count = len(scenario.lrt)
        self.first = world.venues.size - count
        self.collateral = declare_collateral(scenario, count)
        self.prices_usd = price_path(scenario, seeds, horizon)
        self.steward = RiskSteward(scenario, count)
        self.survey = np.zeros((count, 5))
        self.bad_debt_eth = self.liquidated_eth = self.recovered_eth = self._stolen_eth = 0.0
        self._wanted = np.zeros(world.stakers.size)
        self._key = seeds.key("lending.arrival")
        self._none = no_loans(count, scenario.markets.rounds_per_day)
        self._loans = self._none
        world.lenders["index"] = 1.0
        world.lenders["price"] = (1.0, self.prices_usd[0])
        declare_lenders(scenario, world.lenders)
        if self.enabled:
            self.begin()

    def begin(self) -> None:
        """Lenders arrive; from now on LRTs can be borrowed against."""
        self.enabled = True
        terms, lenders = self.scenario.lending, self.world.lenders
        lenders["cash"] = lenders["claims"] = (terms.initial_eth, terms.stable_initial_usd)
        self.world.accounts[0]["outside_in"] += terms.initial_eth
        for lender in lenders:
            debts.quote_rates(lender)

    # --- the day ------------------------------------------------------------------------------------------------------

    def accrue(self, day: int) -> None:
        """The day's ETH price; a day's interest."""
        self.world.lenders["price"][STABLE_LOAN] = self.prices_usd[day]
        if not self.enabled:
            return
        for lender in self.world.lenders:
            debts.accrue_interest(lender)

    def borrow(self, intentions: NDArray[np.void], count: int, day: int) -> float:
        """Loopers who want more leverage borrow and mint; returns the ETH lent."""
        if not self.enabled:
            return 0.0
        return float(
            kernel.borrow(
                self.world,
                intentions,
                count,
                self.collateral,
                self.survey[:, 0],
                self.first,
                day,
                self._wanted,
                self._key,
            )
        )

    def open_trade(self, orders: NDArray[np.void], filed: int, day: int) -> Loans:
        """The loans that the day's trading rounds may liquidate."""
        count = kernel.count_loans(self.world) if self.enabled else 0
        if count == 0:
            self._loans = self._none._replace(collateral=self.collateral) if self.enabled else self._none
            return self._loans
        positions, starts = np.zeros(count, POSITION), np.zeros(2 * self.collateral.size + 1, np.int64)
        kernel.list_positions(self.world, self.first, positions, starts)
        kernel.withhold(positions, starts, orders, filed, self.first, self.world.debt_asset)
        rounds = self.scenario.markets.rounds_per_day
        prices = np.ones((rounds, 2))
        prices[:, STABLE_LOAN] = within_day(self.prices_usd, day, rounds)
        self._loans = new_loans(self.collateral, positions, starts, prices)
        return self._loans

    def book(self, day: int) -> None:
        """Book what the day's liquidations did, and write off loans that have lost their collateral."""
        if not self.enabled:
            return
        terms, account = self.collateral, self.world.accounts[0]
        if self._loans.positions.size:
            proceeds, repaid = float(terms["proceeds_eth"].sum()), float(terms["repaid_eth"].sum())
            gas, stable = float(terms["spent_gas_eth"].sum()), float(terms["repaid_stable_eth"].sum())
            account["liquidators"] += proceeds - repaid - gas
            account["gas"] += gas
            account["outside_out"] += stable
            self.liquidated_eth += float(terms["seized_shares"] @ self.world.venues["nav"][self.first :])
            positions = self._loans.positions
            self.bad_debt_eth += kernel.book_liquidations(self.world, positions, positions.size, day)
        self.bad_debt_eth += kernel.close_orphans(self.world)

    def close(self, day: int, prices: Floats, exchange: Any, exits: Floats) -> None:
        """Rates, lenders, steward, and what tomorrow's deciders see.

        Args:
            day: day of the run.
            prices: (K,) closing prices over NAV.
            exchange: the pools.
            exits: (K,) ETH a day that validators could pay back within the steward's time, redemption permitting.
        """
        venues = self.world.venues[self.first :]
        if not self.enabled:
            venues["ltv"] = venues["ltv_stable"] = 0.0
            return
        kernel.survey_loans(self.world, self.collateral, self.first, self.survey)
        for asset, lender in enumerate(self.world.lenders):
            self._lenders_come_and_go(asset, lender)
            debts.quote_rates(lender)
        self.steward.watch(prices)
        if day % REVIEW_DAYS == 0 or (self.steward.frozen & (self.collateral["ltv"] > 0.0)).any():
            self._review(exchange, exits)
        room = self.survey[:, 0] < self.collateral["cap_eth"]
        for field in ("ltv", "ltv_stable"):
            venues[field] = np.where(room, self.collateral[field], 0.0)
        venues["threshold"], venues["threshold_stable"] = (
            self.collateral["threshold"],
            self.collateral["threshold_stable"],
        )
        venues["oracle_price"] = self.collateral["oracle_price"]
        venues["borrow_apr"] = self.world.lenders["borrow_apr"][ETH_LOAN]
        venues["borrow_apr_stable"] = self.world.lenders["borrow_apr"][STABLE_LOAN]

    def _review(self, exchange: Any, exits: Floats) -> None:
        terms, books = self.scenario.lending, self.world.books[self.first :]
        venues = self.world.venues[self.first :]
        capacity = np.array(
            [
                unwind_capacity(
                    exchange.pools[list(exchange.pools_of(k))],
                    float(venues["nav"][k]),
                    terms.bonus,
                    float(free_buffer(books[k])) if venues["redemption_open"][k] else 0.0,
                    min(float(exits[k]), float(books["validators"][k]) / max(terms.unwind_days, 1e-9))
                    if venues["redemption_open"][k]
                    else 0.0,
                    terms.unwind_days,
                )
                for k in range(books.size)
            ]
        )
        self.steward.review(self.collateral, books["shares"] * venues["nav"], self.survey[:, 0], capacity)
        if not terms.enabled:
            self.collateral["ltv"] = self.collateral["ltv_stable"] = 0.0  # what is lent runs on, nobody gets more

    def _lenders_come_and_go(self, asset: int, lender: Any) -> None:
        """Lenders follow the supply rate, as far as cash lets them leave and their means let them come."""
        gap = float(lender["supply_apr"] / lender["required"]) - 1.0
        change = self.scenario.lending.lenders_pace * min(max(gap, -1.0), 1.0) * float(lender["claims"])
        change = min(change, max(float(lender["capacity"] - lender["claims"]), 0.0))
        change = max(change, -float(lender["cash"]))
        lender["cash"] += change
        lender["claims"] += change
        if asset == ETH_LOAN:
            self.world.accounts[0]["outside_in" if change > 0.0 else "outside_out"] += abs(change)

    def robbed(self, k: int, shares: float) -> tuple[float, float, float]:
        """An attacker posts tokens and borrows all that the market gives; nobody will repay.

        The market keeps the collateral and writes the loan off. Only ETH is taken: it is what moves at once.

        Args:
            k: the LRT.
            shares: tokens that the attacker has.

        Returns:
            Shares posted, ETH borrowed, and bad debt booked.
        """
        terms, lender = self.collateral[k], self.world.lenders[ETH_LOAN]
        nav = float(self.world.venues["nav"][self.first + k])
        if not self.enabled or terms["ltv"] <= 0.0 or shares <= 0.0:
            return 0.0, 0.0, 0.0
        free = max(float(terms["cap_eth"]) - float(self.survey[k, 0]), 0.0)
        worth = min(shares * nav, free)
        most = float(terms["ltv"]) * min(float(terms["oracle_price"]), 1.0) * worth
        borrowed = min(most, float(lender["cash"]))
        if borrowed <= 0.0:
            return 0.0, 0.0, 0.0
        lender["cash"] -= borrowed
        self.world.accounts[0]["exploited"] += borrowed
        debts.write_off(lender, borrowed)
        self.bad_debt_eth += borrowed
        self._stolen_eth += borrowed
        posted = borrowed / (float(terms["ltv"]) * min(float(terms["oracle_price"]), 1.0))
        return min(posted, worth) / nav, borrowed, borrowed

    def recover(self, eth: float) -> float:
        """Collateral that lenders kept has been redeemed: theirs until their loss is covered; returns that part."""
        lender = self.world.lenders[ETH_LOAN]
        kept = min(eth, self._stolen_eth)
        self._stolen_eth -= kept
        lender["cash"] += kept
        lender["claims"] += kept
        self.recovered_eth += kept
        self.world.accounts[0]["outside_out"] += eth - kept
        return kept

    # --- what is measured ---------------------------------------------------------------------------------------------

    @property
    def has_loans(self) -> NDArray[np.bool_]:
        """(K,) whether there were loans against an LRT today, when trade opened or at the close."""
        lent = self.survey[:, 4] > 0.0
        lent[self._loans.positions["lrt"]] = True
        return np.asarray(lent)

    @property
    def lent_eth(self) -> float:
        """All loans, ETH."""
        lenders = self.world.lenders
        return float((lenders["debt_shares"] * lenders["index"] / lenders["price"]).sum())
