"""Several pools of one LRT: arbitrage alone holds their prices together, as far as its capital goes."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from restaking.model.kernels import stableswap
from restaking.model.kernels.trading import DISCOUNT_BUCKETS, TERMS, new_fills, trade_day
from restaking.model.markets.order_book import trade
from restaking.model.state import ARBITRAGEUR, MEAN, POOL
from tests.oracle.random_loans import random_loans
from tests.oracle.random_markets import TradingDay, random_day

FEES = (0.0004, 0.003)


def sold_aside(capital: float, traders: int = 1, rounds: int = 1, offered: float = 600.0) -> TradingDay:
    """One LRT that nobody can redeem or mint, in a deep pool and one of a tenth; only the small one's users sell."""
    pools = np.zeros(2, POOL)
    pools[0], pools[1] = (10_000.0, 10_000.0, 100.0, FEES[0]), (1_000.0, 1_000.0, 1.0, FEES[1])
    terms = np.zeros(1, TERMS)
    terms["nav"], terms["opening_days"] = 1.0, 100.0
    records = np.zeros(traders, ARBITRAGEUR)
    records["eth"], records["required_return"], records["gas_eth"] = capital, 0.2, 0.01
    sells = np.zeros((1, len(DISCOUNT_BUCKETS)))
    sells[0, -1] = offered
    flow = np.array([0.0, 1.0])
    return TradingDay(
        pools, records, np.arange(traders), np.zeros((traders, 1)), terms, sells, np.zeros(1), rounds, flow
    )


def prices_after(day: TradingDay) -> tuple[float, float]:
    fills = day.trade()
    return float(fills.pools["close_price"][0]), float(fills.pools["close_price"][1])


def test_without_arbitrage_a_pool_falls_alone() -> None:
    deep, thin = prices_after(sold_aside(0.0))
    assert deep == 1.0
    assert thin < 0.6


def test_with_capital_the_gap_is_what_the_fees_let_stand() -> None:
    deep, thin = prices_after(sold_aside(1e6))
    assert thin < deep < 1.0
    left = deep * (1.0 - FEES[0]) - thin / (1.0 - FEES[1])
    assert left < FEES[1], "no more to earn than what the fees kept by the pool have moved its price by"
    assert deep - thin < 2.0 * sum(FEES)


def test_the_gap_widens_as_capital_shrinks() -> None:
    gaps = []
    for capital in (0.0, 10.0, 50.0, 150.0, 1e4):
        deep, thin = prices_after(sold_aside(capital))
        gaps.append(deep - thin)
    assert all(wide > narrow for wide, narrow in pairwise(gaps)), gaps


def test_the_same_capital_comes_back_every_round() -> None:
    deep, thin = prices_after(sold_aside(50.0))
    late_deep, late_thin = prices_after(sold_aside(50.0, rounds=12))
    assert late_deep - late_thin < deep - thin


def test_a_trade_between_pools_must_cover_its_gas() -> None:
    day = sold_aside(1e4)
    day.arbitrageurs["gas_eth"] = 1e3
    assert prices_after(day)[0] == 1.0


def test_a_gap_that_no_amount_closes_with_a_gain_ends_the_search() -> None:
    day = sold_aside(1e4, offered=0.0)
    day.pools["fee"] = 0.0
    day.pools[1] = (1_000.0, 1_000.0 * (1.0 + 3e-9), 1.0, 0.0)  # a gap of rounding, too small for any trade
    day.arbitrageurs["gas_eth"] = 0.0
    deep, thin = prices_after(day)
    assert deep == pytest.approx(thin, abs=1e-8)


def test_sellers_get_more_where_arbitrage_carries_their_sales_away() -> None:
    alone, helped = sold_aside(0.0, rounds=12).trade(), sold_aside(1e4, rounds=12).trade()
    assert helped.sold_eth.sum() > 1.2 * alone.sold_eth.sum()
    assert helped.sold_shares.sum() == pytest.approx(600.0)


