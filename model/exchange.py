"""The day's trade in LRTs: pools, the order book, arbitrage and patient capital, and what they do to the books."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .kernels import books as move
from .kernels.books import World
from .kernels.stableswap import spot_price
from .kernels.trading import DISCOUNT_BUCKETS, TERMS, Fills, Loans, financing, new_fills, no_loans, trade_day
from .markets.order_book import Repossessor, Trader, acting_order, trade_in_python
from .markets.redemption import free_buffer
from .state import ARBITRAGEUR, ORDER, POOL

if TYPE_CHECKING:
    from .scenario import Scenario

Floats = NDArray[np.float64]

LAST_PRICE_FLOOR = 1e-6
DISCOUNT_THAT_CALLS_CAPITAL = 0.1
"""Discount at which outside capital refills at its full pace."""


LENDERS = -2
"""Owner of a claim that belongs to lenders; -1 stands for liquidity providers."""
FEE_MEMORY_DAYS = 14.0
"""Time over which liquidity providers average the fees that they earn."""
PRICE_MEMORY_DAYS = 7
STRESS_DISCOUNT = 0.01
"""Discount at which they look every day rather than once a week."""


class Exchange:
    """Pools of the LRTs and those who trade in them.

    Args:
        scenario: the scenario.
        world: the world; pools are opened for LRTs that have launched.

    Attributes:
        pools: (V K,) ``POOL`` records: the first pools of all LRTs, then their second ones, and so on.
        flow: (V,) part of stakers' orders that goes to each pool of an LRT.
        arbitrageurs: (A,) ``ARBITRAGEUR`` records: ordinary ones first, then a patient one per tier.
        held: (A, K) LRT shares that arbitrageurs hold.
        lenders_shares: (K,) shares that lenders keep of what an attacker has posted, while redemption is closed.
        providers_shares: (K,) shares that liquidity providers hold outside the pools, waiting for redemption to open.
        lp_fee_apr: (V K,) fees of each pool over its size, per year, averaged over two weeks.
        orders: stakers' orders of the day, the first ``filed`` of them valid.
        fills: outcome of the last day of trade.
    """

    def __init__(self, scenario: "Scenario", world: World) -> None:
        self.scenario, self.world = scenario, world
        self.names = list(scenario.lrt)
        count = len(self.names)
        self.first = world.venues.size - count
        self._declare_pools()
        self.arbitrageurs = self._declare_arbitrageurs()
        self.held = np.zeros((self.arbitrageurs.size, count))
        self.orders = np.zeros(2 * world.stakers.size + 1, ORDER)
        self.filed = 0
        self.terms = np.zeros(count, TERMS)
        self.sells = np.zeros((count, len(DISCOUNT_BUCKETS)))
        self.buys = np.zeros(count)
        self.fills: Fills = new_fills(count, self.arbitrageurs.size, pools_per_lrt=self.sizes.size)
        for fills in (self.fills.lrts, self.fills.pools):
            fills["close_price"] = fills["lowest_price"] = fills["mean_price"] = 1.0
        self._acting = acting_order(self.arbitrageurs)
        self._traders: Sequence[Trader] = ()
        self._liquidator: Repossessor | None = None
        self.lp_fee_apr = np.zeros(self.pools.size)
        self.providers_shares = np.zeros(count)
        self.lenders_shares = np.zeros(count)
        self._prices = np.ones((PRICE_MEMORY_DAYS, self.pools.size))
        self.on_recovery: Callable[[int, float], None] = lambda venue, paid: None
        self.today = 0
        self._claims: list[tuple[int, int, int, float, float]] = []
        for k in range(count):
            if world.venues[self.first + k]["launched"]:
                self.resize_pool(k, 1.0)

    def _declare_pools(self) -> None:
        """Empty pools: a first one for each LRT, and as many further ones as the scenario says."""
        markets, count = self.scenario.markets, len(self.names)
        self.sizes = np.array([1.0, *markets.side_pools])
        elsewhere = np.array(markets.side_pool_flow or self.sizes[1:] / self.sizes.sum())
        elsewhere /= max(float(elsewhere.sum()), 1.0)  # what is written may add up to a rounding more
        self.flow = np.array([1.0 - elsewhere.sum(), *elsewhere])
        self.pools = np.zeros(self.sizes.size * count, POOL)
        self.pools["fee"][:count] = markets.pool_fee
        self.pools["amplification"][:count] = [self.scenario.pool_amplification(name) for name in self.names]
        self.pools["fee"][count:] = markets.side_pool_fee
        self.pools["amplification"][count:] = markets.side_pool_amplification

    def _declare_arbitrageurs(self) -> NDArray[np.void]:
        terms = self.scenario.arbitrage
        ordinary = terms.count if terms.enabled else 0
        tiers = len(terms.patient_multiples) if terms.enabled else 0
        out = np.zeros(ordinary + tiers, ARBITRAGEUR)
        out["gas_eth"] = terms.gas_eth
        out["required_return"] = terms.required_return
        out["speed"] = -np.arange(out.size)
        if ordinary:
            out["eth"][:ordinary] = terms.capital_eth / ordinary
            self.world.accounts[0]["outside_in"] += terms.capital_eth
        if tiers:
            out["patient"][ordinary:] = 1
            out["required_return"][ordinary:] = terms.patient_return
            out["multiple"][ordinary:] = terms.patient_multiples
            self.patient_weights = np.array(terms.patient_weights)
        self.ordinary = ordinary
        return out

    # --- pools by LRT -------------------------------------------------------------------------------------------------

    def pools_of(self, k: int) -> range:
        """Places of the pools of an LRT in ``pools``, its first one first."""
        return range(k, self.pools.size, len(self.names))

    def _by_lrt(self, values: NDArray[Any]) -> NDArray[Any]:
        """(V, K) values by pool as rows of first, second, … pools."""
        return values.reshape(self.sizes.size, len(self.names))

    def pooled_shares(self) -> Floats:
        """(K,) shares of each LRT in all its pools."""
        return np.asarray(self._by_lrt(self.pools["token"]).sum(axis=0))

    def pooled_eth(self) -> Floats:
        """(K,) ETH in all pools of each LRT."""
        return np.asarray(self._by_lrt(self.pools["eth"]).sum(axis=0))

    def pool_gaps(self) -> Floats:
        """(K,) largest difference between the closing prices of an LRT's pools that trade, over NAV; NaN below two."""
        prices = self._by_lrt(self.fills.pools["close_price"])
        trading = self._by_lrt(self.fills.pools["invariant"]) > 0.0
        highest, lowest = np.where(trading, prices, -np.inf).max(axis=0), np.where(trading, prices, np.inf).min(axis=0)
        return np.where(trading.sum(axis=0) > 1, highest - lowest, np.nan)

    def _nav_of(self, m: int) -> float:
        return float(self.world.venues[self.first + m % len(self.names)]["nav"])

    # --- liquidity ----------------------------------------------------------------------------------------------------

    def resize_pool(self, k: int, pace: float) -> None:
        """Liquidity providers follow supply: they add on both sides, or take ETH out, at a pace in (0, 1]."""
        for m, change in [(m, pace * self._wanted(m)) for m in self.pools_of(k)]:
            self._resize(m, change)

    def _resize(self, m: int, change: float) -> None:
        pool, nav = self.pools[m], self._nav_of(m)
        present = 0.5 * float(pool["eth"] + pool["token"] * nav)
        if change > 0.0:
            self._grow(m, change)
            return
        self._shrink(m, min(-change / max(present, 1e-300), 0.5))

    def _wanted(self, m: int) -> float:
        """ETH on each side by which providers would like a pool to be larger."""
        k, nav = m % len(self.names), self._nav_of(m)
        markets, pool, shares = self.scenario.markets, self.pools[m], self.world.books[self.first + k]["shares"]
        normal = min(self.scenario.depth_fraction(self.names[k]) * shares * nav, markets.maximum_pool_eth)
        size = self.sizes[m // len(self.names)]
        return float(normal * size * self.appetite(m) - 0.5 * (pool["eth"] + pool["token"] * nav))

    def _grow(self, m: int, change: float) -> None:
        """Providers add ``change`` ETH on each side, in the pool's proportions; tokens that they kept go first."""
        pool, nav, k = self.pools[m], self._nav_of(m), m % len(self.names)
        eth, worth = self._proportions(pool, nav, change)
        kept = min(float(self.providers_shares[k]), worth / nav)
        self.providers_shares[k] -= kept
        pool["eth"] += eth
        pool["token"] += kept + move.mint(self.world, self.first + k, worth - kept * nav)
        self.world.accounts[0]["outside_in"] += eth + worth - kept * nav

    def _shrink(self, m: int, part: float) -> None:
        """Providers take a part of the pool; tokens are redeemed, or kept while that is closed."""
        pool, k = self.pools[m], m % len(self.names)
        self.world.accounts[0]["outside_out"] += part * pool["eth"]
        pool["eth"] -= part * pool["eth"]
        shares = part * pool["token"]
        pool["token"] -= shares
        if self.world.venues[self.first + k]["redemption_open"]:
            self._redeem(k, -1, shares)
        else:
            self.providers_shares[k] += shares

    def scale_pool(self, k: int, factor: float) -> None:
        """Liquidity providers of one LRT come or go at once, the price staying as it is: an intervention for what-ifs.

        Raises:
            ValueError: the factor is not above 0.
        """
        if not factor > 0.0:
            raise ValueError(f"a pool can be scaled by a factor above 0, not by {factor}")
        for m in self.pools_of(k):
            pool, nav = self.pools[m], self._nav_of(m)
            change = 0.5 * float(pool["eth"] + pool["token"] * nav) * (factor - 1.0)
            self._grow(m, change) if change > 0.0 else self._shrink(m, 1.0 - factor)

    def appetite(self, m: int) -> float:
        """Size of a pool that its providers want, over the normal one: they come for yield and leave under stress.

        The yield is that of fees and incentives (which are shared by all providers, so a smaller pool pays each more).
        The stress is the discount plus the price's standard deviation over seven days: what a provider of a pool of
        correlated tokens loses to better informed traders grows with both (LVR; J. Milionis et al., arXiv:2208.06046).
        """
        markets = self.scenario.markets
        paid = (self.lp_fee_apr[m] + markets.lp_incentive_apr) / markets.lp_required_apr
        wanted = min(max(paid, 0.1), 10.0) ** markets.lp_elasticity
        stress = max(1.0 - float(self._prices[-1, m]), 0.0) + float(self._prices[:, m].std())
        return float(wanted * np.exp(-markets.lp_flight * stress))

    def _watch_pools(self) -> None:
        """Providers see the day's fees and closing prices; under stress they do not wait for the week's end."""
        fills, pools = self.fills.pools, self.pools
        nav = np.tile(self.world.venues["nav"][self.first :], self.sizes.size)
        size = np.maximum(pools["eth"] + pools["token"] * nav, 1.0)
        yield_today = 365.0 * pools["fee"] * fills["volume_eth"] / size
        self.lp_fee_apr += (yield_today - self.lp_fee_apr) / FEE_MEMORY_DAYS
        self._prices[:-1] = self._prices[1:]
        self._prices[-1] = fills["close_price"]
        if self.scenario.markets.lp_flight <= 0.0:
            return
        for m in np.flatnonzero(1.0 - fills["close_price"] > STRESS_DISCOUNT):
            change = self._wanted(int(m))
            if change < 0.0:
                self._resize(int(m), self.scenario.markets.lp_response * change)

    @staticmethod
    def _proportions(pool: NDArray[np.void], nav: float, change: float) -> tuple[float, float]:
        """ETH and LRT (in ETH) of a deposit that leaves the pool's price alone."""
        total = float(pool["eth"] + pool["token"] * nav)
        if pool["eth"] <= 0.0 or pool["token"] <= 0.0:
            return change, change
        part = 2.0 * change / total
        return float(part * pool["eth"]), float(part * pool["token"] * nav)

    def refill(self) -> None:
        """Outside capital comes back when discounts beckon (E8): towards the target, with a lag."""
        terms = self.scenario.arbitrage
        if self.ordinary == self.arbitrageurs.size:
            return
        discount = 1.0 - float(self.world.venues["price"][self.first :].min(initial=1.0))
        if discount <= 0.0:
            return
        supply = float((self.world.books["shares"] * self.world.venues["nav"])[self.first :].sum())
        patient = self.arbitrageurs[self.ordinary :]
        nav = self.world.venues["nav"][self.first :]
        worth = patient["eth"] + patient["locked"] + self.held[self.ordinary :] @ nav
        missing = np.maximum(terms.patient_capital_fraction * supply * self.patient_weights - worth, 0.0)
        pace = 1.0 - np.exp(-1.0 / max(terms.refill_days, 1e-3))
        called = missing * pace * min(1.0, discount / DISCOUNT_THAT_CALLS_CAPITAL)
        patient["eth"] += called
        self.world.accounts[0]["outside_in"] += called.sum()

    def endow(self) -> None:
        """Patient capital present at the start, in full."""
        if self.ordinary == self.arbitrageurs.size:
            return
        supply = float((self.world.books["shares"] * self.world.venues["nav"])[self.first :].sum())
        eth = self.scenario.arbitrage.patient_capital_fraction * supply * self.patient_weights
        self.arbitrageurs["eth"][self.ordinary :] = eth
        self.world.accounts[0]["outside_in"] += eth.sum()

    # --- the day ------------------------------------------------------------------------------------------------------

    def trade(self, day: int, opening_days: Floats, instant_fees: Floats, loans: Loans | None = None) -> None:
        """Run the day's rounds and book what they did; liquidations are booked by the lending markets."""
        world, first = self.world, self.first
        venues = world.venues[first:]
        terms = self.terms
        for field in ("nav", "redemption_open", "wait_days"):
            terms[field] = venues[field]
        terms["deposit_open"] = venues["deposit_open"] & venues["accepts_eth"]
        terms["opening_days"], terms["instant_fee"] = opening_days, instant_fees
        cap, supply = world.books["deposit_cap"][first:], world.books["shares"][first:] * venues["nav"]
        terms["mint_room_eth"] = np.where(cap > 0.0, np.maximum(cap - supply, 0.0), np.inf)
        self._hand_in_kept()
        loans = no_loans(len(self.names), self.scenario.markets.rounds_per_day) if loans is None else loans
        move.collect_orders(self.orders, self.filed, first, self.sells, self.buys)
        self._rounds(loans)
        self._book(day)
        move.settle_orders(world, self.orders, self.filed, first, self.sells, self.buys, self.fills, day)
        self.filed = 0
        self._watch_pools()
        venues["price"] = np.maximum(self.fills.lrts["close_price"], LAST_PRICE_FLOOR)

    def let_trade(self, arbitrageurs: Sequence[Trader], liquidator: Repossessor) -> None:
        """Have these agents trade from now on, in Python, in place of the compiled rounds."""
        self._traders, self._liquidator = arbitrageurs, liquidator

    def _rounds(self, loans: Loans) -> None:
        day = (self.terms, self.sells, self.buys, self.scenario.markets.rounds_per_day, self.flow, self.fills, loans)
        if self._liquidator is None:
            trade_day(self.pools, self.arbitrageurs, self._acting, self.held, *day)
            return
        order = np.argsort([-trader.speed for trader in self._traders], kind="stable")
        trade_in_python(self.pools, self._traders, self._liquidator, order, *day)

    def _book(self, day: int) -> None:
        fills, account = self.fills, self.world.accounts[0]
        account["gas"] += fills.gas_eth.sum()
        for k in range(len(self.names)):
            book = self.world.books[self.first + k]
            minted = fills.lrts["mint_eth"][k] + fills.minted_eth[:, k].sum()
            if minted > 0.0:
                book["buffer"] += minted
                book["minted"] += minted
                book["shares"] += fills.lrts["mint_eth"][k] / self.terms["nav"][k] + fills.minted_shares[:, k].sum()
        if not fills.redeem_shares.any():
            return
        for a, k in zip(*np.nonzero(fills.redeem_shares), strict=True):
            left = self._redeem_at_once(int(k), int(a), float(fills.redeem_shares[a, k]))
            self._redeem(int(k), int(a), left, day)

    def _redeem_at_once(self, k: int, owner: int, shares: float) -> float:
        """Pay an arbitrageur who prefers the fee to the wait, as far as the buffer goes; returns the shares left."""
        fee, nav = float(self.terms["instant_fee"][k]), float(self.terms["nav"][k])
        trader, book = self.arbitrageurs[owner], self.world.books[self.first + k]
        if fee >= financing(trader, self.terms[k]):
            return shares
        paid_shares = min(shares, float(free_buffer(book)) / (nav * (1.0 - fee)))
        if paid_shares <= 0.0:
            return shares
        trader["eth"] += move.redeem_at_once(self.world, self.first + k, paid_shares, fee)
        trader["profit"] -= fee * paid_shares * nav
        return shares - paid_shares

    def _hand_in_kept(self) -> None:
        """Tokens that providers and lenders got while redemption was closed are redeemed when it opens."""
        for k in np.flatnonzero(self.providers_shares):
            if self.world.venues[self.first + k]["redemption_open"]:
                self._redeem(int(k), -1, float(self.providers_shares[k]))
                self.providers_shares[k] = 0.0
        for k in np.flatnonzero(self.lenders_shares):
            if self.world.venues[self.first + k]["redemption_open"]:
                self._redeem(int(k), LENDERS, float(self.lenders_shares[k]))
                self.lenders_shares[k] = 0.0

    def redeem_for_lenders(self, k: int, shares: float) -> None:
        """Lenders hand in collateral that they took, once that is possible; what it pays goes to them."""
        self.lenders_shares[k] += shares
        self._hand_in_kept()

    def _redeem(self, k: int, owner: int, shares: float, day: int | None = None) -> None:
        """Hand shares in for an arbitrageur (or, -1, for liquidity providers)."""
        if shares <= 0.0:
            return
        cohort = self.today if day is None else day
        eth = move.request(self.world, self.first + k, shares, cohort)
        self._claims.append((cohort, k, owner, eth, 1.0))
        if owner >= 0:
            self.arbitrageurs["locked"][owner] += eth

    def drain(self, k: int, fraction: float) -> float:
        """Let an attacker take part of the ETH of an LRT's first pool; returns the ETH.

        The pool is left with more of the token, so the price falls until somebody trades it back.
        """
        pool = self.pools[k]
        eth = min(max(fraction, 0.0), 1.0) * float(pool["eth"])
        pool["eth"] -= eth
        self.world.accounts[0]["exploited"] += eth
        row = self.world.venues[self.first + k]
        price = float(spot_price(pool, float(row["nav"])))
        row["price"] = max(price, LAST_PRICE_FLOOR) if np.isfinite(price) else LAST_PRICE_FLOOR
        return eth

    def claims_by_owner(self, venue: int) -> list[tuple[str, float]]:
        """Open claims on an LRT of people other than stakers: who waits, and for how much ETH."""
        found = []
        for cohort, k, owner, eth, left in self._claims:
            if self.first + k == venue:
                name = {-1: "liquidity_providers", LENDERS: "lenders"}.get(owner, "arbitrageurs")
                found.append((name, eth * left * float(self.world.claims_scale[venue, cohort])))
        return found

    def collect_claims(self) -> None:
        """Money of claims, paid in full or in part, goes back to arbitrageurs and liquidity providers."""
        waiting = []
        for cohort, k, owner, eth, before in self._claims:
            venue = self.first + k
            left = float(self.world.claims_left[venue, cohort])
            if left > 0.0:
                waiting.append((cohort, k, owner, eth, left))
            if left == before:
                continue
            paid = eth * (before - left) * float(self.world.claims_scale[venue, cohort])
            self.world.accounts[0]["claims_paid"] -= paid
            if owner == LENDERS:
                self.on_recovery(venue, paid)
                continue
            if owner < 0:
                self.world.accounts[0]["outside_out"] += paid
                continue
            self.arbitrageurs["eth"][owner] += paid
            self.arbitrageurs["locked"][owner] -= eth * (before - left)
        self._claims = waiting