@given(st.integers(0, 2**32 - 1), st.integers(2, 4), st.integers(1, 12))
@settings(deadline=None, max_examples=100)
def test_no_pool_ever_loses_to_trade(seed: int, pools: int, rounds: int) -> None:
    day = random_day(seed, 2, 3, rounds, pools_per_lrt=pools)
    nav = np.tile(day.terms["nav"], pools)
    before = [stableswap.pool_invariant(pool, nav[m]) for m, pool in enumerate(day.pools)]
    day.trade()
    after = [stableswap.pool_invariant(pool, nav[m]) for m, pool in enumerate(day.pools)]
    for had, has in zip(before, after, strict=True):
        assert has >= had * (1.0 - 1e-12)


def test_parts_of_the_flow_add_up() -> None:
    day = sold_aside(1.0)
    given_day = (day.pools, day.arbitrageurs, day.holdings, day.terms, day.sells, day.buys, day.rounds)
    with pytest.raises(ValueError, match="add up to 1"):
        trade(*given_day, flow=np.array([0.5, 0.6]))
    with pytest.raises(ValueError, match=r"pools has shape \(2,\), expected \(3,\)"):
        trade(*given_day, flow=np.array([0.5, 0.3, 0.2]))


# --- the oracle -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weight", [1.0, 0.25, 0.0])
def test_the_mean_oracle_reads_all_pools(weight: float) -> None:
    day = sold_aside(0.0)
    loans = random_loans(0, day, count=0)
    loans.collateral["oracle"], loans.collateral["oracle_weight"] = MEAN, weight
    loans = loans._replace(positions=np.zeros(1, loans.positions.dtype))  # somebody lends, nobody owes
    fills = new_fills(1, 1, pools_per_lrt=2)
    trade_day(*day, fills, loans)
    deep, thin = fills.pools["close_price"]
    assert loans.collateral["oracle_price"][0] == pytest.approx(weight * deep + (1.0 - weight) * thin)


# --- what selling costs -----------------------------------------------------------------------------------------------


def pair(first: tuple[float, ...], second: tuple[float, ...]) -> np.ndarray:
    pools = np.zeros(2, POOL)
    pools[0], pools[1] = first, second
    return pools


def test_two_equal_pools_are_one_of_twice_the_size() -> None:
    pools = pair((1_000.0, 1_500.0, 50.0, 0.001), (1_000.0, 1_500.0, 50.0, 0.001))
    alone = stableswap.selling_cost(pools[0], 1.0, 200.0)
    assert stableswap.routed_selling_cost(pools, 0, 1, 1.0, 400.0) == pytest.approx(alone, rel=1e-9)


@pytest.mark.parametrize("shares", [1.0, 100.0, 900.0, 5_000.0])
def test_no_other_split_sells_for_more(shares: float) -> None:
    pools = pair((1_000.0, 1_500.0, 100.0, 0.0004), (300.0, 200.0, 1.0, 0.003))

    def shortfall(first: float) -> float:
        here = stableswap.quote_sale(pools[0], 1.1, first)
        return 1.0 - (here + stableswap.quote_sale(pools[1], 1.1, shares - first)) / (shares * 1.1)

    best = minimize_scalar(shortfall, bounds=(0.0, shares), method="bounded", options={"xatol": 1e-9}).fun
    best = min(best, shortfall(0.0), shortfall(shares))
    assert stableswap.routed_selling_cost(pools, 0, 1, 1.1, shares) == pytest.approx(best, abs=1e-7)
    assert stableswap.routed_selling_cost(pools, 0, 1, 1.1, shares) <= shortfall(shares) + 1e-12


def test_no_pool_sells_nothing() -> None:
    assert stableswap.routed_selling_cost(np.zeros(2, POOL), 0, 1, 1.0, 5.0) == 1.0
